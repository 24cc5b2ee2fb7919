package generator

// Flows that lead through a page of a provider: where they come back to, and what they leave behind.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const (
	back, complete = "https://app.example.com/sso-callback", "https://app.example.com/done"
	signInPage     = "response.first_factor_verification.external_verification_redirect_url"
	signUpPage     = "response.verifications.external_account.external_verification_redirect_url"
	connectPage    = "response.verification.external_verification_redirect_url"
)

// leads opens a page with a query, and gives the URL that it leads to without its query, and the query.
func (f *checkedFake) leads(page, query string) (string, url.Values) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, page+query, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := f.http.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		f.t.Fatalf("%s: %d, no redirect", page, resp.StatusCode)
	}
	values := to.Query()
	to.RawQuery = ""
	return to.String(), values
}

func TestFakeProviderLeadsTo(t *testing.T) {
	people := append(people(), fapitest.WithUser(fapitest.User{Emails: []string{"sso@corp.example"}, EnterpriseSSO: true}),
		fapitest.WithUser(fapitest.User{Emails: []string{"bob@example.net"}, Banned: true, Providers: []string{"github"}}))
	const signUps = "/v1/client/sign_ups"
	for name, tc := range map[string]struct {
		path   string
		form   []string
		page   string
		query  string
		want   string
		status string // of the redirect
	}{
		"sign-in/finished":                       {signIns, []string{"strategy", "oauth_google"}, signInPage, "", complete, "completed"},
		"sign-in/second factor left":             {signIns, []string{"strategy", "oauth_github"}, signInPage, "?email=" + url.QueryEscape(grace), back, ""},
		"sign-in/nobody has the account":         {signIns, []string{"strategy", "oauth_github"}, signInPage, "?email=who@example.com", back, ""},
		"sign-in/refused":                        {signIns, []string{"strategy", "oauth_google"}, signInPage, "?error=access_denied", back, "failed"},
		"sign-in/banned":                         {signIns, []string{"strategy", "oauth_github"}, signInPage, "?email=bob@example.net", back, "failed"},
		"SSO sign-in/finished":                   {signIns, []string{"strategy", "enterprise_sso", "identifier", "sso@corp.example"}, signInPage, "", complete, "completed"},
		"SSO sign-in/second factor left":         {signIns, []string{"strategy", "enterprise_sso", "identifier", grace}, signInPage, "", back, ""},
		"sign-up/finished":                       {signUps, []string{"strategy", "oauth_google"}, signUpPage, "?email=who@example.com", complete, "completed"},
		"sign-up/somebody has the account":       {signUps, []string{"strategy", "oauth_google"}, signUpPage, "", back, ""},
		"sign-up/refused":                        {signUps, []string{"strategy", "oauth_google"}, signUpPage, "?error=access_denied", back, "failed"},
		"sign-up/a phone number to verify":       {signUps, []string{"strategy", "oauth_google", "phone_number", "+15555550107"}, signUpPage, "?email=who@example.com", back, ""},
		"SSO sign-up/finished":                   {signUps, []string{"strategy", "enterprise_sso", "email_address", "new@corp.example"}, signUpPage, "", complete, "completed"},
		"SSO sign-up/a phone number to verify":   {signUps, []string{"strategy", "enterprise_sso", "email_address", "new@corp.example", "phone_number", "+15555550107"}, signUpPage, "", back, ""},
		"connection/finished":                    {"/v1/me/external_accounts", []string{"strategy", "oauth_github"}, connectPage, "", complete, ""},
		"connection/refused":                     {"/v1/me/external_accounts", []string{"strategy", "oauth_github"}, connectPage, "?error=access_denied", back, "failed"},
		"sign-in/finished, no completed URL":     {signIns, []string{"strategy", "oauth_google", "action_complete_redirect_url", ""}, signInPage, "", back, "completed"},
		"sign-in/finished, URL with a query":     {signIns, []string{"strategy", "oauth_google", "action_complete_redirect_url", "https://app.example.com/a?b=c"}, signInPage, "", "https://app.example.com/a", "completed"},
		"connection/finished, no completed URL":  {"/v1/me/external_accounts", []string{"strategy", "oauth_github", "action_complete_redirect_url", ""}, connectPage, "", back, ""},
		"sign-up/finished, URL of a custom form": {signUps, []string{"strategy", "oauth_google", "action_complete_redirect_url", "app://done"}, signUpPage, "?email=who@example.com", "app://done", "completed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newCheckedFake(t, people...)
			if strings.HasPrefix(tc.path, "/v1/me") {
				f.signIn(ada, password)
			}
			given, _ := url.ParseQuery(form(tc.form...))
			given.Set("redirect_url", back)
			if !given.Has("action_complete_redirect_url") {
				given.Set("action_complete_redirect_url", complete)
			}
			b := f.ok("POST", tc.path, given.Encode())
			got, query := f.leads(b.text(tc.page), tc.query)
			if got != tc.want || query.Get("__clerk_status") != tc.status {
				t.Errorf("it leads to %s with %v", got, query)
			}
			if query.Get("rotating_token_nonce") == "" || strings.Contains(tc.form[len(tc.form)-1], "?b=c") && query.Get("b") != "c" {
				t.Errorf("the query is %v", query)
			}
		})
	}
}

// Clerk's own client names the URLs again with each step; those of the step that starts the visit count.
func TestFakeProviderLeadsToWhereTheStepSays(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithUser(fapitest.User{Emails: []string{"sso@corp.example"}, EnterpriseSSO: true}))...)
	b := f.ok("POST", signIns, form("strategy", "enterprise_sso", "identifier", "sso@corp.example"))
	b = f.ok("POST", signIns+"/"+b.text("response.id")+"/prepare_first_factor", form("strategy", "enterprise_sso", "redirect_url", back, "action_complete_redirect_url", complete))
	if got, _ := f.leads(b.text(signInPage), ""); got != complete {
		t.Errorf("a prepared factor leads to %s", got)
	}
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ups", form("username", "newcomer"))
	at := "/v1/client/sign_ups/" + b.text("response.id")
	b = f.ok("PATCH", at, form("strategy", "oauth_google", "redirect_url", back, "action_complete_redirect_url", "app://one"))
	first := b.text(signUpPage)
	b = f.ok("POST", at+"/prepare_verification", form("strategy", "oauth_google", "redirect_url", back, "action_complete_redirect_url", "app://two"))
	if got, _ := f.leads(b.text(signUpPage), "?email=who@example.com"); got != "app://two" || first == b.text(signUpPage) {
		t.Errorf("a prepared verification leads to %s", got)
	}
	b = f.ok("POST", "/v1/me/external_accounts", form("strategy", "oauth_github", "redirect_url", back, "action_complete_redirect_url", complete))
	b = f.ok("PATCH", "/v1/me/external_accounts/"+b.text("response.id")+"/reauthorize", form("redirect_url", back, "action_complete_redirect_url", "app://again"))
	if got, _ := f.leads(b.text(connectPage), ""); got != "app://again" {
		t.Errorf("a connection that is renewed leads to %s", got)
	}
}

func TestFakeProviderRefusesURLs(t *testing.T) {
	f := newCheckedFake(t, people()...)
	for _, bad := range []string{"http://[::1", "/relative", "%zz"} {
		for _, param := range []string{"redirect_url", "action_complete_redirect_url"} {
			given, _ := url.ParseQuery(form("strategy", "oauth_google", "redirect_url", back))
			given.Set(param, bad)
			f.fails(422, "invalid_redirect_url", "POST", signIns, given.Encode())
			f.fails(422, "invalid_redirect_url", "POST", "/v1/client/sign_ups", given.Encode())
		}
	}
	f.fails(422, "form_param_missing", "POST", signIns, form("strategy", "oauth_google", "action_complete_redirect_url", complete))
	f.signIn(ada, password)
	f.fails(422, "form_param_missing", "POST", "/v1/me/external_accounts", form("strategy", "oauth_github"))
	f.ok("POST", "/v1/me/external_accounts", form("strategy", "oauth_github", "redirect_url", back)) // what was refused left nothing
}

func TestFakeOAuthSignInThatJustStarted(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signIns, form("strategy", "oauth_github", "redirect_url", back))
	wantStarted := func(when string, b body) {
		t.Helper()
		if b.text("response.status") != "needs_identifier" || b.at("response.supported_first_factors") != nil || b.at("response.identifier") != nil {
			t.Errorf("%s: %v", when, b.at("response"))
		}
	}
	wantStarted("at first", b)
	if b.text("response.first_factor_verification.status") != "unverified" || b.text("client.sign_in.status") != "needs_identifier" {
		t.Errorf("%v", b)
	}
	at := signIns + "/" + b.text("response.id")
	f.fails(400, "client_state_invalid", "POST", at+"/attempt_first_factor", form("strategy", "password", "password", password))
	f.leads(b.text(signInPage), "?error=access_denied")
	wantStarted("refused", f.ok("GET", at, ""))
	b = f.ok("POST", at+"/prepare_first_factor", form("strategy", "oauth_github", "redirect_url", back))
	f.leads(b.text(signInPage), "?email=who@example.com")
	b = f.ok("GET", at, "")
	wantStarted("transferable", b)
	if b.text("response.first_factor_verification.status") != "transferable" {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.ok("POST", signIns, form("strategy", "oauth_github", "identifier", ada, "redirect_url", back)); b.text("response.status") != "needs_first_factor" {
		t.Errorf("with an identifier: %v", b.at("response.status"))
	}
}
