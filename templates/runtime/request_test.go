package fapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestPathArguments(t *testing.T) {
	tests := []struct {
		rule     string
		template string
		args     []string
		want     string
		wantErr  string
	}{
		{rule: "no placeholder", template: "/v1/client", want: "/v1/client"},
		{rule: "in order", template: "/v1/a/{a}/b/{b}", args: []string{"1", "2"}, want: "/v1/a/1/b/2"},
		{rule: "inside a segment", template: "/v1/saml/metadata/{id}.xml", args: []string{"c_1"}, want: "/v1/saml/metadata/c_1.xml"},
		{rule: "a slash is escaped", template: "/v1/a/{a}", args: []string{"x/../y"}, want: "/v1/a/x%2F..%2Fy"},
		{rule: "query and fragment marks are escaped", template: "/v1/a/{a}", args: []string{"x?y#z"}, want: "/v1/a/x%3Fy%23z"},
		{rule: "a percent sign is escaped", template: "/v1/a/{a}", args: []string{"%2e%2e"}, want: "/v1/a/%252e%252e"},
		{rule: "spaces and letters of the world are escaped", template: "/v1/a/{a}", args: []string{"a é"}, want: "/v1/a/a%20%C3%A9"},
		{rule: "braces in arguments stay arguments", template: "/v1/a/{a}/{b}", args: []string{"{b}", "2"}, want: "/v1/a/%7Bb%7D/2"},
		{rule: "unnamed", template: "/v1/a/{}/b", args: []string{"1"}, want: "/v1/a/1/b"},
		{rule: "three dots are a name", template: "/v1/a/{a}", args: []string{"..."}, want: "/v1/a/..."},
		{rule: "empty is refused", template: "/v1/a/{a}", args: []string{""}, wantErr: `path argument a: empty, "." or ".."`},
		{rule: "dot is refused", template: "/v1/a/{a}", args: []string{"."}, wantErr: `path argument a: empty, "." or ".."`},
		{rule: "dot dot is refused", template: "/v1/a/{a}/b", args: []string{".."}, wantErr: `path argument a: empty, "." or ".."`},
		{rule: "too few", template: "/v1/a/{a}", wantErr: "path argument a: missing"},
		{rule: "too many", template: "/v1/a", args: []string{"1"}, wantErr: "path: more arguments than placeholders"},
		{rule: "an open brace", template: "/v1/{a", args: []string{"1"}, wantErr: "path: a brace is not closed"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := fillPath(tt.template, tt.args)
			if err != nil && err.Error() != tt.wantErr || err == nil && tt.wantErr != "" || got != tt.want {
				t.Errorf("got %q, %v; want %q, %q", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestEscapedSegmentsReachTheServerAsOneSegment(t *testing.T) {
	c, seen := testServer(t, testReply(204, ""))
	if err := callEmpty(t.Context(), c, del("/v1/organizations/{id}/logo", "a/../b?c"), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := (*seen)[0].Path, "/v1/organizations/a%2F..%2Fb%3Fc/logo"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMistakesEndTheCallBeforeAnythingIsSent(t *testing.T) {
	tests := []struct {
		rule    string
		request *request
		opts    []RequestOption
		want    string
	}{
		{"bad path argument", get("/v1/a/{a}", ""), nil, `GET /v1/a/{a}: path argument a: empty, "." or ".."`},
		{"the first mistake counts", post("/v1/a/{a}", "..").form(5), nil, `POST /v1/a/{a}: path argument a: empty, "." or ".."`},
		{"bad query", get("/v1/a").query(5), nil, "GET /v1/a: params: int is not a struct"},
		{"bad JSON", post("/v1/a").json(func() {}), nil, "POST /v1/a: func() cannot be written as JSON"},
		{"bad multipart", post("/v1/a").multipart("x"), nil, "POST /v1/a: params: string is not a struct"},
		{"no upload", post("/v1/a").octets(nil), nil, "POST /v1/a: upload: no Reader"},
		{"upload without a reader", post("/v1/a").octets(&Upload{Name: "x"}), nil, "POST /v1/a: upload: no Reader"},
		{"content type with a line break", post("/v1/a").octets(&Upload{ContentType: "a\r\nb: c", Reader: strings.NewReader("")}), nil,
			"POST /v1/a: upload: ContentType holds a line break"},
		{"WithForm on a GET", get("/v1/a"), []RequestOption{WithForm("a", "b")}, "GET /v1/a: WithForm: the body is not a form"},
		{"WithForm on JSON", post("/v1/a").json(nil), []RequestOption{WithForm("a")}, "POST /v1/a: WithForm: the body is not a form"},
		{"a header that cannot be sent", get("/v1/a"), []RequestOption{WithHeader("X-A", testSecret+"\n")}, "GET /v1/a: WithHeader: not a valid header"},
		{"a header name that cannot be sent", get("/v1/a"), []RequestOption{WithHeader("X A", "b")}, "GET /v1/a: WithHeader: not a valid header"},
		{"a header without a name", get("/v1/a"), []RequestOption{WithHeader("", "b")}, "GET /v1/a: WithHeader: not a valid header"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := testStub(func(r *http.Request) (*http.Response, error) {
				t.Error("something was sent")
				return testResponse(r, 204, ""), nil
			})
			err := callEmpty(t.Context(), c, tt.request, tt.opts)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	t.Run("a user agent that cannot be sent", func(t *testing.T) {
		c := testStub(func(r *http.Request) (*http.Response, error) { return testResponse(r, 204, ""), nil }, WithUserAgent(testSecret+"\r\nX: y"))
		if err := callEmpty(t.Context(), c, get("/v1/a"), nil); err == nil || err.Error() != "GET /v1/a: WithUserAgent: not a valid header" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nil context", func(t *testing.T) {
		var none context.Context
		if err := callEmpty(none, testStub(nil), get("/v1/a"), nil); err == nil || err.Error() != "GET /v1/a: context is nil" {
			t.Errorf("got %v", err)
		}
	})
}

// clerk-js: fapiClient.ts puts `_clerk_session_id` on all paths that do not start with /client or /waitlist.
func TestSessionGoesOnEverythingButClientAndWaitlist(t *testing.T) {
	tests := map[string]bool{
		"/v1/client": false, "/v1/client/sign_ins": false, "/v1/waitlist": false,
		"/v1/me": true, "/v1/organizations/org_1": true, "/v1/environment": true, "/api_keys": true, "/v1/clients": true,
	}
	for path, want := range tests {
		t.Run(path, func(t *testing.T) {
			c, seen := testServer(t, testReply(204, ""))
			if err := callEmpty(t.Context(), c, get(path), []RequestOption{WithSession("sess_1")}); err != nil {
				t.Fatal(err)
			}
			if got := (*seen)[0].Query.Get("_clerk_session_id") == "sess_1"; got != want {
				t.Errorf("sent: %v, want %v", got, want)
			}
		})
	}
}
