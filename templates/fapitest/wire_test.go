package fapitest_test

// The wire as other clients see it: credentials, refusals, what a page of another origin may do, the request log.

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

func TestWhoIsRefused(t *testing.T) {
	for rule, tc := range map[string]struct {
		opts    []fapitest.Option
		path    string
		headers []string
		status  int
		code    string
	}{
		"an app, where the Native API is off":      {[]fapitest.Option{fapitest.WithNativeAPIDisabled()}, "/v1/client?_is_native=1", nil, 400, "native_api_disabled"},
		"an app with an origin":                    {nil, "/v1/client", []string{"Authorization: token", "Origin: https://example.com"}, 400, "origin_authorization_headers_conflict"},
		"a page without a dev browser":             {nil, "/v1/client", nil, 401, "dev_browser_unauthenticated"},
		"a page with an unknown dev browser":       {nil, "/v1/client?__clerk_db_jwt=unknown", nil, 401, "dev_browser_unauthenticated"},
		"a page without a dev browser, of a user":  {nil, "/v1/me", nil, 401, "dev_browser_unauthenticated"},
		"who has no session":                       {nil, "/v1/me?_is_native=1", nil, 401, "signed_out"},
		"who has no client":                        {nil, "/v1/client/sessions/sess_1?_is_native=1", nil, 401, "signed_out"},
		"an app with a token that nobody gave it":  {nil, "/v1/me", []string{"Authorization: invented"}, 401, "signed_out"},
		"a page without a cookie, in production":   {[]fapitest.Option{fapitest.WithProduction()}, "/v1/me", nil, 401, "signed_out"},
		"API keys without a session token":         {nil, "/api_keys", nil, 401, "authentication_invalid"},
		"API keys as clerk-js asks a proxy":        {nil, "//api_keys", nil, 401, "authentication_invalid"},
		"API keys with a token that is not signed": {nil, "/api_keys", []string{"Authorization: Bearer e30.e30.e30"}, 401, "authentication_invalid"},
		"a path that is no operation":              {nil, "/v1/nothing?_is_native=1", nil, 404, "resource_not_found"},
		"another one's session":                    {nil, "/v1/client/sessions/sess_1?_is_native=1", nil, 401, "signed_out"},
	} {
		t.Run(rule, func(t *testing.T) {
			wantCode(t, ask(t, withAda(t, tc.opts...), "GET", tc.path, nil, tc.headers...), tc.status, tc.code)
		})
	}
}

func TestBearerAndRawTokensAreTheSame(t *testing.T) {
	srv := withAda(t)
	token := signInToken(t, srv)
	for _, header := range []string{token, "Bearer " + token} {
		if a := ask(t, srv, "GET", "/v1/me", nil, "Authorization: "+header); a.status != 200 || a.header.Get("Authorization") != token {
			t.Errorf("%d, token %q", a.status, a.header.Get("Authorization"))
		}
	}
}

// clerk-js issue 9217: a token that was rotated away is answered 200, with another client and no session.
func TestStrictTokensGiveTheBearerOfAnOldOneAnEmptyClient(t *testing.T) {
	for _, strict := range []bool{false, true} {
		var opts []fapitest.Option
		if strict {
			opts = append(opts, fapitest.WithStrictTokens())
		}
		srv := withAda(t, opts...)
		a := ask(t, srv, "POST", "/v1/client?_is_native=1", nil)
		old := a.header.Get("Authorization")
		a = ask(t, srv, "POST", "/v1/client/sign_ins?_is_native=1", form("identifier", ada, "password", password), "Authorization: "+old)
		if a.header.Get("Authorization") == old {
			t.Fatal("a sign-in does not rotate the token")
		}
		a = ask(t, srv, "GET", "/v1/client?_is_native=1", nil, "Authorization: "+old)
		if signedIn := a.at("response", "sessions", "0", "id") != ""; a.status != 200 || signedIn == strict || a.header.Get("Authorization") == old {
			t.Errorf("strict %v: %d, signed in %v", strict, a.status, signedIn)
		}
	}
}

func TestAPageInProductionHasACookie(t *testing.T) {
	srv := withAda(t, fapitest.WithProduction())
	if !strings.HasPrefix(srv.PublishableKey(), "pk_live_") {
		t.Errorf("the key is %s", srv.PublishableKey())
	}
	a := ask(t, srv, "POST", "/v1/client/sign_ins", form("identifier", ada, "password", password))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, "__client=") || !strings.Contains(a.header.Get("Set-Cookie"), "HttpOnly") || a.header.Get("Authorization") != "" {
		t.Fatalf("%v", a.header)
	}
	if a := ask(t, srv, "POST", "/v1/me?_method=PATCH", form("first_name", "Augusta"), "Cookie: "+cookie); a.at("response", "first_name") != "Augusta" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// packages/shared/src/keys.ts: three parts, the last is base64 of a host with a dot and a $ at its end.
func TestThePublishableKeyIsWellFormed(t *testing.T) {
	parts := strings.SplitN(withAda(t).PublishableKey(), "_", 3)
	host, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil || parts[0]+parts[1] != "pktest" || !strings.HasSuffix(string(host), ".accounts.dev$") {
		t.Errorf("%v: %s (%v)", parts, host, err)
	}
}

func TestCrossOrigin(t *testing.T) {
	srv := withAda(t)
	a := ask(t, srv, "GET", "/v1/environment", nil, "Origin: http://localhost:3000")
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "http://localhost:3000", "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
		"Access-Control-Expose-Headers": "Authorization, Clerk-Db-Jwt, X-Country, Retry-After"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a := ask(t, srv, "GET", "/v1/environment", nil); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("an answer to nobody's page names an origin")
	}
	for path, allowed := range map[string]string{"/v1/client": "", "/api_keys": "Authorization, Content-Type"} {
		a := ask(t, srv, "OPTIONS", path, nil, "Origin: http://localhost:3000", "Access-Control-Request-Headers: authorization")
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Headers") != allowed {
			t.Errorf("%s: %d, allows %q", path, a.status, a.header.Get("Access-Control-Allow-Headers"))
		}
	}
}

// A page that may not read gets its answer without the headers that let it.
func TestOriginsThatMayRead(t *testing.T) {
	open := withAda(t, fapitest.WithAllowedOrigins("https://app.example.com", "chrome-extension://abc"), fapitest.WithEnvironment(func(environment map[string]any) {
		config := environment["display_config"].(map[string]any)
		config["home_url"], config["logo_url"], config["terms_url"] = "https://home.example.com/welcome", "https://cdn.example.com/logo.png", "https://law.example.com/"
	}))
	for origin, allowed := range map[string]bool{
		"http://localhost:3000": true, "https://localhost": true, "http://app.localhost:8080": true, "http://127.0.0.1:5173": true, "http://[::1]:5173": true,
		"capacitor://localhost": true, "https://app.example.com": true, "chrome-extension://abc": true, "https://home.example.com": true,
		"http://app.example.com": false, "https://app.example.com:8443": false, "https://app.example.com.elsewhere.example": false,
		"https://elsewhere.example": false, "http://localhost.elsewhere.example": false, "http://127.0.0.1.elsewhere.example": false,
		"http://localhost@elsewhere.example": false, "http://localhost:3000/path": false, "https://cdn.example.com": false, "https://law.example.com": false,
		"null": false, "localhost": false, "http://10.0.0.1:3000": false, "file://": false, "chrome-extension://abd": false,
	} {
		t.Run(origin, func(t *testing.T) {
			for _, method := range []string{"GET", "OPTIONS"} {
				a := ask(t, open, method, "/v1/environment", nil, "Origin: "+origin)
				want := map[bool][2]string{true: {origin, "true"}}[allowed]
				if got := [2]string{a.header.Get("Access-Control-Allow-Origin"), a.header.Get("Access-Control-Allow-Credentials")}; got != want || a.header.Get("Vary") != "Origin" {
					t.Errorf("%s allows %q, Vary %q", method, got, a.header.Get("Vary"))
				}
			}
		})
	}
}

func TestAProxyPathMayComeBeforeThePaths(t *testing.T) {
	if a := ask(t, withAda(t), "GET", "/__clerk/v1/environment", nil); a.status != 200 || a.at("auth_config", "object") != "auth_config" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestTheRequestLogHasNoSecrets(t *testing.T) {
	srv := withAda(t)
	token := signInToken(t, srv)
	ask(t, srv, "POST", "/v1/me?_method=PATCH&_clerk_session_id=", form("first_name", "Augusta", "a", "1", "a", "2"), "Authorization: "+token)
	list := srv.Requests("POST /v1/client/sign_ins", "PATCH /v1/me")
	if len(list) != 2 || len(srv.Requests("PATCH /v1/*")) != 1 || len(srv.Requests()) != 2 {
		t.Fatalf("%v", srv.Requests())
	}
	if got := list[0].Form; got.Get("password") != fapitest.Redacted || got.Get("identifier") != ada || list[0].Status != 200 {
		t.Errorf("%v, status %d", got, list[0].Status)
	}
	if got := list[1]; got.Header.Get("Authorization") != fapitest.Redacted || !slices.Equal(got.Form["a"], []string{"1", "2"}) || got.Query.Get("_method") != "PATCH" {
		t.Errorf("%+v", got)
	}
}

func TestOptionsThatContradictEachOther(t *testing.T) {
	user := fapitest.WithUser(fapitest.User{Emails: []string{ada}})
	for want, opts := range map[string][]fapitest.Option{
		"WithUser: two users have the identifier " + ada:                                                  {user, user},
		"WithOrganization: no user is called nobody":                                                      {fapitest.WithOrganization(fapitest.Organization{Name: "A", Members: []fapitest.Member{{User: "nobody"}}})},
		"WithOrganization: two organizations are called a":                                                {fapitest.WithOrganization(fapitest.Organization{Name: "A"}), fapitest.WithOrganization(fapitest.Organization{Name: "a"})},
		"WithOrganization: the name is empty":                                                             {fapitest.WithOrganization(fapitest.Organization{})},
		"WithUser: the TOTP secret of user_1 is not base32":                                               {fapitest.WithUser(fapitest.User{ID: "user_1", TOTPSecret: "not base32"})},
		"WithTemplate: the name is empty":                                                                 {fapitest.WithTemplate("", nil)},
		"WithUser: one user has the identifier " + ada + " twice":                                         {fapitest.WithUser(fapitest.User{Emails: []string{ada, ada}})},
		`WithUser: "nobody" is not an email address`:                                                      {fapitest.WithUser(fapitest.User{Emails: []string{"nobody"}})},
		`WithUser: "0155" is not a phone number of the form +15555550100`:                                 {fapitest.WithUser(fapitest.User{PhoneNumbers: []string{"0155"}})},
		"WithUser: PhoneSecond wants a phone number":                                                      {fapitest.WithUser(fapitest.User{PhoneSecond: true})},
		"WithOrganization: there is no role org:boss; WithRole adds one":                                  {user, fapitest.WithOrganization(fapitest.Organization{Name: "A", Members: []fapitest.Member{{User: ada, Role: "org:boss"}}})},
		"WithOrganization: " + ada + " is a member of a twice":                                            {user, fapitest.WithOrganization(fapitest.Organization{Name: "A", Members: []fapitest.Member{{User: ada}, {User: ada}}})},
		`WithRole: "boss" is not of the form org:name`:                                                    {fapitest.WithRole(fapitest.Role{Key: "boss"})},
		`WithRole: the permission "read" of org:a is not of the form org:feature:permission`:              {fapitest.WithRole(fapitest.Role{Key: "org:a", Permissions: []string{"read"}})},
		`WithAllowedOrigins: "https://app.example.com/" is not an origin such as https://app.example.com`: {fapitest.WithAllowedOrigins("https://app.example.com/")},
		`WithAllowedOrigins: "*" is not an origin such as https://app.example.com`:                        {fapitest.WithAllowedOrigins("http://localhost", "*")},
		"WithEnvironment: the function is nil":                                                            {fapitest.WithEnvironment(nil)},
		"WithFault: no operation is called GET /v1/clients":                                               {fapitest.WithFault(fapitest.Fault{On: "GET /v1/clients"})},
		"WithUser: two users have the id user_1":                                                          {fapitest.WithUser(fapitest.User{ID: "user_1"}), fapitest.WithUser(fapitest.User{ID: "user_1"})},
		"table of operations: unexpected end of JSON input":                                               {fapitest.WithOperations("{")},
	} {
		srv, err := fapitest.New(opts...)
		if err == nil {
			srv.Close()
		}
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Whatever arrives is answered as the API does: never with a broken connection or a status of 500.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/v1/client/sign_ins?_is_native=1", "identifier=x&password=y", "application/x-www-form-urlencoded")
	f.Add("PATCH", "/v1/me", "unsafe_metadata=%7B", "application/x-www-form-urlencoded")
	f.Add("POST", "/v1/client?_method=GET", "rotating_token_nonce=x", "")
	f.Add("POST", "/v1/me/profile_image", "--x\r\n\r\n", "multipart/form-data; boundary=x")
	f.Add("POST", "/v1/organizations/acme/domains", `{"name":1,"claims":[null]}`, "application/json")
	f.Add("GET", "/v1/organizations/acme/memberships?paginated=true&limit=-1&offset=99", "", "")
	f.Add("GET", "/visit/", "", "")
	srv := withAda(f)
	token := signInToken(f, srv)
	f.Fuzz(func(t *testing.T, method, path, body, kind string) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") || req.URL.Host != strings.TrimPrefix(srv.URL(), "http://") {
			t.Skip()
		}
		req.Header = http.Header{"Authorization": {token}}
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			if strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "reset") {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			t.Skip() // net/http does not send it
		}
		defer resp.Body.Close()
		if resp.StatusCode >= 500 {
			t.Errorf("%s %s: %d", method, path, resp.StatusCode)
		}
	})
}
