package generator

// Spelled-out defaults: a description that says what holds anyway is the same description.

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"
)

// spellOut adds, wherever a member is missing, the value that OpenAPI 3.0 gives it.
func spellOut(p position, n *yaml.Node) (added int) {
	flag := func(value bool, keys ...string) {
		for _, key := range keys {
			if mapGet(n, key) == nil {
				mapSet(n, key, boolNode(value))
				added++
			}
		}
	}
	if n.Kind == yaml.MappingNode && mapGet(n, "$ref") == nil {
		switch p {
		case "schema":
			flag(false, "nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
		case "operation":
			flag(false, "deprecated")
			if mapGet(n, "parameters") == nil {
				mapSet(n, "parameters", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
				added++
			}
		case "requestBody":
			flag(false, "required")
		case "parameter":
			flag(false, "required", "deprecated", "allowEmptyValue")
			if in := text(mapGet(n, "in")); mapGet(n, "style") == nil {
				mapSet(n, "style", stringNode(map[bool]string{true: "form", false: "simple"}[in == "query" || in == "cookie"]))
				flag(in == "query" || in == "cookie", "explode")
			}
		}
	}
	for key, value := range mapPairs(n) {
		if at := p.at(key); at != "" {
			added += spellOut(at, value)
		}
	}
	if at := p.at("*"); n.Kind == yaml.SequenceNode && at != "" {
		for _, item := range n.Content {
			added += spellOut(at, item)
		}
	}
	return added
}

func TestSpelledOutDefaultsMeanNothing(t *testing.T) {
	plain := builtinConfig(t)
	d, err := ParseDocument(plain.Spec.Name, plain.Spec.Data)
	if err != nil {
		t.Fatal(err)
	}
	if n := spellOut("document", d.Root); n < 1000 {
		t.Fatalf("only %d members were added", n)
	}
	spelled := plain
	if spelled.Spec.Data, err = d.JSON(); err != nil {
		t.Fatal(err)
	}
	results, err := CheckPatches(spelled)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Outcome != Applied {
			t.Error(r.Message)
		}
	}
	before, err := Generate(plain)
	if err != nil {
		t.Fatal(err)
	}
	now, err := Generate(spelled)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(before.Folds, now.Folds, func(x, y Fold) bool { return x.String() == y.String() }) {
		t.Errorf("folds %v, want %v", now.Folds, before.Folds)
	}
	for _, name := range slices.Sorted(maps.Keys(before.Files)) {
		if name != ".fapigen" && name != "README.md" && !bytes.Equal(before.Files[name], now.Files[name]) {
			t.Errorf("%s is another file", name)
		}
	}
	drift, err := CompareDescriptions(plain, spelled, false)
	if err != nil {
		t.Fatal(err)
	}
	if !drift.Empty() {
		t.Errorf("drift: %+v", drift)
	}
}

// A default on one side and another value on the other is a difference still.
func TestOnlyDefaultsMeanNothing(t *testing.T) {
	for name, c := range map[string]struct {
		pos  position
		a, b string
		same bool
	}{
		"nullable false is absent":           {"schema", `{type: string, nullable: false}`, `{type: string}`, true},
		"nullable true is not":               {"schema", `{type: string, nullable: true}`, `{type: string}`, false},
		"nullable false and true differ":     {"schema", `{type: string, nullable: false}`, `{type: string, nullable: true}`, false},
		"a text false is no boolean":         {"schema", `{type: string, nullable: "false"}`, `{type: string}`, false},
		"minLength 0":                        {"schema", `{type: string, minLength: 0}`, `{type: string}`, true},
		"minLength 1":                        {"schema", `{type: string, minLength: 1}`, `{type: string}`, false},
		"a property that is called nullable": {"schemas", `{nullable: {type: string}}`, `{}`, false},
		"required false of a parameter":      {"parameter", `{name: q, in: query, required: false}`, `{in: query, name: q}`, true},
		"form in a query":                    {"parameter", `{name: q, in: query, style: form, explode: true}`, `{in: query, name: q}`, true},
		"form in a header":                   {"parameter", `{name: q, in: header, style: form}`, `{in: header, name: q}`, false},
		"explode false in a query":           {"parameter", `{name: q, in: query, explode: false}`, `{in: query, name: q}`, false},
		"explode false in a path":            {"parameter", `{name: q, in: path, explode: false}`, `{in: path, name: q}`, true},
		"explode false of another style":     {"parameter", `{name: q, in: query, style: spaceDelimited, explode: false}`, `{name: q, in: query, style: spaceDelimited}`, true},
		"no parameters":                      {"operation", `{parameters: [], deprecated: false}`, `{}`, true},
		"additionalProperties true is said":  {"schema", `{additionalProperties: true}`, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(s string) *yaml.Node {
				d, err := ParseDocument("x", []byte(s))
				if err != nil {
					t.Fatal(err)
				}
				return d.Root
			}
			for _, sides := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
				if got := sameNode(c.pos, read(sides[0]), read(sides[1])); got != c.same {
					t.Errorf("%s and %s: same %v, want %v", sides[0], sides[1], got, c.same)
				}
			}
			a, b := read(c.a), read(c.b)
			dropDefaults(c.pos, a)
			dropDefaults(c.pos, b)
			if got := sameNode("", a, b); got != c.same {
				t.Errorf("without defaults: %s and %s", compactJSON(a), compactJSON(b))
			}
		})
	}
}
