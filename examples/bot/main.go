// Bot signs a thousand users in at once, each with a client of its own, as a load test or an end-to-end test does:
//
//	bot                                # against a fake in this process
//	CLERK_PUBLISHABLE_KEY=pk_test_... PASSWORD=... bot --clients 20 --users 'bot%d+clerk_test@example.com'
//
// A client keeps its state to itself, so that any number of them fits into one process. What they share is the pool of
// connections: without that, each request of so many would open one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// fleet is what the bots have in common.
type fleet struct {
	key, proxy string
	users      string // a format that makes an identifier of a number
	password   string
	clients    int

	http     *http.Client
	requests atomic.Int64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := fleet{password: os.Getenv("PASSWORD")}
	var connections int
	fs := flag.NewFlagSet("bot", flag.ContinueOnError)
	fs.StringVar(&f.key, "key", os.Getenv("CLERK_PUBLISHABLE_KEY"), "publishable `key` of the instance (default: a fake in this process)")
	fs.StringVar(&f.proxy, "proxy", os.Getenv("CLERK_PROXY_URL"), "`URL` to send requests to instead of the instance's own host")
	fs.StringVar(&f.users, "users", "bot%d+clerk_test@example.com", "`format` of the users' identifiers; PASSWORD is the password of all")
	fs.IntVar(&f.clients, "clients", 1000, "how many clients")
	fs.IntVar(&connections, "connections", 100, "how many connections they share")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if f.key == "" {
		srv, err := fake(&f)
		if err != nil {
			return err
		}
		defer srv.Close()
		f.key, f.proxy = srv.PublishableKey(), srv.ProxyURL()
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost, transport.MaxIdleConns = connections, connections, connections
	f.http = &http.Client{Transport: transport}
	defer f.http.CloseIdleConnections()
	return f.run(ctx, out)
}

// fake is a Frontend API in memory that has the users.
func fake(f *fleet) (*fapitest.Server, error) {
	f.password = "correct horse"
	var opts []fapitest.Option
	for i := range f.clients {
		opts = append(opts, fapitest.WithUser(fapitest.User{Emails: []string{fmt.Sprintf(f.users, i)}, Password: f.password}))
	}
	return fapitest.New(opts...)
}

// run signs all in, waits until all are, and signs all out.
func (f *fleet) run(ctx context.Context, out io.Writer) error {
	before, start := heap(), time.Now()
	bots := make([]*fapi.Clerk, f.clients)
	err := f.each(func(i int) (err error) {
		bots[i], err = f.signIn(ctx, i)
		return err
	})
	if err != nil {
		return err
	}
	signedIn := time.Since(start)
	used := heap() - before

	middle := time.Now()
	err = f.each(func(i int) error { return errors.Join(bots[i].SignOut(ctx), bots[i].Close()) })
	if err != nil {
		return err
	}
	signedOut := time.Since(middle)

	requests, all := f.requests.Load(), signedIn+signedOut
	fmt.Fprintf(out, "%d clients: load, sign in, token, one call in %.2f s; sign out in %.2f s\n", f.clients, signedIn.Seconds(), signedOut.Seconds())
	fmt.Fprintf(out, "%d requests, %.0f a second\n", requests, float64(requests)/all.Seconds())
	fmt.Fprintf(out, "%.1f MB in use with all signed in, %.0f kB a client\n", float64(used)/1e6, float64(used)/1e3/float64(f.clients))
	return nil
}

// each does something with all bots at a time. Its error says how many failed, and why the first one did.
func (f *fleet) each(do func(i int) error) error {
	errs := make([]error, f.clients)
	var all sync.WaitGroup
	for i := range f.clients {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	failed, first := 0, error(nil)
	for i, err := range errs {
		if err == nil {
			continue
		}
		if failed++; first == nil {
			first = fmt.Errorf("client %d: %w", i, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed; %w", failed, f.clients, first)
	}
	return nil
}

// signIn makes a client, signs its user in, and does what a program does with a session.
func (f *fleet) signIn(ctx context.Context, i int) (*fapi.Clerk, error) {
	clerk, err := fapi.New(f.key, fapi.WithProxyURL(f.proxy), fapi.WithStore(fapi.NewMemoryStore()), fapi.WithHTTPClient(f.http),
		fapi.WithBeforeRequest(func(*http.Request) error { f.requests.Add(1); return nil }))
	if err != nil {
		return nil, err
	}
	if err := clerk.Load(ctx); err != nil {
		return nil, err
	}
	user := fmt.Sprintf(f.users, i)
	signIn, err := clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: &user, Password: &f.password})
	if err != nil {
		return nil, err
	}
	if signIn.Status != fapi.SignInStatusComplete {
		return nil, fmt.Errorf("the sign-in asks for more: %s", signIn.Status)
	}
	if err := clerk.SetActive(ctx, fapi.Activation{SessionID: fapi.Value(signIn.CreatedSessionID)}); err != nil {
		return nil, err
	}
	if _, err := clerk.Token(ctx, fapi.SkipCache()); err != nil { // the cache has one already
		return nil, err
	}
	me, err := clerk.Me.Get(ctx, fapi.MeGetParams{})
	if err != nil {
		return nil, err
	}
	if me.ID != clerk.State().User.ID {
		return nil, fmt.Errorf("signed in as %s, but the call is answered for %s", clerk.State().User.ID, me.ID)
	}
	return clerk, nil
}

// heap is what is in use, once the garbage is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
