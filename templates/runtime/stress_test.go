package fapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// checkState says what is wrong with a snapshot: its parts have to belong together.
func checkState(s State) error {
	switch {
	case s.Client == nil:
		if s.Session != nil || s.User != nil || s.Organization != nil || s.Membership != nil || s.rawClient != nil {
			return errors.New("parts without a client")
		}
		return nil
	case !json.Valid(s.rawClient):
		return errors.New("the client's JSON is none")
	case s.Session == nil:
		if s.User != nil || s.Organization != nil || s.Membership != nil {
			return errors.New("parts without a session")
		}
		return nil
	case findSession(s.Client, s.Session.ID) == nil || !isSignedIn(s.Session) || s.Session.ID != Value(s.Client.LastActiveSessionID):
		return errors.New("the session is not the client's")
	case s.User != s.Session.User:
		return errors.New("the user is not the session's")
	case (s.Membership == nil) != (s.Organization == nil):
		return errors.New("half a membership")
	case s.Membership != nil && (s.Membership.Organization != s.Organization || s.Organization.ID != Value(s.Session.LastActiveOrganizationID)):
		return errors.New("the organization is not the session's")
	}
	return nil
}

// stressServer keeps one client, signs it in and out, and replaces its token now and then.
type stressServer struct {
	mu             sync.Mutex
	signedIn       bool
	organization   string
	rev, token, at int
}

func (s *stressServer) answer(a fakeAsked) fakeAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at++
	if rand.N(20) == 0 {
		return fakeAnswer{err: errors.New("offline")}
	}
	headers := []string{"Date: " + time.Now().UTC().Format(http.TimeFormat)}
	if a.Token != fmt.Sprint("t", s.token) || rand.N(10) == 0 {
		s.token++
		headers = append(headers, fmt.Sprint("Authorization: t", s.token))
	}
	switch {
	case strings.HasSuffix(a.Path, "/tokens"):
		now := time.Now().Unix()
		return fakeAnswer{body: tokenBody(sessionJWT("sess_1", a.Form.Get("organization_id"), now, now+6+rand.Int64N(60), int64(s.at))), headers: headers}
	case a.Path == "/v1/environment":
		return fakeAnswer{body: fakeEnvironment, headers: headers}
	case strings.HasSuffix(a.Path, "/touch"):
		s.organization = a.Form.Get("active_organization_id")
	case strings.HasSuffix(a.Path, "/sign_ins"):
		s.signedIn = true
	case a.Method == "DELETE":
		s.signedIn = false
	}
	s.rev++
	client := clientJSON("client_1", s.rev)
	if s.signedIn {
		client = clientJSON("client_1", s.rev, sessionJSON("sess_1", "active", s.organization))
	}
	if a.Path == "/v1/client" || a.Method == "DELETE" {
		return fakeAnswer{body: enveloped(client), headers: headers}
	}
	return fakeAnswer{body: piggybacked(client), headers: headers, status: []int{200, 200, 200, 422, 401}[rand.N(5)]}
}

// All members of Clerk at a time from 64 goroutines: no race, no deadlock, no torn state, no lost save, no goroutine left.
func TestStress(t *testing.T) {
	before := runtime.NumGoroutine()
	f, server, store := newFakeFAPI(), &stressServer{}, &hookedStore{}
	for _, route := range []string{"GET *", "POST *", "DELETE *"} {
		f.on(route, server.answer)
	}
	delete(f.routes, "GET /v1/client")
	delete(f.routes, "GET /v1/environment")
	c := f.clerk(t, WithStore(store), WithOnMismatch(func(Mismatch) {}))
	for i := 0; c.Load(t.Context()) != nil; i++ {
		if i > 50 {
			t.Fatal("does not load")
		}
	}
	duration := 3 * time.Second
	if testing.Short() {
		duration = 500 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var last atomic.Uint64
	var heard, done atomic.Int64
	c.AddListener(func(s State) {
		if err := checkState(s); err != nil || s.shown <= last.Load() {
			t.Errorf("heard of %d after %d: %v", s.shown, last.Load(), err)
		}
		last.Store(s.shown)
		heard.Add(1)
	})
	actions := []func(){
		func() { check(t, checkState(c.State())) },
		func() { _, _ = c.Token(ctx) },
		func() { _, _ = c.Token(ctx, WithOrganization(OrganizationID("org_1"))) },
		func() { _, _ = c.Token(ctx, SkipCache()) },
		func() { _ = c.SetActive(ctx, Activation{Organization: OrganizationID("two")}) },
		func() { _ = c.SetActive(ctx, Activation{Organization: PersonalAccount}) },
		func() { _ = c.SignOut(ctx) },
		func() { _ = callEmpty(ctx, c.core, post("/v1/client/sign_ins"), nil) },
		func() { _ = callEmpty(ctx, c.core, get("/v1/me"), nil) },
		func() { c.AddListener(func(s State) { check(t, checkState(s)) })() },
		func() { _ = c.SetClientJSON(c.State().RawClient()) },
		func() { _ = c.SetAuthorizationHeader(c.AuthorizationHeader()) },
		func() { c.Has(Check{Role: "org:admin"}) },
		func() { _ = c.Load(ctx) },
	}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for ctx.Err() == nil {
				actions[rand.N(len(actions))]()
				done.Add(1)
			}
		})
	}
	all.Wait()
	for i := 0; last.Load() != c.State().shown; i++ { // a refresh in the background may still bring a change
		if i > 100 {
			t.Fatalf("heard of %d at last, the state is %d", last.Load(), c.State().shown)
		}
		time.Sleep(10 * time.Millisecond)
	}
	check(t, c.Close())
	t.Logf("%d actions, %d requests, %d states heard of, %d saves", done.Load(), len(f.asked()), heard.Load(), store.saves.Load())
	r, err := store.stored(c)
	if err != nil || r.token != c.credential() || string(r.client) != string(c.State().RawClient()) {
		t.Errorf("stored %v %v", r, err)
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i > 100 {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Any bytes as a body, any header: the state stays valid, and nobody is signed out by what cannot be read.
func FuzzCommit(f *testing.F) {
	for _, seed := range []string{
		piggybacked(signedInClient(6)), enveloped(signedInClient(6)), enveloped("null"), `{"client":{"id":"client_1","sessions":null}}`,
		`{"errors":[{"code":"x"}],"meta":{"client":` + signedInClient(7) + `}}`, `{"response":{"id":"c","sessions":[{"id":1},5,null]}}`,
		`{"client":{"id":"c","sessions":[{"id":"s","status":"active","user":{"organization_memberships":[{"organization":null}]}}],"last_active_session_id":"s"}}`,
		`{"auth_config":{"session_minter":"yes"}}`, `{"id":"portal"}`, `{"message":"x"}`, `{"object":"organization","id":"c","sessions":[]}`,
		`{"response":null}`, `{"response":null,"errors":[{"code":"x"}]}`, `{"user_settings":null}`, ``, `null`, `[]`, "{\"client\":{\"id\":\"\\ud800\"}}",
	} {
		f.Add([]byte(seed), uint8(0), "")
		f.Add([]byte(seed), uint8(1), "Bearer t2")
		f.Add([]byte(seed), uint8(7), "t2")
	}
	requests := []func() *request{
		func() *request { return post("/v1/me") },
		func() *request { return get("/v1/client").responseIsClient() },
		func() *request { return get("/v1/environment") },
		func() *request { return del("/v1/client/sessions").responseIsClient() },
	}
	statuses := []int{200, 401, 422, 500}
	f.Fuzz(func(t *testing.T, body []byte, kind uint8, header string) {
		fake := newFakeFAPI()
		c, err := New(EncodePublishableKey("clerk.example.com", true), WithHTTPClient(&http.Client{Transport: fake}), WithStore(&MemoryStore{}))
		if err != nil {
			t.Fatal(err)
		}
		check(t, c.SetLoaded([]byte(fakeEnvironment), []byte(signedInClient(5))))
		check(t, c.SetAuthorizationHeader("t1"))
		r := requests[int(kind)%len(requests)]()
		e := openExchange(t, c, r)
		var headers []string
		if header != "" && validHeader(pair{"Authorization", header}) {
			headers = []string{"Authorization: " + header}
		}
		status := statuses[int(kind/4)%len(statuses)]
		e.answered("t1", status, string(body), headers...)
		e.exchange.(*clerkExchange).request.internal = true // no request of its own after a 401
		e.end()
		s := c.State()
		if err := checkState(s); err != nil {
			t.Fatal(err)
		}
		if s.Client == nil || s.Environment == nil || !json.Valid(s.rawEnvironment) || !s.Loaded {
			t.Fatalf("parts are lost: %+v", s)
		}
		if !json.Valid(body) && s.Session == nil && eachMember(body, func(_, _ []byte) {}) != nil {
			t.Fatal("signed out by what is no JSON object")
		}
		has := func(texts ...string) bool { // or may have: a member's name can be escaped
			return slices.ContainsFunc(append(texts, `\`), func(text string) bool { return strings.Contains(string(body), text) })
		}
		if s.Session == nil && !has(`"sessions"`, "null") {
			t.Fatal("signed out by what shows no sign of a client")
		}
		if string(s.rawEnvironment) != fakeEnvironment && !has(`"auth_config"`, `"display_config"`, `"user_settings"`) {
			t.Fatal("the environment was replaced by what shows no sign of one")
		}
		stored, err := c.records.load(t.Context())
		if err != nil || stored.token != c.credential() || string(stored.client) != string(s.rawClient) || string(stored.environment) != string(s.rawEnvironment) {
			t.Fatalf("stored %v %v", stored, err)
		}
		check(t, c.Close())
	})
}

// benchEnvelope is an envelope of about 30 KB: the sample beside the repository, else one made up.
func benchEnvelope(b *testing.B) []byte {
	if data, err := os.ReadFile("../../../shared/bench/client_envelope.json"); err == nil {
		return data
	}
	var sessions []string
	for i := range 2 {
		var memberships []string
		for j := range 60 {
			memberships = append(memberships, membershipJSON(fmt.Sprint("org_", i, "_", j), fmt.Sprint("slug-", j)))
		}
		session := sessionJSON(fmt.Sprint("sess_", i), "active", "org_0_1")
		sessions = append(sessions, strings.Replace(session, `"organization_memberships":[`, `"organization_memberships":[`+strings.Join(memberships, ",")+",", 1))
	}
	return []byte(enveloped(clientJSON("client_1", 1, sessions...)))
}

func benchClerk(b *testing.B) *Clerk {
	now := time.Now().Unix()
	session := strings.Replace(sessionJSON("sess_1", "active", ""), `"last_active_token":null`, `"last_active_token":{"jwt":"`+sessionJWT("sess_1", "", now, now+1<<20, 0)+`"}`, 1)
	return newFakeFAPI().loaded(b, clientJSON("client_1", 1, session), "t1")
}

// BenchmarkState reads from ever more goroutines at once: the time of one read stays what the cores allow.
func BenchmarkState(b *testing.B) {
	c := benchClerk(b)
	for _, goroutines := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			b.ReportAllocs()
			var wg sync.WaitGroup
			for range goroutines {
				wg.Go(func() {
					for range b.N / goroutines {
						if c.State().Session == nil {
							b.Error("no session")
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkTokenHit(b *testing.B) {
	c := benchClerk(b)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Token(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// State and Token, on a hit, do not allocate.
func TestHotPathsDoNotAllocate(t *testing.T) {
	now := time.Now().Unix()
	session := strings.Replace(sessionJSON("sess_1", "active", ""), `"last_active_token":null`, `"last_active_token":{"jwt":"`+sessionJWT("sess_1", "", now, now+600, 0)+`"}`, 1)
	c := newFakeFAPI().loaded(t, clientJSON("client_1", 1, session), "t1")
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _ = c.State() }); n != 0 {
		t.Errorf("State: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Token(ctx) }); n != 0 {
		t.Errorf("Token: %v allocations", n)
	}
}

// BenchmarkCommit is decoding and committing a client that is new each time; plain is encoding/json into the same types.
func BenchmarkCommit(b *testing.B) {
	body := benchEnvelope(b)
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var v struct{ Response, Client *Client }
			if err := json.Unmarshal(body, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, changed := range []bool{true, false} {
		b.Run(map[bool]string{true: "changed", false: "unchanged"}[changed], func(b *testing.B) {
			c := newFakeFAPI().loaded(b, signedOutClient, "t1", WithStore(nil))
			r := get("/v1/client").responseIsClient()
			sent := &http.Request{Header: http.Header{"Authorization": {"t1"}}}
			bodies := [][]byte{body, []byte(strings.Replace(string(body), `"updated_at":`, `"updated_at":1`, 1))}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e, err := c.begin(b.Context(), r)
				if err != nil {
					b.Fatal(err)
				}
				which := 0
				if changed {
					which = i % 2
				}
				n := newsOf(r, &answer{status: 200, header: http.Header{}, body: bodies[which]})
				n.sent = sent
				e.commit(b.Context(), n)
				e.end()
			}
		})
	}
}
