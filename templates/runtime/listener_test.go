package fapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// commitClient makes the client known that was updated at this time, as an answer would.
func commitClient(t testing.TB, c *Clerk, updatedAt int) {
	t.Helper()
	r := post("/v1/me")
	e := openExchange(t, c, r)
	e.answered(c.credential(), 200, piggybacked(signedInClient(updatedAt)))
	e.end()
}

// design.md 5 AddListener; clerk-fapi-rs.md 1.11 and test_listener of 4.1; W9, W10.
func TestListenerHearsEachChangeOnce(t *testing.T) {
	f := newFakeFAPI()
	// test_listener: the organization is not among the memberships, so there is none.
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 1, sessionJSON("sess_1", "active", "org_7")))})
	c := f.clerk(t)
	var heard []string
	remove := c.AddListener(func(s State) {
		heard = append(heard, fmt.Sprint(s.Client.UpdatedAt))
		if !s.Loaded || s.Session == nil || s.User == nil || s.Organization != nil {
			t.Errorf("heard of %+v", s)
		}
	})
	commitClient(t, c, 0)
	if len(heard) != 0 {
		t.Errorf("before Load: %q (W10)", heard)
	}
	if err := c.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var late []string
	c.AddListener(func(s State) { late = append(late, fmt.Sprint(s.Client.UpdatedAt)) })
	commitClient(t, c, 2)
	commitClient(t, c, 2) // the same bytes
	openExchange(t, c, get("/v1/me")).answered("", 200, `{"response":{},"client":null}`)
	if err := c.Load(t.Context()); err != nil { // a newer answer with another client
		t.Fatal(err)
	}
	remove()
	remove()
	commitClient(t, c, 3)
	if want := []string{"1", "2", "1"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if want := []string{"1", "2", "1", "3"}; !slices.Equal(late, want) {
		t.Errorf("the later one heard %q, want %q", late, want)
	}
	c.AddListener(nil)()
}

// W1, race 1 of clerk-fapi-rs.md 3: a listener may call anything.
func TestListenerMayCallAnything(t *testing.T) {
	f := newFakeFAPI()
	now := []string{"Authorization: t1"}
	f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(clientJSON("client_1", 7, sessionJSON("sess_1", "active", "org_1"))), headers: now})
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody("jwt")})
	f.answer("DELETE /v1/client/sessions", fakeAnswer{body: enveloped(signedOutClient)})
	f.answer("POST /v1/client/sign_ins", fakeAnswer{body: piggybacked(signedInClient(4))})
	c := f.loaded(t, signedInClient(1), "t1")
	ctx := t.Context()
	calls := []func(){
		func() { c.AddListener(func(State) {})() },
		func() { check(t, c.Load(ctx)) },
		func() { _, err := c.Token(ctx); check(t, err) },
		func() { _, err := c.Token(ctx, SkipCache()); check(t, err) },
		func() { check(t, c.SetActive(ctx, Activation{Organization: OrganizationID("one")})) },
		func() { check(t, c.SetClientJSON([]byte(signedInClient(5)))) },
		func() { check(t, c.SetLoaded([]byte(`{"auth_config":{}}`), []byte(signedInClient(6)))) },
		func() { check(t, c.SetAuthorizationHeader(c.AuthorizationHeader())) },
		func() { check(t, callEmpty(ctx, c.core, post("/v1/client/sign_ins"), nil)) },
		func() { c.Has(Check{Role: "admin"}) },
		func() { check(t, c.SignOut(ctx)) },
		func() { check(t, c.Close()) },
	}
	remaining := slices.Clone(calls)
	c.AddListener(func(State) {
		if len(remaining) > 0 {
			next := remaining[0]
			remaining = remaining[1:]
			next()
		}
	})
	for i := 10; len(remaining) > 0 && i < 50; i++ {
		commitClient(t, c, i)
	}
	if len(remaining) != 0 {
		t.Errorf("%d were not called", len(remaining))
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// A listener in the middle of an activation or a load, called by who waits for it, must not wait for that.
func TestListenerDuringACallThatHoldsSomething(t *testing.T) {
	f := newFakeFAPI()
	f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(clientJSON("client_1", 7, sessionJSON("sess_1", "active", "org_1")))})
	c := f.loaded(t, signedInClient(1), "t1")
	depth := 0
	c.AddListener(func(s State) {
		if depth++; depth < 4 {
			check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("org_1")}))
			check(t, c.Load(t.Context()))
		}
	})
	check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("org_1")}))
	check(t, c.Load(t.Context()))
	if depth < 3 {
		t.Errorf("heard %d times", depth)
	}
}

// design.md 5: a panic is contained and logged; the others still hear, and so does the same one later.
func TestListenerPanics(t *testing.T) {
	log := &logText{}
	c := newFakeFAPI().loaded(t, signedInClient(1), "t1", WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	first, second := 0, 0
	c.AddListener(func(State) { first++; panic("Bearer " + testSecret) })
	c.AddListener(func(State) { second++ })
	commitClient(t, c, 2)
	commitClient(t, c, 3)
	if first != 3 || second != 3 || !strings.Contains(log.String(), "a listener panicked") || strings.Contains(log.String(), testSecret) {
		t.Errorf("%d and %d calls, log %s", first, second, log)
	}
	exited := make(chan struct{})
	c.AddListener(func(s State) {
		if s.Client.UpdatedAt == 4 {
			runtime.Goexit()
		}
	})
	go func() { defer close(exited); commitClient(t, c, 4) }()
	<-exited
	commitClient(t, c, 5)
	if second != 5 {
		t.Errorf("after a listener ended its goroutine: %d calls", second)
	}
}

// design.md 5: in order; race 3 of clerk-fapi-rs.md 3: an added listener never hears of an older state after a newer one.
func TestListenersHearInOrder(t *testing.T) {
	c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				commitClient(t, c, 10+i*50+j)
			}
		})
		all.Go(func() {
			for range 50 {
				var shown []uint64
				remove := c.AddListener(func(s State) {
					mu.Lock()
					defer mu.Unlock()
					shown = append(shown, s.shown)
				})
				runtime.Gosched()
				remove()
				mu.Lock()
				if !slices.IsSorted(shown) || len(slices.Compact(slices.Clone(shown))) != len(shown) {
					t.Errorf("heard %v", shown)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	c.deliver()
	last := State{}
	c.AddListener(func(s State) { last = s })
	if last.Client != c.State().Client {
		t.Error("the last state was not heard of")
	}
}

// design.md 5: after remove returns no new call starts; delivered before the call that caused it returns.
func TestListenerRemovedWhileOthersAreTold(t *testing.T) {
	c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
	var removeSecond func()
	second := 0
	c.AddListener(func(s State) {
		if s.Client.UpdatedAt == 2 {
			removeSecond()
		}
	})
	removeSecond = c.AddListener(func(State) { second++ })
	commitClient(t, c, 2)
	if second != 1 {
		t.Errorf("called %d times, after its removal too", second)
	}
}

// design.md 5 Close: after it, calls return ErrClosed.
func TestClosed(t *testing.T) {
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "t1")
	heard := 0
	c.AddListener(func(State) { heard++ })
	late := openExchange(t, c, post("/v1/me"))
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	sent := len(f.asked())
	ctx := context.Background()
	_, token := c.Token(ctx)
	_, forced := c.Token(ctx, SkipCache())
	for name, err := range map[string]error{
		"Load": c.Load(ctx), "Token": token, "SkipCache": forced, "SetActive": c.SetActive(ctx, Activation{}), "SignOut": c.SignOut(ctx),
		"SetLoaded": c.SetLoaded([]byte(`{"auth_config":{}}`), nil), "SetClientJSON": c.SetClientJSON([]byte("null")),
		"SetAuthorizationHeader": c.SetAuthorizationHeader("x"), "a call": callEmpty(ctx, c.core, get("/v1/me"), nil),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	late.answered("t1", 200, piggybacked(signedInClient(2)), "Authorization: t2")
	late.end()
	c.AddListener(func(State) { heard++ })()
	if heard != 1 || len(f.asked()) != sent {
		t.Errorf("heard %d times, sent %d more", heard, len(f.asked())-sent)
	}
	if r, err := c.records.load(ctx); err != nil || r.token != "t2" {
		t.Errorf("the token of a late answer is lost: %v %v", r, err)
	}
	if c.State().Session == nil || c.AuthorizationHeader() != "t2" {
		t.Error("State does not answer")
	}
}
