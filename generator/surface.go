package generator

// Surface: operations.json, what the emitted module's own table test expects of every method. It is written by a walk of
// the patched document that shares nothing with the IR, so that the test does not test the generator with itself.

import (
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// expectation is one row of operations.json.
type expectation struct {
	ID          string   `json:"id"`
	Verb        string   `json:"verb"`
	Path        string   `json:"path"`
	ContentType string   `json:"content_type,omitempty"` // of the request
	Body        []string `json:"body,omitempty"`         // wire names of body members
	Lists       []string `json:"lists,omitempty"`        // those that are arrays
	Query       []string `json:"query,omitempty"`        // wire names of query parameters
	Answer      string   `json:"answer"`                 // envelope, json, text, redirect or empty
	Status      string   `json:"status"`                 // of that answer
	Shape       string   `json:"shape,omitempty"`        // object, array or page
}

// surface renders operations.json.
func surface(d *Document) ([]byte, error) {
	var rows []expectation
	for path, item := range mapPairs(mapGet(d.Root, "paths")) {
		for verb, op := range mapPairs(item) {
			if slices.Contains(verbs, verb) {
				rows = append(rows, expect(d, path, verb, item, op))
			}
		}
	}
	data, err := json.MarshalIndent(rows, "", "  ")
	return append(data, '\n'), err
}

func expect(d *Document, path, verb string, item, op *yaml.Node) expectation {
	row := expectation{ID: mapGet(op, "operationId").Value, Verb: strings.ToUpper(verb), Path: path}
	for _, list := range []*yaml.Node{mapGet(item, "parameters"), mapGet(op, "parameters")} {
		if list == nil {
			continue
		}
		for _, p := range list.Content {
			p = follow(d, p)
			if in := mapGet(p, "in"); in != nil && in.Value == "query" && mapGet(p, "name").Value != "_clerk_session_id" {
				row.Query = append(row.Query, mapGet(p, "name").Value)
			}
		}
	}
	expectBody(d, &row, op)
	expectAnswer(d, &row, mapGet(op, "responses"))
	return row
}

func expectBody(d *Document, row *expectation, op *yaml.Node) {
	content := mapGet(follow(d, mapGet(op, "requestBody")), "content")
	for _, media := range []string{"application/x-www-form-urlencoded", "multipart/form-data", "application/json", "application/octet-stream"} {
		m := mapGet(content, media)
		if m == nil {
			continue
		}
		members := map[string]*yaml.Node{}
		var order []string
		flatten(d, mapGet(m, "schema"), members, &order)
		if len(order) == 0 && media != "application/octet-stream" {
			return
		}
		row.ContentType, row.Body = media, order
		for _, name := range order {
			if t := mapGet(follow(d, members[name]), "type"); t != nil && t.Value == "array" {
				row.Lists = append(row.Lists, name)
			}
		}
		return
	}
}

// flatten collects the properties of a schema and of the schemas it is composed of.
func flatten(d *Document, s *yaml.Node, members map[string]*yaml.Node, order *[]string) {
	s = follow(d, s)
	for _, keyword := range []string{"allOf", "oneOf", "anyOf"} {
		if list := mapGet(s, keyword); list != nil {
			for _, part := range list.Content {
				flatten(d, part, members, order)
			}
		}
	}
	for name, schema := range mapPairs(mapGet(s, "properties")) {
		if members[name] == nil {
			*order = append(*order, name)
		}
		members[name] = schema
	}
}

func expectAnswer(d *Document, row *expectation, responses *yaml.Node) {
	row.Answer = "empty"
	var codes []string
	for status := range mapPairs(responses) {
		codes = append(codes, status)
	}
	slices.Sort(codes)
	for _, status := range codes {
		switch status[0] {
		case '2':
			row.Status = status
			content := mapGet(follow(d, mapGet(responses, status)), "content")
			for media, m := range mapPairs(content) {
				row.Answer = "text"
				if strings.Contains(media, "json") {
					expectJSON(d, row, mapGet(m, "schema"))
				}
				return
			}
		case '3':
			if row.Answer == "empty" {
				row.Answer, row.Status = "redirect", status
			}
		}
	}
}

func expectJSON(d *Document, row *expectation, s *yaml.Node) {
	members, order := map[string]*yaml.Node{}, []string{}
	flatten(d, s, members, &order)
	row.Answer = "json"
	if len(order) == 2 && members["response"] != nil && members["client"] != nil {
		row.Answer = "envelope"
		s = members["response"]
		members, order = map[string]*yaml.Node{}, nil
		flatten(d, s, members, &order)
	}
	row.Shape = "object"
	if t := mapGet(follow(d, s), "type"); t != nil && t.Value == "array" {
		row.Shape = "array"
	}
	if len(order) == 2 && members["data"] != nil && members["total_count"] != nil {
		row.Shape = "page"
	}
}

// follow resolves a $ref, if the node is one.
func follow(d *Document, n *yaml.Node) *yaml.Node {
	for ref := mapGet(n, "$ref"); ref != nil; ref = mapGet(n, "$ref") {
		n = d.Resolve(ref.Value)
	}
	return n
}
