package fapi

import (
	"slices"
	"strings"
)

// Check is what Clerk.Has asks of the signed-in user: all that is set has to hold. The zero Check asks nothing and is
// refused. It decides what to show; what to allow is for the server to decide.
//
//	if clerk.Has(fapi.Check{Permission: "org:invoices:create", Reverification: fapi.ReverificationStrict}) {
//		showInvoiceForm()
//	}
//
// Role and Permission are about the active organization and may be given with "org:" or without. Feature and Plan may
// name whose they are: "org:reports" is the organization's, "user:reports" the user's, "reports" either's
// (clerk-js: authorization.ts).
type Check struct {
	Role           string // for example "org:admin"; "" asks for none
	Permission     string // for example "org:invoices:create"; "" asks for none
	Feature        string // "" asks for none
	Plan           string // "" asks for none
	Reverification Reverification
}

// Reverification is how recently the user has to have proved who they are. The zero value asks for nothing; one that is
// only half set, or whose Level is unknown, never holds.
type Reverification struct {
	Level        ReverificationLevel
	AfterMinutes int64 // a proof this old no longer counts; more than 0
}

// ReverificationLevel says which factors a Reverification is about.
type ReverificationLevel string

// Values of ReverificationLevel. A user without a second factor answers for it with the first.
const (
	ReverificationFirstFactor  ReverificationLevel = "first_factor"
	ReverificationSecondFactor ReverificationLevel = "second_factor"
	ReverificationMultiFactor  ReverificationLevel = "multi_factor" // both
)

// The reverifications that Clerk has names for; not to be changed.
var (
	// ReverificationStrictMFA is "strict_mfa": both factors within 10 minutes.
	ReverificationStrictMFA = Reverification{ReverificationMultiFactor, 10}
	// ReverificationStrict is "strict": the second factor within 10 minutes.
	ReverificationStrict = Reverification{ReverificationSecondFactor, 10}
	// ReverificationModerate is "moderate": the second factor within an hour.
	ReverificationModerate = Reverification{ReverificationSecondFactor, 60}
	// ReverificationLax is "lax": the second factor within a day.
	ReverificationLax = Reverification{ReverificationSecondFactor, 1440}
)

// authorization is what a Check is held against.
type authorization struct {
	signedIn       bool
	inOrganization bool     // role and permissions are those of a membership in the active organization
	role           string   // with "org:" or, of old, without
	permissions    []string // with "org:"
	features       []string // claim `fea` of the last active token
	plans          []string // claim `pla`
	ages           []int64  // `factor_verification_age`: minutes of the first and the second factor, -1 for not enrolled
}

// allowed says whether a meets all that c asks. What a does not know is not met.
func (c Check) allowed(a authorization) bool {
	if c == (Check{}) || !a.signedIn {
		return false
	}
	role := c.Role == "" || a.inOrganization && a.role != "" && withOrg(a.role) == withOrg(c.Role)
	permission := c.Permission == "" || a.inOrganization && slices.Contains(a.permissions, withOrg(c.Permission))
	return role && permission &&
		(c.Feature == "" || grants(a.features, c.Feature)) &&
		(c.Plan == "" || grants(a.plans, c.Plan)) &&
		(c.Reverification == Reverification{} || c.Reverification.metBy(a.ages))
}

func (r Reverification) metBy(ages []int64) bool {
	if len(ages) != 2 {
		return false
	}
	const notEnrolled = -1
	fresh := func(age int64) bool { return age >= 0 && age < r.AfterMinutes }
	first, second := ages[0], ages[1]
	switch r.Level {
	case ReverificationFirstFactor:
		return fresh(first)
	case ReverificationSecondFactor:
		return fresh(second) || second == notEnrolled && fresh(first)
	case ReverificationMultiFactor:
		return fresh(first) && (fresh(second) || second == notEnrolled)
	}
	return false
}

const orgPrefix = "org:"

// withOrg puts exactly one "org:" before a role or permission.
func withOrg(name string) string {
	for strings.HasPrefix(name, orgPrefix) {
		name = name[len(orgPrefix):]
	}
	return orgPrefix + name
}

// grants says whether one of the scoped elements of a claim is the one asked for.
func grants(elements []string, asked string) bool {
	name, anyScope := asked, true
	var wantOrg, wantUser bool
	if scope, rest, ok := strings.Cut(asked, ":"); ok {
		name, anyScope = rest, false
		wantOrg = scope == "o" || scope == "org" || scope == "organization"
		wantUser = scope == "u" || scope == "user"
	}
	return name != "" && slices.ContainsFunc(elements, func(element string) bool {
		have, org, user := splitScope(element)
		return have == name && (anyScope && (org || user) || wantOrg && org || wantUser && user)
	})
}

// splitScope splits an element of the claims `fea` and `pla`, such as "ou:reports", into its name and whose it is.
// Any other scope than o, u or both is nobody's.
func splitScope(element string) (name string, org, user bool) {
	scope, name, _ := strings.Cut(element, ":")
	both := scope == "ou" || scope == "uo"
	return name, both || scope == "o", both || scope == "u"
}
