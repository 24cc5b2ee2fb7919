package generator

// Scenarios: the operations that the fake keeps state of, each at least once, with what they change.

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const (
	ada, grace = "ada+clerk_test@example.com", "grace+clerk_test@example.com"
	password   = "correct horse"
)

// people are Ada, an admin of Acme with a phone, and Grace, who has a second factor.
func people() []fapitest.Option {
	return []fapitest.Option{
		fapitest.WithUser(fapitest.User{FirstName: "Ada", LastName: "Lovelace", Username: "ada_lovelace", Emails: []string{ada}, PhoneNumbers: []string{"+15555550100"},
			Password: password, Providers: []string{"google"}}),
		fapitest.WithUser(fapitest.User{Username: "grace_hopper", Emails: []string{grace}, Password: password, TOTPSecret: "JBSWY3DPEHPK3PXP", BackupCodes: []string{"backup1"}, EnterpriseSSO: true,
			PhoneNumbers: []string{"+15555550101"}, PhoneSecond: true}),
		fapitest.WithOrganization(fapitest.Organization{Name: "Acme", Members: []fapitest.Member{{User: ada, Role: "org:admin"}}}),
		fapitest.WithTemplate("supabase", map[string]any{"role": "authenticated"}),
	}
}

func TestFakeScenarios(t *testing.T) {
	answered := map[string]bool{}
	for _, sc := range []struct {
		rule string
		opts []fapitest.Option
		run  func(*testing.T, *checkedFake)
	}{
		{"codes sign in", nil, codesSignIn},
		{"a second factor is asked for", nil, secondFactors},
		{"a forgotten password is replaced", nil, passwordReset},
		{"a new device is asked for a code", []fapitest.Option{fapitest.WithClientTrust()}, clientTrust},
		{"a ticket signs in once", nil, ticket},
		{"a provider signs in by redirect and nonce", nil, providerSignIn},
		{"who is new at a provider is transferred", nil, transfers},
		{"a link in an email signs in", nil, emailLink},
		{"a native app completes a link", nil, nativeLink},
		{"a sign-up wants what is missing", nil, signUp},
		{"sessions are touched, minted, ended", nil, sessions},
		{"factors are verified again", []fapitest.Option{fapitest.WithReverification()}, reverification},
		{"the profile changes", nil, profile},
		{"addresses come and go", nil, addresses},
		{"factors are enrolled", nil, enrolment},
		{"a passkey signs in", nil, passkeys},
		{"a trusted device signs in", nil, trustedDevices},
		{"external accounts are connected", nil, externalAccounts},
		{"organizations have members", nil, organizations},
		{"invitations are accepted", nil, invitations},
		{"domains make suggestions", nil, domains},
		{"API keys are made and revoked", nil, apiKeys},
		{"what anybody may ask", nil, open},
		{"billing is read", nil, billing},
	} {
		t.Run(sc.rule, func(t *testing.T) {
			f := newCheckedFake(t, append(people(), sc.opts...)...)
			sc.run(t, f)
			for id := range f.answered {
				answered[id] = true
			}
		})
	}
	for _, id := range statefulOperations {
		if !answered[id] {
			t.Errorf("no scenario has a success of %s", id)
		}
	}
}

// statefulOperations are those whose answers come of state.
var statefulOperations = strings.Fields(`
	getClient postClient putClient deleteClientSessions removeClientSessionsAndRetainCookie createHostedAuth createDevBrowser
	createSignIn getSignIn prepareSignInFactorOne attemptSignInFactorOne prepareSignInFactorTwo attemptSignInFactorTwo resetPassword
	createSignUps getSignUps updateSignUps prepareSignUpsVerification attemptSignUpsVerification
	getSession touchSession endSession removeSession createSessionToken createSessionTokenWithTemplate getUsersSessions getSessions revokeSession
	startSessionReverification prepareSessionReverificationFirstFactor attemptSessionReverificationFirstFactor
	prepareSessionReverificationSecondFactor attemptSessionReverificationSecondFactor
	getUser patchUser deleteUser patchUserMetadata changePassword removePassword updateProfileImage deleteProfileImage createServiceToken
	getEmailAddresses createEmailAddresses getEmailAddress DeleteEmailAddress sendVerificationEmail verifyEmailAddress
	getPhoneNumbers postPhoneNumbers ReadPhoneNumber UpdatePhoneNumber DeletePhoneNumber sendVerificationSMS verifyPhoneNumber
	getWeb3Wallets postWeb3Wallets readWeb3Wallet deleteWeb3Wallet prepareWeb3WalletVerification attemptWeb3WalletVerification
	postTOTP verifyTOTP deleteTOTP createBackupCodes postPasskey readPasskey patchPasskey deletePasskey attemptPasskeyVerification
	listTrustedDevices prepareTrustedDevice attemptTrustedDevice revokeTrustedDevice validateTrustedDevice
	postOAuthAccounts reauthorizeExternalAccount deleteExternalAccount revokeExternalAccountTokens
	createOrganization getOrganization updateOrganization deleteOrganization updateOrganizationLogo deleteOrganizationLogo ListOrganizationRoles
	ListOrganizationMemberships CreateOrganizationMembership UpdateOrganizationMembership removeOrganizationMember
	createOrganizationInvitations bulkCreateOrganizationInvitations getOrganizationInvitations getAllPendingOrganizationInvitations revokePendingOrganizationInvitation
	listOrganizationMembershipRequests acceptOrganizationMembershipRequest rejectOrganizationMembershipRequest
	CreateOrganizationDomain ListOrganizationDomains GetOrganizationDomain deleteOrganizationDomain UpdateOrganizationDomainEnrollmentMode
	prepareOrganizationDomainVerification attemptOrganizationDomainVerification prepareOrganizationDomainOwnershipVerification attemptOrganizationDomainOwnershipVerification
	getOrganizationMemberships deleteOrganizationMemberships getUsersOrganizationInvitations acceptOrganizationInvitation getOrganizationSuggestions acceptOrganizationSuggestion
	getEnvironment updateEnvironment getHealth getJWKS joinWaitlist getApiKeys createApiKey updateApiKey revokeApiKey
	GetBillingPlanList GetBillingPlan GetUserMainBillingSubscription GetUserBillingSubscriptionItems GetUserPaymentMethods GetUserPaymentAttempts GetUserStatements
	GetOrganizationBillingSubscription GetOrganizationBillingSubscriptionItems GetOrganizationPaymentMethods GetOrganizationStatements`)

func codesSignIn(t *testing.T, f *checkedFake) {
	if b := f.ok("GET", "/v1/client", ""); b.at("response") != nil || f.token != "" {
		t.Errorf("a client before anybody asked for one: %v", b)
	}
	f.fails(422, "form_identifier_not_found", "POST", "/v1/client/sign_ins", form("identifier", "nobody@example.com"))
	for _, strategy := range []string{"email_code", "phone_code"} {
		f.token = ""
		b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada))
		at := "/v1/client/sign_ins/" + b.text("response.id")
		factors, _ := b.at("response.supported_first_factors").([]any)
		i := slices.IndexFunc(factors, func(v any) bool { return body(v.(map[string]any)).text("strategy") == strategy })
		if i < 0 || b.text("response.status") != "needs_first_factor" {
			t.Fatalf("%s is not offered: %v", strategy, b)
		}
		id := body(factors[i].(map[string]any))
		f.fails(400, "verification_missing", "POST", at+"/attempt_first_factor", form("strategy", strategy, "code", "424242"))
		f.ok("POST", at+"/prepare_first_factor", form("strategy", strategy, "email_address_id", id.text("email_address_id"), "phone_number_id", id.text("phone_number_id")))
		f.fails(422, "form_code_incorrect", "POST", at+"/attempt_first_factor", form("strategy", strategy, "code", "000000"))
		if b := f.ok("GET", at, ""); b.at("response.first_factor_verification.attempts") != 1.0 {
			t.Errorf("a wrong code is not counted: %v", b.at("response.first_factor_verification"))
		}
		before := f.token
		b = f.ok("POST", at+"/attempt_first_factor", form("strategy", strategy, "code", "424242"))
		if b.text("response.status") != "complete" || b.text("client.sessions.0.id") != b.text("response.created_session_id") || b.at("client.sign_in") != nil || f.token == before {
			t.Errorf("%s did not sign in, or the token was not rotated: %v", strategy, b.at("response"))
		}
	}
	f.fails(400, "identifier_already_signed_in", "POST", "/v1/client/sign_ins", form("identifier", ada, "password", password))
}

func secondFactors(t *testing.T, f *checkedFake) {
	for _, strategy := range []string{"totp", "backup_code", "phone_code"} {
		f.token = ""
		f.fails(422, "form_password_incorrect", "POST", "/v1/client/sign_ins", form("identifier", grace, "password", "wrong horse"))
		b := f.ok("POST", "/v1/client/sign_ins", form("identifier", grace, "password", password))
		at := "/v1/client/sign_ins/" + b.text("response.id")
		if b.text("response.status") != "needs_second_factor" {
			t.Fatalf("status %v", b.at("response.status"))
		}
		code := map[string]string{"totp": "424242", "backup_code": "backup1", "phone_code": "424242"}[strategy]
		if strategy == "phone_code" {
			f.ok("POST", at+"/prepare_second_factor", form("strategy", strategy))
		}
		f.fails(422, "form_code_incorrect", "POST", at+"/attempt_second_factor", form("strategy", strategy, "code", "111111"))
		b = f.ok("POST", at+"/attempt_second_factor", form("strategy", strategy, "code", code))
		if b.text("response.status") != "complete" || b.at("client.sessions.0.factor_verification_age.1") != 0.0 {
			t.Errorf("%s: %v %v", strategy, b.at("response.status"), b.at("client.sessions.0.factor_verification_age"))
		}
	}
	f.token = ""
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", grace, "password", password))
	f.fails(422, "form_param_value_invalid", "POST", "/v1/client/sign_ins/"+b.text("response.id")+"/attempt_second_factor", form("strategy", "backup_code", "code", "backup1"))
}

func passwordReset(t *testing.T, f *checkedFake) {
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada))
	at := "/v1/client/sign_ins/" + b.text("response.id")
	f.ok("POST", at+"/prepare_first_factor", form("strategy", "reset_password_email_code"))
	b = f.ok("POST", at+"/attempt_first_factor", form("strategy", "reset_password_email_code", "code", "424242"))
	if b.text("response.status") != "needs_new_password" {
		t.Fatalf("status %v", b.at("response.status"))
	}
	f.fails(422, "form_password_length_too_short", "POST", at+"/reset_password", form("password", "short"))
	if b = f.ok("POST", at+"/reset_password", form("password", "another horse", "sign_out_of_other_sessions", "true")); b.text("response.status") != "complete" {
		t.Errorf("status %v", b.at("response.status"))
	}
	f.token = ""
	f.fails(422, "form_password_incorrect", "POST", "/v1/client/sign_ins", form("identifier", ada, "password", password))
	f.signIn(ada, "another horse")
}

func clientTrust(t *testing.T, f *checkedFake) {
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada, "password", password))
	at := "/v1/client/sign_ins/" + b.text("response.id")
	if b.text("response.status") != "needs_client_trust" || b.text("response.client_trust_state") != "new" {
		t.Fatalf("%v", b.at("response"))
	}
	f.ok("POST", at+"/prepare_second_factor", form("strategy", "email_code"))
	b = f.ok("POST", at+"/attempt_second_factor", form("strategy", "email_code", "code", "424242"))
	f.ok("POST", "/v1/client/sessions/"+b.text("response.created_session_id")+"/end", "")
	if b = f.ok("POST", "/v1/client/sign_ins", form("identifier", ada, "password", password)); b.text("response.status") != "complete" {
		t.Errorf("the device is known, and yet %v", b.at("response.status"))
	}
}

func ticket(t *testing.T, f *checkedFake) {
	ticket := f.Ticket(ada)
	if b := f.ok("POST", "/v1/client/sign_ins", form("strategy", "ticket", "ticket", ticket)); b.text("response.status") != "complete" {
		t.Errorf("status %v", b.at("response.status"))
	}
	f.token = ""
	f.fails(400, "sign_in_token_already_used_code", "POST", "/v1/client/sign_ins", form("strategy", "ticket", "ticket", ticket))
	f.fails(400, "ticket_invalid_code", "POST", "/v1/client/sign_ins", form("strategy", "ticket", "ticket", "nonsense"))
}

// visit opens a page as a browser does, and gives the query that it redirects with.
func (f *checkedFake) visit(page, email string) url.Values {
	f.t.Helper()
	if email != "" {
		page += "?" + form("email", email)
	}
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, page, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := f.http.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		f.t.Fatalf("%s: %d, no redirect", page, resp.StatusCode)
	}
	return back.Query()
}

func providerSignIn(t *testing.T, f *checkedFake) {
	const redirect = "response.first_factor_verification.external_verification_redirect_url"
	f.fails(400, "oauth_provider_not_enabled", "POST", "/v1/client/sign_ins", form("strategy", "oauth_myspace", "redirect_url", "app://back"))
	for _, tc := range []struct{ strategy, identifier, status string }{{"oauth_google", "", "complete"}, {"enterprise_sso", grace, "needs_second_factor"}} {
		f.token = ""
		b := f.ok("POST", "/v1/client/sign_ins", form("strategy", tc.strategy, "identifier", tc.identifier, "redirect_url", "app://back"))
		before := f.token
		nonce := f.visit(b.text(redirect), "").Get("rotating_token_nonce")
		at := "/v1/client/sign_ins/" + b.text("response.id") + "?rotating_token_nonce=" + nonce
		if b = f.ok("GET", at, ""); b.text("response.status") != tc.status || f.token == before {
			t.Errorf("%s: %v", tc.strategy, b.at("response"))
		}
		f.fails(422, "form_param_value_invalid", "GET", at, "")
	}
	f.token = ""
	b := f.ok("POST", "/v1/client/hosted_auth", form("redirect_url", "app://back", "state", "xyz", "mode", "sign-in", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))
	back := f.visit(b.text("response.url"), ada)
	if back.Get("state") != "xyz" || back.Get("created_session_id") == "" {
		t.Errorf("the callback has %v", back)
	}
	verifier := "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // and the challenge above: RFC 7636, appendix B
	redeem := form("_method", "GET", "rotating_token_nonce", back.Get("rotating_token_nonce"), "code_verifier", verifier)
	if b := f.ok("POST", "/v1/client", redeem); b.text("response.last_active_session_id") != back.Get("created_session_id") {
		t.Errorf("the client has %v", b.at("response.last_active_session_id"))
	}
}

func transfers(t *testing.T, f *checkedFake) {
	b := f.ok("POST", "/v1/client/sign_ins", form("strategy", "oauth_github", "redirect_url", "app://back"))
	f.visit(b.text("response.first_factor_verification.external_verification_redirect_url"), "new+clerk_test@example.com")
	b = f.ok("GET", "/v1/client/sign_ins/"+b.text("response.id"), "")
	if b.text("response.first_factor_verification.status") != "transferable" || b.text("response.first_factor_verification.error.code") != "external_account_not_found" {
		t.Fatalf("%v", b.at("response.first_factor_verification"))
	}
	if b = f.ok("POST", "/v1/client/sign_ups", form("transfer", "true")); b.text("response.status") != "complete" || b.text("response.email_address") != "new+clerk_test@example.com" {
		t.Errorf("%v", b.at("response"))
	}
	f.token = ""
	b = f.ok("POST", "/v1/client/sign_ups", form("strategy", "oauth_google", "redirect_url", "app://back"))
	f.visit(b.text("response.verifications.external_account.external_verification_redirect_url"), "")
	if b = f.ok("POST", "/v1/client/sign_ins", form("transfer", "true")); b.text("response.status") != "complete" || b.text("response.identifier") != ada {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(400, "account_transfer_invalid", "POST", "/v1/client/sign_ups", form("transfer", "true"))
}

func emailLink(t *testing.T, f *checkedFake) {
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada))
	at := "/v1/client/sign_ins/" + b.text("response.id")
	f.ok("POST", at+"/prepare_first_factor", form("strategy", "email_link", "redirect_url", "https://example.com/done"))
	if back := f.visit(f.EmailLink(ada), ""); back.Get("__clerk_status") != "verified" || back.Get("__clerk_created_session") == "" {
		t.Errorf("the link leads back with %v", back)
	}
	if b := f.ok("GET", at, ""); b.text("response.status") != "complete" || b.text("response.first_factor_verification.status") != "verified" {
		t.Errorf("%v", b.at("response"))
	}
}

func nativeLink(t *testing.T, f *checkedFake) {
	// the challenge and the verifier of RFC 7636, appendix B
	prepare := form("strategy", "email_link", "redirect_uri", "app://back", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256")
	complete := func(address string) string {
		back := f.visit(f.EmailLink(address), "")
		return form("flow_id", back.Get("flow_id"), "approval_token", back.Get("approval_token"), "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	}
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", ada))
	f.ok("POST", "/v1/client/sign_ins/"+b.text("response.id")+"/prepare_first_factor", prepare)
	b = f.ok("POST", "/v1/client/magic_links/complete", complete(ada))
	if b = f.ok("POST", "/v1/client/sign_ins", form("strategy", "ticket", "ticket", b.text("response.ticket"))); b.text("response.status") != "complete" {
		t.Errorf("%v", b.at("response"))
	}
	const newbie = "linked@example.com"
	b = f.ok("POST", "/v1/client/sign_ups", form("email_address", newbie, "password", password))
	f.ok("POST", "/v1/client/sign_ups/"+b.text("response.id")+"/prepare_verification", prepare)
	b = f.ok("POST", "/v1/client/magic_links/complete", complete(newbie))
	if b.text("response.object") != "sign_up_attempt" || b.text("response.status") != "complete" || b.at("response.ticket") != nil {
		t.Errorf("%v", b.at("response"))
	}
}

func signUp(t *testing.T, f *checkedFake) {
	f.fails(422, "form_identifier_exists", "POST", "/v1/client/sign_ups", form("email_address", ada))
	f.fails(422, "form_param_format_invalid", "POST", "/v1/client/sign_ups", form("email_address", "not an address"))
	b := f.ok("POST", "/v1/client/sign_ups", form("email_address", "new+clerk_test@example.com", "unsafe_metadata", `{"plan":"x"}`))
	at := "/v1/client/sign_ups/" + b.text("response.id")
	if b.text("response.missing_fields.0") != "password" || b.text("response.unverified_fields.0") != "email_address" {
		t.Fatalf("%v", b.at("response"))
	}
	f.ok("PATCH", at, form("password", password, "first_name", "New"))
	f.ok("POST", at+"/prepare_verification", form("strategy", "email_code"))
	f.fails(422, "form_code_incorrect", "POST", at+"/attempt_verification", form("strategy", "email_code", "code", "1"))
	b = f.ok("POST", at+"/attempt_verification", form("strategy", "email_code", "code", "424242"))
	if b.text("response.status") != "complete" || b.text("client.sessions.0.user.unsafe_metadata.plan") != "x" || b.text("client.sessions.0.user.first_name") != "New" {
		t.Errorf("%v", b)
	}
	f.ok("GET", at, "")
	f.fails(400, "client_state_invalid", "PATCH", at, form("first_name", "Later"))
	f.signIn("new+clerk_test@example.com", password)
}
