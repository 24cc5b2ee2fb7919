package fapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Codes of refusals to a session.
const (
	codeUserBanned      ErrorCode = "user_banned"
	codeUserDeactivated ErrorCode = "user_deactivated"
)

// SessionEndedError is the error of a call on behalf of a session that the server has ended: it was revoked, it expired, or
// its user is gone. errors.Is reports ErrUnauthenticated for it, and Err holds the server's refusal.
//
// The client may have another session, of another user perhaps, which is the current one from now on. A program that repeats
// the call acts as that user: compare Current with SessionID first. The SDK itself never repeats it.
type SessionEndedError struct {
	SessionID string // the session that ended
	Current   string // the current session of the client now; "" when nobody is signed in
	Err       error  // the refusal; nil when the session ended between two attempts of the call
}

// Error is one line: both sessions, and the refusal.
func (e *SessionEndedError) Error() string {
	text := "session " + e.SessionID + " has ended"
	if e.Current != "" {
		text += ", the current session is " + e.Current
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *SessionEndedError) Unwrap() error { return e.Err }

// Is makes errors.Is report ErrUnauthenticated.
func (e *SessionEndedError) Is(target error) bool { return target == ErrUnauthenticated }

// endedSession returns the error of a call for a session that the client had and no longer has, or nil. The refusal, if there
// is one, is put in by the call.
func (c *Clerk) endedSession(id string) *SessionEndedError {
	s := c.snapshot.Load()
	if id == "" || s.Client == nil || findSession(s.Client, id) != nil {
		return nil
	}
	ended := &SessionEndedError{SessionID: id}
	if s.Session != nil {
		ended.Current = s.Session.ID
	}
	return ended
}

// losesSession reports whether a response to r means that the server may no longer know the session: a 401 of any request,
// and of a request for a token or a touch also the refusals of a user who is gone (clerk-js: errors/helpers.ts). What asks for
// a captcha, another dev browser or the token that expired means something else.
func (r *request) losesSession(status int, codes []ErrorCode) bool {
	has := func(code ErrorCode) bool { return slices.Contains(codes, code) }
	switch status {
	case http.StatusUnauthorized:
		return !has(codeRequiresCaptcha) && !has(codeDevBrowserUnauthenticated)
	case http.StatusForbidden:
		return r.keepsSession() && (has(codeUserBanned) || has(codeUserDeactivated))
	case http.StatusUnprocessableEntity:
		return r.keepsSession() && !has(codeMissingExpiredToken)
	}
	return false
}

// keepsSession reports whether r asks no more than that a session goes on: for a token of it, or a touch.
func (r *request) keepsSession() bool {
	_, action := r.sessionInPath()
	return action == "tokens" || action == "touch"
}

// sessionInPath is the session that the path of r names, and what is to be done with it; both are "" for any other path.
func (r *request) sessionInPath() (id, action string) {
	rest, ok := strings.CutPrefix(r.path, "/v1/client/sessions/")
	if !ok {
		return "", ""
	}
	segment, action, _ := strings.Cut(rest, "/")
	action, _, _ = strings.Cut(action, "/")
	id, err := url.PathUnescape(segment)
	if err != nil {
		return "", ""
	}
	return id, action
}

// askAgain finds out what a refusal means: it asks for the client, once for all who were refused at the same time, so that a
// session that has ended is gone from the state before the caller gets the error (clerk-js: Base.ts). The deletion of the
// user, when its response does not bring the client, is treated alike.
//
// It does nothing for a request for the client itself, for one without a credential or with one that has been replaced,
// and for one that was sent before the client was asked for last.
func (c *Clerk) askAgain(ctx context.Context, r *request, sequence uint64, sent string) {
	if r.verb == http.MethodGet && r.template == clientPath {
		return
	}
	c.mu.Lock()
	l := &c.ledger
	pointless := sent != l.token || sequence < l.refreshedAt || !c.core.browser && l.token == "" && !l.client.signedIn()
	c.mu.Unlock()
	if pointless {
		return
	}
	_, err := c.refreshes.do(ctx, c, struct{}{}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.getClient(ctx, onlyOnce)
	})
	if err != nil && !errors.Is(err, ErrClosed) {
		c.core.logger.Debug("fapi: the client could not be asked for after a refusal", "error", safeText(err))
	}
}
