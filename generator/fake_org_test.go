package generator

// Scenarios of organizations, and of what is nobody's.

import (
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const minute = time.Minute

func organizations(t *testing.T, f *checkedFake) {
	f.signIn(grace, password)
	if f.session != "" {
		t.Fatal("Grace has a second factor")
	}
	f.token = ""
	b := f.ok("POST", "/v1/client/sign_ins", form("strategy", "ticket", "ticket", f.Ticket(grace)))
	b = f.ok("POST", "/v1/client/sign_ins/"+b.text("response.id")+"/attempt_second_factor", form("strategy", "totp", "code", "424242"))
	graceID := b.text("client.sessions.0.user.id")
	graceFake := *f
	graceFake.session = b.text("response.created_session_id")

	f.signIn(ada, password)
	b = f.ok("POST", "/v1/organizations", form("name", "New Works"))
	at, id := "/v1/organizations/"+b.text("response.id"), b.text("response.id")
	if b.text("response.slug") != "new-works" || b.text("client.sessions.0.user.organization_memberships.1.role") != "org:admin" {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(422, "form_identifier_exists", "POST", "/v1/organizations", form("name", "Other", "slug", "acme"))
	f.ok("PATCH", at, form("name", "Newer Works"))
	if b = f.ok("GET", at, ""); b.text("response.name") != "Newer Works" {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("PUT", at+"/logo", form("file", "x"))
	f.ok("DELETE", at+"/logo", "")
	if b = f.ok("GET", at+"/roles", ""); b.text("response.data.0.key") != "org:admin" {
		t.Errorf("%v", b.at("response"))
	}
	graceFake.fails(404, "organization_not_found_or_unauthorized", "GET", at, "")
	f.ok("POST", at+"/memberships", form("user_id", graceID, "role", "org:member"))
	f.fails(400, "already_a_member_in_organization", "POST", at+"/memberships", form("user_id", graceID, "role", "org:member"))
	graceFake.fails(403, "missing_organization_permission", "PATCH", at, form("name", "Mine"))
	if b = f.ok("GET", at+"/memberships?paginated=true&limit=1&offset=1", ""); b.at("response.total_count") != 2.0 || b.text("response.data.0.public_user_data.user_id") != graceID {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.ok("GET", at+"/memberships?role=org:admin", ""); b.at("response.0.id") == nil || b.at("response.1") != nil {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("PATCH", at+"/memberships/"+graceID, form("role", "org:admin"))
	if b = graceFake.ok("GET", "/v1/me/organization_memberships?paginated=true", ""); b.text("response.data.0.role") != "org:admin" {
		t.Errorf("%v", b.at("response"))
	}
	graceFake.ok("GET", "/v1/me/organization_memberships", "")
	f.ok("DELETE", "/v1/me/organization_memberships/"+id, "")
	graceFake.fails(400, "organization_minimum_permissions_needed", "DELETE", "/v1/me/organization_memberships/"+id, "")
	graceFake.ok("DELETE", at, "")
	f.fails(404, "organization_not_found_or_unauthorized", "GET", at, "")
	f.ok("POST", "/v1/organizations/acme/memberships", form("user_id", graceID, "role", "org:member"))
	f.ok("DELETE", "/v1/organizations/acme/memberships/"+graceID, "")
}

func invitations(t *testing.T, f *checkedFake) {
	const at = "/v1/organizations/acme/invitations"
	f.signIn(ada, password)
	f.ok("POST", at, form("email_address", "new+clerk_test@example.com", "role", "org:admin"))
	f.fails(400, "organization_invitation_not_unique", "POST", at, form("email_address", "new+clerk_test@example.com", "role", "org:admin"))
	b := f.ok("POST", at+"/bulk", form("email_address", grace, "email_address", "other@example.com", "role", "org:member"))
	f.ok("POST", at+"/"+b.text("response.1.id")+"/revoke", "")
	f.fails(404, "organization_invitation_not_pending", "POST", at+"/"+b.text("response.1.id")+"/revoke", "")
	if b := f.ok("GET", at+"?status=revoked", ""); b.at("response.total_count") != 1.0 {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("GET", at+"/pending", "")
	if f.InvitationTicket("acme", "other@example.com") != "" {
		t.Error("the ticket of a revoked invitation is still there")
	}

	f.token, f.session = "", ""
	b = f.ok("POST", "/v1/client/sign_ups", form("strategy", "ticket", "ticket", f.InvitationTicket("acme", "new+clerk_test@example.com"), "password", password))
	if b.text("response.status") != "complete" || b.text("client.sessions.0.user.organization_memberships.0.role") != "org:admin" {
		t.Errorf("%v", b)
	}
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ins", form("identifier", grace, "password", password))
	b = f.ok("POST", "/v1/client/sign_ins/"+b.text("response.id")+"/attempt_second_factor", form("strategy", "totp", "code", "424242"))
	f.session = b.text("response.created_session_id")
	b = f.ok("GET", "/v1/me/organization_invitations?status=pending", "")
	mine := "/v1/me/organization_invitations/" + b.text("response.data.0.id") + "/accept"
	f.ok("POST", mine, "")
	f.fails(400, "organization_invitation_already_accepted", "POST", mine, "")
}

func domains(t *testing.T, f *checkedFake) {
	const at = "/v1/organizations/acme/domains"
	f.signIn(ada, password)
	b := f.ok("POST", at, form("name", "example.com"))
	one := at + "/" + b.text("response.id")
	f.fails(422, "organization_domain_already_exists_same_organization", "POST", at, form("name", "example.com"))
	f.fails(422, "organization_domain_mismatch", "POST", one+"/prepare_affiliation_verification", form("affiliation_email_address", "ada@other.example"))
	f.ok("POST", one+"/prepare_affiliation_verification", form("affiliation_email_address", ada))
	f.fails(422, "form_code_incorrect", "POST", one+"/attempt_affiliation_verification", form("code", "0"))
	f.ok("POST", one+"/attempt_affiliation_verification", form("code", "424242"))
	f.ok("POST", one+"/prepare_ownership_verification", "")
	f.ok("POST", one+"/attempt_ownership_verification", "")
	f.fails(422, "organization_domain_enrollment_mode_invalid", "POST", one+"/update_enrollment_mode", form("enrollment_mode", "by_magic"))
	f.ok("POST", one+"/update_enrollment_mode", form("enrollment_mode", "automatic_suggestion"))
	f.ok("GET", one, "")
	f.ok("GET", at, "")
	admin := *f
	for _, decision := range []string{"accept", "reject"} {
		f.token, f.session = "", ""
		b = f.ok("POST", "/v1/client/sign_ups", form("email_address", decision+"+clerk_test@example.com", "password", password, "strategy", "email_code"))
		b = f.ok("POST", "/v1/client/sign_ups/"+b.text("response.id")+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
		f.session = b.text("response.created_session_id")
		b = f.ok("GET", "/v1/me/organization_suggestions", "")
		mine := "/v1/me/organization_suggestions/" + b.text("response.data.0.id") + "/accept"
		f.ok("POST", mine, "")
		f.fails(400, "organization_suggestion_already_accepted", "POST", mine, "")
		b = admin.ok("GET", "/v1/organizations/acme/membership_requests?status=pending", "")
		admin.ok("POST", "/v1/organizations/acme/membership_requests/"+b.text("response.data.0.id")+"/"+decision, "")
		b = f.ok("GET", "/v1/me/organization_memberships", "")
		if joined := b.at("response.0") != nil; joined != (decision == "accept") {
			t.Errorf("%s: a member: %v", decision, joined)
		}
	}
	admin.ok("DELETE", one, "")
}

func apiKeys(t *testing.T, f *checkedFake) {
	f.fails(401, "authentication_invalid", "GET", "/api_keys", "")
	f.signIn(ada, password)
	b := f.ok("POST", "/api_keys", `{"name":"ci","scopes":["read"],"seconds_until_expiration":60,"claims":null}`)
	at := "/api_keys/" + b.text("id")
	if b.text("secret") == "" || b.at("expiration") == nil {
		t.Errorf("%v", b)
	}
	f.fails(403, "authorization_invalid", "POST", "/api_keys", `{"name":"ci","subject":"user_of_somebody_else"}`)
	if b = f.ok("PATCH", at, `{"description":"for the builds"}`); b.text("description") != "for the builds" || b.at("secret") != nil {
		t.Errorf("%v", b)
	}
	if b = f.ok("GET", "/api_keys?limit=5", ""); b.text("data.0.id") == "" {
		t.Errorf("%v", b)
	}
	if b = f.ok("POST", at+"/revoke", `{"revocation_reason":"lost"}`); b.at("revoked") != true {
		t.Errorf("%v", b)
	}
	if b = f.ok("GET", "/api_keys", ""); b.at("data.0") != nil {
		t.Errorf("%v", b)
	}
}

func open(t *testing.T, f *checkedFake) {
	f.ok("GET", "/v1/environment", "")
	f.ok("PATCH", "/v1/environment", "")
	f.ok("GET", "/v1/health", "")
	f.ok("GET", "/.well-known/jwks.json", "")
	if b := f.ok("GET", "/.well-known/openid-configuration", ""); b.text("issuer") != f.URL() || b.text("jwks_uri") != f.URL()+"/.well-known/jwks.json" {
		t.Errorf("%v", b)
	}
	f.ok("GET", "/.well-known/oauth-authorization-server", "")
	f.ok("POST", "/v1/client", "")
	f.ok("POST", "/v1/dev_browser", "")
	first := f.ok("POST", "/v1/waitlist", form("email_address", "later@example.com")).text("id")
	if again := f.ok("POST", "/v1/waitlist", form("email_address", "later@example.com")).text("id"); first == "" || again != first {
		t.Errorf("%s, then %s", first, again)
	}
	f.fails(422, "form_param_format_invalid", "POST", "/v1/waitlist", form("email_address", "x"))
	open := newCheckedFake(t, append(people(), fapitest.WithEnvironment(func(env map[string]any) {
		settings := env["user_settings"].(map[string]any)
		settings["attributes"].(map[string]any)["password"].(map[string]any)["required"] = false
	}))...)
	open.signIn(ada, password)
	open.ok("POST", "/v1/me/remove_password", form("current_password", password))
	f.answered["removePassword"] = open.answered["removePassword"]
}

func billing(t *testing.T, f *checkedFake) {
	b := f.ok("GET", "/v1/billing/plans", "")
	f.ok("GET", "/v1/billing/plans/"+b.text("data.0.slug"), "")
	f.fails(404, "plan_not_found", "GET", "/v1/billing/plans/gold", "")
	f.signIn(ada, password)
	for _, payer := range []string{"/v1/me", "/v1/organizations/acme"} {
		for _, path := range []string{"subscription", "subscription_items", "payment_methods", "statements"} {
			f.ok("GET", payer+"/billing/"+path, "")
		}
	}
	f.ok("GET", "/v1/me/billing/payment_attempts", "")
}
