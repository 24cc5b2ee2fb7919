package generator

// The difference of two trees as lines of YAML, marked like a unified diff. It follows the structure, so the order of
// keys does not count, and what lies far from a change is left out.

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// diffContext is how many unchanged members are shown on either side of a change.
const diffContext = 2

// diffMember is one member of a mapping, or one item of a list, on its way into a diff.
type diffMember struct {
	before, after *yaml.Node // wrapped in a mapping or list of one; nil: not there
	inner         []string   // the difference, when it lies deeper inside
	plain         string     // the line that stands for it when it is unchanged
}

func (m diffMember) changed() bool { return m.plain == "" }

// mappingDiff is the difference of two mappings.
func mappingDiff(before, after *yaml.Node, indent string) []string {
	var list []diffMember
	differs := memberChanges(before, after)
	for key, was := range mapPairs(before) {
		now := mapGet(after, key)
		if !slices.ContainsFunc(differs, func(c change) bool { return c.key == key }) {
			list = append(list, diffMember{plain: shortMember(key, was)})
			continue
		}
		m := diffMember{before: pairNode(key, was), after: pairNode(key, now)}
		if head := indent + keyText(key) + ":"; now != nil && now.Kind == was.Kind && len(was.Content)*len(now.Content) > 0 {
			deeper := indent + "  "
			if was.Kind == yaml.MappingNode {
				m.inner = append([]string{" " + head}, mappingDiff(was, now, deeper)...)
			} else {
				m.inner = append([]string{" " + head}, listDiff(was, now, deeper)...)
			}
		}
		list = append(list, m)
	}
	for _, c := range differs {
		if c.before == nil {
			list = append(list, diffMember{after: pairNode(c.key, c.after)})
		}
	}
	return diffLines(list, indent)
}

// listDiff is the difference of two lists: what is between their common beginning and their common end.
func listDiff(before, after *yaml.Node, indent string) []string {
	was, now := before.Content, after.Content
	head, tail := 0, 0
	for head < min(len(was), len(now)) && sameNode("", was[head], now[head]) {
		head++
	}
	for tail < min(len(was), len(now))-head && sameNode("", was[len(was)-1-tail], now[len(now)-1-tail]) {
		tail++
	}
	var list []diffMember
	for _, n := range was[:head] {
		list = append(list, diffMember{plain: shortItem(n)})
	}
	for _, n := range was[head : len(was)-tail] {
		list = append(list, diffMember{before: itemNode(n)})
	}
	for _, n := range now[head : len(now)-tail] {
		list = append(list, diffMember{after: itemNode(n)})
	}
	for _, n := range was[len(was)-tail:] {
		list = append(list, diffMember{plain: shortItem(n)})
	}
	return diffLines(list, indent)
}

// diffLines renders the members that changed with some of their neighbours.
func diffLines(list []diffMember, indent string) []string {
	near := func(i int) bool {
		from, to := max(i-diffContext, 0), min(i+diffContext+1, len(list))
		return slices.ContainsFunc(list[from:to], diffMember.changed)
	}
	var lines []string
	for i, m := range list {
		switch {
		case m.inner != nil:
			lines = append(lines, m.inner...)
		case m.changed():
			lines = append(lines, markedYAML("-", indent, m.before)...)
			lines = append(lines, markedYAML("+", indent, m.after)...)
		case near(i):
			lines = append(lines, " "+indent+m.plain)
		case i == 0 || near(i-1):
			lines = append(lines, " "+indent+"...")
		}
	}
	return lines
}

func pairNode(key string, value *yaml.Node) *yaml.Node {
	if value == nil {
		return nil
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{stringNode(key), value}}
}

func itemNode(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{n}}
}

// shortMember stands for a member that did not change: whole when it is a scalar.
func shortMember(key string, value *yaml.Node) string {
	if value.Kind == yaml.ScalarNode {
		return strings.TrimSuffix(blockYAML(pairNode(key, value)), "\n")
	}
	return keyText(key) + ": ..."
}

func shortItem(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return strings.TrimSuffix(blockYAML(itemNode(n)), "\n")
	}
	if key := "name"; text(mapGet(n, key)) != "" { // of a parameter
		return "- " + shortMember(key, mapGet(n, key)) + " ..."
	}
	return "- ..."
}

// keyText is a key as YAML writes it.
func keyText(key string) string {
	return strings.TrimSuffix(blockYAML(stringNode(key)), "\n")
}

func markedYAML(mark, indent string, n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(blockYAML(n), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(mark+indent+line, " ")
	}
	return lines
}

// blockYAML writes a tree in block style, whatever style its author used.
func blockYAML(n *yaml.Node) string {
	plain := cloneTree(n, func(_, fresh *yaml.Node) { fresh.Style = 0 })
	return encodeYAML(plain)
}
