package generator

// Build, types: schemas become IR types. Objects become structs, inline objects and enums are hoisted under the name of
// what they belong to, unions of objects are flattened into one struct, array-or-page unions become pages. Envelopes
// never get here (envelope.go).

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// builder carries what the build stages share.
type builder struct {
	doc             *Document
	lenient         bool // a colliding name is replaced and told, not an error
	broken          bool // the operation being built cannot be called rightly
	spec            *openapi3.T
	api             *API
	types           map[string]*Type
	explicit        map[string]bool // names that an overlay gave: same-named inline types are one
	components      map[string]Ref
	bodies          map[string]bool   // components that are bodies: params structs, types only where something refers to them
	names           map[string]string // of components
	client          string            // JSON pointer of the schema that rides in envelopes
	building        []string          // components being built, to tell a schema that contains itself by value
	problems        []error
	warnings        []string
	optionalHeaders []optionalHeader
	parts           bool     // the fields of a multipart body are being built: a binary one is a file
	leftOut         []string // of the warnings, those about operations
	unusedNames     []string // names and sentences about things that are not there
}

// buildTypes gives every component its type, also those that no operation reaches: envelopes, aliases and bodies apart.
func (b *builder) buildTypes() {
	mixins := b.mixins()
	for name, node := range mapPairs(mapGet(mapGet(b.doc.Root, "components"), "schemas")) {
		s := b.schema(b.spec.Components.Schemas[name], node, schemaPrefix+escapePointer(name))
		s.name = name
		if _, ok := b.envelope(s); ok || mixins[schemaPrefix+escapePointer(name)] || b.bodies[name] {
			continue
		}
		b.component(s)
	}
}

// mixins are the references of components that are there only to be mixed into others: every use of one stands in an
// allOf with siblings.
func (b *builder) mixins() map[string]bool {
	count, mixed := map[string]int{}, map[string]int{}
	var visit func(n *yaml.Node, inAllOf bool)
	visit = func(n *yaml.Node, inAllOf bool) {
		if n.Kind == yaml.SequenceNode {
			for _, item := range n.Content {
				visit(item, inAllOf && len(n.Content) > 1)
			}
			return
		}
		for key, value := range mapPairs(n) {
			if key == "$ref" {
				count[value.Value]++
				if inAllOf {
					mixed[value.Value]++
				}
			}
			visit(value, key == "allOf")
		}
	}
	visit(b.doc.Root, false)
	only := map[string]bool{}
	for ref, n := range count {
		only[ref] = n == mixed[ref]
	}
	return only
}

// component is the reference to a named schema, built once.
func (b *builder) component(s schemaAt) Ref {
	if r, ok := b.components[s.name]; ok {
		return r
	}
	if slices.Contains(b.building, s.name) {
		b.fail(s.node, "schema %s: made of itself alone, no Go type can say that", s.name)
		return builtin(rawJSON)
	}
	b.building = append(b.building, s.name)
	name := b.componentName(s.name, s.node)
	if t := b.api.Runtime[name]; t != nil && b.explicit[name] {
		b.components[s.name] = named(t)
		b.building = b.building[:len(b.building)-1]
		return named(t)
	}
	own := s
	own.name, own.site = "", s.node
	r := b.shape(own, name, "")
	b.building = b.building[:len(b.building)-1]
	b.components[s.name] = r
	return r
}

// componentName is the Go name of a component, decided once. Where the plain name is taken, a lenient build falls back
// to the full one.
func (b *builder) componentName(component string, node *yaml.Node) string {
	if name, ok := b.names[component]; ok {
		return name
	}
	name := typeName(component)
	h := b.hintsAt(node)
	switch t := b.types[name]; {
	case h.Name != "" && h.Name == name:
		b.unused(node, "x-fapigen: name %s: the rule gives it anyway", name)
	case h.Name != "":
		name = h.Name
		b.explicit[name] = true
	case t != nil && b.lenient:
		full := exported(component)
		b.warn(node, "type %s: also the Go name of %s, so %s is called %s", name, t.From[0], component, full)
		name = full
	}
	b.names[component] = name
	return name
}

// ref is the Go type of a schema where it is used. hint names the type if it has to be hoisted; wire is the property's
// name, which decides timestamps.
func (b *builder) ref(s schemaAt, hint, wire string) Ref {
	if s.name != "" {
		return b.component(s)
	}
	if h := b.hintsAt(s.site); h.Name != "" {
		if t := b.api.Runtime[h.Name]; t != nil && b.hoists(s) {
			return named(t)
		}
		hint = h.Name
		b.explicit[hint] = true
	}
	return b.shape(s, hint, wire)
}

// shape is the Go type of a schema by its content.
func (b *builder) shape(s schemaAt, hint, wire string) Ref {
	if one, ok := b.lone(s); ok {
		return b.ref(one, hint, wire)
	}
	if len(s.OneOf)+len(s.AnyOf) > 0 {
		if r, ok := b.union(s, hint); ok {
			return r
		}
	}
	switch {
	case s.is("string"):
		return b.stringType(s, hint, wire)
	case s.is("integer"):
		return b.integer(s, wire)
	case s.is("number"):
		return builtin("float64")
	case s.is("boolean"):
		return builtin("bool")
	case s.is("array"):
		items, ok := b.items(s)
		if !ok {
			return sliceOf(builtin(rawJSON))
		}
		return sliceOf(b.ref(items, singular(hint), ""))
	}
	return b.object(s, hint)
}

func (b *builder) integer(s schemaAt, wire string) Ref {
	unit := b.hintsAt(s.site).Unit
	switch unit {
	case "seconds":
		return builtin("int64")
	case "milliseconds":
		return builtin("Timestamp")
	case "":
	default:
		b.fail(s.site, "x-fapigen: unit %s: seconds and milliseconds are known", unit)
	}
	if strings.HasSuffix(wire, "_at") || wire == "date" || wire == "timestamp" {
		return builtin("Timestamp")
	}
	return builtin("int64")
}

// declare makes a type, or finds the one of that name that this schema may join: an overlay gave both the name.
func (b *builder) declare(name string, kind TypeKind, s schemaAt) *Type {
	where := b.doc.Where(s.node)
	if t := b.types[name]; t != nil {
		switch {
		case slices.Contains(t.From, s.at):
		case b.lenient && (!b.explicit[name] || t.Kind != kind):
			return b.declare(b.freeName(name, s), kind, s)
		case !b.explicit[name]:
			b.fail(s.node, "type %s: %s and %s have the same Go name; give one a name with x-fapigen", name, t.From[0], s.at)
		case t.Kind != kind:
			b.fail(s.node, "type %s: %s (%s) and %s (%s) cannot share a name", name, t.From[0], t.Kind, s.at, kind)
		default:
			t.From = append(t.From, s.at)
			if own := b.hintsAt(s.node).Doc; t.Doc.Sentence == "" && kind != KindEnum && isSentence(own) {
				t.Doc.Sentence = own
			}
		}
		return t
	}
	t := &Type{Name: name, Kind: kind, From: []string{s.at}, Where: where}
	if kind != KindEnum {
		t.Doc = b.docAt(s.node, s.Schema)
		if !isSentence(t.Doc.Sentence) {
			t.Doc.Sentence = "" // it is about the field that the type was hoisted from
		}
	}
	b.types[name] = t
	return t
}

// isSentence tells a sentence, which describes a type, from a fragment, which describes a field.
func isSentence(s string) bool { return strings.HasSuffix(strings.TrimSpace(s), ".") }

// ownDoc splits a sentence of our own: what begins with "Deprecated: " says what to use instead.
func ownDoc(text string) Doc {
	const mark = "Deprecated: "
	if instead, ok := strings.CutPrefix(text, mark); ok {
		return Doc{Instead: instead}
	}
	sentence, instead, _ := strings.Cut(text, "\n\n"+mark)
	return Doc{Sentence: sentence, Instead: instead}
}

// docAt reads a node's own sentence and the description's prose.
func (b *builder) docAt(node *yaml.Node, s *openapi3.Schema) Doc {
	d := ownDoc(b.hintsAt(node).Doc)
	if s != nil {
		d.Upstream, d.Deprecated = strings.TrimSpace(s.Description), s.Deprecated
	}
	return d
}

// object is a struct, a map, a page, or raw JSON when nothing is known of it.
func (b *builder) object(s schemaAt, hint string) Ref {
	props := b.gather(s)
	extra := s.AdditionalProperties.Schema
	if extra != nil && extra.Value != nil {
		elem := b.schema(extra, mapGet(s.node, "additionalProperties"), s.at+"/additionalProperties")
		if len(props) == 0 || b.allAre(props, elem) {
			return mapOf(b.ref(elem, singular(hint), ""))
		}
	}
	if len(props) == 0 {
		return builtin(rawJSON)
	}
	if elem, ok := b.page(props, hint); ok {
		return pageOf(elem)
	}
	return named(b.structure(s, hint, props))
}

// allAre tells whether every property is of the schema that further properties have, so that a map says all.
func (b *builder) allAre(props []*property, elem schemaAt) bool {
	for _, p := range props {
		for _, v := range p.variants {
			if v.name == "" || v.name != elem.name {
				return false
			}
		}
	}
	return true
}

// page recognises {data: [T], total_count}. A page may have members beside them: Page keeps the raw JSON.
func (b *builder) page(props []*property, hint string) (Ref, bool) {
	var data, total *property
	for _, p := range props {
		switch p.wire {
		case "data":
			data = p
		case "total_count":
			total = p
		}
	}
	if data == nil || total == nil || !data.variants[0].is("array") || !total.variants[0].is("integer") && !total.variants[0].is("number") {
		return Ref{}, false
	}
	items, ok := b.items(data.variants[0])
	if !ok {
		return builtin(rawJSON), true
	}
	return b.ref(items, singular(hint), ""), true
}

func (b *builder) structure(s schemaAt, name string, props []*property) *Type {
	known := b.types[name] != nil
	t := b.declare(name, KindStruct, s)
	if c, ok := strings.CutPrefix(s.at, schemaPrefix); ok && !strings.Contains(c, "/") {
		b.components[unescapePointer(c)] = named(t) // before its fields: they may refer back
	}
	fresh := make([]*Field, 0, len(props))
	for _, p := range props {
		fresh = append(fresh, b.field(t.Name, s.at, p, InJSON))
	}
	if !known {
		t.Fields = fresh
		return t
	}
	b.unite(t, fresh, s)
	return t
}

// unite joins the fields of a second schema that an overlay gave the same name: what one of them lacks is optional.
func (b *builder) unite(t *Type, fresh []*Field, s schemaAt) {
	have, also := byWire(t.Fields), byWire(fresh)
	for _, f := range fresh {
		g := have[f.Wire]
		switch {
		case g == nil:
			f.Type = optional(f.Type)
			t.Fields = append(t.Fields, f)
		case g.Type.String() == optional(f.Type).String():
		case optional(g.Type).String() == f.Type.String():
			g.Type = f.Type
		case g.Type.String() != f.Type.String():
			b.odd(s.node, "type %s: %s is %s in %s and %s in %s", t.Name, f.Wire, g.Type, t.From[0], f.Type, s.at)
			g.Type = builtin(rawJSON)
		}
	}
	for _, g := range t.Fields {
		if also[g.Wire] == nil {
			g.Type = optional(g.Type)
		}
	}
}

func byWire(fields []*Field) map[string]*Field {
	by := make(map[string]*Field, len(fields))
	for _, f := range fields {
		by[f.Wire] = f
	}
	return by
}

func optional(r Ref) Ref {
	if r.nilable() {
		return r
	}
	return pointerTo(r)
}

// field turns a property into a struct field. Nested objects are pointers, optional and nullable ones too; slices, maps
// and raw JSON are nil by themselves.
// at is the pointer of the schema that the property is built into.
func (b *builder) field(parent, at string, p *property, in Location) *Field {
	first := p.variants[0]
	place := first.at
	if len(p.variants) > 1 { // made of several, it is none of them
		place = at + "/properties/" + escapePointer(p.wire)
	}
	h := b.hintsAt(first.site)
	name := exported(p.wire)
	if h.Name != "" && (first.name != "" || !b.hoists(first)) {
		name = h.Name
	}
	var r Ref
	nullable := b.nullable(first)
	if in != InJSON && len(p.variants) == 1 && isFlag(first) {
		r = builtin("bool")
	} else {
		r, nullable = b.merge(p, b.owner(parent, p)+exported(p.wire), place)
	}
	describeEnum(r, parent+"."+name)
	f := &Field{Name: name, Wire: p.wire, In: in, Always: h.AlwaysSend, At: place, Type: r}
	if !p.required || nullable || isStruct(r) {
		f.Type = optional(r)
	}
	if f.Doc = b.docAt(first.site, nil); first.name == "" && hoisted(r) != nil && isSentence(f.Doc.Sentence) {
		f.Doc = Doc{} // it is about the type
	}
	if first.name == "" {
		f.Doc.Upstream, f.Doc.Deprecated = strings.TrimSpace(first.Description), first.Deprecated
	}
	return f
}

// owner is the name that a hoisted type is put under: its parent's, or, for a property that was mixed in from another
// component, the name of that one, so that all who mix it in share the type.
func (b *builder) owner(parent string, p *property) string {
	c, ok := strings.CutPrefix(p.variants[0].at, schemaPrefix)
	c, rest, found := strings.Cut(c, "/")
	if ok && found && len(p.variants) == 1 && strings.Count(rest, "/") == 1 {
		return b.componentName(unescapePointer(c), b.doc.Resolve(schemaPrefix+c))
	}
	return strings.TrimSuffix(parent, "Params")
}

// hoists tells whether a name given at the schema's place is that of the type it becomes, not of the field.
func (b *builder) hoists(s schemaAt) bool {
	return len(enumValues(s)) > 1 || len(s.Properties) > 0 || s.is("array") || b.hintsAt(s.site).namesEnum()
}

// hoisted is the type that a field's own schema became, nil when it became none.
func hoisted(r Ref) *Type {
	for r.Elem != nil {
		r = *r.Elem
	}
	return r.Type
}
