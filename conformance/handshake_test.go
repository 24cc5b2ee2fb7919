package conformance

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fapigen/fapigen/out/fapitest"
)

// rendered is the content of a page of backend.mjs.
type rendered struct{ Status, User, Organization, Role string }

// visitor is a browser that goes to and fro between a page with clerk-js and a program that renders pages, both of the same
// application and with the same cookies.
type visitor struct {
	t       *testing.T
	server  *fapitest.Server
	page    *chromium
	program string
}

// takes takes steps in the page with clerk-js.
func (v *visitor) takes(steps ...step) {
	v.t.Helper()
	if err := v.page.restart(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	for _, next := range append([]step{do("load")}, steps...) {
		if out, err := v.page.step(v.t.Context(), next); err != nil || out.Error != "" {
			v.t.Fatalf("%s: %s %v", next.verb, out.Error, err)
		}
	}
}

// forgets removes the cookies that begin with a name.
func (v *visitor) forgets(name string) {
	v.t.Helper()
	script := `document.cookie.split("; ").map((c) => c.split("=")[0]).filter((n) => n.startsWith("` + name + `")).map((n) => (document.cookie = n + "=; path=/; max-age=0")).length`
	if n, err := chromedp.Run(v.page.ctx, chromedp.Evaluate[int](script)); err != nil || n == 0 {
		v.t.Fatalf("%d cookies %s: %v", n, name, err)
	}
}

// sees visits the program, which has to render a page after a number of handshakes.
func (v *visitor) sees(when string, want rendered, handshakes int) {
	v.t.Helper()
	before := len(v.server.Requests())
	if err := chromedp.Do(v.page.ctx, chromedp.Navigate(v.program+"/page?a=1")); err != nil {
		v.t.Fatalf("%s: %v", when, err)
	}
	text, err := chromedp.Run(v.page.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		v.t.Fatalf("%s: %v", when, err)
	}
	var got rendered
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		v.t.Fatalf("%s: %v in %s", when, err, text)
	}
	n := 0
	for _, r := range v.server.Requests()[before:] {
		if r.String() == "GET /v1/client/handshake" {
			n++
		}
	}
	if got != want || n != handshakes {
		v.t.Errorf("%s: %+v after %d handshakes, want %+v after %d", when, got, n, want, handshakes)
	}
}

// TestRenderedPages has a program behind Clerk's SDK for backends render pages for the user that is signed in by clerk-js.
func TestRenderedPages(t *testing.T) {
	out, in := rendered{Status: "signed-out"}, rendered{Status: "signed-in", User: "user_ada"}
	inAcme := rendered{Status: "signed-in", User: "user_ada", Organization: "org_acme", Role: "org:admin"}
	type handshakes struct{ nobody, signedIn, signedOut int }
	for name, tc := range map[string]struct {
		options []fapitest.Option
		handshakes
	}{
		"development": {world(), handshakes{nobody: 1}}, // for the dev browser
		// The cookie __client_uat is clerk-js's in development. In production it is the API's, which the fake sets by a handshake.
		"production": {world(fapitest.WithProduction()), handshakes{signedIn: 1, signedOut: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fapitest.NewServer(t, tc.options...)
			v := &visitor{t, server, startChromium(t.Context(), t, server).(*chromium), startBackend(t, server)}
			v.sees("nobody", out, tc.nobody)
			v.sees("nobody, again", out, 0)
			v.takes(signedIn(ada)[1:]...)
			v.sees("signed in", in, tc.signedIn)
			v.sees("signed in, again", in, 0)
			v.forgets("__session")
			v.sees("without a token", in, 1)
			v.takes(do("set_active", "organization", "org_acme"))
			v.sees("in an organization", inAcme, 0)
			v.takes(do("sign_out"))
			v.sees("signed out", out, tc.signedOut)
			v.sees("signed out, again", out, 0)
		})
	}
}
