package fapitest

import "slices"

var memberRoutes = []route{
	{name: "GET /v1/organizations/{org}/memberships", access: byUser, handle: inOrganization(readMembers, listMembers)},
	{name: "POST /v1/organizations/{org}/memberships", access: byUser, handle: inOrganization(manageMembers, addMember)},
	{name: "PATCH /v1/organizations/{org}/memberships/{user}", access: byUser, handle: inOrganization(manageMembers, withMember(updateMember))},
	{name: "DELETE /v1/organizations/{org}/memberships/{user}", access: byUser, handle: inOrganization(manageMembers, withMember(removeMember))},
	{name: "GET /v1/organizations/{org}/membership_requests", access: byUser, handle: inOrganization(manageMembers, listRequests)},
	{name: "POST /v1/organizations/{org}/membership_requests/{id}/accept", access: byUser, handle: inOrganization(manageMembers, withRequest("accepted"))},
	{name: "POST /v1/organizations/{org}/membership_requests/{id}/reject", access: byUser, handle: inOrganization(manageMembers, withRequest("rejected"))},
}

func listMembers(c *call, o *organization) (any, *apiError) {
	list := []any{}
	for _, m := range o.members {
		if c.wanted("role", m.role) && matchesQuery(c.query.Get("query"), m.user.identifier(), m.user.first, m.user.last, m.user.id) {
			list = append(list, c.memberJSON(&membership{o, m}))
		}
	}
	return c.pageOrList(list), nil
}

func addMember(c *call, o *organization) (any, *apiError) {
	u := c.state.find(c.arg("user_id"))
	switch {
	case c.arg("user_id") == "":
		return nil, missing("user_id")
	case u == nil:
		return nil, failParam("form_resource_not_found", "user_id", "The user was not found.")
	case o.member(u) != nil:
		return nil, fail("already_a_member_in_organization", "The user is already a member of the organization.")
	}
	if err := c.checkRole(); err != nil {
		return nil, err
	}
	return c.memberJSON(&membership{o, c.join(o, u, c.arg("role"))}), nil
}

func withMember(handle func(*call, *organization, *member) (any, *apiError)) func(*call, *organization) (any, *apiError) {
	return func(c *call, o *organization) (any, *apiError) {
		for _, m := range o.members {
			if m.user.id == c.args["user"] {
				return handle(c, o, m)
			}
		}
		return nil, notFound("Organization membership")
	}
}

// onlyAdmin tells whether an organization would have no admin without this one.
func (o *organization) onlyAdmin(m *member) bool {
	return m.role == "org:admin" && !slices.ContainsFunc(o.members, func(other *member) bool { return other != m && other.role == "org:admin" })
}

func updateMember(c *call, o *organization, m *member) (any, *apiError) {
	if err := c.checkRole(); err != nil {
		return nil, err
	}
	if o.onlyAdmin(m) && c.arg("role") != "org:admin" {
		return nil, lastAdmin()
	}
	c.join(o, m.user, c.arg("role"))
	return c.memberJSON(&membership{o, m}), nil
}

func lastAdmin() *apiError {
	return fail("organization_minimum_permissions_needed", "There has to be at least one member with the permissions of an admin.")
}

func removeMember(c *call, o *organization, m *member) (any, *apiError) {
	if o.onlyAdmin(m) {
		return nil, lastAdmin()
	}
	c.leave(o, m)
	return c.memberJSON(&membership{o, m}), nil
}

func (s *Server) leave(o *organization, m *member) {
	o.members = slices.DeleteFunc(o.members, func(other *member) bool { return other == m })
	s.leaveSessions(o, m.user)
}

// membershipRequest is somebody who wants to join: the user accepted a suggestion.
type membershipRequest struct {
	id, status       string
	user             *user
	created, updated int64
}

func (s *Server) requestJSON(o *organization, r *membershipRequest) object {
	return object{"object": "organization_membership_request", "id": r.id, "organization_id": o.id, "status": r.status,
		"public_user_data": s.publicUserJSON(r.user), "created_at": r.created, "updated_at": r.updated}
}

func listRequests(c *call, o *organization) (any, *apiError) {
	list := []any{}
	for _, r := range o.requests {
		if c.wanted("status", r.status) {
			list = append(list, c.requestJSON(o, r))
		}
	}
	return c.page(list), nil
}

func withRequest(status string) func(*call, *organization) (any, *apiError) {
	return func(c *call, o *organization) (any, *apiError) {
		for _, r := range o.requests {
			if r.id != c.args["id"] || r.status != "pending" {
				continue
			}
			r.status, r.updated = status, c.millis()
			if status == "accepted" {
				c.join(o, r.user, c.domainRole())
				c.settle(r.user)
			}
			return c.requestJSON(o, r), nil
		}
		return nil, notFound("Organization membership request")
	}
}
