package generator

// Second half of parsing: any yaml tree becomes a plain one. Aliases are expanded under a limit, scalars get JSON's
// spelling, keys become strings, and what has no plain form is refused with its line.

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

type treeReader struct {
	name    string
	open    map[*yaml.Node]bool // anchored nodes being read: an alias to one of them is a circle
	copying bool                // below an alias: the anchor's nodes stay, copies are made
	copied  int
	notes   []string // what is told about the file
}

func (r *treeReader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, n.Line, fmt.Sprintf(format, args...))
}

func (r *treeReader) read(n *yaml.Node, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, r.errorf(n, "nested deeper than %d levels", maxDepth)
	}
	if n.Kind == yaml.AliasNode {
		return r.alias(n, depth)
	}
	if n.Anchor != "" {
		r.open[n] = true
		defer delete(r.open, n)
	}
	out := n
	if r.copying {
		if r.copied++; r.copied > maxAliased {
			return nil, r.errorf(n, "aliases expand to more than %d nodes", maxAliased)
		}
		fresh := *n
		fresh.Content = append([]*yaml.Node(nil), n.Content...)
		fresh.Anchor = ""
		out = &fresh
	}
	out.HeadComment, out.LineComment, out.FootComment = "", "", ""
	if n.Kind == yaml.ScalarNode {
		return out, r.scalar(out)
	}
	if tag := n.ShortTag(); tag != "!!map" && tag != "!!seq" {
		return nil, r.errorf(n, "tag %s: not known", tag)
	}
	if words := quoteWords(out); len(words) > 0 { // before scalars get another spelling
		r.notes = append(r.notes, fmt.Sprintf("%s:%d: %s", r.name, mapGet(out, "enum").Line, unquoted(words)))
	}
	for i, c := range out.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if err := r.plainKey(c); err != nil {
				return nil, err
			}
		}
		plain, err := r.read(c, depth+1)
		if err != nil {
			return nil, err
		}
		out.Content[i] = plain
	}
	return out, r.unique(out)
}

func (r *treeReader) alias(n *yaml.Node, depth int) (*yaml.Node, error) {
	if r.open[n.Alias] {
		return nil, r.errorf(n, "alias *%s: stands inside its own anchor", n.Value)
	}
	was := r.copying
	r.copying = true
	defer func() { r.copying = was }()
	return r.read(n.Alias, depth)
}

// plainKey turns any scalar key into a string, written as it was: `200:` is the key "200".
func (r *treeReader) plainKey(k *yaml.Node) error {
	switch {
	case k.Kind != yaml.ScalarNode:
		return r.errorf(k, "a key that is %s", describe(k))
	case k.ShortTag() == "!!merge":
		return r.errorf(k, "merge key <<: not read; write the members out")
	case k.ShortTag() == "!!null":
		return r.errorf(k, "a key that is null")
	}
	k.Tag = "!!str"
	return nil
}

// unique refuses the second of two equal keys: readers differ in which one they take.
func (r *treeReader) unique(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	lines := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if first, ok := lines[k.Value]; ok {
			return r.errorf(k, "key %q: given before at line %d", k.Value, first)
		}
		lines[k.Value] = k.Line
	}
	return nil
}

func (r *treeReader) scalar(n *yaml.Node) error {
	tag := n.ShortTag()
	switch tag {
	case "!!str":
	case "!!timestamp": // an unquoted date; JSON has none
		tag = "!!str"
	case "!!null":
		n.Value = "null"
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return r.errorf(n, "%q: no boolean", n.Value)
		}
		n.Value = strconv.FormatBool(b)
	case "!!int", "!!float":
		if err := r.number(n); err != nil {
			return err
		}
	default:
		return r.errorf(n, "tag %s: not known", tag)
	}
	n.Tag = tag
	return nil
}

// number keeps JSON's spelling and rewrites YAML's others: 0x1f, 1_000, .5, +1.
func (r *treeReader) number(n *yaml.Node) error {
	if c := n.Value; c != "" && (c[0] == '-' || c[0] >= '0' && c[0] <= '9') && json.Valid([]byte(c)) {
		return nil
	}
	var i int64
	if n.Decode(&i) == nil && n.ShortTag() == "!!int" {
		n.Value = strconv.FormatInt(i, 10)
		return nil
	}
	var f float64
	if err := n.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return r.errorf(n, "%s: no number of JSON", strings.TrimSpace(n.Value))
	}
	n.Value = strconv.FormatFloat(f, 'g', -1, 64)
	return nil
}

// describe names a node's kind in a sentence.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return map[string]string{"!!str": "a string", "!!int": "a number", "!!float": "a number", "!!bool": "a boolean", "!!null": "null"}[n.Tag]
}
