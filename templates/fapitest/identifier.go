package fapitest

import "slices"

// Email addresses, phone numbers and web3 wallets of a user: the same operations, other names.

// identifierKind is what tells them apart.
type identifierKind struct {
	path, param, strategy, object string
	list                          func(*user) *[]*identifier
	json                          func(*identifier) object
}

var identifierKinds = []identifierKind{
	{"email_addresses", "email_address", "email_code", "email_address", func(u *user) *[]*identifier { return &u.emails }, emailJSON},
	{"phone_numbers", "phone_number", "phone_code", "phone_number", func(u *user) *[]*identifier { return &u.phones }, phoneJSON},
	{"web3_wallets", "web3_wallet", "web3_metamask_signature", "web3_wallet", func(u *user) *[]*identifier { return &u.wallets }, walletJSON},
}

var identifierRoutes = func() []route {
	var all []route
	for _, k := range identifierKinds {
		root := "/v1/me/" + k.path
		all = append(all,
			route{name: "GET " + root, access: byUser, mode: bare, handle: func(c *call) (any, *apiError) { return listOf(*k.list(c.user()), k.json), nil }},
			route{name: "POST " + root, access: byUser, handle: k.create},
			route{name: "GET " + root + "/{id}", access: byUser, handle: k.with(func(c *call, i *identifier) (any, *apiError) { return k.json(i), nil })},
			route{name: "DELETE " + root + "/{id}", access: byUser, handle: k.with(k.remove)},
			route{name: "POST " + root + "/{id}/prepare_verification", access: byUser, handle: k.with(k.prepare)},
			route{name: "POST " + root + "/{id}/attempt_verification", access: byUser, handle: k.with(k.attempt)})
	}
	return append(all, route{name: "PATCH /v1/me/phone_numbers/{id}", access: byUser, handle: identifierKinds[1].with(updatePhone)})
}()

func (k identifierKind) with(handle func(*call, *identifier) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		i := identifierOf(*k.list(c.user()), c.args["id"])
		if i == nil {
			return nil, notFound("Resource")
		}
		return handle(c, i)
	}
}

func (k identifierKind) create(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	value := c.arg(k.param)
	if err := c.checkIdentifier(k.param, value, nil); err != nil {
		return nil, err
	}
	list := k.list(c.user())
	for _, i := range *list {
		if i.value == value {
			return nil, failParam("form_identifier_exists", k.param, "You have that already.")
		}
	}
	i := c.newIdentifier(value, nil)
	*list = append(*list, i)
	c.user().updated = c.millis()
	return k.json(i), nil
}

// remove takes an identifier away, but not the last one that the account needs.
func (k identifierKind) remove(c *call, i *identifier) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	list := k.list(u)
	isOther := func(other *identifier) bool { return other != i && other.identifies() }
	last := u.username == "" && len(u.externals) == 0 && !slices.ContainsFunc(slices.Concat(u.emails, u.phones, u.wallets), isOther)
	if i.identifies() && (last || c.attributeIs(k.param, "required") && !slices.ContainsFunc(*list, isOther)) {
		return nil, fail("last_required_identification_deletion_failed", "You must have at least one "+k.param+".")
	}
	*list = slices.DeleteFunc(*list, func(other *identifier) bool { return other == i })
	if i.second {
		c.secondFactorChanged(u)
	}
	u.choosePrimaries()
	u.updated = c.millis()
	return deletedJSON(k.object, i.id), nil
}

func (k identifierKind) prepare(c *call, i *identifier) (any, *apiError) {
	if i.verified() {
		return nil, fail("verification_already_verified", "This verification has already been verified.")
	}
	switch strategy := c.arg("strategy"); {
	case k.object == "web3_wallet":
		i.verification = &verification{object: "verification_web3", status: "unverified", strategy: firstText(strategy, k.strategy), nonce: c.newID("nonce")}
	case strategy == "email_link" && k.strategy == "email_code":
		u := c.user()
		v, err := c.emailLink(i.value, emailedLink{step: func(in *call) *apiError { return in.verified(u, k, i) }, done: noSession})
		if err != nil {
			return nil, err
		}
		i.verification = v
	case strategy == k.strategy:
		i.verification = c.sendCode(i.value, strategy, c.arg("channel"))
	case strategy == "":
		return nil, missing("strategy")
	default:
		return nil, fail("verification_strategy_invalid", "The strategy is not valid for this resource.")
	}
	i.updated = c.millis()
	return k.json(i), nil
}

// attempt takes a code, and of wallets any signature: there is no key to check it with.
func (k identifierKind) attempt(c *call, i *identifier) (any, *apiError) {
	var err *apiError
	if k.object == "web3_wallet" {
		if c.arg("signature") == "" {
			return nil, missing("signature")
		}
		err = c.attempt(i.verification, true, nil)
	} else {
		err = c.attemptCode(i.verification)
	}
	if err == nil {
		err = c.verified(c.user(), k, i)
	}
	if err != nil {
		return nil, err
	}
	return k.json(i), nil
}

// verified ends a verification, unless somebody else was faster.
func (c *call) verified(u *user, k identifierKind, i *identifier) *apiError {
	if err := c.checkTaken(k.param, i.value, u); err != nil {
		i.verification.status = "failed"
		return err
	}
	i.updated, u.updated = c.millis(), c.millis()
	u.choosePrimaries()
	return nil
}

func updatePhone(c *call, i *identifier) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	for _, name := range []string{"reserved_for_second_factor", "default_second_factor"} {
		if !c.has(name) {
			continue
		}
		if !i.verified() {
			return nil, fail("identification_update_second_factor_unverified", "The phone number must be verified first.")
		}
		switch on := c.flag(name); {
		case name == "reserved_for_second_factor":
			i.second = on
			c.secondFactorChanged(c.user())
		case on && !i.second:
			return nil, fail("identification_update_second_factor_unverified", "The phone number must be reserved for the second factor first.")
		case on:
			c.user().prefer(i)
		}
	}
	i.updated = c.millis()
	return phoneJSON(i), nil
}

// prefer makes a phone number the default one of those reserved for the second factor.
func (u *user) prefer(i *identifier) {
	for _, p := range u.phones {
		p.preferred = p == i
	}
}

// secondFactorChanged notes when the second factor was switched on or off.
func (c *call) secondFactorChanged(u *user) {
	now := c.millis()
	if !slices.ContainsFunc(u.phones, func(p *identifier) bool { return p.second && p.preferred }) {
		if i := slices.IndexFunc(u.phones, func(p *identifier) bool { return p.second }); i >= 0 {
			u.prefer(u.phones[i])
		}
	}
	switch on := u.secondFactor(); {
	case on && (u.mfaEnabled == 0 || u.mfaDisabled > u.mfaEnabled):
		u.mfaEnabled, u.mfaDisabled = now, 0
	case !on && u.mfaEnabled != 0:
		u.mfaDisabled = now
		u.backup = nil
	}
	u.updated = now
	c.settle(u)
}
