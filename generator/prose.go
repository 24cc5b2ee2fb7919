package generator

// Prose is dropped by position: descriptions, summaries, titles, examples and links to reading. A property that is
// called `description` is a fact and stays, and so does everything inside enum, default and required.

import "gopkg.in/yaml.v3"

// DropProse leaves the facts. OpenAPI demands a description of every response, which becomes empty; and a title of the
// whole, which is the API's name and stays.
func DropProse(d *Document) { dropProse("document", d.Root) }

func dropProse(p position, n *yaml.Node) {
	if shapes[p].members == nil && shapes[p].prose == nil {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for key, value := range mapPairs(n) {
			switch {
			case p == "response" && key == "description" && mapGet(n, "$ref") == nil:
				value.Kind, value.Tag, value.Value, value.Style, value.Content = yaml.ScalarNode, "!!str", "", 0, nil
			case p.isProse(key):
				mapDelete(n, key)
			default:
				dropProse(p.at(key), value)
			}
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			dropProse(p.at("*"), item)
		}
	}
}
