package fapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A client with two accounts, of which the first is revoked elsewhere: the server's client then has the other one active.
func revokedElsewhere(t *testing.T) (*fakeFAPI, *Clerk) {
	t.Helper()
	f := newFakeFAPI()
	c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")), "t1")
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, sessionJSON("sess_2", "active", "")))})
	refuse := fakeAnswer{status: 401, body: `{"errors":[{"code":"resource_not_found"}]}`}
	f.answer("POST /v1/client/sessions/sess_1/*", refuse)
	f.on("GET /v1/me", func(a fakeAsked) fakeAnswer {
		if a.Query.Get(sessionQuery) == "sess_1" {
			return refuse
		}
		return fakeAnswer{body: `{"response":{"id":"user_2"},"client":null}`}
	})
	now := time.Now().Unix()
	f.answer("POST /v1/client/sessions/sess_2/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_2", "", now, now+60, 1))})
	return f, c
}

func TestSessionEndedErrorNamesBothSessions(t *testing.T) {
	for name, call := range map[string]func(context.Context, *Clerk) error{
		"Token":            func(ctx context.Context, c *Clerk) error { _, err := c.Token(ctx); return err },
		"Token, SkipCache": func(ctx context.Context, c *Clerk) error { _, err := c.Token(ctx, SkipCache()); return err },
		"Token of the session": func(ctx context.Context, c *Clerk) error {
			_, err := c.Token(ctx, ForSession("sess_1"))
			return err
		},
		"SetActive": func(ctx context.Context, c *Clerk) error { return c.SetActive(ctx, Activation{SessionID: "sess_1"}) },
		"a call":    func(ctx context.Context, c *Clerk) error { return callEmpty(ctx, c.core, get("/v1/me"), nil) },
		"a call with WithSession": func(ctx context.Context, c *Clerk) error {
			return callEmpty(ctx, c.core, get("/v1/me"), []RequestOption{WithSession("sess_1")})
		},
		"a call with WithQuery": func(ctx context.Context, c *Clerk) error {
			return callEmpty(ctx, c.core, get("/v1/me"), []RequestOption{WithQuery(sessionQuery, "sess_1")})
		},
		"a redirect": func(ctx context.Context, c *Clerk) error {
			_, err := callRedirect(ctx, c.core, get("/v1/me"), nil)
			return err
		},
		"the operation": func(ctx context.Context, c *Clerk) error {
			return callEmpty(ctx, c.core, post("/v1/client/sessions/{session_id}/touch", "sess_1"), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := revokedElsewhere(t)
			err := call(t.Context(), c)
			var ended *SessionEndedError
			if !errors.As(err, &ended) || ended.SessionID != "sess_1" || ended.Current != "sess_2" || !errors.Is(err, ErrUnauthenticated) {
				t.Fatalf("got %v", err)
			}
			var api *APIError
			if !errors.As(err, &api) || api.StatusCode != 401 || !HasCode(err, "resource_not_found") {
				t.Errorf("the refusal is lost: %v", err)
			}
			if s := c.State().Session; s == nil || s.ID != "sess_2" {
				t.Errorf("%s", describe(c))
			}
			if _, err := c.Token(t.Context()); err != nil {
				t.Errorf("a token of the session that is current now: %v", err)
			}
		})
	}
}

func TestSessionEndedErrorIsNotMadeWhen(t *testing.T) {
	t.Run("the session is still there", func(t *testing.T) {
		f, c := revokedElsewhere(t)
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, sessionJSON("sess_1", "active", "")))})
		_, err := c.Token(t.Context())
		var ended *SessionEndedError
		if errors.As(err, &ended) || !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the client cannot be asked for", func(t *testing.T) {
		f, c := revokedElsewhere(t)
		f.answer("GET /v1/client", fakeAnswer{status: 503})
		_, err := c.Token(t.Context())
		var ended *SessionEndedError
		if errors.As(err, &ended) || c.State().Session.ID != "sess_1" {
			t.Errorf("got %v, %s", err, describe(c))
		}
	})
	t.Run("the session was never known", func(t *testing.T) {
		f, c := revokedElsewhere(t)
		f.answer("GET /v1/me", fakeAnswer{status: 401})
		err := callEmpty(t.Context(), c.core, get("/v1/me"), []RequestOption{WithSession("sess_9")})
		var ended *SessionEndedError
		if errors.As(err, &ended) || !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSessionEndedErrorText(t *testing.T) {
	refusal := &APIError{StatusCode: 401, Operation: "GET /v1/me"}
	for want, err := range map[string]*SessionEndedError{
		"session sess_1 has ended, the current session is sess_2: GET /v1/me: 401 Unauthorized": {SessionID: "sess_1", Current: "sess_2", Err: refusal},
		"session sess_1 has ended: GET /v1/me: 401 Unauthorized":                                {SessionID: "sess_1", Err: refusal},
		"session sess_1 has ended": {SessionID: "sess_1"},
	} {
		if err.Error() != want {
			t.Errorf("got %s, want %s", err, want)
		}
	}
}

// A retry goes out for the session that the first attempt was for, whoever has become the current one in between.
func TestRetryDoesNotActAsAnotherUser(t *testing.T) {
	for name, tt := range map[string]struct {
		client string // piggybacked by the first answer, a 503
		ends   bool
		want   string
	}{
		"another session is active": {clientJSON("client_1", 2, sessionJSON("sess_2", "active", ""), sessionJSON("sess_1", "active", "")), false, "sess_1 sess_1"},
		"the session has ended":     {clientJSON("client_1", 2, sessionJSON("sess_2", "active", "")), true, "sess_1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")), "t1",
				WithRetryPolicy(RetryPolicy{MaxAttempts: 2, MinDelay: 1, MaxDelay: 1}))
			n := 0
			f.on("GET /v1/me", func(fakeAsked) fakeAnswer {
				if n++; n == 1 {
					return fakeAnswer{status: 503, body: `{"errors":[],"client":` + tt.client + `}`}
				}
				return fakeAnswer{body: `{"response":{},"client":null}`}
			})
			err := callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			var ended *SessionEndedError
			if errors.As(err, &ended) != tt.ends || tt.ends && (ended.SessionID != "sess_1" || ended.Current != "sess_2") {
				t.Errorf("got %v", err)
			}
			var sessions []string
			for _, a := range f.asked("GET /v1/me") {
				sessions = append(sessions, a.Query.Get(sessionQuery))
			}
			if got := strings.Join(sessions, " "); got != tt.want {
				t.Errorf("sent for %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRefusalsToTheUserOfASession(t *testing.T) {
	token, touch, me := "POST /v1/client/sessions/sess_1/tokens", "POST /v1/client/sessions/sess_1/touch", "GET /v1/me"
	for name, tt := range map[string]struct {
		route  string
		status int
		code   string
		asks   bool
	}{
		"banned, token":                    {token, 403, "user_banned", true},
		"banned, touch":                    {touch, 403, "user_banned", true},
		"deactivated, token":               {token, 403, "user_deactivated", true},
		"unprocessable, token":             {token, 422, "resource_not_found", true},
		"unprocessable, touch":             {touch, 422, "resource_not_found", true},
		"the expired token, token":         {token, 422, "missing_expired_token", false},
		"forbidden otherwise, token":       {token, 403, "native_api_disabled", false},
		"rate limited, token":              {token, 429, "user_banned", false},
		"server error, token":              {token, 500, "user_banned", false},
		"captcha, token":                   {token, 401, "requires_captcha", false},
		"dev browser, touch":               {touch, 401, "dev_browser_unauthenticated", false},
		"banned, another operation":        {me, 403, "user_banned", false},
		"unprocessable, another operation": {me, 422, "form_param_missing", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
			f.answer(tt.route, fakeAnswer{status: tt.status, body: `{"errors":[{"code":"` + tt.code + `"}]}`})
			var err error
			switch tt.route {
			case token:
				_, err = c.Token(t.Context())
			case touch:
				err = c.SetActive(t.Context(), Activation{})
			default:
				err = callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			}
			asked := len(f.asked("GET /v1/client")) - 1
			var ended *SessionEndedError
			if errors.As(err, &ended) != tt.asks || asked != map[bool]int{true: 1, false: 0}[tt.asks] || (c.State().Session == nil) != tt.asks {
				t.Errorf("got %v, asked for the client %d times, %s", err, asked, describe(c))
			}
			if !HasCode(err, ErrorCode(tt.code)) {
				t.Errorf("the code is lost: %v", err)
			}
		})
	}
}

func TestOAuthEndpointsGetNoCredential(t *testing.T) {
	for _, r := range []*request{
		post("/oauth/token"), get("/oauth/userinfo"), post("/oauth/token/revoke"), get("/.well-known/jwks.json"), get("/.well-known/openid-configuration"),
	} {
		t.Run(r.operation(), func(t *testing.T) {
			for _, opts := range [][]Option{nil, {WithBrowser()}} {
				f := newFakeFAPI()
				c := f.loaded(t, signedInClient(1), "t1", opts...)
				f.answer(r.operation(), fakeAnswer{body: `{}`, headers: []string{"Authorization: other"}})
				check(t, callEmpty(t.Context(), c.core, r, nil))
				check(t, callEmpty(t.Context(), c.core, r, []RequestOption{WithHeader("Authorization", "Bearer at_1")}))
				asked := f.asked(r.operation())
				if asked[0].Token != "" || asked[0].Query.Has(sessionQuery) || asked[0].Query.Has(devBrowserQuery) {
					t.Errorf("sent %q, %v", asked[0].Token, asked[0].Query)
				}
				if asked[1].Token != "Bearer at_1" {
					t.Errorf("the caller's credential was sent as %q", asked[1].Token)
				}
				if len(opts) == 0 && c.credential() != "t1" {
					t.Errorf("the credential is %s", c.credential())
				}
			}
		})
	}
	t.Run("others under /v1 do", func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		f.answer("GET /v1/me/oauth/consent/c1", fakeAnswer{body: `{}`})
		check(t, callEmpty(t.Context(), c.core, newRequest(http.MethodGet, "/v1/me/oauth/consent/{id}", []string{"c1"}), nil))
		if a := f.asked("GET /v1/me/oauth/consent/c1")[0]; a.Token != "t1" || a.Query.Get(sessionQuery) != "sess_1" {
			t.Errorf("sent %q, %v", a.Token, a.Query)
		}
	})
}

func TestSignOutOfOneSessionOffline(t *testing.T) {
	both := func(at int) string {
		return clientJSON("client_1", at, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", ""))
	}
	const remove = "POST /v1/client/sessions/sess_2/remove"
	offline := fakeAnswer{err: errors.New("offline")}
	start := func(t *testing.T) (*fakeFAPI, *MemoryStore, *Clerk) {
		f, store := newFakeFAPI(), NewMemoryStore()
		c := f.loaded(t, both(1), "t1", WithStore(store))
		f.answer(remove, offline)
		err := c.SignOut(t.Context(), OnlySession("sess_2"))
		var network *NetworkError
		if !errors.As(err, &network) || !strings.HasSuffix(err.Error(), "signed out here, the server is told at the next contact") {
			t.Fatalf("got %v", err)
		}
		if findSession(c.State().Client, "sess_2") != nil || c.State().Session == nil || c.credential() != "t1" {
			t.Fatalf("%s", describe(c))
		}
		return f, store, c
	}
	online := func(f *fakeFAPI) {
		removed := false
		f.on(remove, func(fakeAsked) fakeAnswer { removed = true; return fakeAnswer{body: `{"response":{},"client":null}`} })
		f.on("GET /v1/client", func(fakeAsked) fakeAnswer {
			if removed {
				return fakeAnswer{body: enveloped(signedInClient(9))}
			}
			return fakeAnswer{body: enveloped(both(5))}
		})
		f.answer("GET /v1/me", fakeAnswer{body: `{"response":{},"client":null}`})
	}
	t.Run("the session stays away in the next process, offline", func(t *testing.T) {
		f, store, c := start(t)
		check(t, c.Close())
		f.answer("GET /v1/client", offline)
		again := f.clerk(t, WithStore(store))
		check(t, again.Load(t.Context()))
		if findSession(again.State().Client, "sess_2") != nil || again.State().Session == nil {
			t.Errorf("%s", describe(again))
		}
	})
	t.Run("the next Load ends it", func(t *testing.T) {
		f, store, c := start(t)
		check(t, c.Close())
		online(f)
		again := f.clerk(t, WithStore(store))
		check(t, again.Load(t.Context()))
		if findSession(again.State().Client, "sess_2") != nil || len(f.asked(remove)) != 2 {
			t.Errorf("%s after %v", describe(again), f.asked())
		}
		check(t, again.Load(t.Context()))
		if len(f.asked(remove)) != 2 || len(again.endingSessions()) != 0 {
			t.Errorf("asked %d times, still to end %v", len(f.asked(remove)), again.endingSessions())
		}
	})
	t.Run("the next call ends it", func(t *testing.T) {
		f, _, c := start(t)
		online(f)
		check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		if len(f.asked(remove)) != 2 || len(c.endingSessions()) != 0 {
			t.Errorf("asked %d times, still to end %v", len(f.asked(remove)), c.endingSessions())
		}
	})
	t.Run("Token and SetActive end it too", func(t *testing.T) {
		now := time.Now().Unix()
		for name, contact := range map[string]func(*Clerk) error{
			"Token":     func(c *Clerk) error { _, err := c.Token(t.Context()); return err },
			"SetActive": func(c *Clerk) error { return c.SetActive(t.Context(), Activation{}) },
		} {
			f, _, c := start(t)
			online(f)
			f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", now, now+60, 1))})
			f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(both(7))})
			check(t, contact(c))
			if len(f.asked(remove)) != 2 || len(c.endingSessions()) != 0 {
				t.Errorf("%s: asked %d times, still to end %v", name, len(f.asked(remove)), c.endingSessions())
			}
		}
	})
	t.Run("a server that fails or is busy is no contact", func(t *testing.T) {
		for _, status := range []int{429, 500, 503} {
			f, _, c := start(t)
			online(f)
			f.answer("GET /v1/me", fakeAnswer{status: status})
			_ = callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			if len(f.asked(remove)) != 1 || len(c.endingSessions()) != 1 {
				t.Errorf("%d: asked %d times, still to end %v", status, len(f.asked(remove)), c.endingSessions())
			}
		}
	})
	t.Run("a client that still has it does not bring it back", func(t *testing.T) {
		f, _, c := start(t)
		f.answer("GET /v1/me", fakeAnswer{body: piggybacked(both(7))})
		check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		if findSession(c.State().Client, "sess_2") != nil || findSession(c.State().Client, "sess_1") == nil || len(c.endingSessions()) != 1 {
			t.Errorf("%s, to end %v", describe(c), c.endingSessions())
		}
	})
	t.Run("the server has ended it by itself", func(t *testing.T) {
		f, _, c := start(t)
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(9))})
		check(t, c.Load(t.Context()))
		if len(f.asked(remove)) != 1 || len(c.endingSessions()) != 0 {
			t.Errorf("asked %d times, still to end %v", len(f.asked(remove)), c.endingSessions())
		}
	})
	t.Run("a refusal is not asked for again", func(t *testing.T) {
		f, _, c := start(t)
		f.answer(remove, fakeAnswer{status: 404, body: `{"errors":[{"code":"resource_not_found"}]}`})
		check(t, c.Load(t.Context()))
		check(t, c.Load(t.Context()))
		if len(f.asked(remove)) != 2 || len(c.endingSessions()) != 0 {
			t.Errorf("asked %d times, still to end %v", len(f.asked(remove)), c.endingSessions())
		}
	})
	t.Run("the only session: the credential goes", func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		f.answer("POST /v1/client/sessions/sess_1/remove", offline)
		if err := c.SignOut(t.Context(), OnlySession("sess_1")); err == nil || c.credential() != "" || len(c.endingSessions()) != 0 {
			t.Errorf("got %v, %s", err, describe(c))
		}
	})
	t.Run("two processes keep both wishes", func(t *testing.T) {
		f, store, c := start(t)
		three := clientJSON("client_1", 3, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", ""), sessionJSON("sess_3", "active", ""))
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(three)})
		other := f.clerk(t, WithStore(store))
		check(t, other.Load(t.Context()))
		f.answer("POST /v1/client/sessions/sess_3/remove", offline)
		if err := other.SignOut(t.Context(), OnlySession("sess_3")); err == nil {
			t.Fatal("no error")
		}
		f.answer("GET /v1/me", fakeAnswer{body: piggybacked(strings.Replace(three, `"updated_at":3`, `"updated_at":4`, 1))})
		check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		third := f.clerk(t, WithStore(store))
		f.answer("GET /v1/client", offline)
		check(t, third.Load(t.Context()))
		if got := strings.Join(third.endingSessions(), " "); got != "sess_2 sess_3" || findSession(third.State().Client, "sess_3") != nil {
			t.Errorf("to end %q, %s", got, describe(third))
		}
	})
}
