package fapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire-and-state.md 3.1: concurrent misses share one request; native-sdks.md 2; one who gives up does not fail the others.
func TestTokenMissesShareARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, answer := newFakeFAPI(), make(chan struct{})
		f.answer("POST /v1/client/sessions/sess_1/tokens*", fakeAnswer{body: tokenBody("jwt"), wait: answer})
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		impatient, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.Token(impatient); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who gave up: %v", err)
			}
		})
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				if jwt, err := c.Token(t.Context()); jwt != "jwt" || err != nil {
					t.Errorf("got %q %v", jwt, err)
				}
			})
		}
		all.Go(func() { _, err := c.Token(t.Context(), WithTemplate("x")); check(t, err) })
		all.Go(func() { _, err := c.Token(t.Context(), SkipCache()); check(t, err) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(answer)
		all.Wait()
		if got := len(f.asked("POST /v1/client/sessions/sess_1/tokens")); got != 2 { // SkipCache shares with nobody
			t.Errorf("%d requests", got)
		}
	})
}

// When all give up, the request is cancelled, and the next caller begins another.
func TestTokenNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{wait: make(chan struct{})})
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		asked := f.asked("POST /v1/client/sessions/sess_1/tokens")
		if len(asked) != 1 || asked[0].ctx.Err() == nil {
			t.Error("the request goes on")
		}
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody("jwt")})
		if jwt, err := c.Token(t.Context()); jwt != "jwt" || err != nil {
			t.Errorf("the next one: %q %v", jwt, err)
		}
	})
}

// design.md 5 Close: nothing runs that it does not stop. synctest fails when a goroutine is left.
func TestCloseStopsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		mintOf(f, "sess_1")
		c := f.loaded(t, signedInClient(1), "t1")
		_, err := c.Token(t.Context())
		check(t, err)
		hang := fakeAnswer{wait: make(chan struct{})}
		f.answer("POST /v1/client/sessions/sess_1/tokens", hang) // the refresh in the background
		f.answer("GET /v1/client", hang)
		time.Sleep(44 * time.Second)
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.Token(t.Context(), WithTemplate("x")); err != nil {
				t.Errorf("a finished call: %v", err)
			}
		})
		all.Go(func() {
			if err := c.Load(t.Context()); !errors.Is(err, ErrClosed) {
				t.Errorf("a load under way: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() { check(t, c.Close()) })
		all.Wait()
		time.Sleep(time.Hour)
	})
}

// wire-and-state.md 3.1, 3.4: the freshest token of a key stays; who fetched gets their own.
func TestFreshestTokenWins(t *testing.T) {
	now := time.Now().Unix()
	young, old := sessionJWT("sess_1", "", now, now+60, 9), sessionJWT("sess_1", "", now-1, now+59, 8)
	none := sessionJWT("sess_1", "", now+1, now+61, 0)
	answers := []string{young, old, none}
	f := newFakeFAPI()
	f.on("POST /v1/client/sessions/sess_1/tokens", func(fakeAsked) fakeAnswer {
		next := answers[0]
		answers = answers[1:]
		return fakeAnswer{body: tokenBody(next)}
	})
	c := f.loaded(t, signedInClient(1), "t1")
	for _, want := range []string{young, old, none} {
		if jwt, err := c.Token(t.Context(), SkipCache()); jwt != want || err != nil {
			t.Errorf("the caller got %q %v", jwt, err)
		}
		if jwt, err := c.Token(t.Context()); jwt != young || err != nil {
			t.Errorf("the cache has %q %v", jwt, err)
		}
	}
}

// wire-and-state.md 2 (last), 3.1: a token that came with the session needs no request; keys are session, template, organization.
func TestTokensThatCameWithTheClient(t *testing.T) {
	now := time.Now().Unix()
	withToken := func(session, organization, jwt string) string {
		return strings.Replace(sessionJSON(session, "active", organization), `"last_active_token":null`, `"last_active_token":{"object":"token","jwt":"`+jwt+`"}`, 1)
	}
	personal, inOrg := sessionJWT("sess_1", "", now, now+60, 1), sessionJWT("sess_1", "org_1", now, now+60, 1)
	second := sessionJWT("sess_2", "", now, now+60, 1)
	f := newFakeFAPI()
	c := f.loaded(t, clientJSON("client_1", 1, withToken("sess_1", "", personal), withToken("sess_2", "", second)), "t1")
	token := func(want string, opts ...TokenOption) {
		t.Helper()
		if jwt, err := c.Token(t.Context(), opts...); jwt != want || err != nil {
			t.Errorf("got %q %v", jwt, err)
		}
	}
	token(personal)
	token(second, ForSession("sess_2"))
	set := func(client string) { t.Helper(); check(t, c.SetClientJSON([]byte(client))) }
	set(clientJSON("client_1", 2, withToken("sess_1", "org_1", inOrg)))
	token(inOrg)
	token(personal, WithOrganization(PersonalAccount))
	older := sessionJWT("sess_1", "org_1", now-30, now+30, 0)
	set(clientJSON("client_1", 3, withToken("sess_1", "org_1", older)))
	token(inOrg)
	set(clientJSON("client_1", 4, withToken("sess_1", "org_1", second))) // of another session: not believed
	token(inOrg)
	set(clientJSON("client_1", 5, withToken("sess_1", "org_1", "no.jwt"), sessionJSON("sess_2", "ended", "")))
	token(inOrg)
	if _, err := c.Token(t.Context(), ForSession("sess_2")); !errors.Is(err, ErrUnknownSession) {
		t.Errorf("a session that has ended: %v", err)
	}
	if len(f.asked()) != 2 {
		t.Errorf("asked %v", f.asked())
	}
	if _, left := c.tokens.entries[tokenKey{session: "sess_2"}]; left { // per session: wire-and-state.md 8.12
		t.Error("the token of the session that has ended is still there")
	}
}

// wire-and-state.md 3.3: 422 missing_expired_token, once, without debug.
func TestTokenWithTheExpiredOne(t *testing.T) {
	f := newFakeFAPI()
	expired := sessionJWT("sess_1", "", 1, 2, 0)
	client := strings.Replace(signedInClient(1), `"last_active_token":null`, `"last_active_token":{"jwt":"`+expired+`"}`, 1)
	c := f.loaded(t, client, "t1")
	f.on("POST /v1/client/sessions/sess_1/tokens", func(a fakeAsked) fakeAnswer {
		if a.Query.Get("expired_token") == expired && !a.Query.Has("debug") {
			return fakeAnswer{body: tokenBody("jwt")}
		}
		return fakeAnswer{status: 422, body: `{"errors":[{"code":"missing_expired_token"}]}`}
	})
	for _, opts := range [][]TokenOption{nil, {SkipCache()}} {
		if jwt, err := c.Token(t.Context(), opts...); jwt != "jwt" || err != nil {
			t.Errorf("got %q %v", jwt, err)
		}
	}
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{status: 422, body: `{"errors":[{"code":"missing_expired_token"}]}`})
	if _, err := c.Token(t.Context()); !HasCode(err, "missing_expired_token") || len(f.asked("POST /v1/client/sessions/sess_1/tokens")) != 6 {
		t.Errorf("got %v after %d requests", err, len(f.asked("POST /v1/client/sessions/sess_1/tokens")))
	}
}

// wire-and-state.md 3.2; native-sdks.md 6.3: an empty token is an error, never a sign-out. Design 5: the other errors.
func TestTokenErrors(t *testing.T) {
	f := newFakeFAPI()
	c := f.clerk(t)
	if _, err := c.Token(t.Context()); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("not loaded: %v", err)
	}
	check(t, c.Load(t.Context()))
	if _, err := c.Token(t.Context()); !errors.Is(err, ErrNoSession) {
		t.Errorf("no session: %v", err)
	}
	check(t, c.SetClientJSON([]byte(signedInClient(1))))
	if _, err := c.Token(t.Context(), ForSession("sess_9")); !errors.Is(err, ErrUnknownSession) {
		t.Errorf("unknown session: %v", err)
	}
	if _, err := c.Token(t.Context(), WithOrganization(OrganizationID(""))); !errors.Is(err, ErrUnknownOrganization) {
		t.Errorf("empty organization: %v", err)
	}
	for _, body := range []string{`{"object":"token","jwt":""}`, `{"object":"token","jwt":null}`, `{}`, `null`, ``} {
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: body})
		var wrong *DecodeError
		if jwt, err := c.Token(t.Context()); jwt != "" || !errors.As(err, &wrong) || c.State().Session == nil {
			t.Errorf("%s: %q %v", body, jwt, err)
		}
	}
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{status: 403, body: `{"errors":[{"code":"session_reverification_required"}]}`})
	if _, err := c.Token(t.Context()); !HasCode(err, "session_reverification_required") || c.State().Session == nil {
		t.Errorf("got %v", err)
	}
}

// A token whose request was slower than the sign-out is not kept.
func TestTokenAfterSignOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, answer := newFakeFAPI(), make(chan struct{})
		now := time.Now().Unix()
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", now, now+60, 0)), wait: answer})
		f.answer("DELETE /v1/client/sessions", fakeAnswer{body: enveloped(signedOutClient)})
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		var all sync.WaitGroup
		all.Go(func() { _, _ = c.Token(t.Context()) })
		synctest.Wait()
		check(t, c.SignOut(t.Context()))
		close(answer)
		all.Wait()
		if len(c.tokens.entries) != 0 {
			t.Errorf("%d tokens are left", len(c.tokens.entries))
		}
	})
}

// native-sdks.md 2: unexpired beats expired, so that a valid token is there when the server cannot be asked.
func TestExpiredTokenWithTheClientReplacesNoValidOne(t *testing.T) {
	now := time.Now().Unix()
	valid, expired := sessionJWT("sess_1", "", now, now+60, 0), sessionJWT("sess_1", "", now-90, now-30, 0)
	f := newFakeFAPI()
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(valid)})
	c := f.loaded(t, signedInClient(1), "t1")
	_, err := c.Token(t.Context())
	check(t, err)
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{err: errors.New("offline")})
	check(t, c.SetClientJSON([]byte(strings.Replace(signedInClient(2), `"last_active_token":null`, `"last_active_token":{"jwt":"`+expired+`"}`, 1))))
	if jwt, err := c.Token(t.Context()); jwt != valid || err != nil {
		t.Errorf("got %q %v", jwt, err)
	}
}

// The server's clock jumps ahead, so that a fresher token looks expired as it comes, and the one before it does not, since it
// was judged by the clock as it was: the fresher one is handed out all the same.
func TestAClockThatJumpsDoesNotKeepTheOlderToken(t *testing.T) {
	now := time.Now().Unix()
	with := func(at int, jwt string) string {
		return strings.Replace(signedInClient(at), `"last_active_token":null`, `"last_active_token":{"jwt":"`+jwt+`"}`, 1)
	}
	older, fresher := sessionJWT("sess_1", "", now, now+60, now), sessionJWT("sess_1", "", now+1, now+61, now+1)
	f := newFakeFAPI()
	c := f.loaded(t, with(1, older), "t1")
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(with(2, fresher)), headers: []string{"Date: " + time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}})
	check(t, c.Load(t.Context()))
	if got, err := c.Token(t.Context()); got != fresher || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, fresher)
	}
}
