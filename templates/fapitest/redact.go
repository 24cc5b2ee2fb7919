package fapitest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What a Request shows. A test wants to see what was sent, so a value is shown unless its name or its form says that it is
// a secret: something that lets its holder in, or that a client has to prove with.

// Redacted stands in a Request for a value that is a secret.
const Redacted = "[redacted]"

var (
	// secretParts make a name one of a secret wherever they stand in it, in whichever way words are joined.
	secretParts = []string{"password", "passwd", "passphrase", "secret", "token", "ticket", "nonce", "jwt", "credential", "assertion",
		"attestation", "signature", "verifier", "cookie", "authorization", "apikey", "privatekey", "handshake", "clientdata"}
	// secretWords do so as a whole word.
	secretWords = []string{"auth", "challenge", "code", "codes", "otp", "pin", "proof", "pwd", "state", "totp"}
	// plainEnds are last words of names of what a secret is like, or where it is asked for.
	plainEnds = []string{"algorithm", "alg", "enabled", "endpoint", "format", "hint", "length", "method", "type", "uri", "url"}

	// secretForm is how secrets look: a JWT, the credentials of a header, a key of an instance or a private one, what this
	// server gives out.
	secretForm = regexp.MustCompile(`eyJ[\w-]{5,}\.|(?i:\b(bearer|basic|dpop) +\S)|\b(sk|ak|rk|whsec)_\w|PRIVATE KEY-|` +
		`\b(ticket|nonce|dvb|visit|approval|rot)_2fapitest\d`)
)

// secretName reports whether values of this name are secrets. Names of parameters, members and headers are alike to it.
func secretName(name string) bool {
	words := nameWords(name)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if slices.Contains(plainEnds, last) {
		return false
	}
	squashed := strings.Join(words, "")
	return strings.HasPrefix(name, "__session") || name == clientCookie || last == "session" ||
		slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(squashed, part) }) ||
		slices.ContainsFunc(words, func(word string) bool { return slices.Contains(secretWords, word) })
}

// nameWords are the words of a name in lower case: of oidc_client_secret, Clerk-Db-Jwt, approvalToken.
func nameWords(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && lower:
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// shownValue is a value as a Request has it. Of a URL and of a JSON object the parts are judged one by one.
func shownValue(name, value string) string {
	switch {
	case value == "", value == "true", value == "false":
		return value
	case secretName(name), value == TestCode:
		return Redacted
	case strings.Contains(value, "://"), strings.HasPrefix(value, "/"):
		return shownURL(value)
	case strings.HasPrefix(value, "{"), strings.HasPrefix(value, "["):
		return shownJSON(value)
	}
	return shownText(value)
}

func shownText(text string) string {
	if secretForm.MatchString(text) {
		return Redacted
	}
	return text
}

var (
	urlPart  = regexp.MustCompile(`[^?&#]+`)
	userinfo = regexp.MustCompile(`://([^/@:]*):[^/@]*@`)
)

// shownURL leaves everything as it was written but the secrets.
func shownURL(text string) string {
	first := true
	return shownText(urlPart.ReplaceAllStringFunc(text, func(part string) string {
		name, value, isPair := strings.Cut(part, "=")
		if first || !isPair {
			first = false
			return shownPath(userinfo.ReplaceAllString(part, "://$1:"+Redacted+"@"))
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		if shown := shownValue(name, plain); shown != plain {
			return shownText(name) + "=" + shown
		}
		return part
	}))
}

// shownPath hides the segments that are secrets, such as the page of an emailed link.
func shownPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = shownText(segment)
	}
	return strings.Join(segments, "/")
}

func shownJSON(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return shownText(text)
	}
	shown, changed := shownMember("", v)
	if !changed {
		return shownText(text) // names count too
	}
	data, err := json.Marshal(shown)
	if err != nil {
		return Redacted // what was decoded has a JSON form
	}
	return shownText(string(data))
}

// shownMember is a member of JSON as it may be shown, and reports whether that is another value.
func shownMember(name string, value any) (shown any, changed bool) {
	switch v := value.(type) {
	case string:
		text := shownValue(name, v)
		return text, text != v
	case object:
		for inner, member := range v {
			s, c := shownMember(inner, member)
			v[inner], changed = s, changed || c
		}
	case []any:
		for i, item := range v {
			s, c := shownMember(name, item)
			v[i], changed = s, changed || c
		}
	default:
		if value != nil && secretName(name) {
			return Redacted, true
		}
	}
	return value, changed
}

// shownValues are the values of a query or a form.
func shownValues(values url.Values) url.Values {
	out := url.Values{}
	for name, list := range values {
		shown := shownText(name)
		for _, value := range list {
			out[shown] = append(out[shown], shownValue(name, value))
		}
	}
	return out
}

func shownHeader(header http.Header) http.Header {
	return http.Header(shownValues(url.Values(header)))
}
