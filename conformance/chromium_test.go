package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fapigen/fapigen/out/fapitest"
)

// browser is the one Chromium of all scenarios; each has a context of its own in it, without anybody else's cookies.
var browser struct {
	once  sync.Once
	ctx   context.Context
	pages *httptest.Server
	close func()
	err   error
}

func startBrowser() {
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromiumPath), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.NoFirstRun)
	allocator, free := chromedp.NewExecAllocator(context.Background(), flags...) // with a new profile, which free removes
	ctx, cancel := chromedp.NewContext(allocator)
	browser.ctx = ctx
	browser.err = chromedp.Do(ctx)
	files := http.NewServeMux()
	files.Handle("/clerk-js/", http.StripPrefix("/clerk-js/", http.FileServer(http.Dir("node_modules/@clerk/clerk-js/dist"))))
	files.Handle("/", http.FileServer(http.Dir(".")))
	browser.pages = httptest.NewServer(files)
	browser.close = func() { cancel(); free(); browser.pages.Close() }
}

// chromium is clerk-js in a page. The page and the API are of different origins, as they are in use.
type chromium struct {
	ctx context.Context
	url string
}

func startChromium(_ context.Context, t testing.TB, server *fapitest.Server) witness {
	browser.once.Do(startBrowser)
	if browser.err != nil {
		t.Fatalf("Chromium did not start: %v", browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	fragment := url.Values{"key": {server.PublishableKey()}, "proxy": {server.ProxyURL()}}
	c := &chromium{ctx, browser.pages.URL + "/page.html#" + fragment.Encode()}
	if err := chromedp.Do(ctx, chromedp.Navigate(c.url)); err != nil {
		t.Fatal(err)
	}
	return c
}

// restart leaves the page and comes back.
func (c *chromium) restart(context.Context) error {
	return chromedp.Do(c.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(c.url))
}

func (c *chromium) step(_ context.Context, s step) (outcome, error) {
	with, err := json.Marshal(s.args)
	if err != nil {
		return outcome{}, err
	}
	call := fmt.Sprintf("witness.then((w) => w.step(%q, %s)).then(JSON.stringify)", s.verb, with)
	answer, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](call, chromedp.EvalAwaitPromise))
	if err != nil {
		return outcome{}, err
	}
	return decode([]byte(answer))
}
