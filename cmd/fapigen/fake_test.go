package main

import (
	"bufio"
	"bytes"
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
	"unicode/utf8"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// serving runs fapigen fake and gives its first line and what ends it.
func serving(t *testing.T, args ...string) (first string, rest *bufio.Reader, stop func() int) {
	t.Helper()
	return servingWith(t, io.Discard, args...)
}

// servingWith is serving with somewhere for standard error.
func servingWith(t *testing.T, stderr io.Writer, args ...string) (first string, rest *bufio.Reader, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"fake"}, args...), strings.NewReader(""), w, stderr)
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

func TestFakePrintsItsOutbox(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seed.json")
	seed := `{"users": [{"emails": ["ada@example.com"], "phone_numbers": ["+15555550100"], "password": "correct horse"}, {"emails": ["o\u202edd@example.com"]}],
		"allowed_origins": ["https://app.example.com"]}`
	if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	said := bufio.NewReader(r)
	lines := make(chan string)
	go func() {
		for {
			line, err := said.ReadString('\n')
			if err != nil {
				close(lines)
				return
			}
			lines <- strings.TrimSpace(line)
		}
	}()
	server, _, stop := servingWith(t, w, "--seed", file)
	if got, want := <-lines, "outbox: "+server+"/__fapitest/"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	send := func(identifier, strategy string) {
		resp, err := http.PostForm(server+"/v1/client/sign_ins?_is_native=1", url.Values{"identifier": {identifier}, "strategy": {strategy}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	for _, tc := range []struct{ identifier, strategy, want string }{
		{"ada@example.com", "email_code", "email_code to ada@example.com: 424242"},
		{"ada@example.com", "phone_code", "sms_code to +15555550100: 424242"},
		{"o\u202edd@example.com", "email_code", `email_code to o\u202edd@example.com: 424242`},
		{"ada@example.com", "email_link", "email_link to ada@example.com: " + server + "/visit/"},
	} {
		send(tc.identifier, tc.strategy)
		if got := <-lines; got != tc.want && (tc.strategy != "email_link" || !strings.HasPrefix(got, tc.want)) {
			t.Errorf("%s: %q, want %q", tc.strategy, got, tc.want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/__fapitest/outbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://app.example.com")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var messages []struct{ Kind, To, Code, URL string }
	if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil || len(messages) != 4 || messages[3].Kind != "email_link" || messages[3].URL == "" {
		t.Errorf("%+v: %v", messages, err)
	}
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example.com" {
		t.Errorf("allows %q", got)
	}
	if code := stop(); code != exitDone {
		t.Errorf("exit status %d", code)
	}
	_ = w.Close()
	if line, ok := <-lines; ok {
		t.Errorf("another line: %q", line)
	}
}

// Whatever a seed file holds, it is refused with a line, or makes a server that serves.
func FuzzSeed(f *testing.F) {
	for _, text := range []string{
		`{"users": [{"emails": ["bob@example.com"], "password": "correct horse", "totp_secret": "JBSWY3DPEHPK3PXP", "phone_numbers": ["+15555550100"], "phone_second": true}]}`,
		`{"users": [{"id": "user_1"}], "organizations": [{"name": "A", "members": [{"user": "user_1", "role": "org:admin"}]}], "roles": [{"key": "org:a", "permissions": ["org:b:c"]}]}`,
		`{"environment": {"user_settings": 5, "display_config": {"home_url": "http://[::1", "sign_in_url": 7}, "auth_config": null, "organization_settings": []}}`,
		`{"environment": {"user_settings": {"attributes": [], "sign_up": {"mode": 1}, "password_settings": {"min_length": -1e300}, "social": {"oauth_google": 1}}}}`,
		`{"templates": {"t": {"a": "{{user.public_metadata.x.y}}", "": null}, "": {}}, "client_trust": true, "production": true, "strict_tokens": true}`,
		`{"allowed_origins": ["http://a", "%", "://", ""], "single_session": true, "reverification": true}`,
		`{"roles": [{"key": "org:", "permissions": ["::", "org:sys_:a"]}, {"permissions": [""]}]}`,
		`null`, `{}`, `[]`, `{"users": null}`, `{"users": [null]}`, `{} {}`, "\ufeff{}", `{"users": [{"emails": [""]}]}`, `{"Users": [], "users": [{}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		people, err := readSeed("-", bytes.NewReader(data))
		if err == nil {
			var srv *fapitest.Server
			if srv, err = fapitest.New(people.options()...); err == nil {
				defer srv.Close()
				useSeeded(t, srv, people)
				return
			}
		}
		if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r") || !utf8.ValidString(text) {
			t.Errorf("the error is %q", text)
		}
	})
}

// useSeeded asks for what depends on the seed: nothing of it may break a response.
func useSeeded(t *testing.T, srv *fapitest.Server, people seed) {
	t.Helper()
	names := url.Values{"identifier": {"nobody@example.com"}, "email_address": {"new@example.com"}, "password": {"correct horse"}, "username": {"somebody"}}
	for _, u := range people.Users {
		for _, email := range u.Emails {
			names.Set("identifier", email)
		}
		names.Set("password", u.Password)
	}
	for _, path := range []string{"GET /v1/environment", "GET /v1/jwks", "GET /__fapitest/", "POST /v1/client/sign_ins", "POST /v1/client/sign_ups"} {
		method, path, _ := strings.Cut(path, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path+"?_is_native=1", strings.NewReader(names.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode >= 500 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}
