package fapitest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const someJWT = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl"

// logged is what Requests has of one request.
func logged(t *testing.T, srv *fapitest.Server, query, body url.Values, headers ...string) fapitest.Request {
	t.Helper()
	ask(t, srv, "POST", "/v1/me?"+query.Encode(), body, headers...)
	list := srv.Requests()
	return list[len(list)-1]
}

func TestRequestsHideSecretsByTheirNames(t *testing.T) {
	srv := withAda(t)
	for _, name := range []string{
		"password", "new_password", "current_password", "code", "token", "ticket", "signature", "captcha_token", "public_key_credential", "rotating_token_nonce",
		"code_verifier", "code_challenge", "expired_token", "__clerk_db_jwt", "__clerk_testing_token", "__clerk_ticket", "proof_token", "client_secret",
		"refresh_token", "access_token", "id_token", "google_one_tap_token", "payment_token", "approval_token", "assertion", "oidc_client_secret",
		"__clerk_token", "nonce", "__session", "__session_AbCd1234", "__client", "__clerk_handshake", "__clerk_handshake_nonce", "attestation", "client_data",
		"challenge", "state", "backup_code", "user_code", "totp", "api_key", "apiKey", "secretKey", "approvalToken", "PASSWORD", "user[password]", "oauth.token", "session",
	} {
		t.Run(name, func(t *testing.T) {
			values := url.Values{name: {"first value", "second value"}}
			r := logged(t, srv, values, values)
			for _, list := range [][]string{r.Query[name], r.Form[name]} {
				if len(list) != 2 || list[0] != fapitest.Redacted || list[1] != fapitest.Redacted {
					t.Errorf("%q", list)
				}
			}
			askJSON(t, srv, "/v1/me", `{"`+name+`":"a value"}`)
			if all := srv.Requests(); all[len(all)-1].Form.Get(name) != fapitest.Redacted {
				t.Errorf("of JSON: %q", all[len(all)-1].Form)
			}
		})
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Clerk-Db-Jwt", "Clerk-Secret-Key", "X-Api-Key", "X-Auth", "X-Csrf-Token",
		"X-Amz-Security-Token", "X-Goog-Iap-Jwt-Assertion", "Set-Cookie"} {
		t.Run("header "+name, func(t *testing.T) {
			if got := logged(t, srv, nil, nil, name+": a value").Header[name]; len(got) != 1 || got[0] != fapitest.Redacted {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestRequestsHideSecretsByTheirForm(t *testing.T) {
	srv := withAda(t)
	browser := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	for value, want := range map[string]string{
		someJWT: fapitest.Redacted, "x " + someJWT: fapitest.Redacted, "Bearer abc": fapitest.Redacted, "basic YTpi": fapitest.Redacted,
		"sk_test_abc": fapitest.Redacted, "whsec_abc": fapitest.Redacted, fapitest.TestCode: fapitest.Redacted, browser: fapitest.Redacted,
		srv.Ticket(ada): fapitest.Redacted, "-----BEGIN PRIVATE KEY-----\nMIIE": fapitest.Redacted,
		"https://a.example/cb?x=1&rotating_token_nonce=n1&y=2#f":    "https://a.example/cb?x=1&rotating_token_nonce=" + fapitest.Redacted + "&y=2#f",
		"https://a.example/cb#access_token=n1&y=%20":                "https://a.example/cb#access_token=" + fapitest.Redacted + "&y=%20",
		"https://a.example/?to=" + url.QueryEscape("/b?code=1&d=2"): "https://a.example/?to=/b?code=" + fapitest.Redacted + "&d=2",
		"https://ada:pass@a.example/":                               "https://ada:" + fapitest.Redacted + "@a.example/",
		"https://a.example/visit/" + someJWT + "/x":                 "https://a.example/visit/" + fapitest.Redacted + "/x",
		"app://back?flow_id=f&approval_token=t":                     "app://back?flow_id=f&approval_token=" + fapitest.Redacted,
		`{"a":1,"password":"x","list":[{"token":7,"plan":"pro"}]}`:  `{"a":1,"list":[{"plan":"pro","token":"` + fapitest.Redacted + `"}],"password":"` + fapitest.Redacted + `"}`,
		`["` + someJWT + `"]`:                                       `["` + fapitest.Redacted + `"]`,
		`{"a": {"plan" : "pro"}}`:                                   `{"a": {"plan" : "pro"}}`,
		"https://a.example/cb?b=1&a=%zz;2":                          "https://a.example/cb?b=1&a=%zz;2",
		"{" + someJWT:                                               fapitest.Redacted, ada: ada, "+15555550100": "+15555550100", "sess_2fapitest1": "sess_2fapitest1", "a task_1": "a task_1", "": "",
	} {
		t.Run(value, func(t *testing.T) {
			r := logged(t, srv, url.Values{"name": {value}}, url.Values{"name": {value}}, "X-Note: "+strings.ReplaceAll(value, "\n", " "))
			if r.Query.Get("name") != want || r.Form.Get("name") != want {
				t.Errorf("%q and %q, want %q", r.Query.Get("name"), r.Form.Get("name"), want)
			}
			if got := r.Header.Get("X-Note"); strings.Contains(got, someJWT) || want == fapitest.Redacted && got != want {
				t.Errorf("header %q", got)
			}
		})
	}
	t.Run("a name", func(t *testing.T) {
		r := logged(t, srv, url.Values{someJWT: {"1"}}, url.Values{someJWT: {""}})
		if r.Query.Get(fapitest.Redacted) != "1" || !r.Form.Has(fapitest.Redacted) || r.Form.Has(someJWT) || r.Query.Has(someJWT) {
			t.Errorf("%v %v", r.Query, r.Form)
		}
	})
	t.Run("a path", func(t *testing.T) {
		ask(t, srv, "GET", "/v1/"+someJWT, nil)
		if list := srv.Requests("GET /v1/*"); len(list) == 0 || list[len(list)-1].Path != "/v1/"+fapitest.Redacted {
			t.Errorf("%v", list)
		}
	})
}

// A test looks at what its program sent.
func TestRequestsShowTheRest(t *testing.T) {
	srv := withAda(t)
	values := url.Values{"identifier": {ada}, "strategy": {"reset_password_email_code"}, "code_challenge_method": {"S256"}, "token_type_hint": {"refresh_token"},
		"redirect_url": {"http://localhost:3000/cb?a=1"}, "oidc_token_url": {"https://idp.example/token"}, "first_name": {"Ada"}, "unsafe_metadata": {`{ "a": 1 }`},
		"organization_id": {"org_1"}, "_clerk_session_id": {"sess_1"}, "email_address_id": {"idn_1"}, "sign_out_of_other_sessions": {"true"}, "status": {"active"},
		"key_id": {"key_1"}, "trusted_device_id": {"td_1"}, "web3_wallet": {"0x0123456789abcdef"}, "locale": {"en-US"}, "suffixed_cookies": {"true"}}
	r := logged(t, srv, values, values, "X-Mobile: 1", "Idempotency-Key: 7", "Referer: http://localhost:3000/?code=1")
	for name := range values {
		if r.Query.Get(name) != values.Get(name) || r.Form.Get(name) != values.Get(name) {
			t.Errorf("%s: %q and %q", name, r.Query.Get(name), r.Form.Get(name))
		}
	}
	for name, want := range map[string]string{"X-Mobile": "1", "Idempotency-Key": "7", "Content-Type": "application/x-www-form-urlencoded", "Referer": "http://localhost:3000/?code=" + fapitest.Redacted} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Wherever a token stands in a value, it is not shown.
func FuzzRequestsHideTokens(f *testing.F) {
	for _, seed := range [][3]string{
		{"name", "", ""}, {"name", "Bearer ", " x"}, {"redirect_url", "https://a.example/cb?x=", "&y=2#z"}, {"redirect_url", "https://a.example/?", "=1"},
		{"redirect_url", "/a?b=%4", ""}, {"unsafe_metadata", `{"a":["`, `"]}`}, {"unsafe_metadata", `{"`, `":1}`}, {"x", "[", ""}, {"x", "://u:", "@h"}, {"x", "/%zz/", "?"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, name, before, after string) {
		srv := fapitest.NewServer(t)
		values := url.Values{name: {before + someJWT + after}}
		ask(t, srv, "POST", "/v1/me?"+values.Encode(), values)
		list := srv.Requests()
		r := list[len(list)-1]
		for _, shown := range []url.Values{r.Query, r.Form} {
			for key, list := range shown {
				if strings.Contains(key, someJWT) || strings.Contains(strings.Join(list, " "), someJWT) {
					t.Errorf("%q: %q", key, list)
				}
			}
		}
	})
}
