package fapitest

import (
	"strings"
)

// Sign-ups by a provider, an enterprise connection or an invitation.

// byRedirect reports whether a strategy leads through a page of somebody else.
func byRedirect(strategy string) bool {
	return strings.HasPrefix(strategy, "oauth_") && !byIDToken(strategy) || strategy == "enterprise_sso"
}

// redirectSignUp sends somebody to a provider. Who has an account already is to sign in instead.
func (c *call) redirectSignUp(a *signUp, strategy string) *apiError {
	if err := c.enabledProvider(strategy); err != nil {
		return err
	}
	address := firstText(c.arg("email_address"), a.email)
	if strategy == "enterprise_sso" && !c.enterpriseDomain(address) {
		return fail("enterprise_sso_sign_up_connection_missing", "There is no enterprise connection for this email address.")
	}
	v, err := c.toProvider(strategy, func(in *call, who visitor, v *verification) (*session, bool) {
		if strategy == "enterprise_sso" {
			who.email = firstText(who.email, address)
		}
		u, email := in.providerUser(provider(strategy), who.email)
		if u != nil {
			v.status, v.failure = "transferable", fail("external_account_exists", "The external account exists already.")
			in.client.transfer = &transfer{strategy: strategy, email: email}
			return nil, false
		}
		v.status = "verified"
		a.externalEmail = email
		a.email = firstText(a.email, email)
		if err := in.finishSignUp(in.client, a); err != nil {
			v.status, v.failure = "failed", err
		}
		return a.session, a.session != nil
	})
	if err == nil {
		a.external = v
	}
	return err
}

// transferToSignUp goes on with what a sign-in found at a provider.
func (c *call) transferToSignUp(a *signUp) *apiError {
	if c.client == nil || c.client.transfer == nil {
		return fail("account_transfer_invalid", "There is nothing to transfer.")
	}
	t := c.client.transfer
	switch {
	case t.check == nil:
		a.external = externalVerified(t.strategy)
		a.email, a.externalEmail = t.email, t.email
	case t.email != "":
		a.email, a.emailCheck = t.email, t.check
	default:
		a.phone, a.phoneCheck = t.phone, t.check
	}
	return nil
}

// transferToSignIn goes on with what a sign-up found at a provider.
func (c *call) transferToSignIn(a *signIn) *apiError {
	if c.client == nil || c.client.transfer == nil || c.client.transfer.check != nil {
		return fail("account_transfer_invalid", "There is nothing to transfer.")
	}
	t := c.client.transfer
	u := t.user
	if u == nil {
		u, _ = c.providerUser(provider(t.strategy), t.email)
	}
	if u == nil {
		return fail("external_account_not_found", "The external account was not found.")
	}
	c.client.transfer = nil
	c.connect(u, t.strategy, t.email)
	a.user, a.identifier, a.first = u, u.identifier(), externalVerified(t.strategy)
	return c.firstDone(c.client, a, t.strategy)
}

// ticketSignUp accepts an invitation to an organization.
func (c *call) ticketSignUp(a *signUp) *apiError {
	t := c.state.tickets[c.arg("ticket")]
	if t == nil || t.invitation == nil {
		return failParam("ticket_invalid_code", "ticket", "Ticket is invalid.")
	}
	if err := c.openInvitation(t); err != nil {
		return err
	}
	a.email, a.emailCheck = t.invitation.email, &verification{object: "verification_ticket", status: "verified", strategy: "ticket"}
	a.ticket = t
	return nil
}
