package generator

import (
	"net/http"
	"slices"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// The ids have the length of real ones, which the description asks for.
const (
	orgAdmin    = "user_admin0000000000000000000000"
	orgMember   = "user_member000000000000000000000"
	orgReader   = "user_reader000000000000000000000"
	orgStranger = "user_stranger0000000000000000000"
	orgStaff    = "org_staff0000000000000000000000"
)

// staff is an organization with one member of each role: the built-in ones, and one that may read API keys only.
func staff(t *testing.T) *checkedFake {
	t.Helper()
	user := func(id string) fapitest.Option {
		return fapitest.WithUser(fapitest.User{ID: id, Emails: []string{id + "@example.com"}, Password: password})
	}
	return newCheckedFake(t, user(orgAdmin), user(orgMember), user(orgReader), user(orgStranger),
		fapitest.WithRole(fapitest.Role{Key: "org:reader", Permissions: []string{"org:sys_api_keys:read"}}),
		fapitest.WithOrganization(fapitest.Organization{ID: orgStaff, Name: "Staff", Members: []fapitest.Member{
			{User: orgAdmin, Role: "org:admin"}, {User: orgMember}, {User: orgReader, Role: "org:reader"}}}))
}

func (f *checkedFake) become(id string) {
	f.t.Helper()
	f.signIn(id+"@example.com", password)
}

func TestFakePermissionsOfTheBuiltInRoles(t *testing.T) {
	f := staff(t)
	for id, want := range map[string][]string{
		orgAdmin: {"org:sys_api_keys:manage", "org:sys_api_keys:read", "org:sys_billing:manage", "org:sys_billing:read", "org:sys_domains:manage", "org:sys_domains:read",
			"org:sys_entconns:manage", "org:sys_memberships:manage", "org:sys_memberships:read", "org:sys_profile:delete", "org:sys_profile:manage"},
		orgMember: {"org:sys_billing:read", "org:sys_memberships:read"},
	} {
		f.become(id)
		var got []string
		for _, p := range f.ok("GET", "/v1/me", "").at("response.organization_memberships.0.permissions").([]any) {
			got = append(got, p.(string))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v", id, got)
		}
	}
}

func TestFakeKeysOfAnOrganization(t *testing.T) {
	f := staff(t)
	f.become(orgAdmin)
	const create = `{"name":"deploy","subject":"` + orgStaff + `"}`
	b := f.ok("POST", "/api_keys", create)
	at := "/api_keys/" + b.text("id")
	const missing, unknown, foreign = "missing_organization_permission", "resource_not_found", "authorization_invalid"
	for _, tc := range []struct{ user, list, create, update, revoke string }{
		{orgMember, missing, missing, missing, missing},
		{orgReader, "", missing, missing, missing},
		{orgStranger, foreign, foreign, unknown, unknown},
		{orgAdmin, "", "", "", ""},
	} {
		f.become(tc.user)
		for _, step := range []struct{ code, method, path, form string }{
			{tc.list, "GET", "/api_keys?subject=" + orgStaff, ""}, {tc.create, "POST", "/api_keys", create},
			{tc.update, "PATCH", at, `{"description":"mine"}`}, {tc.revoke, "POST", at + "/revoke", `{}`},
			{"", "POST", "/api_keys", `{"name":"own"}`}, {"", "GET", "/api_keys", ""},
		} {
			status := map[string]int{missing: http.StatusForbidden, foreign: http.StatusForbidden, unknown: http.StatusNotFound}[step.code]
			if step.code != "" {
				f.fails(status, step.code, step.method, step.path, step.form)
			} else {
				f.ok(step.method, step.path, step.form)
			}
		}
	}
}

// Operations without state want the permission of a known member as well.
func TestFakePermissionsWithoutState(t *testing.T) {
	f := staff(t)
	const root = "/v1/organizations/" + orgStaff
	for _, tc := range []struct {
		user, method, path string
		refused            bool
	}{
		{orgMember, "GET", root + "/enterprise_connections", true},
		{orgMember, "POST", root + "/enterprise_connections", true},
		{orgMember, "DELETE", root + "/enterprise_connections/c1", true},
		{orgAdmin, "GET", root + "/enterprise_connections", false},
		{orgMember, "POST", root + "/billing/checkouts", true},
		{orgMember, "GET", root + "/billing/checkouts/c1", false},
		{orgAdmin, "POST", root + "/billing/checkouts", false},
		{orgReader, "POST", root + "/domains/bulk", true},
		{orgStranger, "GET", root + "/enterprise_connections", false},
	} {
		f.become(tc.user)
		if tc.refused {
			f.fails(403, "missing_organization_permission", tc.method, tc.path, "")
		} else {
			f.ok(tc.method, tc.path, "")
		}
	}
}
