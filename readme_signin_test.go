package fapigen_test

// The README's first program, run as its reader would: once to sign in, then killed and run again, then without a
// network, then signing out.

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func firstUse(t *testing.T, user string, list []block) {
	var program, signOut string
	for _, b := range list {
		switch b.kind {
		case "signin":
			program = b.text
		case "signout":
			signOut = b.text
		}
	}
	end := strings.Index(program, "}\n\nfunc check")
	if end < 0 || signOut == "" {
		t.Fatal("README.md: the blocks of the first use are not as they were")
	}
	write(t, filepath.Join(user, "first", "main.go"), program)
	write(t, filepath.Join(user, "last", "main.go"), program[:end]+signOut+program[end:])
	binary := filepath.Join(user, "first.bin")
	f := &clientFake{}
	server := httptest.NewServer(f)
	defer server.Close()
	env := append(offline(server.URL), "HOME="+t.TempDir(), "CLERK_PROXY_URL="+server.URL,
		"CLERK_PUBLISHABLE_KEY=pk_test_"+base64.StdEncoding.EncodeToString([]byte("clerk.example.com$")))
	run(t, user, offline(server.URL), "go", "vet", "./first", "./last")
	run(t, user, offline(server.URL), "go", "build", "-o", binary, "./first")

	want := "signed in as user_1\n" + f.jwt() + "\nAcme org:admin\n"
	if got := run(t, user, env, binary); got != want || f.count() != 1 {
		t.Fatalf("the first run printed %q after %d sign-ins, want %q", got, f.count(), want)
	}
	if got := run(t, user, env, binary); got != want || f.count() != 1 {
		t.Fatalf("the second run printed %q after %d sign-ins: it is not signed in still", got, f.count())
	}
	f.down.Store(true)
	got := mayFail(user, env, binary)
	if !strings.HasPrefix(got, "signed in as user_1\n"+f.jwt()+"\n") {
		t.Fatalf("without a network it printed %q", got)
	}
	f.down.Store(false)
	build := filepath.Join(user, "last.bin")
	run(t, user, offline(server.URL), "go", "build", "-o", build, "./last")
	if got := run(t, user, env, build); got != want || f.isSignedIn() {
		t.Fatalf("signing out printed %q, signed in at the server: %v", got, f.isSignedIn())
	}
	if got := run(t, user, env, binary); got != want || f.count() != 2 {
		t.Fatalf("after signing out it printed %q after %d sign-ins, want a second one", got, f.count())
	}
}

// clientFake is one client of the API: signed in or not.
type clientFake struct {
	down atomic.Bool

	mu       sync.Mutex
	signedIn bool
	signIns  int
	issued   time.Time
}

// count is how often somebody signed in.
func (f *clientFake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.signIns
}

func (f *clientFake) isSignedIn() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.signedIn
}

// jwt is the session token, the same for ten minutes.
func (f *clientFake) jwt() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token()
}

func (f *clientFake) token() string {
	if f.issued.IsZero() {
		f.issued = time.Now()
	}
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	claims := map[string]any{"sid": "sess_1", "sub": "user_1", "iat": f.issued.Unix(), "exp": f.issued.Unix() + 600}
	return part(map[string]any{"alg": "RS256"}) + "." + part(claims) + ".c2ln"
}

func (f *clientFake) client() string {
	if !f.signedIn {
		return `{"object": "client", "id": "client_1", "sessions": [], "last_active_session_id": null}`
	}
	return `{"object": "client", "id": "client_1", "last_active_session_id": "sess_1", "sessions": [{"object": "session", "id": "sess_1",
		"status": "active", "last_active_token": {"object": "token", "jwt": "` + f.token() + `"},
		"user": {"object": "user", "id": "user_1", "organization_memberships": []}}]}`
}

func (f *clientFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down.Load() {
		panic(http.ErrAbortHandler) // the connection breaks
	}
	if known := r.Header.Get("Authorization") == "client-token"; !known && r.URL.Path != "/v1/client/sign_ins" {
		if r.URL.Path != "/v1/client" && r.URL.Path != "/v1/environment" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errors": [{"code": "authentication_invalid"}]}`)
			return
		}
		if r.URL.Path == "/v1/client" {
			fmt.Fprint(w, `{"response": null, "client": null}`)
			return
		}
	}
	w.Header().Set("Authorization", "client-token")
	switch r.Method + " " + r.URL.Path {
	case "GET /v1/environment":
		fmt.Fprint(w, `{"display_config": {"application_name": "Acme"}}`)
	case "GET /v1/client":
		fmt.Fprintf(w, `{"response": %s, "client": null}`, f.client())
	case "POST /v1/client/sign_ins":
		f.signIns++
		f.signedIn = r.FormValue("password") == "correct"
		fmt.Fprintf(w, `{"response": {"id": "sia_1", "status": "complete", "created_session_id": "sess_1"}, "client": %s}`, f.client())
	case "POST /v1/client/sessions/sess_1/touch":
		fmt.Fprintf(w, `{"response": {"object": "session", "id": "sess_1", "status": "active"}, "client": %s}`, f.client())
	case "POST /v1/client/sessions/sess_1/tokens":
		fmt.Fprintf(w, `{"object": "token", "jwt": %q}`, f.token())
	case "DELETE /v1/client/sessions":
		f.signedIn = false
		fmt.Fprintf(w, `{"response": %s, "client": null}`, f.client())
	case "GET /v1/me/organization_memberships":
		fmt.Fprint(w, `{"response": {"data": [{"id": "orgmem_1", "role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}],
			"total_count": 1}, "client": null}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"errors": [{"code": "resource_not_found", "message": %q}]}`, r.URL.Path)
	}
}
