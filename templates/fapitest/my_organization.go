package fapitest

import "slices"

var myOrganizationRoutes = []route{
	{name: "GET /v1/me/organization_memberships", access: byUser, handle: myMemberships},
	{name: "DELETE /v1/me/organization_memberships/{org}", access: byUser, handle: inOrganization("", leaveOrganization)},
	{name: "GET /v1/me/organization_invitations", access: byUser, handle: myInvitations},
	{name: "POST /v1/me/organization_invitations/{id}/accept", access: byUser, handle: acceptMyInvitation},
	{name: "GET /v1/me/organization_suggestions", access: byUser, handle: mySuggestions},
	{name: "POST /v1/me/organization_suggestions/{id}/accept", access: byUser, handle: acceptSuggestion},
}

func myMemberships(c *call) (any, *apiError) {
	list := []any{}
	for _, m := range c.membershipsOf(c.user()) {
		if c.wanted("role", m.member.role) {
			list = append(list, c.memberJSON(m))
		}
	}
	return c.pageOrList(list), nil
}

func leaveOrganization(c *call, o *organization) (any, *apiError) {
	m := o.member(c.user())
	if o.onlyAdmin(m) {
		return nil, lastAdmin()
	}
	c.leave(o, m)
	return deletedJSON("organization_membership", m.id), nil
}

// invited yields the invitations to the user's verified email addresses.
func (c *call) invited(visit func(*organization, *invitation)) {
	for _, o := range c.state.orgs {
		for _, i := range o.invitations {
			if u, _, _ := c.state.userByIdentifier(i.email); u == c.user() {
				visit(o, i)
			}
		}
	}
}

func myInvitations(c *call) (any, *apiError) {
	c.suggest(c.user())
	list := []any{}
	c.invited(func(o *organization, i *invitation) {
		if c.wanted("status", i.status) {
			list = append(list, c.invitationJSON(o, i))
		}
	})
	return c.page(list), nil
}

func acceptMyInvitation(c *call) (any, *apiError) {
	var answer any
	err := fail("organization_invitation_not_found", "The invitation was not found.")
	c.invited(func(o *organization, i *invitation) {
		switch {
		case i.id != c.args["id"]:
		case i.status == "accepted":
			err = fail("organization_invitation_already_accepted", "The invitation has already been accepted.")
		case i.status != "pending":
			err = fail("organization_invitation_not_pending", "The invitation is not pending.")
		default:
			c.acceptInvitation(o, i, c.user())
			answer, err = c.invitationJSON(o, i), nil
		}
	})
	return answer, err
}

// suggestion is an organization that a user may want to join: the email's domain is one of the organization's.
type suggestion struct {
	id, status       string
	user             *user
	org              *organization
	domain           *domain
	created, updated int64
}

func (s *Server) suggestionJSON(g *suggestion) object {
	return object{"object": "organization_suggestion", "id": g.id, "public_organization_data": s.publicOrganizationJSON(g.org), "status": g.status,
		"created_at": g.created, "updated_at": g.updated}
}

// suggest makes the suggestions and invitations that the domains of organizations have for a user.
func (s *Server) suggest(u *user) {
	for _, o := range s.state.orgs {
		for _, d := range o.domains {
			email := d.covers(u)
			if email == "" || o.member(u) != nil {
				continue
			}
			switch {
			case d.mode == "automatic_suggestion" && !s.suggested(u, o):
				now := s.millis()
				s.state.suggestions = append(s.state.suggestions, &suggestion{id: s.newID("orgsug"), status: "pending", user: u, org: o, domain: d, created: now, updated: now})
			case d.mode == "automatic_invitation" && !slices.ContainsFunc(o.invitations, func(i *invitation) bool { return i.email == email }):
				s.newInvitation(o, email, s.domainRole()).domain = d
			}
		}
	}
}

// domainRole is the role of those who join by a domain.
func (s *Server) domainRole() string {
	role, _ := s.at("organization_settings", "domains", "default_role").(string)
	return firstText(role, "org:member")
}

func (s *Server) suggested(u *user, o *organization) bool {
	for _, g := range s.state.suggestions {
		if g.user == u && g.org == o {
			return true
		}
	}
	return false
}

func mySuggestions(c *call) (any, *apiError) {
	c.suggest(c.user())
	list := []any{}
	for _, g := range c.state.suggestions {
		if g.user == c.user() && c.wanted("status", g.status) {
			list = append(list, c.suggestionJSON(g))
		}
	}
	return c.page(list), nil
}

// acceptSuggestion asks to join. An admin accepts or rejects.
func acceptSuggestion(c *call) (any, *apiError) {
	for _, g := range c.state.suggestions {
		if g.id != c.args["id"] || g.user != c.user() {
			continue
		}
		if g.status != "pending" {
			return nil, fail("organization_suggestion_already_accepted", "The suggestion has already been accepted.")
		}
		g.status, g.updated = "accepted", c.millis()
		g.org.requests = append(g.org.requests, &membershipRequest{id: c.newID("orgmemreq"), status: "pending", user: g.user, created: g.updated, updated: g.updated})
		return c.suggestionJSON(g), nil
	}
	return nil, notFound("Organization suggestion")
}
