package generator

// Words of enums that were not quoted: in `enum: [1, 1.0, true]` of a string they are the texts that were written.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// isStringSchema reports whether a mapping says that it is a string, perhaps one of OpenAPI 3.1 that may be null.
func isStringSchema(n *yaml.Node) bool {
	kind := mapGet(n, "type")
	if kind == nil || kind.Kind == yaml.ScalarNode {
		return kind != nil && kind.Value == "string"
	}
	named := slices.DeleteFunc(slices.Clone(itemsOf(kind)), func(item *yaml.Node) bool { return item.Value == "null" })
	return len(named) == 1 && named[0].Value == "string"
}

// quoteWords makes texts of the values of a string's enum and gives those that were none, as they are written. A null is
// no word: it stays, and is given only where the string may not be null.
func quoteWords(schema *yaml.Node) (words []string) {
	if !isStringSchema(schema) {
		return nil
	}
	for _, v := range itemsOf(mapGet(schema, "enum")) {
		if v.Kind != yaml.ScalarNode {
			continue
		}
		switch tag := v.ShortTag(); tag {
		case "!!int", "!!float", "!!bool", "!!timestamp":
			words = append(words, v.Value)
			v.Tag, v.Style = "!!str", yaml.DoubleQuotedStyle
		}
	}
	return words
}

func unquoted(words []string) string {
	return fmt.Sprintf("enum of a string: %s not quoted; read as text", strings.Join(words, ", "))
}

// settleWords does the same for what overlays put together, and tells of nulls among the words of a string that may not be
// null.
func settleWords(d *Document) (warnings []string) {
	var visit func(p position, n *yaml.Node)
	visit = func(p position, n *yaml.Node) {
		if list := mapGet(n, "enum"); p == "schema" && list != nil {
			if words := quoteWords(n); len(words) > 0 {
				warnings = append(warnings, d.Where(list)+": "+unquoted(words))
			}
			null := slices.IndexFunc(itemsOf(list), func(v *yaml.Node) bool { return v.Tag == "!!null" })
			if kind := mapGet(n, "type"); null >= 0 && isStringSchema(n) && kind.Kind == yaml.ScalarNode && !isTrue(mapGet(n, "nullable")) {
				warnings = append(warnings, d.Where(list)+": enum of a string: null, but the string is not nullable; no constant comes of it")
			}
		}
		for key, value := range mapPairs(n) {
			if at := p.at(key); at != "" {
				visit(at, value)
			}
		}
		if at := p.at("*"); n.Kind == yaml.SequenceNode && at != "" {
			for _, item := range n.Content {
				visit(at, item)
			}
		}
	}
	visit("document", d.Root)
	return warnings
}
