package fapitest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	fapi "github.com/fapigen/fapigen/templates/runtime"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const (
	ada      = "ada+clerk_test@example.com"
	password = "correct horse"
)

// withAda is a server with Ada, an admin of Acme and a member of Works.
func withAda(t testing.TB, opts ...fapitest.Option) *fapitest.Server {
	t.Helper()
	return fapitest.NewServer(t, append([]fapitest.Option{
		fapitest.WithUser(fapitest.User{FirstName: "Ada", Emails: []string{ada}, Password: password, Features: []string{"reports"}, Plan: "pro"}),
		fapitest.WithOrganization(fapitest.Organization{ID: "org_acme", Name: "Acme", Members: []fapitest.Member{{User: ada, Role: "org:admin"}}}),
		fapitest.WithOrganization(fapitest.Organization{ID: "org_works", Name: "Works", Members: []fapitest.Member{{User: ada}}}),
	}, opts...)...)
}

// newClerk is a client of the server, with a store of its own, that does not retry.
func newClerk(t testing.TB, srv *fapitest.Server, opts ...fapi.Option) *fapi.Clerk {
	t.Helper()
	clerk, err := fapi.New(srv.PublishableKey(), append([]fapi.Option{fapi.WithProxyURL(srv.ProxyURL()), fapi.WithStore(fapi.NewMemoryStore()),
		fapi.WithRetryPolicy(fapi.RetryPolicy{MaxAttempts: 1})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clerk.Close() })
	return clerk
}

// signedIn is newClerk with Ada signed in and loaded.
func signedIn(t testing.TB, srv *fapitest.Server, opts ...fapi.Option) *fapi.Clerk {
	t.Helper()
	clerk := newClerk(t, srv, opts...)
	if err := clerk.SetAuthorizationHeader(signInToken(t, srv)); err != nil {
		t.Fatal(err)
	}
	if err := clerk.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	if clerk.State().Session == nil {
		t.Fatal("nobody is signed in")
	}
	return clerk
}

// signInToken signs Ada in as a native app does, and gives the client's token.
func signInToken(t testing.TB, srv *fapitest.Server) string {
	t.Helper()
	a := ask(t, srv, "POST", "/v1/client/sign_ins?_is_native=1", form("identifier", ada, "password", password))
	if a.status != 200 || a.header.Get("Authorization") == "" {
		t.Fatalf("sign-in: %d %s", a.status, a.body)
	}
	return a.header.Get("Authorization")
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the body
}

// at is the text at a path of an answer's JSON.
func (a answer) at(path ...string) string {
	var v any
	_ = json.Unmarshal([]byte(a.body), &v)
	for _, name := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			if v = nil; name == "0" && len(x) > 0 {
				v = x[0]
			}
		}
	}
	text, _ := v.(string)
	return text
}

// ask sends one request. Headers are "Name: value".
func ask(t testing.TB, srv *fapitest.Server, method, path string, body url.Values, headers ...string) answer {
	t.Helper()
	a, err := tryAsk(t, srv, method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// askJSON is ask with a body of JSON.
func askJSON(t testing.TB, srv *fapitest.Server, path, body string) answer {
	t.Helper()
	a, err := send(t, srv, "POST", path, body, "Content-Type: application/json")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryAsk(t testing.TB, srv *fapitest.Server, method, path string, body url.Values, headers ...string) (answer, error) {
	t.Helper()
	return send(t, srv, method, path, body.Encode(), headers...)
}

func send(t testing.TB, srv *fapitest.Server, method, path, body string, headers ...string) (answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, srv.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data), err}, nil
}

// wantCode checks a failure.
func wantCode(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if got := a.at("errors", "0", "code"); a.status != status || got != code {
		t.Errorf("%d %s, want %d %s", a.status, got, status, code)
	}
}
