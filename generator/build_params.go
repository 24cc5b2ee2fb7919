package generator

// Build, params: what a call sends beside its path arguments, in one struct: query parameters, headers that it cannot do
// without, and the members of its body.

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// hiddenQuery are query parameters that the runtime sends by itself.
var hiddenQuery = []string{"_clerk_session_id"}

// params collects the query, header and body fields of an operation into one struct.
func (b *builder) params(s *Service, o *Operation, op *openapi3.Operation, e endpoint, at string, body Body) {
	t := &Type{Name: s.Singular + o.Name + "Params", Kind: KindParams, Of: s.Name + "." + o.Name, From: []string{at}, Where: o.Where}
	parameters, order := parametersOf(b.doc, e)
	for _, key := range order {
		b.inputField(t, o, op, parameters[key], at+"/parameters/")
	}
	o.Query = slices.ContainsFunc(t.Fields, func(f *Field) bool { return f.In == InQuery })
	if op.RequestBody != nil {
		b.bodyFields(t, o, op.RequestBody, mapGet(e.op, "requestBody"), at+"/requestBody", body)
	}
	if len(t.Fields) > 0 {
		o.Params = t
	}
}

// inputField is the field of a parameter that travels in the query, or in a header that the call cannot do without.
func (b *builder) inputField(t *Type, o *Operation, op *openapi3.Operation, site *yaml.Node, at string) {
	node := follow(b.doc, site)
	name, in := text(mapGet(node, "name")), Location(text(mapGet(node, "in")))
	if !b.travels(o, node, name, in) {
		return
	}
	p := b.parameter(o, op, string(in), name)
	if p == nil || p.Schema == nil {
		b.warn(node, "%s: %s parameter %s has no schema; it is left out", o.ID, in, name)
		return
	}
	pointer := at + escapePointer(name)
	if in == InHeader {
		pointer = at + "header/" + escapePointer(name) // the query may have one of this name too
	}
	s := b.schema(p.Schema, mapGet(node, "schema"), pointer)
	f := b.field(t.Name, pointer, &property{wire: name, variants: []schemaAt{s}, required: p.Required}, in)
	h := b.hintsAt(node)
	if h.Doc != "" {
		f.Doc = ownDoc(h.Doc)
	}
	f.Doc.Upstream = cmp.Or(strings.TrimSpace(p.Description), f.Doc.Upstream)
	f.Name = cmp.Or(h.Name, f.Name)
	if join := b.joint(p, node); f.Type.Kind == RefSlice {
		f.Join = join
	}
	t.Fields = append(t.Fields, f)
}

// travels reports whether a parameter is a field of the params. What is left out for other reasons than that the runtime
// sends it, or that OpenAPI ignores it, is told.
func (b *builder) travels(o *Operation, node *yaml.Node, name string, in Location) bool {
	switch {
	case in == InQuery:
		return !slices.Contains(hiddenQuery, name)
	case in == "cookie":
		b.warn(node, "%s: cookie parameter %s is no field; WithHeader sends a Cookie header", o.ID, name)
	case in != InHeader || ignoredHeader(name):
	case isTrue(mapGet(node, "required")):
		return true
	case b.lenient:
		b.optionalHeaders = append(b.optionalHeaders, optionalHeader{name, node})
	}
	return false
}

// ignoredHeader reports whether OpenAPI says that a parameter of this name is ignored: other members of the description
// are about these headers.
func ignoredHeader(name string) bool {
	return slices.Contains([]string{"accept", "content-type", "authorization"}, strings.ToLower(name))
}

// optionalHeader is a header parameter that a call can do without.
type optionalHeader struct {
	name string
	node *yaml.Node
}

// tellHeaders tells of the header parameters that are no fields, each name once.
func (b *builder) tellHeaders() {
	count := map[string]int{}
	for _, h := range b.optionalHeaders {
		count[h.name]++
	}
	for _, h := range b.optionalHeaders {
		if n := count[h.name]; n > 0 {
			b.warn(h.node, "header parameter %s is optional and no field; WithHeader sends it (%s)", h.name, counted(n, "operation"))
			count[h.name] = 0
		}
	}
}

// joint is how the elements of a list parameter are joined; "" is OpenAPI's default, a key for each.
func (b *builder) joint(p *openapi3.Parameter, node *yaml.Node) string {
	if p.In == string(InHeader) {
		return "comma" // the only style that headers have
	}
	form := p.Style == "" || p.Style == "form"
	explode := form
	if p.Explode != nil {
		explode = *p.Explode
	}
	switch {
	case !form && p.Style != "spaceDelimited" && p.Style != "pipeDelimited":
		b.cannot(node, "query parameter %s: style %s is not known; form, spaceDelimited and pipeDelimited are", p.Name, p.Style)
		return ""
	case explode:
		return ""
	case form:
		return "comma"
	}
	return strings.TrimSuffix(p.Style, "Delimited")
}

func (b *builder) parameter(o *Operation, op *openapi3.Operation, in, name string) *openapi3.Parameter {
	if p := op.Parameters.GetByInAndName(in, name); p != nil {
		return p
	}
	return b.spec.Paths.Value(o.Path).Parameters.GetByInAndName(in, name)
}

// bodyMedia are the body types that can be sent, best first.
var bodyMedia = []struct {
	media string
	body  Body
}{
	{"application/x-www-form-urlencoded", BodyForm},
	{"multipart/form-data", BodyMultipart},
	{contentJSON, BodyJSON},
	{"application/octet-stream", BodyOctets},
}

func (b *builder) bodyFields(t *Type, o *Operation, ref *openapi3.RequestBodyRef, node *yaml.Node, at string, wanted Body) {
	for r := mapGet(node, "$ref"); r != nil; r = mapGet(node, "$ref") {
		node, at = b.doc.Resolve(r.Value), r.Value
	}
	content := mapGet(node, "content")
	for _, m := range bodyMedia {
		key, entry := contentOf(content, m.media)
		media := ref.Value.Content[key]
		if media == nil || wanted != BodyNone && wanted != m.body {
			continue
		}
		at += "/content/" + escapePointer(key) + "/schema"
		if m.body == BodyOctets {
			o.Body = BodyOctets
			t.Fields = append(t.Fields, &Field{Name: "Body", Wire: "-", In: InForm, Type: builtin("*Upload"), At: at,
				Doc: Doc{Sentence: "the bytes to send"}})
			return
		}
		if media.Schema == nil {
			return
		}
		if mediaType(key) != m.media {
			b.warn(entry, "%s: the body is sent as %s, not as %s", o.ID, m.media, oneLine(errors.New(key)))
		}
		b.bodyStruct(t, o, b.schema(media.Schema, mapGet(entry, "schema"), at), m.body)
		return
	}
	var have []string
	for media := range mapPairs(content) {
		have = append(have, media)
	}
	if wanted != BodyNone {
		b.fail(node, "%s: body %s is asked for, but the description has %s", o.ID, wanted, strings.Join(have, ", "))
		return
	}
	b.cannot(node, "%s: body type %s is not known; form, multipart, JSON and octet-stream are", o.ID, strings.Join(have, ", "))
}

func (b *builder) bodyStruct(t *Type, o *Operation, s schemaAt, body Body) {
	props := b.gather(s)
	if len(props) == 0 {
		if body == BodyJSON && s.shaped() {
			b.cannot(s.node, "%s: a JSON body that is no object", o.ID)
		}
		return
	}
	o.Body = body
	in := InForm
	if body == BodyJSON {
		in = InJSON
	}
	if s.name != "" {
		b.bodies[s.name] = true
		t.From = append(t.From, s.at)
	}
	query := map[string]bool{}
	for _, f := range t.Fields {
		query[f.Wire] = query[f.Wire] || f.In == InQuery
	}
	for _, p := range props {
		if query[p.wire] {
			b.cannot(s.node, "%s: %s is both a query parameter and a body field", o.ID, p.wire)
			continue
		}
		b.parts = body == BodyMultipart
		f := b.field(t.Name, s.at, p, in)
		if b.parts {
			b.fileField(o, f, p)
		}
		b.parts = false
		t.Fields = append(t.Fields, f)
	}
}

// fileField makes a part of a multipart body that is binary an upload.
func (b *builder) fileField(o *Operation, f *Field, p *property) {
	s := p.variants[0]
	for one, ok := b.lone(s); ok; one, ok = b.lone(s) {
		s = one
	}
	items, list := s, false
	if s.is("array") {
		if items, list = b.items(s); !list {
			return
		}
	}
	switch {
	case !isBinary(items):
	case list:
		b.cannot(s.node, "%s: part %s is a list of files; one file is known", o.ID, p.wire)
	default:
		f.Type = builtin("*Upload")
	}
}

func isBinary(s schemaAt) bool { return s.is("string") && s.Format == "binary" }
