package fapi

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
)

// NewAPI returns the endpoint methods of the FAPI at baseURL, without any state: nothing is kept between calls.
//
// baseURL is scheme and host, for example "https://clerk.example.com", with the path prefix of a proxy if there is one.
// Plain http is accepted for loopback only. NewAPI itself never fails: a bad URL is the error of every call.
// Credentials go in with WithHeader, rotated ones come back in Response.Header. The result is safe for concurrent use.
func NewAPI(baseURL string, opts ...Option) *API {
	return newServices(newCore(baseURL, newConfig(opts)))
}

// String names the base URL, and nothing of the options.
func (a API) String() string {
	if a.core == nil {
		return "API{}"
	}
	return "API{" + a.core.base + "}"
}

// Format prints String for every verb and flag: others would print what the options hold.
func (a API) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

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

// isLoopback reports whether net/http sends requests to host past every proxy: "localhost", spelled so, and the addresses of
// the loopback network. To any other name, of this machine too, HTTP_PROXY may apply, and plain http would show the credential.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback()
}
