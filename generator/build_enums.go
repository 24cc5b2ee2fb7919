package generator

// Build, enums: strings with known values become open string types.

import (
	"cmp"
	"slices"
)

// stringType is string, or an open enum when more than one value is known. `object` members name their own schema and
// stay plain.
func (b *builder) stringType(s schemaAt, hint, wire string) Ref {
	if isBinary(s) && !b.parts {
		b.warn(s.node, "%s: format binary where the value is text; it stays a string", cmp.Or(wire, s.name, hint))
	}
	h := b.hintsAt(s.site)
	values := appendNew(enumValues(s), h.KnownValues...)
	if wire == "object" || len(values) < 2 && !h.namesEnum() {
		return builtin("string")
	}
	t := b.enum(hint, s, values)
	t.Open = t.Open || len(enumValues(s)) == 0
	return named(t)
}

// namesEnum reports whether an overlay makes a string an enum however few values are known of it: it gives a name, and
// knownValues, an empty list perhaps.
func (h hints) namesEnum() bool { return h.Name != "" && h.KnownValues != nil }

// isFlag reports whether a string takes "true" and "false" alone: in a form or a query it is a bool.
func isFlag(s schemaAt) bool {
	values := enumValues(s)
	slices.Sort(values)
	return s.is("string") && slices.Equal(values, []string{"false", "true"})
}

func enumValues(s schemaAt) []string {
	var values []string
	for _, v := range s.Enum {
		if text, ok := v.(string); ok {
			values = append(values, text)
		}
	}
	return appendNew(nil, values...)
}

func appendNew(list []string, more ...string) []string {
	if len(more) == 1 && slices.Contains(list, more[0]) {
		return list
	}
	if len(more) < 2 {
		return append(list, more...)
	}
	have := asSet(list)
	for _, v := range more {
		if !have[v] {
			have[v], list = true, append(list, v)
		}
	}
	return list
}

func (b *builder) enum(name string, s schemaAt, values []string) *Type {
	t := b.declare(name, KindEnum, s)
	if own := b.hintsAt(s.site).Doc; t.Doc.Sentence == "" && isSentence(own) {
		t.Doc.Sentence = own
	}
	var known []string
	for _, v := range t.Values {
		known = append(known, v.Wire)
	}
	for _, v := range appendNew(known, values...)[len(known):] {
		t.Values = append(t.Values, EnumValue{Wire: v})
	}
	return t
}

// describeEnum says where the values of an enum were met first.
func describeEnum(r Ref, of string) {
	if t := hoisted(r); t != nil && t.Kind == KindEnum && t.Of == "" {
		t.Of = of
	}
}
