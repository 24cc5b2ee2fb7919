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

// buildServices turns every operation of the description into a method of a service.
func (b *builder) buildServices() {
	parents := b.parents()
	for _, e := range endpoints(b.doc) {
		b.operation(e, b.spec.Paths.Value(e.path).GetOperation(strings.ToUpper(e.verb)), parents)
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
	b.tellHeaders()
}

// parents are the paths that have others below them.
func (b *builder) parents() map[string]bool {
	parents := map[string]bool{}
	for path := range pathItems(b.doc) {
		for i := range path {
			if i > 0 && path[i] == '/' {
				parents[path[:i]] = true
			}
		}
	}
	return parents
}

func (b *builder) operation(e endpoint, op *openapi3.Operation, parents map[string]bool) {
	path, verb, node := e.path, e.verb, e.op
	parameters, _ := parametersOf(b.doc, e)
	at := "#/paths/" + escapePointer(path) + "/" + verb
	h := b.hintsAt(node)
	o := &Operation{ID: op.OperationID, Verb: strings.ToUpper(verb), Path: path, Where: b.doc.Where(node)}
	o.Doc = ownDoc(h.Doc)
	o.Doc.Upstream, o.Doc.Deprecated = prose(op.Summary, op.Description), op.Deprecated
	if len(op.Tags) > 0 {
		o.Tag = op.Tags[0]
	}
	for _, name := range placeholders(path) {
		o.Args = append(o.Args, Arg{Wire: name, Name: cmp.Or(b.hintsAt(follow(b.doc, parameters["path "+name])).Name, unexported(name))})
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
	b.params(s, o, op, e, at, Body(h.Body))
	if b.broken {
		s.Operations = s.Operations[:len(s.Operations)-1]
		mapDelete(e.item, verb) // nobody later shall count on it
		b.doc.leaveOut(e)
		return
	}
	if o.Result.Kind == ResultPage && o.Params != nil && pageable(o.Params) {
		o.Iterator = "ListAll" + strings.TrimPrefix(o.Name, "List")
	}
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
