package fapi

import (
	"errors"
	"testing"
)

var (
	testProduction  = instance{host: "clerk.example.com", key: "pk_live_x"}
	testDevelopment = instance{host: "foo-bar-13.clerk.accounts.dev", development: true, key: "pk_test_x"}
)

// wire-and-state 1.1 and 5, clerk-fapi-rs 1.4 and 4.2.
func TestBaseIsOfTheProxyElseTheDomainElseTheKey(t *testing.T) {
	tests := []struct {
		rule          string
		in            instance
		proxy, domain string
		want          string
	}{
		{"the key's host", testProduction, "", "", "https://clerk.example.com"},
		{"the key's host and port", instance{host: "127.0.0.1:1234"}, "", "", "https://127.0.0.1:1234"},
		{"proxy", testProduction, "https://example.com/__clerk", "", "https://example.com/__clerk"},
		{"proxy in development", testDevelopment, "https://proxy.example.com", "", "https://proxy.example.com"},
		{"proxy wins over domain", testProduction, "https://proxy.example.com", "example.org", "https://proxy.example.com"},
		{"slashes at the end of a proxy are trimmed", testProduction, "https://example.com/__clerk//", "", "https://example.com/__clerk"},
		{"proxy without a path", testProduction, "https://example.com/", "", "https://example.com"},
		{"proxy with a port", testProduction, "https://example.com:8443/x", "", "https://example.com:8443/x"},
		{"proxy on loopback may be http", testProduction, "http://localhost:3000/__clerk", "", "http://localhost:3000/__clerk"},
		{"proxy on loopback, IPv6", testProduction, "http://[::1]:3000", "", "http://[::1]:3000"},
		{"proxy on loopback, IPv4 in IPv6", testProduction, "http://[::ffff:127.0.0.1]:3000", "", "http://[::ffff:127.0.0.1]:3000"},
		{"proxy on loopback, another address of it", testProduction, "http://127.9.9.9:3000", "", "http://127.9.9.9:3000"},
		{"domain in production", testProduction, "", "example.org", "https://clerk.example.org"},
		{"domain with clerk. before it", testProduction, "", "clerk.example.org", "https://clerk.example.org"},
		{"domain with clerk. twice", testProduction, "", "clerk.clerk.example.org", "https://clerk.example.org"},
		{"domain whose name is clerk", testProduction, "", "clerk.com", "https://clerk.clerk.com"},
		{"domain below one whose name is clerk", testProduction, "", "clerk.clerk.com", "https://clerk.clerk.com"},
		{"domain with a scheme", testProduction, "", "https://example.org", "https://clerk.example.org"},
		{"domain with another scheme", testProduction, "", "http://clerk.example.org", "https://clerk.example.org"},
		{"domain with a port", testProduction, "", "example.org:8443", "https://clerk.example.org:8443"},
		{"domain in upper case", testProduction, "", "Example.ORG", "https://clerk.example.org"},
		{"domain in development changes nothing", testDevelopment, "", "example.org", "https://foo-bar-13.clerk.accounts.dev"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := resolveBase(tt.in, tt.proxy, tt.domain, false)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestBaseIsRefused(t *testing.T) {
	const noHost = `proxy URL: no host; wanted the form "https://clerk.example.com"`
	const noScheme = `proxy URL: no scheme; write "https://" before it, or "http://" for a server on this machine`
	const badDomain = `domain: not a plain host name such as "example.com"`
	tests := []struct{ rule, proxy, domain, want string }{
		{"plain http", "http://example.com/" + testSecret, "", `proxy URL: plain http is for loopback only, not for "example.com"`},
		{"plain http to a name that begins like loopback", "http://localhost.example.com", "", `proxy URL: plain http is for loopback only, not for "localhost.example.com"`},
		{"another scheme", "ftp://example.com/" + testSecret, "", "proxy URL: the scheme is neither https nor http"},
		{"a user", "https://u:" + testSecret + "@example.com", "", "proxy URL: holds a user name or password"},
		{"a user without a scheme", "u:" + testSecret + "@example.com", "", noScheme},
		{"an address without a scheme", "127.0.0.1:4010", "", noScheme},
		{"localhost without a scheme", "localhost:4010", "", noScheme},
		{"an IPv6 address without a scheme", "[::1]:4010", "", noScheme},
		{"a host name without a scheme", "proxy.example.com/x", "", noScheme},
		{"plain http to localhost in upper case", "http://LOCALHOST:4010", "", `proxy URL: plain http is for loopback only, not for "LOCALHOST"`},
		{"plain http to a name below localhost", "http://x.localhost", "", `proxy URL: plain http is for loopback only, not for "x.localhost"`},
		{"plain http to localhost with a dot", "http://localhost.", "", `proxy URL: plain http is for loopback only, not for "localhost."`},
		{"plain http to a number", "http://2130706433", "", `proxy URL: plain http is for loopback only, not for "2130706433"`},
		{"plain http to a short address", "http://127.1", "", `proxy URL: plain http is for loopback only, not for "127.1"`},
		{"an address with a zone, http", "http://[::1%25lo]", "", `proxy URL: plain http is for loopback only, not for "::1%lo"`},
		{"an address with a zone, https", "https://[fe80::1%25eth0]", "", "proxy URL: an address with a zone cannot be used"},
		{"a query", "https://example.com?" + testSecret, "", "proxy URL: holds a query or a fragment"},
		{"a fragment", "https://example.com#" + testSecret, "", "proxy URL: holds a query or a fragment"},
		{"a path alone", "/__clerk", "", noHost},
		{"two slashes and a host", "//example.com", "", "proxy URL: the scheme is neither https nor http"},
		{"no host", "https:///" + testSecret, "", noHost},
		{"a space", "https://exa mple.com/" + testSecret, "", "proxy URL: not a URL"},
		{"a backslash", `https://example.com\@evil.example`, "", "proxy URL: not a URL"},
		{"a domain without a dot", "", "localhost", badDomain},
		{"a domain with a path", "", "example.com/" + testSecret, badDomain},
		{"a domain with a user", "", testSecret + "@example.com", badDomain},
		{"an address for a domain", "", "10.0.0.1", badDomain},
		{"a domain of a scheme alone", "", "https://", badDomain},
		{"a domain with a dot at the end", "", "example.com.", badDomain},
		{"a bad domain beside a good proxy", "https://example.com", "a b", badDomain},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			for _, in := range []instance{testProduction, testDevelopment} {
				got, err := resolveBase(in, tt.proxy, tt.domain, false)
				var refused *HostError
				if got != "" || !errors.As(err, &refused) || !errors.Is(err, ErrInvalidHost) || err.Error() != tt.want {
					t.Errorf("got %q, %v; want %s", got, err, tt.want)
				}
				testHidden(t, err.Error(), testSecret)
			}
		})
	}
	t.Run("plain http where it was allowed is not", func(t *testing.T) {
		if got, err := resolveBase(testProduction, "http://fapi:8080/x", "", true); err != nil || got != "http://fapi:8080/x" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
