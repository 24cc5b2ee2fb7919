package fapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// touches answers touches as the server does: the session becomes the last active one, in the organization asked for.
func touches(f *fakeFAPI, sessions ...string) {
	at := 10
	f.on("POST /v1/client/sessions/*", func(a fakeAsked) fakeAnswer {
		id := strings.Split(a.Path, "/")[4]
		at++
		list := []string{sessionJSON(id, "active", a.Form.Get("active_organization_id"))}
		for _, s := range sessions {
			if !strings.Contains(s, fmt.Sprintf(`"id":%q`, id)) {
				list = append(list, s)
			}
		}
		return fakeAnswer{body: piggybacked(clientJSON("client_1", at, list...))}
	})
}

// wire-and-state.md 3.6 and 3.7, clerk-fapi-rs.md W18, W20: keep, clear and set are three things.
func TestSetActive(t *testing.T) {
	tests := []struct {
		rule       string
		activation Activation
		form       string
		want       string
	}{
		{"the zero Activation touches", Activation{}, "active_organization_id=org_1&intent=select_session", "session=sess_1 user=user_sess_1 org=org_1"},
		{"another session keeps its organization", Activation{SessionID: "sess_2"}, "active_organization_id=org_2&intent=select_session", "session=sess_2 user=user_sess_2 org=org_2"},
		{"by ID", Activation{Organization: OrganizationID("org_2")}, "active_organization_id=org_2&intent=select_org", "session=sess_1 user=user_sess_1 org=org_2"},
		{"by slug", Activation{Organization: OrganizationID("two")}, "active_organization_id=org_2&intent=select_org", "session=sess_1 user=user_sess_1 org=org_2"},
		{"personal account", Activation{Organization: PersonalAccount}, "active_organization_id=&intent=select_org", "session=sess_1 user=user_sess_1"},
		{"both", Activation{"sess_2", OrganizationID("one")}, "active_organization_id=org_1&intent=select_org", "session=sess_2 user=user_sess_2 org=org_1"},
		{"pending", Activation{SessionID: "sess_3"}, "active_organization_id=&intent=select_session", "session=sess_3 user=user_sess_3"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			sessions := []string{sessionJSON("sess_1", "active", "org_1"), sessionJSON("sess_2", "active", "org_2"), sessionJSON("sess_3", "pending", "")}
			touches(f, sessions...)
			c := f.loaded(t, clientJSON("client_1", 1, sessions...), "t1")
			heard := 0
			c.AddListener(func(State) { heard++ })
			check(t, c.SetActive(t.Context(), tt.activation))
			asked := f.asked()[2:]
			if len(asked) != 1 || asked[0].Form.Encode() != tt.form || asked[0].Query.Has("_clerk_session_id") {
				t.Errorf("asked %v %v", asked, asked[0].Form.Encode())
			}
			if got := describe(c); got != "client=client_1 at=11 "+tt.want+" token=t1" || heard != 2 {
				t.Errorf("got %s, heard %d times", got, heard)
			}
		})
	}
}

// Instances can do without slugs (catalogue A24): then organizations are found by ID, and no name matches a missing slug.
func TestOrganizationsWithoutSlugs(t *testing.T) {
	for name, slug := range map[string]string{"null": `"slug":null`, "missing": `"members_count":3`} {
		t.Run(name, func(t *testing.T) {
			f := newFakeFAPI()
			session := func(org string) string {
				return strings.Replace(sessionJSON("sess_1", "active", org), `"slug":"one"`, slug, 1)
			}
			f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(clientJSON("client_1", 2, session("org_1")))})
			f.answer("GET /v1/me/organization_memberships", fakeAnswer{body: `{"response":{"data":[],"total_count":0},"client":null}`})
			c := f.loaded(t, clientJSON("client_1", 1, session("org_2")), "t1")
			check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("org_1")}))
			if got := c.State().Organization; got == nil || got.ID != "org_1" || textValue(got.Slug) != "" {
				t.Errorf("works in %+v", got)
			}
			if err := c.SetActive(t.Context(), Activation{Organization: OrganizationID("one")}); !errors.Is(err, ErrUnknownOrganization) {
				t.Errorf("a slug that nobody has: %v", err)
			}
		})
	}
}

// A pending session can be active; its tasks are in the raw JSON and in the model.
func TestSetActivePendingSession(t *testing.T) {
	f := newFakeFAPI()
	pending := clientJSON("client_1", 2, sessionJSON("sess_1", "pending", ""))
	f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(pending)})
	c := f.loaded(t, strings.Replace(pending, `"last_active_session_id":"sess_1"`, `"last_active_session_id":null`, 1), "t1")
	if c.State().Session != nil {
		t.Fatal("active already")
	}
	check(t, c.SetActive(t.Context(), Activation{SessionID: "sess_1"}))
	s := c.State()
	if s.Session == nil || string(s.Session.Status) != "pending" || !strings.Contains(string(s.RawClient()), `"key":"setup-mfa"`) {
		t.Errorf("got %+v", s.Session)
	}
}

// design.md 5: typed errors; W4, race 4: nothing changes on failure; wire-and-state.md 8.4.
func TestSetActiveFails(t *testing.T) {
	page := func(list string) fakeAnswer {
		return fakeAnswer{body: `{"response":{"data":[` + list + `],"total_count":1},"client":null}`}
	}
	tests := []struct {
		rule        string
		activation  Activation
		touch       fakeAnswer
		memberships fakeAnswer
		want        error
		requests    int
	}{
		{"unknown session", Activation{SessionID: "sess_9"}, fakeAnswer{}, fakeAnswer{}, ErrUnknownSession, 0},
		{"a session that has ended", Activation{SessionID: "sess_2"}, fakeAnswer{}, fakeAnswer{}, ErrUnknownSession, 0},
		{"unknown organization: the server does not know it either", Activation{Organization: OrganizationID("nine")}, fakeAnswer{}, page(membershipJSON("org_3", "three")), ErrUnknownOrganization, 1},
		{"unknown organization: the server cannot tell", Activation{Organization: OrganizationID("nine")}, fakeAnswer{}, fakeAnswer{status: 403}, ErrUnknownOrganization, 1},
		{"and why is told", Activation{Organization: OrganizationID("nine")}, fakeAnswer{}, fakeAnswer{status: 403}, ErrForbidden, 1},
		{"empty organization is not the personal account", Activation{Organization: OrganizationID("")}, fakeAnswer{}, fakeAnswer{}, ErrUnknownOrganization, 0},
		{"the server refuses", Activation{Organization: PersonalAccount}, fakeAnswer{status: 403, body: `{"errors":[{"code":"organization_required"}]}`}, fakeAnswer{}, ErrForbidden, 1},
		{"the network fails", Activation{Organization: PersonalAccount}, fakeAnswer{err: errors.New("offline")}, fakeAnswer{}, nil, 1},
		{"locked users stay plain errors", Activation{}, fakeAnswer{status: 403, body: `{"errors":[{"code":"user_locked"}]}`}, fakeAnswer{}, ErrForbidden, 1},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			f.answer("POST /v1/client/sessions/sess_1/touch", tt.touch)
			f.answer("GET /v1/me/organization_memberships", tt.memberships)
			c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", "org_1"), sessionJSON("sess_2", "ended", "")), "t1")
			before := c.snapshot.Load()
			heard := 0
			c.AddListener(func(State) { heard++ })
			err := c.SetActive(t.Context(), tt.activation)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || len(f.asked()) != 2+tt.requests {
				t.Errorf("got %v after %v", err, f.asked()[2:])
			}
			if after := c.snapshot.Load(); after.Client != before.Client || after.Session != before.Session || after.Organization != before.Organization || heard != 1 {
				t.Errorf("the state has changed: %s, heard %d times", describe(c), heard)
			}
		})
	}
	c := newFakeFAPI().clerk(t)
	if err := c.SetActive(t.Context(), Activation{}); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("not loaded: %v", err)
	}
	check(t, c.Load(t.Context()))
	if err := c.SetActive(t.Context(), Activation{}); !errors.Is(err, ErrNoSession) {
		t.Errorf("no session: %v", err)
	}
}

// W18: membership known here, else asked of the server, all pages, on behalf of the session meant.
func TestSetActiveAsksForMemberships(t *testing.T) {
	f := newFakeFAPI()
	touches(f)
	f.on("GET /v1/me/organization_memberships", func(a fakeAsked) fakeAnswer {
		var list []string
		for i := range 100 {
			list = append(list, membershipJSON(fmt.Sprint("org_x", i), fmt.Sprint("x", i)))
		}
		if a.Query.Get("offset") == "100" {
			list = []string{membershipJSON("org_9", "nine")}
		}
		return fakeAnswer{body: `{"response":{"data":[` + strings.Join(list, ",") + `],"total_count":101},"client":null}`}
	})
	c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")), "t1")
	check(t, c.SetActive(t.Context(), Activation{"sess_2", OrganizationID("nine")}))
	asked := f.asked()[2:]
	if len(asked) != 3 || asked[0].Query.Get("_clerk_session_id") != "sess_2" || asked[2].Form.Get("active_organization_id") != "org_9" {
		t.Errorf("asked %v", asked)
	}
	if s := c.State(); s.Session.ID != "sess_2" || s.Organization != nil || Value(s.Session.LastActiveOrganizationID) != "org_9" {
		t.Errorf("got %s", describe(c))
	}
}

// A touch without a client in its answer: the client is asked for, and must agree.
func TestSetActiveWithoutPiggyback(t *testing.T) {
	f := newFakeFAPI()
	f.answer("POST /v1/client/sessions/sess_2/touch", fakeAnswer{body: piggybacked("null")})
	one, two := sessionJSON("sess_1", "active", ""), sessionJSON("sess_2", "active", "")
	c := f.loaded(t, clientJSON("client_1", 1, one, two), "t1")
	if err := c.SetActive(t.Context(), Activation{SessionID: "sess_2"}); err == nil || c.State().Session.ID != "sess_1" {
		t.Errorf("the server's client does not agree: %v", err)
	}
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2, two, one))})
	check(t, c.SetActive(t.Context(), Activation{SessionID: "sess_2"}))
	if c.State().Session.ID != "sess_2" {
		t.Errorf("got %s", describe(c))
	}
}

// W4: activations are serialised, and one who waits for its turn ends with its context.
func TestActivationsGoOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, turn := newFakeFAPI(), make(chan struct{})
		touches(f)
		answer := f.routes["POST /v1/client/sessions/*"]
		f.on("POST /v1/client/sessions/*", func(a fakeAsked) fakeAnswer { <-turn; return answer(a) })
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		var all sync.WaitGroup
		all.Go(func() { check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("one")})) })
		synctest.Wait()
		all.Go(func() { check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("two")})) })
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if err := c.SetActive(ctx, Activation{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		if len(f.asked()) != 3 {
			t.Errorf("%d requests at a time", len(f.asked())-2)
		}
		close(turn)
		all.Wait()
		if c.State().Organization.ID != "org_2" {
			t.Errorf("got %s", describe(c))
		}
	})
}
