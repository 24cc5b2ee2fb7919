package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// sdk is the generated SDK.
type sdk struct {
	t       testing.TB
	server  *fapitest.Server
	options []fapi.Option
	clerk   *fapi.Clerk

	// What a step leaves to a later one.
	signIn       *fapi.SignIn
	signUp       *fapi.SignUp
	created      string // the session of whichever of the two was last
	verification *fapi.SessionReverification
	email        *fapi.EmailAddress
	invitation   *fapi.OrganizationInvitation
	phone        *fapi.PhoneNumber
	key          *fapi.APIKey
	account      *fapi.ExternalAccount
}

// startNative is a Go program as most are: it speaks as a native app does.
func startNative(ctx context.Context, t testing.TB, server *fapitest.Server) witness {
	return startSDK(ctx, t, server)
}

// startPage speaks as a page does, with cookies in a jar instead of a browser.
func startPage(ctx context.Context, t testing.TB, server *fapitest.Server) witness {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return startSDK(ctx, t, server, fapi.WithBrowser(), fapi.WithHTTPClient(&http.Client{Jar: jar}))
}

func startSDK(ctx context.Context, t testing.TB, server *fapitest.Server, options ...fapi.Option) witness {
	s := &sdk{t: t, server: server, options: append(options, fapi.WithProxyURL(server.ProxyURL()), fapi.WithStore(fapi.NewMemoryStore()),
		fapi.WithOnMismatch(func(m fapi.Mismatch) { t.Errorf("the SDK's types and the fake disagree: %s", m) }))}
	if err := s.restart(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.clerk.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func (s *sdk) restart(context.Context) (err error) {
	if s.clerk != nil {
		if err := s.clerk.Close(); err != nil {
			return err
		}
	}
	s.clerk, err = fapi.New(s.server.PublishableKey(), s.options...)
	return err
}

func (s *sdk) step(ctx context.Context, next step) (outcome, error) {
	verb, known := verbs[next.verb]
	if !known {
		return outcome{}, fmt.Errorf("no such step: %s", next.verb)
	}
	value, err := verb(ctx, s, next.args)
	out := map[string]any{"state": s.state()}
	if err == nil {
		out["value"] = value
	} else {
		out["error"] = reason(err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		return outcome{}, err
	}
	return decode(data)
}

// reason is what both clients say of a failure of the server, and the SDK's own words for what it refuses itself.
func reason(err error) string {
	var refused *fapi.APIError
	if !errors.As(err, &refused) || len(refused.Errors) == 0 {
		return err.Error()
	}
	first := refused.Errors[0]
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", refused.StatusCode, first.Code, first.Meta.ParamName))
}

func (s *sdk) state() map[string]any {
	now := s.clerk.State()
	client, user := wire(now.Client), any(nil)
	if now.User != nil {
		user = profile(now.User)
	}
	sessions := []string{}
	for _, x := range client.list("sessions") {
		sessions = append(sessions, strings.TrimSpace(strings.Join([]string{x.text("id"), x.text("status"), x.object("user").text("id"), x.text("last_active_organization_id")}, " ")))
	}
	memberships := []string{}
	for _, m := range wire(now.User).list("organization_memberships") {
		memberships = append(memberships, m.object("organization").text("slug")+" "+m.text("role"))
	}
	return map[string]any{
		"client": client.text("id"), "sessions": sessions, "last_active_session": client.text("last_active_session_id"),
		"sign_in": client.object("sign_in").text("status"), "sign_up": client.object("sign_up").text("status"),
		"session": wire(now.Session).text("id"), "user": user, "memberships": memberships, "organization": wire(now.Organization).text("slug"),
	}
}

// session is the id of the one that the last sign-in or sign-up "created", or of a user's session.
func (s *sdk) session(name string) string {
	if name == "created" {
		return s.created
	}
	for _, x := range s.clerk.State().Client.Sessions {
		if x.User != nil && x.User.ID == name {
			return x.ID
		}
	}
	return name
}
