package fapi

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// testHidden fails if text holds one of the secrets, plainly or as URLs, JSON and headers spell it. Secrets of fewer than
// four bytes are everywhere and prove nothing.
func testHidden(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), string(JSON(secret)), strings.ToLower(secret),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, strings.Trim(form, `"`)) {
				t.Errorf("a secret is in the text %q", text)
			}
		}
	}
}

func TestNetworkErrorText(t *testing.T) {
	quoting := func(text string) error { return errors.New(text) }
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"a header line":           {quoting(`malformed MIME header: missing colon: "Authorization ` + testSecret + `"`), "an error of type *errors.errorString"},
		"a URL":                   {quoting("proxy refused https://u:" + testSecret + "@clerk.example.com/v1/client/sessions/sess_1"), "an error of type *errors.errorString"},
		"a form":                  {quoting("bad body: password=" + testSecret), "an error of type *errors.errorString"},
		"unknown host":            {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: testSecret, IsNotFound: true}}, "the host is not known"},
		"look-up fails":           {&net.DNSError{Err: "server misbehaving " + testSecret, Name: testSecret}, "the name of the host cannot be looked up"},
		"refused":                 {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "connection refused"},
		"reset":                   {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "connection reset by peer"},
		"certificate":             {x509.HostnameError{Host: testSecret, Certificate: &x509.Certificate{}}, "the certificate of the server is not valid"},
		"ended early":             {fmt.Errorf("reading %s: %w", testSecret, io.ErrUnexpectedEOF), "the connection ended early"},
		"cancelled":               {fmt.Errorf("%s: %w", testSecret, context.Canceled), "context canceled"},
		"deadline":                {context.DeadlineExceeded, "the time is over"},
		"attempt":                 {&attemptTimeout{3 * time.Second}, "no response within 3s"},
		"dial fails otherwise":    {&net.OpError{Op: "dial", Err: quoting(testSecret)}, "no connection"},
		"wrapped in another kind": {fmt.Errorf("a: %w", &fs.PathError{Op: "open", Path: testSecret, Err: quoting(testSecret)}), "an error of type *errors.errorString"},
	} {
		t.Run(name, func(t *testing.T) {
			err := &NetworkError{Operation: "GET /v1/me", Err: tt.err}
			if got, want := err.Error(), "GET /v1/me: "+tt.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if errors.Unwrap(err) != tt.err {
				t.Error("the cause is lost")
			}
			testHidden(t, err.Error(), testSecret)
		})
	}
}

// A server that sends a broken header line: net/http quotes it in its error.
func TestBrokenHeaderLineIsNotQuoted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nAuthorization "+testSecret+"\r\n\r\n")
			_ = conn.Close()
		}
	}()
	var log logText
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := newCore("http://"+listener.Addr().String(), newConfig([]Option{WithLogger(logger), WithRetryPolicy(RetryPolicy{MaxAttempts: 1})}))
	err = callEmpty(t.Context(), c, get("/v1/me"), nil)
	var network *NetworkError
	if !errors.As(err, &network) {
		t.Fatalf("got %v", err)
	}
	if log.String() == "" || !strings.Contains(network.Err.Error(), testSecret) {
		t.Error("nothing to hide: the test proves nothing")
	}
	testHidden(t, err.Error()+log.String(), testSecret)
}

func TestLogsQuoteNothingFromOutside(t *testing.T) {
	secret := errors.New("token " + testSecret)
	var log logText
	f := newFakeFAPI()
	store := &hookedStore{}
	c := f.clerk(t, WithStore(store), WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		WithBeforeRequest(func(r *http.Request) error {
			if strings.HasSuffix(r.URL.Path, "/me") {
				return secret
			}
			return nil
		}), WithRecorder(writerFunc(func([]byte) (int, error) { return 0, secret })))
	c.AddListener(func(State) { panic(secret) })
	store.beforeSave = func() error { return secret }
	_ = c.Load(t.Context())
	if err := callEmpty(t.Context(), c.core, get("/v1/me"), nil); !errors.Is(err, secret) {
		t.Errorf("the hook's own error is lost: %v", err)
	}
	if got := strings.Count(log.String(), "\n"); got < 4 {
		t.Errorf("%d lines logged: %s", got, log.String())
	}
	testHidden(t, log.String(), testSecret)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestPrintedValuesShowNoSecret(t *testing.T) {
	api := NewAPI("https://clerk.example.com", WithTestingToken(testSecret))
	f := newFakeFAPI()
	clerk := f.loaded(t, signedInClient(1), testSecret, WithTestingToken(testSecret))
	values := map[string]any{
		"API": api, "API value": *api, "Clerk": clerk, "State": clerk.State(),
		"APIError": &APIError{StatusCode: 401, Body: []byte(testSecret), Header: http.Header{"Authorization": {testSecret}},
			Errors: []ErrorDetail{{Message: testSecret, Meta: ErrorMeta{Raw: []byte(`"` + testSecret + `"`)}}}},
		"DecodeError":  &DecodeError{Path: "$", Raw: []byte(testSecret)},
		"NetworkError": &NetworkError{Err: errors.New(testSecret)},
		"Response":     Response{StatusCode: 200, Body: []byte(testSecret), Header: http.Header{"Authorization": {testSecret}}},
		"EncryptStore": EncryptStore(NewMemoryStore(), [32]byte([]byte(strings.Repeat(testSecret, 6))[:32])),
		"a service":    struct{ core *core }{api.core},
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			var b bytes.Buffer
			_, _ = fmt.Fprintf(&b, verb, v)
			testHidden(t, b.String(), testSecret)
			if hex := fmt.Sprintf("%x", testSecret); strings.Contains(b.String(), hex) || strings.Contains(b.String(), strings.Trim(fmt.Sprint([]byte(testSecret)), "[]")) {
				t.Errorf("%s with %s: %q", name, verb, b.String())
			}
		}
	}
}
