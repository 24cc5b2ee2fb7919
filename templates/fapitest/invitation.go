package fapitest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var invitationRoutes = []route{
	{name: "GET /v1/organizations/{org}/invitations", access: byUser, handle: inOrganization(readMembers, listInvitations)},
	{name: "GET /v1/organizations/{org}/invitations/pending", access: byUser, handle: inOrganization(readMembers, listPendingInvitations)},
	{name: "POST /v1/organizations/{org}/invitations", access: byUser, handle: inOrganization(manageMembers, createInvitation)},
	{name: "POST /v1/organizations/{org}/invitations/bulk", access: byUser, handle: inOrganization(manageMembers, createInvitations)},
	{name: "GET /v1/tickets/accept", mode: bare, access: unidentified, handle: acceptTicket},
	{name: "POST /v1/organizations/{org}/invitations/{id}/revoke", access: byUser, handle: inOrganization(manageMembers, revokeInvitation)},
}

// invitation to an organization.
type invitation struct {
	id, email, role, status, ticket string
	domain                          *domain // that it came of by itself
	created, updated                int64
}

func (s *Server) invitationJSON(o *organization, i *invitation) object {
	return object{"object": "organization_invitation", "id": i.id, "email_address": i.email, "role": i.role, "role_name": s.roleOf(i.role).name,
		"organization_id": o.id, "public_organization_data": s.publicOrganizationJSON(o), "status": i.status, "public_metadata": object{}, "url": nothing(s.invitationURL(i)),
		"expires_at": i.created + month, "created_at": i.created, "updated_at": i.updated}
}

// invitationURL is the link in the email that invites; "" once it is of no use.
func (s *Server) invitationURL(i *invitation) string {
	if i.status != "pending" || i.created+month <= s.millis() {
		return ""
	}
	return s.URL() + "/v1/tickets/accept?ticket=" + i.ticket
}

// acceptTicket is the page behind an invitation's link. It redirects to the application, which goes on with the ticket as
// __clerk_status says. Somebody who is signed in as the invited user has accepted by opening it.
func acceptTicket(c *call) (any, *apiError) {
	t := c.state.tickets[c.query.Get("ticket")]
	switch {
	case c.query.Get("ticket") == "":
		return nil, missing("ticket")
	case t == nil:
		return nil, failParam("ticket_invalid_code", "ticket", "Ticket is invalid.")
	case t.invitation == nil && t.used:
		return nil, failParam("sign_in_token_already_used_code", "ticket", "This sign-in token has already been used.")
	}
	u := t.user
	if t.invitation != nil {
		if err := c.openInvitation(t); err != nil {
			return nil, err
		}
		u, _, _ = c.state.userByIdentifier(t.invitation.email)
	}
	_ = c.identifyPage() // a browser that is not known is nobody's
	status, page := "sign_up", "sign_up_url"
	switch {
	case u != nil && c.client != nil && slices.ContainsFunc(c.client.sessions, func(x *session) bool { return x.user == u && c.alive(x) }):
		status, page = "complete", "after_sign_in_url"
		if t.invitation != nil {
			t.used = true
			c.acceptInvitation(t.org, t.invitation, u)
			c.change()
		}
	case u != nil:
		status, page = "sign_in", "sign_in_url"
	}
	text, _ := c.at("display_config", page).(string)
	target, err := url.Parse(text)
	if err != nil {
		return nil, fail("invalid_redirect_url", "display_config."+page+" is not a URL.")
	}
	setQuery(target, "__clerk_status", status)
	setQuery(target, "__clerk_ticket", c.query.Get("ticket"))
	c.header.Set("Location", target.String())
	c.status = http.StatusSeeOther
	return nil, nil
}

func matchesQuery(query string, texts ...string) bool {
	return query == "" || strings.Contains(strings.ToLower(strings.Join(texts, " ")), strings.ToLower(query))
}

func listInvitations(c *call, o *organization) (any, *apiError) {
	list := []any{}
	for _, i := range o.invitations {
		if c.wanted("status", i.status) && matchesQuery(c.query.Get("query"), i.email) {
			list = append(list, c.invitationJSON(o, i))
		}
	}
	return c.page(list), nil
}

func listPendingInvitations(c *call, o *organization) (any, *apiError) {
	list := []any{}
	for _, i := range o.invitations {
		if i.status == "pending" {
			list = append(list, c.invitationJSON(o, i))
		}
	}
	return c.page(list), nil
}

// invite checks all addresses before it invites the first.
func (c *call) invite(o *organization, emails []string) ([]any, *apiError) {
	if len(emails) == 0 {
		return nil, missing("email_address")
	}
	if err := c.checkRole(); err != nil {
		return nil, err
	}
	for _, email := range emails {
		if !validEmail(email) {
			return nil, failParam("form_param_format_invalid", "email_address", "email_address must be a valid email address.")
		}
		if u, _, _ := c.state.userByIdentifier(email); u != nil && o.member(u) != nil {
			return nil, fail("already_a_member_in_organization", email+" is already a member of the organization.")
		}
		for _, i := range o.invitations {
			if i.email == email && i.status == "pending" {
				return nil, fail("organization_invitation_not_unique", email+" has been invited already.").with("email_addresses", texts(email))
			}
		}
	}
	list := []any{}
	for _, email := range emails {
		i := c.newInvitation(o, email, c.arg("role"))
		if c.arg("notify") != "false" {
			c.deliver(Message{Kind: MessageInvitation, To: email, URL: c.invitationURL(i), Ticket: i.ticket})
		}
		list = append(list, c.invitationJSON(o, i))
	}
	return list, nil
}

func (s *Server) newInvitation(o *organization, email, role string) *invitation {
	now := s.millis()
	i := &invitation{id: s.newID("orginv"), email: email, role: role, status: "pending", created: now, updated: now, ticket: s.newID("ticket")}
	s.state.tickets[i.ticket] = &ticket{invitation: i, org: o}
	o.invitations = append(o.invitations, i)
	return i
}

func createInvitation(c *call, o *organization) (any, *apiError) {
	emails := c.list("email_address")
	list, err := c.invite(o, emails[:min(1, len(emails))])
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func createInvitations(c *call, o *organization) (any, *apiError) {
	list, err := c.invite(o, c.list("email_address"))
	if err != nil {
		return nil, err
	}
	return list, nil
}

func revokeInvitation(c *call, o *organization) (any, *apiError) {
	for _, i := range o.invitations {
		if i.id != c.args["id"] {
			continue
		}
		if i.status != "pending" {
			return nil, fail("organization_invitation_not_pending", "The invitation is not pending.")
		}
		i.status, i.updated = "revoked", c.millis()
		return c.invitationJSON(o, i), nil
	}
	return nil, fail("organization_invitation_not_found", "The invitation was not found.")
}

// openInvitation refuses the ticket of an invitation that is over.
func (c *call) openInvitation(t *ticket) *apiError {
	switch {
	case !slices.Contains(c.state.orgs, t.org):
		return failParam("organization_invitation_to_deleted_organization", "ticket", "The organization of the invitation has been deleted.")
	case t.invitation.status == "revoked":
		return failParam("organization_invitation_revoked_code", "ticket", "The invitation has been revoked.")
	case t.invitation.status != "pending":
		return failParam("organization_invitation_already_accepted", "ticket", "The invitation has already been accepted.")
	case t.invitation.created+month <= c.millis():
		return failParam("ticket_expired_code", "ticket", "The ticket has expired.")
	}
	return nil
}

func (s *Server) acceptInvitation(o *organization, i *invitation, u *user) {
	i.status, i.updated = "accepted", s.millis()
	s.join(o, u, i.role)
	s.settle(u)
}

// InvitationTicket is the ticket in the email that invited somebody to an organization, given by id or slug; "" when nobody was.
// The strategy ticket of sign-ins and sign-ups takes it.
func (s *Server) InvitationTicket(organization, email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.state.organization(organization); o != nil {
		for _, i := range o.invitations {
			if i.email == email && i.status == "pending" {
				return i.ticket
			}
		}
	}
	return ""
}
