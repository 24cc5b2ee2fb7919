// Package fapitest is a Frontend API in memory, for tests of programs that use package fapi, or that speak the API
// themselves.
//
//	srv := fapitest.NewServer(t, fapitest.WithUser(fapitest.User{Emails: []string{"ada+clerk_test@example.com"}, Password: "correct horse"}))
//	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
//
// It listens on loopback and keeps state as the real API does: clients whose token rotates, sign-ins and sign-ups that
// move from status to status, sessions, users, organizations. What it keeps no state of it answers with zero values that
// fit the description of the API. Every code that is sent by email or SMS is TestCode, and IDToken makes the ID tokens of
// providers. Of trusted devices the signatures are checked.
//
// Nothing is sent anywhere: Outbox has the messages, with their codes and links, and a page at /__fapitest/ shows them to a
// person. GET /__fapitest/outbox is the same as JSON, for programs in other languages.
//
// Who goes to a provider, to an enterprise connection or to the hosted sign-in page is sent to a page of this server, which
// redirects back at once. Its visitor is somebody whom the account there belongs to; a test that opens the page chooses:
//
//	page + "?email=bob@example.com"    // the account at the provider has this address, whether the user exists or not
//	page + "?error=access_denied"      // the user refuses
//
// Advance moves the server's clock. A client with fapi.WithClock(srv.Now) has the same time.
//
// Servers behind Clerk's backend SDKs take ProxyURL as their proxy URL and as their API URL, and any secret key: GET /v1/jwks
// has the key that tokens are signed with, and GET /v1/client/handshake sends browsers back with their cookies.
//
// Only this machine reaches it: it listens on loopback and refuses requests for other hosts. Pages of this machine, of the
// sites in display_config and of WithAllowedOrigins may read what it answers.
//
// What the environment says holds, and WithEnvironment changes it: what sign-ups require, what passwords and usernames are
// like, captchas, lockout after failed attempts, single sessions, what organizations may do, what new sessions have to do first.
//
// It is a test double. Where the behavior of the real API is not public it does the plain thing: a code, for one, is dead
// after ten wrong attempts. Rates and quotas are left out. Inject makes it fail on demand.
package fapitest
