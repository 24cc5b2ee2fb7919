package generator

// Tolerate: a description that is not the pinned one may hold what this fapigen, or the loader, does not know: keywords,
// verbs and types of later OpenAPI versions, or plain slips. What code can be made without is taken out, what can be told
// from the rest is put in, and each is a warning of one line. A strict run gets the errors instead.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// known are the members that each position has in OpenAPI 3.0, with the kinds of value that the loader reads: o an
// object, l a list, s a string, b a boolean, n a number, * anything.
var known = map[position]map[string]string{
	"document": {"openapi": "sn", "info": "o", "servers": "l", "paths": "o", "components": "o", "security": "l", "tags": "l", "externalDocs": "o"},
	"info":     {"title": "s", "description": "s", "termsOfService": "s", "contact": "o", "license": "o", "version": "sn"},
	"tag":      {"name": "s", "description": "s", "externalDocs": "o"},
	"server":   {"url": "s", "description": "s", "variables": "o"},
	"encoding": {"contentType": "s", "headers": "o", "style": "s", "explode": "b", "allowReserved": "b"},
	"components": {"schemas": "o", "responses": "o", "parameters": "o", "examples": "o", "requestBodies": "o", "headers": "o",
		"securitySchemes": "o", "links": "o", "callbacks": "o", "pathItems": "o"}, // the last is of 3.1; see inlinePathItems
	"pathItem": {"$ref": "s", "summary": "s", "description": "s", "servers": "l", "parameters": "l", "get": "o", "put": "o", "post": "o",
		"delete": "o", "options": "o", "head": "o", "patch": "o", "trace": "o"},
	"operation": {"tags": "l", "summary": "s", "description": "s", "externalDocs": "o", "operationId": "s", "parameters": "l",
		"requestBody": "o", "responses": "o", "callbacks": "o", "deprecated": "b", "security": "l", "servers": "l"},
	"parameter": {"name": "s", "in": "s", "description": "s", "required": "b", "deprecated": "b", "allowEmptyValue": "b", "style": "s",
		"explode": "b", "allowReserved": "b", "schema": "o", "example": "*", "examples": "o", "content": "o", "$ref": "s"},
	"requestBody": {"description": "s", "content": "o", "required": "b", "$ref": "s"},
	"mediaType":   {"schema": "o", "example": "*", "examples": "o", "encoding": "o"},
	"response":    {"description": "s", "headers": "o", "content": "o", "links": "o", "$ref": "s"},
	"schema": {"title": "s", "multipleOf": "n", "maximum": "n", "exclusiveMaximum": "b", "minimum": "n", "exclusiveMinimum": "b", "maxLength": "n",
		"minLength": "n", "pattern": "s", "maxItems": "n", "minItems": "n", "uniqueItems": "b", "maxProperties": "n", "minProperties": "n",
		"required": "l", "enum": "l", "type": "s", "allOf": "l", "oneOf": "l", "anyOf": "l", "not": "o", "items": "o", "properties": "o",
		"additionalProperties": "ob", "description": "s", "format": "s", "default": "*", "nullable": "b", "discriminator": "o", "readOnly": "b",
		"writeOnly": "b", "xml": "o", "externalDocs": "o", "example": "*", "deprecated": "b", "$ref": "s"},
}

// oddity is something that was taken out or put in, told once however often it is there.
type oddity struct {
	what  string
	node  *yaml.Node
	count int
}

type tolerator struct {
	d   *Document
	odd []*oddity
	ids map[string]bool
}

// tolerate changes the document so that the loader takes it, and tells what it did.
func tolerate(d *Document) []string {
	t := &tolerator{d: d, ids: map[string]bool{}}
	mapDelete(mapGet(d.Root, "components"), "securitySchemes") // nothing reads them, so nothing about them is wrong
	mapDelete(d.Root, "security")
	t.visit("document", d.Root)
	if info := mapGet(d.Root, "info"); info != nil && text(mapGet(info, "version")) == "" {
		mapSet(info, "version", stringNode("v1")) // as upstream has it; which dated one it is was decided before
	}
	paths := mapGet(d.Root, "paths")
	templates := map[string]string{}
	for path, item := range pathItems(d) {
		template := barePath(path)
		switch first, twice := templates[template]; {
		case item.Kind != yaml.MappingNode:
			t.note(item, fmt.Sprintf("path %s: %s where an object belongs; ignored", path, describe(item)))
			mapDelete(paths, path)
		case twice:
			t.note(item, fmt.Sprintf("path %s: the same as %s but for names; ignored", path, first))
			mapDelete(paths, path)
			for verb := range mapPairs(item) {
				d.leaveOut(endpoint{verb: verb, path: path})
			}
		default:
			templates[template] = path
		}
	}
	for _, e := range endpoints(d) {
		mapDelete(e.op, "security")
		t.operation(e)
	}
	return t.lines()
}

func (t *tolerator) lines() []string {
	var lines []string
	for _, o := range t.odd {
		line := t.d.Where(o.node) + ": " + o.what
		if o.count > 1 {
			line += fmt.Sprintf(" (%d places)", o.count)
		}
		lines = append(lines, line)
	}
	return lines
}

func (t *tolerator) note(n *yaml.Node, what string) {
	i := slices.IndexFunc(t.odd, func(o *oddity) bool { return o.what == what })
	if i >= 0 {
		t.odd[i].count++
		return
	}
	t.odd = append(t.odd, &oddity{what, n, 1})
}

func (t *tolerator) visit(p position, n *yaml.Node) {
	if n.Kind == yaml.MappingNode && known[p] != nil {
		t.members(p, n)
	}
	switch {
	case p == "schema":
		t.schema(n)
	case p == "response" && n.Kind == yaml.MappingNode && mapGet(n, "$ref") == nil && mapGet(n, "description") == nil:
		mapSet(n, "description", stringNode("")) // prose: nobody misses it
	}
	for key, value := range mapPairs(n) {
		if at := p.at(key); at != "" {
			t.visit(at, value)
		}
	}
	if at := p.at("*"); n.Kind == yaml.SequenceNode && at != "" {
		n.Content = slices.DeleteFunc(n.Content, func(item *yaml.Node) bool {
			if item.Kind == yaml.MappingNode || known[at] == nil {
				return false
			}
			t.note(item, fmt.Sprintf("%s: %s where an object belongs; ignored", at, describe(item)))
			return true
		})
		for _, item := range n.Content {
			t.visit(at, item)
		}
	}
}

// members takes out what is not known, or is not of a kind that is read.
func (t *tolerator) members(p position, n *yaml.Node) {
	for key, value := range mapPairs(n) {
		kinds, ok := known[p][key]
		switch {
		case strings.HasPrefix(key, "x-"):
		case p == "schema" && key == "type" && value.Kind == yaml.SequenceNode: // of OpenAPI 3.1; see schema
		case !ok:
			t.note(value, fmt.Sprintf("%s member %s: not known%s; ignored", p, key, DidYouMean(key, sortedKeys(known[p]))))
			mapDelete(n, key)
		case strings.Contains(kinds, "s") && (kindOf(value) == "n" || kindOf(value) == "b" || value.Tag == "!!timestamp"):
			value.Tag, value.Style = "!!str", yaml.DoubleQuotedStyle // 1.0, 2024-10-01, yes: text that was not quoted
		case kinds != "*" && !strings.Contains(kinds, kindOf(value)):
			t.note(value, fmt.Sprintf("%s member %s: %s is not of its kind; ignored", p, key, describe(value)))
			mapDelete(n, key)
		}
	}
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "o"
	case yaml.SequenceNode:
		return "l"
	}
	return cmp.Or(map[string]string{"!!str": "s", "!!bool": "b", "!!int": "n", "!!float": "n"}[n.Tag], "null")
}

var schemaTypes = []string{"string", "integer", "number", "boolean", "array", "object"}

// schema turns null among types and branches, which is OpenAPI 3.1, into nullable, and completes arrays.
func (t *tolerator) schema(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	t.typeList(n)
	if kind := mapGet(n, "type"); kind != nil && !slices.Contains(schemaTypes, kind.Value) {
		if kind.Value != "null" {
			t.note(kind, fmt.Sprintf("schema type %s: not known%s; ignored", compactJSON(kind), DidYouMean(kind.Value, schemaTypes)))
		} else {
			t.nullable(n, kind)
		}
		mapDelete(n, "type")
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		list := mapGet(n, keyword)
		if list == nil {
			continue
		}
		var null *yaml.Node
		list.Content = slices.DeleteFunc(list.Content, func(branch *yaml.Node) bool {
			if isNull(branch) {
				null = branch
			}
			return isNull(branch)
		})
		if null != nil {
			t.nullable(n, null)
		}
		if len(list.Content) == 0 {
			mapDelete(n, keyword)
		}
	}
	if text(mapGet(n, "type")) == "array" && mapGet(n, "items") == nil {
		t.note(n, "an array without items; they are any JSON")
		mapSet(n, "items", mapping())
	}
}

// typeList makes one type of a list of types and null.
func (t *tolerator) typeList(n *yaml.Node) {
	list := mapGet(n, "type")
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	named := slices.DeleteFunc(slices.Clone(list.Content), func(item *yaml.Node) bool { return item.Value == "null" })
	if len(named) < len(list.Content) {
		t.nullable(n, list)
	}
	if len(named) == 1 {
		mapSet(n, "type", named[0])
		return
	}
	if len(named) > 1 {
		t.note(list, "a list of types; it is any JSON")
	}
	mapDelete(n, "type")
}

func (t *tolerator) nullable(n, because *yaml.Node) {
	t.note(because, "null among types; read as nullable")
	mapSet(n, "nullable", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true", Line: because.Line})
}

// isNull tells a branch that says null and nothing else.
func isNull(branch *yaml.Node) bool {
	if values := mapGet(branch, "enum"); values != nil && len(values.Content) == 1 && values.Content[0].Tag == "!!null" {
		return true
	}
	kind := mapGet(branch, "type")
	return kind != nil && kind.Value == "null"
}

// operation gives an operation the id, responses and path parameters that it has to have.
func (t *tolerator) operation(e endpoint) {
	at, path, verb, op := e.String(), e.path, e.verb, e.op
	id := text(mapGet(op, "operationId"))
	if made := verb + exported(path); id == "" || t.ids[id] {
		for t.ids[made] {
			made += "Again"
		}
		if id == "" {
			t.note(op, fmt.Sprintf("%s: no operationId; %s stands for it", at, made))
		} else {
			t.note(op, fmt.Sprintf("%s: operationId %s: used before; %s stands for it", at, id, made))
		}
		id = made
		mapSet(op, "operationId", stringNode(id))
	}
	t.ids[id] = true
	if responses := mapGet(op, "responses"); responses == nil || len(responses.Content) == 0 {
		t.note(op, at+": no responses; nothing is read of its answers")
		mapSet(op, "responses", mapping("default", mapping("description", stringNode(""))))
	}
	t.parameters(at, path, e.item, op)
}

// parameters declares what the path names, and drops what it does not.
func (t *tolerator) parameters(at, path string, item, op *yaml.Node) {
	names := placeholders(path)
	declared := map[string]bool{}
	for _, holder := range []*yaml.Node{item, op} {
		list := mapGet(holder, "parameters")
		if list == nil {
			continue
		}
		list.Content = slices.DeleteFunc(list.Content, func(site *yaml.Node) bool {
			p := follow(t.d, site)
			in, name := text(mapGet(p, "in")), text(mapGet(p, "name"))
			if p == nil || in == "" || name == "" || !slices.Contains([]string{"path", "query", "header", "cookie"}, in) {
				t.note(site, fmt.Sprintf("%s: parameter %s: no place or name that is known; ignored", at, cmp.Or(name, "?")))
				return true
			}
			if in == "path" && holder == op && !slices.Contains(names, name) {
				t.note(site, fmt.Sprintf("%s: path parameter %s: not in the path; ignored", at, name))
				return true
			}
			if mapGet(p, "schema") == nil && mapGet(p, "content") == nil {
				t.note(site, fmt.Sprintf("%s: parameter %s: no schema; a string", at, name))
				mapSet(p, "schema", mapping("type", stringNode("string")))
			}
			if in == "path" {
				declared[name] = true
				mapSet(p, "required", boolNode(true))
			}
			return false
		})
	}
	for _, name := range names {
		if declared[name] {
			continue
		}
		t.note(op, fmt.Sprintf("%s: path parameter %s: not declared; a string", at, name))
		p := mapping("name", stringNode(name), "in", stringNode("path"), "required", boolNode(true),
			"schema", mapping("type", stringNode("string")))
		if list := mapGet(op, "parameters"); list != nil {
			list.Content = append(list.Content, p)
		} else {
			mapSet(op, "parameters", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{p}})
		}
	}
}
