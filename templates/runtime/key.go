package fapi

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ErrInvalidKey matches every *KeyError in errors.Is.
var ErrInvalidKey = errors.New("invalid publishable key")

// KeyError is why a publishable key was refused. It holds nothing of the key.
type KeyError struct {
	Reason string // one fact, for example "not three parts"
}

// Error is one line without anything of the key.
func (e *KeyError) Error() string { return "publishable key: " + e.Reason }

// Is makes errors.Is work with ErrInvalidKey.
func (e *KeyError) Is(target error) bool { return target == ErrInvalidKey }

const (
	productionPrefix  = "pk_live_"
	developmentPrefix = "pk_test_"
)

// EncodePublishableKey returns the publishable key of the instance whose Frontend API is at host, for tests and fakes
// that have no real one: a host name or IPv4 address, with a port or without, for example "clerk.example.com" or
// "127.0.0.1:8443". A development key is a pk_test_ key, any other a pk_live_ key. A host that no key can hold, such as
// "localhost", gives a key that New refuses (clerk-js: keys.ts, buildPublishableKey).
func EncodePublishableKey(host string, development bool) string {
	prefix := productionPrefix
	if development {
		prefix = developmentPrefix
	}
	return prefix + base64.RawStdEncoding.EncodeToString([]byte(host+"$"))
}

// instance is what a publishable key says.
type instance struct {
	host        string // of the Frontend API, lower case, with the port if there is one
	development bool   // a pk_test_ key; nothing else makes an instance a development one
	key         string // without the white space around it
}

// parsePublishableKey reads a key by clerk-js's rules (keys.ts), and refuses besides what is no host name: the host is
// where credentials are sent. Its errors are *KeyError.
func parsePublishableKey(key string) (instance, error) {
	in := instance{key: strings.TrimSpace(key)}
	refuse := func(reason string) (instance, error) { return instance{}, &KeyError{reason} }

	parts := strings.Split(in.key, "_")
	switch {
	case in.key == "":
		return refuse("empty")
	case strings.HasPrefix(in.key, "sk_"):
		return refuse("this is a secret key, which belongs on servers; the publishable one begins with pk_")
	case strings.HasPrefix(in.key, developmentPrefix):
		in.development = true
	case !strings.HasPrefix(in.key, productionPrefix):
		return refuse("begins with neither pk_live_ nor pk_test_")
	}
	if len(parts) != 3 {
		return refuse("not three parts")
	}
	text, err := decodeBase64(parts[2])
	if err != nil {
		return refuse("the third part is not base64")
	}
	host, ends := strings.CutSuffix(string(text), "$")
	switch {
	case !ends || strings.Contains(host, "$"):
		return refuse("the third part is not a host and one $ at its end")
	case !isHost(host):
		return refuse("the host in it is not a plain host name with a dot")
	}
	in.host = strings.ToLower(host)
	return in, nil
}

// devBrowserHosts are the ends of the hosts at which a development instance knows a browser by its dev browser
// (clerk-js: constants.ts).
var devBrowserHosts = []string{
	".lcl.dev", ".stg.dev", ".lclstage.dev", ".stgstage.dev", ".dev.lclclerk.com", ".stg.lclclerk.com",
	".accounts.lclclerk.com", "accountsstage.dev", "accounts.dev",
}

// needsDevBrowser says whether a page has to send a dev browser: only on development instances at Clerk's own hosts.
func (in instance) needsDevBrowser() bool {
	for _, end := range devBrowserHosts {
		if in.development && strings.HasSuffix(in.host, end) {
			return true
		}
	}
	return false
}

// decodeBase64 takes both alphabets, with padding or without. Unlike encoding/base64 it takes no line breaks.
func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(text, "\r\n"))
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	if strings.HasSuffix(text, "=") {
		return base64.StdEncoding.DecodeString(text)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// isHost says whether host is a host name of two labels or more, or an IPv4 address, with a port or without. Names are
// plain ASCII: an internationalised one is written in its xn-- form.
func isHost(host string) bool {
	name, port, hasPort := strings.Cut(host, ":")
	if n, err := strconv.ParseUint(port, 10, 16); hasPort && (err != nil || n == 0) {
		return false
	}
	labels := strings.Split(name, ".")
	if len(labels) < 2 || len(name) > 253 {
		return false
	}
	for _, label := range labels {
		if !isHostLabel(label) {
			return false
		}
	}
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' { // else 1.2.3 and 10.0.0.0x1 are addresses to some
		_, err := netip.ParseAddr(name)
		return err == nil
	}
	return true
}

func isHostLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
