package generator

import (
	"encoding/json"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// strategiesOf are those of a sign-in's first factors, in their order.
func strategiesOf(b body) []string {
	var list []string
	factors, _ := b.at("response.supported_first_factors").([]any)
	for _, f := range factors {
		list = append(list, body(f.(map[string]any)).text("strategy"))
	}
	return list
}

func TestFakeSignUpIfMissing(t *testing.T) {
	const phone = "+15555550107"
	for name, tc := range map[string]struct {
		identifier, strategy, at, id string
		offered                      int
	}{
		"email code": {newcomer, "email_code", "email_address", "email_address_id", 2},
		"email link": {newcomer, "email_link", "email_address", "email_address_id", 2},
		"phone code": {phone, "phone_code", "phone_number", "phone_number_id", 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newCheckedFake(t, people()...)
			b := f.ok("POST", signIns, form("identifier", tc.identifier, "sign_up_if_missing", "true"))
			at := signIns + "/" + b.text("response.id")
			if b.text("response.status") != "needs_first_factor" || b.text("response.identifier") != tc.identifier || len(strategiesOf(b)) != tc.offered {
				t.Fatalf("%v", b.at("response"))
			}
			id := b.text("response.supported_first_factors.0." + tc.id)
			f.fails(422, "form_param_value_invalid", "POST", at+"/prepare_first_factor", form("strategy", tc.strategy, tc.id, "idn_other"))
			f.ok("POST", at+"/prepare_first_factor", form("strategy", tc.strategy, tc.id, id))
			if tc.strategy == "email_link" {
				if back := f.visit(f.EmailLink(newcomer), ""); back.Get("__clerk_status") != "transferable" || back.Has("__clerk_created_session") {
					t.Errorf("the link leads back with %v", back)
				}
				b = f.ok("GET", at, "")
			} else {
				f.fails(422, "form_code_incorrect", "POST", at+"/attempt_first_factor", form("strategy", tc.strategy, "code", "000000"))
				b = f.ok("POST", at+"/attempt_first_factor", form("strategy", tc.strategy, "code", fapitest.TestCode))
				f.fails(400, "verification_already_verified", "POST", at+"/attempt_first_factor", form("strategy", tc.strategy, "code", fapitest.TestCode))
			}
			if b.text("response.status") != "needs_first_factor" || b.text("response.first_factor_verification.status") != "transferable" ||
				b.text("response.first_factor_verification.error.code") != "sign_up_if_missing_transfer" || b.at("response.created_session_id") != nil {
				t.Fatalf("%v", b.at("response"))
			}
			f.fails(400, "account_transfer_invalid", "POST", signIns, form("transfer", "true"))
			b = f.ok("POST", "/v1/client/sign_ups", form("transfer", "true", "password", password, "unsafe_metadata", `{"from":"sign-in"}`))
			if b.text("response."+tc.at) != tc.identifier || b.text("response.verifications."+tc.at+".status") != "verified" ||
				b.text("response.verifications."+tc.at+".strategy") != tc.strategy || b.text("response.unsafe_metadata.from") != "sign-in" {
				t.Fatalf("%v", b.at("response"))
			}
			f.fails(400, "account_transfer_invalid", "POST", "/v1/client/sign_ups", form("transfer", "true"))
		})
	}
}

func TestFakeSignUpIfMissingEndsWithASession(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signIns, form("identifier", newcomer, "sign_up_if_missing", "true", "strategy", "email_code")) // sent at once
	if b.text("response.first_factor_verification.status") != "unverified" {
		t.Fatalf("%v", b.at("response"))
	}
	f.ok("POST", signIns+"/"+b.text("response.id")+"/attempt_first_factor", form("strategy", "email_code", "code", fapitest.TestCode))
	b = f.ok("POST", "/v1/client/sign_ups", form("transfer", "true"))
	if b.at("response.missing_fields.0") != "password" || len(b.at("response.unverified_fields").([]any)) != 0 {
		t.Fatalf("%v", b.at("response"))
	}
	b = f.ok("PATCH", "/v1/client/sign_ups/"+b.text("response.id"), form("password", password))
	if b.text("response.status") != "complete" || b.text("client.sessions.0.public_user_data.identifier") != newcomer {
		t.Errorf("%v", b.at("response"))
	}
	f.token = ""
	f.signIn(newcomer, password)
}

func TestFakeSignUpIfMissingWhenSomebodyIsFaster(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signIns, form("identifier", newcomer, "sign_up_if_missing", "true", "strategy", "email_code"))
	slow, at := f.token, signIns+"/"+b.text("response.id")+"/attempt_first_factor"
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ups", form("email_address", newcomer, "password", password, "strategy", "email_code"))
	f.ok("POST", "/v1/client/sign_ups/"+b.text("response.id")+"/attempt_verification", form("strategy", "email_code", "code", fapitest.TestCode))
	f.token = slow
	if b = f.ok("POST", at, form("strategy", "email_code", "code", fapitest.TestCode)); b.text("response.status") != "complete" {
		t.Errorf("%v", b.at("response"))
	}
}

func TestFakeSignUpIfMissingIsRefused(t *testing.T) {
	settings := func(change func(user map[string]any)) []fapitest.Option {
		return append(people(), fapitest.WithEnvironment(func(environment map[string]any) { change(environment["user_settings"].(map[string]any)) }))
	}
	noPhones := settings(func(user map[string]any) {
		user["attributes"].(map[string]any)["phone_number"].(map[string]any)["enabled"] = false
	})
	captcha := settings(func(user map[string]any) { user["sign_up"].(map[string]any)["captcha_enabled"] = true })
	for name, tc := range map[string]struct {
		opts   []fapitest.Option
		form   string
		status int
		code   string
	}{
		"not asked for":          {people(), form("identifier", newcomer), 422, "form_identifier_not_found"},
		"asked for as false":     {people(), form("identifier", newcomer, "sign_up_if_missing", "false"), 422, "form_identifier_not_found"},
		"a username":             {people(), form("identifier", "newcomer", "sign_up_if_missing", "true"), 422, "form_identifier_not_found"},
		"phone numbers are off":  {noPhones, form("identifier", "+15555550107", "sign_up_if_missing", "true"), 422, "form_identifier_not_found"},
		"a password":             {people(), form("identifier", newcomer, "password", password, "sign_up_if_missing", "true"), 400, "strategy_for_user_invalid"},
		"a reset":                {people(), form("identifier", newcomer, "strategy", "reset_password_email_code", "sign_up_if_missing", "true"), 422, "form_param_value_invalid"},
		"a captcha is wanted":    {captcha, form("identifier", newcomer, "sign_up_if_missing", "true"), 400, "captcha_missing_token"},
		"a captcha, and a known": {captcha, form("identifier", ada, "sign_up_if_missing", "true"), 400, "captcha_missing_token"},
	} {
		t.Run(name, func(t *testing.T) { newCheckedFake(t, tc.opts...).fails(tc.status, tc.code, "POST", signIns, tc.form) })
	}
	f := newCheckedFake(t, captcha...)
	f.ok("POST", signIns, form("identifier", newcomer, "sign_up_if_missing", "true", "captcha_token", "token"))
	f.ok("POST", signIns, form("identifier", ada))
	if b := f.ok("POST", signIns, form("identifier", ada, "password", password, "sign_up_if_missing", "true", "captcha_token", "token")); b.text("response.status") != "complete" {
		t.Errorf("a known user: %v", b.at("response.status"))
	}
}

func TestFakeResetFitsTheIdentifier(t *testing.T) {
	for identifier, want := range map[string]map[string]bool{
		ada: {"reset_password_email_code": true}, "ADA+clerk_test@example.com": {"reset_password_email_code": true},
		"+15555550100": {"reset_password_phone_code": true}, "ada_lovelace": {},
	} {
		f := newCheckedFake(t, people()...)
		b := f.ok("POST", signIns, form("identifier", identifier))
		offered := map[string]bool{}
		for _, s := range strategiesOf(b) {
			offered[s] = true
		}
		for _, strategy := range []string{"reset_password_email_code", "reset_password_phone_code"} {
			prepare := signIns + "/" + b.text("response.id") + "/prepare_first_factor"
			if offered[strategy] != want[strategy] {
				t.Errorf("%s: %s is offered: %t", identifier, strategy, offered[strategy])
			}
			if want[strategy] {
				f.ok("POST", prepare, form("strategy", strategy))
			} else {
				f.fails(422, "form_param_value_invalid", "POST", prepare, form("strategy", strategy))
			}
		}
		if !offered["password"] || !offered["email_code"] || !offered["phone_code"] {
			t.Errorf("%s: %v", identifier, strategiesOf(b))
		}
	}
}

func TestFakeSessionShowsTheIdentifierAsTyped(t *testing.T) {
	const shown = "client.sessions.0.public_user_data.identifier"
	for _, identifier := range []string{ada, "Ada+clerk_test@Example.com", "+15555550100", "ada_lovelace"} {
		f := newCheckedFake(t, people()...)
		if b := f.ok("POST", signIns, form("identifier", identifier, "password", password)); b.text(shown) != identifier {
			t.Errorf("%s: %s", identifier, b.text(shown))
		}
	}
	f := newCheckedFake(t, people()...)
	if b := f.ok("POST", signIns, form("strategy", "ticket", "ticket", f.Ticket("ada_lovelace"))); b.text(shown) != ada {
		t.Errorf("by a ticket: %s", b.text(shown))
	}
	f.token = ""
	f.signIn("ada_lovelace", password)
	if b := f.ok("PATCH", "/v1/me", form("username", "countess")); b.text(shown) != ada {
		t.Errorf("what was typed is the user's no longer: %s", b.text(shown))
	}
	if b := f.ok("GET", "/v1/me/organization_memberships", ""); b.text("response.0.public_user_data.identifier") != ada {
		t.Errorf("a member is shown as %v", b)
	}
}

func TestFakePasskeyAlgorithms(t *testing.T) {
	f := newCheckedFake(t, people()...)
	f.signIn(ada, password)
	var options struct{ PubKeyCredParams []map[string]any }
	decode(t, f.ok("POST", "/v1/me/passkeys", "").text("response.verification.nonce"), &options)
	if len(options.PubKeyCredParams) != 2 || options.PubKeyCredParams[0]["alg"] != -7.0 || options.PubKeyCredParams[1]["alg"] != -257.0 {
		t.Errorf("%v", options.PubKeyCredParams)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
