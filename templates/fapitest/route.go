package fapitest

import (
	"net/http"
	"strings"
)

// access is who may call an operation.
type access int

const (
	anyone access = iota
	byClient
	byUser
	byToken      // a session token as a bearer's, as API keys want it
	unidentified // anybody; the handler looks for the client itself, if it wants one
)

// mode is what stands around a response.
type mode int

const (
	enveloped    mode = iota
	clientItself      // the response is the client, and client is null
	bare
)

// route is one operation.
type route struct {
	name   string // "POST /v1/client/sign_ins/{id}"
	access access
	mode   mode
	handle func(*call) (any, *apiError) // nil answers zero values

	// What the table of operations says.
	id, answer, media string
	status            int
	shape             *shape

	method   string
	segments []string
}

func (r *route) success() int {
	if r.status != 0 {
		return r.status
	}
	return http.StatusOK
}

func (r *route) parse() {
	method, path, _ := strings.Cut(r.name, " ")
	r.method, r.segments = method, strings.Split(path, "/")
}

// key is the same for routes that differ in the names of their arguments only.
func (r *route) key() string {
	parts := []string{r.method}
	for _, s := range r.segments {
		if start := strings.Index(s, "{"); start >= 0 {
			s = s[:start] + "{}" + s[strings.Index(s, "}")+1:]
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "/")
}

// arguments matches a path, and gives what stands in the place of the names.
func (r *route) arguments(segments []string) (args map[string]string, literal int, ok bool) {
	if len(segments) != len(r.segments) {
		return nil, 0, false
	}
	for i, want := range r.segments {
		start, end := strings.Index(want, "{"), strings.Index(want, "}")
		if start < 0 {
			if want != segments[i] {
				return nil, 0, false
			}
			literal++
			continue
		}
		value, okPrefix := strings.CutPrefix(segments[i], want[:start])
		value, okSuffix := strings.CutSuffix(value, want[end+1:])
		if !okPrefix || !okSuffix || value == "" {
			return nil, 0, false
		}
		if args == nil {
			args = map[string]string{}
		}
		args[want[start+1:end]] = value
	}
	return args, literal, true
}

// match finds the operation of a call: of several, the one with the most literal path.
func (t *operations) match(c *call) *route {
	method := c.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := strings.Split(c.path, "/")
	var found *route
	most := -1
	for _, r := range t.routes[method] {
		if args, literal, ok := r.arguments(segments); ok && literal > most {
			found, most = r, literal
			c.args = args
		}
	}
	return found
}

// handled are the operations that the server keeps state of.
func handled() []route {
	var all []route
	for _, list := range [][]route{
		clientRoutes, signInRoutes, signUpRoutes, sessionRoutes, reverificationRoutes, meRoutes, identifierRoutes, factorRoutes,
		externalRoutes, organizationRoutes, memberRoutes, invitationRoutes, domainRoutes, myOrganizationRoutes, environmentRoutes,
		billingRoutes, apiKeyRoutes, browserRoutes, deviceRoutes, enterpriseRoutes, backendRoutes, linkRoutes,
	} {
		all = append(all, list...)
	}
	return all
}
