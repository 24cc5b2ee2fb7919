package fapi

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clerk-fapi-rs.md 4.1 test_client_cloning (copies share everything), test_init, test_init_uses_update_client.
func TestLoadAsksForBothParts(t *testing.T) {
	for _, tt := range []struct {
		rule, client string
		session      bool
	}{
		{"test_init: nobody is signed in", signedOutClient, false},
		{"test_init_uses_update_client: session and user are there", signedInClient(1), true},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, tt.client, "t1")
			s := c.State()
			if !s.Loaded || s.Environment == nil || s.Client == nil || (s.Session != nil) != tt.session || (s.User != nil) != tt.session {
				t.Errorf("state %+v", s)
			}
			if want := (Source{SourcePart{From: FromServer}, SourcePart{From: FromServer}}); s.Source != want {
				t.Errorf("source %+v", s.Source)
			}
			for _, route := range []string{"GET /v1/environment", "GET /v1/client"} {
				asked := f.asked(route)
				if len(asked) != 1 || asked[0].Query.Get("_is_native") != "1" || route == "GET /v1/client" && asked[0].Query.Has("_clerk_session_id") {
					t.Errorf("%s: %+v", route, asked)
				}
			}
		})
	}
}

// clerk-fapi-rs.md 4.1 test_init_environment_failure; W13; wire-and-state.md 3.10; design.md 5 Load.
func TestLoadFallsBackToTheStore(t *testing.T) {
	ok, offline := fakeAnswer{status: -1}, fakeAnswer{err: errors.New("offline")}
	refused := fakeAnswer{status: 500, body: `{}`}
	tests := []struct {
		rule                     string
		environment, client      fakeAnswer
		storedEnv, storedClient  string
		fromEnv, fromClient      Origin
		envIsNet, clientIsStatus bool // which cause State().Source gives
		fails                    string
	}{
		{rule: "both from the server", environment: ok, client: ok, storedEnv: `{"auth_config":{"old":1}}`, storedClient: signedInClient(1), fromEnv: FromServer, fromClient: FromServer},
		{rule: "environment from the store", environment: offline, client: ok, storedEnv: `{"auth_config":{"old":1}}`, fromEnv: FromStore, fromClient: FromServer, envIsNet: true},
		{rule: "client from the store", environment: ok, client: refused, storedClient: signedInClient(1), fromEnv: FromServer, fromClient: FromStore, clientIsStatus: true},
		{rule: "both from the store", environment: offline, client: refused, storedEnv: `{"auth_config":{"old":1}}`, storedClient: signedInClient(1), fromEnv: FromStore, fromClient: FromStore, envIsNet: true, clientIsStatus: true},
		{rule: "test_init_environment_failure: nowhere", environment: refused, client: fakeAnswer{status: 501}, fails: "environment: GET /v1/environment: 500 Internal Server Error; client: GET /v1/client: 501 Not Implemented"},
		{rule: "no environment", environment: offline, client: ok, fails: "environment: GET /v1/environment: an error of type *errors.errorString"},
		{rule: "no client", environment: ok, client: refused, storedEnv: `{"auth_config":{"old":1}}`, fails: "client: GET /v1/client: 500 Internal Server Error"},
		{rule: "an answer that is none", environment: fakeAnswer{body: `[]`}, client: fakeAnswer{body: enveloped(`{}`)}, fails: "environment: GET /v1/environment: response at $: not the JSON value that was expected; client: GET /v1/client: response at $.response: not the JSON value that was expected"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f, store := newFakeFAPI(), &hookedStore{}
			if tt.environment.status != ok.status {
				f.answer("GET /v1/environment", tt.environment)
			}
			if tt.client.status != ok.status {
				f.answer("GET /v1/client", tt.client)
			}
			c := f.clerk(t, WithStore(store))
			store.other(t, c, func(r *record) {
				r.environment, r.client = []byte(tt.storedEnv), []byte(tt.storedClient)
			})
			err := c.Load(t.Context())
			s := c.State()
			if tt.fails != "" {
				if !errors.Is(err, ErrLoad) || err.Error() != "loading failed: "+tt.fails || s.Loaded {
					t.Errorf("got %v, loaded %v", err, s.Loaded)
				}
				return
			}
			if err != nil || !s.Loaded || s.Source.Environment.From != tt.fromEnv || s.Source.Client.From != tt.fromClient {
				t.Errorf("got %v, source %+v", err, s.Source)
			}
			var network *NetworkError
			if errors.As(s.Source.Environment.Err, &network) != tt.envIsNet || errors.Is(s.Source.Client.Err, ErrServer) != tt.clientIsStatus {
				t.Errorf("causes %+v", s.Source)
			}
		})
	}
}

// design.md 5: client absent on the server = an empty client, not a failure (W13).
func TestLoadWithoutClientIsAnEmptyClient(t *testing.T) {
	for _, body := range []string{enveloped("null"), `{"client":null}`, ``} {
		f := newFakeFAPI()
		f.answer("GET /v1/client", fakeAnswer{body: body})
		c := f.clerk(t)
		if err := c.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := c.State(); !s.Loaded || s.Client == nil || s.Client.ID != "" || string(s.RawClient()) != "null" || s.Session != nil {
			t.Errorf("%q: %+v", body, s)
		}
	}
}

// A server that sends a token with every answer: whichever comes first, the client is not lost.
func TestLoadWithTokensOnEveryAnswer(t *testing.T) {
	for _, tt := range []struct{ rule, environment, client, want string }{
		{"the same token", "t1", "t1", "client=client_1 at=1 token=t1"},
		{"two tokens", "t1", "t2", "client=client_1 at=1 token=t1"},
	} {
		for _, environmentFirst := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				f, first, asked := newFakeFAPI(), make(chan struct{}), make(chan struct{})
				environment := fakeAnswer{body: fakeEnvironment, headers: []string{"Authorization: " + tt.environment}}
				client := fakeAnswer{body: enveloped(signedOutClient), headers: []string{"Authorization: " + tt.client}}
				want := tt.want
				if environmentFirst {
					client.wait = first
				} else {
					environment.wait, client.wait = first, asked
					want = "client=client_1 at=1 token=" + tt.client
				}
				f.on("GET /v1/environment", func(fakeAsked) fakeAnswer { close(asked); return environment })
				f.on("GET /v1/client", func(a fakeAsked) fakeAnswer {
					if a.Token != "" {
						return fakeAnswer{body: enveloped(signedOutClient)}
					}
					return client
				})
				c := f.clerk(t)
				done := make(chan error)
				go func() { done <- c.Load(t.Context()) }()
				synctest.Wait()
				close(first)
				if err := <-done; err != nil || describe(c) != want {
					t.Errorf("%s, environment first %v: %v, %s", tt.rule, environmentFirst, err, describe(c))
				}
			})
		}
	}
}

// Race 5 of clerk-fapi-rs.md 3; design.md 5: concurrent calls share one load. Environment and client go in parallel.
func TestLoadIsSharedAndParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, answer := newFakeFAPI(), make(chan struct{})
		f.answer("GET /v1/environment", fakeAnswer{body: fakeEnvironment, wait: answer})
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(1)), wait: answer})
		c := f.clerk(t)
		var emitted int
		c.AddListener(func(State) { emitted++ })
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if err := c.Load(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if len(f.asked()) != 2 {
			t.Errorf("%d requests at a time", len(f.asked()))
		}
		close(answer)
		all.Wait()
		if len(f.asked()) != 2 || emitted != 1 {
			t.Errorf("%d requests, %d emissions", len(f.asked()), emitted)
		}
	})
}

// design.md 5 Load: each falls back to the store; a caller who gives up does not fail the others.
func TestLoadWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, store := newFakeFAPI(), &hookedStore{}
		hang := make(chan struct{})
		f.answer("GET /v1/environment", fakeAnswer{body: fakeEnvironment, wait: hang})
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(5)), wait: hang})
		c := f.clerk(t, WithStore(store))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Load(ctx); !errors.Is(err, ErrLoad) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an empty store: %v", err)
		}
		store.other(t, c, func(r *record) {
			r.environment, r.client = []byte(`{"auth_config":{"old":1}}`), []byte(signedInClient(1))
		})
		c = f.clerk(t, WithStore(store))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		patient := make(chan error)
		go func() { patient <- c.Load(t.Context()) }()
		synctest.Wait()
		if err := c.Load(ctx); err != nil || !c.State().Loaded || !errors.Is(c.State().Source.Client.Err, context.DeadlineExceeded) {
			t.Errorf("with a full store: %v, %+v", err, c.State().Source)
		}
		close(hang)
		if err := <-patient; err != nil || c.State().Source.Client != (SourcePart{From: FromServer}) || c.State().Client.UpdatedAt != 5 {
			t.Errorf("the patient caller: %v, %+v", err, c.State().Source)
		}
	})
}

// design.md 5: while there is no client token, requests that may create a client are serialised, Load's among them.
func TestTokenlessRequestsGoOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		answer := make(chan fakeAnswer)
		reply := func(fakeAsked) fakeAnswer { return <-answer }
		f.on("GET /v1/client", reply)
		f.on("POST /v1/client/sign_ins", reply)
		f.on("POST /v1/client/sign_ups", reply)
		c := f.clerk(t)
		var all sync.WaitGroup
		all.Go(func() { _ = c.Load(t.Context()) })
		synctest.Wait()
		for _, path := range []string{"/v1/client/sign_ins", "/v1/client/sign_ups"} {
			all.Go(func() { _ = callEmpty(t.Context(), c.core, post(path), nil) })
		}
		synctest.Wait()
		sent := func() (list []string) {
			for _, a := range f.asked() {
				if a.Path != "/v1/environment" {
					list = append(list, a.String()+" "+a.Token)
				}
			}
			return list
		}
		if got := sent(); !slices.Equal(got, []string{"GET /v1/client "}) {
			t.Errorf("at first: %q", got)
		}
		answer <- fakeAnswer{body: enveloped("null")}
		synctest.Wait()
		if got := sent(); len(got) != 2 {
			t.Errorf("after an answer without a token: %q", got)
		}
		answer <- fakeAnswer{body: piggybacked(signedOutClient), headers: []string{"Authorization: t1"}}
		synctest.Wait()
		if got := sent(); len(got) != 3 || !strings.HasSuffix(got[2], " t1") {
			t.Errorf("after the token: %q", got)
		}
		answer <- fakeAnswer{}
		all.Wait()
	})
}

// A request that waits for its turn ends with its context, and with Close.
func TestTokenlessRequestsWaitNoLongerThanTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		hang := make(chan struct{})
		f.answer("POST /v1/client/sign_ins", fakeAnswer{wait: hang})
		c := f.clerk(t)
		var all sync.WaitGroup
		all.Go(func() { _ = callEmpty(t.Context(), c.core, post("/v1/client/sign_ins"), nil) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := callEmpty(ctx, c.core, post("/v1/client/sign_ups"), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		all.Go(func() {
			if err := callEmpty(t.Context(), c.core, post("/v1/client/sign_ups"), nil); !errors.Is(err, ErrClosed) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		_ = c.Close()
		close(hang)
		all.Wait()
	})
}

// clerk-fapi-rs.md W34 of set_loaded, fork TL's state set with ENV and CLIENT_IN; design.md 5.
func TestSetLoaded(t *testing.T) {
	f := newFakeFAPI()
	c := f.clerk(t)
	var heard []string
	c.AddListener(func(s State) { heard = append(heard, s.Client.ID) })
	if err := c.SetClientJSON([]byte(signedInClient(1))); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("SetClientJSON before: %v", err)
	}
	var wrong *DecodeError
	if err := c.SetLoaded([]byte(`[]`), nil); !errors.As(err, &wrong) || c.State().Loaded {
		t.Errorf("a bad environment: %v", err)
	}
	if err := c.SetLoaded([]byte(fakeEnvironment), []byte(`{}`)); !errors.As(err, &wrong) || c.State().Loaded {
		t.Errorf("a bad client: %v", err)
	}
	if err := c.SetLoaded([]byte(fakeEnvironment), nil); err != nil || !c.State().Loaded || c.State().Source.Client.From != FromHost {
		t.Errorf("got %v, %+v", err, c.State())
	}
	if err := c.SetLoaded([]byte(fakeEnvironment), []byte(signedInClient(1))); err != nil {
		t.Error(err)
	}
	for range 2 { // unchanged bytes emit nothing, so that hosts may pass it to and fro
		if err := c.SetClientJSON([]byte(signedInClient(2))); err != nil {
			t.Error(err)
		}
	}
	if err := c.SetClientJSON([]byte(`"x"`)); !errors.As(err, &wrong) {
		t.Errorf("a bad client: %v", err)
	}
	if !slices.Equal(heard, []string{"", "client_1", "client_1"}) || len(f.asked()) != 0 {
		t.Errorf("heard %q, asked %v", heard, f.asked())
	}
	if got := describe(c); got != "client=client_1 at=2 session=sess_1 user=user_sess_1" {
		t.Errorf("got %s", got)
	}
}

// design.md 5: the header pair works before Load; b2bd8d5 in clerk-fapi-rs.md 1.9.
func TestAuthorizationHeaderOfAHost(t *testing.T) {
	store := &hookedStore{}
	f := newFakeFAPI()
	c := f.clerk(t, WithStore(store))
	if got := c.AuthorizationHeader(); got != "" {
		t.Errorf("at first %q", got)
	}
	if err := c.SetAuthorizationHeader("Bearer shared"); err != nil || c.AuthorizationHeader() != "shared" {
		t.Errorf("got %q, %v", c.AuthorizationHeader(), err)
	}
	if err := c.SetAuthorizationHeader("a\nb"); err == nil || c.AuthorizationHeader() != "shared" {
		t.Errorf("a header with a line break: %v", err)
	}
	if err := c.Load(t.Context()); err != nil {
		t.Error(err)
	}
	for _, a := range f.asked("GET /v1/client") {
		if a.Token != "shared" {
			t.Errorf("sent %q", a.Token)
		}
	}
	late := openExchange(t, c, get("/v1/me"))
	if err := c.SetAuthorizationHeader("other"); err != nil {
		t.Error(err)
	}
	late.answered("shared", 200, piggybacked(clientJSON("client_9", 99)), "Authorization: t9")
	if got := describe(c); got != "client=client_1 at=1 token=other" {
		t.Errorf("got %s", got)
	}
	if r, err := store.stored(c); err != nil || r.token != "other" {
		t.Errorf("stored %v %v", r, err)
	}
	store.other(t, c, func(r *record) { r.token = "another process" })
	if err := c.SetAuthorizationHeader(""); err != nil || c.AuthorizationHeader() != "" {
		t.Errorf("the host's word: %q, %v", c.AuthorizationHeader(), err)
	}
}

// design.md 5 Load: a part that comes from the store has a cause in State().Source, also when the server's answer is of no use.
func TestLoadTellsOfUselessAnswers(t *testing.T) {
	tests := []struct {
		rule, environment, client string
	}{
		{"nothing there", `null`, enveloped(`{}`)},
		{"the wrong kind", `[]`, enveloped(`[]`)},
		{"no body, no sessions", ``, enveloped(`{"id":"client_1","sessions":{}}`)},
		{"no body at all", ``, ``},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f, store := newFakeFAPI(), &hookedStore{}
			f.answer("GET /v1/environment", fakeAnswer{body: tt.environment})
			f.answer("GET /v1/client", fakeAnswer{body: tt.client})
			c := f.clerk(t, WithStore(store))
			store.other(t, c, func(r *record) {
				r.environment, r.client = []byte(`{"auth_config":{"old":1}}`), []byte(signedInClient(1))
			})
			check(t, c.Load(t.Context()))
			if s := c.State().Source; s.Client.From != FromStore || s.Client.Err == nil || s.Environment.From != FromStore || s.Environment.Err == nil {
				t.Errorf("source %+v", s)
			}

			again := newFakeFAPI()
			c = again.loaded(t, signedInClient(1), "t1")
			again.answer("GET /v1/environment", fakeAnswer{body: tt.environment})
			again.answer("GET /v1/client", fakeAnswer{body: tt.client})
			check(t, c.Load(t.Context()))
			if s := c.State().Source; s.Client.From != FromServer || s.Client.Err == nil || s.Environment.Err == nil || c.State().Session == nil {
				t.Errorf("of a second load: source %+v", s)
			}
		})
	}
}

// A server that answers a credential which it does not take any more with a new one and a new client, to each request
// another: the client is that of the credential which stays.
func TestLoadWithACredentialThatIsNotGoodAnyMore(t *testing.T) {
	f, answered := newFakeFAPI(), make(chan struct{})
	c := f.loaded(t, signedInClient(1), "t1")
	f.answer("GET /v1/environment", fakeAnswer{body: fakeEnvironment, headers: []string{"Authorization: t8"}})
	f.on("GET /v1/client", func(a fakeAsked) fakeAnswer {
		if a.Token == "t8" {
			return fakeAnswer{body: enveloped(clientJSON("client_8", 8)), headers: []string{"Authorization: t8"}}
		}
		return fakeAnswer{body: enveloped(clientJSON("client_9", 9)), headers: []string{"Authorization: t9"}, wait: answered}
	})
	go func() {
		for c.credential() == "t1" {
			time.Sleep(time.Millisecond)
		}
		close(answered)
	}()
	check(t, c.Load(t.Context()))
	if got := describe(c); got != "client=client_8 at=8 token=t8" {
		t.Errorf("got %s", got)
	}
}
