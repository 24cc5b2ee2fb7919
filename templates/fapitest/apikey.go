package fapitest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

var apiKeyRoutes = []route{
	{name: "GET /api_keys", access: byToken, mode: bare, handle: listAPIKeys},
	{name: "POST /api_keys", access: byToken, mode: bare, handle: createAPIKey},
	{name: "PATCH /api_keys/{id}", access: byToken, mode: bare, handle: withAPIKey(updateAPIKey)},
	{name: "POST /api_keys/{id}/revoke", access: byToken, mode: bare, handle: withAPIKey(revokeAPIKey)},
}

// apiKey lets programs act for a user or an organization.
type apiKey struct {
	id, name, subject, creator, description string
	scopes                                  []string
	claims                                  any
	revoked                                 bool
	reason                                  string
	expires                                 int64 // 0 is never
	created, updated                        int64
}

func (s *Server) apiKeyJSON(k *apiKey) object {
	return object{"object": "api_key", "id": k.id, "type": "api_key", "subject": k.subject, "name": k.name, "description": nothing(k.description),
		"claims": k.claims, "scopes": texts(k.scopes...), "revoked": k.revoked, "revocation_reason": nothing(k.reason),
		"expired": k.expires != 0 && k.expires <= s.millis(), "expiration": nothing(k.expires), "created_by": k.creator, "last_used_at": nil,
		"created_at": k.created, "updated_at": k.updated}
}

// subject is whose keys a request is about: the user's, or those of an organization in which the user has the permission.
func (c *call) subject(named, permission string) (string, *apiError) {
	if named == "" || named == c.user().id {
		return c.user().id, nil
	}
	if o := c.state.organization(named); o != nil && o.member(c.user()) != nil {
		return o.id, c.permitted(o, permission)
	}
	return "", fail("authorization_invalid", "You are not authorized to act for this subject.")
}

func listAPIKeys(c *call) (any, *apiError) {
	subject, err := c.subject(c.query.Get("subject"), readKeys)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, k := range c.state.keys {
		if k.subject == subject && (!k.revoked || c.query.Get("include_invalid") == "true") && matchesQuery(c.query.Get("query"), k.name) {
			list = append(list, c.apiKeyJSON(k))
		}
	}
	return c.page(list), nil
}

// createAPIKey is the only one to tell the secret.
func createAPIKey(c *call) (any, *apiError) {
	if c.arg("name") == "" {
		return nil, missing("name")
	}
	subject, err := c.subject(c.arg("subject"), manageKeys)
	if err != nil {
		return nil, err
	}
	now := c.millis()
	c.state.count++
	k := &apiKey{id: fmt.Sprintf("ak_%032x", c.state.count), name: c.arg("name"), subject: subject, creator: c.user().id, description: c.arg("description"),
		scopes: c.list("scopes"), claims: c.body["claims"], created: now, updated: now}
	k.expires = c.expiry(now)
	c.state.keys = append(c.state.keys, k)
	o := c.apiKeyJSON(k)
	o["secret"] = c.newID("ak_secret")
	c.status = http.StatusCreated
	return o, nil
}

// expiry is when a key expires that lives for seconds_until_expiration; 0 is never.
func (c *call) expiry(now int64) int64 {
	seconds, _ := c.body["seconds_until_expiration"].(float64)
	if n, err := strconv.ParseFloat(c.arg("seconds_until_expiration"), 64); err == nil {
		seconds = n
	}
	if seconds <= 0 {
		return 0
	}
	return now + int64(seconds*float64(time.Second/time.Millisecond))
}

func withAPIKey(handle func(*call, *apiKey) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		i := slices.IndexFunc(c.state.keys, func(k *apiKey) bool { return k.id == c.args["id"] })
		if i < 0 {
			return nil, notFound("API key")
		}
		switch _, err := c.subject(c.state.keys[i].subject, manageKeys); {
		case err == nil:
			return handle(c, c.state.keys[i])
		case err.code == "missing_organization_permission":
			return nil, err
		}
		return nil, notFound("API key") // of somebody else
	}
}

func updateAPIKey(c *call, k *apiKey) (any, *apiError) {
	if c.has("description") {
		k.description = c.arg("description")
	}
	if c.has("name") {
		k.name = c.arg("name")
	}
	if c.has("scopes") {
		k.scopes = c.list("scopes")
	}
	if c.has("seconds_until_expiration") {
		k.expires = c.expiry(c.millis())
	}
	k.updated = c.millis()
	return c.apiKeyJSON(k), nil
}

func revokeAPIKey(c *call, k *apiKey) (any, *apiError) {
	k.revoked, k.reason, k.updated = true, c.arg("revocation_reason"), c.millis()
	return c.apiKeyJSON(k), nil
}
