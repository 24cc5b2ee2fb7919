package fapi

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// design.md 5 Has; wire-and-state.md 3.11: from the membership, the last token and the session's factor ages.
func TestHas(t *testing.T) {
	now := time.Now().Unix()
	session := func(status, organization string) string {
		jwt := sessionJWT("sess_1", organization, now, now+60, 0)
		return strings.Replace(sessionJSON("sess_1", status, organization), `"last_active_token":null`, `"last_active_token":{"jwt":"`+jwt+`"}`, 1)
	}
	all := []Check{{Role: "admin"}, {Permission: "org:sys_profile:manage"}, {Feature: "reports"}, {Plan: "user:pro"}, {Reverification: ReverificationStrict}, {Role: "org:member"}, {Feature: "org:reports"}}
	tests := []struct {
		rule, session string
		want          []bool
	}{
		{"in an organization", session("active", "org_1"), []bool{true, true, true, true, true, false, false}},
		{"in the personal account", session("active", ""), []bool{false, false, true, true, true, false, false}},
		{"pending counts as signed out", session("pending", "org_1"), make([]bool, 7)},
		{"ended", session("ended", "org_1"), make([]bool, 7)},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := newFakeFAPI().loaded(t, clientJSON("client_1", 1, tt.session), "t1")
			var got []bool
			for _, ask := range all {
				got = append(got, c.Has(ask))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v", got)
			}
		})
	}
	if newFakeFAPI().clerk(t).Has(Check{Role: "admin"}) {
		t.Error("before Load")
	}
}

// clerk-fapi-rs.md 4.2, W27, W33; design.md 5: construction sends nothing, and what is wrong is a typed error.
func TestNew(t *testing.T) {
	development, production := EncodePublishableKey("clerk.example.com", true), EncodePublishableKey("clerk.example.com", false)
	tests := []struct {
		rule, key string
		opts      []Option
		base      string
		fails     error
	}{
		{"the key's host", development, nil, "https://clerk.example.com", nil},
		{"no key", "", nil, "", ErrInvalidKey},
		{"no publishable key", "sk_test_abc", nil, "", ErrInvalidKey},
		{"proxy", production, []Option{WithProxyURL("https://example.com/__clerk/")}, "https://example.com/__clerk", nil},
		{"proxy on loopback", development, []Option{WithProxyURL("http://127.0.0.1:8080")}, "http://127.0.0.1:8080", nil},
		{"plain http elsewhere", development, []Option{WithProxyURL("http://example.com")}, "", ErrInvalidHost},
		{"domain", production, []Option{WithDomain("other.com")}, "https://clerk.other.com", nil},
		{"proxy wins over domain", production, []Option{WithDomain("other.com"), WithProxyURL("https://example.com")}, "https://example.com", nil},
		{"bad domain", production, []Option{WithDomain("a b")}, "", ErrInvalidHost},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := New(tt.key, append(tt.opts, nil)...)
			if !errors.Is(err, tt.fails) || err == nil && c.core.base != tt.base {
				t.Errorf("got %v", err)
			}
			if c != nil {
				s := c.State()
				if s.Loaded || s.Client != nil || s.RawClient() != nil || s.Source != (Source{}) {
					t.Errorf("state %+v", s)
				}
				check(t, c.Close())
			}
		})
	}
}

// clerk-fapi-rs.md 4.4, W36; design.md 5 "Wire": what a native client sends, and _clerk_session_id on all but /client and /waitlist.
func TestNativeRequests(t *testing.T) {
	f := newFakeFAPI()
	var last atomic.Pointer[http.Header] // loading sends two requests at a time
	c := f.loaded(t, signedInClient(1), "t1", WithBeforeRequest(func(r *http.Request) error { last.Store(&r.Header); return nil }))
	f.answer("GET *", fakeAnswer{body: `{}`})
	for path, want := range map[string]string{"/v1/me": "sess_1", "/v1/environment": "sess_1", "/v1/client": "", "/v1/client/sign_ins/x": "", "/v1/waitlist": ""} {
		check(t, callEmpty(t.Context(), c.core, get(path), nil))
		all := f.asked()
		got := all[len(all)-1]
		if got.Query.Get("_clerk_session_id") != want || got.Query.Get("_is_native") != "1" || got.Query.Get("__clerk_api_version") != APIVersion {
			t.Errorf("%s: %v", path, got.Query)
		}
		header := *last.Load()
		if header.Get("Authorization") != "t1" || header.Get("X-Mobile") != "1" || header.Get("Origin") != "" || header.Get("Cookie") != "" || header.Get("User-Agent") == "" {
			t.Errorf("%s: %v", path, header)
		}
	}
	check(t, callEmpty(t.Context(), c.core, get("/v1/me"), []RequestOption{WithSession("sess_2")}))
	all := f.asked()
	if got := all[len(all)-1].Query["_clerk_session_id"]; !slices.Equal(got, []string{"sess_2"}) {
		t.Errorf("WithSession: %q", got)
	}
	if f.asked()[0].Token != "" {
		t.Error("an empty token is sent")
	}
}

// design.md 3 and 5: WithOnMismatch hears of piggybacked clients and of results, and may panic.
func TestMismatchesOfAClerk(t *testing.T) {
	f := newFakeFAPI()
	var mu sync.Mutex
	var pointers []string
	c := f.loaded(t, signedInClient(1), "t1", WithOnMismatch(func(m Mismatch) {
		mu.Lock()
		defer mu.Unlock()
		pointers = append(pointers, m.Operation+" "+m.Pointer+" "+string(m.Kind))
		panic("contained")
	}))
	mu.Lock()
	pointers = nil
	mu.Unlock()
	odd := strings.Replace(signedInClient(2), `"last_active_token":null`, `"last_active_token":5`, 1)
	f.answer("POST /v1/x", fakeAnswer{body: `{"response":{"id":7},"client":` + odd + `}`})
	if _, err := callEnveloped[testUser](t.Context(), c.core, post("/v1/x"), nil); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(pointers) != 2 || !strings.HasPrefix(pointers[0], "POST /v1/x /client/") || pointers[1] != "POST /v1/x /response/id wrong_type" {
		t.Errorf("heard of %q", pointers)
	}
	if got := describe(c); got != "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t1" {
		t.Errorf("got %s", got)
	}
}

// design.md, Security: tokens never reach a log. A client is printed by its instance alone.
func TestClientIsPrintedWithoutWhatItKnows(t *testing.T) {
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "a-secret-client-token")
	var text bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		fmt.Fprintf(&text, format+"\n", c)
	}
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "clerk", c)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "clerk", c)
	testHidden(t, text.String(), "a-secret-client-token", "sess_1")
	if n := strings.Count(text.String(), "Clerk{clerk.example"); n != 8 {
		t.Errorf("printed %s", text.String())
	}
}

// design.md, Security: nor does a State, which holds session tokens and the user's data.
func TestStateIsPrintedByItsIDs(t *testing.T) {
	const secret = "t1_very_secret"
	client := strings.Replace(signedInClient(1), `"last_active_token":null`, `"last_active_token":{"jwt":"`+secret+`"}`, 1)
	s := newFakeFAPI().loaded(t, client, "t1").State()
	var text bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&text, format+"\n"+format+"\n", s, struct{ S State }{s})
	}
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "state", s)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "state", s)
	testHidden(t, text.String(), secret, strings.Trim(fmt.Sprint([]byte(secret)), "[]"), fmt.Sprintf("%x", secret), "unknown_member")
	for want, s := range map[string]State{
		`State{Loaded: true, Environment: "server", Client: "server" "client_1", Session: "sess_1", User: "user_sess_1", Organization: ""}`: s,
		`State{Loaded: false, Environment: "", Client: "" "", Session: "", User: "", Organization: ""}`:                                     {},
	} {
		if got := s.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
