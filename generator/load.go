package generator

// Load: the patched document becomes kin-openapi's typed form. kin-openapi lets some things pass that would make wrong
// code (empty path items, missing operation ids) and names no lines, so an own lint goes first.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// verbs are the members of a path item that are operations.
var verbs = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// loadOpenAPI lints the document and loads it. Warnings are facts that cost nothing but that a maintainer wants to see.
// A lenient load changes the document where it can do without what it does not know.
func loadOpenAPI(d *Document, lenient bool) (t *openapi3.T, warnings []string, err error) {
	if err := checkVersion(d); err != nil {
		return nil, nil, err
	}
	l := &linter{d: d, ids: map[string]string{}}
	l.refs(d.Root, "#")
	if len(l.problems) == 0 && lenient {
		l.warnings = tolerate(d)
	}
	l.paths()
	if len(l.problems) > 0 {
		return nil, nil, errors.Join(l.problems...)
	}
	if !lenient {
		if err := asErrors(tolerate(d.Clone())); err != nil {
			return nil, nil, err
		}
	}
	data, err := withoutPathItems(d).JSON()
	if err != nil {
		return nil, nil, err
	}
	loader := openapi3.NewLoader()
	t, err = loader.LoadFromData(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %s", d.Name, oneLine(err))
	}
	if err := t.Validate(loader.Context, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaPatternValidation(),
		openapi3.DisableSchemaDefaultsValidation()); err != nil {
		return nil, nil, fmt.Errorf("%s: %s", d.Name, oneLine(err))
	}
	return t, l.warnings, nil
}

// oneLine keeps the first line of a library's message: the rest repeats the value.
func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > 300 {
		line = line[:300] + "..."
	}
	return line
}

func checkVersion(d *Document) error {
	if n := mapGet(d.Root, "swagger"); n != nil {
		return fmt.Errorf("%s: an OpenAPI %s document; fapigen reads OpenAPI 3.0", d.Where(n), n.Value)
	}
	n := mapGet(d.Root, "openapi")
	if n == nil {
		return fmt.Errorf("%s: no openapi member; fapigen reads OpenAPI 3.0 descriptions", d.Name)
	}
	if !strings.HasPrefix(n.Value, "3.0.") && n.Value != "3.0" {
		return fmt.Errorf("%s: an OpenAPI %s document; fapigen reads OpenAPI 3.0", d.Where(n), n.Value)
	}
	if p := mapGet(d.Root, "paths"); p == nil || p.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: no paths; nothing to generate", d.Name)
	}
	return nil
}

type linter struct {
	d        *Document
	ids      map[string]string // operationId to where it stands
	problems []error
	warnings []string
}

func (l *linter) fail(n *yaml.Node, format string, args ...any) {
	l.problems = append(l.problems, fmt.Errorf("%s: %s", l.d.Where(n), fmt.Sprintf(format, args...)))
}

// refs checks that each $ref leads somewhere in this document, and not in a circle of references alone.
func (l *linter) refs(n *yaml.Node, at string) {
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			l.refs(item, at)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for key, value := range mapPairs(n) {
		if key != "$ref" || value.Kind != yaml.ScalarNode {
			l.refs(value, key)
			continue
		}
		if at == "properties" {
			continue // a property that is called $ref
		}
		l.ref(value)
	}
}

func (l *linter) ref(n *yaml.Node) {
	if !strings.HasPrefix(n.Value, "#/") {
		l.fail(n, "$ref %s: only references inside the document are read", n.Value)
		return
	}
	seen := map[string]bool{}
	for target := n.Value; ; {
		if seen[target] {
			l.fail(n, "$ref %s: a circle of references that never reaches a definition", n.Value)
			return
		}
		seen[target] = true
		node := l.d.Resolve(target)
		if node == nil {
			l.fail(n, "$ref %s: nothing there%s", n.Value, l.suggest(target))
			return
		}
		next := mapGet(node, "$ref")
		if next == nil {
			next = aliasTarget(node)
		}
		if next == nil {
			return
		}
		target = next.Value
	}
}

// aliasTarget is the $ref of an array's items or of a lone allOf: an alias to itself through it has no Go type.
func aliasTarget(n *yaml.Node) *yaml.Node {
	if t := mapGet(n, "type"); t != nil && t.Value == "array" {
		return mapGet(mapGet(n, "items"), "$ref")
	}
	if all := mapGet(n, "allOf"); all != nil && len(all.Content) == 1 && mapGet(n, "properties") == nil {
		return mapGet(all.Content[0], "$ref")
	}
	return nil
}

func (l *linter) suggest(pointer string) string {
	i := strings.LastIndex(pointer, "/")
	parent := l.d.Resolve(pointer[:i])
	var keys []string
	for key := range mapPairs(parent) {
		keys = append(keys, key)
	}
	return DidYouMean(pointer[i+1:], keys)
}

func (l *linter) paths() {
	for path, item := range pathItems(l.d) {
		if item.Kind == yaml.MappingNode && len(item.Content) == 0 {
			l.warnings = append(l.warnings, fmt.Sprintf("%s: %s: an empty path item, no operation comes of it", l.d.Where(item), path))
		}
	}
	for _, e := range endpoints(l.d) {
		l.operation(e)
	}
}

func (l *linter) operation(e endpoint) {
	verb, path, op := e.verb, e.path, e.op
	id := mapGet(op, "operationId")
	if id == nil || id.Value == "" {
		l.fail(op, "%s %s: no operationId; add one with an overlay", strings.ToUpper(verb), path)
		return
	}
	if first, dup := l.ids[id.Value]; dup {
		l.fail(id, "operationId %s: used before at %s", id.Value, first)
	}
	l.ids[id.Value] = l.d.Where(id)
	declared := map[string]bool{}
	byKey, _ := parametersOf(l.d, e)
	for key := range byKey {
		if name, ok := strings.CutPrefix(key, "path "); ok {
			declared[name] = true
		}
	}
	for _, name := range placeholders(path) {
		if !declared[name] {
			l.fail(op, "%s: path parameter {%s} of %s is not declared%s", id.Value, name, path, DidYouMean(name, slices.Sorted(maps.Keys(declared))))
		}
		delete(declared, name)
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		l.fail(op, "%s: path parameter %s is declared, but %s has no {%s}", id.Value, name, path, name)
	}
}

// placeholders are the argument names of a path template, in order.
func placeholders(path string) []string {
	var names []string
	for rest := path; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return names
		}
		name, after, ok := strings.Cut(after, "}")
		if !ok {
			return names
		}
		names, rest = append(names, name), after
	}
}
