package fapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// The tests run twice: beside the stub of the models and beside the real ones. So they call the runtime's own functions
// with types of their own, whose names start with "test".

type testUser struct {
	ID        string    `json:"id"`
	FirstName *string   `json:"first_name"`
	Age       int64     `json:"age"`
	CreatedAt Timestamp `json:"created_at"`
	Tags      []string  `json:"tags"`
	Best      *testUser `json:"best"`
}

// testSeen is a request as the server saw it.
type testSeen struct {
	Method, Path, Body string
	Query              url.Values
	Header             http.Header
}

// testServer answers every request with handler and records it.
func testServer(t *testing.T, handler http.HandlerFunc, opts ...Option) (*core, *[]testSeen) {
	t.Helper()
	seen := new([]testSeen)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		*seen = append(*seen, testSeen{r.Method, r.URL.EscapedPath(), string(body), r.URL.Query(), r.Header})
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return newCore(server.URL, newConfig(opts)), seen
}

// testReply answers with a status, a body and headers as "Key: value".
func testReply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			key, value, _ := strings.Cut(h, ": ")
			w.Header().Set(key, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// testTransport is a transport without a network.
type testTransport func(*http.Request) (*http.Response, error)

func (f testTransport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func testStub(f testTransport, opts ...Option) *core {
	opts = append([]Option{WithHTTPClient(&http.Client{Transport: f})}, opts...)
	return newCore("https://clerk.example.com", newConfig(opts))
}

func testResponse(r *http.Request, status int, body string, headers ...string) *http.Response {
	w := httptest.NewRecorder()
	testReply(status, body, headers...)(w, r)
	resp := w.Result()
	resp.Request = r
	return resp
}

// testSecret stands for whatever must not reach errors and logs.
const testSecret = "s3cr3t"
