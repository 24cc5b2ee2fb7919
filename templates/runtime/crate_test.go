package fapi

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tests of clerk-fapi-rs and its fork, as clerk-fapi-rs.md 4 tells of them, that have no place elsewhere.

// capturedClient has the shape of a client captured on 2025-10-13 (clerk-fapi-rs.md 4.1, CLIENT_REAL): one session, no
// memberships, an email address verified by OTP, millisecond timestamps beyond 32 bits.
const capturedClient = `{"object":"client","id":"client_real","sessions":[{"object":"session","id":"sess_real","status":"active",
	"expire_at":1760985699375,"abandon_at":1762972899375,"last_active_at":1760380899375,"last_active_organization_id":null,"actor":null,
	"user":{"id":"user_real","object":"user","username":null,"first_name":null,"locale":null,"enterprise_accounts":[],
		"email_addresses":[{"id":"idn_1","object":"email_address","email_address":"ada@example.com","reserved":false,"linked_to":[],
			"verification":{"object":"verification_otp","status":"verified","strategy":"email_code","attempts":1,"expire_at":1760381499375}}],
		"organization_memberships":[],"created_at":1760380899000,"updated_at":1760380899375},
	"public_user_data":{"first_name":null,"username":null,"identifier":"ada@example.com"},"factor_verification_age":[0,-1],
	"created_at":1760380899375,"updated_at":1760380899375,"last_active_token":{"object":"token","jwt":"x.y.z"}}],
	"sign_in":null,"sign_up":null,"last_active_session_id":"sess_real","last_authentication_strategy":"email_code",
	"cookie_expires_at":null,"captcha_bypass":false,"created_at":1760380899370,"updated_at":1760380899380}`

// test_parse_client, test_parse_environment_fixture.
func TestCrateParse(t *testing.T) {
	part, ok := decodeClient([]byte(capturedClient))
	if !ok || part.damaged() || len(part.model.Sessions) != 1 || part.model.UpdatedAt != 1760380899380 || len(part.model.Sessions[0].FactorVerificationAge) != 2 {
		t.Errorf("client: %+v", part)
	}
	if _, ok := decodeEnvironment([]byte(fakeEnvironment)); !ok {
		t.Error("environment")
	}
}

// test_client_cloning: what is shared is one client.
func TestCrateCloning(t *testing.T) {
	c := newFakeFAPI().loaded(t, capturedClient, "t1")
	shared := c
	check(t, shared.SetClientJSON([]byte(signedInClient(1))))
	if c.State().Client != shared.State().Client || c.core.base != shared.core.base {
		t.Error("two clients")
	}
}

// Fork: test_get_active_organization_plan_and_features, with set_loaded.
func TestForkActiveOrganizationPlan(t *testing.T) {
	f := newFakeFAPI()
	c := f.clerk(t)
	check(t, c.SetLoaded([]byte(fakeEnvironment), []byte(clientJSON("client_1", 1, sessionJSON("sess_1", "active", "org_1")))))
	f.answer("GET /v1/organizations/org_1/billing/subscription", fakeAnswer{
		body: `{"response":{"object":"commerce_subscription","subscription_items":[{"plan":{"slug":"pro","features":[{"slug":"saml"}]}}]},"client":null}`})
	type slug struct {
		Slug     string `json:"slug"`
		Features []struct {
			Slug string `json:"slug"`
		} `json:"features"`
	}
	type subscription struct {
		Items []struct {
			Plan slug `json:"plan"`
		} `json:"subscription_items"`
	}
	got, err := callEnveloped[subscription](t.Context(), c.core, get("/v1/organizations/{organization_id}/billing/subscription", c.State().Organization.ID), nil)
	if err != nil || got.Items[0].Plan.Slug != "pro" || got.Items[0].Plan.Features[0].Slug != "saml" {
		t.Errorf("got %+v %v", got, err)
	}
	if asked := f.asked(); len(asked) != 1 || asked[0].Query.Get("_clerk_session_id") != "sess_1" {
		t.Errorf("asked %v", asked)
	}
}

// Every client and environment in the recorded traffic, where it is at hand, is taken over.
func TestRecordedAnswersAreTakenOver(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/recordings/*.har")
	if len(files) == 0 {
		t.Skip("no recordings")
	}
	clients := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var har struct {
			Log struct {
				Entries []struct {
					Request  struct{ Method, URL string }
					Response struct {
						Status  int
						Content struct{ Text string }
					}
				}
			}
		}
		if err := json.Unmarshal(data, &har); err != nil {
			t.Fatal(err)
		}
		log := &logText{}
		c := newFakeFAPI().clerk(t, WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		for _, e := range har.Log.Entries {
			_, path, _ := strings.Cut(strings.TrimPrefix(e.Request.URL, "https://"), "/")
			path, _, _ = strings.Cut("/"+path, "?")
			r := newRequest(e.Request.Method, path, nil)
			if path == "/v1/client" {
				r.responseIsClient()
			}
			openExchange(t, c, r).answered("", e.Response.Status, e.Response.Content.Text)
			n := newsOf(r, &answer{status: e.Response.Status, body: []byte(e.Response.Content.Text)})
			if n.client == nil || isNull(n.client) {
				continue
			}
			clients++
			if got := c.State().RawClient(); string(got) != string(n.client) {
				t.Errorf("%s: %s %s was not taken over", filepath.Base(file), e.Request.Method, path)
			}
		}
		if log.String() != "" {
			t.Errorf("%s: %s", filepath.Base(file), log)
		}
	}
	t.Logf("%d clients", clients)
}
