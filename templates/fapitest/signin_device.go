package fapitest

import "cmp"

// prepareDeviceSignIn gives a sign-in the challenge of a trusted device, which tells who the user is.
func (c *call) prepareDeviceSignIn(a *signIn) *apiError {
	if err := c.devicesEnabled(); err != nil {
		return err
	}
	id := c.arg("trusted_device_id")
	if id == "" {
		return missing("trusted_device_id")
	}
	u, d := c.deviceOf(id)
	if d == nil || a.user != nil && a.user != u {
		return notRegistered()
	}
	if err := cmp.Or(c.mayEnter(u), c.notTwice(u)); err != nil {
		return err
	}
	challenge := c.newChallenge(deviceChallenge{device: d}, "trusted_device.sign_in")
	a.user, a.missing, a.status = u, nil, "needs_first_factor"
	a.first = &verification{object: "verification_trusted_device", status: "unverified", strategy: "trusted_device", expires: challenge.expires, device: challenge}
	return nil
}

func notRegistered() *apiError {
	return failParam("trusted_device_not_registered", "trusted_device_id", "The device is not a trusted device.")
}

// deviceSignIn checks the signature of the challenge.
func (c *call) deviceSignIn(a *signIn) *apiError {
	if a.first == nil || a.first.device == nil {
		return fail("verification_missing", "Prepare the verification first.")
	}
	challenge := a.first.device
	id, err := c.challengeID()
	switch u, d := c.deviceOf(challenge.device.id); {
	case err != nil:
		return err
	case d == nil || u != a.user: // it was revoked meanwhile
		return notRegistered()
	case c.arg("trusted_device_id") != "" && c.arg("trusted_device_id") != challenge.device.id:
		return failParam("trusted_device_binding_mismatch", "trusted_device_id", "The challenge is of another device.")
	case c.arg("algorithm") != "" && c.arg("algorithm") != "ES256":
		return failParam("form_param_value_invalid", "algorithm", "algorithm does not match the allowed value ES256.")
	case id != challenge.id:
		return fail("trusted_device_challenge_not_found", "The challenge was not found.")
	}
	err = c.signedChallenge(challenge, challenge.device.key)
	if err != nil && err.code == "trusted_device_challenge_expired" {
		a.first.status, c.changed = "expired", true
		return err
	}
	if err := c.attempt(a.first, err == nil, err); err != nil {
		return err
	}
	challenge.device.used, challenge.device.updated = c.millis(), c.millis()
	a.identifier = firstText(a.identifier, a.user.identifier())
	return c.firstDone(c.client, a, "trusted_device")
}
