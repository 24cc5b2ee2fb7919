package fapitest_test

// The SDK's own client against the server: who is signed in, which tokens it has, what becomes of both.

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	fapi "github.com/fapigen/fapigen/templates/runtime"

	"github.com/fapigen/fapigen/templates/fapitest"
)

func TestLoadFindsNobodySignedIn(t *testing.T) {
	clerk := newClerk(t, withAda(t))
	if err := clerk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := clerk.State(); s.Session != nil || s.User != nil || !s.Loaded {
		t.Errorf("state %+v", s)
	}
}

// verified are the claims of a JWT whose signature fits the server's JWKS (RFC 7515, RFC 7517).
func verified(t *testing.T, srv *fapitest.Server, jwt string) map[string]any {
	t.Helper()
	var set struct {
		Keys []struct{ Kid, Alg, Kty, N, E string }
	}
	if err := json.Unmarshal([]byte(ask(t, srv, "GET", "/.well-known/jwks.json", nil).body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("JWKS %+v: %v", set, err)
	}
	part := func(text string) []byte {
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is not a JWT", jwt)
	}
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(part(parts[0]), &header); err != nil || header.Alg != "RS256" || header.Kid != set.Keys[0].Kid {
		t.Fatalf("header %+v: %v", header, err)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(part(set.Keys[0].N)), E: int(new(big.Int).SetBytes(part(set.Keys[0].E)).Int64())}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], part(parts[2])); err != nil {
		t.Fatalf("the signature does not fit: %v", err)
	}
	var claims map[string]any
	if err := json.Unmarshal(part(parts[1]), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTokensHaveVersion2ClaimsAndVerify(t *testing.T) {
	srv := withAda(t, fapitest.WithTemplate("supabase", map[string]any{"role": "authenticated", "sub": "not the template's to say"}))
	clerk := signedIn(t, srv)
	if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
		t.Fatal(err)
	}
	jwt, err := clerk.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claims := verified(t, srv, jwt)
	o, _ := claims["o"].(map[string]any)
	want := map[string]any{"v": 2.0, "iss": srv.URL(), "sid": clerk.State().Session.ID, "sub": clerk.State().User.ID, "sts": "active", "fea": "u:reports", "pla": "u:pro"}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
	if o["slg"] != "acme" || o["rol"] != "admin" || claims["exp"].(float64)-claims["iat"].(float64) != 60 || fmt.Sprint(claims["fva"]) != "[0 -1]" {
		t.Errorf("claims %v", claims)
	}
	jwt, err = clerk.Token(t.Context(), fapi.WithTemplate("supabase"))
	if err != nil {
		t.Fatal(err)
	}
	if claims := verified(t, srv, jwt); claims["role"] != "authenticated" || claims["sub"] != clerk.State().User.ID {
		t.Errorf("claims %v", claims)
	}
	if _, err := clerk.Token(t.Context(), fapi.WithTemplate("unknown")); !fapi.HasCode(err, "resource_not_found") {
		t.Errorf("an unknown template: %v", err)
	}
}

func TestOrganizationIsSwitched(t *testing.T) {
	srv := withAda(t)
	clerk := signedIn(t, srv)
	for _, slug := range []string{"acme", "works"} {
		if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID(slug)}); err != nil {
			t.Fatal(err)
		}
		if o := clerk.State().Organization; o == nil || o.ID != "org_"+slug || srv.Sessions()[0].OrganizationID != o.ID {
			t.Errorf("%s: state %v, server %+v", slug, o, srv.Sessions())
		}
	}
	if !clerk.Has(fapi.Check{Role: "org:member"}) || clerk.Has(fapi.Check{Permission: "org:sys_profile:manage"}) {
		t.Error("in Works Ada is a member, and no admin")
	}
	if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.PersonalAccount}); err != nil {
		t.Fatal(err)
	}
	if clerk.State().Organization != nil || srv.Sessions()[0].OrganizationID != "" {
		t.Error("the organization is still chosen")
	}
}

func TestSignOutEndsTheSessionAndRotatesTheToken(t *testing.T) {
	srv := withAda(t)
	clerk := signedIn(t, srv)
	before := clerk.AuthorizationHeader()
	if err := clerk.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := srv.Sessions()[0].Status; got != "removed" || clerk.State().Session != nil {
		t.Errorf("the session is %s", got)
	}
	if after := clerk.AuthorizationHeader(); after == before {
		t.Error("the token is the same")
	}
}

func TestASessionEndedElsewhereIsNoticed(t *testing.T) {
	srv := withAda(t)
	clerk := signedIn(t, srv)
	id := clerk.State().Session.ID
	if !srv.RevokeSession(id) || srv.RevokeSession(id) {
		t.Error("a session is revoked once")
	}
	if _, err := clerk.Token(t.Context(), fapi.SkipCache()); err == nil {
		t.Error("a token for a revoked session")
	}
	if err := clerk.Load(t.Context()); err != nil || clerk.State().Session != nil {
		t.Errorf("session %v, error %v", clerk.State().Session, err)
	}
}

func TestASessionExpires(t *testing.T) {
	srv := withAda(t)
	clerk := signedIn(t, srv)
	srv.Advance(6 * 24 * time.Hour)
	if got := srv.Sessions()[0].Status; got != "active" {
		t.Errorf("after six days it is %s", got)
	}
	srv.Advance(2 * 24 * time.Hour)
	if got := srv.Sessions()[0].Status; got != "expired" {
		t.Errorf("after eight days it is %s", got)
	}
	if err := clerk.Load(t.Context()); err != nil || clerk.State().Session != nil {
		t.Errorf("session %v, error %v", clerk.State().Session, err)
	}
}

func TestAPendingSessionHasATask(t *testing.T) {
	srv := withAda(t, fapitest.WithEnvironment(func(env map[string]any) {
		env["organization_settings"].(map[string]any)["force_organization_selection"] = true
	}))
	clerk := signedIn(t, srv)
	if got := srv.Sessions()[0].Status; got != "pending" {
		t.Errorf("the session is %s", got)
	}
	if err := clerk.SetActive(t.Context(), fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
		t.Fatal(err)
	}
	if got := srv.Sessions()[0].Status; got != "active" {
		t.Errorf("with an organization it is %s", got)
	}
}

// A page of a development instance has a dev browser instead of a token, and verbs are tunnelled.
func TestAPageSignsOutByItsDevBrowser(t *testing.T) {
	srv := withAda(t)
	clerk := newClerk(t, srv, fapi.WithBrowser())
	if err := clerk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	browser := clerk.AuthorizationHeader()
	a := ask(t, srv, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+browser, form("identifier", ada, "password", password))
	if a.status != 200 || a.header.Get("Authorization") != "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if err := clerk.Load(t.Context()); err != nil || clerk.State().User == nil {
		t.Fatalf("user %v, error %v", clerk.State().User, err)
	}
	if err := clerk.SignOut(t.Context()); err != nil || srv.Sessions()[0].Status != "removed" {
		t.Errorf("%v: %+v", err, srv.Sessions())
	}
	last := srv.Requests()[len(srv.Requests())-1]
	if last.String() != "DELETE /v1/client/sessions" || last.Query.Get("_method") != "DELETE" {
		t.Errorf("the last request was %s with %v", last, last.Query)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	srv := withAda(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			clerk := signedIn(t, srv)
			for _, slug := range []string{"acme", "works"} {
				if err := clerk.SetActive(context.Background(), fapi.Activation{Organization: fapi.OrganizationID(slug)}); err != nil {
					t.Error(err)
				}
				if _, err := clerk.Token(context.Background(), fapi.SkipCache()); err != nil {
					t.Error(err)
				}
			}
			if err := clerk.SignOut(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	clients := map[string]bool{}
	for _, x := range srv.Sessions() {
		clients[x.ClientID] = true
		if x.Status != "removed" {
			t.Errorf("%s is %s", x.ID, x.Status)
		}
	}
	if len(clients) != 20 {
		t.Errorf("%d clients, want 20", len(clients))
	}
}
