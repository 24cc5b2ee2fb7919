package generator

// What observe asks of schemas beside their members: the words of enums, which branch of a union a value is of, and
// whether a schema is an envelope.

import (
	"slices"
	"strings"
)

// words are the values of the enums at a place; nil when a part leaves them open.
func (p *spot) words() []string {
	var list []string
	for _, part := range p.parts {
		if t := text(mapGet(part.node, "type")); t != "" && t != "string" {
			continue
		}
		enum := mapGet(part.node, "enum")
		if enum == nil {
			return nil
		}
		for _, n := range enum.Content {
			list = appendNew(list, n.Value)
		}
		for _, n := range itemsOf(mapGet(mapGet(part.node, "x-fapigen"), "knownValues")) {
			list = appendNew(list, n.Value)
		}
	}
	return list
}

// fit scores how well a branch describes an object: its members known, its words right, nothing required missing.
func (c *schemaView) fit(leaf site, v *redacted) int {
	score := 0
	for name, node := range mapPairs(mapGet(leaf.node, "properties")) {
		have := v.member(name)
		if have == nil {
			continue
		}
		score += 2
		words := c.place(site{node: node, at: leaf.at + "/properties/" + escapePointer(name), of: leaf.at}).words()
		if words == nil || !have.isWord {
			continue
		}
		if slices.Contains(words, have.word) {
			score += 5
		} else {
			score -= 5
		}
	}
	for _, n := range itemsOf(mapGet(leaf.node, "required")) {
		if v.member(n.Value) == nil {
			score--
		}
	}
	return score
}

// best is the branch that a further member would belong to.
func (c *schemaView) best(p *spot, v *redacted) site {
	at, most := -1, 0
	for i, leaf := range p.leaves {
		if score := c.fit(leaf, v); at < 0 || score > most {
			at, most = i, score
		}
	}
	if at < 0 {
		return p.sites[0]
	}
	return p.leaves[at]
}

// envelope recognises an object of exactly response and client, as the generator does.
func (c *schemaView) envelope(s site) (response, client site, ok bool) {
	s = c.follow(s)
	if one, lone := c.lone(s); lone {
		return c.envelope(one)
	}
	members := mapGet(s.node, "properties")
	r, k := mapGet(members, "response"), mapGet(members, "client")
	if members == nil || len(members.Content) != 4 || r == nil || k == nil {
		return s, s, false
	}
	at := s.at + "/properties/"
	return site{node: r, at: at + "response", of: s.at}, site{node: k, at: at + "client", of: s.at}, true
}

// component is the name of the component that a schema leads to, "" when it is written inline.
func (c *schemaView) component(s site) string {
	for range maxComposition {
		if ref := text(mapGet(s.node, "$ref")); ref != "" {
			name, _ := strings.CutPrefix(ref, schemaPrefix)
			return unescapePointer(name)
		}
		one, ok := c.lone(s)
		if !ok {
			return ""
		}
		s = one
	}
	return ""
}
