package fapi

import "testing"

// wire-and-state 3.11.
func TestCheck(t *testing.T) {
	full := authorization{
		signedIn: true, inOrganization: true, role: "org:admin", permissions: []string{"org:invoices:read", "bare:read"},
		features: []string{"o:reports", "u:beta", "ou:both", "uo:twice", "z:odd", "bare", "o:"}, plans: []string{"u:pro", "o:team"},
		ages: []int64{5, 5},
	}
	personal, noRole := full, full
	personal.inOrganization, noRole.role = false, ""
	oldRole := full
	oldRole.role = "admin"
	tests := []struct {
		rule  string
		check Check
		in    authorization
		want  bool
	}{
		{"nothing asked", Check{}, full, false},
		{"no user", Check{Role: "org:admin"}, authorization{inOrganization: true, role: "org:admin"}, false},
		{"nothing known", Check{Feature: "reports"}, authorization{signedIn: true}, false},
		{"role", Check{Role: "org:admin"}, full, true},
		{"role without org:", Check{Role: "admin"}, full, true},
		{"role with org: twice", Check{Role: "org:org:admin"}, full, true},
		{"role of old", Check{Role: "org:admin"}, oldRole, true},
		{"another role", Check{Role: "org:member"}, full, false},
		{"role in another case", Check{Role: "org:Admin"}, full, false},
		{"role in the personal account", Check{Role: "org:admin"}, personal, false},
		{"role unknown", Check{Role: "org:"}, noRole, false},
		{"permission", Check{Permission: "org:invoices:read"}, full, true},
		{"permission without org:", Check{Permission: "invoices:read"}, full, true},
		{"another permission", Check{Permission: "org:invoices:write"}, full, false},
		{"an entry of the list has to carry org:", Check{Permission: "bare:read"}, full, false},
		{"permission in the personal account", Check{Permission: "org:invoices:read"}, personal, false},
		{"feature of the organization", Check{Feature: "reports"}, full, true},
		{"feature of the user", Check{Feature: "beta"}, full, true},
		{"feature of both", Check{Feature: "both"}, full, true},
		{"feature, org:", Check{Feature: "org:reports"}, full, true},
		{"feature, o:", Check{Feature: "o:both"}, full, true},
		{"feature, organization:", Check{Feature: "organization:twice"}, full, true},
		{"feature, user:", Check{Feature: "user:twice"}, full, true},
		{"feature, u:", Check{Feature: "u:beta"}, full, true},
		{"feature of the wrong scope", Check{Feature: "user:reports"}, full, false},
		{"feature of the other wrong scope", Check{Feature: "org:beta"}, full, false},
		{"feature of an unknown scope", Check{Feature: "odd"}, full, false},
		{"unknown scope asked", Check{Feature: "z:odd"}, full, false},
		{"both scopes asked at once", Check{Feature: "ou:both"}, full, false},
		{"an element without a scope", Check{Feature: "bare"}, full, false},
		{"a scope without a name", Check{Feature: "o:"}, full, false},
		{"features need no organization", Check{Feature: "org:reports"}, personal, true},
		{"plan", Check{Plan: "pro"}, full, true},
		{"plan of the wrong scope", Check{Plan: "org:pro"}, full, false},
		{"a feature is no plan", Check{Plan: "reports"}, full, false},
		{"all that is asked", Check{"admin", "invoices:read", "reports", "pro", ReverificationStrictMFA}, full, true},
		{"all but the role", Check{"member", "invoices:read", "reports", "pro", ReverificationStrictMFA}, full, false},
		{"all but the permission", Check{"admin", "invoices:write", "reports", "pro", ReverificationStrictMFA}, full, false},
		{"all but the feature", Check{"admin", "invoices:read", "x", "pro", ReverificationStrictMFA}, full, false},
		{"all but the plan", Check{"admin", "invoices:read", "reports", "x", ReverificationStrictMFA}, full, false},
		{"all but the reverification", Check{"admin", "invoices:read", "reports", "pro", Reverification{"multi_factor", 5}}, full, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if got := tt.check.allowed(tt.in); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// wire-and-state 3.11: fresh is an age other than -1 and below AfterMinutes.
func TestReverification(t *testing.T) {
	const first, second, multi = ReverificationFirstFactor, ReverificationSecondFactor, ReverificationMultiFactor
	tests := []struct {
		rule   string
		check  Reverification
		f1, f2 int64
		want   bool
	}{
		{"fresh", Reverification{first, 10}, 9, -1, true},
		{"exactly as old as allowed is too old", Reverification{first, 10}, 10, -1, false},
		{"first factor asks only the first", Reverification{first, 10}, 9, 99, true},
		{"first factor does not take the second", Reverification{first, 10}, -1, 0, false},
		{"second factor", Reverification{second, 10}, 99, 9, true},
		{"second factor too old", Reverification{second, 10}, 0, 10, false},
		{"second factor, not enrolled: the first", Reverification{second, 10}, 9, -1, true},
		{"second factor, not enrolled, the first too old", Reverification{second, 10}, 10, -1, false},
		{"second factor without a first", Reverification{second, 10}, -1, 9, true},
		{"multi factor", Reverification{multi, 10}, 9, 9, true},
		{"multi factor, first too old", Reverification{multi, 10}, 10, 9, false},
		{"multi factor, second too old", Reverification{multi, 10}, 9, 10, false},
		{"multi factor, second not enrolled: the first", Reverification{multi, 10}, 9, -1, true},
		{"multi factor without a first", Reverification{multi, 10}, -1, 9, false},
		{"neither, first", Reverification{first, 10}, -1, -1, false},
		{"neither, second", Reverification{second, 10}, -1, -1, false},
		{"neither, multi", Reverification{multi, 10}, -1, -1, false},
		{"strict_mfa is 10 minutes", ReverificationStrictMFA, 9, 9, true},
		{"strict_mfa needs both", ReverificationStrictMFA, 10, 9, false},
		{"strict is 10 minutes", ReverificationStrict, 99, 9, true},
		{"strict ends at 10 minutes", ReverificationStrict, 0, 10, false},
		{"moderate is 60 minutes", ReverificationModerate, 99, 59, true},
		{"moderate ends at 60 minutes", ReverificationModerate, 0, 60, false},
		{"lax is 1440 minutes", ReverificationLax, 9999, 1439, true},
		{"lax ends at 1440 minutes", ReverificationLax, 0, 1440, false},
		{"an unknown level", Reverification{"third_factor", 10}, 0, 0, false},
		{"no level", Reverification{"", 10}, 0, 0, false},
		{"no minutes", Reverification{first, 0}, 0, 0, false},
		{"negative minutes", Reverification{first, -1}, -2, -2, false},
		{"an age that is none", Reverification{second, 10}, 0, -2, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			a := authorization{signedIn: true, ages: []int64{tt.f1, tt.f2}}
			if got := (Check{Reverification: tt.check}).allowed(a); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
	for _, ages := range [][]int64{nil, {}, {0}, {0, 0, 0}} {
		if (Check{Reverification: ReverificationLax}).allowed(authorization{signedIn: true, ages: ages}) {
			t.Errorf("%v is enough", ages)
		}
	}
}
