package generator

// Changes of the kinds that upstream and its bundler make from revision to revision, or might, for robust_test.go.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// mutator changes a description at random.
type mutator struct {
	*rand.Rand
	d *Document
}

// runtimeModels are the schemas of which the runtime reads members.
var runtimeModels = []string{"Client", "Session", "SessionBase", "User", "OrganizationMembership", "Organization", "Token", "Environment"}

func (m *mutator) section(kind string) *yaml.Node { return m.d.Resolve("/components/" + kind) }

// some picks n keys of a mapping.
func (m *mutator) some(n *yaml.Node, count int) []string {
	keys := mapKeys(n)
	m.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys[:min(count, len(keys))]
}

// nodes are all nodes of a position.
func (m *mutator) nodes(want position) []*yaml.Node {
	var found []*yaml.Node
	var visit func(p position, n *yaml.Node)
	visit = func(p position, n *yaml.Node) {
		if p == want && n.Kind == yaml.MappingNode && mapGet(n, "$ref") == nil {
			found = append(found, n)
		}
		for key, value := range mapPairs(n) {
			if at := p.at(key); at != "" {
				visit(at, value)
			}
		}
		if n.Kind == yaml.SequenceNode && p.at("*") != "" {
			for _, item := range n.Content {
				visit(p.at("*"), item)
			}
		}
	}
	visit("document", m.d.Root)
	return found
}

func (m *mutator) pick(p position) *yaml.Node {
	list := m.nodes(p)
	return list[m.IntN(len(list))]
}

func value(text string) *yaml.Node {
	d, err := ParseDocument("value", []byte(`{"v":`+text+`}`))
	if err != nil {
		panic(err)
	}
	return mapGet(d.Root, "v")
}

// rename gives a component another name, as a bundler does: everywhere.
func (m *mutator) rename(kind, from, to string) {
	section := m.section(kind)
	if i := mapIndex(section, from); i >= 0 && mapGet(section, to) == nil {
		section.Content[i].Value = to
		rewriteRefs(m.d.Root, map[string]string{reference(kind, from): reference(kind, to)})
	}
}

// inline takes a schema out and leaves any object where it was used.
func (m *mutator) inline(name string) {
	mapDelete(m.section("schemas"), name)
	ref := reference("schemas", name)
	walkTree(m.d.Root, "", func(_ string, n *yaml.Node) {
		if text(mapGet(n, "$ref")) == ref {
			n.Content = value(`{"type": "object"}`).Content
		}
	})
}

// writeOut puts a schema's content wherever it is referred to, unless it contains itself.
func (m *mutator) writeOut(name string) {
	ref, schema := reference("schemas", name), mapGet(m.section("schemas"), name)
	inside := false
	walkTree(schema, "", func(_ string, n *yaml.Node) { inside = inside || text(mapGet(n, "$ref")) == ref })
	if inside || mapGet(schema, "$ref") != nil {
		return
	}
	mapDelete(m.section("schemas"), name)
	walkTree(m.d.Root, "", func(_ string, n *yaml.Node) {
		if text(mapGet(n, "$ref")) == ref {
			n.Content = cloneTree(schema, func(_, _ *yaml.Node) {}).Content
		}
	})
}

// refsTo are the places that refer to a component.
func (m *mutator) refsTo(ref string) []*yaml.Node {
	var found []*yaml.Node
	walkTree(m.d.Root, "", func(_ string, n *yaml.Node) {
		if r := mapGet(n, "$ref"); r != nil && r.Value == ref {
			found = append(found, r)
		}
	})
	return found
}

// copies makes copies of components, each a little different, and lets some places refer to them.
func (m *mutator) copies(kind string, mark func(string, int) string) {
	section := m.section(kind)
	for _, name := range m.some(section, 8) {
		for i := range 1 + m.IntN(3) {
			to := mark(name, i+2)
			if mapGet(section, to) != nil {
				continue
			}
			fresh := cloneTree(mapGet(section, name), func(_, _ *yaml.Node) {})
			if properties := mapGet(fresh, "properties"); properties != nil && m.IntN(2) == 0 {
				mapSet(properties, fmt.Sprint("only_in_copy_", i), value(`{"type": "string"}`))
			}
			mapSet(section, to, fresh)
			for _, r := range m.refsTo(reference(kind, name)) {
				if m.IntN(3) == 0 {
					r.Value = reference(kind, to)
				}
			}
		}
	}
}

var mutations = map[string]func(*mutator){
	"the bundler numbers copies": func(m *mutator) {
		m.copies("schemas", func(name string, i int) string { return fmt.Sprint(name, "-", i) })
		m.copies("responses", func(name string, i int) string { return fmt.Sprint(name, "-", i) })
	},
	"the bundler puts prefixes before copies": func(m *mutator) {
		m.copies("schemas", func(name string, i int) string { return strings.Repeat("schemas-", i-1) + name })
		m.copies("responses", func(name string, i int) string { return strings.Repeat("responses-", i-1) + name })
	},
	"the bundler marks every name": func(m *mutator) {
		for _, kind := range []string{"schemas", "responses"} {
			for _, name := range mapKeys(m.section(kind)) {
				m.rename(kind, name, []string{kind + "-" + name, name + "-2", name + "-3"}[m.IntN(3)])
			}
		}
	},
	"the order is another": func(m *mutator) {
		section := m.section("schemas")
		for i := 2; i+1 < len(section.Content); i += 2 {
			j := 2 * m.IntN(i/2+1)
			section.Content[i], section.Content[j] = section.Content[j], section.Content[i]
			section.Content[i+1], section.Content[j+1] = section.Content[j+1], section.Content[i+1]
		}
	},
	"operations are not there yet": func(m *mutator) {
		paths := mapGet(m.d.Root, "paths")
		for _, path := range m.some(paths, 40) {
			switch item := mapGet(paths, path); m.IntN(3) {
			case 0:
				mapDelete(paths, path)
			case 1:
				item.Content = nil // published, but empty
			default:
				for _, verb := range m.some(item, 1) {
					mapDelete(item, verb)
				}
			}
		}
	},
	"schemas are not there yet": func(m *mutator) {
		for _, name := range m.some(m.section("schemas"), 40) {
			m.inline(name)
		}
	},
	"what the runtime reads is not there yet": func(m *mutator) {
		for _, name := range mapKeys(m.section("schemas")) {
			if !slices.Contains(runtimeModels, strings.TrimPrefix(foldedName(name), "Client.")) {
				continue
			}
			schema := mapGet(m.section("schemas"), name)
			parts := []*yaml.Node{schema}
			if all := mapGet(schema, "allOf"); all != nil {
				parts = append(parts, all.Content...)
			}
			for _, part := range parts {
				for _, member := range m.some(mapGet(part, "properties"), 12) {
					mapDelete(mapGet(part, "properties"), member)
				}
			}
		}
	},
	"what the runtime reads has no name": func(m *mutator) {
		for _, name := range mapKeys(m.section("schemas")) {
			if slices.Contains(runtimeModels, strings.TrimPrefix(foldedName(name), "Client.")) && m.IntN(2) == 0 {
				m.writeOut(name)
			}
		}
	},
	"schemas are written where they are used": func(m *mutator) {
		for _, name := range m.some(m.section("schemas"), 60) {
			m.writeOut(name)
		}
	},
	"path parameters have other names": func(m *mutator) {
		paths := mapGet(m.d.Root, "paths")
		for i := 0; i+1 < len(paths.Content); i += 2 {
			for _, name := range placeholders(paths.Content[i].Value) {
				to := []string{"id", name + "_or_slug", unexported(name), name}[m.IntN(4)]
				if slices.Contains(placeholders(paths.Content[i].Value), to) {
					continue
				}
				paths.Content[i].Value = strings.Replace(paths.Content[i].Value, "{"+name+"}", "{"+to+"}", 1)
				for _, op := range mapPairs(paths.Content[i+1]) {
					if list := mapGet(op, "parameters"); list != nil {
						for _, p := range list.Content {
							if text(mapGet(p, "name")) == name && text(mapGet(p, "in")) == "path" {
								mapSet(p, "name", stringNode(to))
							}
						}
					}
				}
			}
		}
	},
	"members are not there yet": func(m *mutator) {
		for _, n := range m.nodes("schema") {
			if m.IntN(4) > 0 {
				continue
			}
			properties := mapGet(n, "properties")
			for _, name := range m.some(properties, 2) {
				mapDelete(properties, name)
				if list := mapGet(n, "required"); list != nil && m.IntN(2) == 0 { // else it stays required, though nobody says what it is
					list.Content = slices.DeleteFunc(list.Content, func(r *yaml.Node) bool { return r.Value == name })
				}
			}
		}
	},
	"enums come, go and change": func(m *mutator) {
		for _, n := range m.nodes("schema") {
			switch list := mapGet(n, "enum"); {
			case list == nil && text(mapGet(n, "type")) == "string" && m.IntN(20) == 0:
				mapSet(n, "enum", value(`["a", "A", "-a", "", "a b", "é", "2", "a"]`))
			case list == nil:
			case m.IntN(3) == 0:
				mapDelete(n, "enum")
			case m.IntN(2) == 0:
				list.Content = append(list.Content, value(`"new_one"`), value(`"New-One"`))
			}
		}
	},
	"members change their type": func(m *mutator) {
		kinds := []string{`{"type": "string"}`, `{"type": "integer"}`, `{"type": "boolean"}`, `{"type": "array", "items": {"type": "string"}}`, `{"type": "object"}`, `{}`,
			`{"type": "object", "properties": {"id": {"type": "string"}, "Id": {"type": "string"}}}`, `{"type": "string", "format": "unheard-of", "default": 5}`,
			`{"oneOf": [{"type": "string"}, {"type": "integer"}]}`, `{"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "array", "items": {}}]}`}
		for _, n := range m.nodes("schema") {
			for _, name := range m.some(mapGet(n, "properties"), 1) {
				if m.IntN(6) == 0 {
					mapSet(mapGet(n, "properties"), name, value(kinds[m.IntN(len(kinds))]))
				}
			}
		}
	},
	"null in the words of 3.1": func(m *mutator) {
		for _, n := range m.nodes("schema") {
			if mapGet(n, "nullable") == nil || m.IntN(2) == 0 {
				continue
			}
			mapDelete(n, "nullable")
			kind := mapGet(n, "type")
			switch branches := mapGet(n, "oneOf"); {
			case branches != nil:
				branches.Content = append(branches.Content, value([]string{`{"type": "null"}`, `{"nullable": true, "enum": [null]}`}[m.IntN(2)]))
			case kind != nil:
				mapSet(n, "type", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{kind, stringNode("null")}})
			}
		}
	},
	"nullable in odd places": func(m *mutator) {
		for range 30 {
			n := m.pick("schema")
			mapSet(n, "nullable", value([]string{"true", "false", `"true"`, "null"}[m.IntN(4)]))
		}
		walkTree(m.d.Root, "", func(_ string, n *yaml.Node) {
			if mapGet(n, "$ref") != nil && m.IntN(20) == 0 {
				mapSet(n, "nullable", value("true"))
				mapSet(n, "description", stringNode("beside a reference"))
			}
		})
	},
	"keywords and members of tomorrow": func(m *mutator) {
		for _, p := range []position{"schema", "operation", "parameter", "response", "mediaType", "requestBody", "pathItem", "document", "components", "info"} {
			n := m.pick(p)
			mapSet(n, "x-clerk-internal", value(`{"a": [1]}`))
			if p != "info" {
				mapSet(n, "unheardOf", value(`{"type": "object", "$ref": "#/components"}`))
			}
		}
		for range 10 {
			mapSet(m.pick("schema"), "const", value(`"x"`))
			mapSet(m.pick("schema"), "examples", value(`["x"]`))
			mapSet(m.pick("schema"), "required", value("true"))
			mapSet(m.pick("operation"), "tags", value([]string{"null", `["Another Name"]`, `"one"`}[m.IntN(3)]))
		}
	},
	"verbs and media of tomorrow": func(m *mutator) {
		for range 5 {
			item := m.pick("pathItem")
			mapSet(item, "query", value(`{"operationId": "q", "responses": {"200": {"description": ""}}}`))
			mapSet(m.pick("pathItem"), "connect", value(`{"responses": {}}`))
			media := m.pick("requestBody")
			mapSet(media, "content", value(`{"application/cbor": {"schema": {"type": "object"}}}`))
			mapSet(mapGet(m.pick("response"), "content"), "text/event-stream", value(`{"schema": {"type": "string"}}`))
		}
	},
	"ids and parameters are missing": func(m *mutator) {
		for range 10 {
			op := m.pick("operation")
			switch m.IntN(5) {
			case 0:
				mapDelete(op, "operationId")
			case 1:
				mapSet(op, "operationId", stringNode("getEnvironment"))
			case 2:
				mapDelete(op, "parameters")
			case 3:
				mapDelete(op, "responses")
			default:
				mapSet(op, "parameters", value(`[{"name": "ctx", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "f", "in": "query"},
					{"name": "g", "in": "query", "style": "deepObject", "schema": {"type": "object"}}, {"in": "query"}]`))
			}
		}
	},
	"envelopes come and go": func(m *mutator) {
		for _, n := range m.nodes("schema") {
			properties := mapGet(n, "properties")
			if mapGet(properties, "response") == nil || mapGet(properties, "client") == nil {
				continue
			}
			switch m.IntN(8) {
			case 0:
				mapDelete(properties, "client")
			case 1:
				mapSet(properties, "client", value(`{"type": "object"}`))
			case 2:
				mapSet(properties, "more", value(`{"type": "string"}`))
			case 3:
				mapDelete(n, "required")
			}
		}
	},
	"names with spaces and other letters": func(m *mutator) {
		for i, name := range m.some(m.section("schemas"), 10) {
			m.rename("schemas", name, []string{name + " copy", "Schéma." + name, "日本" + fmt.Sprint(i), name + "/v2", "\"" + name}[i%5])
		}
	},
	"names that are taken": func(m *mutator) {
		section := m.section("schemas")
		for _, name := range []string{"Clerk", "Error", "Response", "Client.Options", "API", "Page", "client", "Client.client", "Server.SignIn", "Time", "New"} {
			mapSet(section, name, value(`{"type": "object", "properties": {"type": {"type": "string", "enum": ["new", "NEW"]}, "created_at": {"type": "integer"}, "createdAt": {"type": "string"}}}`))
		}
		paths := mapGet(m.d.Root, "paths")
		for _, path := range []string{"/v1/client/state", "/v1/token", "/v1/{func}/{type}/len", "/v1/é/{é}", "/v1/sign_ins", "/v1/client/sign-ins"} {
			mapSet(paths, path, value(`{"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}}}}}}}}`))
		}
	},
}
