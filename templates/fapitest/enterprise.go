package fapitest

import (
	"slices"
	"strings"
)

// Enterprise accounts: what users have of an enterprise connection after they came by it. There is one connection for each
// domain.

var enterpriseRoutes = []route{
	{name: "DELETE /v1/me/enterprise_accounts/{id}", access: byUser, handle: deleteEnterpriseAccount},
}

type enterpriseAccount struct {
	id, email    string
	verification *verification
	last         int64 // authentication
	created      int64
}

// enterpriseDomain reports whether there is an enterprise connection for the domain of an email address: a user of the
// domain signs in by one.
func (s *Server) enterpriseDomain(email string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	return domain != "" && slices.ContainsFunc(s.state.users, func(u *user) bool {
		return u.enterprise && slices.ContainsFunc(u.emails, func(e *identifier) bool { return strings.HasSuffix(strings.ToLower(e.value), "@"+domain) })
	})
}

// entersByEnterprise reports whether a sign-in may go by an enterprise connection: that of its user, or of the domain of an
// identifier that nobody has yet.
func (s *Server) entersByEnterprise(a *signIn) bool {
	if a.user != nil {
		return a.user.enterprise
	}
	return a.missing != nil && s.enterpriseDomain(a.missing.value)
}

// connectEnterprise notes that a user came by the connection of an email address.
func (s *Server) connectEnterprise(u *user, email string) {
	now := s.millis()
	i := slices.IndexFunc(u.enterprises, func(e *enterpriseAccount) bool { return strings.EqualFold(e.email, email) })
	if i < 0 {
		i = len(u.enterprises)
		u.enterprises = append(u.enterprises, &enterpriseAccount{id: s.newID("entacc"), email: email, created: now})
	}
	u.enterprises[i].last = now
	u.enterprises[i].verification = externalVerified("enterprise_sso")
	u.updated = now
}

// enterpriseEmail is the address that a user comes by: the one that was typed, else the primary one.
func (u *user) enterpriseEmail(typed string) string {
	for _, e := range u.emails {
		if strings.EqualFold(e.value, typed) {
			return e.value
		}
	}
	if i := identifierOf(u.emails, u.primaryEmail); i != nil {
		return i.value
	}
	return ""
}

func (s *Server) enterpriseJSON(u *user) func(*enterpriseAccount) object {
	return func(e *enterpriseAccount) object {
		_, domain, _ := strings.Cut(strings.ToLower(e.email), "@")
		name := notInSlug.ReplaceAllString(domain, "_")
		connection := object{"id": "entconn_" + name, "protocol": "oauth", "provider": "oauth_custom_" + name, "name": domain, "logo_public_url": nil, "domain": domain,
			"active": true, "sync_user_attributes": true, "disable_additional_identifications": false, "allow_subdomains": false, "allow_idp_initiated": false,
			"allow_organization_account_linking": false, "enterprise_connection_id": "entconn_" + name, "created_at": e.created, "updated_at": e.created}
		return object{"object": "enterprise_account", "id": e.id, "protocol": "oauth", "provider": connection["provider"], "active": true, "email_address": e.email,
			"first_name": nothing(u.first), "last_name": nothing(u.last), "provider_user_id": u.id, "public_metadata": object{}, "verification": e.verification.json(),
			"enterprise_connection_id": connection["id"], "last_authenticated_at": e.last, "enterprise_connection": connection}
	}
}

func deleteEnterpriseAccount(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	i := slices.IndexFunc(u.enterprises, func(e *enterpriseAccount) bool { return e.id == c.args["id"] })
	if i < 0 {
		return nil, notFound("Enterprise account")
	}
	u.enterprises = slices.Delete(u.enterprises, i, i+1)
	u.updated = c.millis()
	return deletedJSON("enterprise_account", c.args["id"]), nil
}
