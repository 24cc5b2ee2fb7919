package fapi

import (
	"context"
	"fmt"
)

// Activation says what Clerk.SetActive makes active. The zero Activation touches the current session, no more.
type Activation struct {
	SessionID    string             // "" keeps the current session
	Organization OrganizationChoice // the zero value keeps the session's organization
}

// touchParams are the form of a touch. The organization is always sent, as clerk-js does: "" is the personal account.
type touchParams struct {
	Organization string `form:"active_organization_id"`
	Intent       string `form:"intent"`
}

// SetActive makes a session of the client the current one, and chooses the organization that it works in. A pending
// session can be active: State().Session then has tasks to do.
//
// The state changes when the server has agreed, and not at all when SetActive fails: with ErrNotLoaded, ErrNoSession,
// ErrUnknownSession, ErrUnknownOrganization, ErrOrganizationRequired, or the error of the call. Of these a *SessionEndedError
// alone comes with a change, which is not the one asked for. Activations happen one after the other.
func (c *Clerk) SetActive(ctx context.Context, a Activation) error {
	defer c.deliver() // after the next activation may begin: a listener may be the one to want it
	switch {
	case ctx == nil:
		return fmt.Errorf("set active: context is nil")
	case c.isClosed():
		return ErrClosed
	}
	if err := c.hold(ctx, c.active); err != nil {
		return fmt.Errorf("set active: %w", err)
	}
	defer func() { <-c.active }()
	if err := c.activate(ctx, a); err != nil {
		return fmt.Errorf("set active: %w", err)
	}
	return nil
}

func (c *Clerk) activate(ctx context.Context, a Activation) error {
	s, err := c.sessionFor(a.SessionID)
	if err != nil {
		return err
	}
	organization, err := c.resolve(ctx, s, a.Organization)
	if err != nil {
		return err
	}
	p := touchParams{Organization: organization, Intent: "select_session"}
	if a.Organization != "" {
		p.Intent = "select_org"
	}
	r := post("/v1/client/sessions/{session_id}/touch", s.ID).form(p)
	r.internal, r.asks = true, true
	if _, err := callEnveloped[Session](ctx, c.core, r, nil); err != nil {
		return err
	}
	c.tokens.unheard.Store(nil) // the session was chosen
	if c.isActive(s.ID, a.Organization, organization) {
		return nil
	}
	if err := c.getClient(ctx); err != nil { // the answer did not bring the client
		return fmt.Errorf("the server agreed, but the client cannot be read: %w", err)
	}
	if !c.isActive(s.ID, a.Organization, organization) {
		return fmt.Errorf("the server agreed, but the session or organization is not active in the client")
	}
	return nil
}

func (c *Clerk) isActive(sessionID string, choice OrganizationChoice, organization string) bool {
	s := c.snapshot.Load().Session
	return s != nil && s.ID == sessionID && (choice == "" || Value(s.LastActiveOrganizationID) == organization)
}

// sessionFor returns the signed-in session with this ID, or the current one for "".
func (c *Clerk) sessionFor(id string) (*Session, error) {
	state := c.snapshot.Load()
	switch {
	case !state.Loaded:
		return nil, ErrNotLoaded
	case id == "" && state.Session == nil:
		return nil, ErrNoSession
	case id == "":
		return state.Session, nil
	}
	if s := findSession(state.Client, id); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%w %q", ErrUnknownSession, id)
}
