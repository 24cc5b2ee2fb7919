package generator

// Fuzzing: whatever a description or an overlay holds, a generation ends in files that compile or in messages that a
// maintainer can read. Never in a panic.

import (
	"encoding/binary"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"
)

// survives is the property.
func survives(t *testing.T, cfg Config) {
	out, err := Generate(cfg)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			if subject, fact, ok := strings.Cut(line, ": "); !ok || subject == "" || strings.TrimSpace(fact) == "" {
				t.Errorf("%q is no message of the form subject: fact", line)
			}
		}
		return
	}
	for _, w := range out.Summary.Warnings {
		if w == "" || strings.Contains(w, "\n") {
			t.Errorf("the warning %q is not one line", w)
		}
	}
	typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files) // the runtime has lost its bodies
}

// FuzzGenerateSpec takes a description and an overlay as they come.
func FuzzGenerateSpec(f *testing.F) {
	templates := declarationsOnly(f)
	for _, folder := range []string{"cases", "errors"} {
		entries, err := os.ReadDir("../testdata/" + folder)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range entries {
			a, err := txtar.ParseFile("../testdata/" + folder + "/" + e.Name())
			if err != nil {
				f.Fatal(err)
			}
			spec, _ := section(a, "spec.yaml")
			overlay, _ := section(a, "overlay.yaml")
			f.Add([]byte(spec), []byte(overlay))
		}
	}
	f.Fuzz(func(t *testing.T, spec, overlay []byte) {
		cfg := Config{Spec: Source{Name: "spec", Data: spec}, APIVersion: "2026-05-12", Templates: templates, NoContract: true}
		if len(overlay) > 0 {
			cfg.Overlays = []Source{{Name: "overlay", Data: overlay}}
		}
		survives(t, cfg)
	})
}

// FuzzGenerate breaks the pinned description: the input chooses a few paths to keep, and what to break in them and in
// what they refer to.
func FuzzGenerate(f *testing.F) {
	templates := declarationsOnly(f)
	pinned := builtinConfig(f)
	original := mustParse(f, pinned.Spec.Name, string(pinned.Spec.Data))
	for seed := range 12 {
		steps := []byte{byte(seed), byte(3 * seed)}
		for i := range seed {
			steps = append(steps, byte(i+seed), byte(17*i), byte(31*seed+i), byte(i*i))
		}
		f.Add(steps)
	}
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) < 2 {
			return
		}
		d := excerpt(original, steps[0])
		breakTree(d, steps[2:])
		data, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{Spec: Source{Name: "spec", Data: data}, APIVersion: "2026-05-12", Templates: templates, NoContract: true}
		if steps[1]%4 == 0 {
			cfg.Overlays = pinned.Overlays[:2] // corrections and names
		}
		cfg.Strict = steps[1]%8 == 1
		survives(t, cfg)
	})
}

// excerpt keeps every n-th path, from the chosen one on, and the components that they lead to.
func excerpt(original *Document, choice byte) *Document {
	const every = 40
	d := original.Clone()
	paths := mapGet(d.Root, "paths")
	for i, path := range mapKeys(paths) {
		if i%every != int(choice)%every {
			mapDelete(paths, path)
		}
	}
	used := map[string]bool{}
	var follow func(*yaml.Node)
	follow = func(n *yaml.Node) {
		if n == nil {
			return
		}
		if strings.HasPrefix(n.Value, "#/components/") && !used[n.Value] {
			used[n.Value] = true
			follow(d.Resolve(n.Value))
		}
		for _, c := range n.Content {
			follow(c)
		}
	}
	follow(paths)
	for kind, components := range mapPairs(mapGet(d.Root, "components")) {
		for _, name := range mapKeys(components) {
			if kind != "securitySchemes" && !used[reference(kind, name)] {
				mapDelete(components, name)
			}
		}
	}
	return d
}

// oddities are values that a description may hold by mistake or malice.
var oddities = []string{
	`""`, `"..."`, `"type"`, `"{a}{b"`, `"a\nb"`, "\"`\\\"\"", `"X-2"`, `"#/components/schemas/Client.SignIn"`, `"#/paths"`, `"../x.yaml"`, `null`, `true`, `0`,
	`-1.5e300`, `[]`, `{}`, `[null]`, `{"type":"array"}`, `{"type":"object","properties":{"id":{"type":"string"}}}`, `{"oneOf":[]}`,
	`{"allOf":[{}]}`, `{"enum":["a","A","-a"]}`, `{"type":"integer","x-fapigen":{"unit":"seconds"}}`, `{"x-fapigen":{"name":"Client"}}`,
	`{"x-fapigen":{"name":"a b"}}`, `{"x-fapigen":[]}`, `{"x-fapigen":{"service":"A.","method":"b"}}`, `{"nullable":true}`, `{"type":"string","format":"binary"}`,
	`{"additionalProperties":{"type":"string"}}`, `{"properties":{"data":{"type":"array","items":{}},"total_count":{"type":"integer"}}}`,
	`{"properties":{"response":{},"client":{}}}`, `"string"`, `"array"`, `"Ünï"`, `"func"`, `"2"`,
}

// keywords are keys that change what a schema or an operation means.
var keywords = []string{"type", "properties", "items", "oneOf", "anyOf", "allOf", "enum", "required", "nullable", "additionalProperties", "$ref", "x-fapigen",
	"parameters", "requestBody", "responses", "200", "204", "303", "content", "schema", "name", "in", "deprecated", "description", "format", "x-fapigen-errors", "get", ""}

// breakTree changes the tree, four bytes a change: what to do, where (two bytes), and with what.
func breakTree(d *Document, steps []byte) {
	for len(steps) >= 4 {
		var nodes []*yaml.Node
		walkTree(d.Root, "", func(_ string, n *yaml.Node) { nodes = append(nodes, n) })
		at := nodes[int(binary.BigEndian.Uint16(steps[1:]))%len(nodes)]
		with := int(steps[3])
		odd, err := ParseDocument("odd", []byte(`{"v":`+oddities[with%len(oddities)]+`}`))
		if err != nil {
			panic(err)
		}
		value := mapGet(odd.Root, "v")
		i := 0
		if pairs := len(at.Content) / 2; pairs > 0 {
			i = with % pairs * 2
		}
		switch mapping := at.Kind == yaml.MappingNode && len(at.Content) > 0; {
		case steps[0]%6 == 0 && mapping:
			at.Content = slices.Delete(at.Content, i, i+2)
		case steps[0]%6 == 1 && mapping: // swap two members' values
			j := len(at.Content) - 2
			at.Content[i+1], at.Content[j+1] = at.Content[j+1], at.Content[i+1]
		case steps[0]%6 == 2 && mapping: // another key
			key := keywords[with%len(keywords)]
			if mapIndex(at, key) < 0 {
				at.Content[i] = stringNode(key)
			}
		case steps[0]%6 == 3 && mapping: // a further member
			mapSet(at, keywords[int(steps[0]/6)%len(keywords)], value)
		case steps[0]%6 == 4 && at != d.Root: // a copy of somewhere else
			*at = *cloneTree(nodes[with*len(nodes)/256], func(_, _ *yaml.Node) {})
		case at != d.Root:
			*at = *value
		}
		steps = steps[4:]
	}
}
