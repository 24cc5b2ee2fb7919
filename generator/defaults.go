package generator

// Members that say what holds without them: `required: false`, `nullable: false`, the default style of a parameter. They
// mean nothing, so a description that spells them out is the same as one that does not.

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// meaningless are the members of each position that mean nothing with this value: false, 0, or [] and {} for an empty list
// or mapping.
var meaningless = map[position]map[string]string{
	"document":    {"tags": "[]"},
	"components":  emptySections,
	"pathItem":    {"parameters": "[]", "servers": "[]"},
	"operation":   {"deprecated": "false", "parameters": "[]", "tags": "[]", "servers": "[]", "callbacks": "{}"},
	"parameter":   {"required": "false", "deprecated": "false", "allowEmptyValue": "false", "allowReserved": "false"},
	"requestBody": {"required": "false"},
	"response":    {"headers": "{}", "links": "{}", "content": "{}"},
	"mediaType":   {"encoding": "{}"},
	"encoding":    {"allowReserved": "false", "headers": "{}"},
	"schema": {"nullable": "false", "deprecated": "false", "readOnly": "false", "writeOnly": "false", "uniqueItems": "false",
		"exclusiveMinimum": "false", "exclusiveMaximum": "false", "minLength": "0", "minItems": "0", "minProperties": "0",
		"required": "[]", "properties": "{}"},
}

var emptySections = map[string]string{"schemas": "{}", "responses": "{}", "parameters": "{}", "requestBodies": "{}", "headers": "{}",
	"securitySchemes": "{}", "links": "{}", "callbacks": "{}", "pathItems": "{}"}

// saysNothing reports whether a member of the mapping n means the same as its absence.
func saysNothing(p position, n *yaml.Node, key string, value *yaml.Node) bool {
	if value == nil {
		return false
	}
	switch {
	case p == "parameter" && key == "style":
		return value.Value == defaultStyle(n)
	case p == "parameter" && key == "explode":
		return value.Value == "true" == (styleOf(n) == "form") && isBoolean(value)
	}
	switch meaningless[p][key] {
	case "":
		return false
	case "[]":
		return value.Kind == yaml.SequenceNode && len(value.Content) == 0
	case "{}":
		return value.Kind == yaml.MappingNode && len(value.Content) == 0
	case "0":
		return value.Kind == yaml.ScalarNode && slices.Contains([]string{"!!int", "!!float"}, value.Tag) && isZero(value.Value)
	}
	return isBoolean(value) && value.Value == "false"
}

func isBoolean(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!bool" }

func isZero(number string) bool {
	return number == "0" || number == "-0" || number == "0.0"
}

func styleOf(parameter *yaml.Node) string {
	if style := text(mapGet(parameter, "style")); style != "" {
		return style
	}
	return defaultStyle(parameter)
}

// defaultStyle is how a parameter is written unless it says otherwise; headers of responses have no `in`.
func defaultStyle(parameter *yaml.Node) string {
	switch text(mapGet(parameter, "in")) {
	case "query", "cookie":
		return "form"
	}
	return "simple"
}

// dropDefaults takes out the members that say nothing, so that no later stage meets them.
func dropDefaults(p position, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !saysNothing(p, n, n.Content[i].Value, n.Content[i+1]) {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
	}
	for key, value := range mapPairs(n) {
		if at := p.at(key); at != "" {
			dropDefaults(at, value)
		}
	}
	if at := p.at("*"); n.Kind == yaml.SequenceNode && at != "" {
		for _, item := range n.Content {
			dropDefaults(at, item)
		}
	}
}
