package fapitest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// challenge is of verifier, as RFC 7636, appendix B, has it.
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// withLink asks for a link to Ada's address, as a native app does.
func withLink(t *testing.T, srv *fapitest.Server) (a *app, signIn string) {
	t.Helper()
	a = &app{t: t, srv: srv}
	signIn = "/v1/client/sign_ins/" + a.good("/v1/client/sign_ins", "identifier", ada).at("response", "id")
	a.good(signIn+"/prepare_first_factor", "strategy", "email_link", "redirect_uri", "app://back?x=1", "code_challenge", challenge, "code_challenge_method", "S256")
	return a, signIn
}

// approve opens the link, and gives what the app gets.
func approve(t *testing.T, srv *fapitest.Server, to string) url.Values {
	t.Helper()
	target := open(t, srv, srv.EmailLink(to))
	query := target.Query()
	if target.Scheme != "app" || query.Get("flow_id") == "" || query.Get("approval_token") == "" || query.Has("__clerk_created_session") || query.Has("rotating_token_nonce") {
		t.Fatalf("the link leads to %s", target)
	}
	return query
}

func TestNativeLinkSignsIn(t *testing.T) {
	srv := withAda(t)
	a, signIn := withLink(t, srv)
	back := approve(t, srv, ada)
	if back.Get("x") != "1" || len(srv.Sessions()) != 0 {
		t.Errorf("opening the link gives %v and %+v", back, srv.Sessions())
	}
	if in := a.good(signIn, "_method", "GET"); in.at("response", "status") != "needs_first_factor" ||
		in.at("response", "first_factor_verification", "status") != "unverified" {
		t.Errorf("%s", in.body)
	}
	done := a.good("/v1/client/magic_links/complete", "flow_id", back.Get("flow_id"), "approval_token", back.Get("approval_token"), "code_verifier", verifier)
	ticket := done.at("response", "ticket")
	if ticket == "" || done.at("response", "flow_id") != back.Get("flow_id") || len(srv.Sessions()) != 0 {
		t.Fatalf("%s", done.body)
	}
	if in := a.good("/v1/client/sign_ins", "strategy", "ticket", "ticket", ticket); in.at("response", "status") != "complete" || len(srv.Sessions()) != 1 {
		t.Errorf("%s", in.body)
	}
	for _, r := range srv.Requests("POST /v1/client/magic_links/complete") {
		if r.Form.Get("approval_token") != fapitest.Redacted || r.Form.Get("code_verifier") != fapitest.Redacted {
			t.Errorf("%v", r.Form)
		}
	}
}

func TestNativeLinkSignsUp(t *testing.T) {
	const newbie = "new@example.com"
	srv := withAda(t)
	a := &app{t: t, srv: srv}
	at := "/v1/client/sign_ups/" + a.good("/v1/client/sign_ups", "email_address", newbie, "password", password).at("response", "id")
	a.good(at+"/prepare_verification", "strategy", "email_link", "redirect_uri", "app://back", "code_challenge", challenge, "code_challenge_method", "S256")
	back := approve(t, srv, newbie)
	if up := a.good(at, "_method", "GET"); up.at("response", "status") != "missing_requirements" {
		t.Errorf("opening the link signs up: %s", up.body)
	}
	pairs := []string{"flow_id", back.Get("flow_id"), "approval_token", back.Get("approval_token"), "code_verifier", verifier}
	stranger := &app{t: t, srv: srv}
	wantCode(t, stranger.post("/v1/client/magic_links/complete", pairs...), 422, "approval_token_invalid")
	up := a.good("/v1/client/magic_links/complete", pairs...)
	if up.at("response", "object") != "sign_up_attempt" || up.at("response", "status") != "complete" || up.at("response", "created_session_id") == "" || strings.Contains(up.body, `"ticket"`) {
		t.Errorf("%s", up.body)
	}
	wantCode(t, a.post("/v1/client/magic_links/complete", pairs...), 422, "approval_token_consumed")
}

func TestNativeLinksThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(srv *fapitest.Server, back url.Values)
		code   string
	}{
		"another verifier":       {func(_ *fapitest.Server, back url.Values) { back.Set("code_verifier", verifier+"A") }, "pkce_verification_failed"},
		"the challenge":          {func(_ *fapitest.Server, back url.Values) { back.Set("code_verifier", challenge) }, "pkce_verification_failed"},
		"no verifier":            {func(_ *fapitest.Server, back url.Values) { back.Del("code_verifier") }, "form_param_missing"},
		"no token":               {func(_ *fapitest.Server, back url.Values) { back.Del("approval_token") }, "form_param_missing"},
		"no flow":                {func(_ *fapitest.Server, back url.Values) { back.Del("flow_id") }, "form_param_missing"},
		"another token":          {func(_ *fapitest.Server, back url.Values) { back.Set("approval_token", "x") }, "approval_token_invalid"},
		"another flow":           {func(_ *fapitest.Server, back url.Values) { back.Set("flow_id", "x") }, "approval_token_invalid"},
		"after ten minutes":      {func(srv *fapitest.Server, _ url.Values) { srv.Advance(10 * time.Minute) }, "approval_token_expired"},
		"within the ten minutes": {func(srv *fapitest.Server, _ url.Values) { srv.Advance(9 * time.Minute) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := withAda(t)
			a, _ := withLink(t, srv)
			back := approve(t, srv, ada)
			back.Set("code_verifier", verifier)
			good := url.Values{}
			for key, values := range back {
				good[key] = values
			}
			tc.change(srv, back)
			got := a.post("/v1/client/magic_links/complete", pairsOf(back)...)
			if tc.code == "" {
				if got.status != 200 {
					t.Errorf("%d %s", got.status, got.body)
				}
				return
			}
			wantCode(t, got, 422, tc.code)
			if got.at("response", "ticket") != "" {
				t.Errorf("a ticket: %s", got.body)
			}
			again := a.post("/v1/client/magic_links/complete", pairsOf(good)...)
			if late := tc.code == "approval_token_expired"; (again.status == 200) == late {
				t.Errorf("the right one afterwards: %d %s", again.status, again.body)
			}
		})
	}
}

func pairsOf(values url.Values) []string {
	var pairs []string
	for name := range values {
		pairs = append(pairs, name, values.Get(name))
	}
	return pairs
}

func TestNativeLinkThatNobodyOpened(t *testing.T) {
	srv := withAda(t)
	a, _ := withLink(t, srv)
	first := approve(t, srv, ada).Get("flow_id")
	b, _ := withLink(t, srv)
	second := first[:len(first)-2] // the ids count: the next one is not far
	for i := range 100 {
		id := second + string(rune('0'+i/10)) + string(rune('0'+i%10))
		if got := b.post("/v1/client/magic_links/complete", "flow_id", id, "approval_token", "x", "code_verifier", verifier); got.at("errors", "0", "code") == "flow_not_approved" {
			return
		}
	}
	t.Errorf("no flow is waiting beside %s of %v", first, a.srv.Outbox())
}

func TestNativeLinkOpenedTooLate(t *testing.T) {
	srv := withAda(t)
	withLink(t, srv)
	srv.Advance(10 * time.Minute)
	if query := open(t, srv, srv.EmailLink(ada)).Query(); query.Get("__clerk_status") != "expired" || query.Has("approval_token") {
		t.Errorf("%v", query)
	}
}

func TestNativeLinkThatIsAskedForBadly(t *testing.T) {
	sum := sha256.Sum256([]byte(verifier))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
		t.Fatal("the challenge is not of the verifier")
	}
	for name, tc := range map[string]struct{ redirect, challenge, method, code string }{
		"no redirect_uri":   {"", challenge, "S256", "form_param_missing"},
		"no challenge":      {"app://back", "", "S256", "form_param_missing"},
		"no method":         {"app://back", challenge, "", "form_param_missing"},
		"the method plain":  {"app://back", challenge, "plain", "form_param_value_invalid"},
		"a padded digest":   {"app://back", challenge + "=", "S256", "form_param_format_invalid"},
		"a short challenge": {"app://back", "abc", "S256", "form_param_format_invalid"},
		"a path":            {"/back", challenge, "S256", "invalid_redirect_url"},
		"a script":          {"JavaScript:alert(1)", challenge, "S256", "invalid_redirect_url"},
		"no URL":            {"app://b ck", challenge, "S256", "invalid_redirect_url"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := withAda(t)
			a := &app{t: t, srv: srv}
			at := "/v1/client/sign_ins/" + a.good("/v1/client/sign_ins", "identifier", ada).at("response", "id")
			wantCode(t, a.post(at+"/prepare_first_factor", "strategy", "email_link", "redirect_uri", tc.redirect, "code_challenge", tc.challenge, "code_challenge_method", tc.method), 422, tc.code)
			if len(srv.Outbox()) != 0 {
				t.Errorf("sent %+v", srv.Outbox())
			}
		})
	}
	t.Run("for another address of a user", func(t *testing.T) {
		a := &app{t: t, srv: withAda(t)}
		a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
		id := a.good("/v1/me/email_addresses", "email_address", "other@example.com").at("response", "id")
		wantCode(t, a.post("/v1/me/email_addresses/"+id+"/prepare_verification", "strategy", "email_link", "redirect_uri", "app://back", "code_challenge", challenge, "code_challenge_method", "S256"), 422, "form_param_unknown")
	})
}
