package fapitest_test

// Soak, actions: what the clients do.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// device is a server with the clients that share a credential of it. One goroutine works on it, but for actions at a time.
type device struct {
	t       *testing.T
	n       int
	srv     *fapitest.Server
	rng     *rand.Rand
	store   fapi.Store
	clerks  []*fapi.Clerk
	heard   []*hearer
	strict  bool // the server takes no token that was rotated away
	figures *soakFigures

	names  map[string][]string // what the first name of a user may be
	ended  map[string]bool     // sessions that were over when the clients had last asked
	pardon bool                // a session may be missing, or be one too many, until the clients agree with the server
	fresh  bool                // they do
	made   int

	failed atomic.Bool
	mu     sync.Mutex
	trace  []string
}

// action is one thing to do.
type action struct {
	name     string
	run      func(ctx context.Context) error
	signsOut string // this session; "*" is any
	renames  string // the user
	to       string
	host     bool // the program says what the state is
	may      []error
}

// round does one thing, or some at a time, with the server being well or not, and looks what came of it.
func (d *device) round() {
	many := 1
	if d.rng.IntN(3) == 0 {
		many = 2 + d.rng.IntN(3)
	}
	var actions []action
	for range many {
		kind, n := d.rng.IntN(actionKinds), d.rng.IntN(len(d.clerks))
		switch signedIn := d.clerks[n].State().Session != nil; {
		case !signedIn && d.rng.IntN(2) == 0:
			kind = 0
		case signedIn && kind >= endingKinds && d.rng.IntN(3) > 0: // there is more to see while somebody is signed in
			kind = d.rng.IntN(endingKinds)
		}
		actions = append(actions, d.choose(kind, n))
	}
	d.do(actions, d.chooseFaults(many > 1))
	if many == 1 && d.rng.IntN(20) == 0 {
		d.restart(d.rng.IntN(len(d.clerks)))
	}
	if d.rng.IntN(3) == 0 {
		d.settle()
	}
}

// each does every action once, then meets every fault once.
func (d *device) each() {
	d.do([]action{d.choose(0, 0)}, nil)
	for kind := range actionKinds {
		d.do([]action{d.choose(kind, 0)}, nil)
		d.settle()
	}
	for _, kind := range soakFaults {
		d.do([]action{d.choose(0, 0), d.choose(2, 0)}, []soakFault{kind})
		d.settle()
	}
	d.restart(0)
	d.settle()
}

func (d *device) chooseFaults(together bool) []soakFault {
	var list []soakFault
	for range max(0, d.rng.IntN(4)-1) {
		kind := soakFaults[d.rng.IntN(len(soakFaults))]
		if kind.together && !together || kind.rare && d.rng.IntN(4) > 0 {
			continue
		}
		list = append(list, kind)
	}
	return list
}

// do runs actions at a time while the server has faults, and checks what must hold at any time.
func (d *device) do(actions []action, faults []soakFault) {
	d.note(actions, faults)
	shown, times := d.shown(), 1+d.rng.IntN(2)
	for _, kind := range faults {
		fault := kind.fault
		fault.Times, fault.Skip = times, d.rng.IntN(2)
		defer d.srv.Inject(fault)()
		d.pardon = d.pardon || kind.dirty || kind.lost && d.strict
	}
	if d.strict && len(actions) > 1 && slices.ContainsFunc(actions, func(a action) bool { return a.name == "sign in" || a.signsOut != "" }) {
		d.pardon = true // the token is rotated while others are on their way with it: a server that is strict then makes new clients
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	errs := make([]error, len(actions))
	var all sync.WaitGroup
	for i, a := range actions {
		all.Go(func() { errs[i] = a.run(ctx) })
	}
	all.Wait()
	for i, a := range actions {
		d.judge(a, errs[i], len(actions) == 1 && len(faults) == 0)
	}
	d.figures.rounds.Add(1)
	d.fresh = false
	d.check(shown, actions)
}

// judge looks at the error of an action. Where nothing is wrong and the client is current, there is none.
func (d *device) judge(a action, err error, well bool) {
	d.figures.count(d.figures.actions, a.name, 1)
	if a.renames != "" && err == nil && well {
		d.names[a.renames] = []string{a.to}
	} else if a.renames != "" {
		d.names[a.renames] = append(d.names[a.renames], a.to)
	}
	if err == nil {
		return
	}
	d.figures.count(d.figures.refused, a.name, 1)
	if a.signsOut != "" && len(d.clerks) > 1 {
		d.pardon = true // the other client learns from the store what the server was not told
	}
	var api *fapi.APIError
	var network *fapi.NetworkError
	var decode *fapi.DecodeError
	var ended *fapi.SessionEndedError
	known := errors.As(err, &api) || errors.As(err, &network) || errors.As(err, &decode) || errors.As(err, &ended)
	for _, sentinel := range []error{fapi.ErrNotLoaded, fapi.ErrNoSession, fapi.ErrUnknownSession, fapi.ErrUnknownOrganization} {
		known = known || errors.Is(err, sentinel)
	}
	if strings.Contains(err.Error(), "the server agreed, but") || strings.Contains(err.Error(), "the credential was just being replaced") {
		known = true // SetActive after a null or stale client, SignOut with a stale token
	}
	if !known {
		d.fail("%s: an error of no kind: %v", a.name, err)
	}
	if well && d.fresh && !slices.ContainsFunc(a.may, func(e error) bool { return errors.Is(err, e) }) && !fapi.HasCode(err, fapi.CodeIdentifierAlreadySignedIn) {
		d.fail("%s failed though nothing was wrong: %v", a.name, err)
	}
}

// The kinds of actions, the last of which end sessions.
const (
	actionKinds = 16
	endingKinds = 13
)

// choose makes an action, its choices included: actions run at a time.
func (d *device) choose(kind, n int) action {
	clerk := d.clerks[n]
	state := clerk.State()
	session := d.anySession(state)
	user := soakUsers[d.rng.IntN(len(soakUsers))]
	org := []fapi.OrganizationChoice{fapi.OrganizationID("org_acme"), fapi.OrganizationID("works"), fapi.PersonalAccount}[d.rng.IntN(3)]
	nobody := []error{fapi.ErrNotLoaded, fapi.ErrNoSession}
	gone := append(nobody, fapi.ErrUnknownSession)
	token := func(opts ...fapi.TokenOption) func(context.Context) error {
		return func(ctx context.Context) error { return d.token(ctx, n, opts) }
	}
	activate := func(a fapi.Activation) func(context.Context) error {
		return func(ctx context.Context) error { return clerk.SetActive(ctx, a) }
	}
	switch kind {
	case 0:
		return action{name: "sign in", run: func(ctx context.Context) error { return signIn(ctx, clerk, user) }, may: nobody}
	case 1:
		return readProfile(clerk)
	case 2:
		return action{name: "load", run: clerk.Load}
	case 3:
		return action{name: "token", run: token(), may: nobody}
	case 4:
		return action{name: "token, template", run: token(fapi.WithTemplate("backend"), fapi.ForSession(session)), may: gone}
	case 5:
		return action{name: "token, organization", run: token(fapi.WithOrganization(org)), may: nobody}
	case 6:
		return action{name: "token, cache skipped", run: token(fapi.SkipCache()), may: nobody}
	case 7:
		return action{name: "set active, organization", run: activate(fapi.Activation{Organization: org}), may: nobody}
	case 8:
		return action{name: "set active, session", run: activate(fapi.Activation{SessionID: session}), may: gone}
	case 9:
		return d.rename(clerk, state)
	case 10:
		return action{name: "listener", run: func(context.Context) error { return d.listen(clerk) }}
	case 11:
		return action{name: "client from the host", run: func(context.Context) error { return clerk.SetClientJSON(clerk.State().RawClient()) }, host: true, may: nobody}
	case 12:
		return action{name: "token from the host", run: func(context.Context) error { return clerk.SetAuthorizationHeader(clerk.AuthorizationHeader()) }, host: true}
	case 13:
		return action{name: "sign out", run: func(ctx context.Context) error { return clerk.SignOut(ctx) }, signsOut: "*"}
	case 14:
		return action{name: "sign out of one", run: func(ctx context.Context) error { return clerk.SignOut(ctx, fapi.OnlySession(session)) }, signsOut: session, may: gone}
	default:
		return action{name: "revoked by an administrator", run: func(context.Context) error { d.srv.RevokeSession(session); return nil }}
	}
}

func signIn(ctx context.Context, clerk *fapi.Clerk, user string) error {
	made, err := clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: fapi.Ptr(soakAddress(user)), Password: fapi.Ptr(password)})
	if err != nil || made == nil || made.CreatedSessionID == nil {
		return err
	}
	return clerk.SetActive(ctx, fapi.Activation{SessionID: *made.CreatedSessionID})
}

// readProfile is refused while nobody is signed in.
func readProfile(clerk *fapi.Clerk) action {
	a := action{name: "read profile", run: func(ctx context.Context) error {
		_, err := clerk.Me.Get(ctx, fapi.MeGetParams{})
		return err
	}}
	if clerk.State().Session == nil {
		a.may = []error{fapi.ErrUnauthenticated}
	}
	return a
}

// rename gives the user another first name; without a user there is none to give.
func (d *device) rename(clerk *fapi.Clerk, state fapi.State) action {
	if state.User == nil {
		return readProfile(clerk)
	}
	d.made++
	id, session, name := state.User.ID, state.Session.ID, fmt.Sprint("Name ", d.made)
	return action{name: "change profile", renames: id, to: name, run: func(ctx context.Context) error {
		_, err := clerk.Me.Update(ctx, fapi.MeUpdateParams{FirstName: fapi.Ptr(name)}, fapi.WithQuery("_clerk_session_id", session))
		return err
	}}
}

// listen adds a listener for a moment: whatever it is told belongs together.
func (d *device) listen(clerk *fapi.Clerk) error {
	clerk.AddListener(func(s fapi.State) {
		if s.Session != nil && !slices.Contains(sessionsOf(s), s.Session.ID) {
			d.fail("the session %s is none of the client's", s.Session.ID)
		}
	})()
	return nil
}

// restart ends a client and starts it again: it goes on where it ended.
func (d *device) restart(n int) {
	old := d.clerks[n]
	if err := old.Close(); err != nil {
		d.fail("closing: %v", err)
	}
	heard := d.heard
	d.clerks[n] = d.open()
	heard[n], d.heard = d.heard[len(d.heard)-1], heard
	credential, sessions := d.clerks[n].AuthorizationHeader(), sessionsOf(d.clerks[n].State())
	if len(d.clerks) > 1 {
		return // the other one may have saved since
	}
	if credential != old.AuthorizationHeader() || !slices.Equal(sessions, sessionsOf(old.State())) {
		d.fail("after a restart the sessions are %v, before %v; or the credential is another", sessions, sessionsOf(old.State()))
	}
	d.figures.count(d.figures.actions, "restart", 1)
}

func (d *device) anySession(s fapi.State) string {
	if list := sessionsOf(s); len(list) > 0 {
		return list[d.rng.IntN(len(list))]
	}
	return "sess_none"
}
