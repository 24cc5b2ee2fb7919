package fapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	clientPath      = "/v1/client"
	environmentPath = "/v1/environment"
	devBrowserPath  = "/v1/dev_browser"

	codeDevBrowserUnauthenticated ErrorCode = "dev_browser_unauthenticated"
)

// clerkExchange is one call as a Clerk sees it.
type clerkExchange struct {
	clerk    *Clerk
	ctx      context.Context // of the call, for end
	request  *request
	sequence uint64
	hasTurn  bool
	session  string  // the call is on its behalf in every attempt; "" is none
	before   *State  // when session was decided, at the first attempt; nil before that
	aloft    *string // the token of the attempt that is under way, nil when there is none

	// Of the last answer.
	mustAsk      bool // for the client
	noDevBrowser bool
	reached      bool // the server itself answered, and can be asked for more
	sent         string
	current      string // sent, or the token that the answer itself put in its place
}

// begin implements state.
func (c *Clerk) begin(ctx context.Context, r *request) (exchange, error) {
	if c.isClosed() {
		return nil, ErrClosed
	}
	if !r.takesCredential() {
		return nil, nil // the call has nothing to do with the client
	}
	if err := c.hydrate(ctx); err != nil {
		return nil, err
	}
	if c.wantsDevBrowser(r) {
		if err := c.ensureDevBrowser(ctx); err != nil {
			return nil, err
		}
	}
	e := &clerkExchange{clerk: c, ctx: ctx, request: r}
	if err := e.takeTurn(ctx); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.ledger.sequence++
	e.sequence = c.ledger.sequence
	c.mu.Unlock()
	return e, nil
}

// takeTurn makes requests that may create the client go one by one until there is one: two at a time would make two.
func (e *clerkExchange) takeTurn(ctx context.Context) error {
	c := e.clerk
	if !c.mayCreateClient(e.request) {
		return nil
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.lifetime, cancel)()
	if err := c.hold(waiting, c.turn); err != nil {
		if c.isClosed() {
			return ErrClosed
		}
		return err
	}
	e.hasTurn = true
	if c.isClosed() {
		e.giveTurn()
		return ErrClosed
	}
	if !c.mayCreateClient(e.request) {
		e.giveTurn()
	}
	return nil
}

func (e *clerkExchange) giveTurn() {
	if e.hasTurn {
		e.hasTurn = false
		<-e.clerk.turn
	}
}

// mayCreateClient says whether the server may answer r with a new client. A page's credential is a cookie that cannot be
// seen; there, and where a server never sent a token, a client that is known is the sign that there is one.
func (c *Clerk) mayCreateClient(r *request) bool {
	if !isUnder(r.path, clientPath) && !slices.Contains([]string{"/v1/tickets/accept", "/v1/verify", "/v1/oauth_callback"}, r.template) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.ledger.client.id() != ""
	if c.core.browser {
		return !known
	}
	return c.ledger.token == "" && (!known || c.ledger.hadToken)
}

// authorize implements exchange.
func (e *clerkExchange) authorize(ctx context.Context, header http.Header, query *values) error {
	c := e.clerk
	if err := e.pinSession(query.get(sessionQuery)); err != nil {
		return err
	}
	if e.request.wantsSessionToken() {
		jwt, err := c.Token(ctx, ForSession(e.session))
		if err != nil {
			return fmt.Errorf("session token: %w", err)
		}
		header.Set("Authorization", "Bearer "+jwt)
	}
	token := e.depart()
	switch {
	case token == "":
	case !c.core.browser && !e.request.wantsSessionToken():
		header.Set("Authorization", token)
	case !c.core.browser:
	case e.request.template != devBrowserPath && !query.has(devBrowserQuery):
		query.add(devBrowserQuery, token)
	}
	if e.session != "" && e.request.carriesSession() && !query.has(sessionQuery) {
		query.add(sessionQuery, e.session)
	}
	return nil
}

// pinSession decides at the first attempt on whose behalf the call is: the session in its path, else the chosen one, else the
// current one. A retry must not act as somebody else: when the session has ended by then, the call has.
func (e *clerkExchange) pinSession(chosen string) error {
	c := e.clerk
	if e.before != nil {
		if ended := e.endedSession(); ended != nil {
			return ended
		}
		return nil
	}
	e.before = c.snapshot.Load()
	inPath, _ := e.request.sessionInPath()
	e.session = cmp.Or(inPath, chosen)
	if s := e.before.Session; e.session == "" && e.request.carriesSession() && s != nil {
		e.session = s.ID
	}
	return nil
}

// endedSession is the error of the call if its session was known at the first attempt and is gone now, else nil.
func (e *clerkExchange) endedSession() *SessionEndedError {
	if e.before == nil || findSession(e.before.Client, e.session) == nil {
		return nil
	}
	return e.clerk.endedSession(e.session)
}

// depart counts an attempt as under way and returns the token it goes out with.
func (e *clerkExchange) depart() string {
	e.arrive() // the attempt before, when it got no answer
	c := e.clerk
	c.mu.Lock()
	defer c.mu.Unlock()
	token := c.ledger.token
	e.aloft = &token
	c.ledger.aloft[token]++
	return token
}

func (e *clerkExchange) arrive() {
	if e.aloft == nil {
		return
	}
	c := e.clerk
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger.aloft[*e.aloft]--; c.ledger.aloft[*e.aloft] == 0 {
		delete(c.ledger.aloft, *e.aloft)
	}
	e.aloft = nil
}

// commit implements exchange: the one path by which answers reach the state.
func (e *clerkExchange) commit(ctx context.Context, n news) {
	c := e.clerk
	e.arrive()
	t := c.read(e, n)
	e.sent, e.current = t.sent, t.sent
	e.reached = n.status != 0 && n.status < http.StatusInternalServerError && n.status != http.StatusTooManyRequests
	e.noDevBrowser = n.status == http.StatusUnauthorized && slices.Contains(n.codes, codeDevBrowserUnauthenticated)
	e.mustAsk = e.request.losesSession(n.status, n.codes) || e.deletesUser(n, t)
	if n.sent != nil && n.sent.URL != nil { // an option may have chosen another one
		e.session = cmp.Or(n.sent.URL.Query().Get(sessionQuery), e.session)
	}

	newer := c.movedOn(ctx, t)
	now := c.now()
	c.change(func(l *ledger) {
		if newer != nil && l.token == t.sent {
			if newer.version > l.version {
				l.adopt(*newer)
			}
			return
		}
		if l.doubts(t, now) {
			return
		}
		sentCurrent := l.token == t.sent
		l.apply(t)
		if sentCurrent {
			e.current = l.token
		}
		if e.request.verb == http.MethodGet && e.request.template == clientPath && n.status != 0 && n.status < http.StatusBadRequest {
			l.refreshedAt = max(l.refreshedAt, e.sequence)
		}
	})
	if err := c.save(ctx); err != nil {
		c.warn("the state could not be saved", err)
	}
}

// deletesUser reports whether the user was deleted by a response that does not bring the client.
func (e *clerkExchange) deletesUser(n news, t tidings) bool {
	return n.status >= 200 && n.status < 300 && e.request.operation() == "DELETE /v1/me" && t.client == nil
}

// end implements exchange.
func (e *clerkExchange) end() *SessionEndedError {
	c := e.clerk
	e.arrive()
	e.giveTurn()
	if e.noDevBrowser && e.request.template != devBrowserPath {
		if err := c.renewDevBrowser(e.ctx, e.sent); err != nil {
			c.warn("no new dev browser", err)
		}
	}
	if e.request.internal && !e.request.asks {
		return nil
	}
	if !e.request.internal {
		defer c.deliver()
	}
	if e.reached {
		c.endSessions(e.ctx, false)
	}
	if !e.mustAsk {
		return nil
	}
	c.askAgain(e.ctx, e.request, e.sequence, e.current)
	return e.endedSession()
}

// read decodes what an answer says. What cannot be decoded is reported and says nothing.
func (c *Clerk) read(e *clerkExchange, n news) tidings {
	t := tidings{sequence: e.sequence, sent: c.sentCredential(n.sent), token: c.newCredential(n.header)}
	t.date = c.observeDate(n.header)
	operation := e.request.operation()
	if n.environment != nil {
		part, ok := decodeEnvironment(n.environment)
		if t.environment = part; !ok {
			t.environmentErr = &DecodeError{Operation: operation, Path: "$"}
			c.warn("an undecodable environment was ignored", t.environmentErr)
		}
	}
	if n.client == nil || !n.fromResponse && isNull(n.client) {
		return t
	}
	s := c.snapshot.Load()
	if string(s.rawClient) == string(n.client) {
		t.client = &clientPart{s.rawClient, s.Client}
		return t
	}
	path := "$.client"
	if n.fromResponse {
		path = "$.response"
	}
	part, ok := c.readClient(n.client)
	if !ok {
		t.clientErr = &DecodeError{Operation: operation, Path: path}
		c.warn("an undecodable client was ignored", t.clientErr)
		return t
	}
	if !n.fromResponse {
		c.core.findMismatches(part.raw, clientType, path, operation)
	}
	t.client = part
	return t
}

// readClient decodes a client, and refuses one that would sign out only because a session in it cannot be read.
func (c *Clerk) readClient(raw []byte) (*clientPart, bool) {
	part, ok := decodeClient(raw)
	if ok && c.snapshot.Load().Session != nil && part.damaged() && findSession(part.model, Value(part.model.LastActiveSessionID)) == nil {
		return nil, false
	}
	return part, ok
}

// sentCredential is the token that a request went out with.
func (c *Clerk) sentCredential(r *http.Request) string {
	switch {
	case r == nil:
		return ""
	case c.core.browser:
		return r.URL.Query().Get(devBrowserQuery)
	}
	return bareToken(r.Header.Get("Authorization"))
}

// newCredential is what the headers of an answer say about the token: nil is nothing, "" clears it.
func (c *Clerk) newCredential(h http.Header) *string {
	if c.core.browser {
		if token := h.Get("Clerk-Db-Jwt"); token != "" && isToken(token) && c.instance.needsDevBrowser() {
			return &token
		}
		return nil
	}
	if len(h.Values("Authorization")) == 0 {
		return nil
	}
	token := bareToken(h.Get("Authorization"))
	if !isToken(token) {
		c.warn("a token that cannot be sent was ignored", errNotToken)
		return nil
	}
	return &token
}

// isToken says whether a token can be sent and stored: it is visible ASCII, as all tokens in use are, or empty.
func isToken(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// bareToken takes both spellings in use, "<token>" and "Bearer <token>".
func bareToken(header string) string {
	header = strings.TrimSpace(header)
	const scheme = "bearer"
	if len(header) >= len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		if rest := header[len(scheme):]; rest == "" || rest[0] == ' ' || rest[0] == '\t' {
			return strings.TrimSpace(rest)
		}
	}
	return header
}

// observeDate returns the server's time, zero when unknown, and notes how far our clock is off. The header has whole
// seconds, so that less than one is no difference. What comes from a cache is of another time.
func (c *Clerk) observeDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" && h.Get("Age") != "0" {
		return time.Time{}
	}
	skew := date.Sub(c.now().Round(0))
	if skew <= 0 && skew > -time.Second {
		skew = 0
	} else {
		skew += time.Second / 2
	}
	c.skew.Store(int64(skew))
	return date
}
