package conformance

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/jwt"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// startBackend starts a program with Clerk's SDK for backends that are written in JavaScript, and returns its URL.
func startBackend(t *testing.T, server *fapitest.Server) string {
	cmd := exec.CommandContext(t.Context(), "node", "backend.mjs", server.PublishableKey(), server.ProxyURL(), server.URL())
	cmd.Stderr = testLog{t}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("node: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("node ended: %v", lines.Err())
	}
	return lines.Text()
}

// whose is what a backend learns from a token, or why it refuses it.
type whose struct{ user, session, organization, role, reason string }

// verifyInNode has @clerk/backend verify a token with the keys of GET /v1/jwks.
func verifyInNode(ctx context.Context, program, token string) (whose, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, program+"/verify", strings.NewReader(token))
	if err != nil {
		return whose{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return whose{}, err
	}
	defer resp.Body.Close()
	var found struct {
		Claims struct {
			Subject      string `json:"sub"`
			Session      string `json:"sid"`
			Organization struct {
				ID   string `json:"id"`
				Role string `json:"rol"`
			} `json:"o"`
		}
		Reason string
	}
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		return whose{}, err
	}
	c := found.Claims
	return whose{c.Subject, c.Session, c.Organization.ID, c.Organization.Role, found.Reason}, nil
}

// goKeys is clerk-sdk-go's client for the keys of a server.
func goKeys(server *fapitest.Server) *jwks.Client {
	return jwks.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{
		URL: new(server.URL() + "/v1"), Key: new("sk_test_conformance"),
	}})
}

// verifyInGo has clerk-sdk-go verify a token.
func verifyInGo(ctx context.Context, server *fapitest.Server, token string) whose {
	claims, err := jwt.Verify(ctx, &jwt.VerifyParams{Token: token, JWKSClient: goKeys(server), ProxyURL: new(server.ProxyURL())})
	if err != nil {
		return whose{reason: err.Error()}
	}
	return whose{claims.Subject, claims.SessionID, claims.ActiveOrganizationID, strings.TrimPrefix(claims.ActiveOrganizationRole, "org:"), ""}
}

// signedInSDK is the SDK with Ada signed in.
func signedInSDK(t *testing.T, server *fapitest.Server) *fapi.Clerk {
	ctx := t.Context()
	s := startNative(ctx, t, server).(*sdk)
	for _, next := range signedIn(ada) {
		if out, err := s.step(ctx, next); err != nil || out.Error != "" {
			t.Fatalf("%s: %s %v", next.verb, out.Error, err)
		}
	}
	return s.clerk
}

// TestBackendSDKsVerifyTokens has the tokens of a signed-in client verified by Clerk's SDKs for backends, which fetch the
// keys of the fake.
func TestBackendSDKsVerifyTokens(t *testing.T) {
	t.Parallel()
	server := fapitest.NewServer(t, world()...)
	program := startBackend(t, server)
	c := signedInSDK(t, server)
	session := c.State().Session.ID
	for name, tc := range map[string]struct {
		option fapi.TokenOption
		later  time.Duration // of the server's clock
		change func(part []string)
		want   whose
		inGo   string // clerk-sdk-go's reason
	}{
		"of the session":      {want: whose{user: "user_ada", session: session}},
		"for an organization": {option: fapi.WithOrganization("org_acme"), want: whose{user: "user_ada", session: session, organization: "org_acme", role: "admin"}},
		"of a template":       {option: fapi.WithTemplate("hasura"), want: whose{user: "user_ada"}},
		"expired":             {later: -2 * time.Minute, want: whose{reason: "token-expired"}, inGo: "go-jose/go-jose/jwt: validation failed, token is expired (exp)"},
		"not yet valid":       {later: time.Hour, want: whose{reason: "token-not-active-yet"}, inGo: "go-jose/go-jose/jwt: validation failed, token not valid yet (nbf)"},
		"of somebody else":    {change: replace(1, "user_ada", "user_bob"), want: whose{reason: "token-invalid-signature"}, inGo: "go-jose/go-jose: error in cryptographic primitive"},
		"of another key":      {change: replace(0, `"kid":"ins_`, `"kid":"ins_a`), want: whose{reason: "jwk-kid-mismatch"}, inGo: "missing json web key"},
	} {
		t.Run(name, func(t *testing.T) {
			server.Advance(tc.later)
			defer server.Advance(-tc.later)
			options := []fapi.TokenOption{fapi.SkipCache()}
			if tc.option != nil {
				options = append(options, tc.option)
			}
			token, err := c.Token(t.Context(), options...)
			if err != nil {
				t.Fatal(err)
			}
			if tc.change != nil {
				parts := strings.Split(token, ".")
				tc.change(parts)
				token = strings.Join(parts, ".")
			}
			got, err := verifyInNode(t.Context(), program, token)
			if err != nil || got != tc.want {
				t.Errorf("@clerk/backend: %+v, %v, want %+v", got, err, tc.want)
			}
			want := tc.want
			want.reason = tc.inGo
			if got := verifyInGo(t.Context(), server, token); got != want {
				t.Errorf("clerk-sdk-go: %+v, want %+v", got, want)
			}
		})
	}
}

// TestBackendSDKsKnowWhoAsks sends requests with the token of a signed-in client to programs behind Clerk's SDKs.
func TestBackendSDKsKnowWhoAsks(t *testing.T) {
	t.Parallel()
	server := fapitest.NewServer(t, world()...)
	c := signedInSDK(t, server)
	in, out := rendered{Status: "signed-in", User: "user_ada"}, rendered{Status: "signed-out"}
	inAcme := rendered{Status: "signed-in", User: "user_ada", Organization: "org_acme", Role: "org:admin"}
	inGo := httptest.NewServer(clerkhttp.WithHeaderAuthorization(clerkhttp.JWKSClient(goKeys(server)), clerkhttp.ProxyURL(server.ProxyURL()))(http.HandlerFunc(goPage)))
	defer inGo.Close()
	for backend, url := range map[string]string{"@clerk/backend": startBackend(t, server), "clerk-sdk-go": inGo.URL} {
		for name, tc := range map[string]struct {
			header string // with TOKEN for the token
			option fapi.TokenOption
			want   rendered
		}{
			"token of the session":      {"Bearer TOKEN", fapi.SkipCache(), in},
			"token for an organization": {"Bearer TOKEN", fapi.WithOrganization("org_acme"), inAcme},
			"token cut short":           {"Bearer TOKE", fapi.SkipCache(), out},
			"no token":                  {"", fapi.SkipCache(), out},
		} {
			t.Run(backend+"/"+name, func(t *testing.T) {
				token, err := c.Token(t.Context(), tc.option)
				if err != nil {
					t.Fatal(err)
				}
				header := strings.NewReplacer("TOKEN", token, "TOKE", token[:len(token)-4]).Replace(tc.header)
				if got, err := askAs(t.Context(), url, header); err != nil || got != tc.want {
					t.Errorf("%+v, %v, want %+v", got, err, tc.want)
				}
			})
		}
	}
}

// goPage responds with who is signed in, as a program behind clerk-sdk-go.
func goPage(w http.ResponseWriter, r *http.Request) {
	who := rendered{Status: "signed-out"}
	if claims, ok := clerk.SessionClaimsFromContext(r.Context()); ok {
		who = rendered{"signed-in", claims.Subject, claims.ActiveOrganizationID, claims.ActiveOrganizationRole}
	}
	_ = json.NewEncoder(w).Encode(who)
}

// askAs asks a program who is signed in. A refusal is signed out.
func askAs(ctx context.Context, program, authorization string) (who rendered, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, program, nil)
	if err != nil {
		return who, err
	}
	req.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return who, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return rendered{Status: "signed-out"}, nil
	}
	return who, json.NewDecoder(resp.Body).Decode(&who)
}

// replace changes the JSON of one part of a token.
func replace(i int, old, with string) func([]string) {
	return func(parts []string) {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || !strings.Contains(string(text), old) {
			panic("the token has no " + old) // a mistake in a test
		}
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(text), old, with)))
	}
}
