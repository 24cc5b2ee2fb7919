package generator

// Normalise: fold the bundler's copies. `X-2`, `schemas-X` and `responses-X` are copies of `X` that differ a little and
// swap meaning between revisions, so the fold is by content and every reference is rewritten. Nothing after this stage
// ever sees a copy's name.

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Fold is one component that had copies.
type Fold struct {
	Kind   string   // schemas, responses or parameters
	Name   string   // the name that stays
	From   []string // the names that went
	United []string // what the copies did not agree on, and what became of it
	Line   int      // of the component that stays
}

func (f Fold) String() string {
	s := fmt.Sprintf("%s %s: folds %s", strings.TrimSuffix(f.Kind, "s"), f.Name, strings.Join(f.From, ", "))
	if len(f.United) > 0 {
		s += "; " + strings.Join(f.United, "; ")
	}
	return s
}

// odd are characters that OpenAPI allows in no component's name, and readers refuse.
var odd = regexp.MustCompile(`[^a-zA-Z0-9._-]`)

// plainName keeps names apart that differ in such a character, and reads well for the usual one.
func plainName(name string) string {
	return odd.ReplaceAllStringFunc(strings.ReplaceAll(name, " ", "_"), func(c string) string { return fmt.Sprintf("_%X", []rune(c)[0]) })
}

var bundled = regexp.MustCompile(`^(schemas-|responses-|parameters-)?(.+?)(-\d+)?$`)

// foldedName is the name without the bundler's marks, and with what no name may have replaced.
func foldedName(name string) string {
	name = plainName(name)
	for {
		m := bundled.FindStringSubmatch(name)
		if m == nil || m[2] == name {
			return name
		}
		name = m[2]
	}
}

// Normalise folds in place and tells what it did, in document order. Folding twice changes nothing.
func Normalise(d *Document) ([]Fold, error) {
	plainRefs(d, d.Root)
	components := mapGet(d.Root, "components")
	renamed := map[string]string{} // reference prefix to reference prefix
	for _, kind := range []string{"schemas", "responses", "parameters"} {
		for name, n := range mapPairs(mapGet(components, kind)) {
			if n.Kind != yaml.MappingNode {
				return nil, fmt.Errorf("%s: components.%s.%s: %s where a mapping belongs", d.Where(n), kind, name, describe(n))
			}
			if base := foldedName(name); base != name {
				renamed[reference(kind, name)] = reference(kind, base)
			}
		}
	}
	if len(renamed) == 0 {
		return nil, nil
	}
	rewriteRefs(d.Root, renamed)
	var folds []Fold
	for _, kind := range []string{"schemas", "responses", "parameters"} {
		folds = append(folds, foldSection(kind, mapGet(components, kind))...)
	}
	return folds, nil
}

func reference(kind, name string) string {
	return "#/components/" + kind + "/" + escapePointer(name)
}

// rewriteRefs changes every string that is such a reference: $ref, and the values of a discriminator's mapping.
func rewriteRefs(n *yaml.Node, renamed map[string]string) {
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "#/components/") {
		parts := strings.SplitN(n.Value, "/", 5) // "#", components, kind, name, rest
		if len(parts) < 4 {
			return
		}
		if to, ok := renamed[strings.Join(parts[:4], "/")]; ok {
			n.Value = strings.Join(append([]string{to}, parts[4:]...), "/")
		}
	}
	for _, c := range n.Content {
		rewriteRefs(c, renamed)
	}
}

// foldSection rebuilds one section: the first of each family keeps its place, the unmarked member is the base.
func foldSection(kind string, section *yaml.Node) []Fold {
	families := map[string][]string{}
	for name := range mapPairs(section) {
		base := foldedName(name)
		families[base] = append(families[base], name)
	}
	var content []*yaml.Node
	var folds []Fold
	done := map[string]bool{}
	for name := range mapPairs(section) {
		base := foldedName(name)
		if done[base] {
			continue
		}
		done[base] = true
		fold := foldFamily(kind, base, families[base], section)
		content = append(content, stringNode(base), fold.node)
		content[len(content)-2].Line = fold.node.Line
		if len(fold.From) > 0 {
			folds = append(folds, fold.Fold)
		}
	}
	if section != nil && len(folds) > 0 {
		section.Content = content
	}
	return folds
}

type foldResult struct {
	Fold
	node *yaml.Node
}

func foldFamily(kind, base string, names []string, section *yaml.Node) foldResult {
	r := foldResult{Fold: Fold{Kind: kind, Name: base}, node: mapGet(section, base)}
	first := base
	if r.node == nil {
		first = names[0]
		r.node = mapGet(section, first)
		r.From = append(r.From, first)
	}
	r.Line = r.node.Line
	u := &uniter{}
	p := position("components").at(kind).at("*")
	for _, name := range names {
		if len(names) > 1 {
			dropDefaults(p, mapGet(section, name)) // what one copy spells out is no difference
		}
		if name == first {
			continue
		}
		r.From = append(r.From, name)
		u.copy = name
		u.unite(p, nil, r.node, mapGet(section, name))
	}
	r.United = u.notes
	return r
}
