//go:build !js

package main

import (
	"net/http"
	"testing"

	"github.com/fapigen/fapigen/out/fapitest"
)

func TestAUserSignsInSwitchesAndSignsOut(t *testing.T) {
	w := open(t)
	w.sees("title", "Fake app")
	w.sees("email-form", "Email address")
	w.picture("1-email")

	w.enter("email", "nobody@example.com")
	w.sees("error", "Nobody has an account with this address.")
	w.picture("2-unknown")
	w.enter("email", ada)
	w.sees("sent-to", ada)

	w.reload() // a reload changes nothing: the code is still awaited
	w.sees("sent-to", ada)
	w.enter("code", "111111")
	w.sees("error", "This is not the code that we sent.")
	w.picture("3-wrong-code")
	w.click("resend")
	w.sees("note", "Another code is on its way.")
	w.click("restart")
	w.sees("email-form", "")
	w.enter("email", ada)
	w.sees("sent-to", ada)
	w.enter("code", fapitest.TestCode)
	w.sees("name", "Ada Lovelace")
	w.sees("address", ada)
	w.chosen("Personal account", "owner")
	w.picture("4-account")

	w.choose("Analytical Engines")
	w.sees("role", "Admin")
	w.reload()
	w.sees("name", "Ada Lovelace")
	w.chosen("Analytical Engines", "Admin")
	w.picture("5-organization")
	w.choose("Personal account")
	w.chosen("Personal account", "owner")

	w.click("sign-out")
	w.sees("email-form", "")
	w.reload()
	w.sees("email-form", "")

	if n := len(w.srv.Requests("POST /v1/dev_browser")); n != 1 {
		t.Errorf("%d dev browsers were made, want 1", n)
	}
	if s := w.srv.Sessions(); len(s) != 1 || s[0].Status != "removed" {
		t.Errorf("sessions in the end: %+v", s)
	}
	if p := w.troubles(); len(p) > 0 {
		t.Errorf("the browser complains: %q", p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.forced) > 0 || w.methods["DELETE"] || !w.methods["POST"] {
		t.Errorf("not all requests were simple ones: methods %v, %q", w.methods, w.forced)
	}
}

// Of a production instance there is no dev browser: the cookie alone is the credential.
func TestACookieIsAllThatAProductionInstanceNeeds(t *testing.T) {
	w := open(t, fapitest.WithProduction())
	w.signIn()
	w.reload()
	w.sees("name", "Ada Lovelace")
	w.choose("Royal Society")
	w.sees("role", "Member")
	w.click("sign-out")
	w.sees("email-form", "")
	for _, r := range w.srv.Requests() {
		if r.Query.Has("__clerk_db_jwt") || r.Path == "/v1/dev_browser" {
			t.Errorf("%s: a dev browser", r)
		}
	}
	if p := w.troubles(); len(p) > 0 {
		t.Errorf("the browser complains: %q", p)
	}
}

// A development instance is of another site than the page, so that its cookies do not go along.
func TestADevBrowserIsEnoughWithoutCookies(t *testing.T) {
	w := openAt(t, "localhost")
	w.signIn()
	w.reload()
	w.sees("name", "Ada Lovelace")
	for _, r := range w.srv.Requests() {
		if r.Header.Get("Cookie") != "" {
			t.Errorf("%s has a cookie, so that this tests nothing", r)
		}
	}

	// The environment and the client are asked for at once.
	w.srv.Inject(fapitest.Fault{On: "GET /v1/*", Times: 2, Status: http.StatusUnauthorized, Code: "dev_browser_unauthenticated"})
	w.reload()
	w.sees("email-form", "") // the dev browser was replaced, and nobody is signed in with the new one
	w.signIn()
	if n := len(w.srv.Requests("POST /v1/dev_browser")); n != 2 {
		t.Errorf("%d dev browsers were made, want 2", n)
	}
}

func TestWithoutANetworkThePageShowsWhatItKnew(t *testing.T) {
	w := open(t)
	w.signIn()
	w.srv.Close()
	w.reload()
	w.sees("name", "Ada Lovelace")
	w.sees("note", "You are offline: this is what was known last.")
	w.picture("6-offline")
	w.choose("Royal Society")
	w.sees("error", "The server cannot be reached. Are you online?")
	w.chosen("Personal account", "owner")
	w.picture("7-offline-error")
}

func TestASessionThatEndsElsewhereEndsHere(t *testing.T) {
	w := open(t)
	w.signIn()
	for _, s := range w.srv.Sessions() {
		w.srv.RevokeSession(s.ID)
	}
	w.choose("Royal Society")
	w.sees("email-form", "")
	w.reload()
	w.sees("email-form", "")
}

func TestTwoTabsShareOneUser(t *testing.T) {
	first := open(t)
	first.sees("email-form", "")
	second := first.another()
	second.sees("email-form", "")
	first.signIn()
	second.reload()
	second.sees("name", "Ada Lovelace")
	second.choose("Royal Society")
	second.sees("role", "Member")

	second.click("sign-out")
	second.sees("email-form", "")
	first.choose("Analytical Engines") // it does not know yet
	first.sees("email-form", "")
	first.signIn()
	second.reload()
	second.sees("name", "Ada Lovelace")
	if p := first.troubles(); len(p) > 0 {
		t.Errorf("the browser complains: %q", p)
	}
	if n := len(first.srv.Requests("POST /v1/dev_browser")); n != 1 {
		t.Errorf("%d dev browsers were made, want 1", n)
	}
}
