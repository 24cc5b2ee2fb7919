package conformance

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fapigen/fapigen/out/fapitest"
)

// TestOutboxPage has a person sign in with clerk-js by the link on the page of the fake's outbox.
func TestOutboxPage(t *testing.T) {
	t.Parallel()
	server := fapitest.NewServer(t, world()...)
	page := startChromium(t.Context(), t, server).(*chromium)
	for _, next := range []step{do("load"),
		do("sign_in_create", "identifier", ada),
		do("sign_in_prepare_first", "strategy", "email_link", "redirect_url", page.url),
	} {
		if out, err := page.step(t.Context(), next); err != nil || out.Error != "" {
			t.Fatalf("%s: %s %v", next.verb, out.Error, err)
		}
	}
	if err := chromedp.Do(page.ctx, chromedp.Navigate(server.URL()+"/__fapitest")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.RunResponse(page.ctx, chromedp.Click("table a")); err != nil {
		t.Fatal(err)
	}
	out, err := page.step(t.Context(), do("load"))
	if err != nil || out.Error != "" || out.State["session"] == "" {
		t.Errorf("after the link: %+v, %v", out, err)
	}
}
