package generator

// Build: from the loaded description to the finished IR.

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// built is the IR with what was noticed on the way.
type built struct {
	api      *API
	warnings []string // facts for the summary
	leftOut  []string // those of the warnings that are about operations left out
	unused   []string // names and sentences about things that are not there
}

// build makes the IR. All problems are reported together. A lenient build replaces a name that is taken and tells; a
// strict one refuses.
func build(doc *Document, spec *openapi3.T, version string, runtime map[string]*Type, lenient bool) (*built, error) {
	b := &builder{
		doc: doc, lenient: lenient, spec: spec, api: &API{Version: version, Runtime: runtime},
		types: map[string]*Type{}, explicit: map[string]bool{}, components: map[string]Ref{}, bodies: map[string]bool{}, names: map[string]string{},
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
	return &built{api: b.api, warnings: b.warnings, leftOut: b.leftOut, unused: b.unusedNames}, nil
}

func problem(where, format string, args ...any) error {
	return fmt.Errorf("%s: %s", where, OneLine(fmt.Sprintf(format, args...)))
}

// joinSorted joins problems, each once, in the order of their files and lines.
func joinSorted(problems []error) error {
	lines := map[string]bool{}
	for _, p := range problems {
		lines[p.Error()] = true
	}
	var list []error
	for _, line := range slices.SortedFunc(maps.Keys(lines), byPlace) {
		list = append(list, errors.New(line))
	}
	return errors.Join(list...)
}

// byPlace compares messages that may start with file:line, so that line 9 goes before line 11.
func byPlace(x, y string) int {
	xFile, xRest, _ := strings.Cut(x, ":")
	yFile, yRest, _ := strings.Cut(y, ":")
	xLine, _, _ := strings.Cut(xRest, ":")
	yLine, _, _ := strings.Cut(yRest, ":")
	xNumber, _ := strconv.Atoi(xLine)
	yNumber, _ := strconv.Atoi(yLine)
	return cmp.Or(cmp.Compare(xFile, yFile), cmp.Compare(xNumber, yNumber), cmp.Compare(x, y))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (b *builder) unused(n *yaml.Node, format string, args ...any) {
	b.unusedNames = append(b.unusedNames, fmt.Sprintf("%s: %s", b.doc.Where(n), fmt.Sprintf(format, args...)))
}

// codes reads the error codes that overlays/errors.yaml adds at the root.
func (b *builder) codes() []Code {
	var list []Code
	for wire, node := range mapPairs(mapGet(b.doc.Root, "x-fapigen-errors")) {
		var c struct {
			Status yaml.Node
			Meta   []string
		}
		code := Code{Wire: wire, Name: "Code" + exported(wire)}
		err := node.Decode(&c)
		if err == nil && c.Status.Kind == yaml.SequenceNode {
			err = c.Status.Decode(&code.Statuses)
		} else if err == nil && c.Status.Kind != 0 {
			code.Statuses = make([]int, 1)
			err = c.Status.Decode(&code.Statuses[0])
		}
		if err != nil || slices.ContainsFunc(code.Statuses, func(s int) bool { return s < 400 || s > 599 }) {
			b.fail(node, "error code %s: wanted {status: 4xx or 5xx, or a list of them; meta: [names]}", wire)
		}
		if exported(wire) == "" {
			b.fail(node, "error code %q: has no Go name", wire)
		}
		code.Meta = c.Meta
		list = append(list, code)
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
