package generator

// The lock loses nothing: whatever a description becomes, each public name of types and constants is in the lock, and each
// that was there before is emitted still or stands in a warning.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// emittedNames are the types and constants of a program.
func emittedNames(api *API) map[string]bool {
	names := map[string]bool{}
	for _, t := range api.Types {
		names[t.Name] = true
		for _, v := range t.Values {
			names[v.Name] = true
		}
	}
	for _, o := range api.Operations() {
		names[o.Service+"."+o.Name] = true
	}
	return names
}

// owners are the emitted names, constants with their types: a warning about the type is about them.
func owners(api *API) map[string]string {
	names := map[string]string{}
	for name := range emittedNames(api) {
		names[name] = name
	}
	for _, t := range api.Types {
		for _, v := range t.Values {
			names[v.Name] = t.Name
		}
	}
	return names
}

// lockedNames are the names that a lock has.
func lockedNames(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	l, err := parseLock(Source{Name: "names.lock.yaml", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, section := range []map[string]locked{l.operations, l.types} {
		for _, n := range section {
			names[n.name] = true
		}
	}
	for _, values := range l.values {
		for _, n := range values {
			names[n.name] = true
		}
	}
	return names
}

// mutation changes a description at one place; none when there is nothing of its kind.
type mutation struct {
	name   string
	wanted func(p position, n *yaml.Node) bool
	change func(n *yaml.Node)
}

var lockMutations = []mutation{
	{"an enum is opened", func(p position, n *yaml.Node) bool { return p == "schema" && mapGet(n, "enum") != nil }, func(n *yaml.Node) { mapDelete(n, "enum") }},
	{"a value is dropped", func(p position, n *yaml.Node) bool { return p == "schema" && len(itemsOf(mapGet(n, "enum"))) > 2 }, func(n *yaml.Node) {
		list := mapGet(n, "enum")
		list.Content = list.Content[1:]
	}},
	{"a branch is dropped", func(p position, n *yaml.Node) bool {
		return p == "schema" && len(itemsOf(mapGet(n, "oneOf")))+len(itemsOf(mapGet(n, "allOf"))) > 1
	}, func(n *yaml.Node) {
		for _, keyword := range compositions {
			if list := mapGet(n, keyword); len(itemsOf(list)) > 1 {
				list.Content = list.Content[1:]
			}
		}
	}},
	{"a property is dropped", func(p position, n *yaml.Node) bool { return p == "schema" && len(mapKeys(mapGet(n, "properties"))) > 1 }, func(n *yaml.Node) {
		properties := mapGet(n, "properties")
		mapDelete(properties, mapKeys(properties)[0])
	}},
	{"an object is any JSON", func(p position, n *yaml.Node) bool { return p == "schema" && mapGet(n, "properties") != nil }, func(n *yaml.Node) {
		mapDelete(n, "properties")
		mapDelete(n, "required")
	}},
	{"an operation is dropped", func(p position, n *yaml.Node) bool { return p == "pathItem" && len(n.Content) > 0 }, func(n *yaml.Node) { n.Content = nil }},
}

// places are the nodes that a mutation fits, in the order of the document.
func (m mutation) places(d *Document) []*yaml.Node {
	var found []*yaml.Node
	var visit func(p position, n *yaml.Node)
	visit = func(p position, n *yaml.Node) {
		if n.Kind == yaml.MappingNode && m.wanted(p, n) {
			found = append(found, n)
		}
		for key, value := range mapPairs(n) {
			if at := p.at(key); at != "" {
				visit(at, value)
			}
		}
		if at := p.at("*"); n.Kind == yaml.SequenceNode && at != "" {
			for _, item := range n.Content {
				visit(at, item)
			}
		}
	}
	visit("document", d.Root)
	return found
}

// lockedBuild is a generation up to the lock: nothing is emitted.
func lockedBuild(cfg Config, rt *runtimeFacts) (*Output, string, error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, "", err
	}
	spec, _, err := loadOpenAPI(p.doc, true)
	if err != nil {
		return nil, "", err
	}
	made, err := build(p.doc, spec, p.version, rt.types, true)
	if err != nil {
		return nil, "", err
	}
	out := &Output{api: made.api, doc: p.doc}
	told, err := out.lock(cfg)
	return out, strings.Join(told, "\n"), err
}

// keepsNames builds the mutated description as `update` does and tells what is lost.
func keepsNames(t *testing.T, cfg Config, rt *runtimeFacts, before *Output, spec []byte) {
	t.Helper()
	cfg.Spec.Data, cfg.Lock, cfg.before = spec, &Source{Name: "names.lock.yaml", Data: before.Lock}, before.api
	now, told, err := lockedBuild(cfg, rt)
	if err != nil {
		t.Fatal(err)
	}
	lock, emitted := lockedNames(t, now.Lock), emittedNames(now.api)
	for _, name := range slices.Sorted(maps.Keys(emitted)) {
		if !lock[name] && !mentions(told, name) { // the line of a method with another name now stays, and a warning says so
			t.Errorf("%s is emitted and not in the lock", name)
		}
	}
	for name, owner := range owners(before.api) {
		if !emitted[name] && !mentions(told, name) && !mentions(told, owner) {
			t.Errorf("%s is gone without a warning", name)
		}
	}
}

// mentions reports whether a text has a name as a word of its own, not as the start of another.
func mentions(text, name string) bool {
	for i := strings.Index(text, name); i >= 0; {
		end := i + len(name)
		if end == len(text) || !isWordByte(text[end]) {
			return true
		}
		next := strings.Index(text[end:], name)
		if next < 0 {
			break
		}
		i = end + next
	}
	return false
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func TestLockLosesNoName(t *testing.T) {
	plain, tuned := builtinConfig(t), builtinConfig(t)
	plain.Overlays = nil
	for setup, cfg := range map[string]Config{"without overlays": plain, "with overlays": tuned} {
		cfg.Pinned, cfg.Strict, cfg.NoContract, cfg.Lock = false, false, true, &Source{Name: "names.lock.yaml"}
		rt, err := readRuntime(cfg.Templates)
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := lockedBuild(cfg, rt)
		if err != nil {
			t.Fatal(err)
		}
		lock := lockedNames(t, before.Lock)
		for name := range emittedNames(before.api) {
			if !lock[name] {
				t.Errorf("%s: %s is emitted and not in the lock", setup, name)
			}
		}
		d, err := ParseDocument(cfg.Spec.Name, cfg.Spec.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range lockMutations {
			count := len(m.places(d))
			if count == 0 {
				t.Fatalf("%s: fits nowhere", m.name)
			}
			for i := 0; i < count; i += max(1, count/2) {
				t.Run(fmt.Sprintf("%s/%s/%d", setup, m.name, i), func(t *testing.T) {
					changed := d.Clone()
					m.change(m.places(changed)[i])
					spec, err := changed.JSON()
					if err != nil {
						t.Fatal(err)
					}
					keepsNames(t, cfg, rt, before, spec)
				})
			}
		}
	}
}
