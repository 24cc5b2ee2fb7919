package fapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// wire-and-state.md 3.8; native-sdks.md 0 rule 9; clerk-sdk-flutter 445 as told there.
func TestSignOut(t *testing.T) {
	two := clientJSON("client_1", 1, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", ""))
	left := clientJSON("client_1", 2, sessionJSON("sess_2", "active", ""))
	failed := fakeAnswer{status: 500, body: `{}`}
	tests := []struct {
		rule    string
		client  string
		opts    []SignOutOption
		route   string
		answer  fakeAnswer
		want    string // of the state, and of the store
		fails   error
		request bool
	}{
		{"all", two, nil, "DELETE /v1/client/sessions", fakeAnswer{body: enveloped(clientJSON("client_1", 2))}, "client=client_1 at=2 token=t1", nil, true},
		{"all, and the answer has no client (W5)", two, nil, "DELETE /v1/client/sessions", fakeAnswer{body: enveloped("null")}, "client= at=0 token=t1", nil, true},
		{"all, and the answer says nothing", two, nil, "DELETE /v1/client/sessions", fakeAnswer{status: 204}, "client= at=0 token=t1", nil, true},
		{"all, the token is replaced", two, nil, "DELETE /v1/client/sessions", fakeAnswer{body: enveloped("null"), headers: []string{"Authorization: t2"}}, "client= at=0 token=t2", nil, true},
		{"all, the token is cleared (W15)", two, nil, "DELETE /v1/client/sessions", fakeAnswer{body: enveloped("null"), headers: []string{"Authorization: "}}, "client= at=0", nil, true},
		{"all, the call fails: nobody is signed in here", two, nil, "DELETE /v1/client/sessions", failed, "client= at=0", ErrServer, true},
		{"one", two, []SignOutOption{OnlySession("sess_1")}, "POST /v1/client/sessions/sess_1/remove", fakeAnswer{body: piggybacked(left)}, "client=client_1 at=2 session=sess_2 user=user_sess_2 token=t1", nil, true},
		{"one, the other stays (wire-and-state.md 8.5)", two, []SignOutOption{OnlySession("sess_2")}, "POST /v1/client/sessions/sess_2/remove", fakeAnswer{body: piggybacked(clientJSON("client_1", 2, sessionJSON("sess_1", "active", "")))}, "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t1", nil, true},
		{"one, the call fails: the other stays", two, []SignOutOption{OnlySession("sess_2")}, "POST /v1/client/sessions/sess_2/remove", failed, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1", ErrServer, true},
		{"the last one, the call fails: the credential would bring it back", signedInClient(1), []SignOutOption{OnlySession("sess_1")}, "POST /v1/client/sessions/sess_1/remove", failed, "client=client_1 at=1", ErrServer, true},
		{"an unknown one", two, []SignOutOption{OnlySession("sess_9")}, "", failed, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1", ErrUnknownSession, false},
		{"an empty one is not all", two, []SignOutOption{OnlySession("")}, "", failed, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1", ErrUnknownSession, false},
		{"nobody", signedOutClient, nil, "DELETE /v1/client/sessions", failed, "client=client_1 at=1 token=t1", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			store, f := &hookedStore{}, newFakeFAPI()
			f.answer(tt.route, tt.answer)
			c := f.loaded(t, tt.client, "t1", WithStore(store))
			var last State
			c.AddListener(func(s State) { last = s })
			if err := c.SignOut(t.Context(), append(tt.opts, nil)...); !errors.Is(err, tt.fails) {
				t.Errorf("got %v", err)
			}
			asked := f.asked()[2:]
			if (len(asked) == 1) != tt.request || tt.request && (asked[0].Token != "t1" || asked[0].String() != tt.route) {
				t.Errorf("asked %+v: the credential goes along", asked)
			}
			if got := describe(c); got != tt.want || last.Client != c.State().Client {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			next := f.clerk(t, WithStore(store))
			if next.AuthorizationHeader(); describe(next) != tt.want {
				t.Errorf("the next start has %s", describe(next))
			}
			if len(tt.opts) > 0 && tt.request && !strings.Contains(string(c.State().RawClient()), `"unknown_member":{"kept":1e3}`) {
				t.Errorf("unknown members are lost: %s", c.State().RawClient())
			}
		})
	}
}

// A sign-out needs no Load, and tells both outcomes.
func TestSignOutBeforeLoad(t *testing.T) {
	boom := errors.New("disk full")
	f, store := newFakeFAPI(), &hookedStore{}
	c := f.clerk(t, WithStore(store))
	check(t, c.SignOut(t.Context()))
	if len(f.asked()) != 0 {
		t.Errorf("asked %v without a credential", f.asked())
	}
	store.other(t, c, func(r *record) { r.token, r.client = "t1", []byte(signedInClient(1)) })
	c = f.clerk(t, WithStore(store))
	store.beforeSave = func() error { return boom }
	err := c.SignOut(t.Context())
	if !errors.Is(err, ErrNotFound) || !errors.Is(err, boom) || f.asked()[0].Token != "t1" || c.AuthorizationHeader() != "" || c.State().Session != nil {
		t.Errorf("got %v, %s", err, describe(c))
	}
	if want := "sign out: DELETE /v1/client/sessions: 404 resource_not_found; store: disk full"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Another process replaced the credential: the sign-out is sent with the right one.
func TestSignOutWithTheCredentialOfAnotherProcess(t *testing.T) {
	for _, late := range []bool{false, true} {
		f, store := newFakeFAPI(), &hookedStore{}
		var c *Clerk
		f.on("DELETE /v1/client/sessions", func(a fakeAsked) fakeAnswer {
			if late {
				late = false
				store.other(t, c, func(r *record) { r.token = "t2" })
			}
			if a.Token == "t2" {
				return fakeAnswer{body: enveloped(clientJSON("client_1", 9))}
			}
			return fakeAnswer{body: enveloped(clientJSON("client_9", 9)), headers: []string{"Authorization: t9"}} // stale
		})
		c = f.loaded(t, signedInClient(1), "t1", WithStore(store))
		if !late {
			store.other(t, c, func(r *record) { r.token = "t2" })
		}
		check(t, c.SignOut(t.Context()))
		if got := describe(c); got != "client=client_1 at=9 token=t2" {
			t.Errorf("got %s", got)
		}
	}
}

// design.md 5 SignOut: both outcomes; a record that still has the sessions is one of them.
func TestSignOutThatCannotBeSaved(t *testing.T) {
	boom, failing := errors.New("disk full"), true
	f, store := newFakeFAPI(), &hookedStore{}
	f.answer("DELETE /v1/client/sessions", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
	c := f.loaded(t, signedInClient(1), "t1", WithStore(store))
	store.beforeSave = func() error {
		if failing {
			return boom
		}
		return nil
	}
	if err := c.SignOut(t.Context()); !errors.Is(err, boom) || c.State().Session != nil {
		t.Errorf("got %v, %s", err, describe(c))
	}
	failing = false
	check(t, c.Close())
}

// design.md 5 rule 3 and SignOut: the sign-out went out with a credential that another call was just having replaced. The
// server has signed nobody out: that is an error, and the late answer of the other call does not sign in again.
func TestSignOutWithAStaleCredential(t *testing.T) {
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "t1")
	other := openExchange(t, c, get("/v1/me"))
	check(t, other.authorize(t.Context(), http.Header{}, &values{}))
	f.answer("DELETE /v1/client/sessions", fakeAnswer{body: enveloped(clientJSON("client_9", 9)), headers: []string{"Authorization: t9"}})
	if err := c.SignOut(t.Context()); !errors.Is(err, errStale) || c.State().Session != nil {
		t.Errorf("got %v, %s", err, describe(c))
	}
	other.answered("t1", 200, piggybacked(signedInClient(2)), "Authorization: t2")
	if c.State().Session != nil || c.credential() != "" {
		t.Errorf("signed in again: %s", describe(c))
	}
}

// design.md 5 SignOut: it clears here whatever comes of the call. The late answer of a call that was sent before does not
// bring the session back, not even with a later date: the credential that it was made with is gone.
func TestSignOutOfOneThatTheServerWasNotToldOf(t *testing.T) {
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "t1")
	other := openExchange(t, c, get("/v1/me"))
	check(t, other.authorize(t.Context(), http.Header{}, &values{}))
	f.answer("POST /v1/client/sessions/*", fakeAnswer{err: errors.New("offline")})
	if err := c.SignOut(t.Context(), OnlySession(c.State().Session.ID)); err == nil || c.State().Session != nil {
		t.Fatalf("got %v, %s", err, describe(c))
	}
	other.answered("t1", 200, piggybacked(signedInClient(2)), "Date: "+time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
	if c.State().Session != nil || c.credential() != "" {
		t.Errorf("signed in again: %s", describe(c))
	}
}
