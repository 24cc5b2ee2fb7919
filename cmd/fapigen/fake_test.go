package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serving runs fapigen fake and gives its first line and what ends it.
func serving(t *testing.T, args ...string) (first string, rest *bufio.Reader, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"fake"}, args...), strings.NewReader(""), w, os.Stderr)
		_ = w.Close()
	}()
	rest = bufio.NewReader(r)
	first, err := rest.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(first), rest, func() int {
		cancel()
		select {
		case n := <-code:
			return n
		case <-time.After(10 * time.Second):
			t.Fatal("it does not stop")
			return 0
		}
	}
}

// signIn is the status of a password sign-in.
func signIn(t *testing.T, server, identifier, password string) string {
	t.Helper()
	resp, err := http.PostForm(server+"/v1/client/sign_ins?_is_native=1", url.Values{"identifier": {identifier}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Response struct{ Status string }
		Errors   []struct{ Code string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if len(body.Errors) > 0 {
		return body.Errors[0].Code
	}
	return body.Response.Status
}

func TestFakeServesUntilItIsInterrupted(t *testing.T) {
	server, rest, stop := serving(t)
	key, err := rest.ReadString('\n')
	if err != nil || !strings.HasPrefix(key, "pk_test_") {
		t.Errorf("key %q: %v", key, err)
	}
	if got := signIn(t, server, "ada+clerk_test@example.com", "correct horse"); got != "complete" {
		t.Errorf("the user that --help names: %s", got)
	}
	resp, err := http.Get(server + "/.well-known/openid-configuration") // of which nothing is kept: the table knows it
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", resp, err)
	}
	if code := stop(); code != exitDone {
		t.Errorf("exit status %d", code)
	}
	if resp, err := http.Get(server + "/v1/health"); err == nil {
		t.Errorf("it still serves: %d", resp.StatusCode)
	}
}

func TestFakeTakesASeedAndPrintsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.json")
	seed := `{"users": [{"emails": ["bob@example.com"], "password": "correct horse", "totp_secret": "JBSWY3DPEHPK3PXP"},
			{"emails": ["linus@example.com"], "password": "correct horse"}],
		"roles": [{"key": "org:billing", "permissions": ["org:invoices:read"]}],
		"organizations": [{"name": "Works", "members": [{"user": "bob@example.com", "role": "org:billing"}]}],
		"templates": {"hasura": {"who": "{{user.id}}"}}, "client_trust": true,
		"environment": {"user_settings": {"password_settings": {"min_length": 12}}, "protect_config": null}}`
	if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
		t.Fatal(err)
	}
	line, _, stop := serving(t, "--json", "--seed", file)
	defer stop()
	var said struct {
		URL string `json:"url"`
		Key string `json:"publishable_key"`
	}
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.Key == "" {
		t.Fatalf("%s: %v", line, err)
	}
	if got := signIn(t, said.URL, "bob@example.com", "correct horse"); got != "needs_second_factor" {
		t.Errorf("the seed's user: %s", got)
	}
	if got := signIn(t, said.URL, "linus@example.com", "correct horse"); got != "needs_client_trust" {
		t.Errorf("client_trust: %s", got)
	}
	resp, err := http.Get(said.URL + "/v1/environment")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var environment struct {
		UserSettings struct {
			PasswordSettings struct {
				MinLength int `json:"min_length"`
				MaxLength int `json:"max_length"`
			} `json:"password_settings"`
		} `json:"user_settings"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&environment); err != nil {
		t.Fatal(err)
	}
	if got := environment.UserSettings.PasswordSettings; got.MinLength != 12 || got.MaxLength != 72 {
		t.Errorf("the environment is not merged: %+v", got)
	}
	if got := signIn(t, said.URL, "ada+clerk_test@example.com", "correct horse"); got != "form_identifier_not_found" {
		t.Errorf("the user without a seed: %s", got)
	}
}
