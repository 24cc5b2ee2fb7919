package fapitest

import (
	"net/http"
	"strings"
)

// Who asks: a native app by the client token in the Authorization header, a page by its dev browser or, in production, by
// the cookie __client.

const (
	clientCookie  = "__client"
	browserCookie = "__clerk_db_jwt"
	browserQuery  = "__clerk_db_jwt"
)

// identify finds the client of a request, and refuses what cannot come from a client.
func (c *call) identify(fault activeFault) *apiError {
	authorization := c.http.Header.Get("Authorization")
	token := strings.TrimSpace(strings.TrimPrefix(authorization, "Bearer"))
	if strings.HasPrefix(c.path, "/api_keys") {
		return nil // its credential is a session token
	}
	c.native = c.query.Get("_is_native") != "" || token != ""
	defer c.noteOrigin()
	switch {
	case c.native && c.http.Header.Get("Origin") != "" && token != "":
		return fail("origin_authorization_headers_conflict", "The Origin and Authorization headers cannot be sent together.")
	case c.native && !c.setting(true, "auth_config", "native_settings", "api_enabled"):
		return fail("native_api_disabled", "The Native API is disabled for this instance.")
	case c.native:
		c.client = c.nativeClient(token, fault)
		return nil
	}
	return c.identifyPage()
}

// identifyPage finds the client of a page, and refuses a dev browser that is not known.
func (c *call) identifyPage() *apiError {
	if cookie, err := c.http.Cookie(clientCookie); err == nil && cookie.Value != "" {
		c.client = c.state.tokens[cookie.Value]
	}
	if c.cfg.production {
		return nil
	}
	c.browser = c.query.Get(browserQuery)
	if cookie, err := c.http.Cookie(browserCookie); err == nil && c.browser == "" {
		c.browser = cookie.Value
	}
	if c.browser == "" {
		return nil // admit refuses what needs one
	}
	client, known := c.state.browsers[c.browser]
	if !known {
		return fail("dev_browser_unauthenticated", "Unable to authenticate this browser for your development instance.")
	}
	if client != nil {
		c.client = client
	}
	return nil
}

// nativeClient finds the client of a token. One that has been rotated away finds a new client, without sessions: the real
// API answers it with 200, not with a failure.
func (c *call) nativeClient(token string, fault activeFault) *client {
	found := c.state.tokens[token]
	if found == nil || c.state.clients[found.id] == nil {
		return nil
	}
	if fault.staleToken || c.cfg.strictTokens && found.token != token {
		return c.newClient()
	}
	return found
}

// admit checks that a call may use an operation.
func (c *call) admit(r *route) *apiError {
	known := c.native || c.cfg.production || c.browser != ""
	if private := r.access == byClient || r.access == byUser || strings.HasPrefix(c.path, "/v1/client"); private && !known && r.handle != nil {
		return fail("dev_browser_unauthenticated", "Unable to authenticate this browser for your development instance.")
	}
	if r.access == anyone {
		return nil
	}
	if r.access == byToken {
		return c.bearer()
	}
	if c.client == nil {
		return fail("signed_out", "You are signed out.")
	}
	if r.access == byClient {
		return nil
	}
	return c.chooseSession()
}

// chooseSession takes the session that the request names, else the last active one.
func (c *call) chooseSession() *apiError {
	id := c.query.Get("_clerk_session_id")
	if id == "" && c.client.lastActive != nil {
		id = c.client.lastActive.id
	}
	if id == "" {
		return fail("signed_out", "You are signed out.")
	}
	s := c.client.session(id)
	if s == nil || !c.alive(s) {
		return fail("authentication_invalid", "Unable to authenticate the request, you need to supply an active session.")
	}
	c.session = s
	s.active = c.millis()
	s.user.lastActive = s.active
	return nil
}

// credentials tells the client its token.
func (c *call) credentials() {
	switch {
	case c.cleared && c.native:
		c.header["Authorization"] = []string{""}
	case c.cleared:
		c.header.Add("Set-Cookie", (&http.Cookie{Name: clientCookie, Path: "/", MaxAge: -1, HttpOnly: true}).String())
	case c.client == nil:
	case c.native:
		c.header.Set("Authorization", c.client.token)
	default:
		if c.browser != "" {
			c.state.browsers[c.browser] = c.client
		}
		c.header.Add("Set-Cookie", (&http.Cookie{Name: clientCookie, Value: c.client.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}).String())
	}
}

// device is the client of the call, made when there is none.
func (c *call) device() *client {
	if c.client == nil {
		c.client = c.newClient()
		c.noteOrigin()
	}
	return c.client
}

// noteOrigin remembers where a page is from.
func (c *call) noteOrigin() {
	if origin := c.http.Header.Get("Origin"); c.client != nil && origin != "" {
		c.client.origin = origin
	}
}

func (s *Server) newClient() *client {
	now := s.millis()
	k := &client{id: s.newID("client"), trusted: map[*user]bool{}, created: now, updated: now}
	s.state.clients[k.id] = k
	s.rotate(k)
	return k
}

// rotate gives a client its next token.
func (s *Server) rotate(k *client) {
	k.issued++
	k.token = s.clientToken(k)
	s.state.tokens[k.token] = k
}
