package fapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func refusal(status int, codes ...string) fakeAnswer {
	var list []string
	for _, code := range codes {
		list = append(list, `{"code":"`+code+`"}`)
	}
	return fakeAnswer{status: status, body: `{"errors":[` + strings.Join(list, ",") + `]}`}
}

// wire-and-state.md 1.10: one rule for all places says which failures mean that the server no longer knows the session.
func TestRefusalsThatEndASession(t *testing.T) {
	type call struct {
		name, route string
		keeps       bool // asks no more than that the session goes on
		do          func(*Clerk) error
	}
	ctx := t.Context()
	calls := []call{
		{"Token", "POST /v1/client/sessions/sess_1/tokens", true, func(c *Clerk) error { _, err := c.Token(ctx); return err }},
		{"Token, without the cache", "POST /v1/client/sessions/sess_1/tokens", true, func(c *Clerk) error { _, err := c.Token(ctx, SkipCache()); return err }},
		{"Token of a template", "POST /v1/client/sessions/sess_1/tokens/x", true, func(c *Clerk) error { _, err := c.Token(ctx, WithTemplate("x")); return err }},
		{"SetActive", "POST /v1/client/sessions/sess_1/touch", true, func(c *Clerk) error { return c.SetActive(ctx, Activation{}) }},
		{"the method for tokens", "POST /v1/client/sessions/sess_1/tokens", true, func(c *Clerk) error {
			return callEmpty(ctx, c.core, post("/v1/client/sessions/{session_id}/tokens", "sess_1"), nil)
		}},
		{"the method for touches", "POST /v1/client/sessions/sess_1/touch", true, func(c *Clerk) error {
			return callEmpty(ctx, c.core, post("/v1/client/sessions/{session_id}/touch", "sess_1"), nil)
		}},
		{"another method of a session", "POST /v1/client/sessions/sess_1/verify", false, func(c *Clerk) error {
			return callEmpty(ctx, c.core, post("/v1/client/sessions/{session_id}/verify", "sess_1"), nil)
		}},
		{"a method of the user", "GET /v1/me", false, func(c *Clerk) error { return callEmpty(ctx, c.core, get("/v1/me"), nil) }},
		{"a search for a membership", "GET /v1/me/organization_memberships", false, func(c *Clerk) error {
			return c.SetActive(ctx, Activation{Organization: OrganizationID("org_9")})
		}},
	}
	const never, keeping, always = 0, 1, 2
	answers := []struct {
		answer fakeAnswer
		means  int // that the session has ended: for which calls
	}{
		{refusal(401, "signed_out"), always},
		{refusal(401, "authentication_invalid"), always},
		{refusal(401), always},
		{fakeAnswer{status: 401, body: `<html>`}, always},
		{refusal(401, "requires_captcha"), never},
		{refusal(401, "dev_browser_unauthenticated"), never},
		{refusal(403, "user_banned"), keeping},
		{refusal(403, "user_deactivated"), keeping},
		{refusal(403, "x", "user_banned"), keeping},
		{refusal(403, "user_locked"), never},
		{refusal(403, "session_reverification_required"), never},
		{refusal(403), never},
		{refusal(422, "resource_not_found"), keeping},
		{refusal(422), keeping},
		{refusal(422, "missing_expired_token"), never},
		{refusal(404, "resource_not_found"), never},
		{refusal(400, "user_banned"), never},
		{refusal(429, "user_banned"), never},
		{refusal(500, "user_banned"), never},
		{refusal(503), never},
	}
	for _, call := range calls {
		for _, tt := range answers {
			means := tt.means == always || tt.means == keeping && call.keeps
			for client, ends := range map[string]bool{
				clientJSON("client_1", 2, sessionJSON("sess_2", "active", "")): true,
				clientJSON("client_1", 2):                                      true,
				signedInClient(2):                                              false,
			} {
				t.Run(fmt.Sprintf("%s/%d %s/%v", call.name, tt.answer.status, tt.answer.body, ends), func(t *testing.T) {
					f := newFakeFAPI()
					c := f.loaded(t, signedInClient(1), "t1")
					f.answer(call.route, tt.answer)
					f.answer("GET /v1/client", fakeAnswer{body: enveloped(client)})
					err := call.do(c)
					want := 0
					if means {
						want = 1
					}
					if got := len(f.asked("GET /v1/client")) - 1; got != want {
						t.Errorf("asked for the client %d times, want %d", got, want)
					}
					var api *APIError
					if !errors.As(err, &api) || api.StatusCode != tt.answer.status {
						t.Errorf("got %v", err)
					}
					checkEnded(t, c, err, means && ends, "sess_1")
				})
			}
		}
	}
}

// checkEnded says whether err tells of the end of a session, and what is current now.
func checkEnded(t *testing.T, c *Clerk, err error, want bool, session string) {
	t.Helper()
	var ended *SessionEndedError
	if errors.As(err, &ended) != want {
		t.Errorf("got %v, want a SessionEndedError: %v", err, want)
	}
	if ended == nil {
		return
	}
	current := ""
	if s := c.State().Session; s != nil {
		current = s.ID
	}
	if ended.SessionID != session || ended.Current != current || !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("got %+v, the current session is %q", ended, current)
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, session) || !strings.Contains(text, current) {
		t.Errorf("text %q", text)
	}
}

// Whoever is refused at the same time shares one request for the client, in whichever order the answers come.
func TestManyRefusalsAskOnce(t *testing.T) {
	for _, answer := range []fakeAnswer{refusal(401, "signed_out"), refusal(403, "user_banned"), refusal(422, "x")} {
		for _, together := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeFAPI()
				c := f.loaded(t, signedInClient(1), "t1")
				defer func() { check(t, c.Close()) }()
				var order []chan struct{}
				var mu sync.Mutex
				f.on("POST /v1/client/sessions/*", func(fakeAsked) fakeAnswer {
					mu.Lock()
					defer mu.Unlock()
					a := answer
					a.wait = make(chan struct{})
					order = append(order, a.wait)
					return a
				})
				f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, sessionJSON("sess_2", "active", "")))})
				var all sync.WaitGroup
				for i := range 4 {
					all.Go(func() {
						_, err := c.Token(t.Context(), SkipCache(), WithTemplate(fmt.Sprint("x", i)))
						checkEnded(t, c, err, true, "sess_1")
					})
				}
				all.Go(func() { checkEnded(t, c, c.SetActive(t.Context(), Activation{}), true, "sess_1") })
				synctest.Wait()
				for _, wait := range order {
					close(wait)
					if !together {
						synctest.Wait()
					}
				}
				all.Wait()
				if got := len(f.asked("GET /v1/client")) - 1; got != 1 {
					t.Errorf("%d, together %v: asked for the client %d times", answer.status, together, got)
				}
			})
		}
	}
}

// The session ends elsewhere, and the server makes the other account's the current one. The call that was refused says so;
// what comes after is of the other account, and a caller who has pinned the session gets nothing of it.
func TestSessionEndsElsewhere(t *testing.T) {
	f := newFakeFAPI()
	mintOf(f, "sess_1")
	mintOf(f, "sess_2")
	one, two := sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")
	c := f.loaded(t, clientJSON("client_1", 1, one, two), "t1")
	jwt, err := c.Token(t.Context())
	check(t, err)
	f.answer("POST /v1/client/sessions/sess_1/tokens", refusal(401, "signed_out"))
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, two))})
	if again, err := c.Token(t.Context()); again != jwt || err != nil {
		t.Errorf("the cache: %q %v", again, err)
	}
	_, err = c.Token(t.Context(), SkipCache())
	var ended *SessionEndedError
	if !errors.As(err, &ended) || *ended != (SessionEndedError{"sess_1", "sess_2", ended.Err}) || !HasCode(err, "signed_out") {
		t.Fatalf("got %v", err)
	}
	want := "session sess_1 has ended, the current session is sess_2: POST /v1/client/sessions/{session_id}/tokens: 401 signed_out"
	if err.Error() != want {
		t.Errorf("text %q", err)
	}
	if c.tokens.valid(tokenKey{session: "sess_1"}) != "" {
		t.Error("the cache still has a token of the session")
	}
	if _, err := c.Token(t.Context(), ForSession("sess_1")); !errors.Is(err, ErrUnknownSession) {
		t.Errorf("the session by its ID: %v", err)
	}
	if next, err := c.Token(t.Context()); err != nil || next == jwt || !strings.Contains(next, ".") || len(f.asked("POST /v1/client/sessions/sess_2/tokens")) != 1 {
		t.Errorf("the next token: %v", err)
	}
}

// A retry within a call goes on behalf of the session that the call began with, whatever becomes the current one meanwhile.
func TestRetriesKeepTheSession(t *testing.T) {
	one, two := sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")
	both, left := clientJSON("client_1", 1, one, two), clientJSON("client_1", 2, two)
	sessions := func(list []fakeAsked) (ids string) {
		for _, a := range list {
			ids += a.Query.Get(sessionQuery) + " "
		}
		return ids
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, both, "t1", WithRetryPolicy(RetryPolicy{}))
		defer func() { check(t, c.Close()) }()
		f.on("GET /v1/me", func(a fakeAsked) fakeAnswer {
			if a.Query.Get("_clerk_retry_attempt") == "" {
				return fakeAnswer{status: 503, body: `{"errors":[],"meta":{"client":` + left + `}}`}
			}
			if a.Query.Get(sessionQuery) != "sess_2" {
				return refusal(401, "signed_out")
			}
			return fakeAnswer{body: `{"response":{"id":"user_sess_2"}}`}
		})
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(left)})
		_, err := callEnveloped[User](t.Context(), c.core, get("/v1/me"), nil)
		checkEnded(t, c, err, true, "sess_1")
		if got := sessions(f.asked("GET /v1/me")); got != "sess_1 " {
			t.Errorf("asked on behalf of %s", got)
		}
		if _, err := callEnveloped[User](t.Context(), c.core, get("/v1/me"), nil); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // with a session token, which is asked for again
		f := newFakeFAPI()
		mintOf(f, "sess_1")
		mintOf(f, "sess_2")
		c := f.loaded(t, both, "t1", WithRetryPolicy(RetryPolicy{}))
		defer func() { check(t, c.Close()) }()
		f.on("GET /api_keys", func(fakeAsked) fakeAnswer {
			return fakeAnswer{status: 503, body: `{"errors":[],"meta":{"client":` + left + `}}`}
		})
		err := callEmpty(t.Context(), c.core, get("/api_keys"), nil)
		checkEnded(t, c, err, true, "sess_1")
		if len(f.asked("POST /v1/client/sessions/sess_2/tokens")) != 0 || len(f.asked("GET /api_keys")) != 1 {
			t.Errorf("asked %v", f.asked())
		}
	})
}

// A session that the caller named is the one that the error names.
func TestSessionEndedOfANamedSession(t *testing.T) {
	one, two := sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")
	for name, call := range map[string]func(*Clerk) error{
		"ForSession": func(c *Clerk) error { _, err := c.Token(context.Background(), ForSession("sess_2")); return err },
		"SetActive":  func(c *Clerk) error { return c.SetActive(context.Background(), Activation{SessionID: "sess_2"}) },
		"WithSession": func(c *Clerk) error {
			return callEmpty(context.Background(), c.core, get("/v1/me"), []RequestOption{WithSession("sess_2")})
		},
		"a redirect": func(c *Clerk) error {
			_, err := callRedirect(context.Background(), c.core, get("/v1/me/x"), []RequestOption{WithSession("sess_2")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, clientJSON("client_1", 1, one, two), "t1")
			f.answer("POST *", refusal(401, "signed_out"))
			f.answer("GET /v1/me*", refusal(401, "signed_out"))
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, one))})
			checkEnded(t, c, call(c), true, "sess_2")
			if c.State().Session.ID != "sess_1" {
				t.Errorf("got %s", describe(c))
			}
		})
	}
	t.Run("one that was unknown before", func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, clientJSON("client_1", 1, one), "t1")
		f.answer("GET /v1/me", refusal(401, "signed_out"))
		err := callEmpty(t.Context(), c.core, get("/v1/me"), []RequestOption{WithSession("sess_9")})
		checkEnded(t, c, err, false, "")
		if !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("got %v", err)
		}
	})
}

// A refresh in the background has no caller to tell. The next caller who names no session hears of it, once.
func TestSessionEndsWhileATokenIsRefreshed(t *testing.T) {
	one, two := sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")
	for _, tt := range []struct {
		rule string
		left string
		do   func(*testing.T, *Clerk)
		want error
	}{
		{"another session is current", clientJSON("client_1", 2, two), nil, ErrUnauthenticated},
		{"nobody is signed in", clientJSON("client_1", 2), nil, ErrNoSession},
		{"the other session was chosen", clientJSON("client_1", 2, two), func(t *testing.T, c *Clerk) {
			check(t, c.SetActive(t.Context(), Activation{SessionID: "sess_2"}))
		}, nil},
		{"a caller who names a session is not concerned", clientJSON("client_1", 2, two), func(t *testing.T, c *Clerk) {
			_, err := c.Token(t.Context(), ForSession("sess_2"))
			check(t, err)
		}, ErrUnauthenticated},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeFAPI()
				mintOf(f, "sess_1")
				mintOf(f, "sess_2")
				c := f.loaded(t, clientJSON("client_1", 1, one, two), "t1")
				defer func() { check(t, c.Close()) }()
				_, err := c.Token(t.Context())
				check(t, err)
				f.answer("POST /v1/client/sessions/sess_1/tokens", refusal(401, "signed_out"))
				f.answer("GET /v1/client", fakeAnswer{body: enveloped(tt.left)})
				f.answer("POST /v1/client/sessions/sess_2/touch", fakeAnswer{body: piggybacked(clientJSON("client_1", 3, two))})
				time.Sleep(44 * time.Second)
				synctest.Wait()
				if s := c.State().Session; s != nil && s.ID == "sess_1" {
					t.Fatal("the refresh was not refused")
				}
				if tt.do != nil {
					tt.do(t, c)
				}
				if _, err = c.Token(t.Context()); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				checkEnded(t, c, err, tt.want == ErrUnauthenticated, "sess_1")
				if _, err = c.Token(t.Context()); c.State().Session != nil && err != nil {
					t.Errorf("the token after that: %v", err)
				}
			})
		})
	}
}

// The OAuth endpoints and the well-known documents take neither the client's credential nor a session, unless the caller
// gives one; nor does what they answer reach the state.
func TestForeignCallsCarryNothing(t *testing.T) {
	requests := []*request{
		post("/oauth/token"), get("/oauth/userinfo"), post("/oauth/userinfo"), post("/oauth/token_info"), post("/oauth/token/revoke"),
		post("/oauth/register"), get("/oauth/authorize"), get("/.well-known/jwks.json"), get("/.well-known/openid-configuration"),
		get("/.well-known/oauth-authorization-server"), get("/.well-known/webauthn"),
	}
	for _, r := range requests {
		t.Run(r.operation(), func(t *testing.T) {
			log := &logText{}
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1", WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			f.answer(r.operation(), fakeAnswer{status: 401, body: `{"error":"invalid_client","client":{"id":"app"}}`, headers: []string{"Authorization: t9"}})
			var api *APIError
			if err := callEmpty(t.Context(), c.core, r, nil); !errors.As(err, &api) {
				t.Errorf("got %v", err)
			}
			asked := f.asked(r.operation())
			if len(asked) != 1 || asked[0].Token != "" || asked[0].Query.Has(sessionQuery) || asked[0].Query.Has(devBrowserQuery) {
				t.Errorf("asked %+v", asked)
			}
			if got := describe(c); got != "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1" || len(f.asked("GET /v1/client")) != 1 || log.String() != "" {
				t.Errorf("got %s after %v, log %q", got, f.asked(), log)
			}
			_ = callEmpty(t.Context(), c.core, r, []RequestOption{WithHeader("Authorization", "Basic mine"), WithSession("sess_9")})
			if asked = f.asked(r.operation()); asked[1].Token != "Basic mine" || asked[1].Query.Get(sessionQuery) != "sess_9" {
				t.Errorf("the caller's own: %+v", asked[1])
			}
			check(t, c.Close())
			if err := callEmpty(t.Context(), c.core, r, nil); !errors.Is(err, ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		})
	}
	t.Run("what only begins so is FAPI's", func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		for _, path := range []string{"/v1/oauth_callback", "/v1/me/oauth/consent/{client_id}", "/v1/client/oauth"} {
			r := get(path, strings.Repeat("x", strings.Count(path, "{")))
			if !strings.Contains(path, "{") {
				r = get(path)
			}
			_ = callEmpty(t.Context(), c.core, r, nil)
			if a := f.asked()[len(f.asked())-1]; a.Token != "t1" {
				t.Errorf("%s: sent %q", path, a.Token)
			}
		}
	})
}

// A page's credential is a cookie. It goes to the authorization endpoint, where it is the user who is asked for.
func TestForeignCallsOfAPageCarryNoCookies(t *testing.T) {
	for path, want := range map[string]bool{"/oauth/token": false, "/oauth/userinfo": false, "/.well-known/jwks.json": false, "/oauth/authorize": true, "/v1/me": true} {
		jar, err := cookiejar.New(nil)
		check(t, err)
		var got []*http.Cookie
		transport := testTransport(func(r *http.Request) (*http.Response, error) {
			got = r.Cookies()
			return testResponse(r, 200, `{}`), nil
		})
		api := newCore("https://clerk.example.com", newConfig([]Option{WithBrowser(), WithHTTPClient(&http.Client{Transport: transport, Jar: jar})}))
		r := get(path)
		u, err := http.NewRequest(http.MethodGet, "https://clerk.example.com/", nil)
		check(t, err)
		jar.SetCookies(u.URL, []*http.Cookie{{Name: "__client", Value: "x"}})
		check(t, callEmpty(t.Context(), api, r, nil))
		if (len(got) == 1) != want {
			t.Errorf("%s: cookies %v", path, got)
		}
	}
}
