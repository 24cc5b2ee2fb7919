package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/fapigen/fapigen/out/fapitest"
)

func TestAllAreSignedInAtOnceEachAsItsOwnUser(t *testing.T) {
	const clients = 60
	f := fleet{clients: clients, users: "bot%d+clerk_test@example.com"}
	srv, err := fake(&f)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	t.Setenv("PASSWORD", f.password)
	var out bytes.Buffer
	args := []string{"--clients", "60", "--connections", "20", "--key", srv.PublishableKey(), "--proxy", srv.ProxyURL()}
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}

	// Per client: environment, client, sign-in, touch, token, me, sign-out.
	if want := "420 requests"; len(srv.Requests()) != 7*clients || !strings.Contains(out.String(), want) {
		t.Errorf("the server saw %d requests, want 420; the report is\n%s", len(srv.Requests()), out.String())
	}
	lastCall, firstSignOut := 0, -1
	for i, r := range srv.Requests() {
		if r.Status != 200 {
			t.Errorf("%s: status %d", r, r.Status)
		}
		switch r.String() {
		case "GET /v1/me":
			lastCall = i
		case "DELETE /v1/client/sessions":
			if firstSignOut < 0 {
				firstSignOut = i
			}
		}
	}
	if firstSignOut < lastCall {
		t.Error("somebody was signed out before all were signed in")
	}
	users, devices := map[string]bool{}, map[string]bool{}
	for _, s := range srv.Sessions() {
		users[s.UserID], devices[s.ClientID] = true, true
		if s.Status != "removed" {
			t.Errorf("session %s is %s in the end", s.ID, s.Status)
		}
	}
	if len(users) != clients || len(devices) != clients || len(srv.Sessions()) != clients {
		t.Errorf("%d sessions of %d users on %d clients, want %d of each", len(srv.Sessions()), len(users), len(devices), clients)
	}
}

func TestAFailureIsCountedAndTold(t *testing.T) {
	f := fleet{clients: 5, users: "bot%d+clerk_test@example.com"}
	srv, err := fake(&f)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	srv.Inject(fapitest.Fault{On: "POST /v1/client/sign_ins", Skip: 1, Times: 2, Status: 500})
	t.Setenv("PASSWORD", f.password)
	err = run(context.Background(), []string{"--clients", "5", "--key", srv.PublishableKey(), "--proxy", srv.ProxyURL()}, &bytes.Buffer{})
	if err == nil || !regexp.MustCompile(`^2 of 5 failed; client \d: POST /v1/client/sign_ins: 500 `).MatchString(err.Error()) {
		t.Errorf("run: %v", err)
	}
}
