package fapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire-and-state.md 1.10 and 8.3; native-sdks.md 1.4 "Invalid auth": one GET of the client, no recursion, the error stays.
func TestUnauthenticated(t *testing.T) {
	body := func(code string) string { return `{"errors":[{"code":"` + code + `"}]}` }
	tests := []struct {
		rule     string
		request  *request
		status   int
		code     string
		client   fakeAnswer
		requests int // of the client
		signedIn bool
	}{
		{"the session is gone", get("/v1/me"), 401, "signed_out", fakeAnswer{body: enveloped(clientJSON("client_1", 2))}, 1, false},
		{"the session is still there", get("/v1/me"), 401, "authentication_invalid", fakeAnswer{body: enveloped(signedInClient(1))}, 1, true},
		{"the client cannot be asked for", get("/v1/me"), 401, "signed_out", fakeAnswer{status: 500}, 1, true},
		{"the client is refused too: no recursion", get("/v1/me"), 401, "signed_out", fakeAnswer{status: 401}, 1, true},
		{"on the client itself: no recursion", get("/v1/client").responseIsClient(), 401, "signed_out", fakeAnswer{status: 401, body: body("signed_out")}, 1, true},
		{"requires_captcha stays plain", post("/v1/me"), 401, "requires_captcha", fakeAnswer{}, 0, true},
		{"session_reverification_required stays plain", post("/v1/me"), 403, "session_reverification_required", fakeAnswer{}, 0, true},
		{"user_locked stays plain", post("/v1/me"), 403, "user_locked", fakeAnswer{}, 0, true},
		{"native_api_disabled stays plain", post("/v1/me"), 403, "native_api_disabled", fakeAnswer{}, 0, true},
		{"not found stays plain", post("/v1/me"), 404, "resource_not_found", fakeAnswer{}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			f.answer(tt.request.operation(), fakeAnswer{status: tt.status, body: body(tt.code)})
			if tt.request.template != "/v1/client" || tt.client.status == 0 {
				f.answer("GET /v1/client", tt.client)
			}
			err := callEmpty(t.Context(), c.core, tt.request, nil)
			var api *APIError
			if !errors.As(err, &api) || api.StatusCode != tt.status || !HasCode(err, ErrorCode(tt.code)) {
				t.Errorf("got %v", err)
			}
			if got := len(f.asked("GET /v1/client")) - 1; got != tt.requests || (c.State().Session != nil) != tt.signedIn {
				t.Errorf("asked for the client %d times, %s", got, describe(c))
			}
		})
	}
	t.Run("after the user was deleted, if the answer does not bring the client (W5)", func(t *testing.T) {
		for client, requests := range map[string]int{"null": 1, clientJSON("client_1", 2): 0} {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
			f.answer("DELETE /v1/me", fakeAnswer{body: piggybacked(client)})
			if err := callEmpty(t.Context(), c.core, del("/v1/me"), nil); err != nil {
				t.Error(err)
			}
			if got := len(f.asked("GET /v1/client")) - 1; got != requests || c.State().Session != nil || c.State().User != nil {
				t.Errorf("asked for the client %d times, %s", got, describe(c))
			}
		}
	})
	t.Run("by Token and SetActive too", func(t *testing.T) {
		for _, call := range []func(*Clerk) error{
			func(c *Clerk) error { _, err := c.Token(t.Context()); return err },
			func(c *Clerk) error { return c.SetActive(t.Context(), Activation{}) },
		} {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			f.answer("POST /v1/client/sessions/*", fakeAnswer{status: 401, body: body("signed_out")})
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
			if err := call(c); !errors.Is(err, ErrUnauthenticated) || c.State().Session != nil {
				t.Errorf("got %v, %s", err, describe(c))
			}
		}
	})
	t.Run("by the search for a membership too", func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		f.answer("GET /v1/me/organization_memberships", fakeAnswer{status: 401, body: body("signed_out")})
		f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
		if err := c.SetActive(t.Context(), Activation{Organization: OrganizationID("org_9")}); !errors.Is(err, ErrUnauthenticated) || c.State().Session != nil {
			t.Errorf("got %v, %s", err, describe(c))
		}
	})
	t.Run("also when the refusal replaces or clears the token", func(t *testing.T) {
		for token, want := range map[string]string{"t2": "client=client_1 at=2 token=t2", "": "client=client_1 at=2"} {
			f := newFakeFAPI()
			c := f.loaded(t, signedInClient(1), "t1")
			f.answer("GET /v1/me", fakeAnswer{status: 401, body: body("signed_out"), headers: []string{"Authorization: " + token}})
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2))})
			err := callEmpty(t.Context(), c.core, get("/v1/me"), nil)
			if asked := f.asked("GET /v1/client"); !errors.Is(err, ErrUnauthenticated) || describe(c) != want || len(asked) != 2 || asked[1].Token != token {
				t.Errorf("got %v, %s, asked %+v", err, describe(c), asked)
			}
		}
	})
	t.Run("many at a time share one request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f, answer := newFakeFAPI(), make(chan struct{})
			c := f.loaded(t, signedInClient(1), "t1")
			defer func() { check(t, c.Close()) }()
			f.answer("GET /v1/me", fakeAnswer{status: 401, body: body("signed_out")})
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(clientJSON("client_1", 2)), wait: answer})
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() { _ = callEmpty(t.Context(), c.core, get("/v1/me"), nil) })
			}
			synctest.Wait()
			close(answer)
			all.Wait()
			if got := len(f.asked("GET /v1/client")); got != 2 {
				t.Errorf("%d requests", got-1)
			}
		})
	})
	t.Run("not without a credential", func(t *testing.T) {
		f := newFakeFAPI()
		f.answer("GET /v1/me", fakeAnswer{status: 401})
		c := f.clerk(t)
		if err := callEmpty(t.Context(), c.core, get("/v1/me"), nil); !errors.Is(err, ErrUnauthenticated) || len(f.asked()) != 1 {
			t.Errorf("%v after %v", err, f.asked())
		}
	})
}

// wire-and-state.md 1.8; clerk-fapi-rs.md W14; 4.4: made once, sent, persisted, replaced, renewed.
func TestDevBrowser(t *testing.T) {
	browser := func(t *testing.T, f *fakeFAPI, key string, opts ...Option) *Clerk {
		opts = append([]Option{WithHTTPClient(&http.Client{Transport: f}), WithBrowser(), WithRetryPolicy(RetryPolicy{MaxAttempts: 1})}, opts...)
		c, err := New(key, opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	key := EncodePublishableKey("fake-app-1.clerk.accounts.dev", true)
	made := func(f *fakeFAPI) {
		n := 0
		f.on("POST /v1/dev_browser", func(fakeAsked) fakeAnswer { n++; return fakeAnswer{body: fmt.Sprintf(`{"id":"dvb_%d"}`, n)} })
	}
	sent := func(f *fakeFAPI, skip int) (list []string) {
		for _, a := range f.asked()[skip:] {
			list = append(list, a.String()+" "+a.Query.Get(devBrowserQuery)+a.Token)
		}
		slices.Sort(list)
		return list
	}
	t.Run("made, persisted, reused", func(t *testing.T) {
		f, store := newFakeFAPI(), &hookedStore{}
		made(f)
		c := browser(t, f, key, WithStore(store))
		check(t, c.Load(t.Context()))
		check(t, browser(t, f, key, WithStore(store)).Load(t.Context()))
		want := []string{"GET /v1/client dvb_1", "GET /v1/client dvb_1", "GET /v1/environment dvb_1", "GET /v1/environment dvb_1", "POST /v1/dev_browser "}
		if got := sent(f, 0); !slices.Equal(got, want) {
			t.Errorf("sent %q", got)
		}
	})
	t.Run("replaced by an answer", func(t *testing.T) {
		f := newFakeFAPI()
		made(f)
		f.answer("GET /v1/me", fakeAnswer{headers: []string{"Clerk-Db-Jwt: dvb_9", "Authorization: not_for_pages"}})
		c := browser(t, f, key)
		for range 2 {
			check(t, callEmpty(t.Context(), c.core, get("/v1/me"), nil))
		}
		if got := sent(f, 1); !slices.Equal(got, []string{"GET /v1/me dvb_1", "GET /v1/me dvb_9"}) {
			t.Errorf("sent %q", got)
		}
	})
	t.Run("renewed when refused, the error stays", func(t *testing.T) {
		f := newFakeFAPI()
		made(f)
		refused := fakeAnswer{status: 401, body: `{"errors":[{"code":"dev_browser_unauthenticated"}]}`}
		f.answer("GET /v1/me", refused)
		c := browser(t, f, key)
		if err := callEmpty(t.Context(), c.core, get("/v1/me"), nil); !HasCode(err, "dev_browser_unauthenticated") || c.credential() != "dvb_2" {
			t.Errorf("got %v, %s", err, c.credential())
		}
		f.on("GET /v1/client", func(a fakeAsked) fakeAnswer {
			if a.Query.Get(devBrowserQuery) == "dvb_2" {
				return refused
			}
			return fakeAnswer{body: enveloped(signedOutClient)}
		})
		check(t, c.Load(t.Context()))
		if c.credential() != "dvb_3" {
			t.Errorf("Load: %s", c.credential())
		}
	})
	t.Run("renewed once for all who are refused, by Token and SetActive too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f, answer := newFakeFAPI(), make(chan struct{})
			made(f)
			f.answer("GET /v1/client", fakeAnswer{body: enveloped(signedInClient(1))})
			c := browser(t, f, key)
			check(t, c.Load(t.Context()))
			jwt := sessionJWT("sess_1", "", time.Now().Unix(), time.Now().Unix()+60, 1)
			f.on("POST /v1/client/sessions/*", func(a fakeAsked) fakeAnswer {
				if a.Query.Get(devBrowserQuery) == "dvb_1" {
					return fakeAnswer{status: 401, body: `{"errors":[{"code":"dev_browser_unauthenticated"}]}`, wait: answer}
				}
				return fakeAnswer{body: tokenBody(jwt)}
			})
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					if _, err := c.Token(t.Context(), SkipCache()); !HasCode(err, "dev_browser_unauthenticated") {
						t.Errorf("the error does not stay: %v", err)
					}
				})
			}
			all.Go(func() { _ = c.SetActive(t.Context(), Activation{}) })
			synctest.Wait()
			close(answer)
			all.Wait()
			if got, err := c.Token(t.Context()); got != jwt || err != nil || c.credential() != "dvb_2" {
				t.Errorf("got %v, %s", err, c.credential())
			}
			check(t, c.Close())
		})
	})
	t.Run("failing, Load falls back to the store (W14)", func(t *testing.T) {
		f, store := newFakeFAPI(), &hookedStore{}
		c := browser(t, f, key, WithStore(store))
		store.other(t, c, func(r *record) { r.environment, r.client = []byte(`{"auth_config":{}}`), []byte(signedOutClient) })
		if err := c.Load(t.Context()); err != nil || c.State().Source.Client.From != FromStore || !errors.Is(c.State().Source.Client.Err, ErrNotFound) {
			t.Errorf("got %v, %+v", err, c.State().Source)
		}
	})
	t.Run("neither native nor in production nor elsewhere", func(t *testing.T) {
		f := newFakeFAPI()
		check(t, browser(t, f, EncodePublishableKey("clerk.example.com", false)).Load(t.Context()))
		check(t, browser(t, f, EncodePublishableKey("clerk.example.com", true)).Load(t.Context()))
		check(t, f.clerk(t).Load(t.Context()))
		if got := f.asked("POST /v1/dev_browser"); len(got) != 0 {
			t.Errorf("%d requests", len(got))
		}
	})
}
