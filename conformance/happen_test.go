package conformance

import (
	"context"
	"encoding/json"
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
		query, err := visit(ctx, target+as, a["leads_to"].(string))
		return query.Get("rotating_token_nonce"), err
	},
	"user_reads": func(ctx context.Context, server *fapitest.Server, a args, _ []act) (string, error) {
		m, err := lastMessage(ctx, server, a)
		return m.Code + m.Ticket, err
	},
	"user_opens": func(ctx context.Context, server *fapitest.Server, a args, _ []act) (string, error) {
		m, err := lastMessage(ctx, server, a)
		if err != nil {
			return "", err
		}
		query, err := visit(ctx, m.URL, a["leads_to"].(string))
		return query.Get("__clerk_ticket"), err
	},
}

// message is one that the fake would have sent.
type message struct{ Kind, To, Code, URL, Ticket string }

// lastMessage is the last message that the fake's outbox has, which must be of a kind and to an address.
func lastMessage(ctx context.Context, server *fapitest.Server, a args) (message, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL()+"/__fapitest/outbox", nil)
	if err != nil {
		return message{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return message{}, err
	}
	defer resp.Body.Close()
	var all []message
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		return message{}, err
	}
	if len(all) == 0 || all[len(all)-1].Kind != a["kind"] || all[len(all)-1].To != a["to"] {
		return message{}, fmt.Errorf("the outbox has %d messages, the last is no %s to %s", len(all), a["kind"], a["to"])
	}
	return all[len(all)-1], nil
}

// visit follows a URL as the browser of the user does, up to the application's URL that it has to lead to, and returns the
// query there.
func visit(ctx context.Context, target, leadsTo string) (url.Values, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("no redirect: %s", resp.Status)
	}
	query := to.Query()
	to.RawQuery = ""
	if got := serverURL.ReplaceAllString(to.String(), "http://server"); got != leadsTo {
		return nil, fmt.Errorf("it leads to %s, want %s", got, leadsTo)
	}
	return query, nil
}
