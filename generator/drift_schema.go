package generator

// Drift, schemas: two schemas compared keyword by keyword, and the ones that only changed their name.

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// unwrapped is a schema without its wrappers: compositions of one branch.
type unwrapped struct {
	node     *yaml.Node // the definition in place, or the node that holds the reference
	ref      string
	nullable bool
	beside   *yaml.Node // what the wrappers say beside their branch, the outermost first
}

func viewOf(n *yaml.Node) unwrapped {
	v := unwrapped{node: n, beside: mapping()}
	for {
		if v.ref = text(mapGet(v.node, "$ref")); v.ref != "" {
			return v
		}
		v.nullable = v.nullable || isTrue(mapGet(v.node, "nullable"))
		inner := loneMember(v.node)
		if inner == nil {
			return v
		}
		for key, value := range mapPairs(v.node) {
			if mapGet(v.beside, key) == nil {
				mapSet(v.beside, key, value)
			}
		}
		v.node = inner
	}
}

// loneMember is the one member of a composition that adds nothing to it; nil when there is no such thing.
func loneMember(n *yaml.Node) *yaml.Node {
	all := slices.Collect(parts(n))
	if len(all) != 1 || mapGet(n, "properties") != nil {
		return nil
	}
	return all[0]
}

// label names a schema in a sentence: its component, or its type.
func (v unwrapped) label() string {
	if v.ref != "" {
		return refName(v.ref)
	}
	switch kind := typeWord(v.node); {
	case kind == "array":
		return "array of " + viewOf(mapGet(v.node, "items")).label()
	case kind != "":
		return kind
	}
	return "any"
}

// refName is the name at the end of a reference.
func refName(ref string) string {
	return unescapePointer(ref[strings.LastIndex(ref, "/")+1:])
}

func typeWord(n *yaml.Node) string {
	if kind := text(mapGet(n, "type")); kind != "" {
		return kind
	}
	if mapGet(n, "properties") != nil {
		return "object"
	}
	for _, keyword := range compositions {
		if mapGet(n, keyword) != nil {
			return keyword
		}
	}
	return ""
}

// schema compares two schemas where they are used.
func (d *differ) schema(at driftPlace, a, b *yaml.Node) {
	if a == nil || b == nil {
		if a != b {
			d.tell(TypeChanged, at, "%s", was(labelOf(b), labelOf(a)))
		}
		return
	}
	if at.depth > maxComposition {
		return // two schemas that contain themselves, each at another place
	}
	x, y := viewOf(a), viewOf(b)
	if x.nullable != y.nullable {
		d.tell(NullableChanged, at, "%s", map[bool]string{true: "nullable", false: "not nullable"}[y.nullable])
	}
	d.others(at, "schema", x.beside, y.beside, append(compositions[:len(compositions):len(compositions)], "type", "nullable")...)
	switch {
	case x.ref != "" && d.to(x.ref) == y.ref:
	case x.ref != "" && y.ref != "":
		if !sameNode("schema", follow(d.old, x.node), follow(d.new, y.node)) {
			d.tell(TypeChanged, at, "%s", was(y.label(), x.label()))
		}
	default:
		d.contents(at, follow(d.old, x.node), follow(d.new, y.node))
	}
}

func labelOf(n *yaml.Node) string {
	if n == nil {
		return "none"
	}
	return viewOf(n).label()
}

// contents compares two definitions. Their own nullable has been looked at.
func (d *differ) contents(at driftPlace, a, b *yaml.Node) {
	if x, y := (unwrapped{node: a}), (unwrapped{node: b}); typeWord(a) != typeWord(b) {
		d.tell(TypeChanged, at, "%s", was(y.label(), x.label()))
		return
	}
	d.enum(at, a, b)
	d.properties(at, a, b)
	if x, y := mapGet(a, "items"), mapGet(b, "items"); x != nil || y != nil {
		d.schema(at.in("[]"), x, y)
	}
	known := []string{"type", "nullable", "enum", "properties", "required", "items", "allOf", "oneOf", "anyOf"}
	if x, y := mapGet(a, "additionalProperties"), mapGet(b, "additionalProperties"); isMapping(x) && isMapping(y) {
		d.schema(at.in("{}"), x, y)
		known = append(known, "additionalProperties")
	}
	for _, keyword := range compositions {
		d.branches(at, itemsOf(mapGet(a, keyword)), itemsOf(mapGet(b, keyword)))
	}
	d.others(at, "schema", a, b, known...)
}

func isMapping(n *yaml.Node) bool { return n != nil && n.Kind == yaml.MappingNode }

func (d *differ) enum(at driftPlace, a, b *yaml.Node) {
	x, y := mapGet(a, "enum"), mapGet(b, "enum")
	switch {
	case x == nil && y == nil:
	case x == nil:
		d.tell(EnumAdded, at, "%s", valuesOf(y))
	case y == nil:
		d.tell(EnumDropped, at, "was %s", valuesOf(x))
	default:
		for _, v := range y.Content {
			if !holds("", x, v) {
				d.tell(ValueAdded, at, "%s", v.Value)
			}
		}
		for _, v := range x.Content {
			if !holds("", y, v) {
				d.tell(ValueRemoved, at, "%s", v.Value)
			}
		}
	}
}

func valuesOf(list *yaml.Node) string {
	var values []string
	for _, v := range list.Content {
		values = append(values, v.Value)
	}
	return strings.Join(values, ", ")
}

func (d *differ) properties(at driftPlace, a, b *yaml.Node) {
	before, now := mapGet(a, "properties"), mapGet(b, "properties")
	demands := func(schema *yaml.Node, name string) bool {
		list := mapGet(schema, "required")
		return list != nil && holds("", list, stringNode(name))
	}
	d.members(before, now, func(name string, x, y *yaml.Node) {
		d.required(at.in(name), demands(a, name), demands(b, name))
		d.schema(at.in(name), x, y)
	}, func(name string, s *yaml.Node) {
		detail := labelOf(s)
		if demands(b, name) {
			detail += ", required"
		}
		d.tell(PropertyAdded, at.in(name), "%s", detail)
	}, func(name string, s *yaml.Node) {
		d.tell(PropertyRemoved, at.in(name), "was %s", labelOf(s))
	})
	if now == nil && before == nil && !sameNode("", mapGet(a, "required"), mapGet(b, "required")) {
		d.tell(OtherChanged, at, "required: %s", was(shown(mapGet(b, "required")), shown(mapGet(a, "required"))))
	}
}

// branches compares the members of a composition: equal ones pair off, then those written out in place in their order.
func (d *differ) branches(at driftPlace, a, b []*yaml.Node) {
	same := func(x, y *yaml.Node) bool { return d.sameRef(x, y) || sameNode("schema", x, y) }
	a, b = slices.Clone(a), slices.Clone(b)
	b = slices.DeleteFunc(b, func(y *yaml.Node) bool {
		i := slices.IndexFunc(a, func(x *yaml.Node) bool { return same(x, y) })
		if i >= 0 {
			a = slices.Delete(a, i, i+1)
		}
		return i >= 0
	})
	inPlace := func(n *yaml.Node) bool { return viewOf(n).ref == "" }
	for {
		i, j := slices.IndexFunc(a, inPlace), slices.IndexFunc(b, inPlace)
		if i < 0 || j < 0 {
			break
		}
		d.schema(at, a[i], b[j])
		a, b = slices.Delete(a, i, i+1), slices.Delete(b, j, j+1)
	}
	for _, y := range b {
		d.tell(MemberAdded, at, "%s", labelOf(y))
	}
	for _, x := range a {
		d.tell(MemberRemoved, at, "%s", labelOf(x))
	}
}

// schemas compares the components; gone and fresh are those without a partner.
func (d *differ) schemas(gone, fresh []string) {
	before := mapGet(mapGet(d.old.Root, "components"), "schemas")
	at := func(name string) driftPlace {
		return driftPlace{subject: name, ops: d.reach[reference("schemas", name)]}
	}
	for _, name := range fresh {
		d.tell(SchemaAdded, at(name), "")
	}
	for _, name := range gone {
		d.tell(SchemaRemoved, at(name), "")
	}
	now := mapGet(mapGet(d.new.Root, "components"), "schemas")
	for name, a := range mapPairs(before) {
		to := refName(d.to(reference("schemas", name)))
		if to != name {
			d.tell(SchemaRenamed, at(to), "was %s", name)
		}
		if b := mapGet(now, to); b != nil {
			d.schema(at(to), a, b)
		}
	}
}

// matchSchemas finds the components that have another name now, and tells the ones that have no partner at all.
func (d *differ) matchSchemas() (gone, fresh []string) {
	before := mapGet(mapGet(d.old.Root, "components"), "schemas")
	now := mapGet(mapGet(d.new.Root, "components"), "schemas")
	for name := range mapPairs(now) {
		if mapGet(before, name) == nil {
			fresh = append(fresh, name)
		}
	}
	for name, schema := range mapPairs(before) {
		if mapGet(now, name) != nil {
			continue
		}
		best, most := "", 0.0
		for _, candidate := range fresh {
			if s := likeness(schema, mapGet(now, candidate)); s > most {
				best, most = candidate, s
			}
		}
		if most < alike {
			gone = append(gone, name)
			continue
		}
		d.renamed[reference("schemas", name)] = reference("schemas", best)
		fresh = slices.DeleteFunc(fresh, func(s string) bool { return s == best })
	}
	return gone, fresh
}

// alike is the share of common properties from which a schema that is gone and a new one are taken for the same.
const alike = 0.75

// likeness is 1 for equal schemas that say something, else the share of properties that two objects have in common.
func likeness(a, b *yaml.Node) float64 {
	if sameNode("schema", a, b) && (mapGet(a, "properties") != nil || mapGet(a, "enum") != nil || len(a.Content) > 2) {
		return 1
	}
	return likeMembers(mapKeys(mapGet(a, "properties")), mapKeys(mapGet(b, "properties")))
}

// likeMembers is the share of names that two sets have in common; sets of one or two say nothing.
func likeMembers(a, b []string) float64 {
	if min(len(a), len(b)) < 3 {
		return 0
	}
	common := 0
	for _, key := range a {
		if slices.Contains(b, key) {
			common++
		}
	}
	return float64(common) / float64(len(a)+len(b)-common)
}
