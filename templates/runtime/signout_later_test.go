package fapi

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// laterServer is a server with sessions that can be signed out of, and a network that can be down.
type laterServer struct {
	*fakeFAPI
	live    []string
	down    bool
	mute    bool       // answers to sign-outs do not bring the client
	refuses fakeAnswer // of a sign-out, when its status is not 0
	removed []string   // as they were asked for, with the credential
}

func newLaterServer(sessions ...string) *laterServer {
	s := &laterServer{fakeFAPI: newFakeFAPI(), live: sessions}
	s.on("GET /v1/environment", s.online(func(fakeAsked) fakeAnswer { return fakeAnswer{body: fakeEnvironment} }))
	s.on("GET /v1/client", s.online(func(fakeAsked) fakeAnswer {
		return fakeAnswer{body: enveloped(s.client()), headers: []string{"Authorization: t1"}}
	}))
	s.on("GET /v1/me", s.online(func(fakeAsked) fakeAnswer { return fakeAnswer{body: piggybacked("null")} }))
	s.on("DELETE /v1/client/sessions", s.online(func(fakeAsked) fakeAnswer {
		s.live = nil
		return fakeAnswer{body: enveloped(s.client())}
	}))
	s.on("POST /v1/client/sessions/*", s.online(func(a fakeAsked) fakeAnswer {
		parts := strings.Split(a.Path, "/")
		id := parts[4]
		if parts[5] != "remove" {
			return fakeAnswer{body: tokenBody(sessionJWT(id, "", time.Now().Unix(), time.Now().Unix()+60, 0))}
		}
		s.removed = append(s.removed, id+" "+a.Token)
		switch {
		case s.refuses.status != 0:
			return s.refuses
		case !slices.Contains(s.live, id):
			return refusal(404, "resource_not_found")
		}
		s.live = slices.DeleteFunc(s.live, func(other string) bool { return other == id })
		if s.mute {
			return fakeAnswer{body: piggybacked("null")}
		}
		return fakeAnswer{body: piggybacked(s.client())}
	}))
	return s
}

func (s *laterServer) online(answer func(fakeAsked) fakeAnswer) func(fakeAsked) fakeAnswer {
	return func(a fakeAsked) fakeAnswer {
		if s.down {
			return fakeAnswer{err: errors.New("offline")}
		}
		return answer(a)
	}
}

func (s *laterServer) client() string {
	var sessions []string
	for _, id := range s.live {
		sessions = append(sessions, sessionJSON(id, "active", ""))
	}
	return clientJSON("client_1", 10-len(s.live), sessions...)
}

// shown are the sessions in the state.
func shown(c *Clerk) (ids []string) {
	for _, s := range c.State().Client.Sessions {
		ids = append(ids, s.ID)
	}
	return ids
}

func stored(t *testing.T, c *Clerk) record {
	t.Helper()
	r, err := c.records.load(context.Background())
	check(t, err)
	return r
}

// A session that was signed out of offline stays away, and the server is told at the next contact: by the same Clerk or by
// the next start, which has it from the store.
func TestSignOutOfASessionOffline(t *testing.T) {
	contacts := map[string]func(*Clerk) error{
		"Load":   func(c *Clerk) error { return c.Load(context.Background()) },
		"a call": func(c *Clerk) error { return callEmpty(context.Background(), c.core, get("/v1/me"), nil) },
		"Token":  func(c *Clerk) error { _, err := c.Token(context.Background(), ForSession("sess_2")); return err },
	}
	for contact, do := range contacts {
		for _, restart := range []bool{false, true} {
			for _, mute := range []bool{false, true} {
				for _, id := range []string{"sess_1", "sess_3"} { // the current one, another one
					t.Run(fmt.Sprintf("%s/restart %v/mute %v/%s", contact, restart, mute, id), func(t *testing.T) {
						dir, err := NewFileStore(filepath.Join(t.TempDir(), "clerk"))
						if errors.Is(err, ErrUnsupported) {
							t.Skip(err)
						}
						check(t, err)
						s := newLaterServer("sess_1", "sess_2", "sess_3")
						s.mute = mute
						c := s.clerk(t, WithStore(dir))
						check(t, c.Load(t.Context()))
						s.down = true
						var network *NetworkError
						if err := c.SignOut(t.Context(), OnlySession(id)); !errors.As(err, &network) {
							t.Fatalf("got %v", err)
						}
						without := func(when string) {
							t.Helper()
							if got := shown(c); len(got) != 2 || slices.Contains(got, id) || c.credential() != "t1" {
								t.Errorf("%s: sessions %v, %s", when, got, describe(c))
							}
						}
						without("offline")
						if restart {
							check(t, c.Close())
							c = s.clerk(t, WithStore(dir))
							check(t, c.Load(t.Context()))
							without("after a start without a network")
						}
						heard := true
						c.AddListener(func(st State) { heard = heard && findSession(st.Client, id) == nil })
						s.down = false
						check(t, do(c))
						without("online again")
						if !slices.Equal(s.removed, []string{id + " t1"}) || slices.Contains(s.live, id) || !heard {
							t.Errorf("removed %v, left %v, never shown %v", s.removed, s.live, heard)
						}
						if r := stored(t, c); len(r.signOuts) != 0 {
							t.Errorf("the store still has %v", r.signOuts)
						}
						check(t, c.Load(t.Context()))
						if without("later"); len(s.removed) != 1 {
							t.Errorf("removed %v", s.removed)
						}
					})
				}
			}
		}
	}
}

// While the server cannot end the session, it stays hidden, whoever sends it, and calls do not try each time.
func TestSessionStaysHiddenUntilItIsSignedOut(t *testing.T) {
	for _, answer := range []fakeAnswer{refusal(500), refusal(429), refusal(403, "x"), {err: errors.New("reset")}} {
		synctest.Test(t, func(t *testing.T) {
			s := newLaterServer("sess_1", "sess_2")
			c := s.clerk(t)
			defer func() { check(t, c.Close()) }()
			check(t, c.Load(t.Context()))
			s.refuses = answer
			if answer.err != nil {
				s.refuses.status = 1
			}
			if err := c.SignOut(t.Context(), OnlySession("sess_1")); err == nil {
				t.Fatal("no error")
			}
			hidden := func(when string, tries int) {
				t.Helper()
				if got := shown(c); !slices.Equal(got, []string{"sess_2"}) || len(s.removed) != 1+tries || !slices.Equal(stored(t, c).signOuts, []string{"sess_1"}) {
					t.Errorf("%d %s: sessions %v, tried %d times, stored %v", answer.status, when, got, len(s.removed)-1, stored(t, c).signOuts)
				}
			}
			check(t, c.Load(t.Context()))
			hidden("after Load", 1)
			check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
			hidden("after a call at once", 1)
			openExchange(t, c, post("/v1/me")).answered("t1", 200, piggybacked(clientJSON("client_1", 20, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", ""))))
			hidden("after a client that came along", 1)
			check(t, c.SetClientJSON([]byte(clientJSON("client_1", 21, sessionJSON("sess_2", "active", ""), sessionJSON("sess_1", "active", "")))))
			hidden("after a host's client", 1)
			time.Sleep(endRetry)
			check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
			hidden("after a call later", 2)
			if err := c.SignOut(t.Context(), OnlySession("sess_1")); err == nil || errors.Is(err, ErrUnknownSession) {
				t.Errorf("asked for once more: %v", err)
			}
			hidden("after another sign-out", 3)
			s.refuses = fakeAnswer{}
			check(t, c.Load(t.Context()))
			if slices.Contains(s.live, "sess_1") || len(stored(t, c).signOuts) != 0 || !slices.Equal(shown(c), []string{"sess_2"}) {
				t.Errorf("left %v, stored %v, sessions %v", s.live, stored(t, c).signOuts, shown(c))
			}
		})
	}
}

// What ends the wish without a request for it: the session has ended, or everything was signed out of.
func TestSignOutThatIsNotNeededAnyMore(t *testing.T) {
	offline := func(t *testing.T) (*laterServer, *Clerk) {
		s := newLaterServer("sess_1", "sess_2")
		c := s.clerk(t)
		check(t, c.Load(t.Context()))
		s.down = true
		if err := c.SignOut(t.Context(), OnlySession("sess_1")); err == nil {
			t.Fatal("no error")
		}
		return s, c
	}
	t.Run("the session has ended elsewhere", func(t *testing.T) {
		s, c := offline(t)
		s.down, s.live = false, []string{"sess_2"}
		check(t, c.Load(t.Context()))
		if len(s.removed) != 0 || len(stored(t, c).signOuts) != 0 {
			t.Errorf("asked %v, stored %v", s.removed, stored(t, c).signOuts)
		}
	})
	t.Run("all were signed out of", func(t *testing.T) {
		s, c := offline(t)
		s.down = false
		check(t, c.SignOut(t.Context()))
		if len(s.live) != 0 || len(s.removed) != 0 || len(stored(t, c).signOuts) != 0 {
			t.Errorf("left %v, asked %v, stored %v", s.live, s.removed, stored(t, c).signOuts)
		}
	})
	t.Run("all were signed out of, offline: the credential is gone, and the server cannot be told", func(t *testing.T) {
		s, c := offline(t)
		if err := c.SignOut(t.Context()); err == nil || c.credential() != "" || len(stored(t, c).signOuts) != 0 || c.State().Session != nil {
			t.Errorf("got %v, %s, stored %v", err, describe(c), stored(t, c).signOuts)
		}
		s.down = false
		check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		if len(s.removed) != 0 {
			t.Errorf("asked %v", s.removed)
		}
	})
	t.Run("the last one, offline: the same", func(t *testing.T) {
		_, c := offline(t)
		if err := c.SignOut(t.Context(), OnlySession("sess_2")); err == nil || c.credential() != "" || len(stored(t, c).signOuts) != 0 {
			t.Errorf("got %v, %s, stored %v", err, describe(c), stored(t, c).signOuts)
		}
	})
}

// Before Load, where nothing is known of the client, a wish is kept all the same.
func TestSignOutOfASessionBeforeLoad(t *testing.T) {
	s := newLaterServer("sess_1", "sess_2")
	s.down = true
	c := s.clerk(t)
	check(t, c.SetAuthorizationHeader("t1"))
	if err := c.SignOut(t.Context(), OnlySession("sess_2")); err == nil || !slices.Equal(stored(t, c).signOuts, []string{"sess_2"}) {
		t.Fatalf("got %v, stored %v", err, stored(t, c).signOuts)
	}
	s.down = false
	check(t, c.Load(t.Context()))
	if !slices.Equal(s.live, []string{"sess_1"}) || !slices.Equal(shown(c), []string{"sess_1"}) {
		t.Errorf("left %v, sessions %v", s.live, shown(c))
	}
}

// A page's credential is a cookie, which stays: all sessions are signed out of later.
func TestSignOutOfAPageOffline(t *testing.T) {
	for _, opts := range [][]SignOutOption{nil, {OnlySession("sess_1")}} {
		s := newLaterServer("sess_1")
		c := s.clerk(t, WithBrowser())
		check(t, c.Load(t.Context()))
		s.down = true
		if err := c.SignOut(t.Context(), opts...); err == nil || c.State().Session != nil {
			t.Fatalf("got %v, %s", err, describe(c))
		}
		s.down = false
		check(t, c.Load(t.Context()))
		if len(s.live) != 0 || len(shown(c)) != 0 || c.State().Session != nil {
			t.Errorf("left %v, sessions %v", s.live, shown(c))
		}
	}
}

// Two processes: the one that is further does not forget what the other one has to sign out of.
func TestSignOutsOfTwoProcesses(t *testing.T) {
	s, store := newLaterServer("sess_1", "sess_2", "sess_3"), &hookedStore{}
	a := s.clerk(t, WithStore(store))
	check(t, a.Load(t.Context()))
	b := s.clerk(t, WithStore(store))
	check(t, b.Load(t.Context()))
	s.down = true
	for c, id := range map[*Clerk]string{a: "sess_1", b: "sess_3"} {
		if err := c.SignOut(t.Context(), OnlySession(id)); err == nil {
			t.Fatal("no error")
		}
	}
	list := stored(t, a).signOuts
	if slices.Sort(list); !slices.Equal(list, []string{"sess_1", "sess_3"}) {
		t.Errorf("stored %v", list)
	}
	s.down = false
	third := s.clerk(t, WithStore(store))
	check(t, third.Load(t.Context()))
	check(t, a.Load(t.Context()))
	check(t, b.Load(t.Context()))
	if !slices.Equal(s.live, []string{"sess_2"}) || len(stored(t, a).signOuts) != 0 {
		t.Errorf("left %v, stored %v", s.live, stored(t, a).signOuts)
	}
	for _, c := range []*Clerk{a, b, third} {
		if got := shown(c); !slices.Equal(got, []string{"sess_2"}) {
			t.Errorf("sessions %v", got)
		}
	}
}

// A wish that could not be saved is not lost when another process's record is taken over.
func TestSignOutAndTheRecordOfAnotherProcess(t *testing.T) {
	s, store := newLaterServer("sess_1", "sess_2"), &hookedStore{}
	c := s.clerk(t, WithStore(store))
	check(t, c.Load(t.Context()))
	s.down = true
	store.beforeSave = func() error { return errors.New("disk full") }
	if err := c.SignOut(t.Context(), OnlySession("sess_1")); err == nil {
		t.Fatal("no error")
	}
	store.beforeSave = nil
	store.other(t, c, func(r *record) { r.token = "t2" })
	openExchange(t, c, get("/v1/me")).answered("t1", 200, piggybacked("null"), dateHeader(5))
	check(t, c.save(t.Context()))
	if r := stored(t, c); r.token != "t2" || !slices.Equal(r.signOuts, []string{"sess_1"}) || !slices.Equal(shown(c), []string{"sess_2"}) {
		t.Errorf("stored %v %v, sessions %v", r, r.signOuts, shown(c))
	}

	store.beforeSave = func() error { // another process is faster, with the same credential
		store.beforeSave = nil
		store.other(t, c, func(r *record) { r.signOuts = append(r.signOuts, "sess_9") })
		return nil
	}
	openExchange(t, c, get("/v1/me")).answered("t2", 200, piggybacked("null"), "Authorization: t3")
	if r := stored(t, c); r.token != "t3" || !slices.Equal(r.signOuts, []string{"sess_1", "sess_9"}) {
		t.Errorf("stored %v %v", r, r.signOuts)
	}
}
