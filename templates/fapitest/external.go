package fapitest

import (
	"slices"
	"strings"
)

var externalRoutes = []route{
	{name: "POST /v1/me/external_accounts", access: byUser, handle: createExternal},
	{name: "PATCH /v1/me/external_accounts/{id}/reauthorize", access: byUser, handle: withExternal(reauthorize)},
	{name: "DELETE /v1/me/external_accounts/{id}", access: byUser, handle: withExternal(deleteExternal)},
	{name: "DELETE /v1/me/external_accounts/{id}/tokens", access: byUser, handle: withExternal(func(c *call, _ *external) (any, *apiError) { return c.userJSON(c.user()), nil })},
}

// createExternal sends the user to a provider. The account counts once the user has been there.
func createExternal(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	strategy := c.arg("strategy")
	if strategy == "" {
		return nil, missing("strategy")
	}
	if err := c.enabledProvider(strategy); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(c.user().externals, func(e *external) bool { return e.provider == provider(strategy) }) {
		return nil, fail("oauth_account_already_connected", "You have an account of this provider connected already.")
	}
	if byIDToken(strategy) {
		return c.idTokenConnect(strategy)
	}
	e := c.newExternal(strategy, "", nil)
	answer, err := reauthorize(c, e)
	if err == nil {
		c.user().externals = append(c.user().externals, e)
	}
	return answer, err
}

func reauthorize(c *call, e *external) (any, *apiError) {
	u := c.user()
	v, err := c.toProvider("oauth_"+e.provider, func(in *call, who visitor, v *verification) (*session, bool) {
		e.email = firstText(who.email, u.identifier())
		v.status, e.updated = "verified", in.millis()
		return nil, true
	})
	if err != nil {
		return nil, err
	}
	e.verification, e.scopes, e.updated = v, strings.Join(c.list("additional_scope"), " "), c.millis()
	return c.externalJSON(u)(e), nil
}

func withExternal(handle func(*call, *external) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		for _, e := range c.user().externals {
			if e.id == c.args["id"] {
				return handle(c, e)
			}
		}
		return nil, notFound("External account")
	}
}

func deleteExternal(c *call, e *external) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	u.externals = slices.DeleteFunc(u.externals, func(other *external) bool { return other == e })
	return deletedJSON("external_account", e.id), nil
}
