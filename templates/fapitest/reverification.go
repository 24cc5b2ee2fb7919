package fapitest

import (
	"slices"
	"strings"
)

var reverificationRoutes = []route{
	{name: "POST /v1/client/sessions/{id}/verify", access: byClient, handle: withSession(startReverification)},
	{name: "POST /v1/client/sessions/{id}/verify/prepare_first_factor", access: byClient, handle: withReverification(prepareReverification)},
	{name: "POST /v1/client/sessions/{id}/verify/attempt_first_factor", access: byClient, handle: withReverification(attemptReverification)},
	{name: "POST /v1/client/sessions/{id}/verify/prepare_second_factor", access: byClient, handle: withReverification(prepareReverification)},
	{name: "POST /v1/client/sessions/{id}/verify/attempt_second_factor", access: byClient, handle: withReverification(attemptReverification)},
}

// reverification proves again who is behind a session.
type reverification struct {
	level, status string
	first, second *verification
}

func (c *call) reverificationJSON(x *session) object {
	r := x.verify
	o := object{"object": "session_reverification", "level": r.level, "status": r.status, "supported_first_factors": nil, "supported_second_factors": nil,
		"first_factor_verification": r.first.json(), "second_factor_verification": r.second.json(), "session": c.sessionJSON(x)}
	switch r.status {
	case "needs_first_factor":
		o["supported_first_factors"] = reverifyFactors(x.user)
	case "needs_second_factor":
		o["supported_second_factors"] = secondFactors(x.user)
	}
	return o
}

// reverifyFactors are the first factors without what resets a password or leads to another flow.
func reverifyFactors(u *user) []any {
	list := []any{}
	for _, f := range firstFactors(u) {
		switch strategy := f.(object)["strategy"].(string); {
		case strategy == "password", strategy == "email_code", strategy == "phone_code", strategy == "passkey":
			list = append(list, f)
		}
	}
	return list
}

func startReverification(c *call, x *session) (any, *apiError) {
	level := firstText(c.arg("level"), "first_factor")
	r := &reverification{level: level, status: "needs_first_factor"}
	if level == "second_factor" {
		r.status = "needs_second_factor"
		if !x.user.secondFactor() {
			r.status = "needs_first_factor" // the strongest that there is
		}
	}
	x.verify = r
	return c.reverificationJSON(x), nil
}

func withReverification(handle func(*call, *session, bool) (any, *apiError)) func(*call) (any, *apiError) {
	return withSession(func(c *call, x *session) (any, *apiError) {
		if x.verify == nil {
			return nil, fail("session_reverification_missing", "Start the reverification first.")
		}
		second := strings.HasSuffix(c.path, "_second_factor")
		if want := map[bool]string{false: "needs_first_factor", true: "needs_second_factor"}[second]; x.verify.status != want {
			return nil, fail("invalid_action_for_session_reverification", "The reverification does not ask for this factor.")
		}
		return handle(c, x, second)
	})
}

func prepareReverification(c *call, x *session, second bool) (any, *apiError) {
	strategy := c.arg("strategy")
	member, id := c.target()
	factors := reverifyFactors(x.user)
	if second {
		factors = secondFactors(x.user)
	}
	if !offers(factors, strategy, member, id) || strategy == "password" || strategy == "totp" || strategy == "backup_code" {
		return nil, failParam("form_param_value_invalid", "strategy", "The strategy is not one of the factors that can be prepared.")
	}
	var v *verification
	if strategy == "passkey" {
		v = c.passkeyChallenge()
	} else {
		v = c.sendFactor(slices.Concat(x.user.emails, x.user.phones), factors, strategy, id)
	}
	if second {
		x.verify.second = v
	} else {
		x.verify.first = v
	}
	return c.reverificationJSON(x), nil
}

func attemptReverification(c *call, x *session, second bool) (any, *apiError) {
	r, strategy := x.verify, c.arg("strategy")
	if second {
		if !offers(secondFactors(x.user), strategy, "", "") {
			return nil, failParam("form_param_value_invalid", "strategy", "The strategy is not one of the second factors.")
		}
		v, err := c.secondFactor(x.user, strategy, r.second)
		if v != nil {
			r.second = v
		}
		if err != nil {
			return nil, err
		}
		x.second, r.status = c.now(), "complete"
		return c.reverificationJSON(x), nil
	}
	if err := c.reverifyFirst(x, strategy); err != nil {
		return nil, err
	}
	x.first, r.status = c.now(), "complete"
	if r.level == "multi_factor" && x.user.secondFactor() {
		r.status = "needs_second_factor"
	}
	return c.reverificationJSON(x), nil
}

func (c *call) reverifyFirst(x *session, strategy string) *apiError {
	r := x.verify
	switch {
	case strategy == "password":
		r.first = &verification{object: "verification_password", status: "unverified", strategy: strategy}
		return c.attempt(r.first, c.raw("password") != "" && c.raw("password") == x.user.password,
			failParam("form_password_incorrect", "password", "Password is incorrect. Try again, or use another method."))
	case r.first == nil || r.first.strategy != strategy:
		return fail("verification_missing", "Prepare the verification first.")
	case strategy == "passkey":
		return c.attempt(r.first, x.user.passkeyOf(c.arg("public_key_credential")) != nil, fail("passkey_authentication_failure", "The passkey was not accepted."))
	}
	return c.attemptCode(r.first)
}
