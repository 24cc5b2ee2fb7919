package main

// The command as its users see it: ../../testdata/script/*.txtar, run by testscript. `exec fapigen` is the command as
// `go build` makes it: under the race detector each of some hundred runs would take seconds.

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	server := httptest.NewServer(descriptions(filepath.Join(root, "fapi_swagger.json")))
	t.Cleanup(server.Close) // the scripts run in parallel, after this function
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "root" { // who may write everywhere
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("ROOT", root)
			env.Setenv("SPEC", filepath.Join(root, "fapi_swagger.json"))
			env.Setenv("SERVER", server.URL)
			env.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // drift asks the go command for the standard library
			return nil
		},
	})
}

// descriptions serves the pinned description under a published name, and the ways in which a download fails.
func descriptions(spec string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/fapi/2026-05-12.json", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, spec) })
	mux.HandleFunc("/broken/2026-05-12.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		fmt.Fprint(w, `{"openapi": "3.0.3",`)
	})
	mux.HandleFunc("/cut/2026-05-12.yml", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "openapi: 3.0.3\ninfo: {title: T, version: v1}\npaths: {}\n") // what came is whole to YAML's eye
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/page/2026-05-12.json", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\n<!DOCTYPE html><html>Sign in</html>") })
	mux.HandleFunc("/empty/2026-05-12.json", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/large/2026-05-12.json", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "209715200") })
	mux.HandleFunc("/endless/2026-05-12.json", func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 1<<20)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/slow/2026-05-12.json", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"openapi": "3.0.3",`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/moved/2026-05-12.json", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/fapi/2026-05-12.json", http.StatusFound)
	})
	mux.HandleFunc("/circle/2026-05-12.json", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	return mux
}

func TestAnInterruptedDownloadChangesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	const kept = "{}\n"
	if err := os.WriteFile("fapi_swagger.json", []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"openapi":`)
		w.(http.Flusher).Flush()
		interrupt()
		<-r.Context().Done()
	}))
	defer server.Close()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"update", server.URL + "/2026-05-12.json?token=secret"}, strings.NewReader(""), &stdout, &stderr)
	if want := "fapigen: " + server.URL + "/2026-05-12.json: interrupted\n"; code != exitCannot || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit status %d\n got %s%swant %s", code, stderr.String(), stdout.String(), want)
	}
	if data, err := os.ReadFile("fapi_swagger.json"); err != nil || string(data) != kept {
		t.Errorf("the pinned file is %s, %v", data, err)
	}
	if entries, _ := os.ReadDir("."); len(entries) != 1 {
		t.Errorf("%d files, want the pinned one alone", len(entries))
	}
}
