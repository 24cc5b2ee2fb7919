package fapi

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire-and-state.md 8.7: one path for all changes, whoever makes them; clerk-fapi-rs.md 1.11, W8: what is heard, and how often.
func TestEveryChangeIsHeardOnce(t *testing.T) {
	call := func(r *request) func(*testing.T, *Clerk) {
		return func(t *testing.T, c *Clerk) {
			var refused *APIError
			if err := callEmpty(t.Context(), c.core, r, nil); err != nil && !errors.As(err, &refused) {
				t.Error(err)
			}
		}
	}
	whole := fakeAnswer{body: enveloped(signedInClient(2))}
	none := fakeAnswer{body: enveloped("null")}
	tests := []struct {
		rule, route string
		answer      fakeAnswer
		act         func(*testing.T, *Clerk)
		heard       int
	}{
		{"GET /v1/client", "GET /v1/client", whole, call(get("/v1/client").responseIsClient()), 1},
		{"POST /v1/client", "POST /v1/client", whole, call(post("/v1/client").responseIsClient()), 1},
		{"PUT /v1/client", "PUT /v1/client", whole, call(put("/v1/client").responseIsClient()), 1},
		{"DELETE /v1/client", "DELETE /v1/client", none, call(del("/v1/client").responseIsClient()), 1},
		{"DELETE /v1/client/sessions", "DELETE /v1/client/sessions", none, call(del("/v1/client/sessions").responseIsClient()), 1},
		{"a client beside a response", "POST /v1/me", fakeAnswer{body: piggybacked(signedInClient(2))}, call(post("/v1/me")), 1},
		{"of a GET too", "GET /v1/me", fakeAnswer{body: piggybacked(signedInClient(2))}, call(get("/v1/me")), 1},
		{"of an error too", "POST /v1/me", fakeAnswer{status: 422, body: `{"errors":[],"meta":{"client":` + signedInClient(2) + `}}`}, call(post("/v1/me")), 1},
		{"the same client", "POST /v1/me", fakeAnswer{body: piggybacked(signedInClient(1))}, call(post("/v1/me")), 0},
		{"no client", "POST /v1/me", fakeAnswer{body: piggybacked("null")}, call(post("/v1/me")), 0},
		{"a new token alone", "POST /v1/me", fakeAnswer{body: `{}`, headers: []string{"Authorization: t2"}}, call(post("/v1/me")), 0},
		{"another environment", "GET /v1/environment", fakeAnswer{body: `{"auth_config":{"id":"aac_2"}}`}, call(get("/v1/environment")), 1},
		{"the same environment", "GET /v1/environment", fakeAnswer{body: fakeEnvironment}, call(get("/v1/environment")), 0},
		{"Load", "GET /v1/client", whole, func(t *testing.T, c *Clerk) { check(t, c.Load(t.Context())) }, 1},
		{"Load of what is known", "GET /v1/x", none, func(t *testing.T, c *Clerk) { check(t, c.Load(t.Context())) }, 0},
		{"SetActive", "POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(clientJSON("client_1", 2, sessionJSON("sess_1", "active", "org_1")))},
			func(t *testing.T, c *Clerk) {
				check(t, c.SetActive(t.Context(), Activation{Organization: OrganizationID("org_1")}))
			}, 1},
		{"SignOut", "DELETE /v1/client/sessions", none, func(t *testing.T, c *Clerk) { check(t, c.SignOut(t.Context())) }, 1},
		{"SignOut that fails", "DELETE /v1/client/sessions", fakeAnswer{err: errors.New("offline")}, func(t *testing.T, c *Clerk) {
			if c.SignOut(t.Context()) == nil {
				t.Error("no error")
			}
		}, 1},
		{"SetClientJSON", "", none, func(t *testing.T, c *Clerk) { check(t, c.SetClientJSON([]byte(signedInClient(2)))) }, 1},
		{"SetLoaded, both parts", "", none, func(t *testing.T, c *Clerk) {
			check(t, c.SetLoaded([]byte(`{"auth_config":{}}`), []byte(signedInClient(2))))
		}, 1},
		{"SetLoaded of what is known", "", none, func(t *testing.T, c *Clerk) {
			check(t, c.SetLoaded([]byte(fakeEnvironment), []byte(signedInClient(1))))
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			heard := -1 // the first call is AddListener's own
			c.AddListener(func(s State) {
				if heard++; s.Client != c.State().Client || s.Environment != c.State().Environment {
					t.Error("heard of another state than the current one")
				}
			})
			f.answer(tt.route, tt.answer)
			if tt.act(t, c); heard != tt.heard {
				t.Errorf("heard %d times, want %d", heard, tt.heard)
			}
		})
	}
}

// wire-and-state.md 3.5; W21: of the eight statuses, two are signed in; one that is not known is not.
func TestSessionStatuses(t *testing.T) {
	for status, signedIn := range map[string]bool{
		"active": true, "pending": true,
		"abandoned": false, "ended": false, "expired": false, "removed": false, "replaced": false, "revoked": false, "frozen": false,
	} {
		t.Run(status, func(t *testing.T) {
			f := newFakeFAPI()
			f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody("jwt")})
			c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", status, "org_1")), "t1")
			s := c.State()
			if (s.Session != nil) != signedIn || (s.User != nil) != signedIn || (s.Organization != nil) != signedIn || len(s.Client.Sessions) != 1 {
				t.Errorf("got %s", describe(c))
			}
			_, current := c.Token(t.Context())
			_, named := c.Token(t.Context(), ForSession("sess_1"))
			active := c.SetActive(t.Context(), Activation{SessionID: "sess_1"})
			if errors.Is(current, ErrNoSession) == signedIn || errors.Is(named, ErrUnknownSession) == signedIn || errors.Is(active, ErrUnknownSession) == signedIn {
				t.Errorf("Token: %v and %v, SetActive: %v", current, named, active)
			}
		})
	}
}

// W4: what a failed activation wanted is not taken up by the next answer, nor by the next activation.
func TestFailedActivationLeavesNothingBehind(t *testing.T) {
	f := newFakeFAPI()
	inOne := func(at int) string { return clientJSON("client_1", at, sessionJSON("sess_1", "active", "org_1")) }
	c := f.loaded(t, inOne(1), "t1")
	f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{status: 500})
	f.answer("POST /v1/me", fakeAnswer{body: piggybacked(inOne(2))})
	if err := c.SetActive(t.Context(), Activation{Organization: OrganizationID("two")}); !errors.Is(err, ErrServer) {
		t.Errorf("got %v", err)
	}
	check(t, callEmpty(t.Context(), c.core, post("/v1/me"), nil))
	if got := describe(c); got != "client=client_1 at=2 session=sess_1 user=user_sess_1 org=org_1 token=t1" {
		t.Errorf("after the next answer: %s", got)
	}
	f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{body: piggybacked(inOne(3))})
	check(t, c.SetActive(t.Context(), Activation{}))
	touches := f.asked("POST /v1/client/sessions/sess_1/touch")
	if got := touches[1].Form.Get("active_organization_id"); got != "org_1" || c.State().Organization.ID != "org_1" {
		t.Errorf("the next activation asked for %q: %s", got, describe(c))
	}
}

// wire-and-state.md 3.6 and 8.4: where an organization is forced, clerk-js does nothing and says so to nobody; here the server decides.
func TestSetActivePersonalAccountWhereAnOrganizationIsForced(t *testing.T) {
	for environment, forced := range map[string]bool{
		`{"auth_config":{},"organization_settings":{"enabled":true,"force_organization_selection":true}}`:  true,
		`{"auth_config":{},"organization_settings":{"enabled":true,"force_organization_selection":false}}`: false,
		`{"auth_config":{},"organization_settings":null}`:                                                  false,
	} {
		f := newFakeFAPI()
		f.answer("GET /v1/environment", fakeAnswer{body: environment})
		f.answer("POST /v1/client/sessions/sess_1/touch", fakeAnswer{status: 422, body: `{"errors":[{"code":"organization_selection_required"}]}`})
		c := f.loaded(t, clientJSON("client_1", 1, sessionJSON("sess_1", "active", "org_1")), "t1")
		err := c.SetActive(t.Context(), Activation{Organization: PersonalAccount})
		asked := len(f.asked("POST /v1/client/sessions/sess_1/touch"))
		if forced && (!errors.Is(err, ErrOrganizationRequired) || asked != 0) || !forced && (!HasCode(err, "organization_selection_required") || asked != 1) {
			t.Errorf("%s: got %v after %d requests", environment, err, asked)
		}
		if c.State().Organization == nil {
			t.Errorf("%s: %s", environment, describe(c))
		}
	}
}

// wire-and-state.md 3.8 and 8.5: with one session, clerk-js signs everything out whatever ID it is given. 8.12: the tokens of
// the other sessions stay.
func TestSignOutGoesByTheID(t *testing.T) {
	now := time.Now().Unix()
	session := func(id string) string {
		jwt := sessionJWT(id, "", now, now+60, 1)
		return strings.Replace(sessionJSON(id, "active", ""), `"last_active_token":null`, `"last_active_token":{"jwt":"`+jwt+`"}`, 1)
	}
	one, two := clientJSON("client_1", 1, session("sess_1")), clientJSON("client_1", 1, session("sess_1"), session("sess_2"))
	tests := []struct {
		rule, client, id string
		fails            error
		asked, left      string // the request, and the sessions with a token in the cache
	}{
		{"the only one", one, "sess_1", nil, "POST /v1/client/sessions/sess_1/remove", ""},
		{"another than the only one", one, "sess_9", ErrUnknownSession, "", "sess_1"},
		{"one of two", two, "sess_2", nil, "POST /v1/client/sessions/sess_2/remove", "sess_1"},
		{"the current one of two", two, "sess_1", nil, "POST /v1/client/sessions/sess_1/remove", "sess_2"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			f.answer("POST *", fakeAnswer{body: `{"response":{},"client":null}`}) // and does not say what is left
			c := f.loaded(t, tt.client, "t1")
			if err := c.SignOut(t.Context(), OnlySession(tt.id)); !errors.Is(err, tt.fails) {
				t.Errorf("got %v", err)
			}
			var asked, left []string
			for _, a := range f.asked()[2:] {
				asked = append(asked, a.String())
			}
			for _, id := range []string{"sess_1", "sess_2"} {
				if c.tokens.valid(tokenKey{session: id}) != "" {
					left = append(left, id)
				}
			}
			if strings.Join(asked, " ") != tt.asked || strings.Join(left, " ") != tt.left {
				t.Errorf("asked %q, tokens of %q are left", asked, left)
			}
		})
	}
}

// wire-and-state.md 1.9 and 8.9: a call that got no answer is a *NetworkError, whatever its kind of result, and an answer that
// refuses is none.
func TestNetworkFailureIsNeverAResult(t *testing.T) {
	offline := errors.New("offline")
	kinds := map[string]func(context.Context, *core) (any, error){
		"enveloped": func(ctx context.Context, c *core) (any, error) {
			v, err := callEnveloped[testUser](ctx, c, post("/v1/x"), nil)
			return v != nil, err
		},
		"enveloped list": func(ctx context.Context, c *core) (any, error) {
			v, err := callEnvelopedList[testUser](ctx, c, get("/v1/x"), nil)
			return v != nil, err
		},
		"enveloped page": func(ctx context.Context, c *core) (any, error) {
			v, err := callEnvelopedPage[testUser](ctx, c, get("/v1/x"), nil)
			return v != nil, err
		},
		"bare": func(ctx context.Context, c *core) (any, error) {
			v, err := callBare[testUser](ctx, c, post("/v1/x"), nil)
			return v != nil, err
		},
		"bare list, as that of device sessions (8.15)": func(ctx context.Context, c *core) (any, error) {
			v, err := callBareList[testUser](ctx, c, get("/v1/me/sessions/active"), nil)
			return v != nil, err
		},
		"bare page": func(ctx context.Context, c *core) (any, error) {
			v, err := callBarePage[testUser](ctx, c, get("/v1/x"), nil)
			return v != nil, err
		},
		"empty": func(ctx context.Context, c *core) (any, error) { return false, callEmpty(ctx, c, post("/v1/x"), nil) },
		"raw": func(ctx context.Context, c *core) (any, error) {
			v, err := callRaw(ctx, c, get("/v1/x"), nil)
			return v != nil, err
		},
		"redirect": func(ctx context.Context, c *core) (any, error) {
			v, err := callRedirect(ctx, c, get("/v1/x"), nil)
			return v != "", err
		},
	}
	for rule, call := range kinds {
		t.Run(rule, func(t *testing.T) {
			if rule == "redirect" && redirectsHidden {
				t.Skip("this platform hides redirects")
			}
			var network *NetworkError
			var refused *APIError
			c := testStub(func(*http.Request) (*http.Response, error) { return nil, offline }, WithRetryPolicy(RetryPolicy{MaxAttempts: 1}))
			if v, err := call(t.Context(), c); v != false || !errors.As(err, &network) || !errors.Is(err, offline) || errors.As(err, &refused) {
				t.Errorf("no answer: %v, %v", v, err)
			}
			c = testStub(func(r *http.Request) (*http.Response, error) {
				return testResponse(r, 401, `{"errors":[{"code":"x"}]}`), nil
			})
			if v, err := call(t.Context(), c); v != false || !errors.Is(err, ErrUnauthenticated) || !HasCode(err, "x") || errors.As(err, &network) {
				t.Errorf("a refusal: %v, %v", v, err)
			}
		})
	}
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(1), "t1", WithStore(nil))
	f.answer("POST *", fakeAnswer{err: offline})
	f.answer("DELETE *", fakeAnswer{err: offline})
	_, tokenErr := c.Token(t.Context())
	for rule, err := range map[string]error{
		"Token": tokenErr, "SetActive": c.SetActive(t.Context(), Activation{}), "SignOut": c.SignOut(t.Context()),
	} {
		var network *NetworkError
		if !errors.As(err, &network) || !errors.Is(err, offline) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// wire-and-state.md 8.8, design.md 5: no request waits for ever; 30 seconds per attempt unless told otherwise.
func TestAttemptsEndAfterThirtySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testStub(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start := time.Now()
		if err := callEmpty(t.Context(), c, post("/v1/x"), nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// wire-and-state.md 8.11: nothing is shared by the process: credentials, clients, environments, tokens, listeners.
func TestClerksShareNothing(t *testing.T) {
	now := time.Now().Unix()
	f, g := newFakeFAPI(), newFakeFAPI()
	f.answer("GET /v1/environment", fakeAnswer{body: `{"auth_config":{"session_minter":true}}`})
	f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", now, now+60, 1))})
	g.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", now, now+60, 2))})
	a := f.loaded(t, signedInClient(1), "t1", WithStore(nil))
	b := g.loaded(t, signedInClient(2), "u1", WithStore(nil)) // of the same instance, with sessions of the same ID
	heard := -1
	b.AddListener(func(State) { heard++ })
	var all sync.WaitGroup
	all.Go(func() { _, err := a.Token(t.Context()); check(t, err) })
	all.Go(func() { commitClient(t, a, 7) })
	all.Wait()
	if got := describe(b); got != "client=client_1 at=2 session=sess_1 user=user_sess_1 token=u1" || heard != 0 {
		t.Errorf("b is %s and heard %d times", got, heard)
	}
	if b.State().minter || len(b.tokens.entries) != 0 {
		t.Errorf("b has the minter %v and %d tokens of a", b.State().minter, len(b.tokens.entries))
	}
	check(t, a.Close())
	if jwt, err := b.Token(t.Context()); err != nil || jwt == a.tokens.valid(tokenKey{session: "sess_1"}) {
		t.Errorf("b after a was closed: %v", err)
	}
	if asked := g.asked("POST /v1/client/sessions/sess_1/tokens"); len(asked) != 1 || asked[0].Token != "u1" || asked[0].Form.Has("token") {
		t.Errorf("b asked %+v", asked)
	}
}

// clerk-fapi-rs.md W26: a library prints nothing; what it has to say goes to WithLogger.
func TestRuntimePrintsNothing(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	banned := map[string]string{"fmt": "Print Printf Println", "os": "Stdout Stderr", "log": "Print Printf Println Fatal Fatalf Fatalln Panic Panicf Panicln Default"}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && strings.Contains(" "+banned[pkg.Name]+" ", " "+n.Sel.Name+" ") {
					what = pkg.Name + "." + n.Sel.Name
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
					what = f.Name
				}
			}
			if what != "" {
				t.Errorf("%s: %s", set.Position(n.Pos()), what)
			}
			return true
		})
	}
}
