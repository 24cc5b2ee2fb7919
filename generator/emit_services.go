package generator

// Emit, services: one file a service with the service type, then each method behind its params struct. A method is one
// call into the runtime.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

func emitServices(api *API, jobs map[string]*jen.File) {
	api.walk(func(s *Service) {
		f := file(api)
		serviceType(f, s)
		for _, o := range s.Operations {
			if o.Params != nil {
				paramsType(f, o)
			}
			operationMethod(f, s, o)
			if o.Iterator != "" {
				iteratorMethod(f, s, o)
			}
		}
		jobs[serviceFile(s, jobs)] = f
	})
	jobs["services.go"] = apiFile(api)
}

// serviceFile is a file of its own for a service.
func serviceFile(s *Service, jobs map[string]*jen.File) string {
	name := fileName(cmp.Or(strings.TrimSuffix(s.Name, "Service"), s.Name))
	for jobs[name] != nil || slices.Contains([]string{"services.go", "known_values.go", "doc.go"}, name) || strings.HasPrefix(name, "error_codes_") {
		name = strings.TrimSuffix(name, ".go") + "_api.go"
	}
	return name
}

// apiFile holds the top of the call tree and its wiring.
func apiFile(api *API) *jen.File {
	f := file(api)
	doc(f.Group, "APIVersion is the dated version of the Frontend API that this package was generated from.")
	f.Const().Id("APIVersion").Op("=").Lit(api.Version)
	f.Line()
	doc(f.Group, "API is the tree of services, one method for each operation of the Frontend API. NewAPI makes one without any "+
		"state. It is safe for concurrent use.")
	f.Type().Id("API").StructFunc(func(g *jen.Group) {
		g.Id("core").Op("*").Id("core")
		g.Line()
		for _, s := range api.Services {
			g.Id(s.Field).Op("*").Id(s.Name)
		}
	})
	f.Line()
	f.Comment("// newServices hangs every service on one core.")
	f.Func().Id("newServices").Params(jen.Id("c").Op("*").Id("core")).Op("*").Id("API").Block(
		jen.Return(jen.Op("&").Id("API").Values(members(api.Services, jen.Dict{jen.Id("core"): jen.Id("c")}))),
	)
	return f
}

// members sets the fields of a struct that holds services.
func members(list []*Service, d jen.Dict) jen.Dict {
	for _, s := range list {
		d[jen.Id(s.Field)] = jen.Op("&").Id(s.Name).Values(members(s.Children, jen.Dict{jen.Id("core"): jen.Id("c")}))
	}
	return d
}

func serviceType(f *jen.File, s *Service) {
	text := sentence(s.Name, s.Doc.Sentence)
	if text == "" {
		text = s.Name + " has the operations of " + s.Path + "."
	}
	doc(f.Group, text)
	f.Type().Id(s.Name).StructFunc(func(g *jen.Group) {
		g.Id("core").Op("*").Id("core")
		if len(s.Children) > 0 {
			g.Line()
		}
		for _, c := range s.Children {
			g.Id(c.Field).Op("*").Id(c.Name)
		}
	})
	f.Line()
}

func paramsType(f *jen.File, o *Operation) {
	what := map[Body]string{BodyForm: "form fields", BodyMultipart: "parts",
		BodyJSON: "JSON members", BodyOctets: "body"}[o.Body]
	var others []string
	if o.Query {
		others = append(others, "query parameters")
	}
	if o.sendsHeaders() {
		others = append(others, "headers")
	}
	if o.Body != BodyNone {
		others = append(others, what)
	}
	what = inWords(others)
	text := fmt.Sprintf("%s are the %s of %s.", o.Params.Name, what, o.Params.Of)
	for _, field := range o.Params.Fields {
		if field.Type.nilable() {
			text += " A nil field is not sent."
			break
		}
	}
	structType(f, o.Params.Name, o.Params.Fields, func(field *Field) map[string]string { return paramTag(o, field) }, text)
}

// sendsHeaders reports whether fields of the params travel in headers.
func (o *Operation) sendsHeaders() bool {
	return o.Params != nil && slices.ContainsFunc(o.Params.Fields, func(f *Field) bool { return f.In == InHeader })
}

// inWords joins words as a sentence does.
func inWords(list []string) string {
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return strings.Join(list, "")
}

// paramTag says where a field goes. Beside a JSON body, query and header fields are kept out of the JSON.
func paramTag(o *Operation, f *Field) map[string]string {
	value := f.Wire
	switch {
	case f.Always:
		value += ",always"
	case f.Join != "":
		value += "," + f.Join
	}
	switch {
	case f.Wire == "-":
		return nil
	case f.In == InJSON && f.Type.nilable():
		return map[string]string{"json": f.Wire + ",omitempty"}
	case f.In != InJSON && o.Body == BodyJSON:
		return map[string]string{"json": "-", string(f.In): value}
	}
	return map[string]string{string(f.In): value}
}

func operationMethod(f *jen.File, s *Service, o *Operation) {
	doc(f.Group, operationDoc(o, o.Name)...)
	method(f, s.Name, o.Name, inputs(o), outputs(o.Result), jen.Return(call(o)))
}

func operationDoc(o *Operation, name string) []string {
	text := sentence(name, o.Doc.Sentence)
	if text == "" {
		text = fmt.Sprintf("%s calls %s %s.", name, o.Verb, OneLine(o.Path))
	}
	note := ""
	if o.Result.NoContent {
		note = "A 204 response gives nil and no error."
	}
	if len(o.Result.Beside) > 0 {
		note = "The page's Raw JSON also has " + OneLine(strings.Join(o.Result.Beside, ", ")) + "."
	}
	facts := operationLine(o) + "\nReference: " + OneLine(referenceLink(o))
	return []string{text, note, proseOf(o.Doc), facts, deprecation(o.Doc)}
}

// operationLine is the fact by which an operation is searched for.
func operationLine(o *Operation) string {
	return fmt.Sprintf("Operation: %s %s (%s)", o.Verb, OneLine(o.Path), OneLine(o.ID))
}

// referenceLink is the operation's page in Clerk's reference.
func referenceLink(o *Operation) string {
	base := "https://clerk.com/docs/reference/frontend-api"
	if o.Tag != "" {
		base += "/tag/" + strings.ReplaceAll(o.Tag, " ", "-")
	}
	return base + "#operation/" + o.ID
}

// inputs are the parameters of a method.
func inputs(o *Operation) []jen.Code {
	list := []jen.Code{jen.Id("ctx").Qual("context", "Context")}
	for i, a := range o.Args {
		arg := jen.Id(a.Name)
		if i == len(o.Args)-1 {
			arg.String()
		}
		list = append(list, arg)
	}
	if o.Params != nil {
		list = append(list, jen.Id("params").Id(o.Params.Name))
	}
	return append(list, jen.Id("opts").Op("...").Id("RequestOption"))
}

func outputs(r Result) []jen.Code {
	fail := jen.Error()
	switch r.Kind {
	case ResultValue:
		return []jen.Code{jen.Op("*").Add(typ(r.Type)), fail}
	case ResultList:
		return []jen.Code{jen.Index().Add(typ(r.Type)), fail}
	case ResultPage:
		return []jen.Code{jen.Op("*").Id("Page").Types(typ(r.Type)), fail}
	case ResultRedirect:
		return []jen.Code{jen.String(), fail}
	case ResultRaw:
		return []jen.Code{jen.Index().Byte(), fail}
	default:
		return []jen.Code{fail}
	}
}

// call is the one runtime call of a method.
func call(o *Operation) jen.Code {
	name := map[ResultKind]string{ResultEmpty: "callEmpty", ResultRedirect: "callRedirect", ResultRaw: "callRaw"}[o.Result.Kind]
	if name == "" {
		name = "callBare"
		if o.Result.Enveloped {
			name = "callEnveloped"
		}
		name += map[ResultKind]string{ResultList: "List", ResultPage: "Page"}[o.Result.Kind]
	}
	fn := jen.Id(name)
	if o.Result.Type.Kind != "" {
		fn.Types(typ(o.Result.Type))
	}
	return fn.Call(jen.Id("ctx"), jen.Id("s").Dot("core"), request(o), jen.Id("opts"))
}

// request is the builder chain: post("/v1/...", id).query(params).form(params).
func request(o *Operation) jen.Code {
	verb := strings.ToLower(o.Verb)
	if verb == "delete" {
		verb = "del"
	}
	args := []jen.Code{jen.Lit(o.Path)}
	for _, a := range o.Args {
		args = append(args, jen.Id(a.Name))
	}
	chain := jen.Id(verb).Call(args...)
	if o.Query {
		chain.Dot("query").Call(jen.Id("params"))
	}
	if o.sendsHeaders() {
		chain.Dot("headers").Call(jen.Id("params"))
	}
	switch {
	case o.Body == BodyOctets:
		chain.Dot("octets").Call(jen.Id("params").Dot("Body"))
	case o.Body != BodyNone:
		chain.Dot(string(o.Body)).Call(jen.Id("params"))
	}
	if o.Result.ClientResponse {
		chain.Dot("responseIsClient").Call()
	}
	if o.Result.NoContent {
		chain.Dot("orNoContent").Call()
	}
	if len(o.Result.Beside) > 0 {
		chain.Dot("beside").CallFunc(func(g *jen.Group) {
			for _, name := range o.Result.Beside {
				g.Lit(name)
			}
		})
	}
	return chain
}

// iteratorMethod prints the ListAll beside a paged List.
func iteratorMethod(f *jen.File, s *Service, o *Operation) {
	doc(f.Group, fmt.Sprintf("%s yields every item of %s, page after page, from params.Offset on. It asks for params.Limit items at a "+
		"time, 100 when nil. After an error it yields that error and ends.", o.Iterator, o.Name),
		operationLine(o), deprecation(o.Doc))
	args := []jen.Code{jen.Id("ctx")}
	for _, a := range o.Args {
		args = append(args, jen.Id(a.Name))
	}
	args = append(args, jen.Id("page"), jen.Id("paginated").Call(jen.Id("opts")).Op("..."))
	limit, offset := jen.Id("params").Dot("Limit"), jen.Id("params").Dot("Offset")
	fetch := jen.Func().Params(jen.Id("limit"), jen.Id("offset").Op("*").Int64()).
		Params(jen.Op("*").Id("Page").Types(typ(o.Result.Type)), jen.Error()).
		Block(
			jen.Id("page").Op(":=").Id("params"),
			jen.List(jen.Id("page").Dot("Limit"), jen.Id("page").Dot("Offset")).Op("=").List(jen.Id("limit"), jen.Id("offset")),
			jen.Return(jen.Id("s").Dot(o.Name).Call(args...)),
		)
	seq := jen.Qual("iter", "Seq2").Types(typ(o.Result.Type), jen.Error())
	method(f, s.Name, o.Iterator, inputs(o), []jen.Code{seq}, jen.Return(jen.Id("listAll").Call(limit, offset, fetch)))
}
