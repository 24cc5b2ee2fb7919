package fapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeFAPI is a Frontend API in the process: tests say what it answers, in which order and when.
type fakeFAPI struct {
	mu     sync.Mutex
	seen   []fakeAsked
	routes map[string]func(fakeAsked) fakeAnswer // "GET /v1/client"; those with a `*` at the end match what begins so
}

// fakeAsked is a request as it arrived, with a tunnelled verb unpacked.
type fakeAsked struct {
	Method, Path, Token string
	Query, Form         url.Values
	ctx                 context.Context
}

func (a fakeAsked) String() string { return a.Method + " " + a.Path }

type fakeAnswer struct {
	status  int // 0 is 200
	body    string
	headers []string      // "Key: value"
	wait    chan struct{} // answered when this is closed
	err     error         // instead of an answer
	cut     bool          // the body breaks off
}

func newFakeFAPI() *fakeFAPI {
	f := &fakeFAPI{routes: map[string]func(fakeAsked) fakeAnswer{}}
	f.answer("GET /v1/environment", fakeAnswer{body: fakeEnvironment})
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedOutClient)})
	return f
}

func (f *fakeFAPI) on(route string, handle func(fakeAsked) fakeAnswer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.routes[route] = handle
}

func (f *fakeFAPI) answer(route string, a fakeAnswer) {
	f.on(route, func(fakeAsked) fakeAnswer { return a })
}

func (f *fakeFAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := fakeAsked{Method: r.Method, Path: r.URL.Path, Token: r.Header.Get("Authorization"), Query: r.URL.Query(), ctx: r.Context()}
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		asked.Form, _ = url.ParseQuery(string(body))
	}
	if verb := asked.Query.Get("_method"); verb != "" {
		asked.Method = verb
	}
	f.mu.Lock()
	f.seen = append(f.seen, asked)
	handle := f.routes[asked.String()]
	for route, h := range f.routes {
		if prefix, ok := strings.CutSuffix(route, "*"); ok && handle == nil && strings.HasPrefix(asked.String(), prefix) {
			handle = h
		}
	}
	f.mu.Unlock()
	if handle == nil {
		return testResponse(r, 404, `{"errors":[{"code":"resource_not_found"}]}`), nil
	}
	a := handle(asked)
	if a.wait != nil {
		select {
		case <-a.wait:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	if a.status == 0 {
		a.status = 200
	}
	resp := testResponse(r, a.status, a.body, a.headers...)
	if a.cut {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, testBroken{}))
	}
	return resp, nil
}

// asked lists the requests so far, or those to one route.
func (f *fakeFAPI) asked(route ...string) []fakeAsked {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(route) == 0 {
		return slices.Clone(f.seen)
	}
	var list []fakeAsked
	for _, a := range f.seen {
		if a.String() == route[0] {
			list = append(list, a)
		}
	}
	return list
}

// clerk returns a client of f that is closed with the test.
func (f *fakeFAPI) clerk(t testing.TB, opts ...Option) *Clerk {
	t.Helper()
	opts = append([]Option{WithHTTPClient(&http.Client{Transport: f}), WithRetryPolicy(RetryPolicy{MaxAttempts: 1}), WithStore(NewMemoryStore())}, opts...)
	c, err := New(EncodePublishableKey("clerk.example.com", true), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	})
	return c
}

// loaded is clerk after Load with this client and token.
func (f *fakeFAPI) loaded(t testing.TB, client, token string, opts ...Option) *Clerk {
	t.Helper()
	a := fakeAnswer{body: enveloped(client)}
	if token != "" {
		a.headers = []string{"Authorization: " + token}
	}
	f.answer("GET /v1/client", a)
	c := f.clerk(t, opts...)
	if err := c.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	fakeEnvironment = `{"auth_config":{"id":"aac_1"},"unknown_setting":{"kept":true}}`
	signedOutClient = `{"object":"client","id":"client_1","sessions":[],"sign_in":null,"sign_up":null,"last_active_session_id":null,"updated_at":1}`
)

func enveloped(client string) string { return `{"response":` + client + `,"client":null}` }

func piggybacked(client string) string { return `{"response":{},"client":` + client + `}` }

// testSession is the JSON of a session of user "user_<id>", who is a member of org_1 (slug one) and org_2 (slug two).
func sessionJSON(id, status, organization string) string {
	org := "null"
	if organization != "" {
		org = fmt.Sprintf("%q", organization)
	}
	return fmt.Sprintf(`{"object":"session","id":%q,"status":%q,"last_active_organization_id":%s,"last_active_token":null,"tasks":[{"key":"setup-mfa"}],
		"factor_verification_age":[0,-1],"user":{"id":"user_%s","organization_memberships":[%s,%s]}}`,
		id, status, org, id, membershipJSON("org_1", "one"), membershipJSON("org_2", "two"))
}

func membershipJSON(id, slug string) string {
	return fmt.Sprintf(`{"id":"orgmem_%s","role":"org:admin","permissions":["org:sys_profile:manage"],"organization":{"id":%q,"slug":%q}}`, id, id, slug)
}

// clientJSON is a client whose first session is the last active one.
func clientJSON(id string, updatedAt int, sessions ...string) string {
	active := "null"
	if len(sessions) > 0 {
		var s struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal([]byte(sessions[0]), &s)
		active = fmt.Sprintf("%q", s.ID)
	}
	return fmt.Sprintf(`{"object":"client","id":%q,"sessions":[%s],"last_active_session_id":%s,"updated_at":%d,"unknown_member":{"kept":1e3}}`,
		id, strings.Join(sessions, ","), active, updatedAt)
}

func signedInClient(updatedAt int) string {
	return clientJSON("client_1", updatedAt, sessionJSON("sess_1", "active", ""))
}

// sessionJWT is an unsigned session token. oiat 0 is none.
func sessionJWT(session, organization string, iat, exp, oiat int64) string {
	enc := func(v any) string {
		raw, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	header := map[string]any{"alg": "RS256"}
	if oiat != 0 {
		header["oiat"] = oiat
	}
	body := map[string]any{"sid": session, "iat": iat, "exp": exp, "v": 2, "fea": "u:reports", "pla": "u:pro"}
	if organization != "" {
		body["o"] = map[string]any{"id": organization, "rol": "admin"}
	}
	return enc(header) + "." + enc(body) + ".c2ln"
}

func tokenBody(jwt string) string { return `{"object":"token","jwt":"` + jwt + `"}` }

// openCall is one call whose answers the test gives by hand.
type openCall struct {
	exchange
	r *request
}

func openExchange(t testing.TB, c *Clerk, r *request) openCall {
	t.Helper()
	e, err := c.begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return openCall{e, r}
}

// answered commits an answer to a request that had this token.
func (e openCall) answered(sent string, status int, body string, headers ...string) {
	resp := testResponse(nil, status, body, headers...)
	n := newsOf(e.r, &answer{status: status, header: resp.Header, body: []byte(body)})
	n.sent = &http.Request{Header: http.Header{}, URL: &url.URL{}}
	if sent != "" {
		n.sent.Header.Set("Authorization", sent)
	}
	e.commit(context.Background(), n)
}

func dateHeader(second int) string {
	return "Date: " + time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC).Format(http.TimeFormat)
}

// describe says who is signed in: client, session, user, organization, token.
func describe(c *Clerk) string {
	s := c.State()
	var parts []string
	add := func(name, id string, known bool) {
		if known {
			parts = append(parts, name+"="+id)
		}
	}
	if s.Client != nil {
		add("client", s.Client.ID, true)
		add("at", fmt.Sprint(s.Client.UpdatedAt), true)
	}
	if s.Session != nil {
		add("session", s.Session.ID, true)
	}
	if s.User != nil {
		add("user", s.User.ID, true)
	}
	if s.Organization != nil {
		add("org", s.Organization.ID, true)
	}
	add("token", c.credential(), c.credential() != "")
	return strings.Join(parts, " ")
}

// logText collects what is logged.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
