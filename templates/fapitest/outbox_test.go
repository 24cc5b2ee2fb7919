package fapitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// app is a native app's client: it keeps the token that it is given.
type app struct {
	t     *testing.T
	srv   *fapitest.Server
	token string
}

func (a *app) post(path string, pairs ...string) answer {
	a.t.Helper()
	var headers []string
	if a.token != "" {
		headers = append(headers, "Authorization: "+a.token)
	}
	got := ask(a.t, a.srv, "POST", path+"?_is_native=1", form(pairs...), headers...)
	if token := got.header.Get("Authorization"); token != "" {
		a.token = token
	}
	return got
}

// good is post, which has to succeed.
func (a *app) good(path string, pairs ...string) answer {
	a.t.Helper()
	got := a.post(path, pairs...)
	if got.status != http.StatusOK {
		a.t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	return got
}

const number, second = "+15555550100", "+15555550101"

func TestOutbox(t *testing.T) {
	const newbie = "new@example.com"
	two := fapitest.WithUser(fapitest.User{Emails: []string{"bob@example.com", "bob@work.example"}, PhoneNumbers: []string{number, second}, Password: password, PhoneSecond: true})
	code := func(kind fapitest.MessageKind, to string) fapitest.Message {
		return fapitest.Message{Kind: kind, To: to, Code: fapitest.TestCode}
	}
	signIn := func(a *app, identifier string) string {
		return "/v1/client/sign_ins/" + a.good("/v1/client/sign_ins", "identifier", identifier).at("response", "id")
	}
	for name, tc := range map[string]struct {
		act  func(*app)
		want fapitest.Message
	}{
		"the first factor, to the primary address": {func(a *app) {
			a.good(signIn(a, "bob@work.example")+"/prepare_first_factor", "strategy", "email_code")
		}, code(fapitest.MessageEmailCode, "bob@example.com")},
		"the first factor, to another address": {func(a *app) {
			in := a.good("/v1/client/sign_ins", "identifier", "bob@example.com")
			id := in.factor("email_code", "bob@work.example")
			a.good("/v1/client/sign_ins/"+in.at("response", "id")+"/prepare_first_factor", "strategy", "email_code", "email_address_id", id)
		}, code(fapitest.MessageEmailCode, "bob@work.example")},
		"the first factor, with the identifier": {func(a *app) {
			a.good("/v1/client/sign_ins", "identifier", "bob@example.com", "strategy", "phone_code")
		}, code(fapitest.MessageSMSCode, number)},
		"the first factor, by WhatsApp": {func(a *app) {
			a.good(signIn(a, "bob@example.com")+"/prepare_first_factor", "strategy", "phone_code", "channel", "whatsapp")
		}, code(fapitest.MessageWhatsAppCode, number)},
		"a password reset": {func(a *app) {
			a.good(signIn(a, "bob@example.com")+"/prepare_first_factor", "strategy", "reset_password_email_code")
		}, code(fapitest.MessageEmailCode, "bob@example.com")},
		"the second factor": {func(a *app) {
			in := a.good("/v1/client/sign_ins", "identifier", "bob@example.com", "password", password)
			a.good("/v1/client/sign_ins/"+in.at("response", "id")+"/prepare_second_factor", "strategy", "phone_code")
		}, code(fapitest.MessageSMSCode, number)},
		"a sign-up by email": {func(a *app) {
			up := a.good("/v1/client/sign_ups", "email_address", newbie)
			a.good("/v1/client/sign_ups/"+up.at("response", "id")+"/prepare_verification", "strategy", "email_code")
		}, code(fapitest.MessageEmailCode, newbie)},
		"a sign-up by phone": {func(a *app) {
			a.good("/v1/client/sign_ups", "phone_number", "+15555550199", "strategy", "phone_code")
		}, code(fapitest.MessageSMSCode, "+15555550199")},
		"another address of a user": {func(a *app) {
			a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
			id := a.good("/v1/me/email_addresses", "email_address", "other@example.com").at("response", "id")
			a.good("/v1/me/email_addresses/"+id+"/prepare_verification", "strategy", "email_code")
		}, code(fapitest.MessageEmailCode, "other@example.com")},
		"another number of a user": {func(a *app) {
			a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
			id := a.good("/v1/me/phone_numbers", "phone_number", "+15555550199").at("response", "id")
			a.good("/v1/me/phone_numbers/"+id+"/prepare_verification", "strategy", "phone_code")
		}, code(fapitest.MessageSMSCode, "+15555550199")},
		"reverification": {func(a *app) {
			id := a.good("/v1/client/sign_ins", "identifier", ada, "password", password).at("response", "created_session_id")
			a.good("/v1/client/sessions/" + id + "/verify")
			a.good("/v1/client/sessions/"+id+"/verify/prepare_first_factor", "strategy", "email_code")
		}, code(fapitest.MessageEmailCode, ada)},
		"a domain": {func(a *app) {
			a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
			id := a.good("/v1/organizations/org_acme/domains", "name", "acme.example").at("response", "id")
			a.good("/v1/organizations/org_acme/domains/"+id+"/prepare_affiliation_verification", "affiliation_email_address", "boss@acme.example")
		}, code(fapitest.MessageEmailCode, "boss@acme.example")},
		"a client that is not trusted": {func(a *app) {
			a.srv = withAda(t, two, fapitest.WithClientTrust())
			in := a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
			a.good("/v1/client/sign_ins/"+in.at("response", "id")+"/prepare_second_factor", "strategy", "email_code")
		}, code(fapitest.MessageEmailCode, ada)},
	} {
		t.Run(name, func(t *testing.T) {
			a := &app{t: t, srv: withAda(t, two)}
			tc.act(a)
			list := a.srv.Outbox()
			if len(list) != 1 {
				t.Fatalf("%+v", list)
			}
			tc.want.Number, tc.want.Time = 1, list[0].Time
			if age := time.Since(list[0].Time); list[0] != tc.want || age < 0 || age > time.Minute {
				t.Errorf("%+v, want %+v", list[0], tc.want)
			}
		})
	}
}

// factor is the id in a sign-in's factor for an address.
func (a answer) factor(strategy, address string) string {
	var body struct {
		Response struct {
			Factors []struct {
				Strategy, SafeIdentifier string
				Address                  string `json:"safe_identifier"`
				ID                       string `json:"email_address_id"`
			} `json:"supported_first_factors"`
		} `json:"response"`
	}
	_ = json.Unmarshal([]byte(a.body), &body)
	for _, f := range body.Response.Factors {
		if f.Strategy == strategy && f.Address == address {
			return f.ID
		}
	}
	return ""
}

func TestOutboxOfAnInvitation(t *testing.T) {
	srv := withAda(t)
	a := &app{t: t, srv: srv}
	a.good("/v1/client/sign_ins", "identifier", ada, "password", password)
	made := a.good("/v1/organizations/org_acme/invitations", "email_address", "bob@example.com", "role", "org:member")
	a.good("/v1/organizations/org_acme/invitations/bulk", "email_address", "eve@example.com", "role", "org:member")
	a.good("/v1/organizations/org_acme/invitations", "email_address", "quiet@example.com", "role", "org:member", "notify", "false")
	list := srv.Outbox()
	if len(list) != 2 || list[1].To != "eve@example.com" || len(srv.Outbox("eve@example.com")) != 1 || len(srv.Outbox("nobody@example.com")) != 0 {
		t.Fatalf("%+v", list)
	}
	m := list[0]
	if m.Kind != fapitest.MessageInvitation || m.To != "bob@example.com" || m.Code != "" || m.Ticket != srv.InvitationTicket("acme", m.To) || m.URL != made.at("response", "url") || m.Number != 1 {
		t.Errorf("%+v", m)
	}
	if u, err := url.Parse(m.URL); err != nil || !strings.HasPrefix(m.URL, srv.URL()+"/") || u.Query().Get("ticket") != m.Ticket {
		t.Errorf("the link is %s", m.URL)
	}
	revoked := a.good("/v1/organizations/org_acme/invitations/" + made.at("response", "id") + "/revoke")
	if !strings.Contains(revoked.body, `"url":null`) {
		t.Errorf("a link that is of no use: %s", revoked.body)
	}
}

// open opens a link, and gives where it leads.
func open(t *testing.T, srv *fapitest.Server, link string, headers ...string) *url.URL {
	t.Helper()
	path, ok := strings.CutPrefix(link, srv.URL())
	a := ask(t, srv, "GET", path, nil, headers...)
	target, err := url.Parse(a.header.Get("Location"))
	if !ok || a.status != http.StatusSeeOther || err != nil {
		t.Fatalf("%q: %d %s", link, a.status, a.body)
	}
	return target
}

func TestLinkOfAnInvitation(t *testing.T) {
	const bob, newbie = "bob@example.com", "new@example.com"
	srv := withAda(t, fapitest.WithUser(fapitest.User{Emails: []string{bob}, Password: password}), fapitest.WithEnvironment(func(environment map[string]any) {
		config := environment["display_config"].(map[string]any)
		config["sign_in_url"], config["sign_up_url"], config["after_sign_in_url"] = "http://localhost:3000/in?a=1", "http://localhost:3000/up", "http://localhost:3000/home"
	}))
	admin := &app{t: t, srv: srv}
	admin.good("/v1/client/sign_ins", "identifier", ada, "password", password)
	for _, email := range []string{bob, newbie} {
		admin.good("/v1/organizations/org_acme/invitations", "email_address", email, "role", "org:member")
	}
	browser := ask(t, srv, "POST", "/v1/dev_browser", nil).at("id")
	for name, tc := range map[string]struct{ to, page, status string }{
		"an account": {bob, "http://localhost:3000/in?a=1", "sign_in"}, "no account": {newbie, "http://localhost:3000/up", "sign_up"},
	} {
		t.Run(name, func(t *testing.T) {
			m := srv.Outbox(tc.to)[0]
			target := open(t, srv, m.URL, "Cookie: __clerk_db_jwt="+browser)
			query := target.Query()
			if !strings.HasPrefix(target.String(), tc.page) || query.Get("__clerk_status") != tc.status || query.Get("__clerk_ticket") != m.Ticket {
				t.Errorf("to %s", target)
			}
			if open(t, srv, m.URL).String() != target.String() {
				t.Error("the link is good once only: mail programs open links to look at them")
			}
		})
	}
	t.Run("a sign-up by the ticket", func(t *testing.T) {
		a := &app{t: t, srv: srv}
		up := a.good("/v1/client/sign_ups", "strategy", "ticket", "ticket", srv.Outbox(newbie)[0].Ticket, "password", password)
		if up.at("response", "status") != "complete" || up.at("response", "email_address") != newbie {
			t.Errorf("%s", up.body)
		}
	})
	t.Run("somebody who is signed in", func(t *testing.T) {
		ask(t, srv, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+browser, form("identifier", bob, "password", password))
		m := srv.Outbox(bob)[0]
		if target := open(t, srv, m.URL, "Cookie: __clerk_db_jwt="+browser); target.Path != "/home" || target.Query().Get("__clerk_status") != "complete" {
			t.Errorf("to %s", target)
		}
		members := ask(t, srv, "GET", "/v1/me/organization_memberships?__clerk_db_jwt="+browser, nil)
		if !strings.Contains(members.body, "org_acme") {
			t.Errorf("%s", members.body)
		}
		wantCode(t, ask(t, srv, "GET", strings.TrimPrefix(m.URL, srv.URL()), nil), 400, "organization_invitation_already_accepted")
	})
	t.Run("no ticket", func(t *testing.T) {
		wantCode(t, ask(t, srv, "GET", "/v1/tickets/accept", nil), 422, "form_param_missing")
		wantCode(t, ask(t, srv, "GET", "/v1/tickets/accept?ticket=unknown", nil), 400, "ticket_invalid_code")
	})
}

func TestOutboxOverHTTP(t *testing.T) {
	srv := withAda(t)
	if a := ask(t, srv, "GET", "/__fapitest/outbox", nil); strings.TrimSpace(a.body) != "[]" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("empty: %d %s", a.status, a.body)
	}
	srv.Advance(time.Hour)
	a := &app{t: t, srv: srv}
	const odd = "a&'b@example.com"
	a.good("/v1/client/sign_ups", "email_address", odd, "strategy", "email_code")
	in := a.good("/v1/client/sign_ins", "identifier", ada)
	a.good("/v1/client/sign_ins/"+in.at("response", "id")+"/prepare_first_factor", "strategy", "email_link", "redirect_url", "http://localhost:3000/")
	before := len(srv.Requests())
	var list []fapitest.Message
	if err := json.Unmarshal([]byte(ask(t, srv, "GET", "/__clerk/__fapitest/outbox", nil).body), &list); err != nil || !slices.Equal(list, srv.Outbox()) || len(list) != 2 {
		t.Errorf("%+v: %v", list, err)
	}
	if age := time.Until(list[0].Time); list[1].URL != srv.EmailLink(ada) || age < 50*time.Minute || age > 70*time.Minute {
		t.Errorf("%+v", list)
	}
	for path, headers := range map[string][]string{"/__fapitest/": nil, "/__fapitest": nil, "/": {"Accept: text/html,*/*"}} {
		page := ask(t, srv, "GET", path, nil, headers...)
		link := `<a href="` + srv.EmailLink(ada) + `"`
		if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.body, link) ||
			!strings.Contains(page.body, fapitest.TestCode) || !strings.Contains(page.body, "a&amp;&#39;b@example.com") || strings.Contains(page.body, odd) {
			t.Errorf("%s: %d %s", path, page.status, page.body)
		}
		if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || page.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, page.header)
		}
	}
	for _, path := range []string{"/__fapitest/nothing", "/__fapitest/outbox/x", "/__fapitest/pages/", "/__fapitest/images/%3Csvg%3E"} {
		if a := ask(t, srv, "GET", path, nil); a.status != 404 || strings.Contains(a.body, "<svg>") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := ask(t, srv, "POST", "/__fapitest/outbox", nil); a.status != 405 {
		t.Errorf("POST: %d", a.status)
	}
	if a := ask(t, srv, "GET", "/__fapitest/outbox", nil, "Origin: https://elsewhere.example"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a foreign page may read the outbox")
	}
	wantCode(t, ask(t, srv, "GET", "/", nil), 404, "resource_not_found") // a program asks the API
	if len(srv.Requests()) != before+1 {
		t.Errorf("%v", srv.Requests()[before:])
	}
}

func TestNextMessage(t *testing.T) {
	srv := withAda(t)
	a := &app{t: t, srv: srv}
	type result struct {
		fapitest.Message
		error
	}
	wait := func(ctx context.Context, after int) chan result {
		got := make(chan result, 1)
		go func() {
			m, err := srv.NextMessage(ctx, after)
			got <- result{m, err}
		}()
		return got
	}
	first, second := wait(t.Context(), 0), wait(t.Context(), 1)
	a.good("/v1/client/sign_ups", "email_address", "one@example.com", "strategy", "email_code")
	if got := <-first; got.error != nil || got.To != "one@example.com" {
		t.Errorf("%+v", got)
	}
	a.good("/v1/client/sign_ups", "email_address", "two@example.com", "strategy", "email_code")
	if got := <-second; got.error != nil || got.To != "two@example.com" || got.Number != 2 {
		t.Errorf("%+v", got)
	}
	if m, err := srv.NextMessage(t.Context(), 0); err != nil || m.Number != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	third := wait(ctx, 2)
	cancel()
	if got := <-third; !errors.Is(got.error, context.Canceled) {
		t.Errorf("%+v", got)
	}
	fourth := wait(t.Context(), 2)
	srv.Close()
	if got := <-fourth; !errors.Is(got.error, http.ErrServerClosed) {
		t.Errorf("%+v", got)
	}
}

// Everything that the environment and the resources name is served, in whichever way a page gets there.
func TestPagesAndImagesAreServed(t *testing.T) {
	srv := withAda(t)
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			for _, member := range x {
				walk(member)
			}
		case []any:
			for _, item := range x {
				walk(item)
			}
		case string:
			if strings.Contains(x, "://") {
				found = append(found, x)
			}
		}
	}
	token := signInToken(t, srv)
	for _, path := range []string{"/v1/environment", "/v1/client?_is_native=1", "/v1/me/organization_memberships?_is_native=1"} {
		var v any
		if err := json.Unmarshal([]byte(ask(t, srv, "GET", path, nil, "Authorization: "+token).body), &v); err != nil {
			t.Fatal(err)
		}
		walk(v)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) < 12 {
		t.Fatalf("%q", found)
	}
	for _, link := range found {
		path, own := strings.CutPrefix(link, srv.URL())
		if !own {
			t.Errorf("%s is somewhere else", link)
			continue
		}
		a := ask(t, srv, "GET", path, nil)
		if kind := a.header.Get("Content-Type"); a.status != 200 || a.body == "" || kind != "image/svg+xml" && kind != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", link, a.status, kind)
		}
	}
}
