package generator

// Targets of overlay actions: the subset of RFC 9535 that can be maintained. Names, indexes and one-member filters;
// wildcards are read too, and the overlay parser asks for an explicit count beside them.

import (
	"fmt"
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
	name  string     // of stepName; the member of stepFilter, "" for the item itself
	index int        // of stepIndex
	want  *yaml.Node // of stepFilter
	text  string     // as written
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
		if s.name != "" {
			n = mapGet(n, s.name)
		}
		return n != nil && sameNode("", n, s.want)
	}
	return false
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

// parseTarget reads a path.
func parseTarget(s string) (target, error) {
	t := target{text: s}
	if !strings.HasPrefix(s, "$") {
		return t, fmt.Errorf("target %q: does not start with $", s)
	}
	for rest := s[1:]; rest != ""; {
		st, after, err := parseStep(rest)
		if err != nil {
			return t, fmt.Errorf("target %q: %w", s, err)
		}
		st.text = rest[:len(rest)-len(after)]
		t.steps = append(t.steps, st)
		rest = after
	}
	return t, nil
}

func parseStep(s string) (st step, rest string, err error) {
	if rest, ok := strings.CutPrefix(s, ".."); ok {
		if !strings.HasPrefix(rest, "[") {
			rest = "." + rest
		}
		st, rest, err = parseStep(rest)
		st.deep = true
		return st, rest, err
	}
	if strings.HasPrefix(s, "[") {
		return parseBracket(s[1:])
	}
	rest, ok := strings.CutPrefix(s, ".")
	if !ok {
		return st, "", fmt.Errorf("unexpected %q", s)
	}
	if rest, ok := strings.CutPrefix(rest, "*"); ok {
		return step{kind: stepAll}, rest, nil
	}
	name := rest
	if end := strings.IndexAny(rest, ".["); end >= 0 {
		name = rest[:end]
	}
	if !isShorthand(name) {
		return st, "", fmt.Errorf("the name %q takes brackets and quotes: ['%s']", name, name)
	}
	return step{name: name}, rest[len(name):], nil
}

// isShorthand tells whether RFC 9535 allows the name behind a dot.
func isShorthand(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// parseBracket reads what follows an opening bracket.
func parseBracket(s string) (st step, rest string, err error) {
	s = strings.TrimLeft(s, " ")
	switch {
	case s == "":
		return st, "", fmt.Errorf("a bracket is not closed")
	case s[0] == '\'' || s[0] == '"':
		st.name, rest, err = parseQuoted(s)
	case s[0] == '*':
		st.kind, rest = stepAll, s[1:]
	case s[0] == '?':
		st, rest, err = parseFilter(s[1:])
	default:
		digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
		st.kind, rest = stepIndex, s[len(digits):]
		if st.index, err = strconv.Atoi(digits); err != nil {
			err = fmt.Errorf("[%s is no name in quotes, index from 0, * or filter", s)
		}
	}
	if err != nil {
		return st, "", err
	}
	after, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "]")
	if !ok {
		return st, "", fmt.Errorf("unexpected %q where a bracket closes; slices and unions are not read", rest)
	}
	return st, after, nil
}

// parseFilter reads `@ == 'v'` or `@.name == 'v'`, in parentheses or not.
func parseFilter(s string) (st step, rest string, err error) {
	st.kind = stepFilter
	s = strings.TrimLeft(s, " ")
	s, open := strings.CutPrefix(s, "(")
	at, ok := strings.CutPrefix(strings.TrimLeft(s, " "), "@")
	if !ok {
		return st, "", fmt.Errorf("a filter reads [?@ == 'v'] or [?@.name == 'v']")
	}
	left, right, ok := strings.Cut(at, "==")
	if !ok {
		return st, "", fmt.Errorf("a filter compares with ==")
	}
	if left = strings.TrimRight(left, " "); left != "" {
		member, after, err := parseStep(left)
		if err != nil || after != "" || member.kind != stepName || member.deep {
			return st, "", fmt.Errorf("a filter compares @ or one member of it: @.name")
		}
		st.name = member.name
	}
	if st.want, rest, err = parseLiteral(strings.TrimLeft(right, " ")); err != nil {
		return st, "", err
	}
	if open {
		if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " "), ")"); !ok {
			return st, "", fmt.Errorf("a parenthesis is not closed")
		}
	}
	return st, rest, nil
}

func parseLiteral(s string) (*yaml.Node, string, error) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		value, rest, err := parseQuoted(s)
		return stringNode(value), rest, err
	}
	end := strings.IndexAny(s, " )]")
	if end < 0 {
		end = len(s)
	}
	d, err := ParseDocument("", []byte(`{"v": `+s[:end]+`}`))
	if err != nil || text(mapGet(d.Root, "v")) != "" || mapGet(d.Root, "v").Kind != yaml.ScalarNode {
		return nil, "", fmt.Errorf("%q is no string in quotes, number, boolean or null", s[:end])
	}
	return mapGet(d.Root, "v"), s[end:], nil
}

// parseQuoted reads a string in either quote; a backslash escapes the quote and itself.
func parseQuoted(s string) (value, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), s[i+1:], nil
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+1 < len(s) && (s[i+1] == s[0] || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			return "", "", fmt.Errorf("a backslash escapes only the quote and itself")
		}
	}
	return "", "", fmt.Errorf("a quote is not closed")
}
