package generator

// Build, services: paths become operations, operations hang in the service tree. The names come from the path-tree rule
// (naming.go) unless an overlay says otherwise.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// hiddenQuery are query parameters that the runtime sends by itself.
var hiddenQuery = []string{"_clerk_session_id"}

// buildServices turns every operation of the description into a method of a service.
func (b *builder) buildServices() {
	parents := b.parents()
	for path, item := range mapPairs(mapGet(b.doc.Root, "paths")) {
		for verb, node := range mapPairs(item) {
			if !slices.Contains(verbs, verb) {
				continue
			}
			op := b.spec.Paths.Value(path).GetOperation(strings.ToUpper(verb))
			b.operation(path, verb, op, item, node, parents)
		}
	}
	b.api.walk(func(s *Service) {
		for _, o := range s.Operations {
			if b.lenient && slices.ContainsFunc(s.Children, func(c *Service) bool { return c.Field == o.Name }) {
				b.warnings = append(b.warnings, fmt.Sprintf("%s: %s.%s is also a service, so %s is called %s", o.Where, s.Path, o.Name, o.ID, exported(o.ID)))
				o.Name = exported(o.ID)
			}
		}
		slices.SortFunc(s.Children, func(x, y *Service) int { return cmp.Compare(x.Field, y.Field) })
	})
	slices.SortFunc(b.api.Services, func(x, y *Service) int { return cmp.Compare(x.Field, y.Field) })
	b.describeServices()
}

// parents are the paths that have others below them.
func (b *builder) parents() map[string]bool {
	parents := map[string]bool{}
	for path := range mapPairs(mapGet(b.doc.Root, "paths")) {
		for i := range path {
			if i > 0 && path[i] == '/' {
				parents[path[:i]] = true
			}
		}
	}
	return parents
}

func (b *builder) operation(path, verb string, op *openapi3.Operation, item, node *yaml.Node, parents map[string]bool) {
	at := "#/paths/" + escapePointer(path) + "/" + verb
	h := b.hintsAt(node)
	o := &Operation{ID: op.OperationID, Verb: strings.ToUpper(verb), Path: path, Where: b.doc.Where(node)}
	o.Doc = ownDoc(h.Doc)
	o.Doc.Upstream, o.Doc.Deprecated = prose(op.Summary, op.Description), op.Deprecated
	if len(op.Tags) > 0 {
		o.Tag = op.Tags[0]
	}
	for _, name := range placeholders(path) {
		o.Args = append(o.Args, Arg{Wire: name, Name: cmp.Or(b.argumentHint(item, node, name), unexported(name))})
	}
	// The result is looked at before the names: a list is named List, and an inline result is named after its method.
	o.Result = b.result(op, node, at, "?")
	list := o.Verb == "GET" && (o.Result.Kind == ResultList || o.Result.Kind == ResultPage)
	name := pathTree(o.Verb, path, func(p string) bool { return parents[p] }, list)
	o.Service, o.Name = cmp.Or(h.Service, name.service), cmp.Or(h.Method, name.method)
	b.redundant(node, h, name)
	s := b.service(o.Service)
	if i := slices.IndexFunc(s.Operations, func(x *Operation) bool { return x.Name == o.Name }); i >= 0 && b.lenient {
		b.warn(node, "%s.%s: also the Go name of %s, so %s is called %s", s.Path, o.Name, s.Operations[i].ID, o.ID, exported(o.ID))
		o.Name = exported(o.ID)
	}
	s.Operations = append(s.Operations, o)
	b.resolveInline(s, o)
	b.broken = false
	b.params(s, o, op, item, node, at, Body(h.Body))
	if b.broken {
		s.Operations = s.Operations[:len(s.Operations)-1]
		mapDelete(item, verb) // nobody later shall count on it
		return
	}
	if o.Result.Kind == ResultPage && o.Params != nil && pageable(o.Params) {
		o.Iterator = "ListAll" + strings.TrimPrefix(o.Name, "List")
	}
}

// argumentHint is the name that an overlay gives a path parameter, or "".
func (b *builder) argumentHint(item, op *yaml.Node, name string) string {
	for _, list := range []*yaml.Node{mapGet(op, "parameters"), mapGet(item, "parameters")} {
		if list == nil {
			continue
		}
		for _, p := range list.Content {
			p = follow(b.doc, p)
			if text(mapGet(p, "in")) == "path" && text(mapGet(p, "name")) == name {
				return b.hintsAt(p).Name
			}
		}
	}
	return ""
}

// redundant reports a name that the rule gives anyway.
func (b *builder) redundant(node *yaml.Node, h hints, rule callName) {
	if h.Service != "" && h.Service == rule.service {
		b.unused(node, "x-fapigen: service %s: the rule gives it anyway", h.Service)
	}
	if h.Method != "" && h.Method == rule.method {
		b.unused(node, "x-fapigen: method %s: the rule gives it anyway", h.Method)
	}
}

// prose is the description's own text on an operation: the summary only says the operation's name again where there is
// more.
func prose(summary, description string) string {
	return cmp.Or(strings.TrimSpace(description), strings.TrimSpace(summary))
}

// resolveInline names the types of an inline result, which were built under a placeholder, after the method.
func (b *builder) resolveInline(s *Service, o *Operation) {
	var inline []string
	for name := range b.types {
		if strings.HasPrefix(name, "?") {
			inline = append(inline, name)
		}
	}
	slices.Sort(inline)
	for _, name := range inline {
		t := b.types[name]
		delete(b.types, name)
		t.Name = s.Singular + o.Name + "Result" + name[1:]
		if of, ok := strings.CutPrefix(t.Of, "?"); ok {
			t.Of = s.Singular + o.Name + "Result" + of
		}
		for other := b.types[t.Name]; other != nil && b.lenient; other = b.types[t.Name] {
			b.warnings = append(b.warnings, fmt.Sprintf("%s: type %s: also the name of %s; the result of %s is called %s2", t.Where, t.Name, other.From[0], o.ID, t.Name))
			t.Name += "2"
		}
		if other := b.types[t.Name]; other != nil {
			b.problems = append(b.problems, problem(t.Where, "type %s: also the name of %s", t.Name, other.From[0]))
		}
		b.types[t.Name] = t
	}
}

func pageable(params *Type) bool {
	count := 0
	for _, f := range params.Fields {
		if (f.Wire == "limit" || f.Wire == "offset") && f.In == InQuery && f.Type.String() == "*int64" {
			count++
		}
	}
	return count == 2
}

// service finds or makes the service of a dotted path, parents first.
func (b *builder) service(path string) *Service {
	list := &b.api.Services
	var s *Service
	stem, done := "", ""
	for _, field := range strings.Split(path, ".") {
		name := stem + field + "Service"
		stem += singular(field)
		done = strings.TrimPrefix(done+"."+field, ".")
		i := slices.IndexFunc(*list, func(x *Service) bool { return x.Field == field })
		if i < 0 {
			*list = append(*list, &Service{Path: done, Field: field, Name: name, Singular: stem})
			i = len(*list) - 1
		}
		s = (*list)[i]
		list = &s.Children
	}
	return s
}

// describeServices takes the services' sentences and names from x-fapigen-services.
func (b *builder) describeServices() {
	byPath := map[string]*Service{}
	b.api.walk(func(s *Service) { byPath[s.Path] = s })
	for path, node := range mapPairs(mapGet(b.doc.Root, "x-fapigen-services")) {
		s := byPath[path]
		if s == nil {
			b.unused(node, "x-fapigen-services: no service %s%s", path, DidYouMean(path, sortedKeys(byPath)))
			continue
		}
		h := b.hintsAt(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "x-fapigen"}, node}})
		s.Doc.Sentence = h.Doc
		s.Name = cmp.Or(h.Name, s.Name)
	}
}

// params collects the query and body fields of an operation into one struct.
func (b *builder) params(s *Service, o *Operation, op *openapi3.Operation, item, node *yaml.Node, at string, body Body) {
	t := &Type{Name: s.Singular + o.Name + "Params", Kind: KindParams, Of: s.Name + "." + o.Name, From: []string{at}, Where: o.Where}
	for _, list := range []*yaml.Node{mapGet(item, "parameters"), mapGet(node, "parameters")} {
		if list == nil {
			continue
		}
		for _, p := range list.Content {
			b.queryField(t, o, op, p, at+"/parameters/")
		}
	}
	o.Query = len(t.Fields) > 0
	if op.RequestBody != nil {
		b.bodyFields(t, o, op.RequestBody, mapGet(node, "requestBody"), at+"/requestBody", body)
	}
	if len(t.Fields) > 0 {
		o.Params = t
	}
}

func (b *builder) queryField(t *Type, o *Operation, op *openapi3.Operation, site *yaml.Node, at string) {
	node := follow(b.doc, site)
	name := text(mapGet(node, "name"))
	if text(mapGet(node, "in")) != "query" || slices.Contains(hiddenQuery, name) {
		return
	}
	p := b.parameter(o, op, name)
	if p == nil || p.Schema == nil {
		b.warn(node, "%s: query parameter %s has no schema; it is left out", o.ID, name)
		return
	}
	s := b.schema(p.Schema, mapGet(node, "schema"), at+escapePointer(name))
	f := b.field(t.Name, &property{wire: name, variants: []schemaAt{s}, required: p.Required}, InQuery)
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

// joint is how the elements of a list parameter are joined; "" is OpenAPI's default, a key for each.
func (b *builder) joint(p *openapi3.Parameter, node *yaml.Node) string {
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

func (b *builder) parameter(o *Operation, op *openapi3.Operation, name string) *openapi3.Parameter {
	if p := op.Parameters.GetByInAndName("query", name); p != nil {
		return p
	}
	return b.spec.Paths.Value(o.Path).Parameters.GetByInAndName("query", name)
}

// bodyMedia are the body types that can be sent, best first.
var bodyMedia = []struct {
	media string
	body  Body
}{
	{"application/x-www-form-urlencoded", BodyForm},
	{"multipart/form-data", BodyMultipart},
	{"application/json", BodyJSON},
	{"application/octet-stream", BodyOctets},
}

func (b *builder) bodyFields(t *Type, o *Operation, ref *openapi3.RequestBodyRef, node *yaml.Node, at string, wanted Body) {
	for r := mapGet(node, "$ref"); r != nil; r = mapGet(node, "$ref") {
		node, at = b.doc.Resolve(r.Value), r.Value
	}
	content := mapGet(node, "content")
	for _, m := range bodyMedia {
		media := ref.Value.Content[m.media]
		if media == nil || wanted != BodyNone && wanted != m.body {
			continue
		}
		at += "/content/" + escapePointer(m.media) + "/schema"
		if m.body == BodyOctets {
			o.Body = BodyOctets
			t.Fields = append(t.Fields, &Field{Name: "Body", Wire: "-", In: InForm, Type: builtin("*Upload"), At: at,
				Doc: Doc{Sentence: "the bytes to send"}})
			return
		}
		if media.Schema == nil {
			return
		}
		b.bodyStruct(t, o, b.schema(media.Schema, mapGet(mapGet(content, m.media), "schema"), at), m.body)
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
		b.components[s.name] = Ref{} // it lives on as the params struct
		t.From = append(t.From, s.at)
	}
	for _, p := range props {
		if slices.ContainsFunc(t.Fields, func(f *Field) bool { return f.Wire == p.wire }) {
			b.cannot(s.node, "%s: %s is both a query parameter and a body field", o.ID, p.wire)
			continue
		}
		t.Fields = append(t.Fields, b.field(t.Name, p, in))
	}
}
