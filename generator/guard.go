package generator

// Guards: what a patch expects to find before it acts. A guard that fails means upstream moved, and a human should look.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// guard is an action's `expect`. Prose is ignored in all of it.
type guard struct {
	equals   *yaml.Node // the whole value
	has      *yaml.Node // a subset of it: members of mappings at any depth
	contains []*yaml.Node
	lacks    []*yaml.Node // items of a list, or keys of a mapping
	matches  count
}

// count is how many nodes a target selects.
type count struct {
	n       int
	atLeast bool
}

func (c count) ok(n int) bool { return n == c.n || c.atLeast && n > c.n }

func (c count) String() string {
	sign, s := "", "es"
	if c.atLeast {
		sign = "at least "
	}
	if c.n == 1 {
		s = ""
	}
	return fmt.Sprintf("%s%d match%s", sign, c.n, s)
}

var guardKeys = []string{"equals", "has", "contains", "lacks", "matches"}

func parseGuard(o *Document, n *yaml.Node) (guard, error) {
	g := guard{matches: count{n: 1}}
	if n == nil {
		return g, nil
	}
	if n.Kind != yaml.MappingNode {
		return g, fmt.Errorf("%s: expect: %s where a mapping belongs", o.Where(n), describe(n))
	}
	for key, value := range mapPairs(n) {
		var err error
		switch key {
		case "equals":
			g.equals = value
		case "has":
			g.has = value
		case "contains":
			g.contains = listed(value)
		case "lacks":
			g.lacks = listed(value)
		case "matches":
			g.matches, err = parseCount(value)
		default:
			err = fmt.Errorf("unknown key %q%s", key, DidYouMean(key, guardKeys))
		}
		if err != nil {
			return g, fmt.Errorf("%s: expect: %w", o.Where(value), err)
		}
	}
	return g, nil
}

// listed lets one item stand for a list of one.
func listed(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func parseCount(n *yaml.Node) (c count, err error) {
	digits, atLeast := strings.CutPrefix(strings.ReplaceAll(n.Value, " ", ""), ">=")
	c.atLeast = atLeast
	c.n, err = strconv.Atoi(digits)
	if err != nil || c.n < 0 || n.Kind != yaml.ScalarNode {
		return c, fmt.Errorf("matches is a number or '>=' and a number, not %s", compactJSON(n))
	}
	return c, nil
}

// check tells what a node lacks: what was expected and what is there; ok when nothing.
func (g guard) check(m match) (expected, found string, ok bool) {
	if g.equals != nil && !(comparer{}).same(m.pos, m.key, m.node, g.equals) {
		return "equals " + compactJSON(g.equals), compactJSON(m.node), false
	}
	if g.has != nil && !subset(m.pos, m.key, m.node, g.has) {
		return "has " + compactJSON(g.has), compactJSON(m.node), false
	}
	for _, item := range g.contains {
		if !member(m, item) {
			return "contains " + compactJSON(item), compactJSON(m.node), false
		}
	}
	for _, item := range g.lacks {
		if member(m, item) {
			return "lacks " + compactJSON(item), compactJSON(m.node), false
		}
	}
	return "", "", true
}

// subset tells whether n has everything of want; lists and scalars are compared whole.
func subset(p position, key string, n, want *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || want.Kind != yaml.MappingNode {
		return comparer{}.same(p, key, n, want)
	}
	for key, value := range mapPairs(want) {
		mine := mapGet(n, key)
		if mine == nil && saysNothing(p, want, key, value) {
			continue
		}
		if !p.isProse(key) && (mine == nil || !subset(p.at(key), key, mine, value)) {
			return false
		}
	}
	return true
}

// member tells whether a list has the item, or a mapping the key.
func member(m match, item *yaml.Node) bool {
	if m.node.Kind == yaml.MappingNode {
		if item.Kind != yaml.ScalarNode {
			return false
		}
		there := mapGet(m.node, item.Value)
		return there != nil && !saysNothing(m.pos, m.node, item.Value, there)
	}
	return m.node.Kind == yaml.SequenceNode && slices.ContainsFunc(m.node.Content, func(n *yaml.Node) bool {
		return sameNode(m.pos.at("*"), n, item)
	})
}
