package fapitest

import (
	"net/url"
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
	if slices.ContainsFunc(c.user().externals, func(e *external) bool { return "oauth_"+e.provider == strategy }) {
		return nil, fail("oauth_account_already_connected", "You have an account of this provider connected already.")
	}
	e := c.newExternal(strategy, "", nil)
	c.user().externals = append(c.user().externals, e)
	return reauthorize(c, e)
}

func reauthorize(c *call, e *external) (any, *apiError) {
	back := c.arg("redirect_url")
	if back == "" {
		return nil, missing("redirect_url")
	}
	v := &verification{object: "verification_oauth", status: "unverified", strategy: "oauth_" + e.provider, expires: c.millis() + codeLife}
	e.verification, e.scopes = v, strings.Join(c.list("additional_scope"), " ")
	u, k, native := c.user(), c.client, c.native
	v.redirect = c.newVisit(&visit{redirect: back, arrive: func(who visitor) url.Values {
		return c.Server.backFromProvider(k, native, who, v, func(in *call) {
			e.email = firstText(who.email, u.identifier())
			v.status, e.updated = "verified", in.millis()
		}, noSession)
	}})
	e.updated = c.millis()
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
