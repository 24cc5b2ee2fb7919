package fapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// NewAPI returns the endpoint methods of the FAPI at baseURL, without any state: nothing is kept between calls.
//
// baseURL is scheme and host, for example "https://clerk.example.com", with the path prefix of a proxy if there is one.
// Plain http is accepted for loopback only. NewAPI itself never fails: a bad URL is the error of every call.
// Credentials go in with WithHeader, rotated ones come back in Response.Header. The result is safe for concurrent use.
func NewAPI(baseURL string, opts ...Option) *API {
	return newServices(newCore(baseURL, newConfig(opts)))
}

// core is what all services of one API share. It does not change after newCore, so it needs no lock.
type core struct {
	config
	base   string // scheme, host and path prefix, without a slash at the end
	err    error  // why no call can be made; nil when the base URL is good
	client *http.Client
	state  state // nil for NewAPI
}

func newCore(baseURL string, cfg config) *core {
	c := &core{config: cfg}
	c.base, c.err = parseBaseURL(baseURL)

	client := http.Client{}
	if cfg.httpClient != nil {
		client = *cfg.httpClient
	}
	if !cfg.browser {
		client.Jar = nil // a native client that also sends cookies is two clients to the server
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.client = &client
	return c
}

// parseBaseURL returns the URL that paths are appended to. Its errors never quote the input: it may hold a password.
func parseBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("base URL: not a URL")
	case u.Hostname() == "":
		return "", errors.New(`base URL: no host; wanted the form "https://clerk.example.com"`)
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("base URL: the scheme is neither https nor http")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("base URL: plain http is for loopback only, not for %q", u.Hostname())
	case u.User != nil:
		return "", errors.New("base URL: holds a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return "", errors.New("base URL: holds a query or a fragment")
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
