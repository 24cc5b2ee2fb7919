package fapitest

import (
	"slices"
	"strings"
)

// The factors of a sign-in: what is prepared, what is attempted.

func (c *call) passwordFactor(a *signIn) *apiError {
	if c.raw("password") == "" {
		return missing("password")
	}
	if a.user == nil || a.user.password == "" {
		return fail("strategy_for_user_invalid", "The verification strategy is not valid for this account.")
	}
	a.first = &verification{object: "verification_password", status: "unverified", strategy: "password"}
	wrong := failParam("form_password_incorrect", "password", "Password is incorrect. Try again, or use another method.")
	if err := c.counted(a.user, c.attempt(a.first, c.raw("password") == a.user.password, wrong)); err != nil {
		return err
	}
	if c.pwned(a.user.password) && c.setting(false, passwordSettings("enforce_hibp_on_sign_in")...) {
		return failParam("form_password_pwned", "password", "Password has been found in an online data breach. For account safety, please reset your password.")
	}
	return c.firstDone(c.client, a, "password")
}

// target is the id of the address that a request names.
func (c *call) target() (member, id string) {
	for _, member := range []string{"email_address_id", "phone_number_id"} {
		if id := c.arg(member); id != "" {
			return member, id
		}
	}
	return "", ""
}

func prepareFirst(c *call, a *signIn) (any, *apiError) {
	strategy := c.arg("strategy")
	if a.status != "needs_first_factor" && a.status != "needs_identifier" {
		return nil, fail("client_state_invalid", "The sign-in does not ask for a first factor.")
	}
	switch {
	case strategy == "passkey":
		a.status, a.first = "needs_first_factor", c.passkeyChallenge()
		return c.signInJSON(a), nil
	case strategy == "trusted_device":
		if err := c.prepareDeviceSignIn(a); err != nil {
			return nil, err
		}
		return c.signInJSON(a), nil
	case byRedirect(strategy): // tells who it is
		if err := c.redirectSignIn(a, strategy); err != nil {
			return nil, err
		}
		return c.signInJSON(a), nil
	case a.user == nil && a.missing == nil:
		return nil, fail("client_state_invalid", "The sign-in has no identifier.")
	}
	member, id := c.target()
	if strategy == "" {
		return nil, missing("strategy")
	}
	if !offers(c.factors(a), strategy, member, id) {
		return nil, failParam("form_param_value_invalid", "strategy", strategy+" does not match one of the allowed values for parameter strategy.")
	}
	switch strategy {
	case "email_link":
		v, err := c.signInLink(a, id)
		if err != nil {
			return nil, err
		}
		a.first = v
	case "email_code", "phone_code", "reset_password_email_code", "reset_password_phone_code":
		a.first = c.sendFactor(a.addresses(), c.factors(a), strategy, id)
	default:
		return nil, fail("verification_strategy_invalid", "There is nothing to prepare for "+strategy+".")
	}
	return c.signInJSON(a), nil
}

// addresses are those that codes and links of an attempt may go to.
func (a *signIn) addresses() []*identifier {
	if a.missing != nil {
		return []*identifier{a.missing}
	}
	return slices.Concat(a.user.emails, a.user.phones)
}

// signInLink sends a link to the address of this id, else to the primary one. A native app gets a ticket for it, which is
// for a user: an address that nobody has takes the link of a page.
func (c *call) signInLink(a *signIn, id string) (*verification, *apiError) {
	k, l := c.client, emailedLink{done: func() *session { return a.session }}
	l.step = func(in *call) *apiError { return in.proved(k, a, "email_link") }
	to := a.missing
	if to == nil {
		to = identifierOf(a.user.emails, firstText(id, a.user.primaryEmail))
		l.complete = func(in *call) (any, *apiError) {
			return object{"flow_id": in.arg("flow_id"), "ticket": in.newTicket(a.user)}, nil
		}
	}
	return c.emailLink(to.value, l)
}

func attemptFirst(c *call, a *signIn) (any, *apiError) {
	strategy := c.arg("strategy")
	if a.status != "needs_first_factor" {
		return nil, fail("client_state_invalid", "The sign-in does not ask for a first factor.")
	}
	var err *apiError
	switch {
	case strategy == "passkey":
		err = c.passkeySignIn(a)
	case strategy == "trusted_device":
		err = c.deviceSignIn(a)
	case byIDToken(strategy):
		err = c.idTokenSignIn(a, strategy)
	case a.user == nil && a.missing == nil:
		err = fail("client_state_invalid", "The sign-in has no identifier.")
	case strategy == "password":
		err = c.passwordFactor(a)
	case strategy == "ticket":
		err = c.ticketSignIn(a)
	case a.first == nil:
		err = fail("verification_missing", "Prepare the verification first.")
	case a.first.strategy != strategy || !strings.HasSuffix(strategy, "_code"):
		err = fail("verification_strategy_invalid", "The verification that was prepared is another one.")
	default:
		if err = c.counted(a.user, c.attemptCode(a.first)); err == nil {
			a.reset = strings.HasPrefix(strategy, "reset_password_")
			err = c.proved(c.client, a, strings.TrimPrefix(strategy, "reset_password_"))
		}
	}
	if err != nil {
		return nil, err
	}
	return c.signInJSON(a), nil
}

func (a *signIn) asksSecond() bool {
	return a.status == "needs_second_factor" || a.status == "needs_client_trust"
}

// seconds are the second factors that the attempt takes now.
func (a *signIn) seconds() []any {
	if a.status == "needs_client_trust" {
		return trustFactors(a.user)
	}
	return secondFactors(a.user)
}

func prepareSecond(c *call, a *signIn) (any, *apiError) {
	if !a.asksSecond() {
		return nil, fail("client_state_invalid", "The sign-in does not ask for a second factor.")
	}
	member, id := c.target()
	strategy := c.arg("strategy")
	if !strings.HasSuffix(strategy, "_code") || strategy == "backup_code" || !offers(a.seconds(), strategy, member, id) {
		return nil, failParam("form_param_value_invalid", "strategy", "The strategy is not one of the second factors that can be prepared.")
	}
	a.second = c.sendFactor(a.addresses(), a.seconds(), strategy, id)
	return c.signInJSON(a), nil
}

func attemptSecond(c *call, a *signIn) (any, *apiError) {
	if !a.asksSecond() {
		return nil, fail("client_state_invalid", "The sign-in does not ask for a second factor.")
	}
	strategy := c.arg("strategy")
	if !offers(a.seconds(), strategy, "", "") {
		return nil, failParam("form_param_value_invalid", "strategy", "The strategy is not one of the second factors.")
	}
	v, err := c.secondFactor(a.user, strategy, a.second)
	if v != nil {
		a.second = v
	}
	if err := c.counted(a.user, err); err != nil {
		return nil, err
	}
	if a.status == "needs_second_factor" {
		a.secondAt = c.now()
	} else {
		a.trust = "known"
	}
	c.factorsDone(c.client, a)
	return c.signInJSON(a), nil
}

// secondFactor checks a code of a user's second factor. prepared is nil for those that need no preparation.
func (c *call) secondFactor(u *user, strategy string, prepared *verification) (*verification, *apiError) {
	code := c.arg("code")
	wrong := failParam("form_code_incorrect", "code", "Incorrect code")
	switch {
	case code == "":
		return nil, missing("code")
	case strategy == "totp":
		v := &verification{object: "verification_totp", status: "unverified", strategy: strategy}
		return v, c.attempt(v, c.goodTOTP(u.totp.secret, code), wrong)
	case strategy == "backup_code":
		v := &verification{object: "verification_backup_code", status: "unverified", strategy: strategy}
		return v, c.attempt(v, u.useBackupCode(code), wrong)
	case prepared == nil || prepared.strategy != strategy:
		return nil, fail("verification_missing", "Prepare the verification first.")
	}
	return prepared, c.attemptCode(prepared)
}

// ticketSignIn signs the user of a ticket in. A ticket is good once.
func (c *call) ticketSignIn(a *signIn) *apiError {
	t := c.state.tickets[c.arg("ticket")]
	switch {
	case c.arg("ticket") == "":
		return missing("ticket")
	case t == nil:
		return failParam("ticket_invalid_code", "ticket", "Ticket is invalid.")
	case t.invitation != nil:
		if err := c.openInvitation(t); err != nil {
			return err
		}
	case t.used:
		return failParam("sign_in_token_already_used_code", "ticket", "This sign-in token has already been used.")
	}
	u := t.user
	if u == nil {
		if u, _, _ = c.state.userByIdentifier(t.invitation.email); u == nil {
			return fail("invitation_account_not_exists", "There is no account for the invited email address.")
		}
	}
	if err := c.mayEnter(u); err != nil {
		return err
	}
	if err := c.notTwice(u); err != nil {
		return err
	}
	a.user, a.identifier = u, u.identifier()
	a.first = &verification{object: "verification_ticket", status: "verified", strategy: "ticket"}
	t.used = true
	if t.invitation != nil {
		c.acceptInvitation(t.org, t.invitation, u)
	}
	return c.firstDone(c.client, a, "ticket")
}

// Ticket is a sign-in token for a user, given by id, username, email or phone number: the strategy ticket takes it, once.
// "" means that there is no such user.
func (s *Server) Ticket(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.find(name)
	if u == nil {
		return ""
	}
	return s.newTicket(u)
}

func (s *Server) newTicket(u *user) string {
	id := s.newID("ticket")
	s.state.tickets[id] = &ticket{user: u}
	return id
}
