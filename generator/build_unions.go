package generator

// Build, unions: composed schemas flattened into properties. A union of objects becomes one struct with all members;
// array-or-page becomes a page; anything else keeps its JSON and decodes on demand.

import (
	"cmp"
	"slices"
)

// property is one member of an object, with every schema that the parts of a composition give it.
type property struct {
	wire     string
	variants []schemaAt
	required bool
}

var compositions = []string{"allOf", "oneOf", "anyOf"}

const maxComposition = 40 // of compositions: deeper is a schema that contains itself

// gather flattens a schema into its properties, in the description's order.
func (b *builder) gather(s schemaAt) []*property { return b.gatherDeep(s, 0) }

func (b *builder) gatherDeep(s schemaAt, depth int) []*property {
	if depth > maxComposition {
		b.fail(s.node, "schema %s: composed of itself", cmp.Or(s.name, s.at))
		return nil
	}
	var all []*property
	for _, part := range b.branches(s, "allOf") {
		all = join(all, b.gatherDeep(part, depth+1))
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		var either []*property
		for i, part := range b.branches(s, keyword) {
			props := b.gatherDeep(part, depth+1)
			if i == 0 {
				either = props
			} else {
				either = alternate(either, props)
			}
		}
		all = join(all, either)
	}
	var own []*property
	for name, schema := range b.properties(s) {
		own = append(own, &property{wire: name, variants: []schemaAt{schema}, required: s.isRequired(name)})
	}
	all = override(all, own)
	for _, p := range all {
		p.required = p.required || s.isRequired(p.wire)
	}
	return all
}

// join adds the properties of a further part that holds as well.
func join(list, more []*property) []*property {
	for _, p := range more {
		if q := find(list, p.wire); q != nil {
			q.variants = append(q.variants, p.variants...)
			q.required = q.required || p.required
			continue
		}
		list = append(list, p)
	}
	return list
}

// override adds a schema's own properties: they are said closest, so they win over those of its parts.
func override(list, own []*property) []*property {
	for _, p := range own {
		if q := find(list, p.wire); q != nil {
			q.variants, q.required = p.variants, q.required || p.required
			continue
		}
		list = append(list, p)
	}
	return list
}

// alternate adds the properties of another branch of which only one holds: required is what all branches require.
func alternate(list, more []*property) []*property {
	for _, q := range list {
		if p := find(more, q.wire); p == nil || !p.required {
			q.required = false
		}
	}
	for _, p := range more {
		if q := find(list, p.wire); q != nil {
			q.variants = append(q.variants, p.variants...)
			continue
		}
		p.required = false
		list = append(list, p)
	}
	return list
}

func find(list []*property, wire string) *property {
	if i := slices.IndexFunc(list, func(p *property) bool { return p.wire == wire }); i >= 0 {
		return list[i]
	}
	return nil
}

// union is the Go type of oneOf or anyOf; ok is false when the schema is an object whose branches only flatten into it.
func (b *builder) union(s schemaAt, hint string) (Ref, bool) {
	branches := append(b.branches(s, "oneOf"), b.branches(s, "anyOf")...)
	if len(branches) == 0 || !slices.ContainsFunc(branches, func(x schemaAt) bool { return !b.isObject(x) }) {
		return Ref{}, false
	}
	if elem, ok := b.arrayOrPage(branches, hint); ok {
		return pageOf(elem), true
	}
	if !slices.ContainsFunc(branches, func(x schemaAt) bool { return !x.is("string") }) {
		var values []string
		for _, branch := range branches {
			if len(branch.Enum) == 0 {
				return builtin("string"), true
			}
			values = appendNew(values, enumValues(branch)...)
		}
		if len(values) < 2 {
			return builtin("string"), true
		}
		return named(b.enum(hint, s, values)), true
	}
	return named(b.declare(hint, KindUnion, s)), true
}

func (b *builder) isObject(s schemaAt) bool {
	if one, ok := b.lone(s); ok {
		return b.isObject(one)
	}
	if s.Type != nil && !s.is("object") {
		return false
	}
	return len(b.gather(s)) > 0
}

// arrayOrPage recognises a list endpoint that answers with an array or a page, as asked.
func (b *builder) arrayOrPage(branches []schemaAt, hint string) (Ref, bool) {
	if len(branches) != 2 {
		return Ref{}, false
	}
	array, page := branches[0], branches[1]
	if !array.is("array") {
		array, page = page, array
	}
	if !array.is("array") || !b.isObject(page) {
		return Ref{}, false
	}
	elem, ok := b.page(b.gather(page), hint)
	if !ok {
		return Ref{}, false
	}
	items, ok := b.items(array)
	if !ok || b.ref(items, singular(hint), "").String() != elem.String() {
		return Ref{}, false
	}
	return elem, true
}

// merge is the one Go type that serves every variant of a property. What it makes of several is of the place given: each of
// them may have a type of its own.
func (b *builder) merge(p *property, hint, place string) (r Ref, nullable bool) {
	first := p.variants[0]
	if len(p.variants) == 1 {
		return b.ref(first, hint, p.wire), b.nullable(first)
	}
	flat := make([]schemaAt, len(p.variants))
	for i, v := range p.variants {
		nullable = nullable || b.nullable(v)
		if one, ok := b.lone(v); ok && v.name == "" {
			v = one
		}
		flat[i] = v
	}
	all := func(is func(schemaAt) bool) bool {
		return !slices.ContainsFunc(flat, func(s schemaAt) bool { return !is(s) })
	}
	switch {
	case all(func(s schemaAt) bool { return s.name != "" && s.name == flat[0].name }):
		return b.component(flat[0]), nullable
	case all(func(s schemaAt) bool { return s.is("string") }):
		return b.mergeStrings(flat, hint, p.wire, place), nullable
	case all(b.isObject):
		return named(b.structure(flat[0].standingAt(place), hint, b.gatherEither(flat))), nullable
	}
	r = b.ref(flat[0], hint, p.wire)
	for _, v := range flat[1:] {
		if b.ref(v, hint, p.wire).String() != r.String() {
			b.warn(v.node, "property %s: the branches of its union give it shapes that no one Go type holds; it stays raw JSON", p.wire)
			return builtin(rawJSON), nullable
		}
	}
	return r, nullable
}

func (b *builder) mergeStrings(flat []schemaAt, hint, wire, place string) Ref {
	var values []string
	for _, v := range flat {
		if len(v.Enum) == 0 {
			return builtin("string")
		}
		values = appendNew(values, enumValues(v)...)
	}
	if len(values) < 2 || wire == "object" {
		return builtin("string")
	}
	return named(b.enum(hint, flat[0].standingAt(place), values))
}

func (b *builder) gatherEither(flat []schemaAt) []*property {
	all := b.gather(flat[0])
	for _, v := range flat[1:] {
		all = alternate(all, b.gather(v))
	}
	return all
}
