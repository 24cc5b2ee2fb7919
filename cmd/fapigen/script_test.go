package main

// The command as its users see it: ../../testdata/script/*.txtar, run by testscript. `exec fapigen` is this binary.

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fapigen": main})
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
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
			env.Setenv("ROOT", root)
			env.Setenv("SPEC", filepath.Join(root, "fapi_swagger.json"))
			env.Setenv("SERVER", server.URL)
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
	mux.HandleFunc("/page/2026-05-12.json", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in</html>") })
	return mux
}
