package generator

// Shapes: what the fake API of package fapitest knows of the description. It is a walk of the document like the surface,
// boiled down to what makes a zero value, and what fills in the members that an answer lacks.

import (
	"bytes"
	"maps"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// shapeRow is one line of the table of operations: an operation, or a component that others refer to. templates/fapitest
// reads it.
type shapeRow struct {
	Component string      `json:"component,omitempty"`
	ID        string      `json:"id,omitempty"`
	Verb      string      `json:"verb,omitempty"`
	Path      string      `json:"path,omitempty"`
	Answer    string      `json:"answer,omitempty"`
	Status    int         `json:"status,omitempty"`
	Media     string      `json:"media,omitempty"`
	Shape     *valueShape `json:"shape,omitempty"`
}

// valueShape is how a JSON value looks. The zero shape says nothing.
type valueShape struct {
	Value     any                    `json:"v,omitempty"`
	Nullable  bool                   `json:"n,omitempty"`
	Members   map[string]*valueShape `json:"o,omitempty"`
	Required  []string               `json:"r,omitempty"`
	Items     *valueShape            `json:"a,omitempty"`
	Least     int                    `json:"l,omitempty"`
	Entries   *valueShape            `json:"m,omitempty"`
	Component string                 `json:"c,omitempty"`
	OneOf     []*valueShape          `json:"u,omitempty"`
	Kind      string                 `json:"k,omitempty"`
}

// operationTable renders the table: components first, then operations, one a line.
func operationTable(d *Document) ([]byte, error) {
	t := &shaper{d: d, components: map[string]*valueShape{}}
	var rows []shapeRow
	for _, e := range endpoints(d) {
		rows = append(rows, t.row(e))
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(t.components)) {
		rows = append(rows, shapeRow{Component: name, Shape: t.components[name]})
	}
	for _, row := range rows {
		line, err := plainJSON(row)
		if err != nil {
			return nil, err
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes(), nil
}

type shaper struct {
	d          *Document
	components map[string]*valueShape // nil while one is being made
}

func (t *shaper) row(of endpoint) shapeRow {
	e, _ := expect(t.d, of)
	row := shapeRow{ID: e.ID, Verb: e.Verb, Path: e.Path, Answer: e.Answer, Media: e.Media}
	row.Status, _ = strconv.Atoi(e.Status)
	if row.Answer != "envelope" && row.Answer != "json" {
		return row
	}
	content := mapGet(follow(t.d, mapGet(mapGet(of.op, "responses"), e.response)), "content")
	for _, m := range jsonContents(content) {
		if schema := mapGet(m, "schema"); schema != nil {
			row.Shape = t.of(schema)
			break
		}
	}
	return row
}

// of is the shape of a schema.
func (t *shaper) of(s *yaml.Node) *valueShape {
	if ref := mapGet(s, "$ref"); ref != nil {
		return &valueShape{Component: t.component(ref.Value)}
	}
	if s == nil {
		return &valueShape{Kind: "object"}
	}
	out := t.unwrapped(s)
	out.Nullable = out.Nullable || isTrue(mapGet(s, "nullable"))
	return out
}

// component makes the shape of a component once.
func (t *shaper) component(ref string) string {
	name := unescapePointer(strings.TrimPrefix(ref, schemaPrefix))
	if _, known := t.components[name]; !known {
		t.components[name] = nil
		t.components[name] = t.of(t.d.Resolve(ref))
	}
	return name
}

func (t *shaper) unwrapped(s *yaml.Node) *valueShape {
	if list := mapGet(s, "allOf"); list != nil && len(list.Content) == 1 && mapGet(s, "properties") == nil {
		return t.of(list.Content[0])
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		list := mapGet(s, keyword)
		if list == nil || mapGet(s, "properties") != nil {
			continue
		}
		if len(list.Content) == 1 {
			return t.of(list.Content[0])
		}
		out := &valueShape{}
		for _, branch := range list.Content {
			out.OneOf = append(out.OneOf, t.of(branch))
		}
		return out
	}
	if all, order := membersOf(t.d, s); len(order) > 0 {
		return t.object(s, all, order)
	}
	switch kind := text(mapGet(s, "type")); kind {
	case "string", "integer", "number", "boolean":
		return scalar(s, kind)
	case "array":
		return &valueShape{Items: t.of(mapGet(s, "items")), Least: int(min(atLeast(s, "minItems"), mostMade))}
	}
	if more := mapGet(s, "additionalProperties"); more != nil && more.Kind == yaml.MappingNode && len(more.Content) > 0 {
		return &valueShape{Entries: t.of(more)}
	}
	return &valueShape{Kind: "object"}
}

// object leaves out the members that are neither required nor have anything to fill in. Of alternatives that say only what is
// required, the first counts.
func (t *shaper) object(s *yaml.Node, all map[string][]*yaml.Node, order []string) *valueShape {
	out := &valueShape{Members: map[string]*valueShape{}}
	need := map[string]bool{}
	t.needs(s, need)
	for _, name := range order {
		member := t.of(all[name][0])
		for _, again := range all[name][1:] {
			member.Nullable = member.Nullable && isTrue(mapGet(again, "nullable"))
		}
		if need[name] {
			out.Required = append(out.Required, name)
		} else if !t.deep(member) {
			continue
		}
		out.Members[name] = member
	}
	for _, name := range slices.Sorted(maps.Keys(need)) {
		if all[name] == nil {
			out.Required = append(out.Required, name) // required, and not described
		}
	}
	return out
}

func (t *shaper) needs(s *yaml.Node, need map[string]bool) {
	s = follow(t.d, s)
	for _, name := range itemsOf(mapGet(s, "required")) {
		need[name.Value] = true
	}
	for _, part := range itemsOf(mapGet(s, "allOf")) {
		t.needs(part, need)
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		if list := mapGet(s, keyword); list != nil && len(list.Content) > 0 {
			t.needs(list.Content[0], need)
		}
	}
}

// deep tells whether there may be something to fill in below.
func (t *shaper) deep(s *valueShape) bool {
	return s.Component != "" || s.Members != nil || len(s.OneOf) > 0 || s.Items != nil && t.deep(s.Items) || s.Entries != nil && t.deep(s.Entries)
}

// scalar has a value that the schema allows, the plainest one.
func scalar(s *yaml.Node, kind string) *valueShape {
	if list := mapGet(s, "enum"); list != nil && len(list.Content) > 0 && kind == "string" {
		out := &valueShape{Value: list.Content[0].Value}
		if len(list.Content) == 1 {
			out.Kind = "constant"
		}
		return out
	}
	switch kind {
	case "boolean":
		return &valueShape{Value: false}
	case "integer", "number":
		return &valueShape{Value: atLeast(s, "minimum")}
	}
	if pattern := text(mapGet(s, "pattern")); pattern != "" {
		if tree, err := syntax.Parse(pattern, syntax.Perl); err == nil {
			return &valueShape{Value: plainest(tree.Simplify())}
		}
	}
	switch text(mapGet(s, "format")) {
	case "uri":
		return &valueShape{Value: "https://example.com"}
	case "email":
		return &valueShape{Value: "user@example.com"}
	case "date-time":
		return &valueShape{Value: "1970-01-01T00:00:00Z"}
	}
	return &valueShape{Value: strings.Repeat("x", int(min(atLeast(s, "minLength"), mostMade)))}
}

// mostMade bounds texts and lists that a description wants to be long.
const mostMade = 1000

// atLeast is a lower bound of a schema; 0 when it has none, or a negative one.
func atLeast(s *yaml.Node, keyword string) float64 {
	n := mapGet(s, keyword)
	if n == nil {
		return 0
	}
	least, _ := strconv.ParseFloat(n.Value, 64) // what is no number, the lint tells
	return max(least, 0)
}

// plainest is a short text that a pattern matches.
func plainest(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(re.Rune[:1])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
		return plainest(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(plainest(re.Sub[0]), re.Min)
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(plainest(sub))
		}
		return b.String()
	}
	return "" // anchors, and what may be left out
}

// OperationTable is what package fapitest, unlike the copy that is generated with a module, is told of the description: one
// JSON object a line.
func OperationTable(cfg Config) ([]byte, error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	if _, _, err := loadOpenAPI(p.doc, !cfg.Pinned && !cfg.Strict); err != nil {
		return nil, err
	}
	return operationTable(p.doc)
}
