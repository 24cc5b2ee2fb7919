package fapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of Clerk's own methods, for errors.Is.
var (
	// ErrNotLoaded is the error of methods that need Clerk.Load or Clerk.SetLoaded first.
	ErrNotLoaded = errors.New("client not loaded: call Clerk.Load first")
	// ErrNoSession is the error of methods that need a session when nobody is signed in.
	ErrNoSession = errors.New("no session")
	// ErrUnknownSession is the error for a session that is none of the client's, or not signed in.
	ErrUnknownSession = errors.New("unknown session")
	// ErrUnknownOrganization is the error for an organization in which the user has no membership.
	ErrUnknownOrganization = errors.New("unknown organization")
	// ErrOrganizationRequired is the error of Clerk.SetActive for the personal account of an instance in which every session
	// works in an organization.
	ErrOrganizationRequired = errors.New("the instance requires an organization")
	// ErrLoad is the error of Clerk.Load when a part is to be had neither from the server nor from the store.
	ErrLoad = errors.New("loading failed")
)

// Clerk is one client of one instance, kept current by every answer to every call: its credential, its sessions, the
// user, the organization. The services of API are its fields.
//
// A Clerk is safe for concurrent use and must not be copied. It starts nothing by itself; Close stops whatever calls
// have started. Listeners may call anything on it; hooks, which run in the middle of a call, must not.
type Clerk struct {
	*API

	instance instance
	records  records // without a store nothing is kept
	now      func() time.Time
	skew     atomic.Int64 // of the server's clock to ours, in nanoseconds

	snapshot atomic.Pointer[State]
	tokens   *tokenCache

	mu         sync.Mutex // guards what follows; never held while other packages' code runs
	ledger     ledger
	listeners  []*listener
	queue      []emission
	delivering bool
	readErr    error // of the record that the store could not read, until Load tells
	saveErr    error // of the last attempt to save
	closed     bool

	hydrated atomic.Bool
	reading  chan struct{} // held by who reads the store for the first time
	saving   chan struct{} // held by who saves
	turn     chan struct{} // held by the request that may create the client
	active   chan struct{} // held by the activation under way

	loads     flights[struct{}, loadErrors]
	refreshes flights[struct{}, struct{}]
	browsers  flights[struct{}, struct{}]
	endings   flights[struct{}, struct{}]

	lifetime context.Context // ends with Close
	stop     context.CancelFunc
	work     sync.WaitGroup // what Close waits for
}

// New returns a client of the instance that publishableKey, from the Clerk Dashboard, belongs to. It sends nothing and
// reads nothing: Load, or the first call, does. Its errors are *KeyError and *HostError.
func New(publishableKey string, opts ...Option) (*Clerk, error) {
	in, err := parsePublishableKey(publishableKey)
	if err != nil {
		return nil, err
	}
	cfg := newConfig(opts)
	base, err := resolveBase(in, cfg.proxyURL, cfg.domain, false)
	if err != nil {
		return nil, err
	}
	core := newCore(base, cfg)
	if core.err != nil {
		return nil, core.err
	}
	c := &Clerk{
		instance: in,
		records:  records{cfg.store, storeKey(in.host, cfg.profile)},
		now:      cfg.now,
		reading:  make(chan struct{}, 1),
		saving:   make(chan struct{}, 1),
		turn:     make(chan struct{}, 1),
		active:   make(chan struct{}, 1),
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.lifetime, c.stop = context.WithCancel(context.Background())
	c.ledger.aloft = map[string]int{}
	c.snapshot.Store(&State{})
	c.tokens = newTokenCache(c)
	core.state = c
	c.API = newServices(core)
	return c, nil
}

// State returns what is known now. It takes no lock and does not allocate, so it may be called as often as one likes.
func (c *Clerk) State() State { return *c.snapshot.Load() }

// Has says whether the signed-in user has what check asks for, by the rules of Clerk's own clients. It is false while
// nobody is signed in, and while the session is pending. It decides what to show; what to allow is for servers to decide.
func (c *Clerk) Has(check Check) bool {
	s := c.snapshot.Load()
	if s.Session == nil || s.User == nil {
		return false
	}
	a := authorization{
		signedIn:       string(s.Session.Status) == "active",
		inOrganization: s.Membership != nil,
		ages:           s.Session.FactorVerificationAge,
	}
	if s.Membership != nil {
		a.role, a.permissions = s.Membership.Role, s.Membership.Permissions
	}
	if token, err := parseClaims(c.tokens.last(s.Session)); err == nil {
		a.features, a.plans = token.features, token.plans
	}
	return check.allowed(a)
}

// String names the instance, and nothing of what is known of its user.
func (c *Clerk) String() string { return "Clerk{" + c.instance.host + "}" }

// Format prints String for every verb and flag: %+v would print the credential.
func (c *Clerk) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String, for log/slog.
func (c *Clerk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Close stops the refreshing of tokens and whatever else calls have started, waits for it, and saves what could not be
// saved before; its error is that of saving. Calls that are under way end as they would; later ones return ErrClosed,
// State still answers, and listeners are not called any more. Closing twice does nothing.
//
// Close may be called from a listener, but not from a hook.
func (c *Clerk) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed, c.queue, c.listeners = true, nil, nil
	c.mu.Unlock()
	c.stop()
	c.tokens.stop()
	c.work.Wait()
	if !first {
		return nil
	}
	if r := c.core.recorder; r != nil {
		if err := r.end(storeTimeout); err != nil {
			c.warn("the recording could not be ended", err)
		}
	}
	return c.save(context.Background())
}

// spawn runs f, which has to end when the lifetime does, on its own goroutine; false says that c is closed.
func (c *Clerk) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Add(1)
	go f()
	return true
}

func (c *Clerk) isClosed() bool { return c.lifetime.Err() != nil }

// credential is the token that is current.
func (c *Clerk) credential() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.token
}

// hold takes a place that one goroutine at a time may have.
func (c *Clerk) hold(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		return nil
	default:
	}
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// warn logs what no caller gets as an error.
func (c *Clerk) warn(message string, err error) {
	c.core.logger.Warn("fapi: "+message, slog.String("error", safeText(err)))
}
