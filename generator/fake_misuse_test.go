package generator

// What the fake refuses: flows that end early, go on where they must not, or meet somebody else's.

import (
	"slices"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const (
	signIns = "/v1/client/sign_ins"
	signUps = "/v1/client/sign_ups"
	newbie  = "new+clerk_test@example.com"
)

// another is another device of the same server.
func (f *checkedFake) another() *checkedFake {
	other := *f
	other.token, other.session = "", ""
	return &other
}

func TestFakeSignInsThatEndEarly(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithUser(fapitest.User{Emails: []string{"bob@example.net"}, Password: password, Banned: true, Providers: []string{"github"}}))...)
	const banned = "bob@example.net"
	f.fails(422, "form_param_value_invalid", "POST", signIns, form("strategy", "banana"))
	f.fails(422, "form_param_missing", "POST", signIns, form("strategy", "password", "password", password))
	if b := f.ok("POST", signIns, form("strategy", "enterprise_sso", "identifier", grace)); b.text("response.status") != "needs_first_factor" {
		t.Errorf("enterprise_sso without a redirect yet: %v", b.at("response.status"))
	}
	f.fails(400, "google_one_tap_token_invalid", "POST", signIns, form("strategy", "google_one_tap", "token", "x"))
	f.fails(403, "user_banned", "POST", signIns, form("identifier", banned, "password", password))
	f.fails(403, "user_banned", "POST", signIns, form("strategy", "ticket", "ticket", f.Ticket(banned)))

	b := f.ok("POST", signIns, form("strategy", "oauth_github", "redirect_url", "app://back"))
	page := b.text("response.first_factor_verification.external_verification_redirect_url")
	if back := f.visit(page, banned); back.Get("__clerk_status") != "failed" || back.Get("__clerk_error_code") != "user_banned" || len(f.Sessions()) != 0 {
		t.Errorf("a banned user comes back from a provider with %v, sessions %v", back, f.Sessions())
	}
	b = f.ok("POST", signIns, form("strategy", "oauth_github", "redirect_url", "app://back"))
	page = b.text("response.first_factor_verification.external_verification_redirect_url")
	if back := f.visit(page+"?error=access_denied", ""); back.Get("__clerk_error_code") != "oauth_access_denied" {
		t.Errorf("a user who refuses comes back with %v", back)
	}
	if b = f.ok("GET", "/v1/client", ""); b.text("response.sign_in.first_factor_verification.error.code") != "oauth_access_denied" {
		t.Errorf("%v", b.at("response.sign_in.first_factor_verification"))
	}

	// Who was sent away to prove something cannot type a code instead.
	for strategy, prepared := range map[string]string{"oauth_google": "strategy=oauth_google&redirect_url=app://back", "email_link": "strategy=email_link"} {
		b = f.ok("POST", signIns, form("identifier", ada))
		at := signIns + "/" + b.text("response.id")
		f.ok("POST", at+"/prepare_first_factor", prepared)
		f.fails(400, "verification_strategy_invalid", "POST", at+"/attempt_first_factor", form("strategy", strategy, "code", "424242"))
	}

	f.signIn(ada, password)
	ticket := f.Ticket(ada)
	f.fails(400, "identifier_already_signed_in", "POST", signIns, form("strategy", "ticket", "ticket", ticket))
	other := f.another()
	other.ok("POST", signIns, form("strategy", "ticket", "ticket", ticket)) // it was not used up
}

func TestFakeWrongCodesAreCounted(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithEnvironment(func(env map[string]any) {
		env["user_settings"].(map[string]any)["attack_protection"].(map[string]any)["user_lockout"] = map[string]any{"enabled": true, "max_attempts": 12, "duration_in_minutes": 5}
	}))...)
	b := f.ok("POST", signIns, form("identifier", ada, "strategy", "email_code"))
	at := signIns + "/" + b.text("response.id") + "/attempt_first_factor"
	for range 10 {
		f.fails(422, "form_code_incorrect", "POST", at, form("strategy", "email_code", "code", "000000"))
	}
	f.fails(400, "verification_failed", "POST", at, form("strategy", "email_code", "code", "424242"))
	f.fails(422, "form_password_incorrect", "POST", at, form("strategy", "password", "password", "wrong horse"))
	_, b = f.send("POST", at, form("strategy", "password", "password", "wrong horse"))
	if b.text("errors.0.code") != "user_locked" || b.at("errors.0.meta.lockout_expires_in_seconds") != 300.0 {
		t.Errorf("%v", b)
	}
	f.fails(403, "user_locked", "POST", signIns, form("identifier", ada, "password", password))
	f.Advance(5 * time.Minute)
	f.signIn(ada, password)
}

func TestFakeDeletedUsersDoNotComeBack(t *testing.T) {
	f := newCheckedFake(t, people()...)
	other := f.another()
	at := signIns + "/" + other.ok("POST", signIns, form("identifier", ada)).text("response.id")
	ticket := f.Ticket(ada)
	f.signIn(ada, password)
	f.ok("DELETE", "/v1/me", "")
	const gone = "sign_in_identification_or_user_deleted"
	other.fails(400, gone, "POST", at+"/attempt_first_factor", form("strategy", "password", "password", password))
	other.fails(400, gone, "POST", signIns, form("strategy", "ticket", "ticket", ticket))
}

func TestFakeSignUpsThatEndEarly(t *testing.T) {
	f := newCheckedFake(t, people()...)
	first, second := f.another(), f.another()
	sign := form("email_address", newbie, "password", password, "strategy", "email_code")
	one, two := first.ok("POST", signUps, sign), second.ok("POST", signUps, sign)
	code := form("strategy", "email_code", "code", "424242")
	first.ok("POST", signUps+"/"+one.text("response.id")+"/attempt_verification", code)
	second.fails(422, "form_identifier_exists", "POST", signUps+"/"+two.text("response.id")+"/attempt_verification", code)

	b := f.ok("POST", signUps, form("email_address", "late@example.com"))
	at := signUps + "/" + b.text("response.id")
	f.Advance(25 * time.Hour)
	f.fails(400, "client_state_invalid", "PATCH", at, form("password", password))
	if b = f.ok("GET", at, ""); b.text("response.status") != "abandoned" {
		t.Errorf("status %v", b.at("response.status"))
	}
	f.fails(422, "form_param_value_invalid", "POST", signUps, form("strategy", "banana"))
	f.fails(422, "enterprise_sso_sign_up_connection_missing", "POST", signUps, form("strategy", "enterprise_sso", "email_address", "x@example.org", "redirect_url", "app://back"))
}

func TestFakeSignUpsGoOnWithoutAProvider(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signUps, form("strategy", "oauth_google", "redirect_url", "app://back"))
	at := signUps + "/" + b.text("response.id")
	back := f.visit(b.text("response.verifications.external_account.external_verification_redirect_url")+"?error=access_denied", "")
	if back.Get("__clerk_error_code") != "oauth_access_denied" {
		t.Errorf("comes back with %v", back)
	}
	f.ok("PATCH", at, form("email_address", newbie, "password", password))
	f.ok("POST", at+"/prepare_verification", form("strategy", "email_code"))
	b = f.ok("POST", at+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
	if b.text("response.status") != "complete" || b.at("client.sessions.0.user.external_accounts.0") != nil {
		t.Errorf("%v", b)
	}
}

func TestFakeLinksVerifyAddresses(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signUps, form("email_address", newbie, "password", password))
	at := signUps + "/" + b.text("response.id")
	f.ok("POST", at+"/prepare_verification", form("strategy", "email_link", "redirect_url", "app://back"))
	f.fails(400, "verification_missing", "POST", at+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
	back := f.visit(f.EmailLink(newbie), "")
	if b = f.ok("GET", at, ""); b.text("response.status") != "complete" || back.Get("__clerk_created_session") != b.text("response.created_session_id") || back.Get("__clerk_status") != "verified" {
		t.Errorf("the link of a sign-up leads to %v and %v", back, b.at("response.status"))
	}
	f.session = b.text("response.created_session_id")
	one := "/v1/me/email_addresses/" + f.ok("POST", "/v1/me/email_addresses", form("email_address", "second@example.com")).text("response.id")
	f.ok("POST", one+"/prepare_verification", form("strategy", "email_link", "redirect_url", "app://back"))
	f.visit(f.EmailLink("second@example.com"), "")
	if b = f.ok("GET", one, ""); b.text("response.verification.status") != "verified" {
		t.Errorf("%v", b.at("response.verification"))
	}
}

func TestFakeEnterpriseSignUp(t *testing.T) {
	f := newCheckedFake(t, people()...) // Grace signs in by an enterprise connection of example.com
	b := f.ok("POST", signUps, form("strategy", "enterprise_sso", "email_address", newbie, "redirect_url", "app://back"))
	back := f.visit(b.text("response.verifications.external_account.external_verification_redirect_url"), "")
	b = f.ok("GET", "/v1/client?"+form("rotating_token_nonce", back.Get("rotating_token_nonce")), "")
	if b.text("response.sessions.0.user.email_addresses.0.email_address") != newbie {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.another().ok("POST", signIns, form("identifier", newbie)); !slices.ContainsFunc(b.at("response.supported_first_factors").([]any), func(v any) bool { return body(v.(map[string]any)).text("strategy") == "enterprise_sso" }) {
		t.Errorf("%v", b.at("response.supported_first_factors"))
	}
}

func TestFakeInvitationsThatAreOver(t *testing.T) {
	f := newCheckedFake(t, people()...)
	const at = "/v1/organizations/acme/invitations"
	f.signIn(ada, password)
	invite := func(email string) (id, ticket string) {
		id = f.ok("POST", at, form("email_address", email, "role", "org:member")).text("response.id")
		return id, f.InvitationTicket("acme", email)
	}
	sign := func(ticket string) string { return form("strategy", "ticket", "ticket", ticket, "password", password) }
	id, ticket := invite("revoked@example.com")
	f.ok("POST", at+"/"+id+"/revoke", "")
	f.another().fails(400, "organization_invitation_revoked_code", "POST", signUps, sign(ticket))
	_, ticket = invite("taken@example.com")
	f.another().ok("POST", signUps, sign(ticket))
	f.another().fails(400, "organization_invitation_already_accepted", "POST", signUps, sign(ticket))
	_, ticket = invite("late@example.com")
	f.ok("DELETE", "/v1/organizations/acme", "")
	f.another().fails(400, "organization_invitation_to_deleted_organization", "POST", signUps, sign(ticket))
}

func TestFakeDomainsInvite(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithUser(fapitest.User{Emails: []string{"hal@works.example"}, Password: password}))...)
	const at = "/v1/organizations/acme/domains"
	f.signIn(ada, password)
	f.fails(422, "organization_domain_common", "POST", at, form("name", "gmail.com"))
	one := at + "/" + f.ok("POST", at, form("name", "works.example")).text("response.id")
	f.ok("POST", one+"/prepare_affiliation_verification", form("affiliation_email_address", "x@works.example"))
	f.ok("POST", one+"/attempt_affiliation_verification", form("code", "424242"))
	if b := f.ok("POST", one+"/update_enrollment_mode", form("enrollment_mode", "automatic_invitation")); b.at("response.total_pending_invitations") != 1.0 {
		t.Errorf("%v", b.at("response"))
	}
	hal := f.another()
	hal.signIn("hal@works.example", password)
	b := hal.ok("GET", "/v1/me/organization_invitations", "")
	if b.at("response.total_count") != 1.0 || b.text("response.data.0.role") != "org:member" {
		t.Fatalf("%v", b)
	}
	ticket := f.InvitationTicket("acme", "hal@works.example")
	if b = f.ok("POST", one+"/update_enrollment_mode", form("enrollment_mode", "manual_invitation", "delete_pending", "true")); b.at("response.total_pending_invitations") != 0.0 {
		t.Errorf("%v", b.at("response"))
	}
	f.another().fails(400, "organization_invitation_revoked_code", "POST", signIns, form("strategy", "ticket", "ticket", ticket))
	if b = hal.ok("GET", "/v1/me/organization_invitations?status=pending", ""); b.at("response.total_count") != 0.0 {
		t.Errorf("%v", b)
	}
}

func TestFakeKeepsTheLastIdentifier(t *testing.T) {
	f := newCheckedFake(t, fapitest.WithUser(fapitest.User{Emails: []string{ada}, Password: password}), fapitest.WithEnvironment(func(env map[string]any) {
		attribute(env, "email_address")["required"] = false
	}))
	email := f.signIn(ada, password).text("client.sessions.0.user.primary_email_address_id")
	f.fails(400, "last_required_identification_deletion_failed", "DELETE", "/v1/me/email_addresses/"+email, "")
	f.ok("PATCH", "/v1/me", form("username", "ada_lovelace"))
	f.ok("DELETE", "/v1/me/email_addresses/"+email, "")
}
