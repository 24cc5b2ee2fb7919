package generator

// Build, enums: strings with known values become open string types.

import "slices"

// stringType is string, or an open enum when more than one value is known. `object` members name their own schema and
// stay plain.
func (b *builder) stringType(s schemaAt, hint, wire string) Ref {
	if s.Format == "binary" {
		return builtin("*Upload")
	}
	values := enumValues(s)
	values = appendNew(values, b.hintsAt(s.site).KnownValues...)
	if len(values) < 2 || wire == "object" {
		return builtin("string")
	}
	t := b.enum(hint, s, values)
	t.Open = t.Open || len(enumValues(s)) == 0
	return named(t)
}

func enumValues(s schemaAt) []string {
	var values []string
	for _, v := range s.Enum {
		if text, ok := v.(string); ok {
			values = appendNew(values, text)
		}
	}
	return values
}

func appendNew(list []string, more ...string) []string {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func (b *builder) enum(name string, s schemaAt, values []string) *Type {
	t := b.declare(name, KindEnum, s)
	for _, v := range values {
		if !slices.ContainsFunc(t.Values, func(e EnumValue) bool { return e.Wire == v }) {
			t.Values = append(t.Values, EnumValue{Wire: v})
		}
	}
	return t
}

// describeEnum says where the values of an enum were met first.
func describeEnum(r Ref, of string) {
	for r.Elem != nil {
		r = *r.Elem
	}
	if r.Kind == RefNamed && r.Type.Kind == KindEnum && r.Type.Of == "" {
		r.Type.Of = of
	}
}
