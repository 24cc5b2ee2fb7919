package generator

// Sign-ups as Clerk's own form sends them: with every field that the instance has, empty where nothing was typed.

import (
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const newcomer = "new+clerk_test@example.com"

// fields is a form with every field of a sign-up, empty but for those given.
func fields(given map[string]string) string {
	pairs := []string{}
	for _, name := range []string{"email_address", "phone_number", "username", "first_name", "last_name", "password", "unsafe_metadata", "legal_accepted"} {
		pairs = append(pairs, name, given[name])
	}
	return form(pairs...)
}

func TestFakeSignUpTakesAnEmptyFieldAsNotGiven(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", "/v1/client/sign_ups", fields(map[string]string{"email_address": newcomer, "password": password}))
	for _, name := range []string{"phone_number", "username", "first_name", "last_name", "legal_accepted_at"} {
		if got := b.at("response." + name); got != nil {
			t.Errorf("%s is %v, want null", name, got)
		}
	}
	if got := b.at("response.unverified_fields"); len(got.([]any)) != 1 || len(b.at("response.missing_fields").([]any)) != 0 {
		t.Errorf("unverified %v, missing %v", got, b.at("response.missing_fields"))
	}
	at := "/v1/client/sign_ups/" + b.text("response.id")
	f.ok("POST", at+"/prepare_verification", form("strategy", "email_code"))
	b = f.ok("POST", at+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
	if b.text("response.status") != "complete" || b.at("client.sessions.0.user.username") != nil || b.at("client.sessions.0.user.phone_numbers.0") != nil {
		t.Errorf("%v", b.at("response"))
	}
}

func TestFakeSignUpWithNothingTyped(t *testing.T) {
	f := newCheckedFake(t, people()...)
	for rule, form := range map[string]string{"empty": fields(nil), "blank": fields(map[string]string{"email_address": " ", "username": "\t"}), "none": ""} {
		b := f.ok("POST", "/v1/client/sign_ups", form)
		if missing, _ := b.at("response.missing_fields").([]any); len(missing) != 2 || missing[0] != "email_address" || missing[1] != "password" {
			t.Errorf("%s: missing %v", rule, missing)
		}
	}
}

func TestFakeSignUpTakesAnEmptyFieldThatIsSwitchedOff(t *testing.T) {
	off := fapitest.WithEnvironment(func(environment map[string]any) {
		attributes := environment["user_settings"].(map[string]any)["attributes"].(map[string]any)
		attributes["phone_number"].(map[string]any)["enabled"] = false
	})
	f := newCheckedFake(t, append(people(), off)...)
	b := f.ok("POST", "/v1/client/sign_ups", form("email_address", newcomer, "phone_number", ""))
	at := "/v1/client/sign_ups/" + b.text("response.id")
	f.ok("PATCH", at, form("phone_number", ""))
	f.fails(422, "form_param_unknown", "PATCH", at, form("phone_number", "+15555550107"))
}

func TestFakeSignUpIsClearedByAnEmptyField(t *testing.T) {
	f := newCheckedFake(t, people()...)
	full := map[string]string{"email_address": newcomer, "phone_number": "+15555550107", "username": "newcomer", "first_name": "New", "last_name": "Comer",
		"password": password, "unsafe_metadata": `{"plan":"pro"}`, "legal_accepted": "true"}
	for name, shown := range map[string]string{"email_address": "email_address", "phone_number": "phone_number", "username": "username", "first_name": "first_name",
		"last_name": "last_name", "password": "password_enabled", "unsafe_metadata": "unsafe_metadata.plan", "legal_accepted": "legal_accepted_at"} {
		t.Run(name, func(t *testing.T) {
			b := f.ok("POST", "/v1/client/sign_ups", fields(full))
			if got := b.at("response." + shown); got == nil || got == false {
				t.Fatalf("%s is %v before", shown, got)
			}
			b = f.ok("PATCH", "/v1/client/sign_ups/"+b.text("response.id"), form(name, ""))
			if got := b.at("response." + shown); got != nil && got != false {
				t.Errorf("%s is %v", shown, got)
			}
			if b.text("response.status") != "missing_requirements" {
				t.Errorf("status %v", b.at("response.status"))
			}
			for other := range full {
				if other != name && other != "unsafe_metadata" && other != "legal_accepted" && other != "password" && b.text("response."+other) != full[other] {
					t.Errorf("%s is %v", other, b.at("response."+other))
				}
			}
		})
	}
}

func TestFakeSignUpVerifiesAnAddressAnewAfterItWasCleared(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", "/v1/client/sign_ups", form("email_address", newcomer))
	at := "/v1/client/sign_ups/" + b.text("response.id")
	f.ok("POST", at+"/prepare_verification", form("strategy", "email_code"))
	f.ok("POST", at+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
	f.ok("PATCH", at, form("email_address", ""))
	b = f.ok("PATCH", at, form("email_address", newcomer))
	if b.at("response.verifications.email_address") != nil || b.at("response.unverified_fields.0") != "email_address" {
		t.Errorf("%v, unverified %v", b.at("response.verifications"), b.at("response.unverified_fields"))
	}
}

func TestFakeSignInTakesAnEmptyPasswordAsNotGiven(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada, "password", ""))
	if b.text("response.status") != "needs_first_factor" || b.at("response.first_factor_verification") != nil {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(422, "form_param_missing", "POST", "/v1/client/sign_ins/"+b.text("response.id")+"/attempt_first_factor", form("strategy", "password", "password", ""))
	f.ok("POST", "/v1/client/sign_ins", form("identifier", "", "password", "", "strategy", ""))
}
