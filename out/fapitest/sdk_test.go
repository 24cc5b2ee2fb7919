package fapitest_test

// The whole SDK, with its models, against the server.

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// activate makes a sign-in's or sign-up's session the current one.
func activate(t *testing.T, clerk *fapi.Clerk, session *string) {
	t.Helper()
	if session == nil {
		t.Fatal("no session was created")
	}
	if err := clerk.SetActive(t.Context(), fapi.Activation{SessionID: *session}); err != nil {
		t.Fatal(err)
	}
	if clerk.State().Session == nil || clerk.State().Session.ID != *session {
		t.Fatalf("the session is %v", clerk.State().Session)
	}
}

func loaded(t *testing.T, srv *fapitest.Server, opts ...fapi.Option) *fapi.Clerk {
	t.Helper()
	clerk := newClerk(t, srv, opts...)
	if err := clerk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return clerk
}

func TestSignInByPassword(t *testing.T) {
	clerk := loaded(t, withAda(t))
	create := func(password string) (*fapi.SignIn, error) {
		return clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Identifier: fapi.Ptr(ada), Password: fapi.Ptr(password)})
	}
	if _, err := create("wrong horse"); !fapi.HasCode(err, fapi.CodeFormPasswordIncorrect) {
		t.Errorf("a wrong password: %v", err)
	}
	signIn, err := create(password)
	if err != nil || signIn.Status != fapi.SignInStatusComplete {
		t.Fatalf("%+v, %v", signIn, err)
	}
	activate(t, clerk, signIn.CreatedSessionID)
	if _, err := create(password); !fapi.HasCode(err, fapi.CodeIdentifierAlreadySignedIn) {
		t.Errorf("signing in twice: %v", err)
	}
}

func TestSignInByCode(t *testing.T) {
	clerk := loaded(t, withAda(t))
	signIn, err := clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Identifier: fapi.Ptr(ada)})
	if err != nil || signIn.Status != fapi.SignInStatusNeedsFirstFactor {
		t.Fatalf("%+v, %v", signIn, err)
	}
	signIn, err = clerk.SignIns.PrepareFirstFactor(t.Context(), signIn.ID, fapi.SignInPrepareFirstFactorParams{Strategy: "email_code"})
	if err != nil || signIn.FirstFactorVerification == nil || signIn.FirstFactorVerification.Status != "unverified" {
		t.Fatalf("%+v, %v", signIn, err)
	}
	signIn, err = clerk.SignIns.AttemptFirstFactor(t.Context(), signIn.ID, fapi.SignInAttemptFirstFactorParams{Strategy: "email_code", Code: fapi.Ptr(fapitest.TestCode)})
	if err != nil {
		t.Fatal(err)
	}
	activate(t, clerk, signIn.CreatedSessionID)
}

func TestSignInByAnIDToken(t *testing.T) {
	srv := withAda(t)
	clerk := loaded(t, srv)
	create := func(token string) (*fapi.SignIn, error) {
		return clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Token: fapi.Ptr(token)}, fapi.WithForm("strategy", "google_one_tap"))
	}
	if _, err := create("forged"); !fapi.HasCode(err, fapi.CodeGoogleOneTapTokenInvalid) {
		t.Errorf("a forged token: %v", err)
	}
	if _, err := create(srv.IDToken("new+clerk_test@example.com")); !fapi.HasCode(err, fapi.CodeExternalAccountNotFound) {
		t.Errorf("the token of somebody new: %v", err)
	}
	signIn, err := create(srv.IDToken(ada))
	if err != nil || signIn.Status != fapi.SignInStatusComplete {
		t.Fatalf("%+v, %v", signIn, err)
	}
	activate(t, clerk, signIn.CreatedSessionID)
}

func TestSignInWithASecondFactor(t *testing.T) {
	srv := fapitest.NewServer(t, fapitest.WithUser(fapitest.User{Emails: []string{ada}, Password: password, TOTPSecret: "JBSWY3DPEHPK3PXP"}))
	clerk := loaded(t, srv)
	signIn, err := clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Identifier: fapi.Ptr(ada), Password: fapi.Ptr(password)})
	if err != nil || signIn.Status != fapi.SignInStatusNeedsSecondFactor || clerk.State().Session != nil {
		t.Fatalf("%+v, %v", signIn, err)
	}
	signIn, err = clerk.SignIns.AttemptSecondFactor(t.Context(), signIn.ID, fapi.SignInAttemptSecondFactorParams{Code: fapi.Ptr(fapitest.TestCode)}, fapi.WithForm("strategy", "totp"))
	if err != nil {
		t.Fatal(err)
	}
	activate(t, clerk, signIn.CreatedSessionID)
}

func TestSignInAtAProvider(t *testing.T) {
	srv := fapitest.NewServer(t, fapitest.WithUser(fapitest.User{Emails: []string{ada}, Providers: []string{"google"}}))
	clerk := loaded(t, srv)
	signIn, err := clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{RedirectURL: fapi.Ptr("app://back")}, fapi.WithForm("strategy", "oauth_google"))
	if err != nil {
		t.Fatal(err)
	}
	nonce := visit(t, fapi.Value(signIn.FirstFactorVerification.ExternalVerificationRedirectURL)).Get("rotating_token_nonce")
	before := clerk.AuthorizationHeader()
	client, err := clerk.Client.Create(t.Context(), fapi.ClientCreateParams{}, fapi.WithForm("_method", "GET"), fapi.WithForm("rotating_token_nonce", nonce))
	if err != nil || clerk.AuthorizationHeader() == before {
		t.Fatalf("%+v, %v; or the token is the same", client, err)
	}
	activate(t, clerk, client.LastActiveSessionID)
}

// visit opens a page, and gives the query that it leads back with.
func visit(t *testing.T, page string) url.Values {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	return back.Query()
}

// The challenge and the verifier are those of RFC 7636, appendix B.
func TestSignInByANativeLink(t *testing.T) {
	srv := withAda(t)
	clerk := loaded(t, srv)
	signIn, err := clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Identifier: fapi.Ptr(ada)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = clerk.SignIns.PrepareFirstFactor(t.Context(), signIn.ID, fapi.SignInPrepareFirstFactorParams{Strategy: "email_link", RedirectURI: fapi.Ptr("app://back"),
		CodeChallenge: fapi.Ptr("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), CodeChallengeMethod: fapi.Ptr("S256")}); err != nil {
		t.Fatal(err)
	}
	back := visit(t, srv.EmailLink(ada))
	if err := clerk.Load(t.Context()); err != nil || clerk.State().Session != nil {
		t.Fatalf("opening the link signs in: %v", err)
	}
	params := fapi.MagicLinkCompleteParams{FlowID: back.Get("flow_id"), ApprovalToken: back.Get("approval_token"), CodeVerifier: "another"}
	var failure *fapi.APIError
	if _, err := clerk.MagicLinks.Complete(t.Context(), params); !errors.As(err, &failure) || len(failure.Errors) != 1 || failure.Errors[0].Code != "pkce_verification_failed" {
		t.Errorf("another verifier: %v", err)
	}
	params.CodeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	done, err := clerk.MagicLinks.Complete(t.Context(), params)
	if err != nil || fapi.Value(done.Ticket) == "" {
		t.Fatalf("%+v, %v", done, err)
	}
	signIn, err = clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Ticket: done.Ticket}, fapi.WithForm("strategy", "ticket"))
	if err != nil {
		t.Fatal(err)
	}
	activate(t, clerk, signIn.CreatedSessionID)
}

func TestSignUp(t *testing.T) {
	srv := withAda(t)
	clerk := loaded(t, srv)
	signUp, err := clerk.SignUps.Create(t.Context(), fapi.SignUpCreateParams{EmailAddress: fapi.Ptr("new+clerk_test@example.com"), Password: fapi.Ptr(password)})
	if err != nil || signUp.Status != "missing_requirements" || len(signUp.UnverifiedFields) != 1 {
		t.Fatalf("%+v, %v", signUp, err)
	}
	if _, err = clerk.SignUps.PrepareVerification(t.Context(), signUp.ID, fapi.SignUpPrepareVerificationParams{}, fapi.WithForm("strategy", "email_code")); err != nil {
		t.Fatal(err)
	}
	signUp, err = clerk.SignUps.AttemptVerification(t.Context(), signUp.ID, fapi.SignUpAttemptVerificationParams{}, fapi.WithForm("strategy", "email_code"), fapi.WithForm("code", fapitest.TestCode))
	if err != nil || signUp.Status != "complete" {
		t.Fatalf("%+v, %v", signUp, err)
	}
	activate(t, clerk, signUp.CreatedSessionID)
	if got := clerk.State().User.EmailAddresses; len(got) != 1 || got[0].EmailAddress != "new+clerk_test@example.com" {
		t.Errorf("addresses %+v", got)
	}
}

func TestOrganizationsOfTheSDK(t *testing.T) {
	clerk := signedIn(t, withAda(t))
	made, err := clerk.Organizations.Create(t.Context(), fapi.OrganizationCreateParams{Name: fapi.Ptr("New Works")})
	if err != nil || made.Name != "New Works" {
		t.Fatalf("%+v, %v", made, err)
	}
	var names []string
	for m, err := range clerk.Me.OrganizationMemberships.ListAll(t.Context(), fapi.MeOrganizationMembershipListParams{Limit: fapi.Ptr[int64](2)}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, m.Organization.Name)
	}
	if len(names) != 3 || names[2] != "New Works" {
		t.Errorf("memberships in %v", names)
	}
}

func TestTheProfileChangesInTheState(t *testing.T) {
	clerk := signedIn(t, withAda(t))
	changes := 0
	defer clerk.AddListener(func(fapi.State) { changes++ })()
	if _, err := clerk.Me.Update(t.Context(), fapi.MeUpdateParams{FirstName: fapi.Ptr("Augusta")}); err != nil {
		t.Fatal(err)
	}
	if got := fapi.Value(clerk.State().User.FirstName); got != "Augusta" || changes != 2 {
		t.Errorf("%s after %d calls of the listener", got, changes)
	}
}

// design, state rule 2: null beside a response says nothing. Rule 3: what is older is dropped.
func TestFaultsDoNotSignOut(t *testing.T) {
	for rule, fault := range map[string]fapitest.Fault{
		"null client": {NullClient: true}, "stale client": {StaleClient: true}, "unknown members": {Unknown: true}, "skewed clock": {ClockSkew: -time.Hour},
		"401": {Status: 401}, "500": {Status: 500}, "dropped": {DropAfter: true}, "cut off": {Truncate: true},
	} {
		t.Run(rule, func(t *testing.T) {
			srv := withAda(t)
			clerk := signedIn(t, srv)
			fault.On = "PATCH /v1/me"
			srv.Inject(fault)
			_, err := clerk.Me.Update(t.Context(), fapi.MeUpdateParams{FirstName: fapi.Ptr("Augusta")})
			var failure *fapi.APIError
			if refused := fault.Status != 0; refused && (!errors.As(err, &failure) || failure.StatusCode != fault.Status) {
				t.Errorf("error %v", err)
			}
			if clerk.State().Session == nil || clerk.State().Session.Status != "active" {
				t.Errorf("signed out: %v", clerk.State().Session)
			}
			if err := clerk.Load(t.Context()); err != nil || clerk.State().Session == nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// The sign-in gives the client a new token, and a strict server takes no other from then on.
func TestSignInWhoseAnswerBreaksOff(t *testing.T) {
	srv := withAda(t, fapitest.WithStrictTokens())
	clerk := loaded(t, srv)
	srv.Inject(fapitest.Fault{On: "POST /v1/client/sign_ins", Truncate: true, Times: 1})
	_, err := clerk.SignIns.Create(t.Context(), fapi.SignInCreateParams{Identifier: fapi.Ptr(ada), Password: fapi.Ptr(password)})
	var network *fapi.NetworkError
	if !errors.As(err, &network) {
		t.Errorf("error %v", err)
	}
	if err := clerk.Load(t.Context()); err != nil || clerk.State().Session == nil {
		t.Errorf("afterwards: %v, session %v", err, clerk.State().Session)
	}
}
