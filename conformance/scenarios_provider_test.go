package conformance

import "github.com/fapigen/fapigen/out/fapitest"

// left and done are where a provider leads to: while there is something left to do, and from a flow that is finished.
const (
	left = "https://acme.example/callback"
	done = "https://acme.example/welcome"
)

// atProvider are the parameters of a flow that leads through a page of a provider.
func atProvider(strategy string, more ...any) []any {
	return append([]any{"strategy", strategy, "redirect_url", left, "action_complete_redirect_url", done}, more...)
}

const refuses = "?error=access_denied"

func init() {
	corporate := world(fapitest.WithUser(fapitest.User{ID: "user_mia", FirstName: "Mia", Emails: []string{"mia@corp.example"}, EnterpriseSSO: true}))
	scenarios = append(scenarios, []scenario{
		{name: "sign in at a provider", options: world(), steps: []step{do("load"),
			do("sign_in_create", atProvider("oauth_google")...),
			do("sign_in_redirect"), do("user_visits", "leads_to", done),
			do("sign_in_reload", "rotating_token_nonce", lastFound),
			do("set_active", "session", "created"), do("token"),
		}},
		{name: "the page that a provider leads to", options: world(), only: "page", steps: []step{do("load"),
			do("sign_in_create", atProvider("oauth_google")...),
			do("sign_in_redirect"), do("user_visits", "leads_to", done),
			do("restart"), do("load"), do("token"),
		}},
		{name: "sign in at a provider, with a second factor", options: world(), steps: []step{do("load"),
			do("sign_in_create", atProvider("oauth_google")...),
			do("sign_in_redirect"), do("user_visits", "as", "?email="+eve, "leads_to", left),
			do("sign_in_reload", "rotating_token_nonce", lastFound),
			do("sign_in_attempt_second", "strategy", "totp", "code", fapitest.TestCode),
			do("set_active", "session", "created"),
		}},
		{name: "sign in at a provider that has to be allowed", options: world(), steps: []step{do("load"),
			do("sign_in_create", atProvider("oauth_google")...),
			do("sign_in_redirect"), do("user_visits", "as", refuses, "leads_to", left),
			do("sign_in_reload", "rotating_token_nonce", lastFound),
		}},
		{name: "sign in at a provider, and sign up", options: world(), steps: []step{do("load"),
			do("sign_in_create", atProvider("oauth_google")...),
			do("sign_in_redirect"), do("user_visits", "as", "?email=new@example.com", "leads_to", left),
			do("sign_in_reload", "rotating_token_nonce", lastFound),
			do("sign_up_create", "transfer", true),
			do("set_active", "session", "created"),
		}},
		{name: "sign in by the enterprise connection", options: corporate, steps: []step{do("load"),
			do("sign_in_create", atProvider("enterprise_sso", "identifier", "mia@corp.example")...),
			do("sign_in_redirect"), do("user_visits", "leads_to", done),
			do("sign_in_reload", "rotating_token_nonce", lastFound),
			do("set_active", "session", "created"),
		}},
		{name: "sign up at a provider", options: world(), steps: []step{do("load"),
			do("sign_up_create", atProvider("oauth_google")...),
			do("sign_up_redirect"), do("user_visits", "as", "?email=new@example.com", "leads_to", done),
			do("sign_up_reload", "rotating_token_nonce", lastFound),
			do("set_active", "session", "created"), do("token"),
		}},
		{name: "sign up at a provider, and sign in", options: world(), steps: []step{do("load"),
			do("sign_up_create", atProvider("oauth_google")...),
			do("sign_up_redirect"), do("user_visits", "leads_to", left),
			do("sign_up_reload", "rotating_token_nonce", lastFound),
			do("sign_in_create", "transfer", true),
			do("set_active", "session", "created"),
		}},
		{name: "sign up at a provider, with something left to verify", options: world(), steps: []step{do("load"),
			do("sign_up_create", atProvider("oauth_google", "phone_number", "+15555550101")...),
			do("sign_up_redirect"), do("user_visits", "as", "?email=new@example.com", "leads_to", left),
			do("sign_up_reload", "rotating_token_nonce", lastFound),
			do("sign_up_prepare", "strategy", "phone_code"),
			do("sign_up_attempt", "strategy", "phone_code", "code", fapitest.TestCode),
			do("set_active", "session", "created"),
		}},
		{name: "connect an account of a provider", options: world(), steps: signedIn(ada,
			do("external_account_create", "strategy", "oauth_github", "redirect_url", done),
			do("external_account_redirect"), do("user_visits", "leads_to", done),
			do("user_reload", "rotating_token_nonce", lastFound),
		)},
		{name: "connect an account of a provider that has to be allowed", options: world(), steps: signedIn(ada,
			do("external_account_create", "strategy", "oauth_github", "redirect_url", left),
			do("external_account_redirect"), do("user_visits", "as", refuses, "leads_to", left),
			do("user_reload", "rotating_token_nonce", lastFound),
		)},
	}...)
}
