package fapitest_test

// Soak, checks: what must hold.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// note keeps what was done last, for the report of a failure.
func (d *device) note(actions []action, faults []soakFault) {
	var names []string
	for _, a := range actions {
		names = append(names, strings.TrimSpace(a.name+" "+a.signsOut))
	}
	for _, f := range faults {
		names = append(names, "["+f.name+"]")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trace = append(d.trace, strings.Join(names, " + "))
	if len(d.trace) > 12 {
		d.trace = d.trace[1:]
	}
}

// fail reports the first failure of a device, which then stops.
func (d *device) fail(format string, args ...any) {
	if d.failed.Swap(true) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.t.Errorf("device %d, %d clients, strict %v: %s; the last rounds:\n\t%s", d.n, len(d.clerks), d.strict, fmt.Sprintf(format, args...), strings.Join(d.trace, "\n\t"))
}

// sessionsOf are the ids of the sessions that a state shows as signed in.
func sessionsOf(s fapi.State) []string {
	var list []string
	if s.Client != nil {
		for _, x := range s.Client.Sessions {
			if x.Status == "active" || x.Status == "pending" {
				list = append(list, x.ID)
			}
		}
	}
	slices.Sort(list)
	return list
}

func (d *device) shown() [][]string {
	var list [][]string
	for _, clerk := range d.clerks {
		list = append(list, sessionsOf(clerk.State()))
	}
	return list
}

func signedInOnServer(x fapitest.Session) bool { return x.Status == "active" || x.Status == "pending" }

// check compares without asking. A session that was shown and lives on the server is still shown, unless it was to be
// signed out here; one that was known to be over does not come back.
func (d *device) check(before [][]string, actions []action) {
	now := d.shown() // before the server is looked at: what is alive then was so now
	live := map[string]bool{}
	for _, x := range d.srv.Sessions() {
		live[x.ID] = signedInOnServer(x)
	}
	for n := range d.clerks {
		for _, id := range before[n] {
			meant := slices.ContainsFunc(actions, func(a action) bool { return a.host || a.signsOut == "*" || a.signsOut == id })
			if live[id] && !meant && !d.pardon && !slices.Contains(now[n], id) {
				d.fail("client %d lost the session %s, which the server has", n, id)
			}
		}
		for _, id := range now[n] {
			if d.ended[id] && !d.pardon {
				d.fail("client %d has the session %s back, which had ended", n, id)
			}
		}
	}
}

// settle lets the clients ask, and compares what they say then with the server: it is the same. What the server does late,
// for a request whose sender gave up, makes it ask again.
func (d *device) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	d.figures.checks.Add(1)
	why := ""
	for range 20 {
		before := d.srv.Sessions()
		for n, clerk := range d.clerks {
			if err := clerk.Load(ctx); err != nil {
				d.fail("client %d does not load: %v", n, err)
				return
			}
		}
		if why = d.compare(before); why == "" || slices.Equal(before, d.srv.Sessions()) && len(d.clerks) == 1 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if why != "" {
		d.fail("%s", why)
		return
	}
	d.pardon = false
	for _, clerk := range d.clerks {
		d.pardon = d.pardon || clerk.AuthorizationHeader() != d.clerks[0].AuthorizationHeader()
	}
	d.fresh = !d.pardon
	for _, x := range d.srv.Sessions() {
		if !signedInOnServer(x) && !slices.ContainsFunc(d.shown(), func(list []string) bool { return slices.Contains(list, x.ID) }) {
			d.ended[x.ID] = true
		}
	}
}

// compare tells what a client has that the server has not, or the other way round.
func (d *device) compare(server []fapitest.Session) string {
	for n, clerk := range d.clerks {
		s, own := clerk.State(), clientOf(clerk.AuthorizationHeader())
		if err := s.Source.Client.Err; err != nil {
			return fmt.Sprintf("client %d loads from elsewhere: %v", n, err)
		}
		var want, got []string
		for _, x := range server {
			if x.ClientID == own && signedInOnServer(x) {
				want = append(want, fmt.Sprintf("%s of %s in %q", x.ID, x.UserID, x.OrganizationID))
			}
		}
		for _, x := range s.Client.Sessions {
			got = append(got, fmt.Sprintf("%s of %s in %q", x.ID, x.User.ID, fapi.Value(x.LastActiveOrganizationID)))
		}
		slices.Sort(got)
		switch {
		case s.Client.ID != own:
			return fmt.Sprintf("client %d is %q, its credential is of %q", n, s.Client.ID, own)
		case !slices.Equal(got, want):
			return fmt.Sprintf("client %d has the sessions %v, the server %v", n, got, want)
		case (s.Session == nil) != (len(want) == 0):
			return fmt.Sprintf("client %d: of %d sessions none is the current one, or one is", n, len(want))
		case s.User != nil && !slices.Contains(d.names[s.User.ID], fapi.Value(s.User.FirstName)):
			return fmt.Sprintf("client %d: the name is %q, none of %q", n, fapi.Value(s.User.FirstName), d.names[s.User.ID])
		case d.heard[n].last() != string(s.RawClient()):
			return fmt.Sprintf("client %d: the listener has not heard of the last state", n)
		}
	}
	return ""
}

// clientOf is the client in a client token: a JWT with its id, as the real ones are.
func clientOf(token string) string {
	var claims struct{ ID string }
	decodeClaims(token, &claims)
	return claims.ID
}

func decodeClaims(jwt string, into any) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	return err == nil && json.Unmarshal(data, into) == nil
}

// hearer is a listener that stays. It knows the newest token of each kind that its client got or showed.
type hearer struct {
	mu     sync.Mutex
	client string
	known  map[string]bool
	newest map[tokenOf]int64 // when it was minted, in seconds
}

type tokenOf struct{ session, organization, template string }

func (h *hearer) hear(d *device, s fapi.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.client, h.known = string(s.RawClient()), map[string]bool{}
	for _, x := range s.Client.Sessions {
		h.known[x.ID] = true
		if x.LastActiveToken != nil {
			h.got(d, x.LastActiveToken.JWT, "", x.ID)
		}
	}
	for key := range h.newest {
		if !h.known[key.session] {
			delete(h.newest, key) // a session that is signed out takes its tokens along
		}
	}
}

func (h *hearer) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.client
}

// sessionClaims are those that tell tokens apart.
type sessionClaims struct {
	Session string `json:"sid"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	Aud     string `json:"aud"`
	O       struct {
		ID string `json:"id"`
	} `json:"o"`
}

// got notes a token that came. h.mu is held.
func (h *hearer) got(d *device, jwt, template, session string) (tokenOf, sessionClaims) {
	var c sessionClaims
	if !decodeClaims(jwt, &c) || template == "" && c.Session != session && session != "" {
		d.fail("a token that is none, or of another session than %s: %+v", session, c)
	}
	key := tokenOf{c.Session, c.O.ID, template}
	if template != "" {
		key = tokenOf{session, "", template}
	}
	if h.newest == nil {
		h.newest = map[tokenOf]int64{}
	}
	h.newest[key] = max(h.newest[key], c.Issued)
	return key, c
}

// token asks for a session token, which is never older than one that the client had when it was asked.
func (d *device) token(ctx context.Context, n int, opts []fapi.TokenOption) error {
	h := d.heard[n]
	h.mu.Lock()
	before := map[tokenOf]int64{}
	for key, at := range h.newest {
		before[key] = at
	}
	h.mu.Unlock()
	jwt, err := d.clerks[n].Token(ctx, opts...)
	if err != nil {
		return err
	}
	var c sessionClaims
	if !decodeClaims(jwt, &c) {
		d.fail("a token that is none")
		return nil
	}
	if c.Aud != "" { // a template's tokens name no session
		return nil
	}
	d.figures.tokens.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	key := tokenOf{c.Session, c.O.ID, ""}
	if c.Issued < min(before[key], h.newest[key]) {
		d.fail("client %d: a token of %d after one of %d for %+v", n, c.Issued, before[key], key)
	}
	if h.known[c.Session] {
		h.got(d, jwt, "", c.Session)
	}
	return nil
}
