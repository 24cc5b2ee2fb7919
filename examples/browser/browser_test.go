//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fapigen/fapigen/out/fapitest"
)

const ada = "ada+clerk_test@example.com"

// wasm is the page's program, compiled once for all tests.
var wasm = sync.OnceValues(func() ([]byte, error) { return build(context.Background()) })

// tab is the page in a browser of its own, beside an API of its own.
type tab struct {
	*testing.T
	srv *fapitest.Server
	ctx context.Context

	mu       sync.Mutex
	problems []string // exceptions, and what the browser refused to do
	methods  map[string]bool
	forced   []string // preflights, and requests with headers that would force one
}

// open starts the API and the page, and goes to the page. They are of one site and of two origins.
func open(t *testing.T, opts ...fapitest.Option) *tab {
	t.Helper()
	return openAt(t, "127.0.0.1", opts...)
}

// openAt is open with the page on another host than 127.0.0.1, which is that of the API.
func openAt(t *testing.T, host string, opts ...fapitest.Option) *tab {
	t.Helper()
	program, err := wasm()
	if err != nil {
		t.Fatal(err)
	}
	w := &tab{T: t, srv: fapitest.NewServer(t, append(slices.Clone(people), opts...)...), methods: map[string]bool{}}
	site, err := newSite(t.Context(), program, w.srv.PublishableKey(), w.srv.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(site)
	t.Cleanup(page.Close)
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	var cancel context.CancelFunc
	w.ctx, cancel = chromedp.NewContext(browser, chromedp.WithNewBrowserContext()) // no cookies, nothing stored
	t.Cleanup(cancel)
	if err := chromedp.Listen(w.ctx, w.listen); err != nil {
		t.Fatal(err)
	}
	for _, enable := range []func() error{
		func() error { _, err := chromedp.Call(w.ctx, network.Enable, network.EnableParams{}); return err },
		func() error { _, err := chromedp.Call(w.ctx, runtime.Enable, cdp.Empty{}); return err },
		func() error { _, err := chromedp.Call(w.ctx, log.Enable, cdp.Empty{}); return err },
	} {
		if err := enable(); err != nil {
			t.Fatal(err)
		}
	}
	w.do(chromedp.EmulateViewport(640, 560), chromedp.Navigate(strings.Replace(page.URL, "127.0.0.1", host, 1)))
	return w
}

// chromium is a browser without a window, the same for all tests.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("no Chromium on the PATH, and these tests need one: install it, as with `apt-get install chromium`")
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path)} // its user data folder is a new one
	for _, flag := range []string{"headless", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-component-update",
		"disable-sync", "no-first-run", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
})

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if ctx, err := chromium(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
	os.Exit(status)
}

// another is a second tab of the same browser, on the same page.
func (w *tab) another() *tab {
	w.Helper()
	ctx, cancel := chromedp.NewContext(w.ctx)
	w.Cleanup(cancel)
	second := &tab{T: w.T, srv: w.srv, ctx: ctx, methods: map[string]bool{}}
	second.do(chromedp.Navigate(w.eval("location.href")))
	return second
}

// listen notes what the page does.
func (w *tab) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.problems = append(w.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.problems = append(w.problems, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, w.srv.URL()) {
			return
		}
		w.methods[e.Request.Method] = true
		if e.Type == network.ResourceTypePreflight {
			w.forced = append(w.forced, "preflight of "+e.Request.URL)
		}
		for name := range e.Request.Headers {
			if name == "Authorization" || strings.HasPrefix(strings.ToLower(name), "x-") {
				w.forced = append(w.forced, name+" in "+e.Request.URL)
			}
		}
	}
}

func (w *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.Fatal(err)
	}
}

// eval is what an expression gives in the page; a page that is just being replaced gives "".
func (w *tab) eval(expression string) string {
	w.Helper()
	text, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](expression))
	if err != nil && w.ctx.Err() != nil {
		w.Fatal(err)
	}
	return text
}

// sees waits until the page is at rest, and an element of it is shown and has a text.
func (w *tab) sees(id, text string) {
	w.Helper()
	got := ""
	script := fmt.Sprintf(`(() => { const e = document.getElementById(%q);
		if (!e || !e.checkVisibility()) return "not shown";
		return (e.closest("main").ariaBusy === "true" ? "busy: " : "shown: ") + e.textContent })()`, id)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got = w.eval(script)
		if shown, ok := strings.CutPrefix(got, "shown: "); ok && strings.Contains(shown, text) {
			return
		}
	}
	w.picture("failed")
	w.Fatalf("%s is %q, want %q; the page says:\n%s\n%q", id, got, text, w.eval(`document.querySelector("main").innerText`), w.problems)
}

func (w *tab) click(id string) {
	w.Helper()
	w.do(chromedp.Click(chromedp.CSS("#" + id)))
}

func (w *tab) enter(id, text string) {
	w.Helper()
	w.eval(fmt.Sprintf(`document.getElementById(%q).value = ""`, id))
	w.do(chromedp.SendKeys(chromedp.CSS("#"+id), text+"\r"))
}

// choose takes an option of the list of organizations, as a user does.
func (w *tab) choose(name string) {
	w.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const list = document.getElementById("organization");
		list.value = [...list.options].find(o => o.text === %q).value;
		list.dispatchEvent(new Event("change")) })()`, name)))
}

func (w *tab) reload() {
	w.Helper()
	w.do(chromedp.Reload())
}

// chosen waits until the list of organizations shows one.
func (w *tab) chosen(name, role string) {
	w.Helper()
	w.sees("role", role)
	if got := w.eval(`document.getElementById("organization").selectedOptions[0].text`); got != name {
		w.Fatalf("the organization is %q, want %q", got, name)
	}
}

// signIn goes through both forms.
func (w *tab) signIn() {
	w.Helper()
	w.sees("email-form", "")
	w.enter("email", ada)
	w.sees("sent-to", ada)
	w.enter("code", fapitest.TestCode)
	w.sees("name", "Ada Lovelace")
}

// picture keeps what the page looks like, where SCREENSHOTS names a folder for that.
func (w *tab) picture(name string) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		w.Fatal(err)
	}
}

// troubles are the problems so far but for the answers of the API that report a failure, which a browser logs.
func (w *tab) troubles() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.problems), func(p string) bool {
		return strings.Contains(p, "the server responded with a status of 4")
	})
}

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
