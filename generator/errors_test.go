package generator

// Error cases: ../testdata/errors/*.txtar, each an input that must be refused and the messages that say so, one a line.
// `-update` rewrites them; read the difference.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// errorConfig is tinyConfig with two more sections: `pinned` holds the description to the pinned one's rules, and
// templates/ replaces the runtime, contract included.
func errorConfig(t *testing.T, a *txtar.Archive) Config {
	t.Helper()
	cfg := tinyConfig(t, a)
	templates := fstest.MapFS{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, "templates/"); ok {
			templates[name] = &fstest.MapFile{Data: f.Data, Mode: fs.FileMode(0o644)}
		}
		if f.Name == "no-version" {
			cfg.APIVersion = ""
		}
	}
	if _, cfg.Pinned = section(a, "pinned"); len(templates) > 0 {
		cfg.Templates, cfg.NoContract = templates, false
	}
	return cfg
}

// problems are the lines of an error: `subject: fact`, each complete in itself.
func problems(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		if subject, fact, ok := strings.Cut(line, ": "); !ok || subject == "" || strings.TrimSpace(fact) == "" {
			t.Errorf("%q is no message of the form subject: fact", line)
		}
	}
	return err.Error() + "\n"
}

func TestErrors(t *testing.T) {
	for name, path := range archives(t, "errors") {
		t.Run(name, func(t *testing.T) {
			a := readArchive(t, path)
			out, err := Generate(errorConfig(t, a))
			if err == nil {
				t.Fatalf("no error; warnings %q", out.Summary.Warnings)
			}
			got := problems(t, err)
			if *update {
				setSection(a, "want", got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, _ := section(a, "want")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Inputs that are too large, too deep or too odd to lie in a file.
func TestHostileInputsAreRefused(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i, name := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		below := "*a" + string(rune('0'+i))
		bomb += name + ": &" + name + " [" + strings.Repeat(below+", ", 9) + below + "]\n"
	}
	for name, tc := range map[string]struct{ in, want string }{
		"larger than the limit":     {"openapi: 3.0.3 #" + strings.Repeat("x", MaxDocument), `^spec: 32\.0 MiB, limit 32 MiB$`},
		"an alias bomb":             {bomb, `^spec:\d+: aliases expand to more than 500000 nodes$`},
		"nested too deep in JSON":   {strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), `^spec:1: nested deeper than 1000 levels$`},
		"nested too deep in YAML":   {strings.Repeat("[", 5000) + strings.Repeat("]", 5000), `^spec:1: nested deeper than 1000 levels$`},
		"not text":                  {"openapi: 3.0.3\ninfo: \xff\xfe\n", `^spec:2: not UTF-8 text$`},
		"nothing but spaces":        {" \n\t\n", `^spec: empty$`},
		"nothing but a comment":     {"# nothing\n", `^spec: empty$`},
		"a circle of aliases":       {"a: &a [*a]\n", `^spec:1: alias \*a: stands inside its own anchor$`},
		"a number that is not JSON": {"openapi: .inf\n", `^spec:1: \.inf: no number of JSON$`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Generate(Config{Spec: Source{Name: "spec", Data: []byte(tc.in)}, Templates: os.DirFS("../templates"), NoContract: true})
			if got := strings.TrimSuffix(problems(t, err), "\n"); !regexp.MustCompile(tc.want).MatchString(got) {
				t.Errorf("%.300s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestTheReportedProblemsAreSorted(t *testing.T) {
	a := readArchive(t, filepath.Join("..", "testdata", "errors", "duplicate_method.txtar"))
	first := problems(t, generateError(t, a))
	for range 5 {
		if again := problems(t, generateError(t, a)); again != first {
			t.Fatalf("another order:\n%s\n%s", first, again)
		}
	}
}

func generateError(t *testing.T, a *txtar.Archive) error {
	t.Helper()
	_, err := Generate(errorConfig(t, a))
	if err == nil {
		err = errors.New("")
	}
	return err
}
