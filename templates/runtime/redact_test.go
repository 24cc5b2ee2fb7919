package fapi

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

// testHidden fails if text holds one of the secrets, plainly or as URLs, JSON and headers spell it. Secrets of fewer than
// four bytes are everywhere and prove nothing.
func testHidden(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), string(JSON(secret)), strings.ToLower(secret),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, strings.Trim(form, `"`)) {
				t.Errorf("a secret is in the text %q", text)
			}
		}
	}
}

func TestRedactedText(t *testing.T) {
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1XzEifQ.c2lnbmF0dXJl"
	long := strings.Repeat("x", 90)
	tests := []struct{ rule, text, want string }{
		{"plain text stays", "open store: permission denied", "open store: permission denied"},
		{"a path stays", "open /home/ada/.config/app/store.json: no such file", "open /home/ada/.config/app/store.json: no such file"},
		{"a token", "bad token " + jwt + " here", "bad token (token) here"},
		{"a token without a signature", "bad " + jwt[:strings.LastIndexByte(jwt, '.')+1], "bad (token)"},
		{"a bearer", "Authorization: Bearer " + testSecret, "Authorization: Bearer (hidden)"},
		{"keys", "keys pk_test_abc, sk_live_" + testSecret, "keys pk_(hidden), sk_(hidden)"},
		{"a long random word", "nonce 0123456789abcdef0123456789abcdef", "nonce (hidden)"},
		{"a long word stays", "abcdefghijklmnopqrstuvwxyz-abcdefghijk", "abcdefghijklmnopqrstuvwxyz-abcdefghijk"},
		{"an email address", "user ada@example.com unknown", "user (email) unknown"},
		{"a URL", `Get "https://u:` + testSecret + `@clerk.example.com/v1/client/sessions/sess_1/tokens?x=` + testSecret + `": EOF`, `Get "https://clerk.example.com/v1/client/sessions/*/tokens": EOF`},
		{"a broken URL", "https://%zz/" + testSecret, "(URL)"},
		{"a query of its own", "/v1/client?x=" + testSecret, "/v1/client"},
		{"lines become one", "a\nb\r\n\tc", "a b c"},
		{"no UTF-8", "a\xffb", "a\uFFFDb"},
		{"long text is cut", strings.Repeat(long+" ", 20), strings.Repeat(long+" ", 6)[:500] + "..."},
		{"a token at the cut is gone", strings.Repeat(" ", 1950) + jwt, ""},
		{"one endless word is gone", strings.Repeat("x.", 2000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got := redact(tt.text)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			testHidden(t, got, testSecret, jwt)
		})
	}
}

func TestRedactedURL(t *testing.T) {
	tests := map[string]string{
		"https://u:" + testSecret + "@clerk.example.com:8443/__clerk/v1/client/sessions/sess_1/tokens/" + testSecret + "?a=" + testSecret + "#" + testSecret: "https://clerk.example.com:8443/*/v1/client/sessions/*/tokens/*",
		"/v1/me/web3_wallets/idn_2":                       "/v1/me/web3_wallets/*",
		"https://clerk.example.com/.well-known/jwks.json": "https://clerk.example.com/.well-known/jwks.json",
		"https://clerk.example.com":                       "https://clerk.example.com",
		"mailto:" + testSecret:                            "",
	}
	for raw, want := range tests {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := redactedURL(u); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := redactedURL(nil); got != "" {
		t.Errorf("nil: got %q", got)
	}
}
