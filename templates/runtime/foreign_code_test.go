package fapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// callbacks is a client of which every function that a program can give runs do, under its name, once switched on.
type callbacks struct {
	do atomic.Pointer[func(name string)]
}

func (b *callbacks) call(name string) {
	if do := b.do.Load(); do != nil {
		(*do)(name)
	}
}

func (b *callbacks) options(f *fakeFAPI) []Option {
	store := &hookedStore{loadErr: func() error { b.call("Store.Load"); return nil }, beforeSave: func() error { b.call("Store.Save"); return nil }}
	return []Option{
		WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			b.call("transport")
			return f.RoundTrip(r)
		})}),
		WithStore(store),
		WithClock(func() time.Time { b.call("clock"); return time.Now() }),
		WithLogger(slog.New(callbackHandler{b})),
		WithBeforeRequest(func(*http.Request) error { b.call("before request"); return nil }),
		WithAfterResponse(func(*http.Response) error { b.call("after response"); return nil }),
		WithOnMismatch(func(Mismatch) { b.call("mismatch") }),
		WithRecorder(writerFunc(func(p []byte) (int, error) { b.call("recorder"); return len(p), nil })),
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type callbackHandler struct{ b *callbacks }

func (h callbackHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (h callbackHandler) Handle(context.Context, slog.Record) error { h.b.call("logger"); return nil }
func (h callbackHandler) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h callbackHandler) WithGroup(string) slog.Handler             { return h }

var allCallbacks = []string{
	"Store.Load", "Store.Save", "transport", "clock", "logger", "before request", "after response", "mismatch", "recorder", "listener",
}

// uses calls what a program calls, so that every callback has its turn.
func uses(t *testing.T, f *fakeFAPI, b *callbacks, c *Clerk) map[string]func() error {
	now := time.Now().Unix()
	jwt := sessionJWT("sess_1", "", now, now+60, 1)
	session := strings.Replace(sessionJSON("sess_1", "active", "org_1"), `"last_active_token":null`, `"last_active_token":{"jwt":"`+jwt+`"}`, 1)
	n := 1
	f.on("GET /v1/client", func(fakeAsked) fakeAnswer {
		n++
		return fakeAnswer{body: enveloped(clientJSON("client_1", n, session)), headers: []string{"Authorization: t1", dateHeader(n)}}
	})
	f.on("POST /v1/client/sessions/*", func(a fakeAsked) fakeAnswer {
		if strings.HasSuffix(a.Path, "/tokens") {
			return fakeAnswer{body: tokenBody(jwt)}
		}
		n++
		return fakeAnswer{body: piggybacked(clientJSON("client_1", n, session)), headers: []string{dateHeader(n)}}
	})
	f.answer("GET /v1/me", fakeAnswer{status: 401, body: `{"errors":[{"code":"signed_out"}]}`})
	f.answer("DELETE /v1/client/sessions", fakeAnswer{body: enveloped(signedOutClient)})
	return map[string]func() error{
		"Load":      func() error { return c.Load(t.Context()) },
		"Token":     func() error { _, err := c.Token(t.Context(), SkipCache()); return err },
		"SetActive": func() error { return c.SetActive(t.Context(), Activation{}) },
		"a refused call": func() error {
			if err := callEmpty(t.Context(), c.core, get("/v1/me"), nil); !errors.Is(err, ErrUnauthenticated) {
				return err
			}
			return nil
		},
		"listening": func() error { c.AddListener(func(State) { b.call("listener") })(); return nil },
		"SignOut":   func() error { return c.SignOut(t.Context()) },
	}
}

var orderOfUses = []string{"Load", "listening", "Token", "SetActive", "a refused call", "SignOut"}

// What a callback may call at any time. If one of them waited for a lock that is held while the callback runs, the test would
// never end.
func TestCallbacksRunUnderNoLock(t *testing.T) {
	f, b := newFakeFAPI(), &callbacks{}
	c := f.clerk(t, b.options(f)...)
	var mu sync.Mutex
	seen := map[string]int{}
	var inside atomic.Bool // the clock is called by what the callbacks call
	do := func(name string) {
		mu.Lock()
		seen[name]++
		mu.Unlock()
		if !inside.CompareAndSwap(false, true) {
			return
		}
		defer inside.Store(false)
		done := make(chan struct{})
		go func() { // on another goroutine, as a program may
			defer close(done)
			_, _ = c.State(), c.String()
			_ = c.Has(Check{Permission: "org:x:read"})
			c.AddListener(func(State) {})()
			c.core.logger.Info("from a callback")
		}()
		<-done
		_ = c.State()
		c.AddListener(func(State) {})()
	}
	b.do.Store(&do)
	all := uses(t, f, b, c)
	for _, name := range orderOfUses {
		if err := all[name](); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range allCallbacks {
		if seen[name] == 0 {
			t.Errorf("%s was never called: the test proves nothing of it", name)
		}
	}
}

// A callback that panics, or ends its goroutine, fails the call that it runs in, where the caller can recover; the client goes
// on working.
func TestCallbacksThatDoNotReturn(t *testing.T) {
	for _, name := range allCallbacks {
		for how, end := range map[string]func(){
			"panics":         func() { panic("boom " + testSecret) },
			"ends goroutine": runtime.Goexit,
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				f, b := newFakeFAPI(), &callbacks{}
				c := f.clerk(t, append(b.options(f), WithTimeout(time.Second))...)
				all := uses(t, f, b, c)
				for _, use := range orderOfUses {
					var met atomic.Bool
					do := func(called string) {
						if called == name && met.CompareAndSwap(false, true) {
							end()
						}
					}
					b.do.Store(&do)
					run := make(chan struct{})
					go func() {
						defer close(run)
						defer func() { _ = recover() }()
						_ = all[use]()
					}()
					<-run // whether it failed or not: it is over
					b.do.Store(nil)
					if err := all[use](); err != nil {
						t.Errorf("%s, the second time: %v", use, err)
					}
				}
			})
		}
	}
}

func TestPanicReachesEveryCallerWhoWaits(t *testing.T) {
	f, b := newFakeFAPI(), &callbacks{}
	c := f.clerk(t, b.options(f)...)
	waiting := make(chan struct{})
	do := func(name string) {
		if name == "transport" {
			<-waiting
			panic("boom")
		}
	}
	b.do.Store(&do)
	var recovered atomic.Int32
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					recovered.Add(1)
				}
			}()
			_ = c.Load(t.Context())
		})
	}
	for {
		c.loads.mu.Lock()
		flight := c.loads.m[struct{}{}]
		there := flight != nil && flight.waiters == 5
		c.loads.mu.Unlock()
		if there {
			break
		}
		runtime.Gosched()
	}
	close(waiting)
	all.Wait()
	if recovered.Load() != 5 {
		t.Errorf("%d of 5 callers got the panic", recovered.Load())
	}
	b.do.Store(nil)
	check(t, c.Load(t.Context()))
}

func TestSavesGoOnAfterAPanicOfTheStore(t *testing.T) {
	f := newFakeFAPI()
	store := &hookedStore{}
	c := f.loaded(t, signedInClient(1), "t1", WithStore(store))
	store.beforeSave = func() error { panic("boom") }
	f.answer("GET /v1/me", fakeAnswer{body: piggybacked(signedInClient(2))})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_ = callEmpty(t.Context(), c.core, get("/v1/me"), nil)
	}()
	store.beforeSave = nil
	if err := c.save(t.Context()); err != nil {
		t.Errorf("the next save: %v", err)
	}
}

func TestBackgroundRefreshContainsAPanic(t *testing.T) {
	f := newFakeFAPI()
	var log logText
	now := time.Now()
	var clock atomic.Int64
	c := f.loaded(t, signedInClient(1), "t1", WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		WithClock(func() time.Time { return now.Add(time.Duration(clock.Load())) }),
		WithBeforeRequest(func(r *http.Request) error {
			if clock.Load() != 0 && strings.HasSuffix(r.URL.Path, "/tokens") {
				panic("boom " + testSecret)
			}
			return nil
		}))
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", now.Unix(), now.Unix()+60, 1))})
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.Store(int64(50 * time.Second)) // 10 s are left: a refresh begins
	if jwt, err := c.Token(t.Context()); err != nil || jwt == "" {
		t.Errorf("got %v", err)
	}
	c.work.Wait()
	if !strings.Contains(log.String(), "a panic while refreshing a session token") {
		t.Errorf("logged %q", log.String())
	}
	testHidden(t, log.String(), testSecret)
}

func TestRecorderMayCallTheAPI(t *testing.T) {
	f := newFakeFAPI()
	f.answer("GET /v1/me", fakeAnswer{body: `{}`})
	var c *Clerk
	var text strings.Builder
	nested := 0
	c = f.clerk(t, WithRecorder(writerFunc(func(p []byte) (int, error) {
		if nested++; nested == 1 {
			check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		}
		return text.Write(p)
	})))
	check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
	check(t, c.Close())
	if got := strings.Count(text.String(), `"startedDateTime"`); got != 2 || !strings.HasSuffix(text.String(), recordingEnd) {
		t.Errorf("%d entries in %s", got, text.String())
	}
}

func TestSwitchedProtocolIsRefused(t *testing.T) {
	server := newHijacker(t, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	c := newCore(server, newConfig([]Option{WithTimeout(0), WithRetryPolicy(RetryPolicy{MaxAttempts: 1})}))
	err := callEmpty(t.Context(), c, get("/v1/me"), nil)
	var network *NetworkError
	if !errors.As(err, &network) || err.Error() != "GET /v1/me: the server switched to another protocol" {
		t.Errorf("got %v", err)
	}
}

// newHijacker serves one raw answer to every request and keeps the connections open.
func newHijacker(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
		}
	}()
	return "http://" + listener.Addr().String()
}

func TestUploadWaitsForAReadNoLongerThanItsContext(t *testing.T) {
	blocked := make(chan struct{})
	defer close(blocked)
	s := newSource(io.MultiReader(readerFunc(func([]byte) (int, error) { <-blocked; return 0, io.EOF })))
	first, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = first.Read(make([]byte, 1)) }()
	for len(s.turn) == 0 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.open(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestBodyIsReadWhole(t *testing.T) {
	for name, size := range map[string]int{"nothing": 0, "little": 10, "a piece": 32 << 10, "a piece and a byte": 32<<10 + 1, "pieces": 5<<20 + 7, "the most": maxBodySize, "more": maxBodySize + 1} {
		for _, announced := range []bool{true, false} {
			body := strings.Repeat("x", size)
			resp := &http.Response{Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
			if announced {
				resp.ContentLength = int64(size)
			}
			got, err := readBody(resp)
			if size > maxBodySize {
				if !errors.Is(err, errBodyTooLarge) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil || string(got) != body {
				t.Errorf("%s, announced %v: %d bytes, %v", name, announced, len(got), err)
			}
			if slack := cap(got) - len(got); slack > 1<<20 {
				t.Errorf("%s, announced %v: %d bytes of memory for %d", name, announced, cap(got), len(got))
			}
		}
	}
	t.Run("cut off", func(t *testing.T) {
		_, err := readBody(&http.Response{Body: io.NopCloser(io.MultiReader(strings.NewReader("abc"), testBroken{})), ContentLength: 9})
		if err == nil {
			t.Error("no error")
		}
	})
	t.Run("the announced length is not taken before it is proved", func(t *testing.T) {
		var small, large runtime.MemStats
		runtime.ReadMemStats(&small)
		_, _ = readBody(&http.Response{Body: io.NopCloser(testBroken{}), ContentLength: maxBodySize})
		runtime.ReadMemStats(&large)
		if taken := large.TotalAlloc - small.TotalAlloc; taken > 4<<20 {
			t.Errorf("%d bytes", taken)
		}
	})
}
