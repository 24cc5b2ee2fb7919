package fapitest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var organizationRoutes = []route{
	{name: "POST /v1/organizations", access: byUser, handle: createOrganization},
	{name: "GET /v1/organizations/{org}", access: byUser, handle: inOrganization("", func(c *call, o *organization) (any, *apiError) { return c.organizationJSON(o), nil })},
	{name: "PATCH /v1/organizations/{org}", access: byUser, handle: inOrganization(manageProfile, updateOrganization)},
	{name: "DELETE /v1/organizations/{org}", access: byUser, handle: inOrganization(deleteProfile, deleteOrganization)},
	{name: "PUT /v1/organizations/{org}/logo", access: byUser, handle: inOrganization(manageProfile, setLogo)},
	{name: "DELETE /v1/organizations/{org}/logo", access: byUser, handle: inOrganization(manageProfile, deleteLogo)},
	{name: "GET /v1/organizations/{org}/roles", access: byUser, handle: inOrganization("", listRoles)},
}

// Permissions that the API itself asks for.
const (
	manageProfile = "org:sys_profile:manage"
	deleteProfile = "org:sys_profile:delete"
	readMembers   = "org:sys_memberships:read"
	manageMembers = "org:sys_memberships:manage"
	readDomains   = "org:sys_domains:read"
	manageDomains = "org:sys_domains:manage"
	readBilling   = "org:sys_billing:read"
	manageBilling = "org:sys_billing:manage"
	readKeys      = "org:sys_api_keys:read"
	manageKeys    = "org:sys_api_keys:manage"
	manageSSO     = "org:sys_entconns:manage"
)

// role is what a member may do.
type role struct {
	key, name   string
	permissions []string
}

// builtInRoles are there without an option.
func builtInRoles() []role {
	return []role{
		{"org:admin", "Admin", []string{manageProfile, deleteProfile, readMembers, manageMembers, readDomains, manageDomains, readBilling, manageBilling,
			readKeys, manageKeys, manageSSO}},
		{"org:member", "Member", []string{readMembers, readBilling}},
	}
}

var roleKey = regexp.MustCompile(`^org:[a-z0-9_]+$`)

// setRole adds a role, or replaces the one with its key.
func (s *Server) setRole(r Role) error {
	if !roleKey.MatchString(r.Key) {
		return fmt.Errorf("WithRole: %q is not of the form org:name", r.Key)
	}
	for _, p := range r.Permissions {
		if !permissionKey.MatchString(p) {
			return fmt.Errorf("WithRole: the permission %q of %s is not of the form org:feature:permission", p, r.Key)
		}
	}
	added := role{r.Key, firstText(r.Name, roleName(r.Key)), slices.Clone(r.Permissions)}
	if i := slices.IndexFunc(s.state.roles, func(other role) bool { return other.key == r.Key }); i >= 0 {
		s.state.roles[i] = added
		return nil
	}
	s.state.roles = append(s.state.roles, added)
	return nil
}

var permissionKey = regexp.MustCompile(`^org:[a-z0-9_]+:[a-z0-9_]+$`)

// roleName is "Billing manager" of "org:billing_manager".
func roleName(key string) string {
	name := strings.ReplaceAll(strings.TrimPrefix(key, "org:"), "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// roleOf finds a role. The keys of members and invitations were checked.
func (s *Server) roleOf(key string) role {
	for _, r := range s.state.roles {
		if r.key == key {
			return r
		}
	}
	return role{key: key}
}

// checkRole refuses a request whose role the instance does not have.
func (c *call) checkRole() *apiError {
	key := c.arg("role")
	switch {
	case key == "":
		return missing("role")
	case c.roleOf(key).name == "":
		return failParam("resource_not_found", "role", "The organization role was not found.")
	}
	return nil
}

// inOrganization finds the organization of the path. The user has to be a member with the permission; "" asks for none.
func inOrganization(permission string, handle func(*call, *organization) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		o := c.state.organization(c.args["org"])
		if err := c.organizationsEnabled(); err != nil {
			return nil, err
		}
		if o == nil || o.member(c.user()) == nil {
			return nil, fail("organization_not_found_or_unauthorized", "The organization does not exist, or you are not a member of it.")
		}
		if err := c.permitted(o, permission); err != nil {
			return nil, err
		}
		return handle(c, o)
	}
}

// permitted refuses a member of an organization whose role lacks a permission; "" asks for none.
func (c *call) permitted(o *organization, permission string) *apiError {
	if permission == "" || slices.Contains(c.roleOf(o.member(c.user()).role).permissions, permission) {
		return nil
	}
	return fail("missing_organization_permission", "You are missing the following organization permission: "+permission).with("permissions", texts(permission))
}

// permittedStateless refuses a member who lacks the permission for an operation of an organization that the server keeps no
// state of. Whoever is not known to be a member gets the zero response, as everywhere.
func (c *call) permittedStateless() *apiError {
	parts := strings.SplitN(c.path, "/", 6) // "", v1, organizations, its id, the resource
	if len(parts) < 5 || parts[2] != "organizations" || c.client == nil || c.chooseSession() != nil {
		return nil
	}
	o := c.state.organization(parts[3])
	if o == nil || o.member(c.user()) == nil {
		return nil
	}
	permissions := map[string][2]string{ // to read and to write
		"billing": {readBilling, manageBilling}, "domains": {readDomains, manageDomains}, "enterprise_connections": {manageSSO, manageSSO},
	}[parts[4]]
	if c.method == http.MethodGet {
		return c.permitted(o, permissions[0])
	}
	return c.permitted(o, permissions[1])
}

func (c *call) organizationsEnabled() *apiError {
	if c.setting(true, "organization_settings", "enabled") {
		return nil
	}
	return fail("organization_not_enabled_in_instance", "The organizations feature is not enabled for this instance.")
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkSlug refuses a slug that is malformed or taken.
func (c *call) checkSlug(slug string, but *organization) *apiError {
	other := c.state.organization(slug)
	switch {
	case slug == "":
		return nil
	case c.setting(false, "organization_settings", "slug", "disabled"):
		return fail("organization_slugs_disabled", "Organization slugs are disabled for this instance.")
	case !slugForm.MatchString(slug):
		return failParam("form_param_format_invalid", "slug", "slug can only have lowercase letters, digits and dashes.")
	case other != nil && other != but:
		return failParam("form_identifier_exists", "slug", "That slug is taken. Please try another.")
	}
	return nil
}

func createOrganization(c *call) (any, *apiError) {
	if err := c.organizationsEnabled(); err != nil {
		return nil, err
	}
	if !c.setting(true, "user_settings", "actions", "create_organization") {
		return nil, fail("user_create_organization_not_enabled", "You are not allowed to create organizations.")
	}
	if c.arg("name") == "" {
		return nil, missing("name")
	}
	if err := c.checkSlug(c.arg("slug"), nil); err != nil {
		return nil, err
	}
	o := c.newOrganization(c.arg("name"), c.arg("slug"))
	for n, base := 2, o.slug; c.state.organization(o.slug) != nil; n++ {
		o.slug = base + "-" + strconv.Itoa(n)
	}
	role, _ := c.at("organization_settings", "creator_role").(string)
	c.join(o, c.user(), firstText(role, "org:admin"))
	c.state.orgs = append(c.state.orgs, o)
	return c.organizationJSON(o), nil
}

func updateOrganization(c *call, o *organization) (any, *apiError) {
	if c.has("name") && c.arg("name") == "" {
		return nil, missing("name")
	}
	if err := c.checkSlug(c.arg("slug"), o); err != nil {
		return nil, err
	}
	o.name, o.slug, o.updated = firstText(c.arg("name"), o.name), firstText(c.arg("slug"), o.slug), c.millis()
	return c.organizationJSON(o), nil
}

func deleteOrganization(c *call, o *organization) (any, *apiError) {
	if !c.setting(true, "organization_settings", "actions", "admin_delete") {
		return nil, fail("organization_admin_delete_not_enabled", "Organizations cannot be deleted by their admins.")
	}
	c.state.orgs = slices.DeleteFunc(c.state.orgs, func(other *organization) bool { return other == o })
	c.leaveSessions(o, nil)
	return deletedJSON("organization", o.id), nil
}

// leaveSessions takes an organization out of the sessions of a user; of all users when that is nil.
func (s *Server) leaveSessions(o *organization, u *user) {
	for _, k := range s.state.clients {
		for _, x := range k.sessions {
			if x.org == o && (u == nil || x.user == u) {
				x.org = nil
				k.updated = max(s.millis(), k.updated+1)
				s.settle(x.user)
			}
		}
	}
}

func setLogo(c *call, o *organization) (any, *apiError) {
	if !c.has("file") {
		return nil, failParam("form_param_missing", "file", "file must be included.")
	}
	o.hasImage, o.updated = true, c.millis()
	return c.organizationJSON(o), nil
}

func deleteLogo(c *call, o *organization) (any, *apiError) {
	o.hasImage, o.updated = false, c.millis()
	return deletedJSON("image", c.newID("img")), nil
}

func listRoles(c *call, o *organization) (any, *apiError) {
	permission := func(key string) object {
		return object{"object": "permission", "id": "perm_" + strings.ReplaceAll(key, ":", "_"), "name": key, "key": key, "description": "", "type": "system",
			"created_at": o.created, "updated_at": o.created}
	}
	page := c.page(listOf(c.state.roles, func(r role) object {
		return object{"object": "role", "id": "role_" + strings.TrimPrefix(r.key, "org:"), "name": r.name, "key": r.key, "description": "",
			"is_creator_eligible": r.key == "org:admin", "permissions": listOf(r.permissions, permission), "created_at": o.created, "updated_at": o.created}
	}))
	page["has_role_set_migration"] = false
	return page, nil
}

// page is a part of a list, as limit and offset of the query say; ten items without a limit.
func (c *call) page(list []any) object {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 10
	}
	offset, _ := strconv.Atoi(c.query.Get("offset"))
	offset = min(max(offset, 0), len(list))
	return object{"data": list[offset:min(offset+limit, len(list))], "total_count": len(list)}
}

// pageOrList is a page if the query asks for one; a list is the whole.
func (c *call) pageOrList(list []any) any {
	if c.query.Get("paginated") == "true" {
		return c.page(list)
	}
	return list
}

// wanted tells whether a value is among those of a query parameter, if it is given at all.
func (c *call) wanted(param, value string) bool {
	return !c.query.Has(param) || slices.Contains(c.query[param], value)
}
