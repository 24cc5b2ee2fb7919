package generator

// What a generation costs: the whole, each stage, and how it grows with the description.

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// lenientConfig is the plain run's, for a description that need not be clean.
func lenientConfig(t testing.TB) Config {
	t.Helper()
	cfg := builtinConfig(t)
	cfg.Pinned, cfg.Lock = false, nil
	return cfg
}

func BenchmarkGenerate(b *testing.B) {
	cfg := lenientConfig(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Generate(cfg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStage(b *testing.B) {
	cfg := lenientConfig(b)
	parse := func() *Document {
		d, err := ParseDocument(cfg.Spec.Name, cfg.Spec.Data)
		if err != nil {
			b.Fatal(err)
		}
		return d
	}
	prepared, err := prepare(cfg)
	if err != nil {
		b.Fatal(err)
	}
	spec, _, err := loadOpenAPI(prepared.doc, true)
	if err != nil {
		b.Fatal(err)
	}
	made, err := build(prepared.doc, spec, prepared.version, nil, true)
	if err != nil {
		b.Fatal(err)
	}
	var overlays []*Overlay
	for _, src := range cfg.Overlays {
		o, err := ParseOverlay(src.Name, src.Data)
		if err != nil {
			b.Fatal(err)
		}
		overlays = append(overlays, o)
	}
	fresh := func(do func(*Document) error) func(*testing.B) {
		return func(b *testing.B) {
			original := parse()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				d := original.Clone()
				b.StartTimer()
				if err := do(d); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	plain := func(do func() error) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("parse", plain(func() error { parse(); return nil }))
	b.Run("normalise", fresh(func(d *Document) error { _, err := Normalise(d); return err }))
	b.Run("parse-overlays", plain(func() error {
		for _, src := range cfg.Overlays {
			if _, err := ParseOverlay(src.Name, src.Data); err != nil {
				return err
			}
		}
		return nil
	}))
	b.Run("overlays", fresh(func(d *Document) error {
		for _, o := range overlays {
			o.Apply(d, prepared.version)
		}
		return nil
	}))
	b.Run("load", plain(func() error { _, _, err := loadOpenAPI(prepared.doc, true); return err }))
	b.Run("build", plain(func() error { _, err := build(prepared.doc, spec, prepared.version, nil, true); return err }))
	b.Run("emit", plain(func() error { _, err := emitIR(made.api); return err }))
	b.Run("emit-static", plain(func() error {
		_, err := emitStatic(cfg.Templates, templateData{Module: cfg.Module, Version: prepared.version})
		return err
	}))
}

// The cost is linear when n copies of the description cost n times as much.
func BenchmarkGenerateScaled(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := lenientConfig(b)
			cfg.Spec.Data = scaled(b, cfg.Spec, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(cfg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// scaled is a description with its paths and components n times, each copy under names of its own.
func scaled(t testing.TB, src Source, n int) []byte {
	t.Helper()
	d := mustParse(t, src.Name, string(src.Data))
	paths := mapGet(d.Root, "paths")
	components := mapGet(d.Root, "components")
	original := d.Clone()
	for i := 1; i < n; i++ {
		mark := fmt.Sprintf("copy%c", 'a'+i)
		c := original.Clone()
		renameCopy(c.Root, mark)
		for path, item := range mapPairs(mapGet(c.Root, "paths")) {
			first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
			mapSet(paths, strings.TrimSuffix("/v1/"+mark+"_"+strings.Trim(first, "./")+"/"+rest, "/"), item)
		}
		for _, kind := range []string{"schemas", "responses", "parameters", "requestBodies"} {
			for name, component := range mapPairs(mapGet(mapGet(c.Root, "components"), kind)) {
				mapSet(mapGet(components, kind), mark+"."+name, component)
			}
		}
	}
	data, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// renameCopy gives the operations and references of a copy its mark.
func renameCopy(n *yaml.Node, mark string) {
	for key, value := range mapPairs(n) {
		if key == "operationId" && value.Kind == yaml.ScalarNode {
			value.Value = mark + "_" + value.Value
		}
	}
	if parts := strings.SplitN(n.Value, "/", 4); n.Kind == yaml.ScalarNode && len(parts) == 4 && parts[0] == "#" && parts[1] == "components" {
		n.Value = strings.Join(parts[:3], "/") + "/" + mark + "." + parts[3]
	}
	for _, child := range n.Content {
		renameCopy(child, mark)
	}
}

// wide is a description with one schema that has n properties, all required: in a response, and as the fields of a form.
// Every second name has no letters of Go.
func wide(n int) []byte {
	var properties, names []string
	for i := range n {
		name := fmt.Sprintf("p%d", i)
		if i%2 == 1 {
			name = strings.Repeat("日", 1+i%3) + strings.NewReplacer("0", "-", "1", "_").Replace(fmt.Sprintf("%b", i))
		}
		properties = append(properties, fmt.Sprintf(`"%s": {"type": "string"}`, name))
		names = append(names, fmt.Sprintf("%q", name))
	}
	return fmt.Appendf(nil, `{"openapi": "3.0.3", "info": {"title": "T", "version": "2026-05-12"},
"paths": {"/v1/things": {
  "get": {"operationId": "getThings", "tags": ["t"], "responses": {"200": {"description": "", "content": {"application/json": {"schema":
    {"$ref": "#/components/schemas/Thing"}}}}}},
  "post": {"operationId": "createThing", "tags": ["t"], "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema":
    {"$ref": "#/components/schemas/Form"}}}}, "responses": {"204": {"description": ""}}}}},
"components": {"schemas": {"Thing": {"type": "object", "properties": {%[1]s}, "required": [%[2]s]},
  "Form": {"type": "object", "properties": {%[1]s, "state": {"type": "string", "enum": [%[2]s]}}, "required": [%[2]s]}}}}`,
		strings.Join(properties, ","), strings.Join(names, ","))
}

// The cost is linear when a schema of n times as many properties costs n times as much.
func BenchmarkGenerateWide(b *testing.B) {
	for _, n := range []int{2_500, 5_000, 10_000, 20_000, 40_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := lenientConfig(b)
			cfg.Overlays, cfg.Spec = nil, Source{Name: "spec.json", Data: wide(n)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(cfg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAWideSchemaKeepsAllItsProperties(t *testing.T) {
	const n = 3000
	cfg := lenientConfig(t)
	cfg.Overlays, cfg.Spec = nil, Source{Name: "spec.json", Data: wide(n)}
	out, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tags := strings.Count(allText(out.Files), "`json:\"p") + strings.Count(allText(out.Files), "`json:\"日")
	if forms := strings.Count(allText(out.Files), "`form:\""); tags < n || forms < n+1 {
		t.Errorf("%d members and %d form fields of %d", tags, forms, n)
	}
}

func TestTheScaledDescriptionIsThatManyTimesAsLarge(t *testing.T) {
	cfg := lenientConfig(t)
	one, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Spec.Data = scaled(t, cfg.Spec, 2)
	two, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if two.Summary.Operations < one.Summary.Operations*19/10 || two.Summary.Types < one.Summary.Types*3/2 {
		t.Errorf("%d operations and %d types became %d and %d", one.Summary.Operations, one.Summary.Types, two.Summary.Operations, two.Summary.Types)
	}
}
