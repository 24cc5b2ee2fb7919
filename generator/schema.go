package generator

// A schema at its place: kin-openapi's typed view beside the node it came from. The node keeps what the typed view
// loses: the order of properties, the line, and x-fapigen hints beside a $ref.

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// schemaAt is a schema and where it stands.
type schemaAt struct {
	*openapi3.Schema
	node *yaml.Node // the definition
	site *yaml.Node // the place of use: the same node, or the one that holds the $ref
	name string     // the component's name when it was reached by $ref
	at   string     // JSON pointer of the definition
}

const schemaPrefix = "#/components/schemas/"

// schema pairs a typed schema with its node, following a $ref to its component.
func (b *builder) schema(ref *openapi3.SchemaRef, node *yaml.Node, at string) schemaAt {
	s := schemaAt{Schema: ref.Value, node: node, site: node, at: at}
	for {
		r := mapGet(s.node, "$ref")
		if r == nil {
			return s
		}
		s.at, s.node = r.Value, b.doc.Resolve(r.Value)
		s.name, _ = strings.CutPrefix(r.Value, schemaPrefix)
		s.name = unescapePointer(s.name)
	}
}

func unescapePointer(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}

func escapePointer(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

// properties yields the schema's own properties in the description's order.
func (b *builder) properties(s schemaAt) iter.Seq2[string, schemaAt] {
	return func(yield func(string, schemaAt) bool) {
		for name, node := range mapPairs(mapGet(s.node, "properties")) {
			ref := s.Properties[name]
			if ref == nil {
				continue
			}
			if !yield(name, b.schema(ref, node, s.at+"/properties/"+escapePointer(name))) {
				return
			}
		}
	}
}

// items is the element schema of an array; ok is false when the description gives none.
func (b *builder) items(s schemaAt) (schemaAt, bool) {
	if s.Items == nil {
		return schemaAt{}, false
	}
	return b.schema(s.Items, mapGet(s.node, "items"), s.at+"/items"), true
}

// branches are the members of allOf, oneOf or anyOf that say something about the value's shape: a branch with nothing
// but `required` or `nullable` does not.
func (b *builder) branches(s schemaAt, keyword string) []schemaAt {
	refs := map[string]openapi3.SchemaRefs{"allOf": s.AllOf, "oneOf": s.OneOf, "anyOf": s.AnyOf}[keyword]
	node := mapGet(s.node, keyword)
	var list []schemaAt
	for i, ref := range refs {
		branch := b.schema(ref, node.Content[i], s.at+"/"+keyword)
		if branch.shaped() {
			list = append(list, branch)
		}
	}
	return list
}

func (s schemaAt) shaped() bool {
	return len(s.Properties) > 0 || len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) > 0 || len(s.Enum) > 0 ||
		s.Type != nil && !s.is("object") || s.AdditionalProperties.Schema != nil
}

// standingAt is the schema at another place: that of the property whose schemas it stands for.
func (s schemaAt) standingAt(place string) schemaAt {
	s.at, s.name = place, ""
	return s
}

func (s schemaAt) is(kind string) bool { return s.Type != nil && s.Type.Is(kind) }

// nullable tells whether the place of use allows null: by itself, or by a lone branch.
func (b *builder) nullable(s schemaAt) bool {
	if s.Nullable {
		return true
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, branch := range list {
			if branch.Value != nil && branch.Value.Nullable {
				return true
			}
		}
	}
	return false
}

// lone is the only meaningful branch of a schema that adds nothing to it: `allOf: [$ref]` and the like. A chain of them
// that never ends is an error, told here before anybody follows it.
func (b *builder) lone(s schemaAt) (schemaAt, bool) {
	one, ok := b.onlyBranch(s)
	if !ok {
		return s, false
	}
	for next, more, length := one, true, 0; more; length++ {
		if length > maxComposition {
			b.fail(s.node, "schema %s: made of itself alone, no Go type can say that", cmp.Or(s.name, s.at))
			return s, false
		}
		next, more = b.onlyBranch(next)
	}
	return one, true
}

func (b *builder) onlyBranch(s schemaAt) (schemaAt, bool) {
	if len(s.Properties) > 0 {
		return s, false
	}
	var all []schemaAt
	for _, keyword := range compositions {
		all = append(all, b.branches(s, keyword)...)
	}
	if len(all) != 1 {
		return s, false
	}
	return all[0], true
}

// hints are what an overlay may say about a node beside OpenAPI.
type hints struct {
	Name        string   `yaml:"name"`
	Service     string   `yaml:"service"`
	Method      string   `yaml:"method"`
	Doc         string   `yaml:"doc"`
	Unit        string   `yaml:"unit"`
	KnownValues []string `yaml:"knownValues"`
	AlwaysSend  bool     `yaml:"alwaysSend"`
	Body        string   `yaml:"body"`
}

// hintsAt reads x-fapigen at a node; an unknown member is a problem.
func (b *builder) hintsAt(node *yaml.Node) hints {
	var h hints
	x := mapGet(node, "x-fapigen")
	if x == nil {
		return h
	}
	known := []string{"name", "service", "method", "doc", "unit", "knownValues", "alwaysSend", "body"}
	for key, value := range mapPairs(x) {
		if !slices.Contains(known, key) {
			b.fail(value, "x-fapigen: unknown member %s%s", key, DidYouMean(key, known))
		}
	}
	if err := x.Decode(&h); err != nil {
		fact := oneLine(err)
		if t := (*yaml.TypeError)(nil); errors.As(err, &t) {
			_, fact, _ = strings.Cut(t.Errors[0], ": ") // b.fail tells the line
		}
		b.fail(x, "x-fapigen: %s", fact)
	}
	return h
}
