package generator

// Build: from the loaded description to the finished IR.

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// built is the IR with what was noticed on the way.
type built struct {
	api      *API
	warnings []string // facts for the summary
	unused   []string // names and sentences about things that are not there
}

// build makes the IR. All problems are reported together.
func build(doc *Document, spec *openapi3.T, version string) (*built, error) {
	b := &builder{
		doc: doc, spec: spec, api: &API{Version: version},
		types: map[string]*Type{}, explicit: map[string]bool{}, components: map[string]Ref{},
	}
	b.buildServices()
	b.buildTypes()
	b.api.Codes = b.codes()
	for _, name := range sortedKeys(b.types) {
		b.api.Types = append(b.api.Types, b.types[name])
	}
	b.nameValues()
	if len(b.problems) > 0 {
		return nil, joinSorted(b.problems)
	}
	return &built{api: b.api, warnings: b.warnings, unused: b.unusedNames}, nil
}

func problem(where, format string, args ...any) error {
	return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
}

// joinSorted joins problems, each once, in a stable order.
func joinSorted(problems []error) error {
	lines := map[string]bool{}
	for _, p := range problems {
		lines[p.Error()] = true
	}
	var list []error
	for _, line := range sortedKeys(lines) {
		list = append(list, errors.New(line))
	}
	return errors.Join(list...)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (b *builder) unused(n *yaml.Node, format string, args ...any) {
	b.unusedNames = append(b.unusedNames, fmt.Sprintf("%s: %s", b.doc.Where(n), fmt.Sprintf(format, args...)))
}

// codes reads the error codes that overlays/errors.yaml adds at the root.
func (b *builder) codes() []Code {
	var list []Code
	for wire, node := range mapPairs(mapGet(b.doc.Root, "x-fapigen-errors")) {
		c := Code{Wire: wire, Name: "Code" + exported(wire)}
		if n := mapGet(node, "status"); n != nil {
			c.Status, _ = strconv.Atoi(n.Value)
		}
		if n := mapGet(node, "meta"); n != nil {
			for _, key := range n.Content {
				c.Meta = append(c.Meta, key.Value)
			}
		}
		if c.Status < 400 || c.Status > 599 {
			b.fail(node, "error code %s: no HTTP status", wire)
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y Code) int { return cmp.Compare(x.Name, y.Name) })
	return list
}

// nameValues gives the constants of every enum their names.
func (b *builder) nameValues() {
	for _, t := range b.api.Types {
		for i, v := range t.Values {
			word := exported(v.Wire)
			if v.Wire == "" {
				word = "None"
			}
			t.Values[i].Name = t.Name + word
		}
	}
}
