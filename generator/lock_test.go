package generator

// The names lock over time: names do not drift, and what upstream drops stays for a while.

import (
	"bytes"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestThePinnedNamesAreLocked(t *testing.T) {
	out, err := Generate(builtinConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range out.Summary.Warnings {
		if strings.HasPrefix(line, "names.lock.yaml") {
			t.Error(line)
		}
	}
}

// A key that two types share would lock neither.
func TestEveryTypeHasPlacesOfItsOwn(t *testing.T) {
	out, err := Generate(builtinConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	owner := map[string]string{}
	for _, typ := range out.api.Types {
		for _, from := range typ.From {
			if other, taken := owner[lockPlace(from)]; taken && other != typ.Name {
				t.Errorf("%s: the place of %s and of %s", lockPlace(from), other, typ.Name)
			}
			owner[lockPlace(from)] = typ.Name
		}
	}
}

// history are the revisions of one version in order.
var history = []string{"2026-05-12_as-of-2026-06-16.yml", "2026-05-12_as-of-2026-06-26.yml", "2026-05-12_as-of-2026-07-30.yml", "2026-05-12.yml"}

// historyConfig is the plain run's for a published file that was pinned.
func historyConfig(t *testing.T, name string, data []byte) Config {
	t.Helper()
	json, _, _, err := Pin(name, data, "", false)
	if err != nil {
		t.Fatal(err)
	}
	cfg := lenientConfig(t)
	cfg.Spec = Source{Name: "fapi_swagger.json", Data: json}
	return cfg
}

// TestNamesThroughHistory pins one revision after the other, as a maintainer does it: update notes what is retired, a run
// adds the new names.
func TestNamesThroughHistory(t *testing.T) {
	skipUnderRaceDetector(t)
	files := publishedFiles(t)
	lock := &Source{Name: "names.lock.yaml"}
	old := historyConfig(t, history[0], files[history[0]])
	old.Lock = lock
	out, err := Generate(old)
	if err != nil {
		t.Fatal(err)
	}
	before := typeCheck(t, out.Files)
	lock.Data = out.Lock
	for _, name := range history[1:] {
		new := historyConfig(t, name, files[name])
		d, err := CompareDescriptions(old, new, true)
		if err != nil {
			t.Fatal(err)
		}
		new.Lock = &Source{Name: lock.Name, Data: d.KeptLock()}
		if out, err = Generate(new); err != nil {
			t.Fatal(err)
		}
		for _, line := range out.Summary.Warnings {
			if strings.HasPrefix(line, lock.Name) {
				t.Errorf("%s: %s", name, line)
			}
		}
		now := typeCheck(t, out.Files)
		for _, lost := range lostNames(before, now) {
			t.Errorf("%s: %s is no longer there", name, lost)
		}
		if lines := lostLines(lock.Data, out.Lock); len(lines) > 0 {
			t.Errorf("%s: the lock lost %q", name, lines)
		}
		lock = &Source{Name: lock.Name, Data: out.Lock}
		new.Lock = lock
		old, before = new, now
		if name == "2026-05-12_as-of-2026-07-30.yml" || name == "2026-05-12.yml" {
			droppedEnumStays(t, name, out.Files, now)
		}
	}
}

// droppedEnumStays looks at the list of values that the update of 30 July dropped and that no patch speaks of.
func droppedEnumStays(t *testing.T, name string, files Files, pkg *types.Package) {
	t.Helper()
	field, _, _ := types.LookupFieldOrMethod(pkg.Scope().Lookup("IdentificationLink").Type(), true, pkg, "Type")
	if field == nil || !strings.HasSuffix(field.Type().String(), ".IdentificationLinkType") {
		t.Errorf("%s: IdentificationLink.Type is %v", name, field)
	}
	deprecated := regexp.MustCompile(`// Deprecated: .*\n\s*IdentificationLinkTypeOAuthGoogle\s+IdentificationLinkType = "oauth_google"\n`)
	if !slices.ContainsFunc(sortedKeys(files), func(f string) bool { return deprecated.Match(files[f]) }) {
		t.Errorf("%s: IdentificationLinkTypeOAuthGoogle is not marked as deprecated", name)
	}
}

// lostNames are the exported names of a package, fields and methods included, that another one lacks.
func lostNames(before, now *types.Package) []string {
	there := map[string]bool{}
	for _, name := range exportedNames(now) {
		there[name] = true
	}
	return slices.DeleteFunc(exportedNames(before), func(name string) bool { return there[name] })
}

func exportedNames(pkg *types.Package) []string {
	var names []string
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		names = append(names, name)
		if _, ok := o.(*types.TypeName); !ok {
			continue
		}
		if s, ok := o.Type().Underlying().(*types.Struct); ok {
			for f := range s.Fields() {
				names = append(names, name+"."+f.Name())
			}
		}
		if n, ok := o.Type().(*types.Named); ok {
			for m := range n.Methods() {
				if m.Exported() {
					names = append(names, name+"."+m.Name())
				}
			}
		}
	}
	return names
}

func lostLines(before, now []byte) []string {
	var lost []string
	for line := range strings.Lines(string(before)) {
		if !bytes.Contains(now, []byte(line)) {
			lost = append(lost, line)
		}
	}
	return lost
}

func TestALockIsReadAsItIsWritten(t *testing.T) {
	for name, path := range archives(t, "cases") {
		lock, ok := section(readArchive(t, path), "want/names.lock.yaml")
		if !ok {
			continue
		}
		l, err := parseLock(Source{Name: name, Data: []byte(lock)})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(l.render()); got != lock {
			t.Errorf("%s: read and written again:\n%s", name, got)
		}
	}
}

// FuzzLock takes any lock: it is refused with messages, or what comes of it compiles and reads back as it was written.
func FuzzLock(f *testing.F) {
	a, err := txtar.ParseFile("../testdata/cases/lock_keeps.txtar")
	if err != nil {
		f.Fatal(err)
	}
	spec, _ := section(a, "spec.yaml")
	for _, name := range []string{"names.lock.yaml", "want/names.lock.yaml"} {
		lock, _ := section(a, name)
		f.Add([]byte(lock))
	}
	f.Add([]byte("types: {Part: Part}\nretired: {Part: [{name: A, wire: a, type: Part}]}\n"))
	f.Add([]byte("operations: {'': A.B}\ntypes: {/x: String, Thing: Thing}\nvalues: {String: {'\\n': StringA}, Thing: {a: ThingA}}\n"))
	f.Add([]byte("types: [\n"))
	templates := declarationsOnly(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg := Config{Spec: Source{Name: "spec", Data: []byte(spec)}, APIVersion: "2026-05-12", Templates: templates, NoContract: true}
		cfg.Lock = &Source{Name: "names.lock.yaml", Data: data}
		survives(t, cfg)
		l, err := parseLock(*cfg.Lock)
		if err != nil {
			return
		}
		written := l.render()
		again, err := parseLock(Source{Name: "names.lock.yaml", Data: written})
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if !bytes.Equal(again.render(), written) {
			t.Errorf("not stable:\n%s", written)
		}
	})
}
