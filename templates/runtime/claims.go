package fapi

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

const (
	maxTokenSize       = 256 << 10 // far above what a header carries
	maxPermissionsSize = 1 << 20   // of the unfolded names together: a small token can spell out gigabytes
)

var errNotToken = errors.New("session token: not a JWT")

// claims are what a session token says. They are read, never verified: nothing here proves that Clerk signed them, and
// no more is needed to show a user what the server will decide anyway. A claim of the wrong type counts as absent.
type claims struct {
	version        int64 // 2, else version 1
	originIssuedAt int64 // header `oiat`: when the claims were assembled at their origin, in seconds; 0 is none
	issuedAt       int64 // in seconds; 0 is none
	expiresAt      int64 // in seconds; 0 is none
	sessionID      string
	userID         string
	status         string          // of the session; version 2 only
	actor          json.RawMessage // who acts as the user; nil is nobody
	organization   organizationClaims
	features       []string // scoped, such as "o:dashboard"
	plans          []string // scoped, such as "u:pro"
	ages           []int64  // minutes since the first and the second factor were verified; -1 is never
}

// organizationClaims are about the session's active organization; zero is none.
type organizationClaims struct {
	id, slug, role string   // role with its "org:"
	permissions    []string // with their "org:"; nil is none
}

// parseClaims reads the claims of a session token, version 1 or 2 (clerk-js: jwtPayloadParser.ts). Its error says only
// that jwt is none.
func parseClaims(jwt string) (claims, error) {
	if len(jwt) > maxTokenSize {
		return claims{}, errors.New("session token: too large")
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return claims{}, errNotToken
	}
	header, body := tokenObject(parts[0]), tokenObject(parts[1])
	if header == nil || body == nil {
		return claims{}, errNotToken
	}
	c := claims{
		version:        body.seconds("v"),
		originIssuedAt: header.seconds("oiat"),
		issuedAt:       body.seconds("iat"),
		expiresAt:      body.seconds("exp"),
		sessionID:      body.text("sid"),
		userID:         body.text("sub"),
		status:         body.text("sts"),
		features:       body.list("fea"),
		plans:          body.list("pla"),
		ages:           body.ages(),
	}
	if actor := body["act"]; actor != nil && !isNull(actor) {
		c.actor = actor
	}
	if c.version == 2 {
		c.organization = organizationOf(body.object("o"), c.features)
	} else {
		c.organization = organizationClaims{body.text("org_id"), body.text("org_slug"), body.text("org_role"), body.list("org_permissions")}
	}
	return c, nil
}

func organizationOf(o tokenMembers, features []string) organizationClaims {
	role := o.text("rol")
	if role != "" {
		role = withOrg(role)
	}
	return organizationClaims{o.text("id"), o.text("slg"), role, unfoldPermissions(features, o.list("per"), o.list("fpm"))}
}

// unfoldPermissions spells out the permissions of version 2. There is one mask for each feature of the organization, a
// decimal number of any size, whose bit i, the least significant first, stands for name i.
func unfoldPermissions(features, names, masks []string) []string {
	var out []string
	size := 0
	for _, element := range features {
		feature, ofOrganization, _ := splitScope(element)
		if !ofOrganization {
			continue
		}
		if len(masks) == 0 {
			break
		}
		mask, ok := new(big.Int).SetString(masks[0], 10)
		masks = masks[1:]
		if !ok || mask.Sign() < 0 {
			continue
		}
		for i := range min(len(names), mask.BitLen()) {
			if mask.Bit(i) == 0 {
				continue
			}
			permission := orgPrefix + feature + ":" + names[i]
			if size += len(permission); size > maxPermissionsSize {
				return out
			}
			out = append(out, permission)
		}
	}
	return out
}

// fresher says whether incoming replaces current, a token for the same session and organization: the later origin wins,
// then the later issue, and when that is all the same, or neither names its origin, the incoming one. A token without
// an origin loses to one with it (clerk-js: tokenFreshness.ts).
func fresher(current, incoming claims) bool {
	switch {
	case current.originIssuedAt != incoming.originIssuedAt:
		return incoming.originIssuedAt > current.originIssuedAt
	case incoming.originIssuedAt == 0:
		return true
	}
	return incoming.issuedAt >= current.issuedAt
}

// tokenMembers are the members of an object in a token, unparsed; nil is no object.
type tokenMembers map[string]json.RawMessage

func tokenObject(part string) tokenMembers {
	raw, err := decodeBase64(part)
	if err != nil {
		return nil
	}
	return parseMembers(raw)
}

func parseMembers(raw []byte) tokenMembers {
	var m tokenMembers
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func (m tokenMembers) object(name string) tokenMembers { return parseMembers(m[name]) }

func (m tokenMembers) text(name string) string { return unquote(m[name]) }

// seconds is a number rounded down; what is none, or not positive, is 0.
func (m tokenMembers) seconds(name string) int64 {
	n, _ := wholeNumber(m[name])
	return max(n, 0)
}

// list takes texts joined by commas, as Clerk sends them, and arrays of texts or numbers. Numbers keep their text: they
// may exceed 64 bits.
func (m tokenMembers) list(name string) []string {
	raw := m[name]
	if text := unquote(raw); text != "" {
		list := strings.Split(text, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		return list
	}
	if isNumber(raw) {
		return []string{string(raw)}
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || len(elements) == 0 {
		return nil
	}
	list := make([]string, len(elements)) // masks go by position, so an element that is neither keeps its place
	for i, e := range elements {
		if list[i] = unquote(e); isNumber(e) {
			list[i] = string(e)
		}
	}
	return list
}

// ages is the claim `fva`: two numbers, or nil.
func (m tokenMembers) ages() []int64 {
	var elements []json.RawMessage
	if json.Unmarshal(m["fva"], &elements) != nil || len(elements) != 2 {
		return nil
	}
	first, ok1 := wholeNumber(elements[0])
	second, ok2 := wholeNumber(elements[1])
	if !ok1 || !ok2 {
		return nil
	}
	return []int64{first, second}
}

// wholeNumber reads a JSON number, also one written as a float, and rounds it down.
func wholeNumber(raw []byte) (int64, bool) {
	if !isNumber(raw) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(math.Floor(f)), true
}

// isNumber says whether a JSON value is a number.
func isNumber(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9')
}
