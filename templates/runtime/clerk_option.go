package fapi

import "time"

// stateConfig is what only a Clerk needs; NewAPI has no use for it.
type stateConfig struct {
	proxyURL string
	domain   string
	store    Store
	profile  string
	now      func() time.Time
}

// WithProxyURL sends all requests to the proxy at url, path prefix included, instead of the instance's own host. Without
// a scheme it is https; plain http is for loopback only. A bad URL is New's error, a *HostError; "" is no proxy. It wins
// over WithDomain. NewAPI has no use for it.
func WithProxyURL(url string) Option {
	return func(c *config) { c.proxyURL = url }
}

// WithDomain sends all requests of a production instance to the Frontend API of this domain, such as "example.com", in
// place of the one in the key: for satellite domains. Development instances have no other host than that of the key.
// A bad domain is New's error, a *HostError; "" is none. NewAPI has no use for it.
func WithDomain(domain string) Option {
	return func(c *config) { c.domain = domain }
}

// WithStore keeps the client's credential, its last known state and the environment in store, so that the next start goes
// on where this one ended. nil, the default, keeps nothing beyond this Clerk. Several Clerks, in several processes
// too, may share a store. NewAPI has no use for it.
//
// The store is read once, by the first call of any kind. When that fails the call fails too, and the next one tries again:
// a request without the stored credential would make a second client. What cannot be saved is logged and returned by the
// next Load and by Close; the call that caused it goes on. SignOut, SetLoaded and their like return it themselves.
func WithStore(store Store) Option {
	return func(c *config) { c.store = store }
}

// WithProfile names the record in the store, so that one program can keep several clients of one instance apart. "" is
// the default profile. NewAPI has no use for it.
func WithProfile(name string) Option {
	return func(c *config) { c.profile = name }
}

// WithClock replaces time.Now where the age of tokens is judged; nil is time.Now. It must be safe for concurrent use.
// Waiting, as between retries and for refreshes in the background, goes by real time. NewAPI has no use for it.
//
// The clock need not be right: it is corrected by what the server says the time is.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.now = now }
}

// WithOnMismatch calls report for every place in an answer that differs from its Go type. The answer is decoded all the
// same. report runs on the goroutine of the call, outside of all locks, and must be safe for concurrent use; its panics
// are contained. nil, the default, costs nothing.
func WithOnMismatch(report func(Mismatch)) Option {
	return func(c *config) { c.onMismatch = report }
}
