package fapi

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// storeTimeout bounds the saving of a change. It goes on when the call that caused it is cancelled: the token that the
// server has just replaced is of no more use.
const storeTimeout = 15 * time.Second

var (
	clientType      = reflect.TypeFor[*Client]()
	environmentType = reflect.TypeFor[*Environment]()
)

// hydrate reads the store, once. A failure is the caller's error, and the next caller tries again.
func (c *Clerk) hydrate(ctx context.Context) error {
	if c.records.store == nil || c.hydrated.Load() {
		return nil
	}
	if err := c.hold(ctx, c.reading); err != nil {
		return err
	}
	defer func() { <-c.reading }()
	if c.hydrated.Load() {
		return nil
	}
	record, err := c.records.load(ctx)
	switch {
	case errors.Is(err, errNoRecord):
	case errors.Is(err, ErrCorruptRecord): // it was moved aside and does not come back
		c.mu.Lock()
		c.readErr = fmt.Errorf("store: %w", err)
		c.ledger.version = record.version
		c.mu.Unlock()
		c.warn("the stored state cannot be read and was moved aside", err)
	case err != nil:
		return fmt.Errorf("store: %w", err)
	default:
		c.change(func(l *ledger) { l.adopt(record) })
		c.reportUnreadable(record)
	}
	c.hydrated.Store(true)
	return nil
}

func (c *Clerk) reportUnreadable(r record) {
	if r.token != "" && storedToken(r.token) == "" {
		c.warn("the stored token was ignored", errNotToken)
	}
	if _, ok := decodeClient(r.client); !ok && len(r.client) > 0 {
		c.warn("the stored client was ignored", &DecodeError{Operation: "store", Path: "$.client"})
	}
	if _, ok := decodeEnvironment(r.environment); !ok && len(r.environment) > 0 {
		c.warn("the stored environment was ignored", &DecodeError{Operation: "store", Path: "$.environment"})
	}
}

// movedOn looks into the store before an answer signs the user out. A credential that another process has replaced is
// answered like that too: then the result is the record of that process.
func (c *Clerk) movedOn(ctx context.Context, t tidings) *record {
	cleared := t.token != nil && *t.token == "" && t.sent != ""
	if !cleared && (t.client == nil || t.client.signedIn()) || c.credential() != t.sent {
		return nil
	}
	r, err := c.reread(ctx)
	if err != nil {
		c.warn("the stored state could not be read again", err)
	}
	if r == nil || r.token == t.sent {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger.ours(r.token) {
		return nil
	}
	return r
}

// reread returns the stored record if somebody else has saved it, else nil.
func (c *Clerk) reread(ctx context.Context) (*record, error) {
	if c.records.store == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := c.hold(ctx, c.saving); err != nil {
		return nil, err
	}
	defer func() { <-c.saving }()
	r, err := c.records.load(ctx)
	if errors.Is(err, errNoRecord) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.version == c.ledger.version {
		return nil, nil
	}
	return &r, nil
}

// save brings the store up to date, if anything has changed, and returns when it is.
func (c *Clerk) save(ctx context.Context) error {
	if c.records.store == nil || !c.unsaved() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := errUnfinished // in case the store does not return
	defer func() {
		c.mu.Lock()
		c.saveErr = err
		c.mu.Unlock()
	}()
	if err = c.saveNow(ctx); err != nil {
		err = fmt.Errorf("store: %w", err)
	}
	return err
}

func (c *Clerk) saveNow(ctx context.Context) error {
	if err := c.hold(ctx, c.saving); err != nil {
		return err
	}
	defer func() { <-c.saving }()
	var err error
	for range 5 { // each time somebody else was faster
		c.mu.Lock()
		record, revised, done := c.ledger.record(), c.ledger.revised, c.ledger.saved == c.ledger.revised
		c.mu.Unlock()
		if done {
			return nil
		}
		var version int64
		if version, err = c.records.save(ctx, record); err == nil {
			c.mu.Lock()
			l := &c.ledger
			l.version, l.base, l.tried, l.saved = version, record.token, nil, revised
			l.force = l.force && l.revised != revised
			c.mu.Unlock()
			return nil
		}
		if !errors.Is(err, errFaster) { // Load would tell whether it was saved all the same
			c.mu.Lock()
			if l := &c.ledger; !l.ours(record.token) {
				l.tried = append(l.tried, record.token)
			}
			c.mu.Unlock()
			return err
		}
		stored, loadErr := c.records.load(ctx)
		switch {
		case errors.Is(loadErr, errNoRecord):
		case errors.Is(loadErr, ErrCorruptRecord):
			c.warn("the stored state cannot be read and was moved aside", loadErr)
		case loadErr != nil:
			return loadErr
		}
		c.change(func(l *ledger) { l.reconcile(stored) })
	}
	return err
}

// reconcile settles a conflict with what another process saved. If that process had its token replaced, it is further
// than this one and its record stands. Else the token is ours, and the client is the newer one.
func (l *ledger) reconcile(stored record) {
	l.version = stored.version
	if stored.version == 0 { // somebody deleted it
		l.base, l.tried = "", nil
		return
	}
	if !l.ours(stored.token) && stored.token != l.token && !l.force {
		l.adopt(stored)
		return
	}
	l.base, l.tried = stored.token, nil
	l.ending = union(stored.signOuts, l.ending)
	if stored.token != l.token || stored.date.Before(l.date) {
		return
	}
	p, ok := decodeClient(stored.client)
	if !ok || len(stored.client) == 0 {
		return
	}
	if stored.date.Equal(l.date) && l.client != nil { // within one second, the client tells
		if have := l.client.model.UpdatedAt; have == 0 || p.model.UpdatedAt <= have {
			return
		}
	}
	l.overrule(p, FromStore)
	l.date = stored.date
}

// ours says that a token in the store is no news: it was read from there, or this process saved it.
func (l *ledger) ours(token string) bool { return token == l.base || slices.Contains(l.tried, token) }

func (c *Clerk) unsaved() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.saved != c.ledger.revised
}

// storeErr is what Load has to tell of the store.
func (c *Clerk) storeErr() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger.saved == c.ledger.revised {
		c.saveErr = nil // another process's record has settled it
	}
	err := both(c.readErr, c.saveErr)
	c.readErr = nil
	return err
}
