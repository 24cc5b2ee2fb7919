package fapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hookedStore calls hooks around a MemoryStore.
type hookedStore struct {
	MemoryStore
	loads, saves atomic.Int32
	loadErr      func() error
	beforeSave   func() error
}

func (s *hookedStore) Load(ctx context.Context, key string) ([]byte, int64, error) {
	s.loads.Add(1)
	if s.loadErr != nil {
		if err := s.loadErr(); err != nil {
			return nil, 0, err
		}
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *hookedStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	s.saves.Add(1)
	if s.beforeSave != nil {
		if err := s.beforeSave(); err != nil {
			return 0, false, err
		}
	}
	return s.MemoryStore.Swap(ctx, key, data, old)
}

// stored is the record of c in the store, whatever the hooks say.
func (s *hookedStore) stored(c *Clerk) (record, error) {
	return records{&s.MemoryStore, c.records.key}.load(context.Background())
}

// other saves a record as another process would.
func (s *hookedStore) other(t *testing.T, c *Clerk, change func(*record)) {
	t.Helper()
	r, err := s.stored(c)
	if err != nil && !errors.Is(err, errNoRecord) {
		t.Fatal(err)
	}
	change(&r)
	if _, err := (records{&s.MemoryStore, c.records.key}).save(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

// design.md 5 rule 5: saved before the call that changed it returns, only when something changed, unknown fields survive.
func TestStoreHoldsOneRecord(t *testing.T) {
	store := &hookedStore{}
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(5), "t1", WithStore(store))
	saves := store.saves.Load()
	for range 3 {
		openExchange(t, c, get("/v1/me")).answered("t1", 200, piggybacked(signedInClient(5)), "Authorization: t1")
	}
	if got := store.saves.Load(); got != saves {
		t.Errorf("%d saves although nothing changed", got-saves)
	}
	openExchange(t, c, get("/v1/me")).answered("t1", 422, piggybacked(signedInClient(6)), "Authorization: t2", dateHeader(7))
	r, err := store.stored(c)
	if err != nil || r.token != "t2" || string(r.client) != signedInClient(6) || string(r.environment) != fakeEnvironment || r.date.Second() != 7 {
		t.Errorf("stored %v %v", r, err)
	}
	if store.saves.Load() != saves+1 || store.loads.Load() == 0 {
		t.Errorf("%d saves for one change", store.saves.Load()-saves)
	}

	f.answer("GET /v1/environment", fakeAnswer{err: errors.New("offline")})
	f.answer("GET /v1/client", fakeAnswer{err: errors.New("offline")})
	next := f.clerk(t, WithStore(store))
	if err := next.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := next.State()
	if string(s.RawClient()) != signedInClient(6) || string(s.RawEnvironment()) != fakeEnvironment || next.AuthorizationHeader() != "t2" {
		t.Errorf("the next start knows %s", s.RawClient())
	}
}

// design.md 5: the first request of any kind reads the store, once; key = host + profile.
func TestStoreIsReadOnceByTheFirstRequest(t *testing.T) {
	store := &hookedStore{}
	f := newFakeFAPI()
	f.answer("GET /v1/me", fakeAnswer{body: `{"response":{}}`})
	c := f.clerk(t, WithStore(store))
	store.other(t, c, func(r *record) { r.token, r.client = "stored", []byte(signedInClient(3)) })
	other := f.clerk(t, WithStore(store), WithProfile("work"))
	if store.loads.Load() != 0 {
		t.Error("New reads the store")
	}
	for range 3 {
		if err := callEmpty(t.Context(), c.core, get("/v1/me"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.asked()[0]; got.Token != "stored" || got.Query.Get("_clerk_session_id") != "sess_1" || store.loads.Load() != 1 {
		t.Errorf("sent %+v after %d reads", got, store.loads.Load())
	}
	if got := other.AuthorizationHeader(); got != "" {
		t.Errorf("another profile has the token %q", got)
	}
}

// design.md 5 rule 5: failures are reported (logger, Load), never swallowed.
func TestStoreFailuresAreReported(t *testing.T) {
	boom := errors.New("disk full of " + testSecret + ".aaaaaaaaaaaa.bbbbbbbbbbbb")
	t.Run("saving", func(t *testing.T) {
		log, failing := &logText{}, atomic.Bool{}
		failing.Store(true)
		store := &hookedStore{beforeSave: func() error {
			if failing.Load() {
				return boom
			}
			return nil
		}}
		c := newFakeFAPI().clerk(t, WithStore(store), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		if err := c.Load(t.Context()); !errors.Is(err, boom) || !c.State().Loaded {
			t.Errorf("Load: %v, loaded %v", err, c.State().Loaded)
		}
		if !strings.Contains(log.String(), "could not be saved") {
			t.Errorf("not logged: %q", log)
		}
		failing.Store(false)
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := store.stored(c); err != nil {
			t.Errorf("Close did not catch up: %v", err)
		}
	})
	t.Run("reading: a request without the stored token would make a second client", func(t *testing.T) {
		failing := atomic.Bool{}
		failing.Store(true)
		store := &hookedStore{loadErr: func() error {
			if failing.Load() {
				return boom
			}
			return nil
		}}
		f := newFakeFAPI()
		c := f.clerk(t, WithStore(store))
		if err := c.Load(t.Context()); !errors.Is(err, boom) || !errors.Is(err, ErrLoad) || len(f.asked()) != 0 {
			t.Errorf("Load: %v", err)
		}
		failing.Store(false)
		if err := c.Load(t.Context()); err != nil {
			t.Errorf("Load, again: %v", err)
		}
	})
	t.Run("a corrupt record was moved aside", func(t *testing.T) {
		once := atomic.Bool{}
		store := &hookedStore{loadErr: func() error {
			if once.CompareAndSwap(false, true) {
				return ErrCorruptRecord
			}
			return nil
		}}
		c := newFakeFAPI().clerk(t, WithStore(store))
		if err := c.Load(t.Context()); !errors.Is(err, ErrCorruptRecord) || !c.State().Loaded {
			t.Errorf("Load: %v", err)
		}
		if err := c.Load(t.Context()); err != nil {
			t.Errorf("Load, again: %v", err)
		}
	})
	t.Run("undecodable parts of the record are as if they were not there", func(t *testing.T) {
		store, log := &hookedStore{}, &logText{}
		c := newFakeFAPI().clerk(t, WithStore(store), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		store.other(t, c, func(r *record) { r.token, r.client, r.environment = "stored", []byte(`"x"`), []byte(`[]`) })
		if err := c.Load(t.Context()); err != nil || c.AuthorizationHeader() != "stored" {
			t.Errorf("Load: %v", err)
		}
		if strings.Count(log.String(), "was ignored") != 2 {
			t.Errorf("log: %s", log)
		}
	})
}

// design.md 5 rule 3, last paragraph: a stale credential must not sign the user out; ErrConflict.
func TestAnotherProcessMovedOn(t *testing.T) {
	movedOn := func(r *record) { r.token, r.client = "t2", []byte(signedInClient(8)) }
	const adopted = "client=client_1 at=8 session=sess_1 user=user_sess_1 token=t2"
	fresh := clientJSON("client_9", 9)
	tests := []struct {
		rule    string
		other   func(*record)
		body    string
		headers []string
		want    string
	}{
		{"fresh client and new token", movedOn, piggybacked(fresh), []string{"Authorization: t9"}, adopted},
		{"fresh client", movedOn, piggybacked(fresh), nil, adopted},
		{"no client", movedOn, `{"response":null,"client":null}`, nil, adopted},
		{"cleared token", movedOn, `{}`, []string{"Authorization: "}, adopted},
		{"new token alone: the save conflicts", movedOn, `{}`, []string{"Authorization: t9"}, adopted},
		{"client with a session: the save conflicts", movedOn, piggybacked(signedInClient(9)), nil, adopted},
		{"nobody moved on: the fresh client is the truth", nil, piggybacked(fresh), []string{"Authorization: t9"}, "client=client_9 at=9 token=t9"},
		{"the same token was saved: a fresh client is the truth", func(r *record) { r.environment = []byte(`{"auth_config":{"x":1}}`) },
			piggybacked(fresh), []string{"Authorization: t9"}, "client=client_9 at=9 token=t9"},
		{"the same token, our answer is newer", func(r *record) { r.client = []byte(signedInClient(7)) },
			piggybacked(signedInClient(9)), []string{dateHeader(30)}, "client=client_1 at=9 session=sess_1 user=user_sess_1 token=t1"},
		{"the same token, theirs is newer", func(r *record) {
			r.client, r.date = []byte(signedInClient(12)), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		},
			piggybacked(signedInClient(9)), []string{dateHeader(30)}, "client=client_1 at=12 session=sess_1 user=user_sess_1 token=t1"},
		{"the record was deleted", func(r *record) {}, piggybacked(signedInClient(9)), nil, "client=client_1 at=9 session=sess_1 user=user_sess_1 token=t1"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			store := &hookedStore{}
			c := newFakeFAPI().loaded(t, signedInClient(1), "t1", WithStore(store))
			if tt.other != nil {
				store.other(t, c, tt.other)
			}
			if strings.Contains(tt.rule, "deleted") {
				r, _ := store.stored(c)
				if _, ok, err := store.Swap(t.Context(), c.records.key, nil, r.version); err != nil || !ok {
					t.Fatal(ok, err)
				}
			}
			r := post("/v1/me")
			if strings.Contains(tt.body, `"response":null`) {
				r = get("/v1/client").responseIsClient()
			}
			openExchange(t, c, r).answered("t1", 200, tt.body, tt.headers...)
			if got := describe(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			stored, err := store.stored(c)
			if err != nil || stored.token != c.credential() || string(stored.client) != string(c.State().RawClient()) {
				t.Errorf("stored %v %v", stored, err)
			}
		})
	}
}

// Two Clerks on one store stand for two processes: whatever one does, the other follows and nobody is signed out.
func TestTwoClerksShareAStore(t *testing.T) {
	store, err := NewFileStore(filepath.Join(t.TempDir(), "clerk"))
	if err != nil {
		t.Skip(err)
	}
	f := newFakeFAPI()
	a := f.loaded(t, signedInClient(1), "t1", WithStore(store))
	b := f.loaded(t, signedInClient(1), "", WithStore(store))
	if b.AuthorizationHeader() != "t1" {
		t.Fatalf("b has %q", b.AuthorizationHeader())
	}
	openExchange(t, a, post("/v1/me")).answered("t1", 200, piggybacked(signedInClient(2)), "Authorization: t2")
	openExchange(t, b, post("/v1/me")).answered("t1", 200, piggybacked(clientJSON("client_9", 9)), "Authorization: t9")
	for _, c := range []*Clerk{a, b} {
		if got, want := describe(c), "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t2"; got != want {
			t.Errorf("got %s", got)
		}
	}
}

// design.md 5 rule 5: the store is called outside of locks; the token that was rotated is saved though the call was cancelled.
func TestStoreMayCallTheClient(t *testing.T) {
	store := &hookedStore{}
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "t1", WithStore(store))
	store.beforeSave = func() error {
		_ = c.State()
		_ = c.AuthorizationHeader()
		c.AddListener(func(State) {})()
		return nil
	}
	r := post("/v1/me")
	e := openExchange(t, c, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := newsOf(r, &answer{status: 200, header: http.Header{"Authorization": {"t2"}}})
	n.sent = &http.Request{Header: http.Header{"Authorization": {"t1"}}}
	e.commit(ctx, n)
	if r, err := store.stored(c); err != nil || r.token != "t2" {
		t.Errorf("stored %v %v", r, err)
	}
}

// unsureStore saves and, when told to, says that it failed, as Store allows: "Load tells which content won".
type unsureStore struct {
	hookedStore
	lose, unsure bool
}

func (s *unsureStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	if s.lose {
		return 0, false, errors.New("no connection")
	}
	version, ok, err := s.hookedStore.Swap(ctx, key, data, old)
	if s.unsure && err == nil {
		return 0, false, errors.New("no answer in time")
	}
	return version, ok, err
}

// design.md 5 rule 5: what a save that failed has left in the store is this process's own, not that of another one.
func TestSaveThatFailedAndWon(t *testing.T) {
	tests := []struct {
		rule string
		body string
		lost bool // a save in between reaches nothing
		want string
	}{
		{"a token alone", `{}`, false, "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t3"},
		{"and a client", piggybacked(signedInClient(3)), false, "client=client_1 at=3 session=sess_1 user=user_sess_1 token=t3"},
		{"and a sign-out", piggybacked(clientJSON("client_1", 3)), false, "client=client_1 at=3 token=t3"},
		{"and another that did not win", piggybacked(signedInClient(3)), true, "client=client_1 at=3 session=sess_1 user=user_sess_1 token=t3"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			store := &unsureStore{}
			c := newFakeFAPI().loaded(t, signedInClient(1), "t1", WithStore(store))
			answered := func(sent, token, body string) {
				openExchange(t, c, get("/v1/me")).answered(sent, 200, body, "Authorization: "+token)
			}
			store.unsure = true
			answered("t1", "t2", piggybacked(signedInClient(2)))
			last := "t2"
			if store.lose = tt.lost; tt.lost {
				answered("t2", "t2b", `{}`)
				last = "t2b"
			}
			store.lose, store.unsure = false, false
			answered(last, "t3", tt.body)
			if got := describe(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if r, err := store.stored(c); err != nil || r.token != "t3" || string(r.client) != string(c.State().RawClient()) {
				t.Errorf("stored %v %v", r, err)
			}
		})
	}
}

// design.md 5 rule 5: a failure to save is over when another process's record has been adopted.
func TestSaveErrorEndsWithTheRecordOfAnotherProcess(t *testing.T) {
	f, store := newFakeFAPI(), &hookedStore{}
	c := f.loaded(t, signedInClient(1), "t1", WithStore(store))
	store.beforeSave = func() error { return errors.New("disk full") }
	openExchange(t, c, get("/v1/me")).answered("t1", 200, piggybacked(signedInClient(2)))
	store.beforeSave = nil
	store.other(t, c, func(r *record) { r.token, r.client = "t2", []byte(signedInClient(8)) })
	openExchange(t, c, get("/v1/me")).answered("t1", 200, piggybacked(clientJSON("client_9", 9)), "Authorization: t9")
	f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(8))})
	if err := c.Load(t.Context()); err != nil || c.credential() != "t2" {
		t.Errorf("got %v, %s", err, describe(c))
	}
}

// design.md 5 rules 3 and 5: within one second of the server, updated_at says whose client is newer.
func TestConflictWithinOneSecond(t *testing.T) {
	tests := []struct {
		rule, request, body string
		headers             []string
		want                string
	}{
		{"an older client", "/v1/me", piggybacked(signedInClient(4)), []string{dateHeader(10)}, signedInClient(5)},
		{"a newer client", "/v1/me", piggybacked(signedInClient(6)), []string{dateHeader(10)}, signedInClient(6)},
		{"a sign-out", "/v1/me", piggybacked(clientJSON("client_1", 6)), []string{dateHeader(10)}, clientJSON("client_1", 6)},
		{"an environment", "/v1/environment", `{"auth_config":{"new":1}}`, nil, signedInClient(5)},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f, store := newFakeFAPI(), &hookedStore{}
			a := f.loaded(t, signedInClient(1), "t1", WithStore(store))
			b := f.loaded(t, signedInClient(1), "", WithStore(store))
			openExchange(t, a, get("/v1/me")).answered("t1", 200, piggybacked(signedInClient(5)), tt.headers...)
			openExchange(t, b, get(tt.request)).answered("t1", 200, tt.body, tt.headers...)
			if r, err := store.stored(a); err != nil || string(r.client) != tt.want || string(b.State().RawClient()) != tt.want {
				t.Errorf("stored %s, %v; %s", r.client, err, describe(b))
			}
		})
	}
}
