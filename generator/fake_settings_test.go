package generator

// What the environment of the fake says holds.

import (
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

func within(env map[string]any, path ...string) map[string]any {
	for _, name := range path {
		env = env[name].(map[string]any)
	}
	return env
}

func attribute(env map[string]any, name string) map[string]any {
	return within(env, "user_settings", "attributes", name)
}

// with is a fake of an instance with other settings.
func with(t *testing.T, change func(map[string]any)) *checkedFake {
	t.Helper()
	return newCheckedFake(t, append(people(), fapitest.WithEnvironment(change))...)
}

func TestFakePasswordsFitTheSettings(t *testing.T) {
	f := with(t, func(env map[string]any) {
		s := within(env, "user_settings", "password_settings")
		s["min_length"], s["max_length"] = 10, 20.0 // as tests write it, and as JSON has it
		s["require_numbers"], s["require_uppercase"], s["require_lowercase"], s["require_special_char"] = true, true, true, true
	})
	for code, password := range map[string]string{
		"form_password_length_too_short": "Ab1!", "form_password_length_too_long": "Ab1!567890123456789012345", "form_password_no_number": "Abcdefghij!",
		"form_password_no_uppercase": "abcdefghij1!", "form_password_no_lowercase": "ABCDEFGHIJ1!", "form_password_no_special_char": "Abcdefghij1",
	} {
		f.fails(422, code, "POST", signUps, form("email_address", newbie, "password", password))
	}
	f.ok("POST", signUps, form("email_address", newbie, "password", "Abcdefghij1!"))

	leaked := newCheckedFake(t, fapitest.WithUser(fapitest.User{Emails: []string{ada}, Password: fapitest.PwnedPassword}), fapitest.WithEnvironment(func(env map[string]any) {
		s := within(env, "user_settings", "password_settings")
		s["disable_hibp"], s["enforce_hibp_on_sign_in"] = false, true
	}))
	leaked.fails(422, "form_password_pwned", "POST", signUps, form("email_address", newbie, "password", fapitest.PwnedPassword))
	leaked.fails(422, "form_password_pwned", "POST", signIns, form("identifier", ada, "password", fapitest.PwnedPassword))
	leaked.fails(422, "form_password_incorrect", "POST", signIns, form("identifier", ada, "password", "wrong horse"))
}

func TestFakeUsernamesFitTheSettings(t *testing.T) {
	f := with(t, func(env map[string]any) { within(env, "user_settings", "username_settings")["min_length"] = 6 })
	for name, code := range map[string]string{"abcde": "form_username_invalid_length", "has blank": "form_username_invalid_character", "dot.dot": "form_username_invalid_character",
		"1234567": "form_username_needs_non_number_char"} {
		f.fails(422, code, "POST", signUps, form("username", name))
	}
	open := with(t, func(env map[string]any) {
		s := within(env, "user_settings", "username_settings")
		s["allow_extended_special_characters"], s["allow_numeric_usernames"] = true, true
	})
	open.ok("POST", signUps, form("username", "dot.dot"))
	open.ok("POST", signUps, form("username", "1234567"))
}

func TestFakeSignUpsFollowTheAttributes(t *testing.T) {
	off := with(t, func(env map[string]any) { attribute(env, "phone_number")["enabled"] = false })
	off.fails(422, "form_param_unknown", "POST", signUps, form("phone_number", "+15555550177"))

	unverified := with(t, func(env map[string]any) { attribute(env, "email_address")["verify_at_sign_up"] = false })
	b := unverified.ok("POST", signUps, form("email_address", newbie, "password", password))
	if b.text("response.status") != "complete" || b.at("client.sessions.0.user.primary_email_address_id") == nil {
		t.Errorf("%v", b.at("client.sessions.0.user"))
	}
	unverified.another().signIn(newbie, password)
	unverified.another().fails(422, "form_identifier_exists", "POST", signUps, form("email_address", newbie))
}

func TestFakeCaptchas(t *testing.T) {
	f := with(t, func(env map[string]any) {
		within(env, "user_settings", "sign_up")["captcha_enabled"] = true
		within(env, "display_config")["captcha_oauth_bypass"] = []string{"oauth_google"}
	})
	f.fails(400, "captcha_missing_token", "POST", signUps, form("email_address", newbie))
	f.fails(400, "captcha_missing_token", "POST", signUps, form("strategy", "oauth_github", "redirect_url", "app://back"))
	f.ok("POST", signUps, form("email_address", newbie, "captcha_token", "any"))
	f.ok("POST", signUps, form("strategy", "oauth_google", "redirect_url", "app://back"))
}

func TestFakeSwitchesOfTheInstance(t *testing.T) {
	single := with(t, func(env map[string]any) { within(env, "auth_config")["single_session_mode"] = true })
	single.signIn(ada, password)
	single.fails(400, "session_exists", "POST", signIns, form("identifier", grace))

	noNative := with(t, func(env map[string]any) { within(env, "auth_config", "native_settings")["api_enabled"] = false })
	noNative.fails(400, "native_api_disabled", "GET", "/v1/client", "")

	for code, change := range map[string]func(map[string]any){
		"organization_not_enabled_in_instance":  func(env map[string]any) { within(env, "organization_settings")["enabled"] = false },
		"organization_admin_delete_not_enabled": func(env map[string]any) { within(env, "organization_settings", "actions")["admin_delete"] = false },
	} {
		f := with(t, change)
		f.signIn(ada, password)
		f.fails(403, code, "DELETE", "/v1/organizations/acme", "")
	}
	f := with(t, func(env map[string]any) {
		within(env, "organization_settings", "domains")["enabled"] = false
		within(env, "organization_settings", "slug")["disabled"] = true
	})
	f.signIn(ada, password)
	f.fails(403, "organization_domains_not_enabled", "POST", "/v1/organizations/acme/domains", form("name", "works.example"))
	f.fails(403, "organization_slugs_disabled", "POST", "/v1/organizations", form("name", "X", "slug", "x"))
}

func TestFakeTasksComeAndGo(t *testing.T) {
	f := newCheckedFake(t, fapitest.WithUser(fapitest.User{Emails: []string{ada}, Password: password, MustReset: true}), fapitest.WithEnvironment(func(env map[string]any) {
		within(env, "organization_settings")["force_organization_selection"] = true
		within(env, "user_settings", "sign_in")["second_factor"] = map[string]any{"required": true}
	}))
	tasks := func(b body, status string, want ...string) {
		t.Helper()
		session := body(b.at("client.sessions.0").(map[string]any))
		list, _ := session.at("tasks").([]any)
		ok := len(list) == len(want) && session.text("status") == status
		for i, key := range want {
			ok = ok && body(list[i].(map[string]any)).text("key") == key
		}
		if !ok {
			t.Errorf("%s with %v, want %s with %v", session.text("status"), list, status, want)
		}
	}
	b := f.signIn(ada, password)
	tasks(b, "pending", "reset-password", "choose-organization", "setup-mfa")
	tasks(f.ok("POST", "/v1/me/change_password", form("new_password", "another horse")), "pending", "choose-organization", "setup-mfa")
	at := "/v1/client/sessions/" + f.session + "/touch"
	f.ok("POST", at, form("active_organization_id", "")) // as clients send it where nothing is chosen yet
	id := f.ok("POST", "/v1/organizations", form("name", "Works")).text("response.id")
	tasks(f.ok("POST", at, form("active_organization_id", id)), "pending", "setup-mfa")
	f.fails(422, "personal_accounts_not_allowed", "POST", at, form("active_organization_id", ""))
	f.ok("POST", "/v1/me/totp", "")
	tasks(f.ok("POST", "/v1/me/totp/attempt_verification", form("code", "424242")), "active")
	tasks(f.ok("DELETE", "/v1/organizations/"+id, ""), "pending", "choose-organization")
}

func TestFakeReverificationIsAboutTheWholeAccount(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithReverification())...)
	b := f.signIn(ada, password)
	phone, external := b.text("client.sessions.0.user.phone_numbers.0.id"), b.text("client.sessions.0.user.external_accounts.0.id")
	f.Advance(10 * time.Minute)
	for _, tc := range [][3]string{
		{"PATCH", "/v1/me", form("username", "countess")}, {"POST", "/v1/me/remove_password", ""}, {"DELETE", "/v1/me", ""},
		{"PATCH", "/v1/me/phone_numbers/" + phone, form("reserved_for_second_factor", "true")}, {"DELETE", "/v1/me/phone_numbers/" + phone, ""},
		{"POST", "/v1/me/external_accounts", form("strategy", "oauth_github", "redirect_url", "app://back")},
		{"DELETE", "/v1/me/external_accounts/" + external, ""}, {"POST", "/v1/me/passkeys", ""}, {"POST", "/v1/me/totp", ""},
	} {
		f.fails(403, "session_reverification_required", tc[0], tc[1], tc[2])
	}
	f.ok("PATCH", "/v1/me", form("first_name", "Augusta"))
}

func TestFakeRolesAndSlugs(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithRole(fapitest.Role{Key: "org:billing_clerk", Permissions: []string{"org:invoices:create", "org:sys_domains:read"}}))...)
	f.signIn(ada, password)
	const at = "/v1/organizations/acme"
	f.fails(404, "resource_not_found", "POST", at+"/invitations", form("email_address", newbie, "role", "org:nobody"))
	b := f.ok("POST", at+"/invitations", form("email_address", newbie, "role", "org:billing_clerk"))
	if b.text("response.role_name") != "Billing clerk" {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.ok("GET", at+"/roles", ""); b.at("response.total_count") != 3.0 || b.text("response.data.2.permissions.0.key") != "org:invoices:create" {
		t.Errorf("%v", b.at("response"))
	}
	clerk := f.another()
	clerk.session = clerk.ok("POST", signUps, form("strategy", "ticket", "ticket", f.InvitationTicket("acme", newbie), "password", password)).text("response.created_session_id")
	clerk.ok("GET", at+"/domains", "")
	clerk.fails(403, "missing_organization_permission", "GET", at+"/memberships", "")
	for _, slug := range []string{"Upper", "with blank", "-x", "a--b"} {
		f.fails(422, "form_param_format_invalid", "PATCH", at, form("slug", slug))
	}
	if b = f.ok("POST", "/v1/organizations", form("name", "!!!")); b.text("response.slug") == "" {
		t.Error("an organization without a slug")
	}
}
