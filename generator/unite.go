package generator

// How two copies of one component become one: as wide as the wider of the two at every place, so that whatever either
// copy allows fits. Properties, enum values and union branches are united, `required` is what both require.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// uniter collects what the copies did not agree on.
type uniter struct {
	copy  string // name of the copy being folded
	notes []string
}

func (u *uniter) note(at []string, format string, args ...any) {
	place := strings.Join(at, ".")
	if place == "" {
		place = "the whole"
	}
	u.notes = append(u.notes, place+": "+fmt.Sprintf(format, args...))
}

// narrowing keywords only ever refuse values, so one that the two copies do not share is dropped.
var narrowing = []string{"pattern", "format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
	"exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}

// unite changes base to hold what both hold. Both are of one position.
func (u *uniter) unite(p position, at []string, base, other *yaml.Node) {
	if sameNode(p, base, other) {
		return
	}
	if base.Kind != other.Kind || base.Kind != yaml.MappingNode || !sameNode("", mapGet(base, "$ref"), mapGet(other, "$ref")) {
		u.note(at, "%s kept, %s has %s", compactJSON(base), u.copy, compactJSON(other))
		return
	}
	if p == "schema" {
		u.narrow(at, base, other)
	}
	for key, value := range mapPairs(other) {
		if p.isProse(key) || p == "schema" && (key == "required" || slices.Contains(narrowing, key)) {
			continue
		}
		mine := mapGet(base, key)
		switch {
		case mine == nil && key == "additionalProperties" && p == "schema":
			// absent is open, whatever the copy says
		case mine == nil:
			mapSet(base, key, value)
			u.note(at, "%s added", key)
		case key == "nullable" && value.Value == "true", key == "additionalProperties" && mine.Value == "false":
			if !sameNode("", mine, value) {
				mapSet(base, key, value)
				u.note(at, "%s: %s", key, compactJSON(value))
			}
		case key == "nullable", key == "additionalProperties" && value.Value == "false":
		case key == "enum", key == "oneOf", key == "anyOf":
			u.append(p.at(key).at("*"), append(slices.Clone(at), key), mine, value)
		default:
			u.unite(p.at(key), append(slices.Clone(at), key), mine, value)
		}
	}
}

// narrow drops from base what the other does not demand too.
func (u *uniter) narrow(at []string, base, other *yaml.Node) {
	for _, key := range narrowing {
		if mine := mapGet(base, key); mine != nil && !sameNode("", mine, mapGet(other, key)) {
			mapDelete(base, key)
			u.note(at, "%s dropped", key)
		}
	}
	if mine := mapGet(base, "additionalProperties"); mine != nil && mine.Value == "false" && mapGet(other, "additionalProperties") == nil {
		mapDelete(base, "additionalProperties")
		u.note(at, "additionalProperties dropped")
	}
	mine, theirs := mapGet(base, "required"), mapGet(other, "required")
	if mine == nil {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(mine.Content), func(n *yaml.Node) bool {
		gone := theirs == nil || !holds("", theirs, n)
		if gone {
			u.note(at, "%s no longer required", n.Value)
		}
		return gone
	})
	if mine.Content = kept; len(kept) == 0 {
		mapDelete(base, "required")
	}
}

// append adds the items of other that base lacks.
func (u *uniter) append(item position, at []string, base, other *yaml.Node) {
	for _, n := range other.Content {
		if !holds(item, base, n) {
			base.Content = append(base.Content, n)
			u.note(at, "%s added", compactJSON(n))
		}
	}
}

// holds tells whether a list has an item equal to n.
func holds(item position, list, n *yaml.Node) bool {
	return slices.ContainsFunc(list.Content, func(m *yaml.Node) bool { return sameNode(item, m, n) })
}
