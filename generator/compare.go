package generator

// Equality of trees as a maintainer means it: the order of keys, all prose and members that say nothing are ignored, and so
// is the order of lists that are sets. It can also look at a tree as it was before a patch touched it.

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// sameNode compares two nodes of one position.
func sameNode(p position, a, b *yaml.Node) bool { return comparer{}.same(p, "", a, b) }

// comparer reads its left side through before: nodes that were changed since, as they were.
type comparer struct {
	before map[*yaml.Node]*yaml.Node
}

func (c comparer) old(n *yaml.Node) *yaml.Node {
	if was, ok := c.before[n]; ok {
		return was
	}
	return n
}

// same compares two nodes that stand under key.
func (c comparer) same(p position, key string, a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a == b {
		return true // also with before: a node that changed in itself is compared on its own
	}
	a = c.old(a)
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case yaml.MappingNode:
		return c.sameMapping(p, a, b)
	case yaml.SequenceNode:
		return c.sameList(p, isSet(key), a, b)
	}
	return a.Tag == b.Tag && a.Value == b.Value
}

func (c comparer) sameMapping(p position, a, b *yaml.Node) bool {
	count := 0
	for key, left := range mapPairs(a) {
		if p.isProse(key) || saysNothing(p, a, key, c.old(left)) {
			if right := mapGet(b, key); right == nil || p.isProse(key) || saysNothing(p, b, key, right) {
				continue
			}
			return false
		}
		count++
		if right := mapGet(b, key); right == nil || !c.same(p.at(key), key, left, right) {
			return false
		}
	}
	for key, right := range mapPairs(b) {
		if !p.isProse(key) && !saysNothing(p, b, key, right) {
			count--
		}
	}
	return count == 0
}

func (c comparer) sameList(p position, set bool, a, b *yaml.Node) bool {
	if len(a.Content) != len(b.Content) {
		return false
	}
	item := p.at("*")
	for i, left := range a.Content {
		equal := func(right *yaml.Node) bool { return c.same(item, "", left, right) }
		if set && !slices.ContainsFunc(b.Content, equal) || !set && !equal(b.Content[i]) {
			return false
		}
	}
	return true
}
