package generator

// What the stages that read the document itself, without kin-openapi's view of it, ask of operations and their parts.

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// endpoint is one operation of a document.
type endpoint struct {
	verb, path string
	item, op   *yaml.Node
}

func (e endpoint) String() string { return strings.ToUpper(e.verb) + " " + e.path }

func (e endpoint) id() string { return text(mapGet(e.op, "operationId")) }

// key is the identity of an operation: what its path parameters are called does not matter.
func (e endpoint) key() string { return e.verb + " " + barePath(e.path) }

// barePath is a path without the names of its parameters, which mean nothing and changed between revisions.
func barePath(path string) string { return placeholder.ReplaceAllString(path, "{}") }

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// endpoints are the operations of a document, in its order.
func endpoints(d *Document) []endpoint {
	var list []endpoint
	for path, item := range pathItems(d) {
		for verb, op := range mapPairs(item) {
			if slices.Contains(verbs, verb) {
				list = append(list, endpoint{verb, path, item, op})
			}
		}
	}
	return list
}

// pathItems yields the paths of a document and their items; extensions beside them are none.
func pathItems(d *Document) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		for path, item := range mapPairs(mapGet(d.Root, "paths")) {
			if !strings.HasPrefix(path, "x-") && !yield(path, item) {
				return
			}
		}
	}
}

// parametersOf are the parameters of path item and operation together, by place and name, as written. The order is that of
// the path item first; a parameter of the operation stands where the one that it replaces stood.
func parametersOf(d *Document, e endpoint) (byKey map[string]*yaml.Node, order []string) {
	byKey = map[string]*yaml.Node{}
	for _, list := range []*yaml.Node{mapGet(e.item, "parameters"), mapGet(e.op, "parameters")} {
		for _, p := range itemsOf(list) {
			key := parameterKey(d, p)
			order = appendNew(order, key)
			byKey[key] = p // the operation's own comes last and wins
		}
	}
	return byKey, order
}

// parameterKey is what a parameter is known by: its place and its name. Those of headers are in lower case, as case says
// nothing there.
func parameterKey(d *Document, p *yaml.Node) string {
	node := follow(d, p)
	in, name := text(mapGet(node, "in")), text(mapGet(node, "name"))
	if in == "header" {
		name = strings.ToLower(name)
	}
	return in + " " + name
}

// leaveOut notes an operation that nothing is made of, and that a warning tells of.
func (d *Document) leaveOut(e endpoint) {
	if d.leftOut == nil {
		d.leftOut = map[string]bool{}
	}
	d.leftOut[e.String()] = true
}

// itemsOf are the items of a list; none when there is no list.
func itemsOf(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// follow leads from references to what they stand for, nil when that is nowhere.
func follow(d *Document, n *yaml.Node) *yaml.Node {
	for range maxComposition {
		ref := text(mapGet(n, "$ref"))
		if ref == "" {
			return n
		}
		n = d.Resolve(ref)
	}
	return nil
}
