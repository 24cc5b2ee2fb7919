package fapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// afterRefusal finds out what a 401 means: it asks for the client, once for all who were refused at the same time, so that a
// session that has ended is gone from the state before the caller hears of the error. The error itself stays what it is
// (clerk-js: Base.ts). The deletion of the user, when its answer does not bring the client, is treated alike.
//
// It does nothing for a request for the client itself, for one without a credential or with one that has been replaced,
// and for one that was sent before the client was asked for last.
func (c *Clerk) afterRefusal(ctx context.Context, r *request, sequence uint64, sent string) {
	if r.verb == http.MethodGet && r.template == clientPath {
		return
	}
	c.mu.Lock()
	l := &c.ledger
	pointless := sent != l.token || sequence < l.refreshedAt || !c.core.browser && l.token == "" && !l.client.signedIn()
	c.mu.Unlock()
	if pointless {
		return
	}
	_, err := c.refreshes.do(ctx, c, struct{}{}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.getClient(ctx)
	})
	if err != nil && !errors.Is(err, ErrClosed) {
		c.core.logger.Debug("fapi: the client could not be asked for after a 401", "error", redact(err.Error()))
	}
}

// afterRefusalOf is afterRefusal for calls that have only the error. They were sent with the credential that is current.
func (c *Clerk) afterRefusalOf(ctx context.Context, r *request, err error) {
	var refused *APIError
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusUnauthorized {
		return
	}
	plain := []ErrorCode{codeRequiresCaptcha, codeDevBrowserUnauthenticated}
	if slices.ContainsFunc(refused.Errors, func(d ErrorDetail) bool { return slices.Contains(plain, d.Code) }) {
		return
	}
	c.mu.Lock()
	sequence, token := c.ledger.sequence, c.ledger.token
	c.mu.Unlock()
	c.afterRefusal(ctx, r, sequence, token)
}
