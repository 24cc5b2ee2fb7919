package fapitest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	fapi "github.com/fapigen/fapigen/templates/runtime"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// The packing of permissions is that of clerk-js (packages/shared/src/jwtPayloadParser.ts): bit i of the number at a feature's
// place among the organization's in fea grants the i-th name of per.
func TestTokensPackThePermissionsOfARole(t *testing.T) {
	srv := fapitest.NewServer(t,
		fapitest.WithUser(fapitest.User{Emails: []string{ada}, Password: password, Features: []string{"export"}}),
		fapitest.WithRole(fapitest.Role{Key: "org:billing", Permissions: []string{"org:invoices:create", "org:invoices:read", "org:reports:read", "org:sys_billing:manage"}}),
		fapitest.WithOrganization(fapitest.Organization{ID: "org_acme", Name: "Acme", Features: []string{"chat", "reports"}, Members: []fapitest.Member{{User: ada, Role: "org:billing"}}}))
	clerk := signedIn(t, srv)
	if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
		t.Fatal(err)
	}
	jwt, err := clerk.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claims := verified(t, srv, jwt)
	o, _ := claims["o"].(map[string]any)
	if claims["fea"] != "u:export,o:chat,o:reports,o:invoices" || o["rol"] != "billing" || o["per"] != "create,read" || o["fpm"] != "0,2,3" {
		t.Errorf("claims %v", claims)
	}
	for check, want := range map[fapi.Check]bool{
		{Role: "org:billing"}: true, {Permission: "org:invoices:create"}: true, {Permission: "org:reports:create"}: false,
		{Permission: "org:sys_billing:manage"}: true, {Permission: "org:sys_memberships:read"}: false, {Feature: "org:invoices"}: true, {Feature: "org:export"}: false,
	} {
		if got := clerk.Has(check); got != want {
			t.Errorf("Has(%+v) is %v", check, got)
		}
	}
}

func TestTokensNameThePageThatAsks(t *testing.T) {
	srv := withAda(t)
	browser := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	in := ask(t, srv, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+browser, form("identifier", ada, "password", password), "Origin: https://app.example.com")
	token := ask(t, srv, "POST", "/v1/client/sessions/"+in.at("response", "created_session_id")+"/tokens?__clerk_db_jwt="+browser, nil, "Origin: https://app.example.com")
	if got := verified(t, srv, token.at("jwt"))["azp"]; got != "https://app.example.com" {
		t.Errorf("azp is %v", got)
	}
	jwt, err := signedIn(t, srv).Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if azp, ok := verified(t, srv, jwt)["azp"]; ok {
		t.Errorf("an app without an origin has azp %v", azp)
	}
}

func TestTemplatesHaveShortcodes(t *testing.T) {
	srv := fapitest.NewServer(t,
		fapitest.WithUser(fapitest.User{FirstName: "Ada", LastName: "Lovelace", Emails: []string{ada}, Password: password, PublicMetadata: map[string]any{"plan": map[string]any{"seats": 3}}}),
		fapitest.WithOrganization(fapitest.Organization{Name: "Acme", Members: []fapitest.Member{{User: ada, Role: "org:admin"}}}),
		fapitest.WithTemplate("t", map[string]any{
			"name": "{{user.full_name}}", "hello": "hello {{ user.first_name }} of {{org.slug}}{{user.username}}", "email": "{{user.primary_email_address}}",
			"seats": "{{user.public_metadata.plan.seats}}", "none": "{{user.nothing}}", "list": []any{"{{org.role}}", 1}, "plain": "{user.id}",
		}))
	clerk := signedIn(t, srv)
	if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
		t.Fatal(err)
	}
	jwt, err := clerk.Token(t.Context(), fapi.WithTemplate("t"))
	if err != nil {
		t.Fatal(err)
	}
	claims := verified(t, srv, jwt)
	for name, want := range map[string]any{"name": "Ada Lovelace", "hello": "hello Ada of acme", "email": ada, "seats": 3.0, "none": nil, "plain": "{user.id}"} {
		if got, ok := claims[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if fmt.Sprint(claims["list"]) != "[org:admin 1]" || claims["sub"] != clerk.State().User.ID {
		t.Errorf("claims %v", claims)
	}
}

func TestASignInMayBeJSON(t *testing.T) {
	srv := withAda(t)
	text, err := json.Marshal(map[string]string{"identifier": ada, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	if a := askJSON(t, srv, "/v1/client/sign_ins?_is_native=1", string(text)); a.at("response", "status") != "complete" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
