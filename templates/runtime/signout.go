package fapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

var errStale = errors.New("the credential was just being replaced, so that the server signed nobody out")

// SignOutOption changes one call of Clerk.SignOut.
type SignOutOption func(*signOutOptions)

type signOutOptions struct {
	only    bool
	session string
}

// OnlySession signs out of the session with this ID and leaves the others alone. One that is none of the client's, the
// empty one included, is an ErrUnknownSession.
func OnlySession(id string) SignOutOption {
	return func(o *signOutOptions) { o.only, o.session = true, id }
}

// SignOut ends all sessions of the client, on the server and here. It needs no Load; after Load, without sessions, it
// does nothing.
//
// The server is told first, with the credential. Whatever comes of that, nobody is signed in here afterwards, and the
// tokens of what was signed out are gone. Where the server agrees, the credential stays: it makes this a known device, no
// more. A store that fails is part of the error as well.
//
// When the server cannot be told, the error says so. With OnlySession, while others stay signed in, the wish is kept in
// the store: the session does not come back, and the next Load or call that reaches the server ends it there. So are the
// wishes of a page in production, whose credential is a cookie. Otherwise the credential is dropped, since it would bring the
// sessions back; the server cannot be told later, and they live on there until they expire.
func (c *Clerk) SignOut(ctx context.Context, opts ...SignOutOption) error {
	defer c.deliver()
	var o signOutOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	switch {
	case ctx == nil:
		return errors.New("sign out: context is nil")
	case c.isClosed():
		return ErrClosed
	}
	if err := c.signOut(ctx, o); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

func (c *Clerk) signOut(ctx context.Context, o signOutOptions) error {
	if err := c.hydrate(ctx); err != nil {
		return err
	}
	c.catchUp(ctx)
	s, ending := c.snapshot.Load(), c.endingSessions()
	switch {
	case o.only && (o.session == "" || s.Client != nil && !hasSession(s.Client, o.session) && !slices.Contains(ending, o.session)):
		return fmt.Errorf("%w %q", ErrUnknownSession, o.session)
	case !o.only && s.Loaded && len(s.Client.Sessions) == 0 && len(ending) == 0:
		return nil
	case !o.only && !s.Loaded && c.credential() == "" && !c.core.browser:
		return nil
	}
	sent, doubts := c.credential(), c.doubtCount()
	err := c.sendSignOut(ctx, o)
	if errors.Is(err, ErrClosed) {
		return err
	}
	if err == nil && c.stillIn(o) && c.credential() != sent { // another process had replaced it: now it is the right one
		err = c.sendSignOut(ctx, o)
	}
	if err == nil && c.stillIn(o) && c.doubtCount() != doubts {
		err = errStale
	}
	if err == nil && !c.stillIn(o) {
		return c.save(ctx) // what could not be saved would sign in again at the next start
	}
	if kept := c.clear(o, err); kept { // without an error, the server has agreed but not said what is left
		err = fmt.Errorf("%w; signed out here, the server is told at the next contact", err)
	}
	return both(err, c.save(ctx))
}

func (c *Clerk) doubtCount() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.doubtCount
}

// catchUp adopts what another process has saved: what it signed in here would otherwise stay.
func (c *Clerk) catchUp(ctx context.Context) {
	r, err := c.reread(ctx)
	if err != nil {
		c.warn("the stored state could not be read again", err)
	}
	if r == nil {
		return
	}
	c.change(func(l *ledger) {
		if l.saved == l.revised && r.version > l.version {
			l.adopt(*r)
		}
	})
}

func (c *Clerk) sendSignOut(ctx context.Context, o signOutOptions) error {
	if o.only {
		r := post("/v1/client/sessions/{session_id}/remove", o.session)
		r.internal = true
		_, err := callEnveloped[Session](ctx, c.core, r, nil)
		return err
	}
	r := del("/v1/client/sessions").responseIsClient()
	r.internal = true
	_, err := callEnveloped[Client](ctx, c.core, r, nil)
	return err
}

// stillIn says whether the state shows what was to be signed out.
func (c *Clerk) stillIn(o signOutOptions) bool {
	client := c.snapshot.Load().Client
	if o.only {
		return findSession(client, o.session) != nil
	}
	return client != nil && (&clientPart{model: client}).signedIn()
}

// clear signs out here; failed is why the server was not told, or nil. A credential that nobody is to be signed in with is
// dropped then: it would bring the sessions back. Where it stays, kept reports that the server is to be told later.
func (c *Clerk) clear(o signOutOptions, failed error) (kept bool) {
	cookie := c.core.browser && !c.instance.needsDevBrowser() // a credential that cannot be dropped
	c.change(func(l *ledger) {
		from := l.source.Client.From
		rest := emptyClient()
		ended := o.sessions(l.client)
		if o.only && l.client != nil {
			rest = l.client.without(ended)
		}
		if l.client != nil {
			l.overrule(rest, from)
			l.cleared = l.sequence
		}
		stays := cookie || o.only && l.token != "" && (l.client == nil || rest.signedIn())
		switch {
		case failed == nil && o.only:
		case failed == nil:
			l.setEnding(nil)
		case !stays:
			l.setToken("")
			l.force = true
		case !errors.Is(failed, ErrNotFound):
			l.setEnding(union(l.ending, ended))
			kept = true
		}
	})
	return kept
}

// sessions are those that the options mean, so far as the client tells.
func (o signOutOptions) sessions(client *clientPart) (ids []string) {
	switch {
	case o.only:
		return []string{o.session}
	case client == nil:
		return nil
	}
	for i := range client.model.Sessions {
		if s := &client.model.Sessions[i]; isSignedIn(s) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// endRetry is how long calls wait before they tell the server again what it could not be told. Load does not wait.
const endRetry = 30 * time.Second

// endSessions tells the server of the sessions that were signed out while it could not be told: at once, or when it is time.
func (c *Clerk) endSessions(ctx context.Context, atOnce bool) {
	if len(c.endingSessions()) == 0 {
		return
	}
	c.mu.Lock()
	after := c.ledger.endAfter
	c.mu.Unlock()
	if !atOnce && c.now().Before(after) {
		return
	}
	_, err := c.endings.do(ctx, c, struct{}{}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.endSessionsNow(ctx)
	})
	if err != nil && !errors.Is(err, ErrClosed) {
		c.warn("the server could not be told of a session that was signed out", err)
	}
	if len(c.endingSessions()) > 0 {
		again := c.now().Add(endRetry)
		c.change(func(l *ledger) { l.endAfter = again })
	}
}

// endSessionsNow asks for the end of each session. The server's client tells what has ended; one that is not found has.
func (c *Clerk) endSessionsNow(ctx context.Context) error {
	for _, id := range c.endingSessions() {
		err := c.sendSignOut(ctx, signOutOptions{only: true, session: id})
		if err != nil && !isRefusal(err) {
			return err
		}
		if errors.Is(err, ErrNotFound) {
			c.change(func(l *ledger) {
				l.setEnding(slices.DeleteFunc(slices.Clone(l.ending), func(e string) bool { return e == id }))
			})
		}
	}
	if len(c.endingSessions()) == 0 {
		return c.save(ctx)
	}
	return c.getClient(ctx, onlyOnce)
}

// endingSessions are the sessions that the server has yet to be told of; none without a credential to do that with.
func (c *Clerk) endingSessions() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger.token == "" && !c.core.browser {
		return nil
	}
	return c.ledger.ending // never changed in place
}

func hasSession(c *Client, id string) bool {
	for i := range c.Sessions {
		if c.Sessions[i].ID == id {
			return true
		}
	}
	return false
}

// withoutSession rewrites a client's JSON without one of its sessions. All else stays as it is.
func withoutSession(raw []byte, id string) []byte {
	out := []byte{'{'}
	_ = eachMember(raw, func(key, value []byte) {
		switch string(key) {
		case "sessions":
			value = withoutElement(value, id)
		case "last_active_session_id":
			if unquote(value) == id {
				value = []byte("null")
			}
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(string(key))
		out = append(append(append(out, name...), ':'), value...)
	})
	return append(out, '}')
}

func withoutElement(list []byte, id string) []byte {
	var kept [][]byte
	var elements []json.RawMessage
	_ = json.Unmarshal(list, &elements)
	for _, e := range elements {
		own := ""
		_ = eachMember(e, func(key, value []byte) {
			if string(key) == "id" {
				own = unquote(value)
			}
		})
		if own != id {
			kept = append(kept, e)
		}
	}
	return append(append([]byte{'['}, bytes.Join(kept, []byte{','})...), ']')
}
