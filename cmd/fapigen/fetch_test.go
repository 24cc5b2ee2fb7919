package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestARedirectTellsTheOtherHostNothing(t *testing.T) {
	spec, err := os.ReadFile("../../fapi_swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		user string // of the URL that is given
		hops int    // redirects within the first host before the one to the other
	}{
		"query":                          {"", 0},
		"query, after a redirect within": {"", 2},
		"user and password":              {"alice:secret-password@", 0},
		"user and password, after a redirect within": {"alice:secret-password@", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var got []*http.Request
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r)
				_, _ = w.Write(spec)
			}))
			defer other.Close()
			elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) // another host, not only another port
			hops := c.hops
			first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if hops > 0 {
					hops--
					http.Redirect(w, r, "/again.json?tok=secret-second", http.StatusFound)
					return
				}
				http.Redirect(w, r, elsewhere+"/2026-05-12.json", http.StatusFound)
			}))
			defer first.Close()
			code, stdout, stderr := command(t, "update", strings.Replace(first.URL, "://", "://"+c.user, 1)+"/2026-05-12.json?tok=secret-token")
			if code != exitDone || len(got) != 1 {
				t.Fatalf("exit status %d, %d requests: %s%s", code, len(got), stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "secret") {
				t.Errorf("printed: %s%s", stdout, stderr)
			}
			for header, values := range got[0].Header {
				if header != "Accept-Encoding" && header != "User-Agent" || strings.Contains(strings.Join(values, " "), "secret") {
					t.Errorf("the other host got %s: %q", header, values)
				}
			}
		})
	}
}

func TestABrokenRedirectIsNotQuoted(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[broken/?tok=secret")
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	code, stdout, stderr := command(t, "update", server.URL+"/2026-05-12.json")
	if want := "fapigen: " + server.URL + "/2026-05-12.json: a redirect to no URL\n"; code != exitCannot || stdout+stderr != want {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
}
