//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
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

// tab is the page, in a browser that knows nothing yet, beside an API of its own.
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
	var cancel context.CancelFunc
	w.ctx, cancel = chromedp.NewContext(browser, chromedp.WithNewBrowserContext()) // no cookies, nothing stored
	t.Cleanup(cancel)
	if err := chromedp.Listen(w.ctx, w.listen); err != nil {
		t.Fatal(err)
	}
	_, noNetwork := chromedp.Call(w.ctx, network.Enable, network.EnableParams{})
	_, noRuntime := chromedp.Call(w.ctx, runtime.Enable, cdp.Empty{})
	_, noLog := chromedp.Call(w.ctx, log.Enable, cdp.Empty{})
	if err := errors.Join(noNetwork, noRuntime, noLog); err != nil {
		t.Fatal(err)
	}
	w.ctx, cancel = context.WithTimeout(w.ctx, 3*time.Minute)
	t.Cleanup(cancel)
	w.do(chromedp.EmulateViewport(640, 560), chromedp.Navigate(strings.Replace(page.URL, "127.0.0.1", host, 1)))
	return w
}

// browser is a Chromium without a window, the same for all tests.
var browser context.Context

func TestMain(m *testing.M) {
	var err error
	if browser, err = chromium(); err != nil {
		fmt.Fprintln(os.Stderr, "examples/browser:", err)
		os.Exit(1)
	}
	status := m.Run()
	_ = chromedp.Cancel(browser)
	os.Exit(status)
}

func chromium() (context.Context, error) {
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
