package fapitest

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Who may ask and read: programs and pages of this machine, and pages of the sites that the instance names.

// WithAllowedOrigins lets pages of more origins read what the server answers, such as "https://app.example.com" or
// "chrome-extension://id". Those of this machine may always, and so may those of the pages in display_config.
func WithAllowedOrigins(origins ...string) Option {
	return func(s *Server) error {
		for _, origin := range origins {
			if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || originOf(u) != origin {
				return fmt.Errorf("WithAllowedOrigins: %q is not an origin such as https://app.example.com", origin)
			}
			s.allowed[origin] = true
		}
		return nil
	}
}

// allowPages adds the origins of the pages that the environment names.
func (s *Server) allowPages() {
	config, _ := s.at("display_config").(object)
	for name, value := range config {
		text, _ := value.(string)
		if !strings.HasSuffix(name, "_url") || pictures[name] || legalPages[name] {
			continue
		}
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			s.allowed[originOf(u)] = true
		}
	}
}

// What display_config names and what is often kept at somebody else's site.
var (
	pictures   = map[string]bool{"logo_url": true, "logo_image_url": true, "favicon_url": true, "favicon_image_url": true}
	legalPages = map[string]bool{"privacy_policy_url": true, "terms_url": true, "help_url": true}
)

// allowsOrigin reports whether pages of an origin may read what the server answers. New has made the list.
func (s *Server) allowsOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && originOf(u) == origin && (isLoopback(u.Hostname()) || s.allowed[origin])
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// hostname is a Host header without its port.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }

// isLoopback reports whether a host is this machine: by its address, or by a name that never leads elsewhere.
func isLoopback(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	ip := net.ParseIP(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
}
