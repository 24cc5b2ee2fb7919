package generator

// Targets of overlay actions: the subset of RFC 9535 that can be maintained. Names, indexes and one-member filters;
// wildcards are read too, and the overlay parser asks for an explicit count beside them.

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

type stepKind int

const (
	stepName stepKind = iota
	stepIndex
	stepAll    // *
	stepFilter // [?@ == 'v'] or [?@.name == 'v']
)

// step is one segment of a target.
type step struct {
	kind  stepKind
	deep  bool       // ..: at any depth
	name  string     // of stepName, and of the member that stepFilter compares
	index int        // of stepIndex
	item  bool       // of stepFilter: the item itself is compared
	want  *yaml.Node // of stepFilter
	text  string     // as written, on one line
}

// target is a parsed path.
type target struct {
	text  string
	steps []step
}

// wild tells whether the number of matches is open by nature.
func (t target) wild() bool {
	for _, s := range t.steps {
		if s.deep || s.kind == stepAll {
			return true
		}
	}
	return false
}

// name is the name at step i, "" when there is none.
func (t target) name(i int) string {
	if i >= len(t.steps) || t.steps[i].kind != stepName || t.steps[i].deep {
		return ""
	}
	return t.steps[i].name
}

// match is a selected node, with what is needed to change or remove it.
type match struct {
	node   *yaml.Node
	holder *match // what the node stands in; nil at the top
	key    string // the member's key; "" for list items
	pos    position
}

// find selects in document order.
func (t target) find(root *yaml.Node) []match { return t.upTo(root, len(t.steps)) }

// upTo selects with the first n steps only.
func (t target) upTo(root *yaml.Node, n int) []match {
	found := []match{{node: root, pos: "document"}}
	for _, s := range t.steps[:n] {
		found = s.from(found)
	}
	return found
}

func (s step) from(found []match) []match {
	if s.deep {
		found = descendants(found, map[*yaml.Node]bool{})
	}
	var next []match
	for i := range found {
		m := &found[i]
		if s.kind == stepName { // by far the most frequent: no need to look at the siblings
			if key, n := s.named(m); n != nil {
				next = append(next, m.member(key, n))
			}
			continue
		}
		for _, c := range children(m) {
			if s.selects(m.node, c) {
				next = append(next, c)
			}
		}
	}
	return next
}

// named is the member of the step's name. A path is known by its template: what its parameters are called changed between
// revisions, and means nothing.
func (s step) named(m *match) (key string, n *yaml.Node) {
	if n := mapGet(m.node, s.name); n != nil || m.pos != "paths" || !strings.Contains(s.name, "{") {
		return s.name, n
	}
	template := barePath(s.name)
	for path, item := range mapPairs(m.node) {
		if barePath(path) == template {
			return path, item
		}
	}
	return "", nil
}

func (s step) selects(parent *yaml.Node, c match) bool {
	switch s.kind {
	case stepAll:
		return true
	case stepIndex:
		return parent.Kind == yaml.SequenceNode && s.index < len(parent.Content) && parent.Content[s.index] == c.node
	case stepFilter:
		n := c.node
		if !s.item {
			n = mapGet(n, s.name)
		}
		return n != nil && (sameNode("", n, s.want) || sameNumber(n, s.want))
	}
	return false
}

// sameNumber reports whether two numbers are equal, however they are spelled: 1 and 1.0.
func sameNumber(a, b *yaml.Node) bool {
	for _, n := range []*yaml.Node{a, b} {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" {
			return false
		}
	}
	x, errX := strconv.ParseFloat(a.Value, 64)
	y, errY := strconv.ParseFloat(b.Value, 64)
	return errX == nil && errY == nil && x == y
}

// member is the match of a value under key.
func (m *match) member(key string, n *yaml.Node) match {
	return match{node: n, holder: m, key: key, pos: m.pos.at(key)}
}

// inProse tells whether the node is prose or lies within.
func (m *match) inProse() bool {
	return m.holder != nil && (m.holder.pos.isProse(m.key) || m.holder.inProse())
}

func children(m *match) []match {
	var list []match
	if m.node.Kind == yaml.MappingNode {
		for key, value := range mapPairs(m.node) {
			list = append(list, m.member(key, value))
		}
	}
	if m.node.Kind == yaml.SequenceNode {
		for _, item := range m.node.Content {
			list = append(list, match{node: item, holder: m, pos: m.pos.at("*")})
		}
	}
	return list
}

// descendants are the nodes themselves and everything below them, each once.
func descendants(found []match, seen map[*yaml.Node]bool) []match {
	var all []match
	for i := range found {
		if m := &found[i]; !seen[m.node] {
			seen[m.node] = true
			all = append(all, *m)
			all = append(all, descendants(children(m), seen)...)
		}
	}
	return all
}
