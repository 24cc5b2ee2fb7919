package fapitest

import "time"

var clientRoutes = []route{
	{name: "GET /v1/client", mode: clientItself, handle: getClient},
	{name: "PUT /v1/client", mode: clientItself, handle: createClient},
	{name: "POST /v1/client", mode: clientItself, handle: createClient},
	{name: "DELETE /v1/client", mode: clientItself, access: byClient, handle: deleteClient},
	{name: "DELETE /v1/client/sessions", mode: clientItself, access: byClient, handle: removeSessions},
	{name: "POST /v1/client/verify", mode: clientItself, access: byClient, handle: func(c *call) (any, *apiError) { return true, nil }},
	{name: "POST /v1/client/hosted_auth", handle: createHostedAuth},
}

// getClient answers null where there is no client yet. The first sign-in or sign-up makes one.
func getClient(c *call) (any, *apiError) {
	if err := c.redeemNonce(); err != nil {
		return nil, err
	}
	if c.client == nil {
		return nil, nil
	}
	return true, nil
}

func createClient(c *call) (any, *apiError) {
	c.device()
	return true, nil
}

// deleteClient forgets the client with its sessions. It has no answer but null.
func deleteClient(c *call) (any, *apiError) {
	c.endAll("removed")
	delete(c.state.clients, c.client.id)
	c.forgetBrowser()
	c.client, c.cleared = nil, true
	return nil, nil
}

func removeSessions(c *call) (any, *apiError) {
	c.endAll("removed")
	c.rotate(c.client)
	return true, nil
}

func (c *call) forgetBrowser() {
	for token, k := range c.state.browsers {
		if k == c.client {
			c.state.browsers[token] = nil
		}
	}
}

func (c *call) endAll(status string) {
	for _, x := range c.client.sessions {
		if x.signedIn() {
			c.end(x, status)
		}
	}
	c.client.signIn, c.client.signUp = nil, nil
}

// redeemNonce gives the app the token that the client got while the user was in a browser. A nonce is good once.
func (c *call) redeemNonce() *apiError {
	nonce := firstText(c.query.Get("rotating_token_nonce"), c.arg("rotating_token_nonce"))
	if nonce == "" {
		return nil
	}
	n, ok := c.state.nonces[nonce]
	if !ok {
		return failParam("form_param_value_invalid", "rotating_token_nonce", "The nonce is not valid, or has been used.")
	}
	if challenge := n.challenge; challenge != "" {
		if !fitsChallenge(c.arg("code_verifier"), challenge) {
			return fail("pkce_verification_failed", "The code verifier does not fit the challenge.")
		}
	}
	delete(c.state.nonces, nonce)
	c.client = n.client
	return nil
}

// nonce lets the holder take a client over.
type nonce struct {
	client    *client
	challenge string // of PKCE; "" is none
}

func (s *Server) newNonce(k *client, challenge string) string {
	id := s.newID("nonce")
	s.state.nonces[id] = &nonce{k, challenge}
	return id
}

// startSession signs a user in on a client. second is zero without a second factor.
func (s *Server) startSession(k *client, u *user, strategy string, second time.Time) *session {
	now := s.now()
	x := &session{id: s.newID("sess"), status: "active", client: k, user: u, created: now.UnixMilli(), updated: now.UnixMilli(),
		active: now.UnixMilli(), expires: now.UnixMilli() + week, first: now, second: second}
	if len(s.tasks(x)) > 0 {
		x.status = "pending"
	}
	k.sessions = append(k.sessions, x)
	k.lastActive, k.lastStrategy = x, strategy
	k.trusted[u] = true
	u.lastSignIn, u.lastActive, u.failures = now.UnixMilli(), now.UnixMilli(), 0
	k.updated = max(now.UnixMilli(), k.updated+1)
	s.rotate(k)
	return x
}

// tasks are what a session still has to do before it is active.
func (s *Server) tasks(x *session) []string {
	var list []string
	if x.user.mustReset {
		list = append(list, "reset-password")
	}
	if x.org == nil && s.forcesOrganization() {
		list = append(list, "choose-organization")
	}
	if !x.user.secondFactor() && s.setting(false, "user_settings", "sign_in", "second_factor", "required") {
		list = append(list, "setup-mfa")
	}
	return list
}

func (s *Server) forcesOrganization() bool {
	return s.setting(false, "organization_settings", "force_organization_selection")
}

// settle makes the sessions of a user active or pending, as there is something left to do.
func (s *Server) settle(u *user) {
	for _, x := range s.sessionsOf(u) {
		if !x.signedIn() {
			continue
		}
		status := "active"
		if len(s.tasks(x)) > 0 {
			status = "pending"
		}
		if x.status != status {
			x.status, x.updated = status, s.millis()
			x.client.updated = max(x.updated, x.client.updated+1)
		}
	}
}

// alive tells whether a session still signs in, and expires it when its time has come.
func (s *Server) alive(x *session) bool {
	if x.signedIn() && x.expires <= s.millis() {
		s.end(x, "expired")
	}
	return x.signedIn()
}

// end ends a session. Another one of the client becomes the last active one.
func (s *Server) end(x *session, status string) {
	x.status, x.updated = status, s.millis()
	k := x.client
	k.updated = max(x.updated, k.updated+1)
	if k.lastActive != x {
		return
	}
	k.lastActive = nil
	for _, other := range k.sessions {
		if other.signedIn() && (k.lastActive == nil || other.active > k.lastActive.active) {
			k.lastActive = other
		}
	}
}
