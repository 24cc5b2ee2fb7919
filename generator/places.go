package generator

// What an applied patch changed, node by node: read off its journal, before the next patch runs. It is what `patches
// explain` shows and what `patches export` writes down again in a form that every engine understands.

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// place is one mapping whose members are not as they were. Members that the patch did not touch are the same nodes on
// both sides; a change deeper down is a place of its own.
type place struct {
	target string // the path to it
	node   *yaml.Node
	before *yaml.Node
	after  *yaml.Node
}

// change is one member of a place. Before is nil when it was added, after when it was removed.
type change struct {
	key           string
	before, after *yaml.Node
}

// places are the mappings that the patch changed, in the order of its actions.
func (j *journal) places() []place {
	inner := j.inner()
	var list []place
	for _, e := range j.entries {
		if inner[e.node] {
			continue
		}
		m := j.lift(e.at)
		if slices.ContainsFunc(list, func(p place) bool { return p.node == m.node }) {
			continue
		}
		p := place{target: j.path(m), node: m.node, before: j.asBefore(m.node), after: m.node}
		if len(p.changes()) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// lift is the mapping in which a change is told: scalars and lists are told as members of what holds them.
func (j *journal) lift(m match) *match {
	at := &m
	for h := &m; h != nil; h = h.holder {
		if h.node.Kind == yaml.ScalarNode || j.touchedList(h.node) {
			at = h.holder
		}
	}
	for at.node.Kind != yaml.MappingNode {
		at = at.holder
	}
	return at
}

// touchedList tells whether the items of a list are not the ones that were there.
func (j *journal) touchedList(n *yaml.Node) bool {
	if n.Kind != yaml.SequenceNode {
		return false
	}
	return j.saved[n] != nil || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool {
		return c.Kind == yaml.ScalarNode && j.saved[c] != nil || j.touchedList(c)
	})
}

// asBefore is a mapping as it was.
func (j *journal) asBefore(n *yaml.Node) *yaml.Node {
	c := comparer{before: j.saved}
	was := *c.old(n)
	was.Content = slices.Clone(was.Content)
	for i, child := range was.Content {
		if child.Kind == yaml.ScalarNode || j.touchedList(child) || !slices.Contains(n.Content, child) {
			was.Content[i] = j.deepBefore(child)
		}
	}
	return &was
}

func (j *journal) deepBefore(n *yaml.Node) *yaml.Node {
	was := *comparer{before: j.saved}.old(n)
	was.Content = slices.Clone(was.Content)
	for i, child := range was.Content {
		was.Content[i] = j.deepBefore(child)
	}
	return &was
}

// path is a target that selects the match, also in the description as it was before the patch.
func (j *journal) path(m *match) string {
	if m.holder == nil {
		return "$"
	}
	holder := j.path(m.holder)
	if m.holder.node.Kind == yaml.MappingNode {
		return holder + pathStep(m.key)
	}
	items := m.holder.node.Content
	if name := j.nameOf(m.node); name != "" {
		same := func(n *yaml.Node) bool { return n != m.node && j.nameOf(n) == name }
		if !slices.ContainsFunc(items, same) {
			return holder + "[?@.name == " + quotedName(name) + "]"
		}
	}
	return fmt.Sprintf("%s[%d]", holder, slices.Index(items, m.node))
}

// nameOf is the name of a list's item, as parameters have one; "" when the patch changed it.
func (j *journal) nameOf(n *yaml.Node) string {
	c := comparer{before: j.saved}
	name, was := mapGet(n, "name"), mapGet(c.old(n), "name")
	if name == nil || was == nil || text(name) != text(c.old(was)) {
		return ""
	}
	return text(name)
}

// changes are the members that differ: first what was there before, in its order, then what is new.
func (p place) changes() []change { return memberChanges(p.before, p.after) }

func memberChanges(before, after *yaml.Node) []change {
	var list []change
	for key, was := range mapPairs(before) {
		if now := mapGet(after, key); now == nil || !(comparer{}).same("", key, was, now) {
			list = append(list, change{key, was, now})
		}
	}
	for key, now := range mapPairs(after) {
		if mapGet(before, key) == nil {
			list = append(list, change{key, nil, now})
		}
	}
	return list
}
