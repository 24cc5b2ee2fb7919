package fapitest_test

// Each fault, as a client meets it.

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	fapi "github.com/fapigen/fapigen/templates/runtime"

	"github.com/fapigen/fapigen/templates/fapitest"
)

const touchPath = "POST /v1/client/sessions/*"

func TestARefusalChangesNothing(t *testing.T) {
	for _, tc := range []struct {
		fault  fapitest.Fault
		status int
		code   fapi.ErrorCode
		is     error
		after  time.Duration
	}{
		{fapitest.Fault{Status: 401}, 401, "authentication_invalid", fapi.ErrUnauthenticated, 0},
		{fapitest.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, 429, "too_many_requests", fapi.ErrRateLimited, 2 * time.Second},
		{fapitest.Fault{Status: 503}, 503, "internal_clerk_error", fapi.ErrServer, 0},
		{fapitest.Fault{Status: 403, Code: "user_locked"}, 403, "user_locked", fapi.ErrForbidden, 0},
	} {
		srv := withAda(t)
		clerk := signedIn(t, srv)
		tc.fault.On = touchPath
		srv.Inject(tc.fault)
		err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")})
		var failure *fapi.APIError
		if !errors.As(err, &failure) || failure.StatusCode != tc.status || !fapi.HasCode(err, tc.code) || !errors.Is(err, tc.is) || failure.RetryAfter != tc.after {
			t.Errorf("%d: %v", tc.status, err)
		}
		if srv.Sessions()[0].OrganizationID != "" {
			t.Errorf("%d: the server acted all the same", tc.status)
		}
		if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
			t.Errorf("%d: the fault is not over: %v", tc.status, err)
		}
	}
}

func TestABrokenConnection(t *testing.T) {
	for _, tc := range []struct {
		rule  string
		fault fapitest.Fault
		acted bool
	}{
		{"before the server acts", fapitest.Fault{DropBefore: true}, false},
		{"after the server acted", fapitest.Fault{DropAfter: true}, true},
		{"in the middle of the answer", fapitest.Fault{Truncate: true}, true},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			srv := withAda(t)
			clerk := signedIn(t, srv)
			tc.fault.On = touchPath
			srv.Inject(tc.fault)
			err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")})
			var network *fapi.NetworkError
			if !errors.As(err, &network) {
				t.Errorf("error %v, want a NetworkError", err)
			}
			if acted := srv.Sessions()[0].OrganizationID != ""; acted != tc.acted || clerk.State().Organization != nil {
				t.Errorf("the server acted: %v; the client has %v", acted, clerk.State().Organization)
			}
			if err := clerk.Load(t.Context()); err != nil || (clerk.State().Organization != nil) != tc.acted {
				t.Errorf("loaded again: %v, %v", clerk.State().Organization, err)
			}
		})
	}
}

// net/http sends a GET again when a connection that it kept breaks before the first byte.
func TestABrokenConnectionIsNotMendedUnseen(t *testing.T) {
	srv := withAda(t)
	get := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL()+"/v1/environment", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	for _, fault := range []fapitest.Fault{{DropBefore: true}, {DropAfter: true}} {
		if err := get(); err != nil {
			t.Fatal(err)
		}
		before := len(srv.Requests())
		srv.Inject(fault)
		if err := get(); err == nil || len(srv.Requests()) != before+1 {
			t.Errorf("%+v: error %v after %d requests", fault, err, len(srv.Requests())-before)
		}
	}
	if got := srv.Requests()[1].Status; got != 0 {
		t.Errorf("the status of a broken answer is %d", got)
	}
}

func TestTruncatedBodiesAnnounceTheWhole(t *testing.T) {
	srv := withAda(t)
	srv.Inject(fapitest.Fault{Truncate: true})
	a := ask(t, srv, "GET", "/v1/environment", nil)
	if !errors.Is(a.err, io.ErrUnexpectedEOF) || a.body == "" {
		t.Errorf("%d bytes, error %v", len(a.body), a.err)
	}
}

func TestFaultsAreAboutWhatTheySay(t *testing.T) {
	srv := withAda(t)
	statuses := func(n int) string {
		var list []string
		for range n {
			list = append(list, http.StatusText(ask(t, srv, "GET", "/v1/environment", nil).status))
		}
		return strings.Join(list, " ")
	}
	srv.Inject(fapitest.Fault{On: "GET /v1/client", Times: -1, Status: 500})
	srv.Inject(fapitest.Fault{On: "GET /v1/environment", Skip: 1, Times: 2, Status: 500})
	if got := statuses(4); got != "OK Internal Server Error Internal Server Error OK" {
		t.Errorf("skip one, fail two: %s", got)
	}
	remove := srv.Inject(fapitest.Fault{Times: -1, Status: 504})
	if got := statuses(2); got != "Gateway Timeout Gateway Timeout" {
		t.Errorf("all: %s", got)
	}
	remove()
	if got := statuses(1); got != "OK" {
		t.Errorf("removed: %s", got)
	}
}

func TestAStarStandsForASegment(t *testing.T) {
	srv := withAda(t)
	token := signInToken(t, srv)
	session := srv.Sessions()[0].ID
	srv.Inject(fapitest.Fault{On: "POST /v1/client/sessions/*/touch", Times: -1, Status: 503})
	for path, want := range map[string]int{"/touch": 503, "/tokens": 200, "/tokens/touch": 404} {
		if a := ask(t, srv, "POST", "/v1/client/sessions/"+session+path, nil, "Authorization: "+token); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if n := len(srv.Requests("POST /v1/client/sessions/*/tok*")); n != 2 {
		t.Errorf("%d requests for tokens in the log", n)
	}
}

func TestFaultsThatCannotHappenAreRefused(t *testing.T) {
	srv := withAda(t)
	for _, tc := range []struct {
		fault fapitest.Fault
		want  string
	}{
		{fapitest.Fault{On: "/v1/client"}, `the form "/v1/client" is not one such as "GET /v1/client"`},
		{fapitest.Fault{On: "get /v1/client"}, `the form "get /v1/client" is not one such as "GET /v1/client"`},
		{fapitest.Fault{On: "GET /v1/clients"}, "no operation is called GET /v1/clients"},
		{fapitest.Fault{Status: 302}, "status 302 is not a failure"},
		{fapitest.Fault{Times: -2}, "a number is negative"},
		{fapitest.Fault{Skip: -1}, "a number is negative"},
		{fapitest.Fault{Latency: -1}, "a number is negative"},
	} {
		func() {
			defer func() {
				if got := recover(); got != "fapitest: Inject: "+tc.want {
					t.Errorf("%+v: %v, want %s", tc.fault, got, tc.want)
				}
			}()
			srv.Inject(tc.fault)
		}()
		if other, err := fapitest.New(fapitest.WithFault(tc.fault)); err == nil || err.Error() != "WithFault: "+tc.want {
			t.Errorf("%+v: %v", tc.fault, err)
			if err == nil {
				other.Close()
			}
		}
	}
	if a := ask(t, srv, "GET", "/v1/environment", nil); a.status != 200 {
		t.Errorf("a refused fault happens: %d", a.status)
	}
}

// The combination is that of a busy server behind a slow line with a wrong clock.
func TestFaultsAreCombined(t *testing.T) {
	srv := withAda(t, fapitest.WithFault(fapitest.Fault{On: "GET /v1/environment", Skip: 1, Status: 429, RetryAfter: time.Second, ClockSkew: -time.Hour, Latency: 50 * time.Millisecond, Truncate: true}))
	if a := ask(t, srv, "GET", "/v1/environment", nil); a.status != 200 {
		t.Fatalf("the first: %d", a.status)
	}
	start := time.Now()
	a := ask(t, srv, "GET", "/v1/environment", nil)
	date, err := http.ParseTime(a.header.Get("Date"))
	if a.status != 429 || a.header.Get("Retry-After") != "1" || a.err == nil || err != nil || time.Since(date) < 59*time.Minute || time.Since(start) < 50*time.Millisecond {
		t.Errorf("%d, %v, body %v, date %v, after %s", a.status, a.header, a.err, err, time.Since(start))
	}
	if a := ask(t, srv, "GET", "/v1/environment", nil); a.status != 200 {
		t.Errorf("the third: %d", a.status)
	}
}

func TestCloseGivesUpWhatAFaultHolds(t *testing.T) {
	srv, err := fapitest.New(fapitest.WithFault(fapitest.Fault{Latency: time.Minute}))
	if err != nil {
		t.Fatal(err)
	}
	held := make(chan error)
	go func() {
		_, err := tryAsk(t, srv, "GET", "/v1/health", nil)
		held <- err
	}()
	for len(srv.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	srv.Close()
	srv.Close()
	if err := <-held; err == nil || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestLatency(t *testing.T) {
	srv := withAda(t)
	srv.Inject(fapitest.Fault{Latency: 50 * time.Millisecond})
	start := time.Now()
	ask(t, srv, "GET", "/v1/environment", nil)
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

// design, state rules 2 and 3: null says nothing; what is older than what is known is dropped.
func TestAnswersThatWouldSignOut(t *testing.T) {
	for rule, fault := range map[string]fapitest.Fault{
		"null instead of the client": {NullClient: true},
		"the client as it was":       {StaleClient: true},
	} {
		srv := withAda(t)
		clerk := signedIn(t, srv)
		if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
			t.Fatal(err)
		}
		fault.On = "GET /v1/client/sessions/*"
		srv.Inject(fault)
		a := ask(t, srv, "GET", "/v1/client/sessions/"+clerk.State().Session.ID+"?_is_native=1", nil, "Authorization: "+clerk.AuthorizationHeader())
		if a.status != 200 || a.at("response", "id") == "" {
			t.Fatalf("%s: %d %s", rule, a.status, a.body)
		}
		if org := a.at("client", "sessions", "0", "last_active_organization_id"); org != "" {
			t.Errorf("%s: the answer has the organization %s", rule, org)
		}
	}
}

func TestAStaleTokenGetsAnotherClient(t *testing.T) {
	srv := withAda(t)
	token := signInToken(t, srv)
	srv.Inject(fapitest.Fault{StaleToken: true})
	a := ask(t, srv, "GET", "/v1/client?_is_native=1", nil, "Authorization: "+token)
	if a.status != 200 || a.at("response", "id") == "" || a.at("response", "sessions", "0", "id") != "" || a.header.Get("Authorization") == token {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ask(t, srv, "GET", "/v1/client?_is_native=1", nil, "Authorization: "+token); a.at("response", "sessions", "0", "id") == "" {
		t.Errorf("the old one is gone: %s", a.body)
	}
}

func TestUnknownMembersAndValuesAreTaken(t *testing.T) {
	srv := withAda(t)
	clerk := newClerk(t, srv)
	if err := clerk.SetAuthorizationHeader(signInToken(t, srv)); err != nil {
		t.Fatal(err)
	}
	srv.Inject(fapitest.Fault{Unknown: true, Times: 2})
	if err := clerk.Load(t.Context()); err != nil || clerk.State().User == nil {
		t.Errorf("user %v, error %v", clerk.State().User, err)
	}
	if raw := string(clerk.State().RawClient()); !strings.Contains(raw, "unknown_member") || !strings.Contains(raw, "unknown_strategy") {
		t.Errorf("the client has nothing unknown: %s", raw)
	}
}

func TestClockSkewIsInTheDate(t *testing.T) {
	srv := withAda(t)
	srv.Inject(fapitest.Fault{ClockSkew: -time.Hour})
	for _, want := range []time.Duration{-time.Hour, 0} {
		at, err := http.ParseTime(ask(t, srv, "GET", "/v1/environment", nil).header.Get("Date"))
		if off := time.Until(at) - want; err != nil || off < -5*time.Second || off > 5*time.Second {
			t.Errorf("the date is off by %v, want %v (%v)", off+want, want, err)
		}
	}
}

func TestAReorderedAnswerComesAfterALaterOne(t *testing.T) {
	srv := withAda(t)
	srv.Inject(fapitest.Fault{On: "GET /v1/health", Reorder: true})
	order := make(chan string, 2)
	go func() {
		ask(t, srv, "GET", "/v1/health", nil)
		order <- "first"
	}()
	for len(srv.Requests("GET /v1/health")) == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // it is held back now
	select {
	case <-order:
		t.Fatal("the answer is not held back")
	default:
	}
	ask(t, srv, "GET", "/v1/environment", nil)
	if got := <-order; got != "first" {
		t.Error(got)
	}
}

func TestTheLogTellsTheFaultsThatWereMet(t *testing.T) {
	srv := withAda(t)
	srv.Inject(fapitest.Fault{On: "GET /v1/environment", Skip: 1, Times: 2, Status: 503})
	for range 2 {
		ask(t, srv, "GET", "/v1/environment", nil)
	}
	log := srv.Requests()
	if want := (fapitest.Fault{On: "GET /v1/environment", Status: 503}); log[0].Fault != (fapitest.Fault{}) || log[1].Fault != want {
		t.Errorf("the faults are %+v and %+v", log[0].Fault, log[1].Fault)
	}
}
