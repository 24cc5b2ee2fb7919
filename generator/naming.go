package generator

// Names: words, initialisms, exported and unexported spellings, and the path-tree rule that gives an operation its
// service and method. Everything public that the generator invents comes from here.

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// initialisms are words written in capitals throughout.
var initialisms = set(`acs api ars csrf css db dns ecdsa es256 fapi html http https id ip iso json jwk jwks jwt mfa oidc okp otp pii pkce
	rsa saml scim sdk sms sp sso totp tos txt ui uri url uuid x5c x5t x5u xml`)

// mixed are words with a spelling of their own.
var mixed = map[string]string{
	"ed25519": "Ed25519", "github": "GitHub", "gitlab": "GitLab", "idp": "IdP", "ios": "IOS", "linkedin": "LinkedIn",
	"metamask": "MetaMask", "oauth": "OAuth", "oauth2": "OAuth2", "okx": "OKX", "openid": "OpenID", "signin": "SignIn",
	"signup": "SignUp", "tiktok": "TikTok", "web3": "Web3", "webauthn": "WebAuthn", "zxcvbn": "Zxcvbn",
}

// whole are mixed spellings that must not be split at their inner capitals, longest first.
var whole = []string{"WebAuthn", "OAuth2", "OpenID", "GitHub", "GitLab", "OAuth", "Web3"}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// words splits a wire or Go name: at anything that is no letter or digit, from lower to upper case, and before the
// last capital of a run that goes on in lower case (APIKey is API, Key).
func words(s string) []string {
	var list []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		list = append(list, camelWords(part)...)
	}
	return list
}

func camelWords(s string) []string {
	var list []string
	start := 0
	rs := []rune(s)
	for i := 0; i < len(rs); {
		if w := wholeAt(rs[i:]); w > 0 {
			if start < i {
				list = append(list, string(rs[start:i]))
			}
			list = append(list, string(rs[i:i+w]))
			i += w
			start = i
			continue
		}
		if i > start && boundary(rs, i) {
			list = append(list, string(rs[start:i]))
			start = i
		}
		i++
	}
	if start < len(rs) {
		list = append(list, string(rs[start:]))
	}
	return list
}

func wholeAt(rs []rune) int {
	for _, w := range whole {
		if n := len(w); len(rs) >= n && string(rs[:n]) == w && (len(rs) == n || !unicode.IsLower(rs[n])) {
			return n
		}
	}
	return 0
}

func boundary(rs []rune, i int) bool {
	if !unicode.IsUpper(rs[i]) {
		return false
	}
	if !unicode.IsUpper(rs[i-1]) {
		return true
	}
	// The plural s of an initialism (IDs, URLs) belongs to the run before it.
	plural := i+1 < len(rs) && rs[i+1] == 's' && (i+2 == len(rs) || unicode.IsUpper(rs[i+2]))
	return i+1 < len(rs) && unicode.IsLower(rs[i+1]) && !plural
}

// exported is the exported Go spelling of a name.
func exported(s string) string {
	var b strings.Builder
	for _, w := range words(s) {
		b.WriteString(capital(w))
	}
	name := b.String()
	if name != "" && unicode.IsDigit(rune(name[0])) {
		return "N" + name
	}
	return name
}

func capital(w string) string {
	lower := strings.ToLower(w)
	if m, ok := mixed[lower]; ok {
		return m
	}
	if initialisms[lower] {
		return strings.ToUpper(w)
	}
	if one, ok := strings.CutSuffix(lower, "s"); ok && initialisms[one] {
		return strings.ToUpper(one) + "s"
	}
	if len(w) > 1 && w == strings.ToUpper(w) {
		return w // an acronym that the table does not know, written so by the description
	}
	rs := []rune(lower)
	return string(unicode.ToUpper(rs[0])) + string(rs[1:])
}

// unexported is the spelling for a parameter: the whole first word in lower case.
func unexported(s string) string {
	list := words(s)
	if len(list) == 0 {
		return ""
	}
	return strings.ToLower(list[0]) + exported(strings.Join(list[1:], "_"))
}

// reserved are names that a generated method uses itself or that would shadow what it calls.
var reserved = set("ctx params opts s core limit offset")

// badIdentifier says why name cannot be a Go parameter, or "".
func badIdentifier(name string) string {
	switch {
	case token.IsKeyword(name):
		return "is a Go keyword"
	case reserved[name]:
		return "is used by the generated methods"
	case slices.Contains([]string{"any", "error", "string", "len", "append", "new", "nil", "true", "false"}, name):
		return "is a predeclared name of Go"
	case !token.IsIdentifier(name):
		return "is no Go name"
	}
	return ""
}

// singular turns the last word of a Go or wire name into its singular.
func singular(s string) string {
	lower := strings.ToLower(s)
	for _, same := range []string{"ss", "us", "is", "jwks", "dns"} {
		if strings.HasSuffix(lower, same) {
			return s
		}
	}
	switch {
	case strings.HasSuffix(lower, "ies"):
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(lower, "sses"), strings.HasSuffix(lower, "xes"):
		return s[:len(s)-2]
	case strings.HasSuffix(lower, "s") && len(s) > 1:
		return s[:len(s)-1]
	}
	return s
}

func isPlural(s string) bool { return singular(s) != s }

// typeName is the Go name of a component: namespaces of the description dropped, noise at the end dropped, and of each
// part the last word that a part before it ends in: UserSettings.AttackProtectionSettings.EnumerationProtection is
// UserSettingsAttackProtectionEnumeration.
func typeName(component string) string {
	name := component
	for _, prefix := range []string{"Client.", "Server.", "Stubs."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			name = rest
			break
		}
	}
	for _, suffix := range []string{"PaginatedResponse", "Response"} {
		if rest, ok := strings.CutSuffix(name, suffix); ok && rest != "" {
			name = rest
			break
		}
	}
	parts := strings.Split(name, ".")
	var ends []string // of the parts so far, with and without what was dropped
	for i, part := range parts {
		list := words(part)
		for len(list) > 1 && slices.Contains(ends, list[len(list)-1]) {
			list = list[:len(list)-1]
		}
		parts[i] = strings.Join(list, "_")
		if len(list) > 0 {
			all := words(part)
			ends = append(ends, all[len(all)-1], list[len(list)-1])
		}
	}
	return exported(strings.Join(parts, "."))
}

// actionWords start a path segment that is a verb, not a noun.
var actionWords = set(`accept attempt cancel change clear complete confirm create end init initialize join link prepare put reauthorize
	redirect register reject remove reset revoke send set start submit switch sync touch update validate verify enable disable handshake`)

// callName is where the path-tree rule puts an operation: a service of at most two nouns and a method.
type callName struct{ service, method string }

// pathTree applies the rule. hasChildren tells whether a path has others below it; list, whether the operation answers
// with an array or a page.
//
//	/v1/organizations/{organization_id}/memberships           Organizations.Memberships.List, .Create
//	/v1/organizations/{organization_id}/memberships/{user_id} Organizations.Memberships.Update, .Delete
//	/v1/client/sign_ins/{sign_in_id}/prepare_first_factor     SignIns.PrepareFirstFactor
//	/v1/me/profile_image                                      Me.CreateProfileImage
//	/v1/me/billing/checkouts/{checkoutID}/confirm             Me.Billing.ConfirmCheckout
//	/v1/me/billing/credits/history                            Me.Billing.ListCreditHistory
//	/v1/organizations/{organization_id}/invitations/bulk      Organizations.Invitations.CreateBulk
func pathTree(verb, path string, hasChildren func(path string) bool, list bool) callName {
	literals, item := pathLiterals(path)
	if len(literals) == 0 {
		return callName{}
	}
	bulk := ""
	if last := len(literals) - 1; last > 0 && literals[last] == "bulk" {
		literals, bulk = literals[:last], "Bulk"
	}
	last := len(literals) - 1
	tail := literals[last]
	nouns, method, part := literals, verbName(verb, list), ""
	switch {
	case item:
	case last > 0 && actionWords[firstWord(tail)]:
		nouns, method = literals[:last], exported(tail)
	case last > 0 && !isPlural(tail) && !hasChildren(path):
		nouns, part = literals[:last], exported(tail)
	}
	service := make([]string, 0, 2)
	for i, noun := range nouns {
		switch {
		case i < 2:
			service = append(service, exported(noun))
		case list && part == "":
			method += exported(noun)
		default:
			method += singular(exported(noun))
		}
	}
	return callName{strings.Join(service, "."), method + part + bulk}
}

// pathLiterals gives the fixed segments without version and without a client that only leads to a collection, and
// whether the path ends in an argument.
func pathLiterals(path string) (literals []string, item bool) {
	for _, s := range strings.Split(strings.Trim(path, "/"), "/") {
		if exported(s) == "" {
			continue // between two slashes, or of signs alone
		}
		item = strings.HasPrefix(s, "{")
		if !item {
			literals = append(literals, strings.TrimSuffix(s, ".json"))
		}
	}
	if len(literals) > 1 && literals[0] == "v1" {
		literals = literals[1:]
	}
	if len(literals) > 1 && literals[0] == "client" && isPlural(literals[1]) {
		literals = literals[1:]
	}
	return literals, item
}

func firstWord(s string) string {
	if list := words(s); len(list) > 0 {
		return strings.ToLower(list[0])
	}
	return ""
}

func verbName(verb string, list bool) string {
	switch {
	case list:
		return "List"
	case verb == "GET":
		return "Get"
	case verb == "HEAD":
		return "Head"
	case verb == "POST":
		return "Create"
	case verb == "DELETE":
		return "Delete"
	default:
		return "Update"
	}
}
