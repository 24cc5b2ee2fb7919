package generator

// The observation as an overlay: one patch for each mismatch, guarded by what the description says now. A maintainer
// looks at each and moves it to patches.yaml; applied as it is, it makes the same traffic clean.

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Overlay is the fragment. What no action can say stands in comments at its top.
func (o *Observation) Overlay() ([]byte, error) {
	w := &fragment{doc: o.doc, ids: map[string]bool{}, byOwner: map[string][]*finding{}}
	for _, f := range o.findings {
		w.byOwner[string(f.kind)+f.at.at] = append(w.byOwner[string(f.kind)+f.at.at], f)
	}
	for _, f := range o.findings {
		w.finding(f)
	}
	root := blockMap("overlay", stringNode("1.1.0"), "info", flow("title", stringNode("Corrections from recorded traffic"), "version", quoted("1")),
		"actions", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: w.actions})
	if len(w.actions) == 0 {
		root.Content[len(root.Content)-1].Style = yaml.FlowStyle
	}
	var b strings.Builder
	for _, line := range w.comments {
		b.WriteString(commentYAML(line))
	}
	b.WriteString(encodeYAML(root))
	return []byte(b.String()), nil
}

type fragment struct {
	doc      *Document
	ids      map[string]bool
	byOwner  map[string][]*finding // of one kind, at one schema
	actions  []*yaml.Node
	comments []string
}

// patchHead is what the actions of one patch share.
type patchHead struct {
	id, kind, says string
	f              *finding
	count          int
}

func (w *fragment) finding(f *finding) {
	if f.kind != MismatchWrongType && w.found(MismatchWrongType, f.at.at) {
		return // that patch says this too
	}
	switch f.kind {
	case MismatchNull:
		w.null(f)
	case MismatchWrongType:
		w.wrongType(f)
	case MismatchMissing:
		w.missing(f)
	case MismatchUnknownMember:
		w.member(f, "missing-property", "The API sends this member.")
	case MismatchUnknownValue:
		w.enumValue(f)
	case MismatchUnknownParameter:
		w.parameter(f)
	default:
		w.comment(f, "the description has no such operation")
	}
}

// found tells whether there is a finding of a kind at a schema.
func (w *fragment) found(kind MismatchKind, at string) bool {
	return len(w.byOwner[string(kind)+at]) > 0
}

func (w *fragment) comment(f *finding, why string) {
	m := f.mismatch(0)
	w.comments = append(w.comments, fmt.Sprintf("Not expressed: %s: %s (%s, %s): %s", m.Place, m.Detail, m.Where[0], times(m.Count), why))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

func (w *fragment) null(f *finding) {
	h := w.head(f, "nullable", "-nullable", "The API sends null here.")
	target := w.target(f.at.at)
	if ref := mapGet(f.at.node, "$ref"); ref != nil {
		change := flow("nullable", boolNode(true), "allOf", flowList(flow("$ref", stringNode(ref.Value))))
		if t := text(mapGet(follow(w.doc, f.at.node), "type")); t != "" {
			change = flow("type", stringNode(t), "nullable", boolNode(true), "allOf", flowList(flow("$ref", stringNode(ref.Value))))
		}
		w.action(&h, target+"['$ref']", nil, flow("equals", stringNode(ref.Value)))
		w.action(&h, target, change, flow("lacks", flowList(stringNode("allOf"))))
		return
	}
	expect := flow("lacks", flowList(stringNode("nullable")))
	if t := mapGet(f.at.node, "type"); t != nil {
		mapSet(expect, "has", flow("type", stringNode(t.Value)))
	}
	if mapGet(f.at.node, "nullable") != nil {
		expect = flow("has", flow("nullable", boolNode(false)))
	}
	w.action(&h, target, flow("nullable", boolNode(true)), expect)
}

func (w *fragment) wrongType(f *finding) {
	fresh := f.learned.schema()
	more := w.found(MismatchMissing, f.at.at) || w.found(MismatchUnknownMember, f.at.at) || w.found(MismatchUnknownValue, f.at.at)
	switch {
	case !f.fits: // it never is what the description says
	case f.learned.shaped() && !more:
		fresh = flow("oneOf", flowList(cloneTree(f.at.node, func(_, _ *yaml.Node) {}), fresh))
	default: // no union holds it: anything is what is left
		fresh = flow()
	}
	if f.place.nullable || w.found(MismatchNull, f.at.at) {
		mapSet(fresh, "nullable", boolNode(true))
	}
	i := strings.LastIndex(f.at.at, "/")
	owner, key := f.at.at[:i], unescapePointer(f.at.at[i+1:])
	holder := w.doc.Resolve(owner)
	if holder == nil || holder.Kind != yaml.MappingNode {
		w.comment(f, "it is one of several branches")
		return
	}
	h := w.head(f, "type", "-type", "The API sends another type here.")
	w.action(&h, w.target(f.at.at), nil, flow("has", identity(f.at.node)))
	w.action(&h, w.target(owner), flow(key, fresh), flow("lacks", flowList(stringNode(key))))
}

// identity is what tells a schema from another at a glance.
func identity(n *yaml.Node) *yaml.Node {
	for _, key := range []string{"$ref", "type"} {
		if v := mapGet(n, key); v != nil {
			return flow(key, stringNode(v.Value))
		}
	}
	return flow()
}

func (w *fragment) missing(f *finding) {
	h := w.head(f, "required", "-optional", "The API leaves this member out at times.")
	for _, at := range f.demands {
		list := mapGet(w.doc.Resolve(at), "required")
		if list != nil && len(list.Content) == 1 {
			w.action(&h, w.target(at)+".required", nil, flow("equals", flowList(stringNode(f.name))))
			continue
		}
		w.action(&h, w.target(at)+".required[?@ == "+quotedName(f.name)+"]", nil, flow("equals", stringNode(f.name)))
	}
}

// member adds a property, to the members that are there or as the first ones.
func (w *fragment) member(f *finding, kind, says string) {
	if f.name == hidden {
		w.comment(f, "the name may be data; if it is, this is a map")
		return
	}
	if mapGet(f.at.node, "properties") != nil {
		h := w.head(f, kind, "", says)
		w.action(&h, w.target(f.at.at)+".properties", flow(f.name, f.learned.schema()), flow("lacks", flowList(stringNode(f.name))))
		if hasItem(mapGet(f.at.node, "required"), f.name) && f.count < f.of { // required all along, though nothing was known of it
			w.action(&h, w.target(f.at.at)+".required[?@ == "+quotedName(f.name)+"]", nil, flow("equals", stringNode(f.name)))
		}
		return
	}
	all, count, ok := w.together(f)
	if !ok {
		return
	}
	properties := flow()
	for _, g := range all {
		mapSet(properties, g.name, g.learned.schema())
	}
	h := w.head(f, kind, "-members", says)
	h.count = count
	w.action(&h, w.target(f.at.at), flow("properties", properties), flow("lacks", flowList(stringNode("properties"))))
}

func hasItem(list *yaml.Node, name string) bool {
	return list != nil && slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return n.Value == name })
}

// together are the findings of one kind at one schema which has no container for them yet: the first makes one patch for
// all, ok is false for the others.
func (w *fragment) together(f *finding) (all []*finding, count int, ok bool) {
	for _, g := range w.byOwner[string(f.kind)+f.at.at] {
		if g.name != hidden {
			all = append(all, g)
		}
	}
	return all, countOf(all), all[0] == f
}

func countOf(list []*finding) (n int) {
	for _, f := range list {
		n += f.count
	}
	return n
}

func (w *fragment) enumValue(f *finding) {
	enum := mapGet(f.at.node, "enum")
	values := flowList()
	for _, v := range f.values() {
		values.Content = append(values.Content, stringNode(v))
	}
	h := w.head(f, "enum", "-values", "The API sends these values too.")
	expect := flow("lacks", values)
	if len(enum.Content) > 0 {
		expect = flow("contains", flowList(enum.Content[0]), "lacks", values)
	}
	w.action(&h, w.target(f.at.at)+".enum", values, expect)
}

func (w *fragment) parameter(f *finding) {
	const says = "Clients send this, and the server takes it."
	owner, isBody := strings.CutSuffix(f.at.at, "/requestBody")
	switch {
	case f.name == hidden:
		w.comment(f, "the name may be data")
		return
	case !isBody && !f.inQuery():
		w.member(f, "missing-parameter", says)
		return
	}
	if list := w.doc.Resolve(f.at.at); list != nil && f.inQuery() {
		h := w.head(f, "missing-parameter", "", says)
		item := flowList(queryParameter(f))
		w.action(&h, w.target(f.at.at), item, flow("lacks", item))
		return
	}
	all, count, ok := w.together(f)
	if !ok {
		return
	}
	h := w.head(f, "missing-parameter", "-members", says)
	h.count = count
	properties, parameters := flow(), flowList()
	for _, g := range all {
		mapSet(properties, g.name, g.learned.schema())
		parameters.Content = append(parameters.Content, queryParameter(g))
	}
	if !isBody {
		w.action(&h, w.target(strings.TrimSuffix(owner, "/parameters")), flow("parameters", parameters), flow("lacks", flowList(stringNode("parameters"))))
		return
	}
	form := flow("application/x-www-form-urlencoded", flow("schema", flow("type", stringNode("object"), "properties", properties)))
	body := site{node: w.doc.Resolve(f.at.at), at: f.at.at}
	if body.node == nil {
		w.action(&h, w.target(owner), flow("requestBody", flow("content", form)), flow("lacks", flowList(stringNode("requestBody"))))
		return
	}
	body = (&schemaView{doc: w.doc}).follow(body)
	w.action(&h, w.target(body.at)+".content", form, flow("lacks", flowList(stringNode("application/x-www-form-urlencoded"))))
}

func queryParameter(f *finding) *yaml.Node {
	return flow("name", stringNode(f.name), "in", stringNode("query"), "schema", f.learned.schema())
}

var camelCase = regexp.MustCompile(`([a-z0-9])([A-Z])`)
var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// head gives a patch its id, from where it stands.
func (w *fragment) head(f *finding, kind, suffix, says string) patchHead {
	slug := strings.ToLower(camelCase.ReplaceAllString(f.mismatch(0).Place, "$1-$2"))
	id := "observed-" + strings.Trim(notWord.ReplaceAllString(slug, "-"), "-") + suffix
	for n, base := 2, id; w.ids[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	w.ids[id] = true
	return patchHead{id: id, kind: kind, says: says, f: f, count: f.count}
}

// action adds one. Only the first of a patch says why.
func (w *fragment) action(h *patchHead, target string, update, expect *yaml.Node) {
	n := blockMap("target", stringNode(target))
	meta := blockMap("id", stringNode(h.id))
	if h.says != "" {
		mapSet(n, "description", stringNode(h.says))
	}
	if update == nil {
		mapSet(n, "remove", boolNode(true))
	} else {
		mapSet(n, "update", update)
	}
	if h.says != "" {
		mapSet(meta, "kind", stringNode(h.kind))
	}
	if len(expect.Content) > 0 {
		mapSet(meta, "expect", expect)
	}
	if h.says != "" {
		confidence := "high"
		if l := h.f.learned; len(l.kinds) == 0 && l.seen > 0 && h.f.kind != MismatchNull {
			confidence = "medium" // its type is not known
		}
		mapSet(meta, "confidence", stringNode(confidence))
		evidence := flowList()
		for _, where := range h.f.where {
			evidence.Content = append(evidence.Content, stringNode("har: "+where))
		}
		evidence.Content = append(evidence.Content, stringNode("seen "+times(h.count)))
		evidence.Style = 0
		mapSet(meta, "evidence", evidence)
		h.says = ""
	}
	mapSet(n, "x-fapigen-patch", meta)
	w.actions = append(w.actions, n)
}

// target is the path of a pointer.
func (w *fragment) target(pointer string) string {
	var b strings.Builder
	b.WriteByte('$')
	n := w.doc.Root
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "#/"), "/") {
		name := unescapePointer(token)
		if n != nil && n.Kind == yaml.SequenceNode {
			b.WriteString("[" + name + "]")
		} else {
			b.WriteString(pathStep(name))
		}
		if n != nil {
			n = child(n, name)
		}
	}
	return b.String()
}

func quoted(s string) *yaml.Node {
	n := stringNode(s)
	n.Style = yaml.SingleQuotedStyle
	return n
}

// blockMap and flow make mappings of keys and values.
func blockMap(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for pair := range slices.Chunk(pairs, 2) {
		mapSet(n, pair[0].(string), pair[1].(*yaml.Node))
	}
	return n
}

func flow(pairs ...any) *yaml.Node {
	n := blockMap(pairs...)
	n.Style = yaml.FlowStyle
	return n
}

func flowList(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Content: items}
}
