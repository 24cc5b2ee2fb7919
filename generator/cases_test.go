package generator

// Golden cases: ../testdata/cases/*.txtar, each a tiny description, its overlays and the Go it must become. After
// `go test ./generator -run Cases -update` read the difference: a golden says what the contract says, not what the code did.

import (
	"bytes"
	"flag"
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of the files in ../testdata")

// archives are the txtar files of one folder of testdata, by name.
func archives(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in testdata/%s: %v", folder, err)
	}
	named := map[string]string{}
	for _, path := range paths {
		named[strings.TrimSuffix(filepath.Base(path), ".txtar")] = path
	}
	return named
}

func readArchive(t *testing.T, path string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// section is the content of a file of an archive; ok is false when there is none.
func section(a *txtar.Archive, name string) (string, bool) {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return "", false
	}
	return string(a.Files[i].Data), true
}

// setSection replaces, adds or, with empty text, drops a file.
func setSection(a *txtar.Archive, name, text string) {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	switch {
	case text == "" && i >= 0:
		a.Files = slices.Delete(a.Files, i, i+1)
	case text == "":
	case i >= 0:
		a.Files[i].Data = []byte(text)
	default:
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
	}
}

// tinyConfig is the configuration of a case: its spec.*, every overlay*.yaml in the order of the file, and its names lock.
func tinyConfig(t *testing.T, a *txtar.Archive) Config {
	t.Helper()
	cfg := Config{APIVersion: "2026-01-01", Module: "example.com/sdk", Templates: declarationsOnly(t), NoContract: true}
	for _, f := range a.Files {
		switch {
		case strings.HasPrefix(f.Name, "spec"):
			cfg.Spec = Source{Name: f.Name, Data: f.Data}
		case strings.HasPrefix(f.Name, "overlay"):
			cfg.Overlays = append(cfg.Overlays, Source{Name: f.Name, Data: f.Data})
		case f.Name == "names.lock.yaml":
			cfg.Lock = &Source{Name: f.Name, Data: f.Data}
		}
	}
	if cfg.Spec.Name == "" {
		t.Fatal("the case has no spec")
	}
	return cfg
}

// told is what a generation says beside its files, in the sections of a case.
func told(out *Output) map[string]string {
	var patches, folds strings.Builder
	for _, p := range out.Patches {
		fmt.Fprintf(&patches, "%s %s\n", p.Outcome, p.ID)
		if p.Message != "" {
			fmt.Fprintf(&patches, "    %s\n", p.Message)
		}
	}
	for _, f := range out.Folds {
		fmt.Fprintln(&folds, f)
	}
	warnings := ""
	for _, w := range out.Summary.Warnings {
		warnings += w + "\n"
	}
	return map[string]string{"want/warnings": warnings, "want/patches": patches.String(), "want/folds": folds.String(), "want/names.lock.yaml": string(out.Lock)}
}

// wantedFiles are the names of the golden Go files of a case.
func wantedFiles(a *txtar.Archive) []string {
	var names []string
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok && strings.HasSuffix(name, ".go") {
			names = append(names, name)
		}
	}
	return names
}

func TestCases(t *testing.T) {
	for name, path := range archives(t, "cases") {
		t.Run(name, func(t *testing.T) {
			a := readArchive(t, path)
			out, err := Generate(tinyConfig(t, a))
			if err != nil {
				t.Fatal(err)
			}
			wanted := wantedFiles(a)
			if len(wanted) == 0 {
				t.Fatal("the case wants no Go file")
			}
			for _, file := range wanted {
				if out.Files[file] == nil {
					t.Fatalf("%s is not produced; package fapi has %s", file, packageFiles(out.Files))
				}
			}
			typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files) // the runtime has lost its bodies
			if *update {
				for _, file := range wanted {
					setSection(a, "want/"+file, string(out.Files[file]))
				}
				for name, text := range told(out) {
					setSection(a, name, text)
				}
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, file := range wanted {
				want, _ := section(a, "want/"+file)
				if diff := cmp.Diff(want, string(out.Files[file])); diff != "" {
					t.Errorf("%s: -want +got\n%s", file, diff)
				}
			}
			for name, text := range told(out) {
				want, _ := section(a, name)
				if diff := cmp.Diff(want, text); diff != "" {
					t.Errorf("%s: -want +got\n%s", name, diff)
				}
			}
		})
	}
}

func TestTheSameInputsGiveTheSameBytes(t *testing.T) {
	configs := map[string]Config{"the pinned description": builtinConfig(t)}
	for name, path := range archives(t, "cases") {
		configs[name] = tinyConfig(t, readArchive(t, path))
	}
	for name, cfg := range configs {
		cfg.Pinned = false // a missing sentence is another test's matter
		first, err := Generate(cfg)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		second, err := Generate(cfg)
		sameOutput(t, name+", once more", first, second, err)
		threads := runtime.GOMAXPROCS(1)
		third, err := Generate(cfg)
		runtime.GOMAXPROCS(threads)
		sameOutput(t, name+", on one thread", first, third, err)
	}
}

func sameOutput(t *testing.T, name string, a, b *Output, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !maps.EqualFunc(a.Files, b.Files, bytes.Equal) {
		t.Errorf("%s: other bytes", name)
	}
	if diff := cmp.Diff(told(a), told(b)); diff != "" {
		t.Errorf("%s: -first +then\n%s", name, diff)
	}
}
