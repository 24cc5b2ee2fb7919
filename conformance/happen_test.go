package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/fapigen/fapigen/out/fapitest"
)

// happenings are what the server, the application's backend or the user's browser does between two steps. What they find
// goes into the next one.
var happenings = map[string]func(context.Context, *fapitest.Server, args, []act) (string, error){
	"server_advances": func(_ context.Context, server *fapitest.Server, a args, _ []act) (string, error) {
		server.Advance(time.Duration(a["minutes"].(int)) * time.Minute)
		return "", nil
	},
	"server_revokes": func(_ context.Context, server *fapitest.Server, a args, _ []act) (string, error) {
		for _, x := range server.Sessions() {
			if x.UserID == a["user"] && server.RevokeSession(x.ID) {
				return "", nil
			}
		}
		return "", fmt.Errorf("no session of %s", a["user"])
	},
	"backend_makes_ticket": func(_ context.Context, server *fapitest.Server, a args, _ []act) (string, error) {
		return server.Ticket(a["user"].(string)), nil
	},
	"user_visits": func(ctx context.Context, _ *fapitest.Server, a args, acts []act) (string, error) {
		target, ok := acts[len(acts)-1].Value.(string)
		if !ok {
			return "", errors.New("the step before gave no URL")
		}
		as, _ := a["as"].(string)
		return visit(ctx, target+as, a["leads_to"].(string))
	},
}

// visit follows a URL as the browser of the user does, up to the application's URL that it has to lead to. A native
// application finds a nonce there.
func visit(ctx context.Context, target, leadsTo string) (nonce string, err error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close()
	callback, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("the provider answered %s", resp.Status)
	}
	query := callback.Query()
	if callback.RawQuery = ""; callback.String() != leadsTo {
		return "", fmt.Errorf("the provider leads to %s, want %s", callback, leadsTo)
	}
	return query.Get("rotating_token_nonce"), nil
}
