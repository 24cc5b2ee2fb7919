package generator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

var idTokenStrategies = []string{"google_one_tap", "oauth_token_apple", "oauth_token_google", "oauth_token_github"}

func TestFakeIDTokenSignsIn(t *testing.T) {
	for _, strategy := range idTokenStrategies {
		for _, name := range []string{ada, "ada_lovelace", "+15555550100"} {
			f := newCheckedFake(t, people()...)
			b := f.ok("POST", signIns, form("strategy", strategy, "token", f.IDToken(name)))
			if b.text("response.status") != "complete" || b.text("response.first_factor_verification.status") != "verified" ||
				b.text("response.first_factor_verification.strategy") != strategy || b.text("client.sessions.0.user.username") != "ada_lovelace" {
				t.Errorf("%s of %s: %v", strategy, name, b.at("response"))
			}
			if b.text("client.last_authentication_strategy") != strategy {
				t.Errorf("last strategy %v", b.at("client.last_authentication_strategy"))
			}
			f.fails(400, "identifier_already_signed_in", "POST", signIns, form("strategy", strategy, "token", f.IDToken(name)))
		}
		f := newCheckedFake(t, people()...)
		b := f.ok("POST", signIns, form("strategy", strategy, "token", f.IDToken(grace)))
		if b.text("response.status") != "needs_second_factor" {
			t.Errorf("%s of a user with a second factor: %v", strategy, b.at("response.status"))
		}
	}
}

func TestFakeIDTokenConnectsTheProvider(t *testing.T) {
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", signIns, form("strategy", "oauth_token_apple", "token", f.IDToken(ada)))
	accounts, _ := b.at("client.sessions.0.user.external_accounts").([]any)
	if len(accounts) != 2 || body(accounts[1].(map[string]any)).text("provider") != "oauth_apple" {
		t.Errorf("%v", accounts)
	}
	f.token = ""
	if b = f.ok("POST", signIns, form("strategy", "google_one_tap", "token", f.IDToken(ada))); len(b.at("client.sessions.0.user.external_accounts").([]any)) != 2 {
		t.Errorf("the account at Google is there twice: %v", b.at("client.sessions.0.user.external_accounts"))
	}
	f.fails(400, "oauth_account_already_connected", "POST", "/v1/me/external_accounts", form("strategy", "oauth_token_google", "token", f.IDToken(ada)))
	f.fails(400, "oauth_identification_claimed", "POST", "/v1/me/external_accounts", form("strategy", "oauth_token_github", "token", f.IDToken(grace)))
	if b = f.ok("POST", "/v1/me/external_accounts", form("strategy", "oauth_token_github", "token", f.IDToken(ada))); b.text("response.verification.status") != "verified" || b.text("response.provider") != "oauth_github" {
		t.Errorf("%v", b.at("response"))
	}
}

func TestFakeIDTokenSignsUp(t *testing.T) {
	for _, strategy := range idTokenStrategies {
		f := newCheckedFake(t, people()...)
		token := f.IDToken(newcomer)
		f.fails(404, "external_account_not_found", "POST", signIns, form("strategy", strategy, "token", token))
		b := f.ok("POST", "/v1/client/sign_ups", form("strategy", strategy, "token", token)) // the same token once more
		if b.text("response.status") != "complete" || b.text("response.email_address") != newcomer || b.text("response.verifications.external_account.status") != "verified" {
			t.Fatalf("%s: %v", strategy, b.at("response"))
		}
		f.token = ""
		if b = f.ok("POST", signIns, form("strategy", strategy, "token", token)); b.text("response.status") != "complete" {
			t.Errorf("%s: the new user does not sign in: %v", strategy, b.at("response"))
		}
		f.token = ""
		b = f.ok("POST", "/v1/client/sign_ups", form("strategy", strategy, "token", f.IDToken("ada_lovelace")))
		if b.text("response.verifications.external_account.status") != "transferable" || b.text("response.verifications.external_account.error.code") != "external_account_exists" {
			t.Errorf("%s of a user: %v", strategy, b.at("response"))
		}
		if b = f.ok("POST", signIns, form("transfer", "true")); b.text("response.status") != "complete" || b.text("response.identifier") != ada {
			t.Errorf("%s: the transfer: %v", strategy, b.at("response"))
		}
	}
	f := newCheckedFake(t, people()...)
	b := f.ok("POST", "/v1/client/sign_ups", form("phone_number", "+15555550107"))
	b = f.ok("PATCH", "/v1/client/sign_ups/"+b.text("response.id"), form("strategy", "google_one_tap", "token", f.IDToken(newcomer)))
	if b.text("response.email_address") != newcomer || b.at("response.unverified_fields.0") != "phone_number" || b.at("response.missing_fields.0") != nil {
		t.Errorf("an update: %v", b.at("response"))
	}
}

func TestFakeIDTokenOfNobody(t *testing.T) {
	f := newCheckedFake(t, people()...)
	for _, name := range []string{"", "nobody", "+15555550199"} {
		if token := f.IDToken(name); token != "" {
			t.Errorf("%q has a token", name)
		}
	}
	for _, strategy := range idTokenStrategies {
		f.fails(422, "form_param_missing", "POST", signIns, form("strategy", strategy))
		f.fails(422, "form_param_missing", "POST", "/v1/client/sign_ups", form("strategy", strategy, "token", " "))
	}
	f.fails(400, "oauth_provider_not_enabled", "POST", signIns, form("strategy", "oauth_token_myspace", "token", f.IDToken(ada)))
	b := f.ok("POST", signIns, form("identifier", ada))
	at := signIns + "/" + b.text("response.id") + "/attempt_first_factor"
	f.fails(400, "strategy_for_user_invalid", "POST", at, form("strategy", "google_one_tap", "token", f.IDToken(grace)))
	if b = f.ok("POST", at, form("strategy", "google_one_tap", "token", f.IDToken(ada))); b.text("response.status") != "complete" {
		t.Errorf("%v", b.at("response"))
	}
	blocked := newCheckedFake(t, fapitest.WithUser(fapitest.User{Emails: []string{"bob@example.net"}, Banned: true}))
	blocked.fails(403, "user_banned", "POST", signIns, form("strategy", "google_one_tap", "token", blocked.IDToken("bob@example.net")))
}

func TestFakeIDTokenRefused(t *testing.T) {
	f, other := newCheckedFake(t, people()...), newCheckedFake(t, people()...)
	good := f.IDToken(ada)
	parts := strings.Split(good, ".")
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	decode(t, string(text), &claims)
	claims["email"] = grace
	f.signIn(ada, password)
	session := f.ok("POST", "/v1/client/sessions/"+f.session+"/tokens", "").text("jwt")
	f.token = ""
	bad := map[string]string{
		"not a token": "x", "of nothing": "..", "cut short": good[:len(good)-8], "a claim altered": parts[0] + "." + part(claims) + "." + parts[2],
		"unsigned":        part(map[string]any{"alg": "none"}) + "." + parts[1] + ".",
		"another header":  part(map[string]any{"alg": "HS256"}) + "." + parts[1] + "." + parts[2],
		"of another key":  signedByAnother(t, parts[0]+"."+parts[1]),
		"a session token": session, "of another server": other.IDToken(ada),
	}
	for name, token := range bad {
		for _, strategy := range idTokenStrategies {
			code := "oauth_token_exchange_error"
			if strategy == "google_one_tap" {
				code = "google_one_tap_token_invalid"
			}
			t.Run(name+"/"+strategy, func(t *testing.T) {
				f.t = t
				f.fails(400, code, "POST", signIns, form("strategy", strategy, "token", token))
				f.fails(400, code, "POST", "/v1/client/sign_ups", form("strategy", strategy, "token", token))
			})
		}
	}
	f.t = t
	f.Advance(59 * time.Minute)
	f.ok("POST", signIns, form("strategy", "google_one_tap", "token", good))
	f.token = ""
	f.Advance(2 * time.Minute)
	f.fails(400, "google_one_tap_token_invalid", "POST", signIns, form("strategy", "google_one_tap", "token", good))
	f.fails(400, "oauth_token_exchange_error", "POST", "/v1/client/sign_ups", form("strategy", "oauth_token_apple", "token", good))
}

// signedByAnother signs a token with a key that is not the server's.
func signedByAnother(t *testing.T, text string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
