package fapitest

import "strings"

// Sign-ins with sign_up_if_missing: an identifier that nobody has is verified by a code or a link, then the sign-in is
// transferable. The sign-up that goes on has the address, verified.

// mayBeMissing reports whether a sign-up could begin with an identifier: an email address or a phone number.
func (s *Server) mayBeMissing(identifier string) bool {
	return validEmail(identifier) && s.attributeIs("email_address", "enabled") || phoneForm.MatchString(identifier) && s.attributeIs("phone_number", "enabled")
}

// missingFactors are the ways to verify an identifier that nobody has.
func missingFactors(i *identifier) []any {
	if !strings.Contains(i.value, "@") {
		return []any{object{"strategy": "phone_code", "safe_identifier": i.value, "phone_number_id": i.id, "primary": true}}
	}
	list := []any{}
	for _, strategy := range []string{"email_code", "email_link"} {
		list = append(list, object{"strategy": strategy, "safe_identifier": i.value, "email_address_id": i.id, "primary": true})
	}
	return list
}

// proved goes on after a code or a link: with the user, or to a sign-up when there still is none.
func (c *call) proved(k *client, a *signIn, strategy string) *apiError {
	if a.missing == nil {
		return c.firstDone(k, a, strategy)
	}
	if u, _, _ := c.state.userByIdentifier(a.missing.value); u != nil {
		a.user = u
		return c.firstDone(k, a, strategy)
	}
	check := &verification{object: "verification_otp", status: "verified", strategy: strategy, expires: a.first.expires}
	k.transfer = &transfer{strategy: strategy, check: check}
	switch strategy {
	case "phone_code":
		k.transfer.phone = a.missing.value
	case "email_link":
		check.object = "verification_email_link"
		fallthrough
	default:
		k.transfer.email = a.missing.value
	}
	a.first.status, a.first.failure = "transferable", fail("sign_up_if_missing_transfer", "There is no account with this identifier. You can sign up with it.")
	return nil
}
