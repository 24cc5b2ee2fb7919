package fapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// mintOf answers token requests with a new token of 60 seconds each, and counts them.
func mintOf(f *fakeFAPI, session string) *atomic.Int64 {
	count := &atomic.Int64{}
	f.on("POST /v1/client/sessions/"+session+"/tokens*", func(a fakeAsked) fakeAnswer {
		now := time.Now().Unix()
		jwt := sessionJWT(session, a.Form.Get("organization_id"), now, now+60, count.Add(1))
		return fakeAnswer{body: tokenBody(jwt), headers: []string{"Date: " + time.Now().UTC().Format(http.TimeFormat)}}
	})
	return count
}

// clerk-fapi-rs.md 4.1 test_get_token; wire-and-state.md 3.3: what is sent.
func TestTokenRequest(t *testing.T) {
	tests := []struct {
		rule       string
		session    string // the organization it works in
		minter     bool
		opts       []TokenOption
		path, form string
		query      string // of debug and expired_token
	}{
		{"test_get_token: organization_id is always there", "", false, nil, "sess_1/tokens", "organization_id=", ""},
		{"that of the session", "org_1", false, nil, "sess_1/tokens", "organization_id=org_1", ""},
		{"another organization", "org_1", false, []TokenOption{WithOrganization(OrganizationID("org_2"))}, "sess_1/tokens", "organization_id=org_2", ""},
		{"by slug", "org_1", false, []TokenOption{WithOrganization(OrganizationID("two"))}, "sess_1/tokens", "organization_id=org_2", ""},
		{"unknown here, the server's to judge", "org_1", false, []TokenOption{WithOrganization(OrganizationID("six"))}, "sess_1/tokens", "organization_id=six", ""},
		{"personal account", "org_1", false, []TokenOption{WithOrganization(PersonalAccount)}, "sess_1/tokens", "organization_id=", ""},
		{"the zero choice keeps", "org_1", false, []TokenOption{WithOrganization("")}, "sess_1/tokens", "organization_id=org_1", ""},
		{"a template has an empty body (W19)", "org_1", false, []TokenOption{WithTemplate("my tmpl")}, "sess_1/tokens/my tmpl", "", ""},
		{"SkipCache", "", false, []TokenOption{SkipCache()}, "sess_1/tokens", "organization_id=", "skip_cache"},
		{"session minter sends the last token", "", true, nil, "sess_1/tokens", "organization_id=&token=LAST", ""},
		{"session minter and SkipCache", "", true, []TokenOption{SkipCache()}, "sess_1/tokens", "force_origin=true&organization_id=&token=LAST", "skip_cache"},
		{"session minter and template", "", true, []TokenOption{WithTemplate("t")}, "sess_1/tokens/t", "", ""},
		{"another session", "", false, []TokenOption{ForSession("sess_2"), nil}, "sess_2/tokens", "organization_id=org_2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFakeFAPI()
			last := sessionJWT("sess_1", tt.session, 1, 2, 0)
			first := strings.Replace(sessionJSON("sess_1", "active", tt.session), `"last_active_token":null`, `"last_active_token":{"jwt":"`+last+`"}`, 1)
			f.answer("GET /v1/environment", fakeAnswer{body: fmt.Sprintf(`{"auth_config":{"session_minter":%v}}`, tt.minter)})
			c := f.loaded(t, clientJSON("client_1", 1, first, sessionJSON("sess_2", "active", "org_2")), "t1")
			f.answer("POST /v1/client/sessions/*", fakeAnswer{body: tokenBody("test.jwt.token")})
			jwt, err := c.Token(t.Context(), tt.opts...)
			if err != nil || jwt != "test.jwt.token" {
				t.Fatalf("got %q %v", jwt, err)
			}
			all := f.asked()
			got := all[len(all)-1]
			if got.Path != "/v1/client/sessions/"+tt.path || strings.ReplaceAll(got.Form.Encode(), last, "LAST") != tt.form || got.Token != "t1" {
				t.Errorf("sent %s %s", got.Path, got.Form.Encode())
			}
			if got.Query.Get("debug") != tt.query || got.Query.Has("expired_token") || got.Query.Has("_clerk_session_id") {
				t.Errorf("query %s", got.Query.Encode())
			}
		})
	}
}

// wire-and-state.md 3.1: 60 seconds to live: cached, refreshed 17 seconds before the end, not handed out in the last 5.
func TestTokenAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		asked := mintOf(f, "sess_1")
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		token := func() string {
			jwt, err := c.Token(t.Context())
			check(t, err)
			return jwt
		}
		first := token()
		time.Sleep(42 * time.Second)
		synctest.Wait()
		if token() != first || asked.Load() != 1 {
			t.Errorf("after 42 s: %d requests", asked.Load())
		}
		time.Sleep(1 * time.Second)
		synctest.Wait()
		second := token()
		if second == first || asked.Load() != 2 {
			t.Errorf("after 43 s: %d requests", asked.Load())
		}
		if token(); asked.Load() != 2 {
			t.Errorf("a hit asked")
		}
		time.Sleep(43 * time.Second)
		synctest.Wait()
		if asked.Load() != 3 { // second was used
			t.Errorf("after 86 s: %d requests", asked.Load())
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if asked.Load() != 3 { // nobody used the third
			t.Errorf("an idle client asked %d times", asked.Load()-3)
		}
	})
}

// wire-and-state.md 3.1, 8.16; native-sdks.md 2: a failed refresh keeps the valid token and is reported; below 5 s it is a miss.
func TestTokenRefreshFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, log := newFakeFAPI(), &logText{}
		mintOf(f, "sess_1")
		c := f.loaded(t, signedInClient(1), "t1", WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		defer func() { check(t, c.Close()) }()
		first, err := c.Token(t.Context())
		check(t, err)
		var offline atomic.Int64
		f.on("POST /v1/client/sessions/sess_1/tokens", func(fakeAsked) fakeAnswer {
			offline.Add(1)
			return fakeAnswer{err: errors.New("offline")}
		})
		time.Sleep(44 * time.Second)
		synctest.Wait()
		if jwt, err := c.Token(t.Context()); jwt != first || err != nil || offline.Load() != 1 {
			t.Errorf("after 44 s: %v, %d requests", err, offline.Load())
		}
		if _, err := c.Token(t.Context(), SkipCache()); err == nil {
			t.Error("SkipCache hides the failure")
		}
		time.Sleep(3 * time.Second)
		_, err = c.Token(t.Context())
		check(t, err)
		synctest.Wait()
		if offline.Load() != 3 { // after the backoff
			t.Errorf("after 47 s: %d requests", offline.Load())
		}
		time.Sleep(10 * time.Second)
		if jwt, err := c.Token(t.Context()); jwt != first || err != nil || offline.Load() != 4 { // below the floor, still valid
			t.Errorf("after 57 s: %v, %d requests", err, offline.Load())
		}
		if !strings.Contains(log.String(), "could not be refreshed") || strings.Contains(log.String(), first) {
			t.Errorf("log: %s", log)
		}
		time.Sleep(3 * time.Second)
		var network *NetworkError
		if jwt, err := c.Token(t.Context()); jwt != "" || !errors.As(err, &network) {
			t.Errorf("after 60 s: %q %v", jwt, err)
		}
	})
}

// A refusal is no failure of the network: a token that is nearly over does not serve any more.
func TestTokenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		mintOf(f, "sess_1")
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		_, err := c.Token(t.Context())
		check(t, err)
		f.answer("POST /v1/client/sessions/sess_1/tokens", fakeAnswer{status: 404, body: `{"errors":[{"code":"resource_not_found"}]}`})
		time.Sleep(50 * time.Second)
		_, err = c.Token(t.Context())
		check(t, err)
		time.Sleep(6 * time.Second)
		if jwt, err := c.Token(t.Context()); jwt != "" || !errors.Is(err, ErrNotFound) {
			t.Errorf("got %q %v", jwt, err)
		}
	})
}

// The clock of WithClock, the laptop's sleep: time goes by the clock that has moved further.
func TestTokenAgeAfterASleep(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	f := newFakeFAPI()
	count := 0
	f.on("POST /v1/client/sessions/sess_1/tokens", func(fakeAsked) fakeAnswer {
		count++
		return fakeAnswer{body: tokenBody(sessionJWT("sess_1", "", clock().Unix(), clock().Unix()+60, 0))}
	})
	c := f.loaded(t, signedInClient(1), "t1", WithClock(clock))
	for _, step := range []struct {
		set  time.Time
		want int
	}{{now, 1}, {now.Round(0), 1}, {now.Round(0).Add(time.Hour), 2}, {now.Round(0).Add(time.Hour), 2}} {
		mu.Lock()
		now = step.set
		mu.Unlock()
		if _, err := c.Token(t.Context()); err != nil || count != step.want {
			t.Errorf("at %s: %d requests, %v", step.set, count, err)
		}
	}
}
