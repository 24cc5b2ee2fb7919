package generator

// Schemas as observe sees them: at each place all that the description says of it, seen as one, by the rules by which
// the generator flattens compositions (build_unions.go). So what passes here is what the emitted types hold.

import (
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// site is a schema where it is used.
type site struct {
	node *yaml.Node
	at   string // JSON pointer
	of   string // of a property: the schema that declares it
}

// spot is where values stand.
type spot struct {
	sites    []site // as written: whether null is allowed, and the type, are said here
	parts    []site // without references and unions
	nullable bool

	compiled bool
	members  map[string]*slot
	order    []*slot
	leaves   []site // the schemas that a further member would belong to, one for each branch
	open     bool   // said to have further members
	extra    *spot  // of further members
	items    *spot
}

// slot is a property of an object.
type slot struct {
	name    string
	sites   []site
	demands [][]string // pointers of schemas that require it; it is optional once those of one group do not
	place   *spot
}

// schemaView makes spots, each once.
type schemaView struct {
	doc    *Document
	places map[string]*spot
}

func (c *schemaView) place(sites ...site) *spot {
	key := ""
	for _, s := range sites {
		key += s.at + "\n"
	}
	p := c.places[key]
	if p == nil {
		p = &spot{sites: sites}
		c.places[key] = p
		for _, s := range sites {
			p.parts = append(p.parts, c.parts(s, p, 0)...)
		}
	}
	return p
}

// follow leads from a reference to the definition.
func (c *schemaView) follow(s site) site {
	for range maxComposition {
		ref := text(mapGet(s.node, "$ref"))
		if ref == "" {
			break
		}
		s.node, s.at = c.doc.Resolve(ref), ref
	}
	return s
}

// parts follows references, lone branches and unions; on the way it notes whether null is allowed (D03, D04, D09, D11).
func (c *schemaView) parts(s site, p *spot, depth int) []site {
	s = c.follow(s)
	if s.node == nil || depth > maxComposition {
		return nil
	}
	p.nullable = p.nullable || isTrue(mapGet(s.node, "nullable"))
	for _, keyword := range compositions {
		for _, b := range c.branches(s, keyword) {
			p.nullable = p.nullable || isTrue(mapGet(c.follow(b).node, "nullable"))
		}
	}
	if one, ok := c.lone(s); ok {
		return c.parts(one, p, depth+1)
	}
	union := append(c.shaped(s, "oneOf"), c.shaped(s, "anyOf")...)
	if len(union) == 0 || mapGet(s.node, "properties") != nil || mapGet(s.node, "allOf") != nil {
		return []site{s}
	}
	var list []site
	for _, b := range union {
		list = append(list, c.parts(b, p, depth+1)...)
	}
	return list
}

func (c *schemaView) branches(s site, keyword string) []site {
	var out []site
	for i, n := range itemsOf(mapGet(s.node, keyword)) {
		out = append(out, site{node: n, at: s.at + "/" + keyword + "/" + strconv.Itoa(i)})
	}
	return out
}

// shaped are the branches that say something about the value's shape.
func (c *schemaView) shaped(s site, keyword string) []site {
	return slices.DeleteFunc(c.branches(s, keyword), func(b site) bool {
		n := c.follow(b).node
		for _, key := range []string{"properties", "allOf", "oneOf", "anyOf", "enum"} {
			if m := mapGet(n, key); m != nil && len(m.Content) > 0 {
				return false
			}
		}
		more := mapGet(n, "additionalProperties")
		t := text(mapGet(n, "type"))
		return (t == "" || t == "object") && (more == nil || more.Kind != yaml.MappingNode)
	})
}

// lone is the only meaningful branch of a schema that adds nothing to it.
func (c *schemaView) lone(s site) (site, bool) {
	if n := mapGet(s.node, "properties"); n != nil && len(n.Content) > 0 {
		return s, false
	}
	var all []site
	for _, keyword := range compositions {
		all = append(all, c.shaped(s, keyword)...)
	}
	if len(all) != 1 {
		return s, false
	}
	return all[0], true
}

// accepts tells whether a part may be of a kind. A schema that says nothing takes anything.
func (c *schemaView) accepts(part site, k kind) bool {
	t := text(mapGet(part.node, "type"))
	if t == "" {
		switch {
		case mapGet(part.node, "properties") != nil, mapGet(part.node, "additionalProperties") != nil:
			t = "object"
		case mapGet(part.node, "items") != nil:
			t = "array"
		case mapGet(part.node, "allOf") != nil:
			return slices.ContainsFunc(c.shaped(part, "allOf"), func(b site) bool {
				return slices.ContainsFunc(c.place(b).parts, func(p site) bool { return c.accepts(p, k) })
			})
		default:
			return true
		}
	}
	return kind(t) == k || t == "number" && k == kindInteger
}

// compile finds the members and items of a place, when a value first asks for them.
func (c *schemaView) compile(p *spot) {
	if p.compiled {
		return
	}
	p.compiled, p.members = true, map[string]*slot{}
	var f flat
	var items, extra []site
	objects := 0
	for _, part := range p.parts {
		if n := mapGet(part.node, "items"); n != nil {
			items = append(items, site{node: n, at: part.at + "/items"})
		}
		if !c.accepts(part, kindObject) {
			continue
		}
		if g := c.gather(part, 0); objects == 0 {
			f = g
		} else {
			f = f.alternate(g)
		}
		objects++
	}
	for _, m := range f.members {
		m.place = c.place(m.sites...)
		p.members[m.name] = m
	}
	p.order, p.leaves, p.open = f.members, f.leaves, f.open
	if extra = f.extra; len(extra) > 0 {
		p.extra = c.place(extra...)
	}
	if len(items) > 0 {
		p.items = c.place(items...)
	}
}

// free tells whether nothing is said about an object's members.
func (p *spot) free() bool { return len(p.order) == 0 && p.extra == nil }

// flat is an object with all its parts in one.
type flat struct {
	members []*slot
	leaves  []site
	extra   []site
	open    bool
}

func (f flat) find(name string) *slot {
	if i := slices.IndexFunc(f.members, func(m *slot) bool { return m.name == name }); i >= 0 {
		return f.members[i]
	}
	return nil
}

// gather flattens an object schema.
func (c *schemaView) gather(s site, depth int) flat {
	s = c.follow(s)
	if s.node == nil || depth > maxComposition {
		return flat{}
	}
	var f flat
	var inline []site
	for _, b := range c.branches(s, "allOf") {
		if mapGet(b.node, "properties") != nil {
			inline = append(inline, b)
		}
		f = f.join(c.gather(b, depth+1))
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		var either flat
		for i, b := range c.shaped(s, keyword) {
			if g := c.gather(b, depth+1); i == 0 {
				either = g
			} else {
				either = either.alternate(g)
			}
		}
		f = f.join(either)
	}
	_, lone := c.lone(s)
	if own := mapGet(s.node, "properties"); own != nil {
		f = f.override(s, own)
		f.leaves = []site{s}
	} else if len(inline) > 0 {
		f.leaves = inline[len(inline)-1:]
	} else if len(f.leaves) == 0 || !lone && mapGet(s.node, "allOf") != nil {
		f.leaves = []site{s}
	}
	if list := mapGet(s.node, "required"); list != nil {
		for _, n := range list.Content {
			if m := f.find(n.Value); m != nil {
				m.demand(s.at)
			}
		}
	}
	switch more := mapGet(s.node, "additionalProperties"); {
	case more == nil:
	case more.Kind == yaml.MappingNode && len(more.Content) > 0:
		f.extra = append(f.extra, site{node: more, at: s.at + "/additionalProperties"})
	case more.Value != "false":
		f.open = true
	}
	return f
}

func (m *slot) demand(at string) {
	if len(m.demands) == 0 {
		m.demands = [][]string{nil}
	}
	for i, group := range m.demands {
		if !slices.Contains(group, at) {
			m.demands[i] = append(slices.Clone(group), at)
		}
	}
}

// join adds a part that holds as well.
func (f flat) join(g flat) flat {
	for _, m := range g.members {
		mine := f.find(m.name)
		if mine == nil {
			f.members = append(f.members, m)
			continue
		}
		mine.sites = append(mine.sites, m.sites...)
		for _, group := range m.demands {
			for _, at := range group {
				mine.demand(at)
			}
		}
	}
	f.leaves, f.extra, f.open = append(f.leaves, g.leaves...), append(f.extra, g.extra...), f.open || g.open
	return f
}

// override adds a schema's own properties, which are said closest.
func (f flat) override(s site, properties *yaml.Node) flat {
	for name, node := range mapPairs(properties) {
		own := site{node: node, at: s.at + "/properties/" + escapePointer(name), of: s.at}
		if m := f.find(name); m != nil {
			m.sites = []site{own}
			continue
		}
		f.members = append(f.members, &slot{name: name, sites: []site{own}})
	}
	return f
}

// alternate adds another branch of which only one holds: required is what all branches require.
func (f flat) alternate(g flat) flat {
	for _, m := range f.members {
		if other := g.find(m.name); other == nil || len(other.demands) == 0 {
			m.demands = nil
		}
	}
	for _, m := range g.members {
		mine := f.find(m.name)
		if mine == nil {
			m.demands = nil
			f.members = append(f.members, m)
			continue
		}
		mine.sites = append(mine.sites, m.sites...)
		if len(mine.demands) > 0 {
			mine.demands = append(mine.demands, m.demands...)
		}
	}
	f.leaves, f.extra, f.open = append(f.leaves, g.leaves...), append(f.extra, g.extra...), f.open || g.open
	return f
}
