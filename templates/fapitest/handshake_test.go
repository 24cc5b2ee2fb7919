package fapitest_test

import (
	"crypto/sha1" // the suffix of cookies is made with it
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

func TestJWKSOfTheBackendAPI(t *testing.T) {
	for name, headers := range map[string][]string{
		"with a secret key": {"Authorization: Bearer sk_test_1", "Clerk-API-Version: 2025-11-10"}, "without a key": nil,
	} {
		t.Run(name, func(t *testing.T) {
			srv := withAda(t, fapitest.WithNativeAPIDisabled()) // the key must not count as a native app's credential
			a := ask(t, srv, "GET", "/v1/jwks", nil, headers...)
			if want := ask(t, srv, "GET", "/.well-known/jwks.json", nil); a.status != 200 || a.body != want.body || a.at("keys", "0", "kid") == "" || a.header.Get("Authorization") != "" {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

// shaken is what a handshake gives: the URL it redirects to, and the cookies that the program has to set.
func shaken(t *testing.T, srv *fapitest.Server, query url.Values, headers ...string) (*url.URL, map[string]*http.Cookie, answer) {
	t.Helper()
	a := ask(t, srv, "GET", "/v1/client/handshake?"+query.Encode(), nil, headers...)
	back, err := url.Parse(a.header.Get("Location"))
	if a.status != http.StatusTemporaryRedirect || err != nil || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s to %q", a.status, a.body, a.header.Get("Location"))
	}
	token := back.Query().Get("__clerk_handshake")
	for _, line := range a.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == "__clerk_handshake" {
			token = c.Value
		}
	}
	cookies := map[string]*http.Cookie{}
	lines, _ := verified(t, srv, token)["handshake"].([]any)
	for _, line := range lines {
		c, err := http.ParseSetCookie(line.(string))
		if err != nil || c.Path != "/" || c.HttpOnly || c.Domain != "" {
			t.Errorf("cookie %v: %v", line, err)
			continue
		}
		cookies[c.Name] = c
	}
	return back, cookies, a
}

// suffix is that of cookies, as Clerk's SDKs compute it (packages/shared/src/keys.ts).
func suffix(srv *fapitest.Server) string {
	digest := sha1.Sum([]byte(srv.PublishableKey()))
	return "_" + strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString(digest[:]))[:8]
}

func TestHandshakeOfADevelopmentInstance(t *testing.T) {
	const page = "http://localhost:3000/a?b=1;2&a=%20#part"
	srv := withAda(t)
	browser := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	signedOut := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	in := ask(t, srv, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+browser, form("identifier", ada, "password", password))
	sid := in.at("response", "created_session_id")
	for name, tc := range map[string]struct {
		query    url.Values
		cookie   string
		browser  string // "" is a new one
		sid, org string
	}{
		"no dev browser":             {form(), "", "", "", ""},
		"unknown dev browser":        {form("__clerk_db_jwt", "dvb_unknown"), "", "", "", ""},
		"dev browser in the query":   {form("__clerk_db_jwt", browser), "", browser, sid, ""},
		"dev browser in a cookie":    {form(), "__clerk_db_jwt=" + browser, browser, sid, ""},
		"dev browser without client": {form("__clerk_db_jwt", signedOut), "", signedOut, "", ""},
		"the client's cookie":        {form(), strings.Split(in.header.Get("Set-Cookie"), ";")[0], "", sid, ""},
		"an organization":            {form("__clerk_db_jwt", browser, "organization_id", "acme"), "", browser, sid, "org_acme"},
		"no such organization":       {form("__clerk_db_jwt", browser, "organization_id", "nobody"), "", browser, sid, ""},
		"what the backend SDK sends": {form("__clerk_db_jwt", browser, "format", "nonce", "suffixed_cookies", "false", "__clerk_hs_reason", "dev-browser-sync"), "", browser, sid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			query := url.Values{"redirect_url": {page}}
			for key, values := range tc.query {
				query[key] = values
			}
			defer ask(t, srv, "POST", "/v1/client/sessions/"+sid+"/touch?__clerk_db_jwt="+browser, form("active_organization_id", ""))
			back, cookies, _ := shaken(t, srv, query, "Cookie: "+tc.cookie)
			rest, _, _ := strings.Cut(back.RawQuery, "&__clerk_handshake=")
			if back.Host != "localhost:3000" || rest != "b=1;2&a=%20" || back.Fragment != "part" {
				t.Errorf("back to %s", back)
			}
			for _, suffix := range []string{"", suffix(srv)} {
				checkCookies(t, srv, cookies, suffix, tc.browser, tc.sid, tc.org)
			}
			again, next := cookies["__clerk_db_jwt"], map[string]*http.Cookie(nil)
			if _, next, _ = shaken(t, srv, form("redirect_url", page, "__clerk_db_jwt", again.Value)); next["__clerk_db_jwt"].Value != again.Value {
				t.Errorf("another dev browser the next time: %s", next["__clerk_db_jwt"].Value)
			}
		})
	}
}

// checkCookies checks the cookies with a suffix. sid "" is signed out.
func checkCookies(t *testing.T, srv *fapitest.Server, cookies map[string]*http.Cookie, suffix, browser, sid, org string) {
	t.Helper()
	dev, session, changed := cookies["__clerk_db_jwt"+suffix], cookies["__session"+suffix], cookies["__client_uat"+suffix]
	if dev == nil || session == nil || changed == nil {
		t.Fatalf("cookies %v", cookies)
	}
	if !strings.HasPrefix(dev.Value, "dvb_") || dev.Value == "dvb_unknown" || browser != "" && dev.Value != browser {
		t.Errorf("dev browser %s", dev.Value)
	}
	if sid == "" {
		if session.Value != "" || session.MaxAge >= 0 || changed.Value != "0" {
			t.Errorf("signed out with %v and %v", session, changed)
		}
		return
	}
	claims := verified(t, srv, session.Value)
	o, _ := claims["o"].(map[string]any)
	id, _ := o["id"].(string)
	if claims["sid"] != sid || id != org || claims["azp"] != "http://localhost:3000" {
		t.Errorf("claims %v", claims)
	}
	since, err := strconv.ParseFloat(changed.Value, 64)
	if issued, _ := claims["iat"].(float64); err != nil || since <= 0 || issued < since { // else the SDK shakes hands again, for ever
		t.Errorf("issued %v, changed %s", claims["iat"], changed.Value)
	}
}

// A token that is kept for ten seconds is older than a change of the client within them.
func TestHandshakeAfterAChangeOfTheClient(t *testing.T) {
	srv := withAda(t)
	browser := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	in := ask(t, srv, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+browser, form("identifier", ada, "password", password))
	srv.Advance(5 * time.Second)
	ask(t, srv, "POST", "/v1/me?_method=PATCH&__clerk_db_jwt="+browser, form("first_name", "Augusta"))
	_, cookies, _ := shaken(t, srv, form("redirect_url", "http://localhost:3000/", "__clerk_db_jwt", browser))
	checkCookies(t, srv, cookies, "", browser, in.at("response", "created_session_id"), "")
	srv.Advance(8 * 24 * time.Hour)
	_, cookies, _ = shaken(t, srv, form("redirect_url", "http://localhost:3000/", "__clerk_db_jwt", browser))
	checkCookies(t, srv, cookies, "", browser, "", "")
}

func TestHandshakeInProduction(t *testing.T) {
	srv := withAda(t, fapitest.WithProduction(), fapitest.WithAllowedOrigins("https://app.example.com"))
	in := ask(t, srv, "POST", "/v1/client/sign_ins", form("identifier", ada, "password", password))
	client := strings.Split(in.header.Get("Set-Cookie"), ";")[0]
	for name, tc := range map[string]struct {
		page    string
		inQuery bool
	}{"on the server's host": {srv.URL() + "/page", false}, "on another host": {"https://app.example.com/page", true}} {
		t.Run(name, func(t *testing.T) {
			back, cookies, _ := shaken(t, srv, form("redirect_url", tc.page), "Cookie: "+client)
			if back.Query().Has("__clerk_handshake") != tc.inQuery || cookies["__clerk_db_jwt"] != nil || cookies["__clerk_handshake"].MaxAge >= 0 {
				t.Errorf("back to %s with %v", back, cookies)
			}
			if claims := verified(t, srv, cookies["__session"+suffix(srv)].Value); claims["sid"] != in.at("response", "created_session_id") {
				t.Errorf("claims %v", claims)
			}
		})
	}
}

func TestHandshakesThatAreRefused(t *testing.T) {
	srv := withAda(t)
	for name, tc := range map[string]struct{ target, code string }{
		"no target":           {"", "form_param_missing"},
		"a path":              {"/page", "invalid_redirect_url"},
		"no URL":              {"http://local host/", "invalid_redirect_url"},
		"a script":            {"javascript:alert(1)", "invalid_redirect_url"},
		"an app's scheme":     {"app://localhost/", "invalid_redirect_url"},
		"a foreign site":      {"https://elsewhere.example/", "redirect_url_not_associated_with_instance"},
		"named like loopback": {"http://127.0.0.1.elsewhere.example/", "redirect_url_not_associated_with_instance"},
		"a user like a host":  {"http://localhost:3000@elsewhere.example/", "redirect_url_not_associated_with_instance"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, srv, "GET", "/v1/client/handshake?"+form("redirect_url", tc.target).Encode(), nil)
			wantCode(t, a, 422, tc.code)
			if a.header.Get("Location") != "" {
				t.Errorf("to %s", a.header.Get("Location"))
			}
		})
	}
}
