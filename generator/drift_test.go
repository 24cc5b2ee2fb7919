package generator

// Drift: ../testdata/drift/*.txtar, each two tiny descriptions and what is told of them; and the real updates.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// driftSides are the two configurations of a case.
func driftSides(t *testing.T, a *txtar.Archive, templates fs.FS) (old, new Config) {
	t.Helper()
	base := Config{APIVersion: "2026-01-01", Module: "example.com/sdk", Templates: templates, NoContract: true}
	if overlay, ok := section(a, "overlay.yaml"); ok {
		base.Overlays = []Source{{Name: "overlay.yaml", Data: []byte(overlay)}}
	}
	old, new = base, base
	for name, cfg := range map[string]*Config{"old.yaml": &old, "new.yaml": &new} {
		data, ok := section(a, name)
		if !ok {
			t.Fatalf("the case has no %s", name)
		}
		cfg.Spec = Source{Name: name, Data: []byte(data)}
	}
	return old, new
}

// driftTold is what a comparison says, in the sections of a case.
func driftTold(t *testing.T, d *Drift) map[string]string {
	t.Helper()
	var changes, sdk, text bytes.Buffer
	for _, c := range d.Changes {
		fmt.Fprintf(&changes, "%s | %s | %s | %s | %d\n", c.Kind, c.Subject, c.Place, c.Detail, c.Operations)
	}
	fmt.Fprintf(&sdk, "version %s\n", d.Bump)
	for _, list := range []struct {
		name  string
		lines []string
	}{{"incompatible", d.SDK.Incompatible}, {"compatible", d.SDK.Compatible}, {"deprecated", d.SDK.Deprecated}} {
		for _, line := range list.lines {
			fmt.Fprintf(&sdk, "%s | %s\n", list.name, line)
		}
	}
	for _, w := range d.SDK.Wire {
		fmt.Fprintf(&sdk, "wire | %s | %s | breaks: %t\n", w.Subject, w.Detail, w.Breaks)
	}
	if d.SDK.Unknown != "" {
		fmt.Fprintf(&sdk, "unknown | %s\n", d.SDK.Unknown)
	}
	for _, p := range d.Patches {
		fmt.Fprintf(&sdk, "patch | %s | %s -> %s\n", p.ID, p.Old, p.New)
	}
	if err := d.Text(&text); err != nil {
		t.Fatal(err)
	}
	_, retired, _ := strings.Cut(string(d.KeptLock()), "\nretired:\n")
	return map[string]string{"want/changes": changes.String(), "want/sdk": sdk.String(), "want/text": text.String(), "want/retired": retired}
}

func TestDriftCases(t *testing.T) {
	templates := declarationsOnly(t)
	for name, path := range archives(t, "drift") {
		t.Run(name, func(t *testing.T) {
			a := readArchive(t, path)
			old, new := driftSides(t, a, templates)
			d, err := CompareDescriptions(old, new, true)
			if err != nil {
				t.Fatal(err)
			}
			told := driftTold(t, d)
			if *update {
				for _, name := range slices.Sorted(maps.Keys(told)) {
					setSection(a, name, told[name])
				}
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for name, text := range told {
				want, _ := section(a, name)
				if diff := cmp.Diff(want, text); diff != "" {
					t.Errorf("%s: -want +got\n%s", name, diff)
				}
			}
		})
	}
}

// opposite is the kind that a change has when the descriptions change places.
var opposite = map[string]string{
	OperationAdded: OperationRemoved, EmptyPathAdded: EmptyPathRemoved, ParameterAdded: ParameterRemoved, BodyAdded: BodyRemoved,
	MediaAdded: MediaRemoved, StatusAdded: StatusRemoved, SchemaAdded: SchemaRemoved, PropertyAdded: PropertyRemoved,
	EnumAdded: EnumDropped, ValueAdded: ValueRemoved, MemberAdded: MemberRemoved,
}

func TestDriftIsEmptyForEqualAndMirroredForSwappedDescriptions(t *testing.T) {
	for name, path := range archives(t, "drift") {
		a := readArchive(t, path)
		old, new := driftSides(t, a, nil)
		x, y := folded(t, old.Spec), folded(t, new.Spec)
		if same := diffDocuments(x, x.Clone()); len(same) > 0 {
			t.Errorf("%s: a description differs from itself: %v", name, same)
		}
		there, back := map[string]int{}, map[string]int{}
		for _, c := range diffDocuments(x, y) {
			there[c.Kind]++
		}
		for _, c := range diffDocuments(y, x) {
			back[mirrored(c.Kind)]++
		}
		if diff := cmp.Diff(there, back); diff != "" {
			t.Errorf("%s: -there +back\n%s", name, diff)
		}
	}
}

func mirrored(kind string) string {
	for a, b := range opposite {
		switch kind {
		case a:
			return b
		case b:
			return a
		}
	}
	return kind
}

func folded(t *testing.T, src Source) *Document {
	t.Helper()
	d := mustParse(t, src.Name, string(src.Data))
	if _, err := Normalise(d); err != nil {
		t.Fatal(err)
	}
	return d
}

// realUpdate is one step between two published files.
type realUpdate struct {
	old, new string
	kinds    map[string]int // how many of each kind, request properties apart
	request  int            // properties of request bodies
	bump     string
}

// The figures are those of a separate count of the published history, summed over the revisions of a step. Renames by the
// bundler are no change here.
var realUpdates = []realUpdate{
	{"2026-05-12_as-of-2026-06-16.yml", "2026-05-12_as-of-2026-06-26.yml", map[string]int{
		OperationAdded: 20, SchemaAdded: 22 - 7, PropertyAdded: 2,
	}, 0, "minor"},
	{"2026-05-12_as-of-2026-06-26.yml", "2026-05-12_as-of-2026-07-30.yml", map[string]int{
		EnumDropped: 2, ValueAdded: 1, StatusAdded: 32, BodyAdded: 1, EmptyPathAdded: 2,
		PropertyAdded: 3 + 1 + 7 - 2 - 2,  // two are told as request properties, two stand inside an object that is new
		MediaAdded:    1, OtherChanged: 2, // a page beside an error; the pattern that each dropped enum left
	}, 9 + 2, "minor"},
	{"2026-05-12_as-of-2026-07-30.yml", "2026-05-12.yml", map[string]int{
		OperationAdded: 5 + 2, SchemaAdded: 9 + 2, ValueAdded: 1,
		MemberAdded:   2, // one new branch, in two schemas that share it
		PropertyAdded: 6,
	}, 5, "minor"},
	{"2025-11-10.yml", "2026-05-12.yml", map[string]int{
		OperationAdded: 10, SchemaAdded: 13, EmptyPathAdded: 2,
	}, 1, "major"},
}

func TestDriftOfRealUpdates(t *testing.T) {
	files := publishedFiles(t)
	for _, u := range sweep(realUpdates, 1) {
		t.Run(u.old+" to "+u.new, func(t *testing.T) {
			old, new := lenientConfig(t), lenientConfig(t)
			old.Spec, new.Spec = Source{Name: u.old, Data: files[u.old]}, Source{Name: u.new, Data: files[u.new]}
			d, err := CompareDescriptions(old, new, true)
			if err != nil {
				t.Fatal(err)
			}
			kinds, request := map[string]int{}, 0
			for _, c := range d.Changes {
				if c.Request && (c.Kind == PropertyAdded || c.Kind == PropertyRemoved) {
					request++
				} else {
					kinds[c.Kind]++
				}
			}
			if diff := cmp.Diff(u.kinds, kinds); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if request != u.request {
				t.Errorf("%d request properties, want %d", request, u.request)
			}
			if lines := strings.Count(driftTold(t, d)["want/text"], "\n"); lines > 45 {
				t.Errorf("the text has %d lines, more than a screen", lines)
			}
			if d.Bump.Level != u.bump || u.bump == "minor" && d.Breaking() {
				t.Errorf("version %s, want %s; incompatible: %v; wire: %v", d.Bump, u.bump, d.SDK.Incompatible, d.SDK.Wire)
			}
		})
	}
}

func TestDriftReadsPublishedAndPinnedAlike(t *testing.T) {
	name := "2026-05-12.yml"
	published, pinned := lenientConfig(t), lenientConfig(t)
	published.Spec = Source{Name: name, Data: sharedFile(t, "specs", "fapi", name)}
	for _, sides := range sweep([][2]Config{{published, pinned}, {pinned, published}}, 1) {
		d, err := CompareDescriptions(sides[0], sides[1], true)
		if err != nil {
			t.Fatal(err)
		}
		if !d.Empty() || d.Bump.Level != "none" {
			t.Errorf("%s to %s: %+v", sides[0].Spec.Name, sides[1].Spec.Name, d)
		}
	}
}

func TestDriftTextIsCutAndMarkdownIsWhole(t *testing.T) {
	d := &Drift{Old: DriftSide{"old.yml", "2026-01-01", Digest(nil)}, New: DriftSide{"new.yml", "2026-01-01", Digest(nil)}}
	for i := range 300 {
		name := fmt.Sprintf("Name%03d", i)
		d.SDK.Incompatible = append(d.SDK.Incompatible, name+": removed")
		d.SDK.Compatible = append(d.SDK.Compatible, name+"New: added", name+": old is `odd`")
		d.SDK.Deprecated = append(d.SDK.Deprecated, name+"Old")
		d.SDK.Wire = append(d.SDK.Wire, WireChange{Subject: name, Detail: "other"})
		d.Patches = append(d.Patches, OutcomeChange{ID: name, Old: Applied, New: Stale})
		for j, kind := range []string{OperationAdded, OperationRemoved, EmptyPathAdded, EmptyPathRemoved, SchemaAdded, SchemaRemoved, PropertyAdded, StatusAdded} {
			subject := name
			if j < 4 || kind == StatusAdded {
				subject = "GET /v1/" + name
			}
			d.Changes = append(d.Changes, Change{Kind: kind, Subject: subject, Place: "p" + name, Detail: "d"})
		}
	}
	d.Bump = d.bump()
	var text, markdown bytes.Buffer
	if err := errors.Join(d.Text(&text), d.Markdown(&markdown)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(text.String(), "\n"); lines > 100 {
		t.Errorf("%d lines", lines)
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 210 {
			t.Errorf("%d bytes in a line", len(line))
		}
	}
	for _, want := range []string{"Name299: removed`", "Name299New`", "`` Name299: old is `odd` ``", "Name299Old`", "GET /v1/Name299 (d)`", "+ pName299 (d)`", "`Name299: stale, was applied`"} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("the Markdown lacks %s", want)
		}
	}
}

func TestDriftTellsWhenASideCannotBeGenerated(t *testing.T) {
	a := readArchive(t, filepath.Join("..", "testdata", "drift", "go_api.txtar"))
	old, new := driftSides(t, a, declarationsOnly(t))
	new.NoContract, new.Strict = false, true // the runtime wants models that a tiny description lacks
	d, err := CompareDescriptions(old, new, true)
	if err != nil {
		t.Fatal(err)
	}
	if d.Bump.Level != "unknown" || !strings.Contains(d.SDK.Unknown, "new.yaml: cannot be generated: ") || len(d.Changes) == 0 {
		t.Errorf("%s, %q, %d changes", d.Bump, d.SDK.Unknown, len(d.Changes))
	}
}

func TestARetiredTypeHasItsEnumsUnderTheirNewNames(t *testing.T) {
	const spec = "openapi: 3.0.3\ninfo: {title: T, version: v1}\npaths: {/v1/things: {get: {operationId: g, responses: {'204': {description: ''}}}}}\n" +
		"components: {schemas: {Thing: {%s type: object, properties: {kind: {type: string, enum: [a, b]}}}}}\n"
	side := func(name string) Config {
		return Config{Spec: Source{Name: "spec.yaml", Data: fmt.Appendf(nil, spec, name)}, APIVersion: "2026-01-01", Module: "example.com/sdk", Templates: declarationsOnly(t), NoContract: true}
	}
	d, err := CompareDescriptions(side(""), side("x-fapigen: {name: Item},"), true)
	if err != nil {
		t.Fatal(err)
	}
	if d.SDK.Unknown != "" || !slices.Contains(d.SDK.Deprecated, "Thing") {
		t.Errorf("%q, deprecated: %v", d.SDK.Unknown, d.SDK.Deprecated)
	}
}

// FuzzDrift compares any two descriptions: it ends, and every change has a kind and a subject.
func FuzzDrift(f *testing.F) {
	paths, err := filepath.Glob("../testdata/drift/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		old, _ := section(a, "old.yaml")
		new, _ := section(a, "new.yaml")
		f.Add([]byte(old), []byte(new))
	}
	circle := "openapi: 3.0.3\ninfo: {version: v1}\npaths: {/a: {get: {parameters: [{$ref: '#/components/parameters/A'}], responses: {'200': {$ref: '#/nowhere'}}}}}\n" +
		"components: {parameters: {A: {$ref: '#/components/parameters/A'}}, schemas: {X: {type: object, properties: {p: %s}}, Y: {$ref: '#/components/schemas/Y'}}}\n"
	f.Add(fmt.Appendf(nil, circle, "{type: object, properties: {p: {$ref: '#/components/schemas/X'}}}"), fmt.Appendf(nil, circle, "{$ref: '#/components/schemas/X'}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		old, err := readSide(Config{Spec: Source{Name: "old", Data: a}, APIVersion: "2026-01-01"})
		if err != nil {
			return
		}
		new, err := readSide(Config{Spec: Source{Name: "new", Data: b}, APIVersion: "2026-01-01"})
		if err != nil {
			return
		}
		for _, c := range diffDocuments(old.plain, new.plain) {
			if c.Kind == "" || c.phrase() == "" && c.title() == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}
