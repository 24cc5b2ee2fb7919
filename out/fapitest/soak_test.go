package fapitest_test

// Soak: many clients at random operations while every fault strikes at random. What a client believes is compared with what
// the server knows, after each round of operations. See soak_actions_test.go, soak_check_test.go.
//
//	go test -race -run Soak -soak=60s ./fapitest

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

var (
	soakTime = flag.Duration("soak", 2*time.Second, "how long TestSoak runs")
	soakSeed = flag.Uint64("soak.seed", 0, "makes TestSoak choose the same operations and faults again; 0 is a new one")
)

// The clients: most have a server and a store of their own, the others share both in pairs, as two processes do.
const (
	soakClients = 50
	soakPairs   = 10
)

// soakFaults are what requests may meet.
var soakFaults = []soakFault{
	{name: "latency", fault: fapitest.Fault{Latency: 20 * time.Millisecond}},
	{name: "dropped before", fault: fapitest.Fault{DropBefore: true}},
	{name: "dropped after", fault: fapitest.Fault{DropAfter: true}, lost: true},
	{name: "truncated", fault: fapitest.Fault{Truncate: true}},
	{name: "reordered", fault: fapitest.Fault{Reorder: true}, together: true},
	{name: "401", fault: fapitest.Fault{Status: 401}},
	{name: "429", fault: fapitest.Fault{Status: 429}},
	{name: "429 with Retry-After", fault: fapitest.Fault{Status: 429, RetryAfter: time.Second}, rare: true},
	{name: "500", fault: fapitest.Fault{Status: 500}},
	{name: "503", fault: fapitest.Fault{Status: 503}},
	{name: "null client", fault: fapitest.Fault{NullClient: true}},
	{name: "stale client", fault: fapitest.Fault{StaleClient: true}, dirty: true},
	{name: "stale token", fault: fapitest.Fault{StaleToken: true}, dirty: true, rare: true},
	{name: "unknown members and values", fault: fapitest.Fault{Unknown: true}},
	{name: "clock an hour behind", fault: fapitest.Fault{ClockSkew: -time.Hour}},
	{name: "clock an hour ahead", fault: fapitest.Fault{ClockSkew: time.Hour}},
}

type soakFault struct {
	name     string
	fault    fapitest.Fault
	lost     bool // the server acts and the client does not hear, not even of its new token
	dirty    bool // the server says what is not so
	together bool // means something only with requests at a time
	rare     bool
}

func TestSoak(t *testing.T) {
	seed := cmp.Or(*soakSeed, rand.Uint64())
	t.Logf("-soak=%v -soak.seed=%d", *soakTime, seed)
	soak(t, seed, 1, 0) // what is made once for the process is made now
	before := measure(t, soakSize{})
	start := time.Now()
	figures := soak(t, seed, soakClients, *soakTime)
	took := time.Since(start)
	after := measure(t, before)
	figures.print(t, took)
	t.Logf("goroutines %d before, %d after; heap %.1f MB before, %.1f MB after", before.goroutines, after.goroutines, mega(before.heap), mega(after.heap))
	if after.goroutines > before.goroutines {
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
	}
	if after.heap > before.heap+heapSlack {
		t.Errorf("%.1f MB of heap are left", mega(after.heap-before.heap))
	}
}

// heapSlack is what the libraries may keep. A client left over with its server, and its log, has more than that.
const heapSlack = 2 << 20

// soak runs clients for a time; with no time, one that does everything once.
func soak(t *testing.T, seed uint64, clients int, long time.Duration) *soakFigures {
	figures := &soakFigures{actions: map[string]int{}, faults: map[string]int{}, refused: map[string]int{}}
	deadline := time.Now().Add(long)
	var all sync.WaitGroup
	for n, left := 0, clients; left > 0; n++ {
		size := 1
		if n < soakPairs && left > 1 {
			size = 2
		}
		left -= size
		d := newDevice(t, seed, n, size, figures)
		all.Go(func() {
			defer d.close()
			if long == 0 {
				d.each()
				return
			}
			for time.Now().Before(deadline) && !d.failed.Load() {
				d.round()
			}
			d.settle()
		})
	}
	all.Wait()
	return figures
}

// newDevice makes clients that share a server and a store. Servers differ in how they treat a token that was rotated away,
// but where two processes share one that has to stay good: nobody could tell what the one was just being given.
func newDevice(t *testing.T, seed uint64, n, size int, figures *soakFigures) *device {
	d := &device{t: t, n: n, figures: figures, rng: rand.New(rand.NewPCG(seed, uint64(n))), strict: size == 1 && n%3 == 0, //nolint:gosec // choices, not secrets
		names: map[string][]string{}, ended: map[string]bool{}}
	opts := []fapitest.Option{fapitest.WithTemplate("backend", map[string]any{"aud": "backend"})}
	acme, works := fapitest.Organization{ID: "org_acme", Name: "Acme"}, fapitest.Organization{ID: "org_works", Name: "Works"}
	for _, name := range soakUsers {
		opts = append(opts, fapitest.WithUser(fapitest.User{ID: "user_" + name, FirstName: name, Emails: []string{soakAddress(name)}, Password: password}))
		acme.Members = append(acme.Members, fapitest.Member{User: soakAddress(name), Role: "org:admin"})
		works.Members = append(works.Members, fapitest.Member{User: soakAddress(name)})
		d.names["user_"+name] = []string{name}
	}
	opts = append(opts, fapitest.WithOrganization(acme), fapitest.WithOrganization(works))
	if d.strict {
		opts = append(opts, fapitest.WithStrictTokens())
	}
	srv, err := fapitest.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	d.srv, d.store = srv, fapi.NewMemoryStore()
	if size > 1 || n%5 == 0 {
		if d.store, err = fapi.NewFileStore(filepath.Join(t.TempDir(), "store")); err != nil {
			t.Fatal(err)
		}
	}
	for range size {
		d.clerks = append(d.clerks, d.open())
	}
	return d
}

var soakUsers = []string{"ada", "bob", "cyd"}

func soakAddress(name string) string { return name + "+clerk_test@example.com" }

// soakSize is what a process holds.
type soakSize struct {
	goroutines int
	heap       uint64
}

// measure waits until no more is left than before, but not forever: goroutines that were told to end may take a moment.
func measure(t *testing.T, before soakSize) soakSize {
	t.Helper()
	var now soakSize
	for range 100 {
		http.DefaultClient.CloseIdleConnections()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now = soakSize{runtime.NumGoroutine(), m.HeapAlloc}
		if before.goroutines > 0 && now.goroutines <= before.goroutines && now.heap <= before.heap+heapSlack {
			break
		}
		if before.goroutines == 0 && now.goroutines <= 3 { // this one, the one that runs the tests, and one to spare
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return now
}

func mega(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// soakFigures are counts of all that happened.
type soakFigures struct {
	rounds, checks, heard, tokens, requests atomic.Int64

	mu                       sync.Mutex
	actions, refused, faults map[string]int
}

func (f *soakFigures) count(what map[string]int, name string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what[name] += n
}

// requestsOf adds what a server was asked, and what it did wrong.
func (f *soakFigures) requestsOf(srv *fapitest.Server) {
	log := srv.Requests()
	f.requests.Add(int64(len(log)))
	for _, kind := range soakFaults {
		n := 0
		for _, r := range log {
			if r.Fault == kind.fault {
				n++
			}
		}
		f.count(f.faults, kind.name, n)
	}
}

func (f *soakFigures) print(t *testing.T, took time.Duration) {
	t.Helper()
	table := func(counts map[string]int) (int, string) {
		sum, lines := 0, []string{}
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			sum += counts[name]
			lines = append(lines, fmt.Sprintf("%s %d", name, counts[name]))
		}
		return sum, strings.Join(lines, ", ")
	}
	done, actions := table(f.actions)
	failed, refused := table(f.refused)
	met, faults := table(f.faults)
	t.Logf("%d clients, %v: %d rounds, %d comparisons with the server, %d requests, %d tokens compared, %d states heard of",
		soakClients, took.Round(time.Millisecond), f.rounds.Load(), f.checks.Load(), f.requests.Load(), f.tokens.Load(), f.heard.Load())
	t.Logf("%d operations: %s", done, actions)
	t.Logf("%d of them failed: %s", failed, refused)
	t.Logf("%d faults met: %s", met, faults)
	for _, kind := range soakFaults {
		if *soakTime >= 10*time.Second && f.faults[kind.name] == 0 {
			t.Errorf("no request met the fault %q", kind.name)
		}
	}
}

// open starts a client as a process does.
func (d *device) open() *fapi.Clerk {
	clerk, err := fapi.New(d.srv.PublishableKey(), fapi.WithProxyURL(d.srv.ProxyURL()), fapi.WithStore(d.store),
		fapi.WithRetryPolicy(fapi.RetryPolicy{MaxAttempts: 2, MinDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond}))
	if err != nil {
		d.t.Fatal(err)
	}
	h := &hearer{}
	d.heard = append(d.heard, h)
	clerk.AddListener(func(s fapi.State) { d.figures.heard.Add(1); h.hear(d, s) })
	return clerk
}

func (d *device) close() {
	for _, clerk := range d.clerks {
		if err := clerk.Close(); err != nil {
			d.fail("closing: %v", err)
		}
		if err := clerk.Load(context.Background()); err == nil {
			d.fail("a closed client loads")
		}
	}
	d.figures.requestsOf(d.srv)
	d.srv.Close()
}
