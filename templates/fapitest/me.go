package fapitest

import (
	"slices"
)

var meRoutes = []route{
	{name: "GET /v1/me", access: byUser, handle: func(c *call) (any, *apiError) { return c.userJSON(c.user()), nil }},
	{name: "PATCH /v1/me", access: byUser, handle: updateMe},
	{name: "DELETE /v1/me", access: byUser, handle: deleteMe},
	{name: "PATCH /v1/me/metadata", access: byUser, handle: updateMetadata},
	{name: "POST /v1/me/change_password", access: byUser, handle: changePassword},
	{name: "POST /v1/me/remove_password", access: byUser, handle: removePassword},
	{name: "POST /v1/me/profile_image", access: byUser, handle: setProfileImage},
	{name: "DELETE /v1/me/profile_image", access: byUser, handle: deleteProfileImage},
	{name: "POST /v1/me/tokens", access: byUser, mode: bare, handle: func(c *call) (any, *apiError) {
		return object{"object": "token", "jwt": c.sessionToken(c.session, c.session.org)}, nil
	}},
}

// updateMe changes what the request has, all or nothing.
func updateMe(c *call) (any, *apiError) {
	u := c.user()
	draft := *u
	if c.has("username") {
		if err := c.wantsFresh(); err != nil {
			return nil, err
		}
		if name := c.arg("username"); name != "" {
			if err := c.checkIdentifier("username", name, u); err != nil {
				return nil, err
			}
		}
		draft.username = c.arg("username")
	}
	for name, field := range map[string]*string{"first_name": &draft.first, "last_name": &draft.last} {
		if c.has(name) {
			*field = c.arg(name)
		}
	}
	for _, p := range []struct {
		name  string
		field *string
		among []*identifier
	}{
		{"primary_email_address_id", &draft.primaryEmail, u.emails}, {"primary_phone_number_id", &draft.primaryPhone, u.phones},
		{"primary_web3_wallet_id", &draft.primaryWallet, u.wallets},
	} {
		if !c.has(p.name) {
			continue
		}
		i := identifierOf(p.among, c.arg(p.name))
		switch {
		case i == nil:
			return nil, failParam("form_resource_not_found", p.name, "The resource was not found.")
		case !i.verified():
			return nil, failParam("form_verification_needed", p.name, "The resource must be verified first.")
		}
		*p.field = i.id
	}
	if c.has("unsafe_metadata") {
		o, err := c.object("unsafe_metadata")
		if err != nil {
			return nil, err
		}
		draft.unsafe = o
	}
	draft.updated = c.millis()
	*u = draft
	return c.userJSON(u), nil
}

// updateMetadata merges, as RFC 7396 says: null takes a member away.
func updateMetadata(c *call) (any, *apiError) {
	o, err := c.object("unsafe_metadata")
	if err != nil {
		return nil, err
	}
	c.user().unsafe = mergePatch(c.user().unsafe, o)
	c.user().updated = c.millis()
	return c.userJSON(c.user()), nil
}

func mergePatch(into, patch object) object {
	out := cloneObject(into)
	for name, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(out, name)
		case object:
			old, _ := out[name].(object)
			out[name] = mergePatch(old, v)
		default:
			out[name] = v
		}
	}
	return out
}

// deleteMe deletes the account, its sessions and memberships.
func deleteMe(c *call) (any, *apiError) {
	if !c.setting(true, "user_settings", "actions", "delete_self") {
		return nil, fail("user_delete_self_not_enabled", "You are not authorized to delete your account.")
	}
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	for _, x := range c.sessionsOf(u) {
		if x.signedIn() {
			c.end(x, "removed")
		}
	}
	for _, o := range c.state.orgs {
		o.members = slices.DeleteFunc(o.members, func(m *member) bool { return m.user == u })
		o.requests = slices.DeleteFunc(o.requests, func(r *membershipRequest) bool { return r.user == u })
	}
	c.state.suggestions = slices.DeleteFunc(c.state.suggestions, func(g *suggestion) bool { return g.user == u })
	c.state.users = slices.DeleteFunc(c.state.users, func(other *user) bool { return other == u })
	c.rotate(c.client)
	return deletedJSON("user", u.id), nil
}

func changePassword(c *call) (any, *apiError) {
	u := c.user()
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	if u.password != "" && !c.reverifies() && !u.mustReset {
		switch {
		case c.raw("current_password") == "":
			return nil, missing("current_password")
		case c.raw("current_password") != u.password:
			return nil, failParam("form_password_incorrect", "current_password", "Password is incorrect. Try again.")
		}
	}
	if err := c.checkPassword("new_password"); err != nil {
		return nil, err
	}
	u.setPassword(c.raw("new_password"), c.millis())
	u.mustReset = false
	c.settle(u)
	if c.flag("sign_out_of_other_sessions") {
		for _, x := range c.sessionsOf(u) {
			if x != c.session && x.signedIn() {
				c.end(x, "revoked")
			}
		}
	}
	return c.userJSON(u), nil
}

func removePassword(c *call) (any, *apiError) {
	u := c.user()
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	switch {
	case u.password == "":
		return nil, fail("no_password_set", "Your account does not have a password.")
	case c.attributeIs("password", "required"):
		return nil, fail("password_required", "A password is required for your account.")
	case !c.reverifies() && c.raw("current_password") != u.password:
		return nil, failParam("form_password_incorrect", "current_password", "Password is incorrect. Try again.")
	}
	u.password, u.passwordSet = "", 0
	return c.userJSON(u), nil
}

func setProfileImage(c *call) (any, *apiError) {
	if !c.has("file") {
		return nil, failParam("form_param_missing", "file", "file must be included.")
	}
	c.user().hasImage = true
	return object{"object": "image", "id": c.newID("img"), "name": "profile", "public_url": c.imageURL(c.user().id)}, nil
}

func deleteProfileImage(c *call) (any, *apiError) {
	c.user().hasImage = false
	return deletedJSON("image", c.newID("img")), nil
}
