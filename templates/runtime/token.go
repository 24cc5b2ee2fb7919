package fapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// codeMissingExpiredToken asks for the request to be repeated with the token that has expired.
const codeMissingExpiredToken ErrorCode = "missing_expired_token"

// TokenOption changes one call of Clerk.Token.
type TokenOption func(*tokenOptions)

type tokenOptions struct {
	session, template string
	organization      OrganizationChoice
	skipCache         bool
}

// WithTemplate asks for a token with the claims of this JWT template of the instance; "" is the default token. FAPI makes
// such a token in the session's own organization, whatever WithOrganization says.
func WithTemplate(name string) TokenOption {
	return func(o *tokenOptions) { o.template = name }
}

// WithOrganization asks for a token in this organization, or in the personal account; the zero choice, the default, is
// that of the session. It changes nothing but the token. An organization that the user is no member of is the server's
// to refuse.
func WithOrganization(choice OrganizationChoice) TokenOption {
	return func(o *tokenOptions) { o.organization = choice }
}

// ForSession asks for a token of this session of the client; "", the default, is the current one.
func ForSession(id string) TokenOption {
	return func(o *tokenOptions) { o.session = id }
}

// SkipCache asks the server in any case. The cache gets the token, if that is the freshest.
func SkipCache() TokenOption {
	return func(o *tokenOptions) { o.skipCache = true }
}

// Token returns a session token, a JWT that the application's own server checks. It comes from a cache while it has more
// than 5 seconds to live, by the server's clock; from 17 seconds on a new one is fetched in the background. Concurrent
// calls for the same token share one request, each for as long as its ctx allows.
//
// When the server cannot be asked, a token that is still valid serves, and the failure is logged; when it refuses, that is
// the error. When the server has ended the session, it is a *SessionEndedError, which names the session that is current now:
// the next Token is that one's, of another user perhaps. Whoever acts for one user names the session with ForSession: after
// its end that is an ErrUnknownSession. A refresh in the background that finds the session ended makes the next Token without
// ForSession return that *SessionEndedError. Other errors are ErrNotLoaded, ErrNoSession, ErrUnknownSession,
// ErrUnknownOrganization for an empty one, and those of the call.
func (c *Clerk) Token(ctx context.Context, opts ...TokenOption) (string, error) {
	if len(opts) > 0 {
		return c.tokenWith(ctx, opts)
	}
	return c.token(ctx, "", "", "", false)
}

func (c *Clerk) tokenWith(ctx context.Context, opts []TokenOption) (string, error) {
	var o tokenOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return c.token(ctx, o.session, o.template, o.organization, o.skipCache)
}

func (c *Clerk) token(ctx context.Context, session, template string, choice OrganizationChoice, skipCache bool) (string, error) {
	if c.isClosed() {
		return "", ErrClosed
	}
	s, err := c.sessionFor(session)
	if err != nil {
		return "", err
	}
	if ended := c.tokens.unheard.Load(); ended != nil && session == "" && c.tokens.unheard.CompareAndSwap(ended, nil) && ended.Current == s.ID {
		return "", ended
	}
	organization, err := organizationOfToken(s, choice)
	if err != nil {
		return "", err
	}
	key := tokenKey{s.ID, template, organization}
	if skipCache {
		return c.forceToken(ctx, key)
	}
	if jwt := c.tokens.get(key); jwt != "" {
		return jwt, nil
	}
	return c.fetchToken(ctx, key)
}

// organizationOfToken is the ID, where the client knows it; the server takes slugs too.
func organizationOfToken(s *Session, choice OrganizationChoice) (string, error) {
	name, chosen := choice.idOrSlug()
	switch {
	case choice == "":
		return Value(s.LastActiveOrganizationID), nil
	case chosen && name == "":
		return "", fmt.Errorf("%w: its ID is empty", ErrUnknownOrganization)
	case chosen:
		if m := findMembership(s.User, name); m != nil {
			return m.Organization.ID, nil
		}
	}
	return name, nil
}

// fetchToken shares one request per key. What is still valid serves when the server cannot be asked.
func (c *Clerk) fetchToken(ctx context.Context, key tokenKey) (string, error) {
	defer c.deliver()
	if ctx == nil {
		return "", errors.New("token: context is nil")
	}
	jwt, err := c.tokens.flights.do(ctx, c, key, func(ctx context.Context) (string, error) {
		return c.mint(ctx, key, false)
	})
	if err == nil || c.isClosed() {
		return jwt, err
	}
	if still := c.tokens.valid(key); still != "" && !isRefusal(err) {
		c.warn("a session token could not be refreshed; the valid one is kept", err)
		return still, nil
	}
	return "", err
}

func (c *Clerk) forceToken(ctx context.Context, key tokenKey) (string, error) {
	defer c.deliver()
	if ctx == nil {
		return "", errors.New("token: context is nil")
	}
	return c.mint(ctx, key, true)
}

// isRefusal says that the server decided against the request, rather than failed to decide.
func isRefusal(err error) bool {
	var refused *APIError
	return errors.As(err, &refused) && refused.StatusCode < http.StatusInternalServerError && refused.StatusCode != http.StatusTooManyRequests
}

// mintParams are the form of a token request. Pointers that are nil are not sent.
type mintParams struct {
	Organization *string `form:"organization_id"`
	Token        *string `form:"token"`
	ForceOrigin  *string `form:"force_origin"`
}

// mint asks the server for a token and puts it into the cache (clerk-js: Session.ts, Token.ts). A server that wants to
// see the token that has expired gets it at the second attempt.
func (c *Clerk) mint(ctx context.Context, key tokenKey, force bool) (string, error) {
	last := ""
	if s := findSession(c.snapshot.Load().Client, key.session); s != nil {
		last = c.tokens.last(s)
	}
	var query []RequestOption
	if force {
		query = append(query, WithQuery("debug", "skip_cache"))
	}
	jwt, err := c.requestToken(ctx, key, last, force, query)
	if HasCode(err, codeMissingExpiredToken) && last != "" && !c.snapshot.Load().minter {
		jwt, err = c.requestToken(ctx, key, last, false, []RequestOption{WithQuery("expired_token", last)})
	}
	if err != nil {
		return "", err
	}
	c.tokens.put(key, jwt, true)
	return jwt, nil
}

func (c *Clerk) requestToken(ctx context.Context, key tokenKey, last string, force bool, opts []RequestOption) (string, error) {
	r := post("/v1/client/sessions/{session_id}/tokens/{template_name}", key.session, key.template)
	if key.template == "" {
		p := mintParams{Organization: &key.organization}
		if c.snapshot.Load().minter {
			if last != "" {
				p.Token = &last
			}
			if force {
				p.ForceOrigin = Ptr("true")
			}
		}
		r = post("/v1/client/sessions/{session_id}/tokens", key.session).form(p)
	}
	r.internal, r.asks = true, true
	token, err := callBare[Token](ctx, c.core, r, opts)
	if err != nil {
		return "", err
	}
	if token == nil || token.JWT == "" {
		return "", &DecodeError{Operation: r.operation(), Path: "$.jwt"}
	}
	return token.JWT, nil
}
