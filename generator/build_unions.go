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
	var all propertyList
	for _, part := range b.branches(s, "allOf") {
		all.join(b.gatherDeep(part, depth+1))
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		var either propertyList
		for i, part := range b.branches(s, keyword) {
			props := b.gatherDeep(part, depth+1)
			if i == 0 {
				either.join(props)
			} else {
				either.alternate(props)
			}
		}
		all.join(either.list)
	}
	required := asSet(s.Required)
	for name, schema := range b.properties(s) {
		all.override(&property{wire: name, variants: []schemaAt{schema}})
	}
	for _, p := range all.list {
		p.required = p.required || required[p.wire]
	}
	return all.list
}

// propertyList is a list of properties, each wire name once.
type propertyList struct {
	list []*property
	by   map[string]*property // by wire name
}

func (l *propertyList) add(p *property) {
	if l.by == nil {
		l.by = map[string]*property{}
	}
	l.list, l.by[p.wire] = append(l.list, p), p
}

// join adds the properties of a further part that holds as well.
func (l *propertyList) join(more []*property) {
	for _, p := range more {
		if q := l.by[p.wire]; q != nil {
			q.variants = append(q.variants, p.variants...)
			q.required = q.required || p.required
			continue
		}
		l.add(p)
	}
}

// override adds a schema's own property: it is said closest, so it wins over those of its parts.
func (l *propertyList) override(own *property) {
	if q := l.by[own.wire]; q != nil {
		q.variants = own.variants
		return
	}
	l.add(own)
}

// alternate adds the properties of another branch of which only one holds: required is what all branches require.
func (l *propertyList) alternate(more []*property) {
	needed := map[string]bool{}
	for _, p := range more {
		needed[p.wire] = p.required
	}
	for _, q := range l.list {
		q.required = q.required && needed[q.wire]
	}
	for _, p := range more {
		if q := l.by[p.wire]; q != nil {
			q.variants = append(q.variants, p.variants...)
			continue
		}
		p.required = false
		l.add(p)
	}
}

func asSet(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
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
	var all propertyList
	all.join(b.gather(flat[0]))
	for _, v := range flat[1:] {
		all.alternate(b.gather(v))
	}
	return all.list
}
