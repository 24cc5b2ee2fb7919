package fapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrInvalidHost matches every *HostError in errors.Is.
var ErrInvalidHost = errors.New("invalid host")

// HostError is why a base URL, a proxy URL or a domain was refused. It holds no more of it than the host.
type HostError struct {
	Setting string // "base URL", "proxy URL" or "domain"
	Reason  string // one fact, for example "holds a query or a fragment"
}

// Error is one line without a user name, password, path or query.
func (e *HostError) Error() string { return e.Setting + ": " + e.Reason }

// Is makes errors.Is work with ErrInvalidHost.
func (e *HostError) Is(target error) bool { return target == ErrInvalidHost }

// resolveBase returns the URL that paths are appended to: that of the proxy, else, in production, that of domain, else
// that of the key's host (clerk-js: fapiClient.ts). "" is a setting that was not given; one that was is checked even if
// it loses. Its errors are *HostError.
//
// proxyURL keeps its path and loses its slashes at the end; it has to have a scheme. Plain http is for loopback, unless
// allowHTTP. domain is the site's name, with or without "clerk." before it and "https://" before that. In
// development it changes nothing: there the host is always the key's, and clerk-js only adds the query `__domain`, for
// satellites, which this SDK has no setting for.
func resolveBase(in instance, proxyURL, domain string, allowHTTP bool) (string, error) {
	host := in.host
	if domain != "" {
		name, err := clerkHost(domain)
		if err != nil {
			return "", err
		}
		if !in.development {
			host = name
		}
	}
	if proxyURL == "" {
		return "https://" + host, nil
	}
	return checkURL("proxy URL", proxyURL, allowHTTP)
}

// clerkHost is the host of the Frontend API of a domain: exactly one "clerk." before the site's name (clerk-js: url.ts,
// addClerkPrefix).
func clerkHost(domain string) (string, error) {
	site := strings.ToLower(domain)
	site = strings.TrimPrefix(strings.TrimPrefix(site, "https://"), "http://")
	named := isHost(site)
	for rest, ok := strings.CutPrefix(site, "clerk."); ok && strings.Contains(rest, "."); rest, ok = strings.CutPrefix(site, "clerk.") {
		site = rest // but of clerk.com it is the name
	}
	if host := "clerk." + site; named && isHost(host) {
		return host, nil
	}
	return "", &HostError{"domain", `not a plain host name such as "example.com"`}
}

// checkURL returns scheme, host and path of raw, without slashes at the end. setting is what its errors, *HostError, are
// about. They quote no more than the host: the rest may hold a password.
func checkURL(setting, raw string, allowHTTP bool) (string, error) {
	u, err := url.Parse(raw)
	reason := ""
	switch {
	case raw != "" && raw[0] != '/' && !strings.Contains(raw, "://"):
		reason = `no scheme; write "https://" before it, or "http://" for a server on this machine`
	case err != nil:
		reason = "not a URL"
	case u.Hostname() == "":
		reason = `no host; wanted the form "https://clerk.example.com"`
	case u.Scheme != "https" && u.Scheme != "http":
		reason = "the scheme is neither https nor http"
	case u.Scheme == "http" && !allowHTTP && !isLoopback(u.Hostname()):
		reason = fmt.Sprintf("plain http is for loopback only, not for %q", u.Hostname())
	case strings.Contains(u.Hostname(), "%"):
		reason = "an address with a zone cannot be used"
	case u.User != nil:
		reason = "holds a user name or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		reason = "holds a query or a fragment"
	}
	if reason != "" {
		return "", &HostError{setting, reason}
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}
