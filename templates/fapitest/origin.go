package fapitest

import (
	"context"
	"fmt"
	"net"
	"net/http"
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

// listen takes an address of this machine only: whoever reaches the server may sign in.
func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("WithAddress: %q is not host:port", address)
	}
	if host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("WithAddress: %q is not a loopback address such as 127.0.0.1, ::1 or localhost", address)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); !ok || !bound.IP.IsLoopback() { // the system decides what localhost is
		_ = listener.Close()
		return nil, fmt.Errorf("WithAddress: %q is %s here, which is not a loopback address", address, listener.Addr())
	}
	return listener, nil
}

// servesHost reports whether a Host header names this machine or the host of the key. With any other one a foreign page
// has its own name lead here (DNS rebinding), in order to read as a page of the same origin.
func (s *Server) servesHost(host string) bool {
	name := hostname(host)
	return isLoopback(name) || strings.EqualFold(name, s.keyHost())
}

// refuseHost responds to a request that is meant for another server. Nothing of it is kept.
func (s *Server) refuseHost(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body := errorBody(fail("host_invalid", "The Host header names neither this machine nor the host of the publishable key."), s.newID("trace"), nil)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(encode(body)))
	}
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
