package fapi

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// What a captive portal, a proxy or another endpoint of the API answers with status 200.
var foreignObjects = map[string]string{
	"empty object":         `{}`,
	"message":              `{"message":"Please log in to the network"}`,
	"errors":               `{"errors":[{"code":"resource_not_found"}]}`,
	"null response":        `{"response":null}`,
	"foreign id":           `{"id":"portal"}`,
	"another object":       `{"response":{"object":"organization","id":"x"}}`,
	"another with details": `{"object":"organization","id":"x","sessions":[],"auth_config":{}}`,
	"list":                 `[]`,
	"text":                 `"ok"`,
}

func TestLoadKeepsTheEnvironmentFrom(t *testing.T) {
	bodies := map[string]string{
		"settings that are no objects": `{"auth_config":null,"display_config":"x","user_settings":[]}`,
		"settings of another kind":     `{"object":"client","auth_config":{}}`,
		"a client":                     signedInClient(3),
	}
	for name, body := range foreignObjects {
		bodies[name] = body
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			f, store := newFakeFAPI(), NewMemoryStore()
			var log logText
			c := f.loaded(t, signedInClient(1), "t1", WithStore(store), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			f.answer("GET /v1/environment", fakeAnswer{body: body})
			check(t, c.Load(t.Context()))
			if got := string(c.State().RawEnvironment()); got != fakeEnvironment {
				t.Errorf("the environment is %s", got)
			}
			if s := c.State().Source.Environment; s.From != FromServer || s.Err == nil {
				t.Errorf("source %+v", s)
			}
			f.answer("PATCH /v1/environment", fakeAnswer{body: `{"auth_config":{"id":"aac_1"},"unknown_setting":{"kept":true}}`})
			_, _ = callBare[Environment](t.Context(), c.core, patch("/v1/environment"), nil)
			if s := c.State().Source.Environment; s.Err != nil {
				t.Errorf("source after a good one %+v", s)
			}
			_, _ = callBare[Environment](t.Context(), c.core, get("/v1/environment"), nil)
			if s := c.State().Source.Environment; s.Err == nil && body != `[]` && body != `"ok"` {
				t.Errorf("source of a call that is not Load's %+v", s)
			}
			if !strings.Contains(log.String(), "environment") {
				t.Errorf("logged %q", log.String())
			}
			check(t, c.Close())
			again := f.clerk(t, WithStore(store))
			f.answer("GET /v1/environment", fakeAnswer{err: errors.New("offline")})
			check(t, again.Load(t.Context()))
			if got := string(again.State().RawEnvironment()); got != fakeEnvironment {
				t.Errorf("the stored environment is %s", got)
			}
		})
	}
}

func TestEnvironmentIsKnownBy(t *testing.T) {
	for name, body := range map[string]string{
		"auth_config":    `{"auth_config":{}}`,
		"display_config": `{"display_config":{},"auth_config":null}`,
		"user_settings":  `{"user_settings":{"x":1}}`,
		"object too":     `{"object":"environment","user_settings":{}}`,
	} {
		f := newFakeFAPI()
		f.answer("GET /v1/environment", fakeAnswer{body: body})
		c := f.clerk(t)
		if err := c.Load(t.Context()); err != nil || string(c.State().RawEnvironment()) != body {
			t.Errorf("%s: %v, %s", name, err, c.State().RawEnvironment())
		}
	}
}

func TestNobodyIsSignedOutBy(t *testing.T) {
	bodies := map[string]string{
		"no sessions":             `{"response":{"object":"client","id":"client_1","updated_at":9}}`,
		"null sessions":           `{"response":{"object":"client","id":"client_1","sessions":null,"updated_at":9}}`,
		"sessions in an object":   `{"response":{"object":"client","id":"client_1","sessions":{},"updated_at":9}}`,
		"no id":                   `{"response":{"object":"client","sessions":[],"updated_at":9}}`,
		"bare and without a list": `{"id":"portal","sessions":"none"}`,
	}
	for name, body := range foreignObjects {
		if name != "null response" { // of the client this means that there is none
			bodies[name] = body
		}
	}
	for name, body := range bodies {
		for _, status := range []int{200, 401, 404} {
			f, store := newFakeFAPI(), NewMemoryStore()
			c := f.loaded(t, signedInClient(1), "t1", WithStore(store))
			f.answer("GET /v1/client", fakeAnswer{status: status, body: body})
			check(t, c.Load(t.Context()))
			_, _ = callEnveloped[Client](t.Context(), c.core, get("/v1/client").responseIsClient(), nil)
			f.answer("GET /v1/me", fakeAnswer{status: status, body: `{"response":{},"client":` + body + `}`})
			_ = callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			f.answer("GET /v1/me", fakeAnswer{status: 422, body: `{"errors":[],"meta":{"client":` + body + `}}`})
			_ = callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			if c.State().Session == nil || c.State().Source.Client.Err == nil {
				t.Errorf("%s with status %d: %s, source %+v", name, status, describe(c), c.State().Source.Client)
			}
			again := f.clerk(t, WithStore(store))
			f.answer("GET /v1/client", fakeAnswer{err: errors.New("offline")})
			check(t, again.Load(t.Context()))
			if again.State().Session == nil {
				t.Errorf("%s with status %d: the store has %s", name, status, describe(again))
			}
		}
	}
}

func TestHostsCannotRestoreForeignObjects(t *testing.T) {
	for name, body := range foreignObjects {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		var decode *DecodeError
		if err := c.SetClientJSON([]byte(body)); !errors.As(err, &decode) || c.State().Session == nil {
			t.Errorf("client, %s: %v, %s", name, err, describe(c))
		}
		if err := c.SetLoaded([]byte(body), nil); !errors.As(err, &decode) || c.State().Session == nil {
			t.Errorf("environment, %s: %v, %s", name, err, describe(c))
		}
	}
}

func TestLoadWithEverythingInTheStoreMakesOneAttempt(t *testing.T) {
	f, store := newFakeFAPI(), NewMemoryStore()
	f.loaded(t, signedInClient(1), "t1", WithStore(store))
	before := len(f.asked())
	for _, route := range []string{"GET /v1/environment", "GET /v1/client"} {
		f.answer(route, fakeAnswer{err: errors.New("no route to host")})
	}
	c := f.clerk(t, WithStore(store), WithRetryPolicy(RetryPolicy{MinDelay: 1, MaxDelay: 1}))
	check(t, c.Load(t.Context()))
	if got := len(f.asked()) - before; got != 2 {
		t.Errorf("%d requests, want one for each part", got)
	}
	if s := c.State(); s.Session == nil || s.Source.Client.From != FromStore || s.Source.Client.Err == nil || s.Source.Environment.From != FromStore || s.Source.Environment.Err == nil {
		t.Errorf("%s, source %+v", describe(c), s.Source)
	}
}
