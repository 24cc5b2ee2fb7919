package fapi

import (
	"net/url"
	"regexp"
	"strings"
)

// What logs and errors may hold: operations, statuses, hosts, names of settings and times. Never a token, key, query,
// header or body. Errors from outside, those of a store or a transport, may quote any of these, so their text goes
// through redact first.

const maxRedacted = 500 // bytes of a foreign text that are worth a line in a log

var (
	secretURL    = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>]+`)
	secretToken  = regexp.MustCompile(`[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`) // a JWT, wherever it stands
	secretScheme = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s,;"']+`)
	secretKey    = regexp.MustCompile(`\b(pk|sk|ak)_[A-Za-z0-9_+/=-]+`)
	secretOpaque = regexp.MustCompile(`[A-Za-z0-9_+=-]{32,}`)
	secretEmail  = regexp.MustCompile(`[^\s"'<>@:=]+@[^\s"'<>@:=]+\.[^\s"'<>@:=]+`)
)

// redact makes a foreign text fit for logs: one line, bounded, and without what looks like a token, a key, credentials,
// an email address or more of a URL than redactedURL leaves.
func redact(text string) string {
	fields := strings.Fields(strings.ToValidUTF8(text[:min(len(text), 4*maxRedacted)], "\uFFFD"))
	if len(text) > 4*maxRedacted && len(fields) > 0 {
		fields = fields[:len(fields)-1] // half a token does not look like one
	}
	text = strings.Join(fields, " ")
	text = secretURL.ReplaceAllStringFunc(text, func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			return "(URL)"
		}
		return redactedURL(u)
	})
	text = urlQuery.ReplaceAllString(text, "")
	text = secretToken.ReplaceAllString(text, "(token)")
	text = secretScheme.ReplaceAllString(text, "$1 (hidden)")
	text = secretKey.ReplaceAllString(text, "${1}_(hidden)")
	text = secretOpaque.ReplaceAllStringFunc(text, func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "(hidden)"
		}
		return word
	})
	text = secretEmail.ReplaceAllString(text, "(email)")
	if len(text) > maxRedacted {
		text = strings.ToValidUTF8(text[:maxRedacted], "") + "..."
	}
	return text
}

// pathWord is a path segment that an API's author wrote; ids, names and codes that a user put in look different.
var pathWord = regexp.MustCompile(`^(v1|web3_wallets|oauth2|\.?[a-z]+([_-][a-z]+)*(\.json)?)$`)

// redactedURL is u without user, query and fragment, and with `*` for the path segments that look like an id.
func redactedURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		if s != "" && !pathWord.MatchString(s) {
			segments[i] = "*"
		}
	}
	out := strings.Join(segments, "/")
	if u.Host != "" {
		out = u.Scheme + "://" + u.Host + out
	}
	return out
}
