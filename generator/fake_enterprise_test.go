package generator

import (
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const (
	corp, colleague = "sso@corp.example", "new@corp.example"
	accounts        = "client.sessions.0.user.enterprise_accounts"
)

func withCorp() []fapitest.Option {
	return append(people(), fapitest.WithUser(fapitest.User{Username: "corporal", Emails: []string{"home@example.net", corp}, Password: password, EnterpriseSSO: true}))
}

// wantAccount checks the only enterprise account of the only session.
func wantAccount(t *testing.T, when string, b body, email string) {
	t.Helper()
	list, _ := b.at(accounts).([]any)
	if len(list) != 1 || b.text(accounts+".0.email_address") != email || b.text(accounts+".0.verification.strategy") != "enterprise_sso" ||
		b.text(accounts+".0.verification.status") != "verified" || b.at(accounts+".0.active") != true || b.at(accounts+".0.last_authenticated_at") == nil {
		t.Errorf("%s: %v", when, b.at(accounts))
	}
}

func TestFakeEnterpriseAccountsAfterASignIn(t *testing.T) {
	f := newCheckedFake(t, withCorp()...)
	if b := f.signIn("corporal", password); len(b.at(accounts).([]any)) != 0 {
		t.Errorf("before: %v", b.at(accounts))
	}
	for identifier, email := range map[string]string{corp: corp, "corporal": "home@example.net"} {
		f := newCheckedFake(t, withCorp()...)
		for _, when := range []string{"at first", "again"} {
			f.token = ""
			b := f.ok("POST", signIns, form("strategy", "enterprise_sso", "identifier", identifier, "redirect_url", back))
			f.leads(b.text(signInPage), "")
			b = f.ok("GET", "/v1/client", "")
			list, _ := b.at("response.sessions.0.user.enterprise_accounts").([]any)
			wantAccount(t, identifier+" "+when, body{"client": b["response"]}, email)
			if domain := body(list[0].(map[string]any)).text("enterprise_connection.domain"); email != "x@"+domain && email[len(email)-len(domain):] != domain {
				t.Errorf("the domain is %s", domain)
			}
		}
	}
	b := f.ok("POST", signIns, form("strategy", "enterprise_sso", "identifier", grace, "redirect_url", back))
	f.leads(b.text(signInPage), "?error=access_denied")
	if b = f.ok("GET", signIns+"/"+b.text("response.id"), ""); b.text("response.status") != "needs_first_factor" {
		t.Errorf("refused: %v", b.at("response"))
	}
}

func TestFakeEnterpriseAccountsAfterASignUp(t *testing.T) {
	f := newCheckedFake(t, withCorp()...)
	b := f.ok("POST", "/v1/client/sign_ups", form("strategy", "enterprise_sso", "email_address", colleague, "redirect_url", back))
	f.leads(b.text(signUpPage), "")
	b = f.ok("GET", "/v1/client/sign_ups/"+b.text("response.id"), "")
	wantAccount(t, "a sign-up", body{"client": f.ok("GET", "/v1/client", "")["response"]}, colleague)
	if got := b.text("response.verifications.external_account.strategy"); got != "enterprise_sso" {
		t.Errorf("the strategy is %s", got)
	}
	f.session = b.text("response.created_session_id")
	id := f.ok("GET", "/v1/me", "").text("response.enterprise_accounts.0.id")
	f.fails(404, "resource_not_found", "DELETE", "/v1/me/enterprise_accounts/entacc_x", "")
	f.ok("DELETE", "/v1/me/enterprise_accounts/"+id, "")
	if b = f.ok("GET", "/v1/me", ""); len(b.at("response.enterprise_accounts").([]any)) != 0 {
		t.Errorf("deleted: %v", b.at("response.enterprise_accounts"))
	}
}

// Somebody new of the domain is transferred, as with other providers.
func TestFakeEnterpriseSignInOfSomebodyNew(t *testing.T) {
	f := newCheckedFake(t, withCorp()...)
	f.fails(422, "form_identifier_not_found", "POST", signIns, form("strategy", "enterprise_sso", "identifier", "who@nowhere.example", "redirect_url", back))
	b := f.ok("POST", signIns, form("strategy", "enterprise_sso", "identifier", colleague))
	if got := strategiesOf(b); len(got) != 1 || got[0] != "enterprise_sso" {
		t.Errorf("offered: %v", got)
	}
	at := signIns + "/" + b.text("response.id")
	f.fails(422, "form_param_value_invalid", "POST", at+"/prepare_first_factor", form("strategy", "email_code"))
	b = f.ok("POST", at+"/prepare_first_factor", form("strategy", "enterprise_sso", "redirect_url", back, "action_complete_redirect_url", complete))
	if to, _ := f.leads(b.text(signInPage), ""); to != back {
		t.Errorf("it leads to %s", to)
	}
	if b = f.ok("GET", at, ""); b.text("response.first_factor_verification.status") != "transferable" {
		t.Fatalf("%v", b.at("response"))
	}
	b = f.ok("POST", "/v1/client/sign_ups", form("transfer", "true"))
	if b.text("response.status") != "complete" || b.text("response.email_address") != colleague {
		t.Fatalf("%v", b.at("response"))
	}
	wantAccount(t, "a transfer", b, colleague)
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ups", form("strategy", "enterprise_sso", "email_address", "third@corp.example", "redirect_url", back))
	f.leads(b.text(signUpPage), "?email="+corp) // who is known there by another address
	b = f.ok("POST", signIns, form("transfer", "true"))
	if b.text("response.status") != "complete" || b.text("response.first_factor_verification.strategy") != "enterprise_sso" {
		t.Errorf("%v", b.at("response"))
	}
	wantAccount(t, "a transfer back", b, corp)
}
