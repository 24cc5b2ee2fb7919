// Package fapitest is a Frontend API in memory, for tests of programs that use package fapi, or that speak the API
// themselves.
//
//	srv := fapitest.NewServer(t, fapitest.WithUser(fapitest.User{Emails: []string{"ada+clerk_test@example.com"}, Password: "correct horse"}))
//	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
//
// It listens on loopback and keeps state as the real API does: clients whose token rotates, sign-ins and sign-ups that
// move from status to status, sessions, users, organizations. What it keeps no state of it answers with zero values that
// fit the description of the API. Every code that is sent by email or SMS is TestCode, and IDToken makes the ID tokens of
// providers. Of trusted devices the signatures are checked. Nothing is sent anywhere.
//
// What the environment says holds, and WithEnvironment changes it: what sign-ups require, what passwords and usernames are
// like, captchas, lockout after failed attempts, single sessions, what organizations may do, what new sessions have to do first.
//
// It is a test double. Where the behavior of the real API is not public it does the plain thing: a code, for one, is dead
// after ten wrong attempts. Rates and quotas are left out. Inject makes it fail on demand.
package fapitest
