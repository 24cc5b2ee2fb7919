package generator

// The property that any revision of the description, of any dated version, pins, generates and compiles with the built-in
// overlays, however its bundler names things, and that a patch about something it lacks is absent.

import (
	"fmt"
	"go/types"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// revisions are the descriptions to start from: the pinned one, and the published ones where they are.
func revisions(t *testing.T) map[string][]byte {
	t.Helper()
	bases := map[string][]byte{"fapi_swagger.json": builtinConfig(t).Spec.Data}
	paths, _ := filepath.Glob(filepath.Join("..", "..", "shared", "specs", "*", "*.yml"))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bases[filepath.Base(path)] = data
	}
	return bases
}

func TestAnyRevisionPinsGeneratesAndCompiles(t *testing.T) {
	templates := declarationsOnly(t)
	bases := revisions(t)
	names := sortedKeys(bases)
	for i, kind := range sweep(sortedKeys(mutations), 2) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			base := names[i%len(names)]
			m := &mutator{rand.New(rand.NewPCG(uint64(i), 7)), mustParse(t, base, string(bases[base]))}
			mutations[kind](m)
			takesRevision(t, m.d, templates)
		})
	}
	if testing.Short() {
		return
	}
	for _, seed := range sweep([]uint64{0, 1, 2}, 1) {
		t.Run(fmt.Sprint("several at once, ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 11))
			base := names[random.IntN(len(names))]
			m := &mutator{random, mustParse(t, base, string(bases[base]))}
			kinds := sortedKeys(mutations)
			for range 4 {
				mutations[kinds[random.IntN(len(kinds))]](m)
			}
			takesRevision(t, m.d, templates)
		})
	}
}

func takesRevision(t *testing.T, d *Document, templates fs.FS) {
	t.Helper()
	published, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	pinned, version, _, err := Pin(d.Name, published, "2026-05-12", false)
	if err != nil {
		t.Fatalf("not pinned: %v", err)
	}
	cfg := lenientConfig(t)
	cfg.Templates, cfg.Spec, cfg.APIVersion = templates, Source{Name: "fapi_swagger.json", Data: pinned}, version
	out, err := Generate(cfg)
	if err != nil {
		t.Fatalf("not generated: %v", err)
	}
	for _, w := range out.Summary.Warnings {
		if subject, fact, ok := strings.Cut(w, ": "); !ok || subject == "" || fact == "" || strings.Contains(w, "\n") {
			t.Errorf("the warning %q is not one line of the form subject: fact", w)
		}
	}
	typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files)
	absentIsNoConflict(t, cfg, out.Patches)
}

// absentIsNoConflict: what a patch in conflict is about is there, each of its components and operations.
func absentIsNoConflict(t *testing.T, cfg Config, results []PatchResult) {
	t.Helper()
	results = slices.DeleteFunc(slices.Clone(results), func(r PatchResult) bool { return r.Outcome != Conflict })
	if len(results) == 0 {
		return
	}
	p, overlays, err := read(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, a := range patchAt(overlays, r).actions {
			depth := 3 // components, kind, name
			if a.target.name(0) == "paths" {
				depth = 2 // paths, path, and the verb where the target goes that far
				if a.target.name(2) != "" {
					depth = 3
				}
			}
			if depth > len(a.target.steps) {
				continue
			}
			if len(a.target.upTo(p.doc.Root, depth)) == 0 && a.update != nil {
				t.Errorf("%s, though there is no %s", r.Message, a.target.text)
			}
		}
	}
}
