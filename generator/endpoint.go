package generator

// What the stages that read the document itself, without kin-openapi's view of it, ask of operations and their parts.

import (
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
	for path, item := range mapPairs(mapGet(d.Root, "paths")) {
		for verb, op := range mapPairs(item) {
			if slices.Contains(verbs, verb) {
				list = append(list, endpoint{verb, path, item, op})
			}
		}
	}
	return list
}

// parametersOf are the parameters of path item and operation together, by place and name, as written.
func parametersOf(d *Document, e endpoint) (byKey map[string]*yaml.Node, order []string) {
	byKey = map[string]*yaml.Node{}
	for _, list := range []*yaml.Node{mapGet(e.item, "parameters"), mapGet(e.op, "parameters")} {
		for _, p := range itemsOf(list) {
			node := follow(d, p)
			key := text(mapGet(node, "in")) + " " + text(mapGet(node, "name"))
			order = appendNew(order, key)
			byKey[key] = p // the operation's own comes last and wins
		}
	}
	return byKey, order
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
