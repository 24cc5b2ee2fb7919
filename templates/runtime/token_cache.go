package fapi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// The ages of a token, as in clerk-js: tokenCache.ts.
const (
	tokenFloor   = 5 * time.Second                // with no more to live than this, a token is not handed out
	tokenRefresh = 15*time.Second + 2*time.Second // with no more than this, a new one is fetched in the background
	tokenBackoff = 3 * time.Second                // after a refresh that failed
)

// tokenKey is what makes two tokens different.
type tokenKey struct{ session, template, organization string }

// tokenCache holds the freshest token of each key. Its clock is that of Clerk, and time goes by whichever of the wall
// clock and the monotonic one has moved further: the first may be set back, the second stands still while a laptop
// sleeps.
type tokenCache struct {
	clerk   *Clerk
	flights flights[tokenKey, string]

	mu      sync.Mutex
	entries map[tokenKey]*tokenEntry
	seen    map[string]string // session to the last active token that came with it
	stopped bool

	// unheard is the end of the current session, when a refresh in the background was refused and another session took its
	// place: the next caller who names no session is told.
	unheard atomic.Pointer[SessionEndedError]
}

type tokenEntry struct {
	jwt      string
	claims   claims
	at       time.Time     // when it came
	life     time.Duration // what it had to live then
	used     bool          // handed out since it came
	retryAt  time.Time     // not before this
	fetching bool
	timer    *time.Timer // nil is none
}

func newTokenCache(c *Clerk) *tokenCache {
	return &tokenCache{clerk: c, entries: map[tokenKey]*tokenEntry{}, seen: map[string]string{}}
}

func (e *tokenEntry) left(now time.Time) time.Duration {
	age := max(now.Sub(e.at), now.Round(0).Sub(e.at.Round(0)))
	return e.life - age
}

// get returns the token to hand out, or "". One that is nearly due is refreshed behind the caller's back.
func (t *tokenCache) get(key tokenKey) string {
	jwt, due := t.look(key, t.clerk.now())
	if due {
		t.refresh(key)
	}
	return jwt
}

func (t *tokenCache) look(key tokenKey, now time.Time) (jwt string, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[key]
	if e == nil || e.left(now) <= tokenFloor {
		return "", false
	}
	e.used = true
	return e.jwt, e.left(now) <= tokenRefresh && t.claim(e, now)
}

// claim says whether a refresh of e is to begin; then it counts as begun. t.mu is held.
func (t *tokenCache) claim(e *tokenEntry, now time.Time) bool {
	if t.stopped || e.fetching || now.Before(e.retryAt) || e.left(now) <= 0 {
		return false
	}
	e.fetching = true
	return true
}

// valid returns a token that has not expired yet, or "".
func (t *tokenCache) valid(key tokenKey) string {
	now := t.clerk.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entries[key]; e != nil && e.left(now) > 0 {
		return e.jwt
	}
	return ""
}

// last returns the newest token of a session in its organization, be it expired; "" is none.
func (t *tokenCache) last(s *Session) string {
	key := tokenKey{session: s.ID, organization: Value(s.LastActiveOrganizationID)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entries[key]; e != nil {
		return e.jwt
	}
	if s.LastActiveToken != nil {
		return s.LastActiveToken.JWT
	}
	return ""
}

// put keeps a token if it is fresher than what is there. One that does not tell how long it lives is not kept, nor is one
// of a session that is not signed in any more: its request may have been faster than the sign-out.
func (t *tokenCache) put(key tokenKey, jwt string, minted bool) {
	token, err := parseClaims(jwt)
	if err != nil || token.issuedAt == 0 || token.expiresAt <= token.issuedAt {
		return
	}
	now := t.clerk.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped || findSession(t.clerk.snapshot.Load().Client, key.session) == nil {
		return
	}
	t.keep(key, jwt, token, minted, now)
}

func (t *tokenCache) keep(key tokenKey, jwt string, token claims, minted bool, now time.Time) {
	e := &tokenEntry{jwt: jwt, claims: token, at: now, used: minted}
	whole := time.Duration(min(token.expiresAt-token.issuedAt, 1<<32)) * time.Second
	e.life = min(time.Unix(token.expiresAt, 0).Sub(now.Add(time.Duration(t.clerk.skew.Load()))), whole)
	if minted && e.life <= 0 {
		e.life = whole // it has only just been made: not the token is old, a clock is wrong
	}
	if old := t.entries[key]; old != nil {
		if left := old.left(now); e.life <= 0 && left > 0 { // not both can be right: the clock has changed since old came
			later := max(min(token.expiresAt-old.claims.expiresAt, 1<<32), -1<<32)
			e.life = min(left+time.Duration(later)*time.Second, whole)
		}
		if old.jwt == jwt || old.left(now) > 0 && (e.life <= 0 || !fresher(old.claims, token)) {
			return
		}
		e.fetching = old.fetching
		old.stopTimer()
	}
	t.entries[key] = e
	if wait := e.life - tokenRefresh; wait > 0 && minted {
		e.timer = time.AfterFunc(wait, func() {
			defer t.clerk.contain("refreshing a session token")
			t.due(key, e)
		})
	}
}

func (e *tokenEntry) stopTimer() {
	if e.timer != nil {
		e.timer.Stop()
	}
}

// due is called by the timer of e. A token that nobody has asked for since it was made is left to expire.
func (t *tokenCache) due(key tokenKey, e *tokenEntry) {
	if t.isDue(key, e, t.clerk.now()) {
		t.refresh(key)
	}
}

func (t *tokenCache) isDue(key tokenKey, e *tokenEntry, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[key] == e && e.used && t.claim(e, now)
}

// refresh fetches a new token in the background, after claim. t.mu is not held: Clerk.change takes it inside of its own.
func (t *tokenCache) refresh(key tokenKey) {
	c := t.clerk
	c.spawn(func() {
		defer c.deliver()
		defer c.work.Done()
		defer c.contain("refreshing a session token")
		err := errUnfinished
		defer func() { t.refreshed(key, err) }()
		_, err = t.flights.do(c.lifetime, c, key, func(ctx context.Context) (string, error) { return c.mint(ctx, key, false) })
		var ended *SessionEndedError
		switch {
		case err == nil || c.isClosed():
		case errors.As(err, &ended) && ended.Current != "":
			t.unheard.Store(ended)
			fallthrough
		case ended != nil:
			c.warn("a session has ended", err)
		default:
			c.warn("a session token could not be refreshed; the valid one is kept", err)
		}
	})
}

func (t *tokenCache) refreshed(key tokenKey, err error) {
	now := t.clerk.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[key]
	if e == nil {
		return
	}
	e.fetching, e.used = false, false
	if err != nil {
		e.retryAt = now.Add(tokenBackoff)
	}
}

// settle follows a new client: tokens of sessions that are not signed in go, tokens that came with sessions are kept.
func (t *tokenCache) settle(s *State, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, e := range t.entries {
		if findSession(s.Client, key.session) == nil {
			e.stopTimer()
			delete(t.entries, key)
		}
	}
	for id := range t.seen {
		if findSession(s.Client, id) == nil {
			delete(t.seen, id)
		}
	}
	if s.Client == nil || t.stopped {
		return
	}
	for i := range s.Client.Sessions {
		session := &s.Client.Sessions[i]
		if session.LastActiveToken == nil || !isSignedIn(session) {
			continue
		}
		jwt := session.LastActiveToken.JWT
		if jwt == "" || t.seen[session.ID] == jwt {
			continue
		}
		t.seen[session.ID] = jwt
		token, err := parseClaims(jwt)
		if err == nil && token.sessionID == session.ID && token.issuedAt != 0 && token.expiresAt > token.issuedAt {
			t.keep(tokenKey{session: session.ID, organization: token.organization.id}, jwt, token, false, now)
		}
	}
}

func (t *tokenCache) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	for _, e := range t.entries {
		e.stopTimer()
	}
}
