package generator

// References that the later stages need not think of: fragments are written plain, without the percent-encoding that
// URIs have, and path items written elsewhere stand in their places.

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// plainRefs writes every reference below a node without percent-encoding: `#/paths/~1v1~1%7Bid%7D` is
// `#/paths/~1v1~1{id}`. One that leads somewhere as it is written stays.
func plainRefs(d *Document, n *yaml.Node) {
	if ref := mapGet(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
		ref.Value = plainRef(d, ref.Value)
	}
	for _, target := range mapPairs(mapGet(mapGet(n, "discriminator"), "mapping")) {
		if target.Kind == yaml.ScalarNode {
			target.Value = plainRef(d, target.Value)
		}
	}
	for _, c := range n.Content {
		plainRefs(d, c)
	}
}

func plainRef(d *Document, ref string) string {
	if !strings.HasPrefix(ref, "#/") || !strings.Contains(ref, "%") {
		return ref
	}
	plain, err := url.PathUnescape(ref)
	if err != nil || d.Resolve(plain) == nil && d.Resolve(ref) != nil {
		return ref
	}
	return plain
}

// inlinePathItems puts path items that are references in their places, so that whoever walks the paths meets every
// operation. What stands beside the reference is kept and wins. A reference that leads nowhere stays: the lint of the
// load reports it. The warnings name members that stand on both sides, of which OpenAPI does not say which one holds.
func inlinePathItems(d *Document) (warnings []string) {
	paths := mapGet(d.Root, "paths")
	whole := map[string]*yaml.Node{} // all are read before the first is changed: one may refer to another
	for path, item := range mapPairs(paths) {
		if mapGet(item, "$ref") != nil {
			if in := wholeItem(d, path, item, &warnings); in != nil {
				whole[path] = in
			}
		}
	}
	for path, item := range mapPairs(paths) {
		if in := whole[path]; in != nil {
			if d.items == nil {
				d.items = map[string]*writtenItem{}
			}
			d.items[path] = &writtenItem{pointers: d.memberPointers(path, item)}
			mapSet(paths, path, in)
		}
	}
	return warnings
}

// writtenItem is where the members of an inlined path item are written.
type writtenItem struct{ pointers map[string]string }

// memberPointers are the pointers of the members of a path item, by member, along its references.
func (d *Document) memberPointers(path string, item *yaml.Node) map[string]string {
	pointers := map[string]string{}
	at := "#/paths/" + escapePointer(path)
	for range maxComposition {
		for key := range mapPairs(item) {
			if _, closer := pointers[key]; !closer {
				pointers[key] = at + "/" + key
			}
		}
		ref := text(mapGet(item, "$ref"))
		if ref == "" {
			break
		}
		item, at = d.Resolve(ref), ref
	}
	return pointers
}

// memberPointer is where a member of a path item is written: at the path, or where the path item refers to.
func (d *Document) memberPointer(path, key string) string {
	if item := d.items[path]; item != nil && item.pointers[key] != "" {
		return item.pointers[key]
	}
	return "#/paths/" + escapePointer(path) + "/" + key
}

// withoutPathItems is the document without the section that holds path items since OpenAPI 3.1: they stand in their places,
// and the loader does not know it.
func withoutPathItems(d *Document) *Document {
	components := mapGet(d.Root, "components")
	if mapGet(components, "pathItems") == nil {
		return d
	}
	bare := d.Clone()
	mapDelete(mapGet(bare.Root, "components"), "pathItems")
	return bare
}

// wholeItem is a path item with those it refers to, nil when a reference leads nowhere or in a circle.
func wholeItem(d *Document, path string, item *yaml.Node, warnings *[]string) *yaml.Node {
	chain := []*yaml.Node{item}
	for n := item; mapGet(n, "$ref") != nil; {
		n = d.Resolve(mapGet(n, "$ref").Value)
		if n == nil || n.Kind != yaml.MappingNode || slices.Contains(chain, n) {
			return nil
		}
		chain = append(chain, n)
	}
	whole := d.copyOf(chain[len(chain)-1])
	for _, closer := range slices.Backward(chain[:len(chain)-1]) {
		for key, value := range mapPairs(closer) {
			there := mapGet(whole, key)
			switch {
			case key == "$ref":
				continue
			case there != nil && key == "parameters":
				value = overriding(d, there, value)
			case there != nil && !position("pathItem").isProse(key) && !sameNode(position("pathItem").at(key), there, value):
				*warnings = append(*warnings, fmt.Sprintf("%s: path %s: %s stands beside $ref and in what it refers to; the one beside it is taken", d.Where(value), path, key))
			}
			mapSet(whole, key, d.copyOf(value))
		}
	}
	return whole
}

// overriding are the parameters of a list and those of a closer one, which replace others of the same name and place.
func overriding(d *Document, list, closer *yaml.Node) *yaml.Node {
	out := *closer
	out.Content = slices.DeleteFunc(slices.Clone(itemsOf(list)), func(p *yaml.Node) bool {
		return slices.ContainsFunc(itemsOf(closer), func(q *yaml.Node) bool { return parameterKey(d, p) == parameterKey(d, q) })
	})
	out.Content = append(out.Content, itemsOf(closer)...)
	return &out
}

// copyOf is a deep copy in the same document, so that what changes the copy leaves the definition alone.
func (d *Document) copyOf(n *yaml.Node) *yaml.Node {
	return cloneTree(n, func(old, fresh *yaml.Node) {
		if name, ok := d.foreign[old]; ok {
			d.foreign[fresh] = name
		}
	})
}

// declaredOperations are the operations that a description has, by verb and path, with the place of each: what the closing
// count of a generation is held against. It follows references by itself.
func declaredOperations(d *Document) map[string]string {
	declared := map[string]string{}
	for path, item := range pathItems(d) {
		for depth := 0; item != nil && depth < maxComposition; depth++ {
			for _, verb := range verbs {
				name := strings.ToUpper(verb) + " " + path
				if op := mapGet(item, verb); isMapping(op) && declared[name] == "" {
					declared[name] = d.Where(op)
				}
			}
			ref := mapGet(item, "$ref")
			if ref == nil {
				break
			}
			item = d.Resolve(ref.Value)
		}
	}
	return declared
}
