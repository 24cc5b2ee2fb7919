package fapi

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// testPublishableKey is the known-good key of clerk-fapi-rs (src/configuration.rs); it holds clerk.example.com.
const testPublishableKey = "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k"

// testPublishableKeyOf is a development key that holds any text at all.
func testPublishableKeyOf(text string) string {
	return developmentPrefix + base64.RawStdEncoding.EncodeToString([]byte(text))
}

// The rules are those of clerk-js (keys.ts, as told in wire-and-state 5), and of what a host name is (RFC 1123).
func TestPublishableKeyIsAccepted(t *testing.T) {
	long := strings.Repeat("a.", 125) + "abc" // 253 bytes
	tests := []struct{ rule, key, host string }{
		{"known-good", testPublishableKey, "clerk.example.com"},
		{"padding is optional", developmentPrefix + "YS5iJA==", "a.b"},
		{"no padding", developmentPrefix + "YS5iJA", "a.b"},
		{"white space around it is trimmed", " \t" + testPublishableKey + "\r\n", "clerk.example.com"},
		{"a host of Clerk's", testPublishableKeyOf("foo-bar-13.clerk.accounts.dev$"), "foo-bar-13.clerk.accounts.dev"},
		{"a port", testPublishableKeyOf("clerk.example.com:8443$"), "clerk.example.com:8443"},
		{"an address with a port", testPublishableKeyOf("127.0.0.1:1234$"), "127.0.0.1:1234"},
		{"upper case is lowered", testPublishableKeyOf("Clerk.Example.COM$"), "clerk.example.com"},
		{"an internationalised name", testPublishableKeyOf("clerk.xn--bcher-kva.example$"), "clerk.xn--bcher-kva.example"},
		{"labels of digits", testPublishableKeyOf("1.2.example$"), "1.2.example"},
		{"253 bytes", testPublishableKeyOf(long + "$"), long},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := parsePublishableKey(tt.key)
			if want := (instance{tt.host, true, strings.TrimSpace(tt.key)}); err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestPublishableKeyIsRefused(t *testing.T) {
	const badHost = "the host in it is not a plain host name with a dot"
	const badEnd = "the third part is not a host and one $ at its end"
	const badPrefix = "begins with neither pk_live_ nor pk_test_"
	tests := []struct{ rule, key, reason string }{
		{"empty", "", "empty"},
		{"white space only", " \n", "empty"},
		{"a secret key", "sk_test_" + testSecret, "this is a secret key, which belongs on servers; the publishable one begins with pk_"},
		{"a prefix of old", "test_Y2xlcmsuZXhhbXBsZS5jb20k", badPrefix},
		{"another environment", "pk_prod_Y2xlcmsuZXhhbXBsZS5jb20k", badPrefix},
		{"upper case prefix", "PK_TEST_Y2xlcmsuZXhhbXBsZS5jb20k", badPrefix},
		{"the prefix alone", "pk_test", badPrefix},
		{"a fourth part", testPublishableKey + "_x", "not three parts"},
		{"an empty fourth part", testPublishableKey + "_", "not three parts"},
		{"no base64", developmentPrefix + testSecret + "!", "the third part is not base64"},
		{"a length that base64 never has", developmentPrefix + "YS5iJ", "the third part is not base64"},
		{"too much padding", developmentPrefix + "YS5iJA===", "the third part is not base64"},
		{"a line break inside", developmentPrefix + "YS5i\nJA", "the third part is not base64"},
		{"nothing in it", developmentPrefix, badEnd},
		{"no dollar sign", testPublishableKeyOf("clerk.example.com"), badEnd},
		{"two dollar signs", testPublishableKeyOf("clerk.example.com$$"), badEnd},
		{"a dollar sign inside", testPublishableKeyOf("clerk.$example.com$"), badEnd},
		{"something after the dollar sign", testPublishableKeyOf("clerk.example.com$x"), badEnd},
		{"the dollar sign alone", testPublishableKeyOf("$"), badHost},
		{"no dot", testPublishableKeyOf("localhost:1234$"), badHost},
		{"a dot at the start", testPublishableKeyOf(".example.com$"), badHost},
		{"a dot at the end", testPublishableKeyOf("example.com.$"), badHost},
		{"two dots", testPublishableKeyOf("example..com$"), badHost},
		{"a space", testPublishableKeyOf("exa mple.com$"), badHost},
		{"a slash", testPublishableKeyOf("example.com/x$"), badHost},
		{"a backslash", testPublishableKeyOf(`example.com\x$`), badHost},
		{"a scheme", testPublishableKeyOf("https://example.com$"), badHost},
		{"a user", testPublishableKeyOf("clerk.com@evil.example$"), badHost},
		{"a query", testPublishableKeyOf("example.com?x$"), badHost},
		{"a fragment", testPublishableKeyOf("example.com#x$"), badHost},
		{"a percent sign", testPublishableKeyOf("example%2ecom.x$"), badHost},
		{"an underscore", testPublishableKeyOf("a_b.example.com$"), badHost},
		{"letters of other scripts", testPublishableKeyOf("сlerk.example.com$"), badHost}, // Cyrillic es
		{"another script's dot", testPublishableKeyOf("clerk.example。com$"), badHost},
		{"no UTF-8", testPublishableKeyOf("clerk\xff.example.com$"), badHost},
		{"a zero byte", testPublishableKeyOf("clerk.example.com\x00$"), badHost},
		{"a hyphen at the start of a label", testPublishableKeyOf("clerk.-example.com$"), badHost},
		{"a hyphen at the end of a label", testPublishableKeyOf("clerk-.example.com$"), badHost},
		{"a label of 64", testPublishableKeyOf(strings.Repeat("a", 64) + ".com$"), badHost},
		{"254 bytes", testPublishableKeyOf(strings.Repeat("a.", 126) + "ab$"), badHost},
		{"an address cut short", testPublishableKeyOf("127.1$"), badHost},
		{"an address in hexadecimal", testPublishableKeyOf("127.0.0.0x1$"), badHost},
		{"an IPv6 address", testPublishableKeyOf("[::1.2.3.4]$"), badHost},
		{"an empty port", testPublishableKeyOf("example.com:$"), badHost},
		{"port 0", testPublishableKeyOf("example.com:0$"), badHost},
		{"port 65536", testPublishableKeyOf("example.com:65536$"), badHost},
		{"a signed port", testPublishableKeyOf("example.com:+80$"), badHost},
		{"two ports", testPublishableKeyOf("example.com:80:80$"), badHost},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := parsePublishableKey(tt.key)
			var refused *KeyError
			if !errors.As(err, &refused) || !errors.Is(err, ErrInvalidKey) || got != (instance{}) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if refused.Reason != tt.reason || err.Error() != "publishable key: "+tt.reason {
				t.Errorf("got %s, want %s", err, tt.reason)
			}
		})
	}
}

func TestOnlyThePrefixMakesADevelopmentInstance(t *testing.T) {
	for _, host := range []string{"clerk.example.com", "foo-bar-13.clerk.accounts.dev"} {
		for _, development := range []bool{true, false} {
			in, err := parsePublishableKey(EncodePublishableKey(host, development))
			if err != nil || in.development != development || in.host != host {
				t.Errorf("%s, %t: got %+v, %v", host, development, in, err)
			}
		}
	}
	if got := EncodePublishableKey("clerk.example.com", true); got != testPublishableKey {
		t.Errorf("got %s", got)
	}
}

// wire-and-state 1.8: a pk_test_ key for any other host never creates a dev browser.
func TestDevBrowserIsForDevelopmentAtClerksHosts(t *testing.T) {
	tests := []struct {
		host        string
		development bool
		want        bool
	}{
		{"foo-bar-13.clerk.accounts.dev", true, true},
		{"foo.lcl.dev", true, true},
		{"clerk.example.com", true, false},
		{"foo-bar-13.clerk.accounts.dev", false, false},
		{"accounts.dev.example.com", true, false},
	}
	for _, tt := range tests {
		if got := (instance{host: tt.host, development: tt.development}).needsDevBrowser(); got != tt.want {
			t.Errorf("%s, %t: got %t", tt.host, tt.development, got)
		}
	}
}

func FuzzPublishableKey(f *testing.F) {
	for _, seed := range []string{testPublishableKey, "", "pk_live_", "pk_test_YS5iJA==", testPublishableKeyOf("127.0.0.1:1234$"), testPublishableKeyOf("a@b.c$"), "sk_live_x", "pk_test_-_-_", "pk_test_+/="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		in, err := parsePublishableKey(key)
		if err != nil {
			if !errors.Is(err, ErrInvalidKey) {
				t.Error(err)
			}
			return
		}
		base, err := resolveBase(in, "", "", false)
		if parsed, perr := parseBaseURL(base); err != nil || perr != nil || parsed != "https://"+in.host {
			t.Errorf("%+v gives %q, %v, %v", in, base, err, perr)
		}
		again, err := parsePublishableKey(EncodePublishableKey(in.host, in.development))
		if again.key = in.key; err != nil || again != in {
			t.Errorf("got %+v, %v; want %+v", again, err, in)
		}
	})
}
