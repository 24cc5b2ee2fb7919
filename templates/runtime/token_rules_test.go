package fapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// wire-and-state.md 3.1 and 3.2: a token's key is session, template and organization; an ID and its slug are one.
func TestTokenKeys(t *testing.T) {
	f := newFakeFAPI()
	asked := mintOf(f, "sess_1")
	f.on("POST /v1/client/sessions/sess_2/tokens*", f.routes["POST /v1/client/sessions/sess_1/tokens*"])
	c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", "org_1"), sessionJSON("sess_2", "active", "org_1")), "t1")
	tests := []struct {
		rule string
		opts []TokenOption
		new  bool
	}{
		{"the session's organization", nil, true},
		{"named by its ID", []TokenOption{WithOrganization(OrganizationID("org_1"))}, false},
		{"named by its slug", []TokenOption{WithOrganization(OrganizationID("one"))}, false},
		{"another organization", []TokenOption{WithOrganization(OrganizationID("org_2"))}, true},
		{"that one's slug", []TokenOption{WithOrganization(OrganizationID("two"))}, false},
		{"the personal account", []TokenOption{WithOrganization(PersonalAccount)}, true},
		{"a template", []TokenOption{WithTemplate("x")}, true},
		{"the same template", []TokenOption{WithTemplate("x")}, false},
		{"another template", []TokenOption{WithTemplate("y")}, true},
		{"no template", []TokenOption{WithTemplate("")}, false},
		{"the current session by its ID", []TokenOption{ForSession("sess_1")}, false},
		{"another session", []TokenOption{ForSession("sess_2")}, true},
	}
	for _, tt := range tests {
		before := asked.Load()
		if _, err := c.Token(t.Context(), tt.opts...); err != nil || (asked.Load() != before) != tt.new {
			t.Errorf("%s: %d requests, %v", tt.rule, asked.Load()-before, err)
		}
	}
}

// wire-and-state.md 3.1: of 60 seconds, the refresh begins after 43 and no token is handed out after 55; 8.16: it is valid to the end.
func TestTokenAgesExactly(t *testing.T) {
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := made
	c := newFakeFAPI().loaded(t, signedInClient(1), "t1", WithClock(func() time.Time { return now }))
	key := tokenKey{session: "sess_1"}
	c.tokens.put(key, sessionJWT("sess_1", "", made.Unix(), made.Unix()+60, 0), false)
	for _, tt := range []struct {
		age                time.Duration
		served, due, valid bool
	}{
		{0, true, false, true},
		{43*time.Second - 1, true, false, true},
		{43 * time.Second, true, true, true},
		{55*time.Second - 1, true, true, true},
		{55 * time.Second, false, false, true},
		{60*time.Second - 1, false, false, true},
		{60 * time.Second, false, false, false},
	} {
		now = made.Add(tt.age)
		jwt, due := c.tokens.look(key, now)
		c.tokens.entries[key].fetching = false // nothing is fetched here
		if (jwt != "") != tt.served || due != tt.due || (c.tokens.valid(key) != "") != tt.valid {
			t.Errorf("after %s: served %v, due %v, valid %v", tt.age, jwt != "", due, c.tokens.valid(key) != "")
		}
	}
}

// wire-and-state.md 8.13: what a token has to live is told by the server's clock, wherever ours stands.
func TestLifeOfATokenIsTheServersToTell(t *testing.T) {
	const minted, came = false, true
	tests := []struct {
		rule     string
		ahead    time.Duration // of the server's clock
		iat, exp time.Duration // from the server's now
		source   bool
		want     time.Duration
	}{
		{"just made", 0, 0, time.Minute, minted, time.Minute},
		{"just made, an hour ahead", time.Hour, 0, time.Minute, minted, time.Minute},
		{"just made, an hour behind", -time.Hour, 0, time.Minute, minted, time.Minute},
		{"made a while ago", 0, -40 * time.Second, 20 * time.Second, minted, 20 * time.Second},
		{"made a while ago, an hour ahead", time.Hour, -40 * time.Second, 20 * time.Second, minted, 20 * time.Second},
		{"made a while ago, an hour behind", -time.Hour, -40 * time.Second, 20 * time.Second, minted, 20 * time.Second},
		{"came with the client", 0, -10 * time.Second, 50 * time.Second, came, 50 * time.Second},
		{"came with the client, an hour ahead", time.Hour, -10 * time.Second, 50 * time.Second, came, 50 * time.Second},
		{"came with the client, an hour behind", -time.Hour, -10 * time.Second, 50 * time.Second, came, 50 * time.Second},
		{"came with the client, and is over", time.Hour, -90 * time.Second, -30 * time.Second, came, -30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now().Add(tt.ahead)
				jwt := sessionJWT("sess_1", "", now.Add(tt.iat).Unix(), now.Add(tt.exp).Unix(), 0)
				date := []string{"Date: " + now.UTC().Format(http.TimeFormat)}
				f := newFakeFAPI()
				c := f.loaded(t, signedInClient(1), "t1")
				defer func() { check(t, c.Close()) }()
				if tt.source == minted {
					f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(jwt), headers: date})
					got, err := c.Token(t.Context())
					if err != nil || got != jwt {
						t.Errorf("got %q %v", got, err)
					}
				} else {
					client := strings.Replace(signedInClient(2), `"last_active_token":null`, `"last_active_token":{"jwt":"`+jwt+`"}`, 1)
					openExchange(t, c, post("/v1/me")).answered("t1", 200, piggybacked(client), date...)
				}
				c.tokens.mu.Lock()
				defer c.tokens.mu.Unlock()
				e := c.tokens.entries[tokenKey{session: "sess_1"}]
				if e == nil || (e.left(time.Now())-tt.want).Abs() > time.Second {
					t.Errorf("kept %+v, want %s", e, tt.want)
				}
			})
		})
	}
}

// wire-and-state.md 3.1: a token without numeric exp and iat is dropped; who asked for it gets it.
func TestTokensThatAreNotKept(t *testing.T) {
	now := time.Now().Unix()
	for rule, jwt := range map[string]string{
		"no JWT":                    "test.jwt.token",
		"no claims":                 claimsJWT(map[string]any{}),
		"no exp":                    claimsJWT(map[string]any{"iat": now}),
		"no iat":                    claimsJWT(map[string]any{"exp": now + 60}),
		"exp that is no number":     claimsJWT(map[string]any{"iat": now, "exp": "later"}),
		"exp that is not after iat": claimsJWT(map[string]any{"iat": now, "exp": now}),
	} {
		t.Run(rule, func(t *testing.T) {
			f := newFakeFAPI()
			f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(jwt)})
			c := f.loaded(t, signedInClient(1), "t1")
			for n := 1; n < 3; n++ {
				if got, err := c.Token(t.Context()); got != jwt || err != nil || len(f.asked("POST /v1/client/sessions/sess_1/tokens")) != n {
					t.Errorf("got %q %v after %d requests", got, err, len(f.asked())-2)
				}
			}
		})
	}
}

// claimsJWT is an unsigned session token with these claims.
func claimsJWT(claims map[string]any) string {
	raw, _ := json.Marshal(claims)
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"RS256"}`)) + "." + enc(raw) + ".c2ln"
}

// wire-and-state.md 3.1: one background refresh per token at a time; the old one serves meanwhile.
func TestTokenIsRefreshedByOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		mintOf(f, "sess_1")
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		first, err := c.Token(t.Context())
		check(t, err)
		answer, now := make(chan struct{}), time.Now().Add(50*time.Second).Unix()
		second := sessionJWT("sess_1", "", now, now+60, 99)
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(second), wait: answer})
		time.Sleep(50 * time.Second)
		for range 20 {
			if jwt, err := c.Token(t.Context()); jwt != first || err != nil {
				t.Errorf("while it is refreshed: %q %v", jwt, err)
			}
		}
		synctest.Wait()
		if got := len(f.asked("POST /v1/client/sessions/sess_1/tokens")); got != 2 {
			t.Errorf("%d refreshes at a time", got-1)
		}
		close(answer)
		synctest.Wait()
		if jwt, err := c.Token(t.Context()); jwt != second || err != nil {
			t.Errorf("afterwards: %q %v", jwt, err)
		}
	})
}

// wire-and-state.md 3.2, 3.11: the last active token is that without a template, in the session's own organization; it tells
// features and plans.
func TestHasGoesByTheTokenOfTheActiveOrganization(t *testing.T) {
	now := time.Now().Unix()
	with := func(feature string) string {
		return claimsJWT(map[string]any{"sid": "sess_1", "iat": now, "exp": now + 60, "v": 2, "fea": "u:" + feature})
	}
	f := newFakeFAPI()
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(with("other"))})
	f.answer("POST /v1/client/sessions/sess_1/tokens/x", fakeAnswer{body: tokenBody(with("template"))})
	session := strings.Replace(sessionJSON("sess_1", "active", "org_1"), `"last_active_token":null`, `"last_active_token":{"jwt":"`+with("first")+`"}`, 1)
	c := f.loaded(t, clientJSON("client_1", 1, session), "t1")
	get := func(opts ...TokenOption) { _, err := c.Token(t.Context(), opts...); check(t, err) }
	has := func(step string, features ...string) {
		t.Helper()
		for _, name := range []string{"first", "other", "template", "own"} {
			if got, want := c.Has(Check{Feature: name}), strings.Contains(strings.Join(features, " "), name); got != want {
				t.Errorf("%s: %s is %v", step, name, got)
			}
		}
	}
	has("as it came", "first")
	get(WithTemplate("x"))
	get(WithOrganization(OrganizationID("org_2")))
	has("after tokens of another kind", "first")
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(with("own"))})
	get(SkipCache())
	has("after a newer one", "own")
}

// clerk-js: modules/apiKeys/index.ts. The calls of API keys go out with a session token; the client's own token stays at home.
func TestAPIKeysTakeASessionToken(t *testing.T) {
	key := func(c *Clerk, opts ...RequestOption) error {
		_, err := callBare[testUser](t.Context(), c.core, post("/api_keys").json(map[string]string{"name": "deploy"}), opts)
		return err
	}
	for _, mode := range [][]Option{nil, {WithBrowser()}} {
		f := newFakeFAPI()
		mintOf(f, "sess_1")
		f.answer("POST /api_keys", fakeAnswer{body: `{"id":"ak_1"}`, headers: []string{"Authorization: another"}})
		c := f.loaded(t, signedInClient(1), "t1", mode...)
		before := c.AuthorizationHeader()
		if err := key(c); err != nil {
			t.Fatal(err)
		}
		jwt, err := c.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := f.asked("POST /api_keys")[0].Token; got != "Bearer "+jwt {
			t.Errorf("sent %q, want the session token", got)
		}
		if got := c.AuthorizationHeader(); got != before {
			t.Errorf("the client's token is %q, was %q", got, before)
		}
		if err := key(c, WithHeader("Authorization", "Bearer mine")); err != nil || f.asked("POST /api_keys")[1].Token != "Bearer mine" {
			t.Errorf("the option does not win: %v", err)
		}
	}
	f := newFakeFAPI()
	mintOf(f, "sess_2")
	f.answer("POST /api_keys", fakeAnswer{body: `{"id":"ak_1"}`})
	c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")), "t1")
	check(t, key(c, WithSession("sess_2")))
	jwt, err := c.Token(t.Context(), ForSession("sess_2"))
	if asked := f.asked("POST /api_keys")[0]; err != nil || asked.Token != "Bearer "+jwt || asked.Query.Get("_clerk_session_id") != "sess_2" {
		t.Errorf("on behalf of another session: %v, %v", asked, err)
	}
	f = newFakeFAPI()
	c = f.loaded(t, signedOutClient, "t1")
	if err := key(c); !errors.Is(err, ErrNoSession) || len(f.asked("POST /api_keys")) != 0 {
		t.Errorf("signed out: %v", err)
	}
}
