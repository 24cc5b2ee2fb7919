package fapitest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Flows that lead through a browser: providers, enterprise connections, hosted pages, links in emails. The page that the
// user is sent to is one of this server's: GET it, as a browser would, with ?email=... for somebody's address there, and
// it redirects back. Without an address it is that of the first user who has an account at the provider. With
// ?error=access_denied the user refuses.

var browserRoutes = []route{
	{name: "GET /visit/{id}", mode: bare, handle: openVisit},
	{name: "GET /v1/verify", mode: bare, handle: openVisit},
	{name: "POST /v1/dev_browser", mode: bare, handle: createDevBrowser},
}

// newVisit makes a page and gives its URL.
func (s *Server) newVisit(v *visit) string {
	id := s.newID("visit")
	s.state.visits[id] = v
	return s.URL() + "/visit/" + id
}

func openVisit(c *call) (any, *apiError) {
	id := firstText(c.args["id"], c.query.Get("token"))
	v := c.state.visits[id]
	if v == nil {
		return nil, fail("verification_link_token_invalid", "The link is not valid, or has been used.")
	}
	if _, err := url.Parse(v.redirect); err != nil {
		return nil, invalidRedirect("redirect_url")
	}
	delete(c.state.visits, id)
	arrived := v.arrive(visitor{c.query.Get("email"), c.query.Has("error")})
	target, err := url.Parse(v.redirect) // arrive may have changed it
	if err != nil {
		return nil, invalidRedirect("redirect_url")
	}
	query := target.Query()
	maps.Copy(query, arrived)
	target.RawQuery = query.Encode()
	c.header.Set("Location", target.String())
	c.client, c.status = nil, http.StatusSeeOther
	return nil, nil
}

func createDevBrowser(c *call) (any, *apiError) {
	id := c.newBrowser()
	c.client = nil
	c.header.Set("Clerk-Db-Jwt", id)
	return object{"id": id}, nil
}

func (s *Server) newBrowser() string {
	id := s.newID("dvb")
	s.state.browsers[id] = nil
	return id
}

// provider is the name in a strategy such as oauth_google, oauth_token_apple or google_one_tap.
func provider(strategy string) string {
	if strategy == "google_one_tap" {
		return "google"
	}
	return strings.TrimPrefix(strings.TrimPrefix(strategy, "oauth_"), "token_")
}

// enabledProvider refuses a provider that the instance does not have.
func (c *call) enabledProvider(strategy string) *apiError {
	if strategy == "enterprise_sso" || c.setting(false, "user_settings", "social", "oauth_"+provider(strategy), "enabled") {
		return nil
	}
	return fail("oauth_provider_not_enabled", "The provider is not enabled for this instance.")
}

func invalidRedirect(param string) *apiError {
	return fail("invalid_redirect_url", param+" is not a valid URL.")
}

// destinations are where a provider leads back to: the one for what is left to do, and the one for a flow that is finished.
func (c *call) destinations() (back, complete string, err *apiError) {
	for _, param := range []string{"redirect_url", "action_complete_redirect_url"} {
		if u, err := url.Parse(c.arg(param)); err != nil || c.arg(param) != "" && u.Scheme == "" {
			return "", "", invalidRedirect(param)
		}
	}
	back = c.arg("redirect_url")
	if back == "" {
		return "", "", missing("redirect_url")
	}
	return back, firstText(c.arg("action_complete_redirect_url"), back), nil
}

// toProvider sends the user to a page of a provider, by the redirect of the verification that it gives. Back from there
// step goes on, and gives the session that came of it, if any, and whether the flow is finished.
func (c *call) toProvider(strategy string, step func(in *call, who visitor, v *verification) (*session, bool)) (*verification, *apiError) {
	back, complete, err := c.destinations()
	if err != nil {
		return nil, err
	}
	v := &verification{object: "verification_oauth", status: "unverified", strategy: strategy, expires: c.millis() + codeLife}
	s, k, native, page := c.Server, c.device(), c.native, &visit{redirect: back}
	page.arrive = func(who visitor) url.Values {
		var x *session
		finished := false
		if who.refuses {
			v.status, v.failure = "failed", fail("oauth_access_denied", "You did not grant access to your account.")
		} else {
			x, finished = step(&call{Server: s, client: k, native: native}, who, v)
		}
		if finished {
			page.redirect = complete
		}
		k.updated = max(s.millis(), k.updated+1)
		return s.backFromProvider(k, native, v, x)
	}
	v.redirect = c.newVisit(page)
	return v, nil
}

// backFromProvider is what the redirect back carries. x is the session that came of it, if any.
func (s *Server) backFromProvider(k *client, native bool, v *verification, x *session) url.Values {
	values := url.Values{}
	if v.status == "failed" {
		values.Set("__clerk_status", "failed")
		values.Set("__clerk_error_code", v.failure.code)
	}
	if native {
		s.rotate(k)
		values.Set("rotating_token_nonce", s.newNonce(k, ""))
	}
	if x != nil {
		values.Set("created_session_id", x.id)
		values.Set("__clerk_created_session", x.id)
		values.Set("__clerk_status", "completed")
	}
	return values
}

// redirectSignIn sends a user to a provider. Back from there the attempt goes on, or is transferable.
func (c *call) redirectSignIn(a *signIn, strategy string) *apiError {
	if err := c.enabledProvider(strategy); err != nil {
		return err
	}
	if strategy == "enterprise_sso" && !c.entersByEnterprise(a) {
		return fail("enterprise_sso_sign_in_connection_missing", "There is no enterprise connection for this identifier.")
	}
	v, err := c.toProvider(strategy, func(in *call, who visitor, v *verification) (*session, bool) {
		u, email := a.user, a.identifier
		switch {
		case strategy != "enterprise_sso":
			u, email = in.providerUser(provider(strategy), who.email)
		case u != nil:
			email = u.enterpriseEmail(email)
		default: // somebody may have signed up meanwhile
			u, _, _ = in.state.userByIdentifier(email)
		}
		if u == nil {
			v.status, v.failure = "transferable", fail("external_account_not_found", "The external account was not found.")
			in.client.transfer = &transfer{strategy: strategy, email: email}
			return nil, false
		}
		a.user, v.status = u, "verified"
		a.identifier = firstText(a.identifier, u.identifier())
		if err := in.firstDone(in.client, a, strategy); err != nil {
			v.status, v.failure = "failed", err
		} else {
			in.connect(u, strategy, email)
		}
		return a.session, a.session != nil
	})
	if err == nil {
		a.first = v
	}
	return err
}

// transfer is what a flow found out of somebody whom the other flow has to do with: what a provider told, or an identifier
// that nobody has, with its verification.
type transfer struct {
	strategy, email, phone string
	user                   *user         // that the account at the provider is of, where it was found by more than its email address
	check                  *verification // nil of a provider
}

// providerUser finds who has an account at a provider; nil when nobody has that.
func (s *Server) providerUser(provider, email string) (*user, string) {
	for _, u := range s.state.users {
		for _, e := range u.externals {
			if e.provider == provider && (email == "" || e.email == email) && e.verification != nil && e.verification.status == "verified" {
				return u, e.email
			}
		}
	}
	if email == "" {
		return nil, "visitor@example.com"
	}
	u, _, _ := s.state.userByIdentifier(email)
	return u, email
}

// connect gives a user the account at a provider by which an email address was found.
func (s *Server) connect(u *user, strategy, email string) {
	if strategy == "enterprise_sso" {
		s.connectEnterprise(u, email)
		return
	}
	if slices.ContainsFunc(u.externals, func(e *external) bool { return e.provider == provider(strategy) }) {
		return
	}
	u.externals = append(u.externals, s.newExternal(strategy, email, externalVerified(strategy)))
	u.updated = s.millis()
}

// createHostedAuth sends a native app's user to a page that signs in: the user whose email it is given, else the first.
func createHostedAuth(c *call) (any, *apiError) {
	for _, param := range []string{"redirect_url", "code_challenge", "state"} {
		if c.arg(param) == "" {
			return nil, missing(param)
		}
	}
	k, state, challenge := c.device(), c.arg("state"), c.arg("code_challenge")
	page := c.newVisit(&visit{redirect: c.arg("redirect_url"), arrive: func(who visitor) url.Values {
		s := c.Server
		u := s.state.find(who.email)
		if who.email == "" && len(s.state.users) > 0 {
			u = s.state.users[0]
		}
		values := url.Values{"state": {state}}
		if u == nil || who.refuses || s.mayEnter(u) != nil {
			values.Set("error", "access_denied")
			return values
		}
		x := s.startSession(k, u, "hosted_auth", s.now().Add(-1)) // the page asks for all factors
		values.Set("created_session_id", x.id)
		values.Set("rotating_token_nonce", s.newNonce(k, challenge))
		return values
	}})
	return object{"object": "hosted_auth", "url": page}, nil
}

func noSession() *session { return nil }
