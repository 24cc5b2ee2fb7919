package fapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// ledger is all that a Clerk knows. Clerk.mu guards it; Clerk.change is the one way to change it.
type ledger struct {
	token       string // the credential: client token, or dev browser of a page; "" is none
	hadToken    bool   // there was one at some time
	client      *clientPart
	environment *environmentPart
	source      Source
	loaded      bool
	extra       map[string]json.RawMessage // members of the record that this version does not know
	ending      []string                   // sessions that were signed out here while the server could not be told
	endAfter    time.Time                  // before this only Load tells it

	// The order of answers. Each request takes the next sequence number.
	sequence    uint64    // the last one taken
	accepted    uint64    // that of the newest client accepted since the token changed
	floor       uint64    // that of the newest client accepted ever
	cleared     uint64    // the last one when something was signed out here: no answer to an older request counts
	environAt   uint64    // that of the newest environment
	refreshedAt uint64    // that of the newest GET of the client that was answered
	date        time.Time // the newest server date of an accepted client

	aloft      map[string]int // attempts under way, by token
	told       string         // the token that the server was asked for the client with
	doubted    string         // the token that an answer called stale while others were under way
	doubtSince time.Time
	doubtCount uint64 // of answers that counted for nothing

	// What listeners and the store have yet to be told.
	shown   uint64   // counts visible changes
	revised uint64   // counts changes that are to be saved
	saved   uint64   // the count that was saved last
	base    string   // the token in the record that was read or written last
	version int64    // of that record
	tried   []string // tokens since then whose saving failed, perhaps only to say so
	force   bool     // this token wins over what another process saved
}

// tidings are what one answer says, decoded.
type tidings struct {
	sequence    uint64
	sent        string  // the credential that the request had
	token       *string // nil says nothing, "" clears
	date        time.Time
	client      *clientPart // nil says nothing
	environment *environmentPart

	clientErr, environmentErr error // why a part that came cannot be used
}

// apply takes over what an answer says: the token first, then the client, each by its own rule.
func (l *ledger) apply(t tidings) {
	current := t.sent == l.token
	if current && t.token != nil {
		l.setToken(*t.token)
	}
	if t.token != nil && *t.token != "" && *t.token == l.token {
		current = true // another answer was faster to bring the same token
	}
	replaced := t.sent != l.token
	if t.client != nil && l.accepts(t, current) && !(replaced && l.outdated(t)) {
		l.accepted = max(l.accepted, t.sequence)
		l.floor = max(l.floor, t.sequence)
		if t.date.After(l.date) {
			l.date = t.date
		}
		l.confirmEnding(t.client)
		l.setClient(t.client)
		l.source.Client = SourcePart{From: FromServer}
		if l.told = t.sent; current {
			l.told = l.token
		}
	}
	if t.environment != nil && t.sequence > l.environAt {
		l.environAt = t.sequence
		l.setEnvironment(t.environment)
		l.source.Environment = SourcePart{From: FromServer}
	}
	if t.clientErr != nil && current && t.sequence > l.accepted {
		l.source.Client.Err = t.clientErr
	}
	if t.environmentErr != nil && t.sequence > l.environAt {
		l.source.Environment.Err = t.environmentErr
	}
}

// accepts is the order of answers: a client is never replaced by an older one. current says that the request had the
// token that is current; an answer to another one must be about the same client, and its number counts against every
// client accepted so far (clerk-ios: ClientResponseOrderingGate.swift).
func (l *ledger) accepts(t tidings, current bool) bool {
	if t.sequence <= l.cleared {
		return false
	}
	last := l.accepted
	if !current {
		if id := t.client.id(); id == "" || id != l.client.id() {
			return false
		}
		last = l.floor
	}
	if t.sequence > last {
		return true
	}
	if t.date.IsZero() || l.client == nil {
		return false
	}
	have, got := l.client.model.UpdatedAt, t.client.model.UpdatedAt
	return t.date.After(l.date) || t.date.Equal(l.date) && have != 0 && got > have
}

// outdated says that a client which comes with a new token, before which numbers prove nothing, is older all the same than
// one that was accepted from a later request: by the server's date, else by its own.
func (l *ledger) outdated(t tidings) bool {
	if l.client == nil || t.sequence >= l.floor || l.client.id() != "" && l.client.id() != t.client.id() {
		return false
	}
	have, got := l.client.model.UpdatedAt, t.client.model.UpdatedAt
	return !t.date.IsZero() && t.date.Before(l.date) || !t.date.After(l.date) && got != 0 && got < have
}

// maxDoubt bounds how long a token may be called stale without consequence.
const maxDoubt = 30 * time.Second

// doubts says whether t is what a token gets that has just been replaced: another client, new, with a token of its own
// and without sessions. If other requests with the same token are under way, one of them may have had it replaced and
// bring the right one, so that t, which was faster, counts for nothing. If none of them does, the next such answer does.
func (l *ledger) doubts(t tidings, now time.Time) bool {
	stale := t.sent == l.token && t.token != nil && *t.token != "" && *t.token != t.sent && l.client.signedIn() &&
		t.client != nil && !t.client.signedIn() && t.client.id() != "" && t.client.id() != l.client.id()
	if !stale || l.aloft[t.sent] == 0 {
		return false
	}
	if l.doubted != t.sent {
		l.doubted, l.doubtSince = t.sent, now
	}
	if now.Sub(l.doubtSince).Abs() >= maxDoubt {
		return false
	}
	l.doubtCount++
	return true
}

// confirmEnding forgets the sessions to end that the server's client no longer has.
func (l *ledger) confirmEnding(p *clientPart) {
	l.setEnding(slices.DeleteFunc(slices.Clone(l.ending), func(id string) bool { return findSession(p.model, id) == nil }))
}

// setEnding replaces the sessions to end on the server.
func (l *ledger) setEnding(ids []string) {
	if !slices.Equal(ids, l.ending) {
		l.ending = ids
		l.revised++
	}
}

// setToken starts the sequence anew: what the numbers so far prove is about another token. Without a token no session can
// be ended.
func (l *ledger) setToken(token string) {
	if token == l.token {
		return
	}
	if token == "" {
		l.ending = nil
	}
	l.token = token
	l.hadToken = l.hadToken || token != ""
	l.accepted = 0
	l.revised++
}

// setClient leaves out the sessions that are to end, whoever tells of them.
func (l *ledger) setClient(p *clientPart) {
	p = p.without(l.ending)
	if l.client != nil && bytes.Equal(l.client.raw, p.raw) {
		return
	}
	l.client = p
	l.shown++
	l.revised++
}

func (l *ledger) setEnvironment(p *environmentPart) {
	if l.environment != nil && bytes.Equal(l.environment.raw, p.raw) {
		return
	}
	l.environment = p
	l.shown++
	l.revised++
}

// overrule is setClient for what does not come from the server: answers to requests sent before it are older.
func (l *ledger) overrule(p *clientPart, from Origin) {
	l.sequence++
	l.accepted, l.floor = l.sequence, l.sequence
	l.setClient(p)
	l.source.Client = SourcePart{From: from}
}

// adopt takes over a record of the store whole, because another process is further than this one.
func (l *ledger) adopt(r record) {
	l.setToken(storedToken(r.token))
	l.ending = union(r.signOuts, l.ending)
	if p, ok := decodeClient(r.client); ok && len(r.client) > 0 {
		l.overrule(p, FromStore)
	}
	if p, ok := decodeEnvironment(r.environment); ok {
		l.setEnvironment(p)
		l.source.Environment = SourcePart{From: FromStore}
	}
	if r.date.After(l.date) {
		l.date = r.date
	}
	l.base, l.tried, l.version, l.force, l.extra = r.token, nil, r.version, false, r.extra
	l.saved = l.revised
	if len(l.ending) > len(r.signOuts) {
		l.revised++ // the store does not know them all
	}
}

// storedToken is the token of a record as it can be sent: white space around it is not part of it, and one that no header can
// hold is none.
func storedToken(token string) string {
	if token = bareToken(token); isToken(token) {
		return token
	}
	return ""
}

// union returns the elements of both lists, each once.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// record is what the store is to hold.
func (l *ledger) record() record {
	r := record{version: l.version, token: l.token, date: l.date, signOuts: l.ending, extra: l.extra}
	if l.client != nil {
		r.client = l.client.raw
	}
	if l.environment != nil {
		r.environment = l.environment.raw
	}
	return r
}

// state is the snapshot of the ledger.
func (l *ledger) state() *State {
	s := &State{Loaded: l.loaded, Source: l.source, shown: l.shown}
	if l.client != nil {
		s.Client, s.rawClient = l.client.model, l.client.raw
	}
	if l.environment != nil {
		s.Environment, s.rawEnvironment = l.environment.model, l.environment.raw
		s.minter, s.organizationForced = l.environment.minter, l.environment.organizationForced
	}
	s.derive()
	return s
}

// change applies f to the ledger and publishes what came of it, in one step.
func (c *Clerk) change(f func(*ledger)) {
	now := c.now() // the program's clock: it runs outside of the lock
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.ledger)
	before, after := c.snapshot.Load(), c.ledger.state()
	c.snapshot.Store(after)
	if after.Client != before.Client {
		c.tokens.settle(after, now)
	}
	if after.Loaded && after.shown != before.shown && !c.closed {
		c.queue = append(c.queue, emission{*after, slices.Clone(c.listeners)})
	}
}
