package generator

// Surface, samples: a JSON value that has every member a schema knows, to any depth, built from the document alone. Values
// are all different, so that a test sees when two members are mixed up.

import (
	"iter"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// enumMark starts a string of which several values are known, so that a test can put an unknown one in its place.
const enumMark = "enum:"

// parts yields the schemas that s is composed of.
func parts(s *yaml.Node) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		for _, keyword := range compositions {
			for _, part := range itemsOf(mapGet(s, keyword)) {
				if !yield(part) {
					return
				}
			}
		}
	}
}

// membersOf are the properties of a schema and of the schemas it is composed of: each with all that is said of it, what
// stands closest first.
func membersOf(d *Document, list ...*yaml.Node) (all map[string][]*yaml.Node, order []string) {
	all = map[string][]*yaml.Node{}
	var names []string
	var add func(s *yaml.Node)
	add = func(s *yaml.Node) {
		s = follow(d, s)
		for name, schema := range mapPairs(mapGet(s, "properties")) {
			if all[name] == nil {
				names = append(names, name)
			}
			all[name] = append(all[name], schema)
		}
		for part := range parts(s) {
			add(part)
		}
	}
	for _, s := range list {
		add(s)
	}
	return all, names
}

type sampler struct {
	d    *Document
	n    int64    // numbers the values
	open []string // references on the way down
}

func sampleOf(d *Document, s *yaml.Node) any {
	m := &sampler{d: d}
	v, _ := m.value([]*yaml.Node{s})
	return v
}

// value is a sample of a schema that list says all of; false when it would contain itself.
func (m *sampler) value(list []*yaml.Node) (any, bool) {
	var flat []*yaml.Node
	var refs []string
	for _, s := range list {
		if !m.expand(s, &flat, &refs) {
			return nil, false
		}
	}
	m.open = append(m.open, refs...)
	defer func() { m.open = m.open[:len(m.open)-len(refs)] }()
	m.n++
	kind, first := "", (*yaml.Node)(nil)
	for _, s := range flat {
		if kind == "" {
			kind, first = text(mapGet(s, "type")), s
		}
	}
	switch kind {
	case "string":
		return m.text(flat), true
	case "integer":
		return 1_700_000_000_000 + m.n, true
	case "number":
		return float64(m.n) + 0.5, true
	case "boolean":
		return true, true
	case "array":
		return m.array(first), true
	}
	return m.object(flat), true
}

// expand lists s and all it is composed of, references resolved.
func (m *sampler) expand(s *yaml.Node, flat *[]*yaml.Node, refs *[]string) bool {
	for ref := mapGet(s, "$ref"); ref != nil; ref = mapGet(s, "$ref") {
		if slices.Contains(m.open, ref.Value) {
			return false
		}
		if slices.Contains(*refs, ref.Value) {
			return true
		}
		*refs = append(*refs, ref.Value)
		s = m.d.Resolve(ref.Value)
	}
	*flat = append(*flat, s)
	for part := range parts(s) {
		if !m.expand(part, flat, refs) {
			return false
		}
	}
	return true
}

func (m *sampler) text(flat []*yaml.Node) string {
	var known []string
	for _, s := range flat {
		for _, list := range []*yaml.Node{mapGet(s, "enum"), mapGet(mapGet(s, "x-fapigen"), "knownValues")} {
			if list == nil {
				continue
			}
			for _, v := range list.Content {
				if v.Tag == "!!str" && !slices.Contains(known, v.Value) {
					known = append(known, v.Value)
				}
			}
		}
	}
	switch len(known) {
	case 0:
		return "s" + strconv.FormatInt(m.n, 10)
	case 1:
		return known[0]
	}
	return enumMark + known[0]
}

func (m *sampler) array(s *yaml.Node) any {
	items := mapGet(s, "items")
	if items == nil {
		return []any{m.anything()}
	}
	if v, ok := m.value([]*yaml.Node{items}); ok {
		return []any{v}
	}
	return []any{}
}

// anything is what a place holds that takes any JSON.
func (m *sampler) anything() any {
	return map[string]any{"k": m.n, "list": []any{"a", nil, 0.5}}
}

func (m *sampler) object(flat []*yaml.Node) any {
	out := map[string]any{}
	if all, order := variants(flat); len(order) > 0 {
		for _, name := range order {
			if v, ok := m.value(all[name]); ok {
				out[name] = v
			}
		}
		return out
	}
	for _, s := range flat {
		if more := mapGet(s, "additionalProperties"); more != nil && more.Kind == yaml.MappingNode && len(more.Content) > 0 {
			if v, ok := m.value([]*yaml.Node{more}); ok {
				return map[string]any{"k": v}
			}
			return out
		}
	}
	return m.anything()
}

// variants are all schemas that a composition gives each member, and the members in their order.
func variants(flat []*yaml.Node) (all map[string][]*yaml.Node, order []string) {
	all = map[string][]*yaml.Node{}
	for _, s := range flat {
		for name, schema := range mapPairs(mapGet(s, "properties")) {
			if all[name] == nil {
				order = append(order, name)
			}
			all[name] = append(all[name], schema)
		}
	}
	return all, order
}
