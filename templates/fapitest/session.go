package fapitest

var sessionRoutes = []route{
	{name: "GET /v1/client/sessions/{id}", access: byClient, handle: withSession(func(c *call, x *session) (any, *apiError) { return c.sessionJSON(x), nil })},
	{name: "POST /v1/client/sessions/{id}/touch", access: byClient, handle: withSession(touchSession)},
	{name: "POST /v1/client/sessions/{id}/end", access: byClient, handle: withSession(endSession("ended"))},
	{name: "POST /v1/client/sessions/{id}/remove", access: byClient, handle: withSession(endSession("removed"))},
	{name: "POST /v1/client/sessions/{id}/tokens", access: byClient, mode: bare, handle: withSession(createToken)},
	{name: "POST /v1/client/sessions/{id}/tokens/{template}", access: byClient, mode: bare, handle: withSession(createTemplateToken)},
	{name: "GET /v1/me/sessions", access: byUser, mode: bare, handle: listSessions},
	{name: "GET /v1/me/sessions/active", access: byUser, mode: bare, handle: listActiveSessions},
	{name: "POST /v1/me/sessions/{id}/revoke", access: byUser, handle: revokeSession},
}

// withSession finds the session of the path among those of the client that still sign in.
func withSession(handle func(*call, *session) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		x := c.client.session(c.args["id"])
		if x == nil {
			return nil, notFound("Session")
		}
		if !c.alive(x) {
			return nil, fail("authentication_invalid", "The session has ended.")
		}
		return handle(c, x)
	}
}

// touchSession makes a session the last active one and chooses its organization.
func touchSession(c *call, x *session) (any, *apiError) {
	if c.has("active_organization_id") {
		if err := c.chooseOrganization(x, c.arg("active_organization_id")); err != nil {
			return nil, err
		}
	}
	x.active = c.millis()
	x.updated, x.user.lastActive = x.active, x.active
	x.client.lastActive = x
	return c.sessionJSON(x), nil
}

// chooseOrganization makes an organization of the user the session's, by id or slug; "" is the personal account.
func (c *call) chooseOrganization(x *session, id string) *apiError {
	o := c.state.organization(id)
	if id != "" && (o == nil || o.member(x.user) == nil) {
		return fail("organization_not_found_or_unauthorized", "The organization does not exist, or you are not a member of it.")
	}
	if o == nil && x.org != nil && c.forcesOrganization() {
		return fail("personal_accounts_not_allowed", "Personal accounts are not allowed in this instance.")
	}
	x.org = o
	c.settle(x.user)
	return nil
}

func endSession(status string) func(*call, *session) (any, *apiError) {
	return func(c *call, x *session) (any, *apiError) {
		c.end(x, status)
		return c.sessionJSON(x), nil
	}
}

func createToken(c *call, x *session) (any, *apiError) {
	o := x.org
	if c.has("organization_id") {
		id := c.arg("organization_id")
		if o = c.state.organization(id); id != "" && (o == nil || o.member(x.user) == nil) {
			return nil, fail("organization_not_found_or_unauthorized", "The organization does not exist, or you are not a member of it.")
		}
	}
	if c.query.Get("debug") == "skip_cache" {
		x.tokenFor = ""
	}
	return object{"object": "token", "jwt": c.sessionToken(x, o)}, nil
}

func createTemplateToken(c *call, x *session) (any, *apiError) {
	claims, ok := c.cfg.templates[c.args["template"]]
	if !ok {
		return nil, fail("resource_not_found", "JWT template not found.")
	}
	return object{"object": "token", "jwt": c.templateToken(x, claims)}, nil
}

// sessionsOf are those of a user on all clients.
func (s *Server) sessionsOf(u *user) []*session {
	var list []*session
	for _, k := range s.state.clients {
		for _, x := range k.sessions {
			if x.user == u {
				list = append(list, x)
			}
		}
	}
	sortBy(list, func(x *session) string { return x.id })
	return list
}

func listSessions(c *call) (any, *apiError) {
	return listOf(c.sessionsOf(c.user()), c.sessionJSON), nil
}

func listActiveSessions(c *call) (any, *apiError) {
	list := []any{}
	for _, x := range c.sessionsOf(c.user()) {
		if !c.alive(x) {
			continue
		}
		full := c.sessionJSON(x)
		list = append(list, object{"object": "session", "id": x.id, "status": x.status, "expire_at": full["expire_at"], "abandon_at": full["abandon_at"],
			"last_active_at": x.active, "actor": nil, "tasks": full["tasks"], "last_active_token": nil,
			"latest_activity": object{"object": "session_activity", "id": "act_" + x.id, "is_mobile": false, "ip_address": "127.0.0.1"}})
	}
	return list, nil
}

// revokeSession ends a session of the user, on whichever client it is.
func revokeSession(c *call) (any, *apiError) {
	for _, x := range c.sessionsOf(c.user()) {
		if x.id == c.args["id"] {
			c.end(x, "revoked")
			return c.sessionJSON(x), nil
		}
	}
	return nil, notFound("Session")
}

// Session is a session as the server has it.
type Session struct {
	ID, Status, UserID, ClientID string
	OrganizationID               string // "" is the personal account
}

// Sessions are all that were started, ended ones included, in the order of their start.
func (s *Server) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Session
	for _, k := range s.state.clients {
		for _, x := range k.sessions {
			s.alive(x)
			one := Session{ID: x.id, Status: x.status, UserID: x.user.id, ClientID: k.id}
			if x.org != nil {
				one.OrganizationID = x.org.id
			}
			list = append(list, one)
		}
	}
	sortBy(list, func(x Session) string { return x.ID })
	return list
}

// RevokeSession ends a session as an administrator does: its client hears of it with the next answer. It tells whether there
// was such a session.
func (s *Server) RevokeSession(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.state.clients {
		if x := k.session(id); x != nil && x.signedIn() {
			s.end(x, "revoked")
			return true
		}
	}
	return false
}
