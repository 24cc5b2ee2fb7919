package fapi

import (
	"context"
	"fmt"
)

// A page knows itself to a development instance by a dev browser, a token in the query, since cookies of another site do
// not work there. Its place in the ledger and in the store is that of the client token, which a page does not have.

const devBrowserQuery = "__clerk_db_jwt"

func (c *Clerk) wantsDevBrowser(r *request) bool {
	return c.core.browser && c.instance.needsDevBrowser() && r.template != devBrowserPath && c.credential() == ""
}

// ensureDevBrowser makes a dev browser, once for all who need it.
func (c *Clerk) ensureDevBrowser(ctx context.Context) error {
	_, err := c.browsers.do(ctx, c, struct{}{}, func(ctx context.Context) (struct{}, error) {
		if c.credential() != "" {
			return struct{}{}, nil
		}
		return struct{}{}, c.createDevBrowser(ctx)
	})
	return err
}

// devBrowserReply is what the description says nothing of without its correction.
type devBrowserReply struct {
	ID string `json:"id"`
}

func (c *Clerk) createDevBrowser(ctx context.Context) error {
	r := post(devBrowserPath)
	r.internal = true
	browser, err := callBare[devBrowserReply](ctx, c.core, r, nil)
	if err != nil {
		return fmt.Errorf("dev browser: %w", err)
	}
	if browser == nil || browser.ID == "" || !isToken(browser.ID) {
		return fmt.Errorf("dev browser: %w", &DecodeError{Operation: r.operation(), Path: "$.id"})
	}
	c.change(func(l *ledger) {
		if l.token == "" {
			l.setToken(browser.ID)
		}
	})
	if err := c.save(ctx); err != nil {
		c.warn("the dev browser could not be saved", err)
	}
	return nil
}

// renewDevBrowser replaces the dev browser that the server refused, unless it has been replaced already.
func (c *Clerk) renewDevBrowser(ctx context.Context, refused string) error {
	if !c.core.browser || !c.instance.needsDevBrowser() {
		return nil
	}
	c.change(func(l *ledger) {
		if l.token == refused {
			l.setToken("")
		}
	})
	return c.ensureDevBrowser(ctx)
}
