package generator

// Names, from the worked examples of the naming rules. The whole call tree is in names_test.go.

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"sign_in_id": "sign in id", "apiKeyID": "api Key ID", "APIKey": "API Key", "ApiKeysSettings": "Api Keys Settings",
		"planIDs": "plan IDs", "IDsOfURLs": "IDs Of URLs", "OAuth2AuthorizationServer": "OAuth2 Authorization Server",
		"oauth-authorization-server": "oauth authorization server", "OAuthAccess": "OAuth Access", "WebAuthnKey": "WebAuthn Key",
		"Web3Wallet": "Web3 Wallet", "OpenIDConfiguration": "OpenID Configuration", "UserSettings.EnterpriseSSO": "User Settings Enterprise SSO",
		"JWKS.ed25519.PublicKey": "JWKS ed25519 Public Key", "/v1/{id}": "v1 id", "x5t#S256": "x5t S256", "2fa": "2fa", "-_.": "", "": "",
		"übung_einsÜber": "übung eins Über",
	} {
		if got := strings.Join(words(in), " "); got != want {
			t.Errorf("%q has the words %q, want %q", in, got, want)
		}
	}
}

func TestExported(t *testing.T) {
	for in, want := range map[string]string{
		"external_verification_redirect_url": "ExternalVerificationRedirectURL", "image_url": "ImageURL",
		"last_active_session_id": "LastActiveSessionID", "oidc_prompt": "OIDCPrompt", "jwt": "JWT", "enterprise_sso": "EnterpriseSSO",
		"ApiKeysSettings": "APIKeysSettings", "API Keys": "APIKeys", "apiKeyID": "APIKeyID", "ids": "IDs", "backup_codes": "BackupCodes",
		"oauth_google": "OAuthGoogle", "oauth2_server": "OAuth2Server", "web3_wallet": "Web3Wallet", "webauthn": "WebAuthn",
		"openid": "OpenID", "ios": "IOS", "ed25519": "Ed25519", "RS256": "RS256", "created_at": "CreatedAt", "2fa": "N2fa",
		"Email": "Email", "sign_in": "SignIn", "prepare_first_factor": "PrepareFirstFactor", "": "", "---": "",
	} {
		if got := exported(in); got != want {
			t.Errorf("%q is exported as %s, want %s", in, got, want)
		}
	}
}

func TestInitialismsAreCapitalsThroughout(t *testing.T) {
	for _, word := range strings.Fields(`ID URL URI API JWT JWKS SSO SAML SCIM OIDC TOTP OTP SMS HTTP HTTPS HTML JSON IP UI CSS PII
		PKCE ACS MFA UUID RSA ECDSA SDK`) {
		lower := strings.ToLower(word)
		for in, want := range map[string]string{
			"my_" + lower + "_part": "My" + word + "Part", "My" + word + "Part": "My" + word + "Part", lower: word,
		} {
			if got := exported(in); got != want {
				t.Errorf("%q is exported as %s, want %s", in, got, want)
			}
		}
		if got, want := exported("some_"+lower+"s"), "Some"+word+"s"; got != want && word != "HTTP" { // https is a word of its own
			t.Errorf("the plural of %s is %s, want %s", word, got, want)
		}
		if got, want := unexported(lower+"_part"), lower+"Part"; got != want {
			t.Errorf("%s_part is unexported as %s, want %s", lower, got, want)
		}
	}
}

func TestUnexported(t *testing.T) {
	for in, want := range map[string]string{
		"id": "id", "apiKeyID": "apiKeyID", "saml_connection_id": "samlConnectionID", "organization_id": "organizationID",
		"organizationID": "organizationID", "sign_in_id": "signInID", "planIdOrSlug": "planIDOrSlug", "OAuthToken": "oauthToken", "": "",
	} {
		if got := unexported(in); got != want {
			t.Errorf("%q is unexported as %s, want %s", in, got, want)
		}
	}
}

func TestSingular(t *testing.T) {
	for in, want := range map[string]string{
		"sign_ins": "sign_in", "Memberships": "Membership", "email_addresses": "email_address", "Addresses": "Address", "Factories": "Factory",
		"boxes": "box", "Waitlist": "Waitlist", "Me": "Me", "TOTP": "TOTP", "status": "status", "access": "access", "JWKS": "JWKS", "analysis": "analysis",
		"Passkeys": "Passkey", "APIKeys": "APIKey", "s": "s", "": "",
	} {
		if got := singular(in); got != want {
			t.Errorf("the singular of %q is %q, want %q", in, got, want)
		}
	}
}

func TestTypeName(t *testing.T) {
	for in, want := range map[string]string{
		"Client.SignIn": "SignIn", "Client.Client": "Client", "Client.SAMLAccount": "SAMLAccount", "Client.ApiKeysSettings": "APIKeysSettings",
		"UserSettings.EnterpriseSSO": "UserSettingsEnterpriseSSO", "JWKS.rsa.PublicKey": "JWKSRSAPublicKey",
		"JWKS.ed25519.PublicKey": "JWKSEd25519PublicKey", "EnterpriseConnectionResponse": "EnterpriseConnection",
		"BillingMoneyResponse": "BillingMoney", "BillingPlanPaginatedResponse": "BillingPlan", "Stubs.Verification.OTP": "VerificationOTP",
		"UserSettings.PasswordSettings": "UserSettingsPassword", "FraudSettings.Settings": "FraudSettingsSettings",
		"UserSettings.AttackProtectionSettings.EnumerationProtection": "UserSettingsAttackProtectionEnumeration",
		"Server.Node": "Node", "Response": "Response", "Client.": "Client",
	} {
		if got := typeName(in); got != want {
			t.Errorf("schema %s is called %s, want %s", in, got, want)
		}
	}
}

func TestParameterNamesThatGoCannotHave(t *testing.T) {
	for name, bad := range map[string]bool{
		"type": true, "range": true, "ctx": true, "params": true, "opts": true, "error": true, "nil": true, "": true, "1st": true,
		"id": false, "name": false, "typeID": false,
	} {
		if why := badIdentifier(name); (why != "") != bad {
			t.Errorf("%q as a parameter: %q", name, why)
		}
	}
}

// Rows of the naming rules' worked examples that the rule gives without an override. "list" marks an answer that is one.
func TestPathTree(t *testing.T) {
	parents := map[string]bool{"/v1/me/totp": true, "/v1/me": true, "/v1/client/sign_ins/{sign_in_id}": true}
	for in, want := range map[string]string{
		"POST /v1/client/sign_ins/{sign_in_id}/prepare_first_factor":    "SignIns.PrepareFirstFactor",
		"POST /v1/client/sign_ins/{sign_in_id}/attempt_second_factor":   "SignIns.AttemptSecondFactor",
		"POST /v1/client/sign_ups":                                      "SignUps.Create",
		"GET /v1/client/sign_ins/{sign_in_id}":                          "SignIns.Get",
		"POST /v1/organizations/{organization_id}/memberships":          "Organizations.Memberships.Create",
		"GET /v1/organizations/{organization_id}/memberships list":      "Organizations.Memberships.List",
		"DELETE /v1/organizations/{organization_id}/memberships/{user}": "Organizations.Memberships.Delete",
		"PATCH /v1/organizations/{organization_id}/memberships/{user}":  "Organizations.Memberships.Update",
		"POST /v1/organizations/{organization_id}/invitations/bulk":     "Organizations.Invitations.CreateBulk",
		"GET /v1/me/sessions list":                                      "Me.Sessions.List",
		"GET /v1/me/sessions/active list":                               "Me.Sessions.ListActive",
		"GET /.well-known/oauth-authorization-server":                   "WellKnown.GetOAuthAuthorizationServer",
		"GET /.well-known/jwks.json":                                    "WellKnown.GetJWKS",
		"POST /v1/me/totp":                                              "Me.TOTP.Create",
		"DELETE /v1/me/totp":                                            "Me.TOTP.Delete",
		"POST /v1/me/totp/attempt_verification":                         "Me.TOTP.AttemptVerification",
		"POST /v1/client/sessions/{session_id}/tokens":                  "Sessions.Tokens.Create",
		"GET /v1/me/billing/checkouts/{checkout_id}":                    "Me.Billing.GetCheckout",
		"GET /v1/organizations/{organizationID}/billing/checkouts/{id}": "Organizations.Billing.GetCheckout",
		"PATCH /v1/me/billing/checkouts/{checkoutID}/confirm":           "Me.Billing.ConfirmCheckout",
		"GET /v1/me/billing/statements list":                            "Me.Billing.ListStatements",
		"POST /v1/me/profile_image":                                     "Me.CreateProfileImage",
		"GET /v1/me/billing/credits/history list":                       "Me.Billing.ListCreditHistory",
		"GET /v1/client/device_attestation/challenges list":             "Client.DeviceAttestation.ListChallenges",
		"HEAD /v1/health":                                               "Health.Head",
		"GET /v1/me":                                                    "Me.Get",
		"GET /v1/api_keys list":                                         "APIKeys.List",
		"GET /v1/client":                                                "Client.Get",
		"GET /v1/environment":                                           "Environment.Get",
	} {
		route, mark, _ := strings.Cut(strings.Replace(in, " list", "\tlist", 1), "\t")
		verb, path, _ := strings.Cut(route, " ")
		name := pathTree(verb, path, func(p string) bool { return parents[p] }, mark == "list")
		if got := name.service + "." + name.method; got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
	if got := pathTree("GET", "/{a}/{b}", func(string) bool { return false }, false); got != (callName{}) {
		t.Errorf("a path of arguments alone becomes %v, want no name", got)
	}
}
