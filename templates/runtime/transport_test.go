package fapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBaseURL(t *testing.T) {
	tests := []struct{ raw, want, wantErr string }{
		{raw: "https://clerk.example.com", want: "https://clerk.example.com"},
		{raw: "https://clerk.example.com/", want: "https://clerk.example.com"},
		{raw: "https://example.com/__clerk/", want: "https://example.com/__clerk"},
		{raw: "https://example.com:8443/a%2Fb", want: "https://example.com:8443/a%2Fb"},
		{raw: "http://localhost:3000/__clerk", want: "http://localhost:3000/__clerk"},
		{raw: "http://127.0.0.1:1", want: "http://127.0.0.1:1"},
		{raw: "http://[::1]:1", want: "http://[::1]:1"},
		{raw: "http://LOCALHOST", wantErr: `base URL: plain http is for loopback only, not for "LOCALHOST"`},
		{raw: "http://app.localhost", wantErr: `base URL: plain http is for loopback only, not for "app.localhost"`},
		{raw: "127.0.0.1:4010", wantErr: `base URL: no scheme; write "https://" before it, or "http://" for a server on this machine`},
		{raw: "http://example.com", wantErr: `base URL: plain http is for loopback only, not for "example.com"`},
		{raw: "http://10.0.0.1", wantErr: `base URL: plain http is for loopback only, not for "10.0.0.1"`},
		{raw: "https://u:" + testSecret + "@example.com", wantErr: "base URL: holds a user name or password"},
		{raw: "https://example.com?x=" + testSecret, wantErr: "base URL: holds a query or a fragment"},
		{raw: "https://example.com?", wantErr: "base URL: holds a query or a fragment"},
		{raw: "https://example.com#x", wantErr: "base URL: holds a query or a fragment"},
		{raw: "https://example.com#", wantErr: "base URL: holds a query or a fragment"},
		{raw: "clerk.example.com", wantErr: `base URL: no scheme; write "https://" before it, or "http://" for a server on this machine`},
		{raw: "", wantErr: `base URL: no host; wanted the form "https://clerk.example.com"`},
		{raw: "ftp://example.com", wantErr: "base URL: the scheme is neither https nor http"},
		{raw: "https://exa mple.com", wantErr: "base URL: not a URL"},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			got, err := parseBaseURL(tt.raw)
			if err != nil && err.Error() != tt.wantErr || err == nil && tt.wantErr != "" || got != tt.want {
				t.Errorf("got %q, %v; want %q, %q", got, err, tt.want, tt.wantErr)
			}
		})
	}
	t.Run("a bad URL is the error of the first call", func(t *testing.T) {
		if NewAPI("http://example.com", nil, WithBrowser()) == nil {
			t.Error("NewAPI failed")
		}
		c := newCore("http://example.com", newConfig(nil))
		want := `GET /v1/client: base URL: plain http is for loopback only, not for "example.com"`
		if err := callEmpty(t.Context(), c, get("/v1/client"), nil); err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
}

// The wire as Expo speaks it (createClerkInstance.ts) and as a page does (fapiClient.ts).
func TestWire(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	form := struct {
		Name string `form:"name"`
	}{"Ada"}
	tests := []struct {
		rule    string
		opts    []Option
		request *request
		method  string
		query   string
		body    string
		header  map[string]string // "" is: not sent
	}{
		{"native GET", nil, get("/v1/client"), "GET", "__clerk_api_version=2026-05-12&_is_native=1", "",
			map[string]string{"X-Mobile": "1", "Origin": "", "Cookie": "", "Content-Type": "", "User-Agent": "fapigen-go (FAPI 2026-05-12)"}},
		{"native HEAD has no body", nil, head("/v1/health"), "HEAD", "__clerk_api_version=2026-05-12&_is_native=1", "",
			map[string]string{"Content-Type": "", "Content-Length": ""}},
		{"native PATCH is a PATCH", nil, patch("/v1/me").form(form), "PATCH", "__clerk_api_version=2026-05-12&_is_native=1", "name=Ada",
			map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": ""}},
		{"native POST without fields is a form", nil, post("/v1/client"), "POST", "__clerk_api_version=2026-05-12&_is_native=1", "",
			map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}},
		{"JSON", nil, post("/api_keys").json(map[string]string{"name": "<k>"}), "POST", "__clerk_api_version=2026-05-12&_is_native=1", `{"name":"<k>"}`,
			map[string]string{"Content-Type": "application/json"}},
		{"testing token", []Option{WithTestingToken("tt")}, get("/v1/client"), "GET",
			"__clerk_api_version=2026-05-12&__clerk_testing_token=tt&_is_native=1", "", nil},
		{"user agent", []Option{WithUserAgent("me/1")}, get("/v1/client"), "GET", "__clerk_api_version=2026-05-12&_is_native=1", "",
			map[string]string{"User-Agent": "me/1"}},
		{"browser GET", []Option{WithBrowser()}, get("/v1/client"), "GET", "__clerk_api_version=2026-05-12", "",
			map[string]string{"X-Mobile": "", "Origin": "", "Content-Type": "", "Cookie": "__client=c"}},
		{"browser HEAD is not tunnelled", []Option{WithBrowser()}, head("/v1/health"), "HEAD", "__clerk_api_version=2026-05-12", "", nil},
		{"browser POST", []Option{WithBrowser()}, post("/v1/me").form(form), "POST", "__clerk_api_version=2026-05-12", "name=Ada", nil},
		{"browser PATCH is tunnelled", []Option{WithBrowser()}, patch("/v1/me").form(form), "POST", "__clerk_api_version=2026-05-12&_method=PATCH", "name=Ada",
			map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		{"browser PUT is tunnelled", []Option{WithBrowser()}, put("/v1/me"), "POST", "__clerk_api_version=2026-05-12&_method=PUT", "", nil},
		{"browser DELETE is tunnelled", []Option{WithBrowser()}, del("/v1/me"), "POST", "__clerk_api_version=2026-05-12&_method=DELETE", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			opts := append([]Option{WithHTTPClient(&http.Client{Jar: jar}), WithAPIVersion("2026-05-12")}, tt.opts...)
			c, seen := testServer(t, testReply(204, ""), opts...)
			base, _ := url.Parse(c.base)
			jar.SetCookies(base, []*http.Cookie{{Name: "__client", Value: "c"}})
			if err := callEmpty(t.Context(), c, tt.request, nil); err != nil {
				t.Fatal(err)
			}
			got := (*seen)[0]
			if got.Method != tt.method || got.Query.Encode() != tt.query || got.Body != tt.body {
				t.Errorf("got %s %s %q", got.Method, got.Query.Encode(), got.Body)
			}
			for key, want := range tt.header {
				if got.Header.Get(key) != want {
					t.Errorf("%s: got %q, want %q", key, got.Header.Get(key), want)
				}
			}
		})
	}
}

func TestRequestOptions(t *testing.T) {
	type params struct {
		Status []string `query:"status"`
		Name   *string  `form:"name"`
		Org    *string  `form:"org"`
	}
	c, seen := testServer(t, testReply(204, ""))
	opts := []RequestOption{
		WithQuery("status", "x", "y"), WithQuery("q", ""), WithQuery("z"),
		WithForm("name", "b"), WithForm("org"), WithForm("extra", "1", "2"),
		WithHeader("Authorization", "old"), WithHeader("authorization", "jwt"), WithSession("sess_1"), nil,
	}
	p := params{Status: []string{"a"}, Name: Ptr("a")}
	if err := callEmpty(t.Context(), c, post("/v1/me").query(p).form(p), opts); err != nil {
		t.Fatal(err)
	}
	got := (*seen)[0]
	wantQuery := url.Values{"status": {"x", "y"}, "q": {""}, "z": {""}, "_clerk_session_id": {"sess_1"},
		"__clerk_api_version": {APIVersion}, "_is_native": {"1"}}
	if !reflect.DeepEqual(got.Query, wantQuery) {
		t.Errorf("query: got %v", got.Query)
	}
	if want := "name=b&org=&extra=1&extra=2"; got.Body != want {
		t.Errorf("body: got %s, want %s", got.Body, want)
	}
	if h := got.Header["Authorization"]; !slices.Equal(h, []string{"jwt"}) {
		t.Errorf("authorization: got %q", h)
	}
}

func TestWithResponseIsFilled(t *testing.T) {
	for _, status := range []int{200, 302, 422, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			c, _ := testServer(t, testReply(status, `{"response":null}`, "Authorization: jwt2"))
			resp := Response{StatusCode: 1}
			err := callEmpty(t.Context(), c, post("/v1/me"), []RequestOption{WithResponse(&resp)})
			if (err == nil) != (status == 200) {
				t.Errorf("error: %v", err)
			}
			if resp.StatusCode != status || resp.Header.Get("Authorization") != "jwt2" || string(resp.Body) != `{"response":null}` {
				t.Errorf("got %d %q", resp.StatusCode, resp.Body)
			}
		})
	}
	t.Run("and empty when no answer came", func(t *testing.T) {
		c := testStub(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		resp := Response{StatusCode: 1}
		if err := callEmpty(t.Context(), c, post("/v1/me"), []RequestOption{WithResponse(&resp)}); err == nil || resp.StatusCode != 0 {
			t.Errorf("got %v, %d", err, resp.StatusCode)
		}
	})
}

func TestRedirects(t *testing.T) {
	type result struct {
		location string
		status   int // of the *APIError, 0 for none
	}
	tests := []struct {
		rule     string
		status   int
		location string
		want     result
	}{
		{"absolute", 302, "https://app.example.com/cb?x=1#y", result{location: "https://app.example.com/cb?x=1#y"}},
		{"relative to the request", 303, "/v1/next?x=1", result{location: "BASE/v1/next?x=1"}},
		{"307 after a GET", 307, "other", result{location: "BASE/v1/other"}},
		{"a success redirects nowhere", 200, "", result{}},
		{"no location", 302, "", result{status: 302}},
		{"not modified", 304, "", result{status: 304}},
		{"an error", 404, "/v1/next", result{status: 404}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if redirectsHidden {
				t.Skip("this platform hides redirects")
			}
			c, seen := testServer(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.location != "" {
					w.Header().Set("Location", tt.location)
				}
				w.WriteHeader(tt.status)
			})
			got, err := callRedirect(t.Context(), c, get("/v1/verify"), nil)
			var api *APIError
			if errors.As(err, &api) != (tt.want.status != 0) || api != nil && api.StatusCode != tt.want.status {
				t.Errorf("error: %v", err)
			}
			if want := strings.Replace(tt.want.location, "BASE", c.base, 1); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if len(*seen) != 1 {
				t.Errorf("%d requests: a redirect was followed", len(*seen))
			}
		})
	}
	t.Run("where none is expected is an error with its header", func(t *testing.T) {
		c, seen := testServer(t, testReply(302, "", "Location: /elsewhere"))
		_, err := callEnveloped[testUser](t.Context(), c, get("/v1/me"), nil)
		var api *APIError
		if !errors.As(err, &api) || api.Header.Get("Location") != "/elsewhere" || len(*seen) != 1 {
			t.Errorf("got %v after %d requests", err, len(*seen))
		}
	})
}

func TestHooks(t *testing.T) {
	boom := errors.New("boom")
	t.Run("before changes the request, after reads the answer", func(t *testing.T) {
		var read string
		c, seen := testServer(t, testReply(422, `{"errors":[]}`),
			WithBeforeRequest(func(r *http.Request) error { r.Header.Set("X-Hook", "1"); return nil }),
			WithAfterResponse(func(r *http.Response) error {
				b, err := io.ReadAll(r.Body)
				read = fmt.Sprint(r.StatusCode, string(b))
				return err
			}))
		err := callEmpty(t.Context(), c, post("/v1/me"), nil)
		if !errors.Is(err, ErrUnprocessable) || (*seen)[0].Header.Get("X-Hook") != "1" || read != `422{"errors":[]}` {
			t.Errorf("got %v, %q", err, read)
		}
	})
	t.Run("an error before sends nothing", func(t *testing.T) {
		c, seen := testServer(t, testReply(204, ""), WithBeforeRequest(func(*http.Request) error { return boom }))
		err := callEmpty(t.Context(), c, get("/v1/me"), nil)
		if !errors.Is(err, boom) || err.Error() != "GET /v1/me: before request: boom" || len(*seen) != 0 {
			t.Errorf("got %v after %d requests", err, len(*seen))
		}
	})
	t.Run("an error after ends the call", func(t *testing.T) {
		c, _ := testServer(t, testReply(204, ""), WithAfterResponse(func(*http.Response) error { return boom }))
		if err := callEmpty(t.Context(), c, get("/v1/me"), nil); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNetworkErrors(t *testing.T) {
	t.Run("never show the query", func(t *testing.T) {
		c := testStub(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("dialling %s: refused", r.URL)
		}, WithTestingToken(testSecret))
		err := callEmpty(t.Context(), c, post("/v1/me"), nil)
		var network *NetworkError
		if want := "POST /v1/me: an error of type *errors.errorString"; !errors.As(err, &network) || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancellation is recognisable", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := testStub(func(r *http.Request) (*http.Response, error) {
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if err := callEmpty(ctx, c, get("/v1/me"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("each attempt has its timeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			c := testStub(func(r *http.Request) (*http.Response, error) {
				attempts++
				<-r.Context().Done()
				return nil, r.Context().Err()
			}, WithTimeout(time.Second), WithRetryPolicy(RetryPolicy{MaxAttempts: 2}))
			err := callEmpty(t.Context(), c, get("/v1/me"), nil)
			if !errors.Is(err, context.DeadlineExceeded) || attempts != 2 || !strings.HasPrefix(err.Error(), "GET /v1/me: no response within 1s") {
				t.Errorf("got %v after %d attempts", err, attempts)
			}
		})
	})
	t.Run("a broken body is one", func(t *testing.T) {
		c := testStub(func(r *http.Request) (*http.Response, error) {
			resp := testResponse(r, 200, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"resp`), testBroken{}))
			return resp, nil
		})
		var network *NetworkError
		if err := callEmpty(t.Context(), c, post("/v1/me"), nil); !errors.As(err, &network) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	})
}

type testBroken struct{}

func (testBroken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type testEndless struct{}

func (testEndless) Read(p []byte) (int, error) { return len(p), nil }

func TestLargeAnswersAreRefusedOnce(t *testing.T) {
	for rule, length := range map[string]int64{"announced": maxBodySize + 1, "unannounced": -1, "announced too small": 10} {
		t.Run(rule, func(t *testing.T) {
			attempts := 0
			c := testStub(func(r *http.Request) (*http.Response, error) {
				attempts++
				resp := testResponse(r, 200, "")
				resp.ContentLength, resp.Body = length, io.NopCloser(testEndless{})
				return resp, nil
			})
			err := callEmpty(t.Context(), c, get("/v1/me"), nil)
			if err == nil || err.Error() != "GET /v1/me: the answer is larger than 64 MiB" || attempts != 1 {
				t.Errorf("got %v after %d attempts", err, attempts)
			}
		})
	}
}

func TestLogsHoldNoSecrets(t *testing.T) {
	var log bytes.Buffer
	c, _ := testServer(t, testReply(422, `{"errors":[{"code":"x","message":"`+testSecret+`"}]}`, "Authorization: "+testSecret),
		WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))), WithTestingToken(testSecret))
	err := callEmpty(t.Context(), c, post("/v1/client/sign_ins/{id}", testSecret), []RequestOption{
		WithHeader("Authorization", testSecret), WithForm("password", testSecret), WithQuery("rotating_token_nonce", testSecret)})
	if err == nil || strings.Contains(err.Error(), testSecret) {
		t.Errorf("error: %v", err)
	}
	if text := log.String(); strings.Contains(text, testSecret) || !strings.Contains(text, `operation="POST /v1/client/sign_ins/{id}" attempt=1`) ||
		!strings.Contains(text, "status=422") {
		t.Errorf("log: %s", text)
	}
}
