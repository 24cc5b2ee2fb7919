package main

// The program as its users see it: testdata/script/*.txtar, run by testscript. `exec acme` is this binary, a new process each
// time; the commands below, beside those of testscript, are about a Frontend API of the script's own.

import (
	"path"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fapigen/fapigen/out/fapitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"acme": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/home/config")
			env.Values["fake"] = &fake{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fake":     startFake,
			"offline":  goOffline,
			"fault":    injectFault,
			"revoke":   revokeAll,
			"requests": countRequests,
		},
	})
}

// people are the accounts and organizations of every fake.
var people = []fapitest.Option{
	fapitest.WithUser(fapitest.User{ID: "user_ada", FirstName: "Ada", LastName: "Lovelace", Username: "ada", Password: "correct horse",
		Emails: []string{"ada+clerk_test@example.com"}}),
	fapitest.WithUser(fapitest.User{FirstName: "Grace", Password: "battery staple", Emails: []string{"grace+clerk_test@example.com"},
		PhoneNumbers: []string{"+12015550123"}, PhoneSecond: true, TOTPSecret: "JBSWY3DPEHPK3PXP", BackupCodes: []string{"k3y5-0f-l45t", "l45t-0n3"}}),
	fapitest.WithUser(fapitest.User{Username: "linus", Emails: []string{"linus+clerk_test@example.com"}}),
	fapitest.WithUser(fapitest.User{Username: "hedy", Emails: nil, Providers: []string{"google"}}),
	fapitest.WithOrganization(fapitest.Organization{Name: "Acme", Slug: "acme",
		Members: []fapitest.Member{{User: "ada", Role: "org:admin"}, {User: "linus"}}}),
	fapitest.WithOrganization(fapitest.Organization{ID: "org_widgets", Name: "Widgets & Co", Slug: "widgets", Members: []fapitest.Member{{User: "ada"}}}),
	fapitest.WithOrganization(fapitest.Organization{Name: "Others", Slug: "others", Members: []fapitest.Member{{User: "linus"}}}),
	fapitest.WithTemplate("reports", map[string]any{"department": "research"}),
}

// fake is the server of a script.
type fake struct{ *fapitest.Server }

func serverOf(ts *testscript.TestScript) *fapitest.Server {
	f := ts.Value("fake").(*fake)
	if f.Server == nil {
		ts.Fatalf("no fake was started")
	}
	return f.Server
}

// startFake is `fake [native-disabled] [client-trust] [organization-required]`.
func startFake(ts *testscript.TestScript, _ bool, args []string) {
	opts := slices.Clone(people)
	for _, arg := range args {
		switch arg {
		case "native-disabled":
			opts = append(opts, fapitest.WithNativeAPIDisabled())
		case "client-trust":
			opts = append(opts, fapitest.WithClientTrust())
		case "organization-required":
			opts = append(opts, fapitest.WithEnvironment(func(environment map[string]any) {
				environment["organization_settings"].(map[string]any)["force_organization_selection"] = true
			}))
		default:
			ts.Fatalf("fake: unknown option %q", arg)
		}
	}
	srv, err := fapitest.New(opts...)
	ts.Check(err)
	ts.Defer(srv.Close)
	ts.Value("fake").(*fake).Server = srv
	ts.Setenv("CLERK_PUBLISHABLE_KEY", srv.PublishableKey())
	ts.Setenv("CLERK_PROXY_URL", srv.ProxyURL())
}

// goOffline is `offline`: the server is gone.
func goOffline(ts *testscript.TestScript, _ bool, _ []string) { serverOf(ts).Close() }

// injectFault is `fault REQUESTS STATUS [CODE]`: those requests fail from now on.
func injectFault(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	f := fapitest.Fault{On: args[0], Times: -1, Status: status}
	if status == 429 {
		f.RetryAfter = 90 * time.Second
	}
	if len(args) == 3 {
		f.Code = args[2]
	}
	serverOf(ts).Inject(f)
}

// revokeAll is `revoke`: an administrator ends all sessions.
func revokeAll(ts *testscript.TestScript, _ bool, _ []string) {
	for _, s := range serverOf(ts).Sessions() {
		serverOf(ts).RevokeSession(s.ID)
	}
}

// countRequests is `requests COUNT REQUESTS`, such as `requests 2 'POST /v1/client/sign_ins/*/prepare_first_factor'`.
func countRequests(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	for _, r := range serverOf(ts).Requests() {
		if match, err := path.Match(args[1], r.String()); err != nil {
			ts.Fatalf("requests: %v", err)
		} else if match {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%d requests of the form %s, want %d", got, args[1], want)
	}
}
