package generator

// Scenarios of sessions and of what a user changes in the own account.

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// claims are those of a JWT, unverified.
func claims(t *testing.T, jwt string) body {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", jwt)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func sessions(t *testing.T, f *checkedFake) {
	f.ok("PUT", "/v1/client", "")
	b := f.signIn(ada, password)
	at := "/v1/client/sessions/" + f.session
	acme := b.text("client.sessions.0.user.organization_memberships.0.organization.id")
	f.ok("GET", at, "")
	f.fails(404, "organization_not_found_or_unauthorized", "POST", at+"/touch", form("active_organization_id", "org_unknown"))
	if b = f.ok("POST", at+"/touch", form("active_organization_id", acme, "intent", "select_org")); b.text("client.sessions.0.last_active_organization_id") != acme {
		t.Errorf("%v", b.at("response"))
	}
	if got := claims(t, f.ok("POST", at+"/tokens", form("organization_id", acme)).text("jwt")); got.text("o.id") != acme || got.text("o.rol") != "admin" || got.at("v") != 2.0 || got.text("sid") != f.session {
		t.Errorf("claims %v", got)
	}
	if got := claims(t, f.ok("POST", at+"/tokens", form("organization_id", "")).text("jwt")); got.at("o") != nil {
		t.Errorf("claims %v", got)
	}
	if got := claims(t, f.ok("POST", at+"/tokens/supabase", "").text("jwt")); got.text("role") != "authenticated" || got.text("sub") == "" {
		t.Errorf("claims %v", got)
	}
	f.fails(404, "resource_not_found", "POST", at+"/tokens/unknown", "")
	first := *f
	f.signIn(ada, password)
	if b = f.ok("GET", "/v1/me/sessions/active", ""); b.at("list.1.id") == nil {
		t.Errorf("active sessions: %v", b)
	}
	f.ok("GET", "/v1/me/sessions", "")
	f.ok("POST", "/v1/me/sessions/"+first.session+"/revoke", "")
	if status, _ := first.send("GET", "/v1/me", ""); status != 401 {
		t.Errorf("a revoked session still answers %d", status)
	}
	f.ok("POST", "/v1/client/sessions/"+f.session+"/end", "")
	f.fails(401, "authentication_invalid", "POST", "/v1/client/sessions/"+f.session+"/tokens", "")
	f.signIn(ada, password)
	if b = f.ok("POST", "/v1/client/sessions/"+f.session+"/remove", ""); b.at("client.last_active_session_id") != nil {
		t.Errorf("%v", b.at("client"))
	}
	f.signIn(ada, password)
	before := f.token
	if b = f.ok("DELETE", "/v1/client/sessions", ""); b.at("response.sessions.0") != nil || f.token == before {
		t.Errorf("%v", b)
	}
	if f.ok("DELETE", "/v1/client", ""); f.token != "" {
		t.Error("the token of a deleted client is not cleared")
	}
	f.fails(401, "signed_out", "GET", "/v1/me", "")
}

func reverification(t *testing.T, f *checkedFake) {
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", grace, "password", password))
	b = f.ok("POST", "/v1/client/sign_ins/"+b.text("response.id")+"/attempt_second_factor", form("strategy", "totp", "code", "424242"))
	f.session = b.text("response.created_session_id")
	f.Advance(11 * minute)
	f.fails(403, "session_reverification_required", "POST", "/v1/me/change_password", form("new_password", "another horse"))
	at := "/v1/client/sessions/" + f.session + "/verify"
	f.fails(400, "session_reverification_missing", "POST", at+"/attempt_first_factor", form("strategy", "password", "password", password))
	f.ok("POST", at, form("level", "multi_factor"))
	f.fails(422, "form_password_incorrect", "POST", at+"/attempt_first_factor", form("strategy", "password", "password", "wrong horse"))
	f.ok("POST", at+"/prepare_first_factor", form("strategy", "email_code"))
	if b = f.ok("POST", at+"/attempt_first_factor", form("strategy", "email_code", "code", "424242")); b.text("response.status") != "needs_second_factor" {
		t.Errorf("%v", b.at("response.status"))
	}
	f.ok("POST", at+"/prepare_second_factor", form("strategy", "phone_code"))
	b = f.ok("POST", at+"/attempt_second_factor", form("strategy", "phone_code", "code", "424242"))
	if b.text("response.status") != "complete" || b.at("response.session.factor_verification_age") != nil && b.at("client.sessions.0.factor_verification_age.1") != 0.0 {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("POST", "/v1/me/change_password", form("new_password", "another horse"))
}

func profile(t *testing.T, f *checkedFake) {
	f.signIn(ada, password)
	f.fails(422, "form_identifier_exists", "PATCH", "/v1/me", form("username", "grace_hopper"))
	if b := f.ok("PATCH", "/v1/me", form("first_name", "Augusta", "unsafe_metadata", `{"a":{"b":1,"c":2}}`)); b.text("client.sessions.0.user.first_name") != "Augusta" {
		t.Errorf("%v", b.at("response"))
	}
	if b := f.ok("PATCH", "/v1/me/metadata", form("unsafe_metadata", `{"a":{"b":null},"d":"e"}`)); b.at("response.unsafe_metadata.a.b") != nil || b.at("response.unsafe_metadata.a.c") != 2.0 || b.text("response.unsafe_metadata.d") != "e" {
		t.Errorf("%v", b.at("response.unsafe_metadata"))
	}
	if b := f.ok("GET", "/v1/me", ""); b.text("response.first_name") != "Augusta" || b.text("response.last_name") != "Lovelace" {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(422, "form_password_incorrect", "POST", "/v1/me/change_password", form("current_password", "wrong", "new_password", "another horse"))
	f.ok("POST", "/v1/me/change_password", form("current_password", password, "new_password", "another horse"))
	f.fails(400, "password_required", "POST", "/v1/me/remove_password", form("current_password", "another horse"))
	f.ok("POST", "/v1/me/profile_image", form("file", "x"))
	if b := f.ok("GET", "/v1/me", ""); b.at("response.has_image") != true {
		t.Error("the image is not there")
	}
	f.ok("DELETE", "/v1/me/profile_image", "")
	f.ok("POST", "/v1/me/tokens", "")
	f.signIn(ada, "another horse")
	if b := f.ok("DELETE", "/v1/me", ""); b.at("response.deleted") != true || b.at("client.sessions.0") != nil {
		t.Errorf("%v", b)
	}
	f.fails(422, "form_identifier_not_found", "POST", "/v1/client/sign_ins", form("identifier", ada))
}

func addresses(t *testing.T, f *checkedFake) {
	for _, tc := range []struct{ root, member, value, strategy, proof, primary string }{
		{"/v1/me/email_addresses", "email_address", "second+clerk_test@example.com", "email_code", "code", "primary_email_address_id"},
		{"/v1/me/phone_numbers", "phone_number", "+15555550109", "phone_code", "code", "primary_phone_number_id"},
		{"/v1/me/web3_wallets", "web3_wallet", "0xabc", "web3_metamask_signature", "signature", "primary_web3_wallet_id"},
	} {
		f.signIn(ada, password)
		id := f.ok("POST", tc.root, form(tc.member, tc.value)).text("response.id")
		at := tc.root + "/" + id
		f.fails(422, "form_verification_needed", "PATCH", "/v1/me", form(tc.primary, id))
		f.ok("POST", at+"/prepare_verification", form("strategy", tc.strategy))
		if b := f.ok("POST", at+"/attempt_verification", form(tc.proof, "424242", "strategy", tc.strategy)); b.text("response.verification.status") != "verified" {
			t.Errorf("%v", b.at("response"))
		}
		f.fails(400, "verification_already_verified", "POST", at+"/prepare_verification", form("strategy", tc.strategy))
		if tc.member != "web3_wallet" {
			f.fails(422, "form_identifier_exists", "POST", tc.root, form(tc.member, tc.value))
		}
		if b := f.ok("PATCH", "/v1/me", form(tc.primary, id)); b.text("response."+tc.primary) != id {
			t.Errorf("%v", b.at("response"))
		}
		if b := f.ok("GET", at, ""); b.text("response."+tc.member) != tc.value {
			t.Errorf("%v", b.at("response"))
		}
		f.ok("GET", tc.root, "")
		if b := f.ok("DELETE", at, ""); b.at("response.deleted") != true || b.text("client.sessions.0.user."+tc.primary) == id {
			t.Errorf("%v", b.at("response"))
		}
		f.fails(404, "resource_not_found", "GET", at, "")
	}
	email := f.ok("GET", "/v1/me", "").text("response.primary_email_address_id")
	f.fails(400, "last_required_identification_deletion_failed", "DELETE", "/v1/me/email_addresses/"+email, "")
}

func enrolment(t *testing.T, f *checkedFake) {
	b := f.signIn(ada, password)
	phone := b.text("client.sessions.0.user.phone_numbers.0.id")
	f.fails(400, "backup_codes_not_available", "POST", "/v1/me/backup_codes", "")
	b = f.ok("POST", "/v1/me/totp", "")
	if b.text("response.secret") == "" || !strings.HasPrefix(b.text("response.uri"), "otpauth://totp/") {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(422, "form_code_incorrect", "POST", "/v1/me/totp/attempt_verification", form("code", "000000"))
	b = f.ok("POST", "/v1/me/totp/attempt_verification", form("code", "424242"))
	if b.text("response.backup_codes.0") == "" || b.at("client.sessions.0.user.totp_enabled") != true {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(400, "totp_already_enabled", "POST", "/v1/me/totp", "")
	if b = f.ok("POST", "/v1/me/backup_codes", ""); b.text("response.codes.9") == "" {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("PATCH", "/v1/me/phone_numbers/"+phone, form("reserved_for_second_factor", "true"))
	other := "/v1/me/phone_numbers/" + f.ok("POST", "/v1/me/phone_numbers", form("phone_number", "+15555550122")).text("response.id")
	f.ok("POST", other+"/prepare_verification", form("strategy", "phone_code"))
	f.ok("POST", other+"/attempt_verification", form("code", "424242"))
	f.fails(400, "identification_update_second_factor_unverified", "PATCH", other, form("default_second_factor", "true"))
	for _, tc := range []struct {
		set                          string
		firstDefault, anotherDefault bool
	}{{"reserved_for_second_factor", true, false}, {"default_second_factor", false, true}} {
		b = f.ok("PATCH", other, form(tc.set, "true"))
		if b.at("client.sessions.0.user.phone_numbers.0.default_second_factor") != tc.firstDefault || b.at("response.default_second_factor") != tc.anotherDefault {
			t.Errorf("after %s: %v", tc.set, b.at("client.sessions.0.user.phone_numbers"))
		}
	}
	if b = f.ok("DELETE", other, ""); b.at("client.sessions.0.user.phone_numbers.0.default_second_factor") != true {
		t.Errorf("the last one is not the default: %v", b.at("client.sessions.0.user.phone_numbers"))
	}
	f.ok("DELETE", "/v1/me/totp", "")
	b = f.ok("PATCH", "/v1/me/phone_numbers/"+phone, form("reserved_for_second_factor", "false"))
	if b.at("client.sessions.0.user.two_factor_enabled") != false || b.at("client.sessions.0.user.backup_code_enabled") != false {
		t.Errorf("%v", b.at("client.sessions.0.user"))
	}
}

func passkeys(t *testing.T, f *checkedFake) {
	f.signIn(ada, password)
	b := f.ok("POST", "/v1/me/passkeys", "")
	at := "/v1/me/passkeys/" + b.text("response.id")
	if !json.Valid([]byte(b.text("response.verification.nonce"))) {
		t.Errorf("the options are not JSON: %v", b.at("response.verification"))
	}
	const credential = `{"type":"public-key","id":"credential1","rawId":"credential1","response":{"clientDataJSON":"e30","attestationObject":"e30"}}`
	f.ok("POST", at+"/attempt_verification", form("strategy", "passkey", "public_key_credential", credential))
	if b = f.ok("PATCH", at, form("name", "Laptop")); b.text("response.name") != "Laptop" {
		t.Errorf("%v", b.at("response"))
	}
	f.ok("GET", at, "")
	user := *f
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ins", form("strategy", "passkey"))
	sign := "/v1/client/sign_ins/" + b.text("response.id") + "/attempt_first_factor"
	f.fails(404, "passkey_not_registered", "POST", sign, form("strategy", "passkey", "public_key_credential", `{"id":"another"}`))
	if b = f.ok("POST", sign, form("strategy", "passkey", "public_key_credential", credential)); b.text("response.status") != "complete" {
		t.Errorf("%v", b.at("response"))
	}
	user.ok("DELETE", at, "")
}

func externalAccounts(t *testing.T, f *checkedFake) {
	f.signIn(ada, password)
	b := f.ok("POST", "/v1/me/external_accounts", form("strategy", "oauth_github", "redirect_url", "app://back", "additional_scope", "repo"))
	at := "/v1/me/external_accounts/" + b.text("response.id")
	if b.text("response.verification.status") != "unverified" || b.text("response.approved_scopes") != "repo" {
		t.Errorf("%v", b.at("response"))
	}
	f.visit(b.text("response.verification.external_verification_redirect_url"), ada)
	if b = f.ok("GET", "/v1/me", ""); b.text("response.external_accounts.1.verification.status") != "verified" {
		t.Errorf("%v", b.at("response.external_accounts"))
	}
	f.fails(400, "oauth_account_already_connected", "POST", "/v1/me/external_accounts", form("strategy", "oauth_github", "redirect_url", "app://back"))
	f.ok("PATCH", at+"/reauthorize", form("redirect_url", "app://back"))
	f.ok("DELETE", at+"/tokens", "")
	f.ok("DELETE", at, "")
	f.fails(404, "resource_not_found", "DELETE", at, "")
}
