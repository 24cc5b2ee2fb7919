package fapitest

import (
	"slices"
	"strings"
)

var domainRoutes = []route{
	{name: "GET /v1/organizations/{org}/domains", access: byUser, handle: inDomains(readDomains, listDomains)},
	{name: "POST /v1/organizations/{org}/domains", access: byUser, handle: inDomains(manageDomains, createDomain)},
	{name: "GET /v1/organizations/{org}/domains/{id}", access: byUser, handle: inDomains(readDomains, withDomain(func(c *call, o *organization, d *domain) (any, *apiError) { return c.domainJSON(o, d), nil }))},
	{name: "DELETE /v1/organizations/{org}/domains/{id}", access: byUser, handle: inDomains(manageDomains, withDomain(deleteDomain))},
	{name: "POST /v1/organizations/{org}/domains/{id}/update_enrollment_mode", access: byUser, handle: inDomains(manageDomains, withDomain(setEnrollment))},
	{name: "POST /v1/organizations/{org}/domains/{id}/prepare_affiliation_verification", access: byUser, handle: inDomains(manageDomains, withDomain(prepareAffiliation))},
	{name: "POST /v1/organizations/{org}/domains/{id}/attempt_affiliation_verification", access: byUser, handle: inDomains(manageDomains, withDomain(attemptAffiliation))},
	{name: "POST /v1/organizations/{org}/domains/{id}/prepare_ownership_verification", access: byUser, handle: inDomains(manageDomains, withDomain(prepareOwnership))},
	{name: "POST /v1/organizations/{org}/domains/{id}/attempt_ownership_verification", access: byUser, handle: inDomains(manageDomains, withDomain(attemptOwnership))},
}

// domain is a DNS name that an organization claims.
type domain struct {
	id, name, mode, email  string
	affiliation, ownership *verification
	verifiedAt             int64
	created, updated       int64
}

// covers gives the verified email address that a user has of the domain; "" for none, and of a domain that is not verified.
func (d *domain) covers(u *user) string {
	if verified := d.affiliation != nil && d.affiliation.status == "verified" || d.ownership != nil && d.ownership.status == "verified"; !verified {
		return ""
	}
	for _, e := range u.emails {
		if e.verified() && strings.HasSuffix(strings.ToLower(e.value), "@"+d.name) {
			return e.value
		}
	}
	return ""
}

func (s *Server) domainJSON(o *organization, d *domain) object {
	check := func(v *verification, txt bool) any {
		if v == nil {
			return nil
		}
		out := object{"status": v.status, "strategy": v.strategy, "attempts": v.attempts, "expire_at": nothing(v.expires), "verified_at": nil}
		if v.status == "verified" {
			out["verified_at"] = d.verifiedAt
		}
		if txt {
			out["txt_record_name"], out["txt_record_value"] = "_clerk."+d.name, "clerk-verification="+d.id
		}
		return out
	}
	invitations, suggestions := s.pendingOf(o, d)
	return object{"object": "organization_domain", "id": d.id, "organization_id": o.id, "name": d.name, "enrollment_mode": d.mode,
		"affiliation_email_address": nothing(d.email), "affiliation_verification": check(d.affiliation, false), "verification": check(d.affiliation, false),
		"ownership_verification": check(d.ownership, true), "total_pending_invitations": invitations, "total_pending_suggestions": suggestions,
		"public_organization_data": s.publicOrganizationJSON(o), "created_at": d.created, "updated_at": d.updated}
}

// inDomains is inOrganization, where the instance has domains.
func inDomains(permission string, handle func(*call, *organization) (any, *apiError)) func(*call) (any, *apiError) {
	return inOrganization(permission, func(c *call, o *organization) (any, *apiError) {
		if !c.setting(true, "organization_settings", "domains", "enabled") {
			return nil, fail("organization_domains_not_enabled", "Verified domains are not enabled for this instance.")
		}
		return handle(c, o)
	})
}

// commonDomains are some of those where everybody may have an address.
var commonDomains = []string{"gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "outlook.com", "yahoo.com"}

func listDomains(c *call, o *organization) (any, *apiError) {
	list := []any{}
	for _, d := range o.domains {
		if c.wanted("enrollment_mode", d.mode) && matchesQuery(c.query.Get("query"), d.name) {
			list = append(list, c.domainJSON(o, d))
		}
	}
	return c.page(list), nil
}

func createDomain(c *call, o *organization) (any, *apiError) {
	name := strings.ToLower(c.arg("name"))
	switch {
	case name == "":
		return nil, missing("name")
	case !strings.Contains(name, ".") || strings.ContainsAny(name, " /@:"):
		return nil, failParam("form_param_format_invalid", "name", "name must be a domain name.")
	case slices.Contains(commonDomains, name):
		return nil, failParam("organization_domain_common", "name", "name is the domain of a common email provider.")
	case slices.ContainsFunc(o.domains, func(d *domain) bool { return d.name == name }):
		return nil, failParam("organization_domain_already_exists_same_organization", "name", "The organization has that domain already.")
	}
	now := c.millis()
	d := &domain{id: c.newID("orgdmn"), name: name, mode: firstText(c.arg("enrollment_mode"), "manual_invitation"), created: now, updated: now}
	o.domains = append(o.domains, d)
	return c.domainJSON(o, d), nil
}

func withDomain(handle func(*call, *organization, *domain) (any, *apiError)) func(*call, *organization) (any, *apiError) {
	return func(c *call, o *organization) (any, *apiError) {
		for _, d := range o.domains {
			if d.id == c.args["id"] {
				return handle(c, o, d)
			}
		}
		return nil, notFound("Organization domain")
	}
}

// pendingOf counts what came of a domain and is not decided yet.
func (s *Server) pendingOf(o *organization, d *domain) (invitations, suggestions int) {
	for _, i := range o.invitations {
		if i.domain == d && i.status == "pending" {
			invitations++
		}
	}
	for _, g := range s.state.suggestions {
		if g.domain == d && g.status == "pending" {
			suggestions++
		}
	}
	return invitations, suggestions
}

// withdraw takes the invitations and suggestions back that came of a domain.
func (s *Server) withdraw(o *organization, d *domain) {
	for _, i := range o.invitations {
		if i.domain == d && i.status == "pending" {
			i.status, i.updated = "revoked", s.millis()
		}
	}
	s.state.suggestions = slices.DeleteFunc(s.state.suggestions, func(g *suggestion) bool { return g.domain == d && g.status == "pending" })
}

func deleteDomain(c *call, o *organization, d *domain) (any, *apiError) {
	c.withdraw(o, d)
	o.domains = slices.DeleteFunc(o.domains, func(other *domain) bool { return other == d })
	return deletedJSON("organization_domain", d.id), nil
}

func setEnrollment(c *call, o *organization, d *domain) (any, *apiError) {
	mode := c.arg("enrollment_mode")
	if !slices.Contains([]string{"manual_invitation", "automatic_invitation", "automatic_suggestion"}, mode) {
		return nil, failParam("organization_domain_enrollment_mode_invalid", "enrollment_mode", "The enrollment mode is not valid.")
	}
	if !c.listed(mode, "organization_settings", "domains", "enrollment_modes") {
		return nil, fail("organization_domain_enrollment_mode_not_enabled", "The enrollment mode is not enabled for this instance.")
	}
	d.mode, d.updated = mode, c.millis()
	if c.flag("delete_pending") {
		c.withdraw(o, d)
	}
	for _, u := range c.state.users {
		c.suggest(u)
	}
	return c.domainJSON(o, d), nil
}

func prepareAffiliation(c *call, o *organization, d *domain) (any, *apiError) {
	email := c.arg("affiliation_email_address")
	if !strings.HasSuffix(strings.ToLower(email), "@"+d.name) {
		return nil, failParam("organization_domain_mismatch", "affiliation_email_address", "The email address is not of this domain.")
	}
	d.email, d.affiliation = email, c.sendCode(email, "affiliation_email_code", "")
	return c.domainJSON(o, d), nil
}

func attemptAffiliation(c *call, o *organization, d *domain) (any, *apiError) {
	if err := c.attemptCode(d.affiliation); err != nil {
		return nil, err
	}
	d.verifiedAt = c.millis()
	return c.domainJSON(o, d), nil
}

func prepareOwnership(c *call, o *organization, d *domain) (any, *apiError) {
	d.ownership = &verification{status: "unverified", strategy: "txt", expires: c.millis() + codeLife}
	return c.domainJSON(o, d), nil
}

// attemptOwnership looks into no DNS: the record counts as there.
func attemptOwnership(c *call, o *organization, d *domain) (any, *apiError) {
	if err := c.attempt(d.ownership, true, nil); err != nil {
		return nil, err
	}
	d.verifiedAt = c.millis()
	return c.domainJSON(o, d), nil
}
