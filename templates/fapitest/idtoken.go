package fapitest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ID tokens: a native app asks the system who its user is, and hands the provider's token in. No page is visited.

// idTokenLife is how long a token of IDToken is good.
const idTokenLife = time.Hour

// idTokenAudience is the app at the provider.
const idTokenAudience = "fapitest.apps.example.com"

// byIDToken reports whether a strategy takes a provider's ID token.
func byIDToken(strategy string) bool {
	return strategy == "google_one_tap" || strings.HasPrefix(strategy, "oauth_token_")
}

// idIdentity is what an ID token says of somebody.
type idIdentity struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	First    string `json:"given_name"`
	Last     string `json:"family_name"`
	Expires  int64  `json:"exp"`
}

// IDToken is the ID token that a provider gives the app of a user, named by id, username, email address or phone number; of an
// email address that no user has it is somebody's who may sign up. The strategies google_one_tap and oauth_token_* take it as
// the parameter token, of whichever provider it is, for an hour of the server's clock, any number of times. "" means that the
// name is neither a user's nor an email address.
func (s *Server) IDToken(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	claims := object{"iss": s.idTokenIssuer(), "aud": idTokenAudience, "iat": now.Unix(), "exp": now.Add(idTokenLife).Unix()}
	switch u := s.state.find(name); {
	case u != nil:
		claims["sub"], claims["given_name"], claims["family_name"] = u.id, u.first, u.last
		if i := identifierOf(u.emails, u.primaryEmail); i != nil {
			claims["email"], claims["email_verified"] = i.value, true
		}
	case validEmail(name):
		claims["sub"], claims["email"], claims["email_verified"] = "visitor|"+strings.ToLower(name), name, true
	default:
		return ""
	}
	return s.sign(object{}, claims)
}

func (s *Server) idTokenIssuer() string { return s.issuer() + "/provider" }

// readIDToken checks the token of a request: who signed it, for whom, and when it expires.
func (c *call) readIDToken(strategy string) (who idIdentity, err *apiError) {
	if err := c.enabledProvider(strategy); err != nil {
		return who, err
	}
	token := c.arg("token")
	if token == "" {
		return who, missing("token")
	}
	if c.verify(token, &who) && who.Issuer == c.idTokenIssuer() && who.Audience == idTokenAudience && who.Subject != "" && who.Expires > c.now().Unix() {
		return who, nil
	}
	if strategy == "google_one_tap" {
		return who, failParam("google_one_tap_token_invalid", "token", "The token is not valid.")
	}
	return who, fail("oauth_token_exchange_error", "The token is not valid, or has expired.")
}

// userOfIDToken finds whose token it is: by the account at the provider, the verified email address, or the id.
func (s *Server) userOfIDToken(strategy string, who idIdentity) *user {
	if who.Email != "" && who.Verified {
		u, _ := s.providerUser(provider(strategy), who.Email)
		return u
	}
	i := slices.IndexFunc(s.state.users, func(u *user) bool { return u.id == who.Subject })
	if i < 0 {
		return nil
	}
	return s.state.users[i]
}

// idTokenVerified is the verification that an accepted token gives.
func idTokenVerified(strategy string) *verification {
	v := externalVerified(strategy)
	v.strategy = strategy
	if strategy == "google_one_tap" {
		v.object = "verification_google_one_tap"
	}
	return v
}

func (c *call) idTokenSignIn(a *signIn, strategy string) *apiError {
	who, err := c.readIDToken(strategy)
	if err != nil {
		return err
	}
	u := c.userOfIDToken(strategy, who)
	switch {
	case u == nil:
		return fail("external_account_not_found", "The external account was not found.")
	case a.user != nil && a.user != u:
		return fail("strategy_for_user_invalid", "The account at the provider is of another user.")
	}
	if err := cmp.Or(c.mayEnter(u), c.notTwice(u)); err != nil {
		return err
	}
	c.connect(u, strategy, who.Email)
	a.user, a.identifier, a.first = u, firstText(a.identifier, u.identifier()), idTokenVerified(strategy)
	return c.firstDone(c.client, a, strategy)
}

// idTokenSignUp takes over what the token says. Who has an account already is to sign in instead.
func (c *call) idTokenSignUp(a *signUp, strategy string) *apiError {
	who, err := c.readIDToken(strategy)
	if err != nil {
		return err
	}
	a.external = idTokenVerified(strategy)
	if u := c.userOfIDToken(strategy, who); u != nil {
		a.external.status, a.external.failure = "transferable", fail("external_account_exists", "The external account exists already.")
		c.device().transfer = &transfer{strategy: strategy, email: who.Email, user: u}
		return nil
	}
	a.externalEmail = who.Email
	a.email, a.first, a.last = firstText(a.email, who.Email), firstText(a.first, who.First), firstText(a.last, who.Last)
	return nil
}

// idTokenConnect connects the account of a token with the user.
func (c *call) idTokenConnect(strategy string) (any, *apiError) {
	who, err := c.readIDToken(strategy)
	if err != nil {
		return nil, err
	}
	if owner := c.userOfIDToken(strategy, who); owner != nil && owner != c.user() {
		return nil, fail("oauth_identification_claimed", "The account at the provider is of another user.")
	}
	c.connect(c.user(), strategy, who.Email)
	u := c.user()
	return c.externalJSON(u)(u.externals[len(u.externals)-1]), nil
}
