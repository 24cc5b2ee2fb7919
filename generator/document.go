package generator

// The document tree: a description or an overlay as yaml nodes, in the order its author wrote it. Every later stage
// up to the loader works on this tree; a node that an overlay put in still answers with the overlay's file and line.

import (
	"fmt"
	"iter"
	"strings"

	"gopkg.in/yaml.v3"
)

// Document is one parsed file. Its nodes are plain: no aliases, no merge keys, no comments, and only the tags of JSON.
type Document struct {
	Name string
	Root *yaml.Node // the top mapping

	foreign map[*yaml.Node]string   // nodes that came from another file, by that file's name
	items   map[string]*writtenItem // path items that were references, by path
	notes   []string                // what reading the file has to tell
	leftOut map[string]bool         // operations that a warning says are left out: "GET /v1/things"
}

// Where tells file and line of a node.
func (d *Document) Where(n *yaml.Node) string {
	if n == nil {
		return d.Name
	}
	name, ok := d.foreign[n]
	if !ok {
		name = d.Name
	}
	if n.Line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, n.Line)
}

// Clone is a deep copy that answers Where as the original does.
func (d *Document) Clone() *Document {
	c := &Document{Name: d.Name, items: d.items, foreign: make(map[*yaml.Node]string, len(d.foreign))}
	c.Root = cloneTree(d.Root, func(old, fresh *yaml.Node) {
		if name, ok := d.foreign[old]; ok {
			c.foreign[fresh] = name
		}
	})
	return c
}

// adopt copies a tree of another file into d: the copies belong to d, their lines to that file.
func (d *Document) adopt(n *yaml.Node, file string) *yaml.Node {
	if d.foreign == nil {
		d.foreign = map[*yaml.Node]string{}
	}
	return cloneTree(n, func(_, fresh *yaml.Node) { d.foreign[fresh] = file })
}

func cloneTree(n *yaml.Node, each func(old, fresh *yaml.Node)) *yaml.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = cloneTree(child, each)
	}
	each(n, &c)
	return &c
}

// Resolve finds the node of a JSON pointer, with or without a leading "#"; nil when there is none.
func (d *Document) Resolve(pointer string) *yaml.Node {
	pointer = strings.TrimPrefix(pointer, "#")
	n := d.Root
	if pointer == "" {
		return n
	}
	if !strings.HasPrefix(pointer, "/") {
		return nil
	}
	for _, token := range strings.Split(pointer[1:], "/") {
		if n = child(n, unescapePointer(token)); n == nil {
			return nil
		}
	}
	return n
}

// child is the member of a mapping or the item of a sequence that a pointer token names.
func child(n *yaml.Node, token string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		return mapGet(n, token)
	}
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			if fmt.Sprint(i) == token {
				return item
			}
		}
	}
	return nil
}

// mapGet is the value of a key; nil when n is no mapping or has no such key.
func mapGet(n *yaml.Node, key string) *yaml.Node {
	if i := mapIndex(n, key); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}

// mapIndex is where a key stands in the mapping's content, or -1.
func mapIndex(n *yaml.Node, key string) int {
	if n == nil || n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// mapSet replaces the value of a key, or adds the key at the end.
func mapSet(n *yaml.Node, key string, v *yaml.Node) {
	if i := mapIndex(n, key); i >= 0 {
		n.Content[i+1] = v
		return
	}
	if n != nil && n.Kind == yaml.MappingNode {
		k := stringNode(key)
		k.Line = v.Line
		n.Content = append(n.Content, k, v)
	}
}

// mapDelete removes a key and tells whether it was there.
func mapDelete(n *yaml.Node, key string) bool {
	i := mapIndex(n, key)
	if i < 0 {
		return false
	}
	n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
	return true
}

// mapPairs yields keys and values in document order; nothing when n is no mapping.
func mapPairs(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		content := n.Content // the loop body may change n
		for i := 0; i+1 < len(content); i += 2 {
			if !yield(content[i].Value, content[i+1]) {
				return
			}
		}
	}
}

// mapKeys are the keys in document order.
func mapKeys(n *yaml.Node) []string {
	var keys []string
	for key := range mapPairs(n) {
		keys = append(keys, key)
	}
	return keys
}

// text is the value of a string scalar, "" for anything else.
func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return ""
	}
	return n.Value
}

func stringNode(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
}
