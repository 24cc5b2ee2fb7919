package fapi

import (
	"net/url"
	"slices"
	"strings"
)

// values are the pairs of a query or form, in the order in which they were added.
type values []pair

type pair struct{ key, value string }

func (v *values) add(key, value string) { *v = append(*v, pair{key, value}) }

// set leaves exactly these values under key; none is one empty value.
func (v *values) set(key string, vals ...string) {
	*v = slices.DeleteFunc(*v, func(p pair) bool { return p.key == key })
	if len(vals) == 0 {
		v.add(key, "")
	}
	for _, value := range vals {
		v.add(key, value)
	}
}

func (v values) has(key string) bool {
	return slices.ContainsFunc(v, func(p pair) bool { return p.key == key })
}

// get returns the first value of key; "" is none.
func (v values) get(key string) string {
	i := slices.IndexFunc(v, func(p pair) bool { return p.key == key })
	if i < 0 {
		return ""
	}
	return v[i].value
}

// with returns a copy of v, with room for extra more pairs, that the overrides were applied to.
func (v values) with(overrides []override, extra int) values {
	out := append(make(values, 0, len(v)+len(overrides)+extra), v...)
	for _, o := range overrides {
		out.set(o.key, o.values...)
	}
	return out
}

// encode writes the pairs as application/x-www-form-urlencoded text.
func (v values) encode() string {
	size := 0
	for _, p := range v {
		size += len(p.key) + len(p.value) + 2
	}
	var b strings.Builder
	b.Grow(size)
	for i, p := range v {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.key))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	return b.String()
}
