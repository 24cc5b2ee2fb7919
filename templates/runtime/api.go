package fapi

import (
	"net/http"
	"net/netip"
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

// parseBaseURL returns the URL that paths are appended to. Its errors, *HostError, quote no more of raw than the host.
func parseBaseURL(raw string) (string, error) { return checkURL("base URL", raw, false) }

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
