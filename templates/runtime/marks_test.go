package fapi

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// junkEnvironments are JSON values that are no environments, by what they are.
var junkEnvironments = map[string]string{
	"an empty object":                     `{}`,
	"a message":                           `{"message":"log in to the network"}`,
	"errors":                              `{"errors":[{"code":"x"}]}`,
	"a null response":                     `{"response":null}`,
	"an empty response":                   `{"response":{}}`,
	"a response that is a client":         `{"response":` + signedOutClient + `}`,
	"a client":                            signedOutClient,
	"a list":                              `[]`,
	"null":                                `null`,
	"a string":                            `"environment"`,
	"groups of settings that are null":    `{"auth_config":null,"display_config":null,"user_settings":null}`,
	"groups of settings of another kind":  `{"auth_config":[],"display_config":"x","user_settings":1}`,
	"other groups only":                   `{"organization_settings":{},"maintenance_mode":false}`,
	"settings of something else":          `{"object":"portal","auth_config":{}}`,
	"settings of what is not even called": `{"object":1,"auth_config":{}}`,
	"settings deeper inside":              `{"data":{"auth_config":{}}}`,
	"cut off":                             `{"auth_config":{}`,
	"not JSON inside":                     `{"auth_config":{nope}}`,
	"HTML":                                `<html>auth_config</html>`,
	"nothing":                             ``,
}

// junkClients are answers to the request for the client that tell of no client, by what they are.
var junkClients = map[string]string{
	"an empty object":              `{}`,
	"a message":                    `{"message":"log in to the network"}`,
	"errors":                       `{"errors":[{"code":"x"}]}`,
	"errors beside a null":         `{"response":null,"errors":[{"code":"x"}]}`,
	"an id alone":                  `{"id":"portal"}`,
	"an organization":              `{"response":{"object":"organization","id":"org_1"}}`,
	"an organization with members": `{"response":{"object":"organization","id":"org_1","sessions":[]}}`,
	"an environment":               `{"auth_config":{},"display_config":{}}`,
	"no sessions":                  `{"response":{"object":"client","id":"client_1"}}`,
	"sessions that are null":       `{"response":{"object":"client","id":"client_1","sessions":null}}`,
	"sessions that are an object":  `{"response":{"object":"client","id":"client_1","sessions":{}}}`,
	"sessions that are a string":   `{"response":{"object":"client","id":"client_1","sessions":"none"}}`,
	"sessions twice, once null":    `{"response":{"object":"client","id":"client_1","sessions":[],"sessions":null}}`,
	"no id":                        `{"response":{"object":"client","sessions":[]}}`,
	"an object of another kind":    `{"response":{"object":1,"id":"client_1","sessions":[]}}`,
	"a list":                       `{"response":[]}`,
	"a bare list":                  `[]`,
	"a bare null":                  `null`,
	"a string":                     `{"response":"client"}`,
	"cut off":                      `{"response":{"object":"client","id":"client_1","sessions":[]}`,
	"HTML":                         `<html>client</html>`,
	"nothing":                      ``,
}

// What does not show itself to be an environment or a client replaces neither: in memory, in the store, and at the next
// start without a network. State().Source and the logger tell.
func TestJunkReplacesNothing(t *testing.T) {
	for part, junk := range map[string]map[string]string{"environment": junkEnvironments, "client": junkClients} {
		for what, body := range junk {
			t.Run(part+"/"+what, func(t *testing.T) {
				log, store := &logText{}, &hookedStore{}
				f := newFakeFAPI()
				c := f.loaded(t, signedInClient(5), "t1", WithStore(store), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
				f.answer("GET /v1/"+part, fakeAnswer{body: body})
				check(t, c.Load(t.Context()))
				s := c.State()
				source, other := s.Source.Environment, s.Source.Client
				if part == "client" {
					source, other = other, source
				}
				if source.From != FromServer || source.Err == nil || other.Err != nil {
					t.Errorf("source %+v", s.Source)
				}
				kept := func(who string, c *Clerk) {
					t.Helper()
					s := c.State()
					if string(s.RawEnvironment()) != fakeEnvironment || string(s.RawClient()) != signedInClient(5) || s.Session == nil {
						t.Errorf("%s has %s and %s", who, s.RawEnvironment(), s.RawClient())
					}
				}
				kept("the client", c)
				if !strings.Contains(log.String(), "ignored") || strings.Contains(log.String(), "portal") {
					t.Errorf("logged %q", log)
				}
				f.answer("GET /v1/environment", fakeAnswer{err: errors.New("offline")})
				f.answer("GET /v1/client", fakeAnswer{err: errors.New("offline")})
				next := f.clerk(t, WithStore(store))
				check(t, next.Load(t.Context()))
				kept("the next start", next)
				if s := next.State().Source; s.Client.From != FromStore || s.Environment.From != FromStore || s.Client.Err == nil || s.Environment.Err == nil {
					t.Errorf("source %+v", next.State().Source)
				}
			})
		}
	}
}

// Of a first start, junk is a failure. A record that an earlier version has saved junk in is as if it was not there.
func TestJunkIsNoStart(t *testing.T) {
	for what, body := range junkEnvironments {
		t.Run("environment/"+what, func(t *testing.T) {
			f := newFakeFAPI()
			f.answer("GET /v1/environment", fakeAnswer{body: body})
			c := f.clerk(t)
			if err := c.Load(t.Context()); !errors.Is(err, ErrLoad) || c.State().Loaded || c.State().Environment != nil {
				t.Errorf("got %v, %v", err, c.State())
			}
			if err := c.SetLoaded([]byte(body), nil); err == nil || c.State().Loaded {
				t.Errorf("of a host: %v", err)
			}
		})
	}
	for what, body := range junkClients {
		t.Run("client/"+what, func(t *testing.T) {
			f, store := newFakeFAPI(), &hookedStore{}
			f.answer("GET /v1/client", fakeAnswer{body: body})
			c := f.clerk(t, WithStore(store))
			store.other(t, c, func(r *record) { r.token = "t1" })
			if err := c.Load(t.Context()); !errors.Is(err, ErrLoad) || c.State().Loaded || c.State().Client != nil {
				t.Errorf("with a credential: %v, %v", err, c.State())
			}
		})
	}
	t.Run("the store", func(t *testing.T) {
		for _, online := range []bool{true, false} {
			f, store, log := newFakeFAPI(), &hookedStore{}, &logText{}
			if !online {
				f.answer("GET /v1/environment", fakeAnswer{err: errors.New("offline")})
				f.answer("GET /v1/client", fakeAnswer{err: errors.New("offline")})
			}
			c := f.clerk(t, WithStore(store), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			store.other(t, c, func(r *record) {
				r.token, r.environment, r.client = "t1", []byte(`{"response":null}`), []byte(`{"id":"portal"}`)
			})
			err := c.Load(t.Context())
			if online && (err != nil || c.State().Client.ID != "client_1") || !online && (!errors.Is(err, ErrLoad) || c.State().Client != nil) {
				t.Errorf("online %v: %v, %v", online, err, c.State())
			}
			if c.credential() != "t1" || strings.Count(log.String(), "was ignored") < 2 {
				t.Errorf("online %v: %s, %s", online, describe(c), log)
			}
		}
	})
}

// A host's client without the marks of one is refused, and changes nothing.
func TestJunkOfAHost(t *testing.T) {
	c := newFakeFAPI().loaded(t, signedInClient(5), "t1")
	for _, body := range []string{`{}`, `{"id":"portal"}`, `{"object":"client","id":"client_1"}`, `{"id":"client_1","sessions":null}`,
		`{"object":"organization","id":"org_1","sessions":[]}`, `{"message":"x"}`, `[]`, ``, `{"response":null}`} {
		var wrong *DecodeError
		if err := c.SetClientJSON([]byte(body)); !errors.As(err, &wrong) || c.State().Session == nil {
			t.Errorf("%q: got %v, %s", body, err, describe(c))
		}
		if len(body) == 0 {
			continue
		}
		if err := c.SetLoaded([]byte(fakeEnvironment), []byte(body)); !errors.As(err, &wrong) || c.State().Session == nil {
			t.Errorf("%q: got %v, %s", body, err, describe(c))
		}
	}
	check(t, c.SetClientJSON([]byte(`{"id":"client_2","sessions":[]}`))) // not called anything, but a client
	if c.State().Client.ID != "client_2" {
		t.Errorf("got %s", describe(c))
	}
}

// A client that comes along with another answer, a refusal too, needs the marks of one as well.
func TestJunkThatComesAlong(t *testing.T) {
	for _, junk := range []string{`{"id":"portal"}`, `{"object":"organization","id":"org_1","sessions":[]}`, `{"object":"client","id":"client_1"}`,
		`{"id":"client_1","sessions":null}`, `{"id":"client_1","sessions":{}}`, `{}`, `[]`} {
		for _, body := range []string{piggybacked(junk), `{"response":{},"client":null,"meta":{"client":` + junk + `}}`, `{"errors":[],"meta":{"client":` + junk + `}}`} {
			for _, status := range []int{200, 422, 500} {
				log := &logText{}
				c := newFakeFAPI().loaded(t, signedInClient(5), "t1", WithLogger(slog.New(slog.NewTextHandler(log, nil))))
				openExchange(t, c, post("/v1/me")).answered("t1", status, body)
				if c.State().Session == nil || c.State().Source.Client.Err == nil || c.State().Source.Client.From != FromServer || !strings.Contains(log.String(), "ignored") {
					t.Errorf("%d %s: %s, %+v, log %q", status, body, describe(c), c.State().Source.Client, log)
				}
				openExchange(t, c, post("/v1/me")).answered("t1", 200, piggybacked(signedInClient(6)))
				if c.State().Source.Client != (SourcePart{From: FromServer}) {
					t.Errorf("after a good one: %+v", c.State().Source.Client)
				}
			}
		}
	}
}

// An environment is taken from a success only, bare or in an envelope; the call that gets it need not be Load's.
func TestEnvironmentOfAnAnswer(t *testing.T) {
	const other = `{"display_config":{"id":"display_config_2"}}`
	for _, tt := range []struct {
		rule, body string
		status     int
		want       string
		err        bool // Source tells
	}{
		{"bare", other, 200, other, false},
		{"in an envelope", `{"response":` + other + `,"client":null}`, 200, other, false},
		{"in an envelope without a client", `{"response":` + other + `}`, 200, other, false},
		{"called one", `{"object":"environment","user_settings":{}}`, 200, `{"object":"environment","user_settings":{}}`, false},
		{"of an error", other, 503, fakeEnvironment, false},
		{"of a refusal", other, 403, fakeEnvironment, false},
		{"junk", `{"message":"x"}`, 200, fakeEnvironment, true},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			c := newFakeFAPI().loaded(t, signedInClient(5), "t1")
			openExchange(t, c, get("/v1/environment")).answered("t1", tt.status, tt.body)
			s := c.State()
			if got := string(s.RawEnvironment()); got != tt.want || (s.Source.Environment.Err != nil) != tt.err || s.Source.Environment.From != FromServer {
				t.Errorf("got %s, %+v", got, s.Source.Environment)
			}
		})
	}
}

// A page's dev browser is a token like any other: what cannot be sent is none.
func TestDevBrowserThatCannotBeSent(t *testing.T) {
	for _, body := range []string{`{"id":"a\r\nb"}`, `{"id":"a b"}`, `{"id":""}`, `{}`, `null`} {
		f := newFakeFAPI()
		f.answer("POST /v1/dev_browser", fakeAnswer{body: body})
		c := f.clerk(t)
		err := c.createDevBrowser(t.Context())
		var wrong *DecodeError
		if !errors.As(err, &wrong) || c.credential() != "" {
			t.Errorf("%s: got %v, %q", body, err, c.credential())
		}
	}
}

// On a network that swallows packets, what the store has serves after one attempt. Where a part is missing, retries are worth
// their time.
func TestLoadAsksOnceForWhatIsStored(t *testing.T) {
	for _, tt := range []struct {
		rule                string
		environment, client bool // stored
		requests            []int
	}{
		{"both", true, true, []int{1, 1}},
		{"the environment", true, false, []int{4, 4}},
		{"the client", false, true, []int{4, 4}},
		{"none", false, false, []int{4, 4}},
	} {
		for _, policy := range [][]Option{{WithRetryPolicy(RetryPolicy{})}, {WithRetryPolicy(RetryPolicy{MaxAttempts: 4, MinDelay: time.Second})}} {
			t.Run(tt.rule, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, store, swallowed := newFakeFAPI(), &hookedStore{}, make(chan struct{})
					f.answer("GET /v1/environment", fakeAnswer{wait: swallowed})
					f.answer("GET /v1/client", fakeAnswer{wait: swallowed})
					c := f.clerk(t, append(slices.Clone(policy), WithStore(store))...)
					defer func() { check(t, c.Close()) }()
					store.other(t, c, func(r *record) {
						r.token = "t1"
						if tt.environment {
							r.environment = []byte(fakeEnvironment)
						}
						if tt.client {
							r.client = []byte(signedInClient(1))
						}
					})
					err := c.Load(t.Context())
					s := c.State()
					if whole := tt.environment && tt.client; whole != (err == nil) || whole != s.Loaded {
						t.Errorf("got %v, %v", err, s)
					}
					got := []int{len(f.asked("GET /v1/environment")), len(f.asked("GET /v1/client"))}
					if !slices.Equal(got, tt.requests) {
						t.Errorf("asked %v times, want %v", got, tt.requests)
					}
					if tt.client && (s.Source.Client.From != FromStore || s.Source.Client.Err == nil || s.Session == nil) {
						t.Errorf("source %+v", s.Source)
					}
				})
			})
		}
	}
}
