package fapitest

import (
	"slices"
	"strings"
	"time"
)

var signInRoutes = []route{
	{name: "POST /v1/client/sign_ins", handle: createSignIn},
	{name: "GET /v1/client/sign_ins/{id}", handle: getSignIn},
	{name: "POST /v1/client/sign_ins/{id}/prepare_first_factor", handle: withSignIn(prepareFirst)},
	{name: "POST /v1/client/sign_ins/{id}/attempt_first_factor", handle: withSignIn(attemptFirst)},
	{name: "POST /v1/client/sign_ins/{id}/prepare_second_factor", handle: withSignIn(prepareSecond)},
	{name: "POST /v1/client/sign_ins/{id}/attempt_second_factor", handle: withSignIn(attemptSecond)},
	{name: "POST /v1/client/sign_ins/{id}/reset_password", handle: withSignIn(resetPassword)},
}

// signIn is an attempt to sign in.
type signIn struct {
	id, status, identifier string
	locale                 string
	user                   *user
	missing                *identifier // typed, and nobody has it: the sign-in is to become a sign-up
	signUpIfMissing        bool
	strategy               string // that verified the first factor
	first, second          *verification
	reset                  bool // the first factor was a code to reset the password
	trust                  string
	secondAt               time.Time
	session                *session
	created                int64
}

func (s *Server) signInJSON(a *signIn) object {
	o := object{"object": "sign_in_attempt", "id": a.id, "status": a.status, "identifier": nothing(a.identifier), "locale": nothing(a.locale), "user_data": nil,
		"supported_identifiers":   texts("email_address", "passkey", "phone_number", "username"),
		"supported_first_factors": nil, "supported_second_factors": nil, "first_factor_verification": a.first.json(),
		"second_factor_verification": a.second.json(), "created_session_id": nil, "abandon_at": a.created + attemptLife}
	if a.session != nil {
		o["created_session_id"] = a.session.id
	}
	if a.trust != "" {
		o["client_trust_state"] = a.trust
	}
	switch a.status {
	case "needs_first_factor":
		o["supported_first_factors"] = s.factors(a)
	case "needs_second_factor":
		o["supported_second_factors"] = secondFactors(a.user)
	case "needs_client_trust":
		o["supported_second_factors"] = trustFactors(a.user)
	}
	return o
}

// firstFactors are the ways in that a user has.
func firstFactors(u *user) []any {
	list := []any{}
	if u == nil {
		return list
	}
	if u.password != "" {
		list = append(list, object{"strategy": "password"})
	}
	if len(u.passkeys) > 0 {
		list = append(list, object{"strategy": "passkey"})
	}
	list = append(list, codeFactors(u, "email_code", "email_link", "phone_code")...)
	for _, e := range u.externals {
		list = append(list, object{"strategy": "oauth_" + e.provider})
	}
	if u.enterprise {
		list = append(list, object{"strategy": "enterprise_sso"})
	}
	return list
}

// factors are the ways in that an attempt offers now. A password is reset by a code to what was typed: an email address or a
// phone number.
func (s *Server) factors(a *signIn) []any {
	switch {
	case a.missing != nil && a.signUpIfMissing:
		return missingFactors(a.missing)
	case a.missing != nil: // it has the domain of an enterprise connection
		return []any{object{"strategy": "enterprise_sso"}}
	}
	list := firstFactors(a.user)
	if a.first != nil && a.first.device != nil {
		list = append(list, object{"strategy": "trusted_device", "trusted_device_id": a.first.device.device.id})
	}
	if a.user == nil || a.user.password == "" {
		return list
	}
	switch _, kind, _ := s.state.userByIdentifier(a.identifier); kind {
	case "email_address":
		list = append(list, codeFactors(a.user, "reset_password_email_code")...)
	case "phone_number":
		list = append(list, codeFactors(a.user, "reset_password_phone_code")...)
	}
	return list
}

// codeFactors are the strategies that send something to one of the user's addresses.
func codeFactors(u *user, strategies ...string) []any {
	list := []any{}
	for _, strategy := range strategies {
		of, member, primary := u.emails, "email_address_id", u.primaryEmail
		if strings.Contains(strategy, "phone") {
			of, member, primary = u.phones, "phone_number_id", u.primaryPhone
		}
		for _, i := range of {
			if i.identifies() {
				list = append(list, object{"strategy": strategy, "safe_identifier": i.value, member: i.id, "primary": i.id == primary})
			}
		}
	}
	return list
}

func secondFactors(u *user) []any {
	list := []any{}
	if u.totpEnabled() {
		list = append(list, object{"strategy": "totp"})
	}
	for _, p := range u.phones {
		if p.second && p.verified() {
			list = append(list, object{"strategy": "phone_code", "safe_identifier": p.value, "phone_number_id": p.id, "default": p.preferred})
		}
	}
	if len(u.backup) > 0 {
		list = append(list, object{"strategy": "backup_code"})
	}
	return list
}

// trustFactors prove that a new device is the user's.
func trustFactors(u *user) []any { return codeFactors(u, "email_code", "phone_code") }

// offers tells whether a strategy is among factors, for this address if one is named.
func offers(factors []any, strategy, member, id string) bool {
	return slices.ContainsFunc(factors, func(f any) bool {
		o := f.(object)
		return o["strategy"] == strategy && (id == "" || o[member] == id)
	})
}

// createSignIn starts an attempt, which replaces the one before it.
func createSignIn(c *call) (any, *apiError) {
	if c.single() && c.client != nil && len(c.client.live()) > 0 {
		return nil, fail("session_exists", "You're currently in single session mode. You can only be signed into one account at a time.").
			with("session_id", c.client.live()[0].id)
	}
	if name := c.arg("identifier"); name != "" {
		if err := c.mayTry(name); err != nil {
			return nil, err
		}
	}
	if c.flag("sign_up_if_missing") {
		if err := c.wantsCaptcha(); err != nil {
			return nil, err
		}
	}
	k := c.device()
	a := &signIn{id: c.newID("sia"), status: "needs_identifier", created: c.millis(), identifier: c.arg("identifier"), locale: c.arg("locale"),
		signUpIfMissing: c.flag("sign_up_if_missing")}
	a.user, _, _ = c.state.userByIdentifier(a.identifier)
	if a.user == nil && a.identifier != "" { // mayTry lets it pass
		a.missing = c.newIdentifier(a.identifier, nil)
	}
	if a.identifier != "" {
		a.status = "needs_first_factor"
	}
	if err := c.startSignIn(k, a); err != nil {
		return nil, err
	}
	k.signIn = a
	return c.signInJSON(a), nil
}

// startSignIn takes the first step of an attempt, as far as the request names one.
func (c *call) startSignIn(k *client, a *signIn) (err *apiError) {
	nobody := a.identifier == ""
	switch strategy := c.arg("strategy"); {
	case c.flag("transfer"):
		err = c.transferToSignIn(a)
	case strategy == "ticket":
		err = c.ticketSignIn(a)
	case strategy == "trusted_device":
		err = c.prepareDeviceSignIn(a)
	case byIDToken(strategy):
		err = c.idTokenSignIn(a, strategy)
	case byRedirect(strategy) && strategy != "enterprise_sso", strategy == "enterprise_sso" && c.arg("redirect_url") != "":
		err = c.redirectSignIn(a, strategy)
	case strategy == "passkey":
		a.status = "needs_first_factor"
		a.first = c.passkeyChallenge()
	case nobody && (c.raw("password") != "" || identifierStrategy(strategy)):
		err = missing("identifier")
	case nobody && strategy != "" && strategy != "enterprise_sso":
		err = failParam("form_param_value_invalid", "strategy", strategy+" does not match one of the allowed values for parameter strategy.")
	case nobody:
	case c.raw("password") != "" || strategy == "password":
		k.signIn = a
		err = c.passwordFactor(a)
	case strategy != "" && strategy != "enterprise_sso": // that is prepared afterwards, when there is no redirect_url yet
		k.signIn = a
		_, err = prepareFirst(c, a)
	}
	return err
}

// identifierStrategy tells whether a strategy needs to know who it is about.
func identifierStrategy(strategy string) bool {
	return slices.Contains([]string{"password", "email_code", "email_link", "phone_code", "reset_password_email_code", "reset_password_phone_code"}, strategy)
}

// mayTry refuses an identifier that nobody has, or somebody who may not sign in here.
func (c *call) mayTry(name string) *apiError {
	u, _, _ := c.state.userByIdentifier(name)
	switch {
	case u == nil && c.flag("sign_up_if_missing") && c.mayBeMissing(name), u == nil && c.arg("strategy") == "enterprise_sso" && c.enterpriseDomain(name):
		return nil
	case u == nil:
		return failParam("form_identifier_not_found", "identifier", "Couldn't find your account.")
	}
	if err := c.mayEnter(u); err != nil {
		return err
	}
	return c.notTwice(u)
}

// notTwice refuses a second session of one user on a client.
func (c *call) notTwice(u *user) *apiError {
	if c.client == nil {
		return nil
	}
	for _, x := range c.client.live() {
		if x.user == u {
			return fail("identifier_already_signed_in", "You're already signed in.").with("session_id", x.id)
		}
	}
	return nil
}

// withSignIn finds the attempt of the path: the client's own, and only while it lasts.
func withSignIn(handle func(*call, *signIn) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		if c.client == nil || c.client.signIn == nil || c.client.signIn.id != c.args["id"] {
			return nil, notFound("Sign in")
		}
		a := c.client.signIn
		if a.created+attemptLife <= c.millis() {
			a.status = "abandoned"
			return nil, fail("client_state_invalid", "The sign-in has been abandoned.")
		}
		if a.user != nil && c.method != "GET" {
			if err := c.mayEnter(a.user); err != nil {
				return nil, err
			}
		}
		return handle(c, a)
	}
}

func getSignIn(c *call) (any, *apiError) {
	if err := c.redeemNonce(); err != nil {
		return nil, err
	}
	return withSignIn(func(c *call, a *signIn) (any, *apiError) { return c.signInJSON(a), nil })(c)
}

// firstDone is what comes after a first factor.
func (c *call) firstDone(k *client, a *signIn, strategy string) *apiError {
	if err := c.mayEnter(a.user); err != nil {
		return err
	}
	if err := c.notTwiceOn(k, a.user); err != nil {
		return err
	}
	a.strategy, a.missing = strategy, nil
	switch {
	case a.reset:
		a.status = "needs_new_password"
	case a.user.secondFactor():
		a.status = "needs_second_factor"
	case c.cfg.clientTrust && strategy == "password" && !k.trusted[a.user]:
		a.status, a.trust = "needs_client_trust", "new"
	default:
		c.factorsDone(k, a)
	}
	return nil
}

func (c *call) notTwiceOn(k *client, u *user) *apiError {
	before := c.client
	c.client = k
	defer func() { c.client = before }()
	return c.notTwice(u)
}

// factorsDone ends an attempt, unless the user has to choose a new password.
func (c *call) factorsDone(k *client, a *signIn) {
	if a.user.mustSet {
		a.status = "needs_new_password"
		return
	}
	a.status = "complete"
	a.session = c.startSession(k, a.user, a.strategy, a.secondAt)
	a.session.identifier = a.identifier
}

func resetPassword(c *call, a *signIn) (any, *apiError) {
	if a.status != "needs_new_password" {
		return nil, fail("client_state_invalid", "The sign-in does not ask for a new password.")
	}
	if err := c.checkPassword("password"); err != nil {
		return nil, err
	}
	a.user.setPassword(c.raw("password"), c.millis())
	a.user.mustSet, a.user.mustReset = false, false
	if c.flag("sign_out_of_other_sessions") {
		for _, x := range c.sessionsOf(a.user) {
			if x.signedIn() {
				c.end(x, "revoked")
			}
		}
	}
	if a.reset && a.user.secondFactor() && a.secondAt.IsZero() {
		a.reset, a.status = false, "needs_second_factor"
	} else {
		c.factorsDone(c.client, a)
	}
	return c.signInJSON(a), nil
}
