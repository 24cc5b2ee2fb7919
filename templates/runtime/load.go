package fapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

var errUnusable = errors.New("the answer cannot be used")

// loadErrors are why the server did not give its part; nil where it did.
type loadErrors struct{ environment, client error }

// Load asks the server for the environment and the client, both at a time, and falls back to the store where that fails.
// Where the store has both, one attempt is made, of 30 seconds unless WithTimeout says otherwise. It returns nil when both are to be had from anywhere: State().Source says from where, and why not from the server.
// Otherwise the error is an ErrLoad that wraps the causes. What cannot be read from or written to the store is an error
// too, also when everything is loaded. A client that the server does not know is an empty client, not a failure.
//
// Calling Load again refreshes both parts. Concurrent calls share one load; each waits for it no longer than its ctx
// allows, and falls back to the store then.
func (c *Clerk) Load(ctx context.Context) error {
	defer c.deliver()
	if ctx == nil {
		return fmt.Errorf("%w: context is nil", ErrLoad)
	}
	if c.isClosed() {
		return ErrClosed
	}
	if err := c.hydrate(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrLoad, err)
	}
	errs, err := c.loads.do(ctx, c, struct{}{}, c.fetch)
	if c.isClosed() {
		return ErrClosed
	}
	if err != nil {
		errs = loadErrors{err, err}
	}
	return c.loaded(ctx, errs)
}

// fetch asks the server for both parts.
func (c *Clerk) fetch(ctx context.Context) (loadErrors, error) {
	errs := c.fetchOnce(ctx)
	if HasCode(errs.environment, codeDevBrowserUnauthenticated) || HasCode(errs.client, codeDevBrowserUnauthenticated) {
		if c.core.browser && c.credential() != "" { // the calls have replaced it
			errs = c.fetchOnce(ctx)
		}
	}
	return errs, nil
}

func (c *Clerk) fetchOnce(ctx context.Context) (errs loadErrors) {
	var opts []RequestOption
	if s := c.snapshot.Load(); s.Environment != nil && s.Client != nil {
		opts = append(opts, onlyOnce) // what is known serves: retries would only delay it
	}
	var both sync.WaitGroup
	var failed *panicked
	errs.environment = errUnfinished
	both.Go(func() { failed = guarded(func() { errs.environment = c.getEnvironment(ctx, opts...) }) })
	func() {
		defer both.Wait() // also when getClient does not return
		errs.client = c.getClient(ctx, opts...)
	}()
	if failed != nil {
		panic(failed)
	}
	if errs.client == nil && c.clientIsForeign() {
		errs.client = c.getClient(ctx, opts...) // the answer was about a credential that another process or answer had replaced
	}
	if errs.client == nil {
		c.endSessions(ctx, true)
	}
	if s := c.snapshot.Load(); errs.client == nil && s.Source.Client.From != FromServer {
		errs.client = errUnusable
	}
	return errs
}

// clientIsForeign says that the client is not what the server told to the credential that is current.
func (c *Clerk) clientIsForeign() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.source.Client.From != FromServer || c.ledger.told != c.ledger.token
}

// onlyOnce is for requests for what is known: what is known serves when the first attempt fails.
var onlyOnce = WithRetry(RetryPolicy{MaxAttempts: 1})

// useless logs an answer in which commit found nothing to take over, nor to complain of.
func (c *Clerk) useless(err error) error {
	if wrong := (*DecodeError)(nil); errors.As(err, &wrong) {
		c.warn("an answer that is of no use was ignored", err)
	}
	return err
}

func (c *Clerk) getEnvironment(ctx context.Context, opts ...RequestOption) error {
	r := get(environmentPath)
	r.internal = true
	raw, path, err := c.core.value(ctx, r, opts, true)
	switch {
	case err != nil:
		return c.useless(err)
	case len(raw) == 0:
		return c.useless(&DecodeError{Operation: r.operation(), Path: path})
	}
	if _, ok := decodeEnvironment(raw); !ok {
		return &DecodeError{Operation: r.operation(), Path: path, Raw: raw}
	}
	c.core.findMismatches(raw, environmentType, path, r.operation())
	return nil
}

// getClient asks for the client; commit takes it over. An answer that says nothing of it is an empty client where there is
// neither a client nor a credential that could have one, else it is of no use.
func (c *Clerk) getClient(ctx context.Context, opts ...RequestOption) error {
	r := get(clientPath).responseIsClient()
	r.internal = true
	a, err := c.core.succeed(ctx, r, opts)
	if err != nil {
		return err
	}
	raw, path, err := a.value(true)
	if err != nil {
		return c.useless(&DecodeError{Operation: r.operation(), Path: path, Raw: a.body})
	}
	n := newsOf(r, a)
	if !n.fromResponse && (n.client == nil || isNull(n.client)) {
		if !c.withoutNews() {
			c.warn("an answer that says nothing of the client was ignored", errUnusable)
			return errUnusable
		}
		return nil
	}
	if _, ok := c.readClient(n.client); !ok {
		return &DecodeError{Operation: r.operation(), Path: path, Raw: raw}
	}
	if n.fromResponse && !isNull(raw) {
		c.core.findMismatches(raw, clientType, path, r.operation())
	}
	return nil
}

// withoutNews reports whether an answer to the request for the client may say nothing of it: then there is none.
func (c *Clerk) withoutNews() (none bool) {
	c.change(func(l *ledger) {
		if l.client == nil && l.token == "" {
			l.overrule(emptyClient(), FromServer)
		}
		none = l.client != nil && l.client.id() == ""
	})
	return none
}

// loaded decides what a load came to.
func (c *Clerk) loaded(ctx context.Context, errs loadErrors) error {
	var missing []error
	c.change(func(l *ledger) {
		l.source.Environment.Err, l.source.Client.Err = errs.environment, errs.client
		if l.environment == nil {
			missing = append(missing, part("environment", errs.environment))
		}
		if l.client == nil {
			missing = append(missing, part("client", errs.client))
		}
		if len(missing) == 0 && !l.loaded {
			l.loaded = true
			l.shown++
		}
	})
	if err := c.save(ctx); err != nil {
		c.warn("the state could not be saved", err)
	}
	stored := c.storeErr()
	switch {
	case len(missing) == 1:
		return both(fmt.Errorf("%w: %w", ErrLoad, missing[0]), stored)
	case len(missing) == 2:
		return both(fmt.Errorf("%w: %w; %w", ErrLoad, missing[0], missing[1]), stored)
	}
	return stored
}

func part(name string, err error) error {
	if err == nil {
		err = errUnusable
	}
	return fmt.Errorf("%s: %w", name, err)
}

// SetLoaded is Load without the network, for hosts that have both parts from elsewhere, such as another process: the
// JSON of the environment and of the client, as State.RawEnvironment and State.RawClient give them. The client may be
// nil or "null", which is an empty client. Anything that cannot be decoded is a *DecodeError and changes nothing.
func (c *Clerk) SetLoaded(environment, client json.RawMessage) error {
	env, ok := decodeEnvironment(environment)
	if !ok {
		return &DecodeError{Operation: "SetLoaded", Path: "$.environment"}
	}
	part := emptyClient()
	if len(client) > 0 {
		if part, ok = decodeClient(client); !ok {
			return &DecodeError{Operation: "SetLoaded", Path: "$.client"}
		}
	}
	return c.host(func(l *ledger) {
		l.sequence++
		l.environAt = l.sequence
		l.setEnvironment(env)
		l.source.Environment = SourcePart{From: FromHost}
		l.overrule(part, FromHost)
		if !l.loaded {
			l.loaded = true
			l.shown++
		}
	})
}

// SetClientJSON replaces the client by one from elsewhere, such as another process or another language's SDK that shares
// the credential. "null" is an empty client; what cannot be decoded is a *DecodeError and changes nothing. Listeners hear
// of it unless it is what is there already, so that two hosts may pass it to and fro. Before Load it is ErrNotLoaded.
func (c *Clerk) SetClientJSON(client []byte) error {
	if !c.State().Loaded && !c.isClosed() {
		return ErrNotLoaded
	}
	part, ok := decodeClient(client)
	if !ok {
		return &DecodeError{Operation: "SetClientJSON", Path: "$"}
	}
	return c.host(func(l *ledger) { l.overrule(part, FromHost) })
}

// AuthorizationHeader returns the client's token, as the Authorization header of a native request holds it, for hosts
// that share the client with another process or language. It may be called before Load; "" is none, also when the store
// cannot be read. With WithBrowser, the credential is a cookie, and this is the dev browser of a development instance.
//
// Whoever has it can act as the user: keep it out of logs.
func (c *Clerk) AuthorizationHeader() string {
	ctx, cancel := context.WithTimeout(c.lifetime, storeTimeout)
	defer cancel()
	if err := c.hydrate(ctx); err != nil && !c.isClosed() {
		c.warn("the stored state could not be read", err)
	}
	return c.credential()
}

// SetAuthorizationHeader replaces the client's token, with or without "Bearer " before it; "" clears it. It may be called
// before Load. Answers to requests that are under way no longer count, unless they are about the client that is known.
// Its error is that of the store, or of a header that cannot be sent.
func (c *Clerk) SetAuthorizationHeader(header string) error {
	token := bareToken(header)
	if !isToken(token) {
		return errors.New("SetAuthorizationHeader: not a valid header")
	}
	return c.host(func(l *ledger) {
		if token != l.token {
			l.setToken(token)
			l.force = true
		}
	})
}

// host makes a change that the program wants, and saves it.
func (c *Clerk) host(f func(*ledger)) error {
	if c.isClosed() {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(c.lifetime, storeTimeout)
	defer cancel()
	if err := c.hydrate(ctx); err != nil {
		return err
	}
	defer c.deliver()
	c.change(f)
	return c.save(ctx)
}
