package generator

// The waist of the pipeline: everything an emitter may know. Builders fill it, naming completes it, check proves it,
// emitters read it. Data only: no library of either side is imported here.

// API is the whole program to emit.
type API struct {
	Version  string           // dated API version, such as "2026-05-12"
	Services []*Service       // the top of the call tree, sorted by field
	Types    []*Type          // models, enums and unions, sorted by name; params structs hang on their operations
	Codes    []Code           // error codes, sorted
	Runtime  map[string]*Type // types of the runtime that hold JSON: references may lead to them, nothing is emitted
}

// Service is one node of the call tree: clerk.Organizations.Memberships.
type Service struct {
	Path       string // "Organizations.Memberships": identity, also the key of x-fapigen-services
	Field      string // "Memberships"
	Name       string // "OrganizationMembershipsService"
	Singular   string // "OrganizationMembership": the stem of its params types
	Doc        Doc
	Children   []*Service
	Operations []*Operation
}

// Operation is one endpoint and the one Go method that calls it.
type Operation struct {
	ID         string // operationId of the description
	Verb       string // "POST"
	Path       string // the template of the description
	Args       []Arg  // path arguments, in path order
	Service    string // path of its service
	Name       string // "Create"
	Iterator   string // name of the iterator method beside it, or ""
	Doc        Doc
	Tag        string // first tag, for the reference link
	Params     *Type  // nil, or the struct of its body and query fields
	Query      bool   // Params has query fields
	Body       Body
	Result     Result
	ResultType *Type // the hoisted type of an inline result, until it is named
	Where      string
}

// Arg is one path argument.
type Arg struct {
	Wire string // as the path template spells it
	Name string // Go parameter name
}

// Body is how the request body is encoded.
type Body string

// The encodings a request body may have.
const (
	BodyNone      Body = ""
	BodyForm      Body = "form"
	BodyMultipart Body = "multipart"
	BodyJSON      Body = "json"
	BodyOctets    Body = "octets"
)

// ResultKind says what a method returns.
type ResultKind string

// The results a method may have.
const (
	ResultValue    ResultKind = "value"    // *T
	ResultList     ResultKind = "list"     // []T
	ResultPage     ResultKind = "page"     // *Page[T]
	ResultEmpty    ResultKind = "empty"    // error alone
	ResultRedirect ResultKind = "redirect" // the Location
	ResultRaw      ResultKind = "raw"      // bytes: HTML or XML
)

// Result is what a method returns and what its answer says about the client.
type Result struct {
	Kind           ResultKind
	Type           Ref      // T of a value, list or page
	Enveloped      bool     // {response, client}: the client rides along
	ClientResponse bool     // the response itself is the client
	NoContent      bool     // 204 is declared beside a value
	Beside         []string // members of a page beside data and total_count
}

// TypeKind is the Go construct of a type.
type TypeKind string

// The kinds of types.
const (
	KindStruct TypeKind = "struct"
	KindEnum   TypeKind = "enum"
	KindUnion  TypeKind = "union"
	KindParams TypeKind = "params"
)

// Type is one named Go type.
type Type struct {
	Name   string
	Kind   TypeKind
	Doc    Doc
	Of     string // what the type belongs to: "SignIn.Status" for an enum, "SignInsService.Create" for params
	Fields []*Field
	Values []EnumValue
	Open   bool     // an enum whose values an overlay names where the description has no list: no value is unknown
	From   []string // JSON pointers it was built from
	Where  string   // file:line of the first of them
}

// EnumValue is one known value of an open string enum.
type EnumValue struct {
	Name, Wire string
	Retired    bool // the description lists it no longer; the names lock keeps it
}

// Location is where a field travels.
type Location string

// The places of a field.
const (
	InJSON   Location = "json"
	InForm   Location = "form"
	InQuery  Location = "query"
	InHeader Location = "header"
)

// Field is one member of a struct.
type Field struct {
	Name   string
	Wire   string
	Type   Ref
	In     Location
	Always bool   // sent as an explicit empty value when nil
	Join   string // how a list is one value: "space", "comma" or "pipe"; "" repeats the key
	Doc    Doc
	At     string // JSON pointer
}

// Doc is what a doc comment is made from.
type Doc struct {
	Sentence   string // our own words; the Go name is put before it (fields: a fragment)
	Upstream   string // the description's prose, where the input has it
	Deprecated bool
	Instead    string // what to do where it is deprecated: "use ImageURL"; "" when nothing is known
	Retired    bool   // the description has it no longer; the names lock keeps it
}

// RefKind is the construct of a type reference.
type RefKind string

// The kinds of references.
const (
	RefBuiltin RefKind = "builtin" // string, int64, float64, bool, Timestamp, json.RawMessage, *Upload
	RefNamed   RefKind = "named"
	RefSlice   RefKind = "slice"
	RefMap     RefKind = "map"
	RefPage    RefKind = "page"
	RefPointer RefKind = "pointer"
)

// Ref is a use of a type. A named one points at the type, so that naming may come later.
type Ref struct {
	Kind RefKind
	Name string // of a builtin
	Type *Type  // of a named one
	Elem *Ref   // of the others
}

// Code is one error code of the API.
type Code struct {
	Name     string // "CodeFormPasswordIncorrect"
	Wire     string
	Statuses []int    // HTTP statuses it comes with; none when they are not known
	Meta     []string // wire names of the members of ErrorMeta that come with it
}

// String is the Go spelling of the reference inside package fapi.
func (r Ref) String() string {
	switch r.Kind {
	case RefBuiltin:
		return r.Name
	case RefNamed:
		return r.Type.Name
	case RefSlice:
		return "[]" + r.Elem.String()
	case RefMap:
		return "map[string]" + r.Elem.String()
	case RefPage:
		return "Page[" + r.Elem.String() + "]"
	default:
		return "*" + r.Elem.String()
	}
}

func builtin(name string) Ref { return Ref{Kind: RefBuiltin, Name: name} }
func named(t *Type) Ref       { return Ref{Kind: RefNamed, Type: t} }
func sliceOf(r Ref) Ref       { return Ref{Kind: RefSlice, Elem: &r} }
func mapOf(r Ref) Ref         { return Ref{Kind: RefMap, Elem: &r} }
func pageOf(r Ref) Ref        { return Ref{Kind: RefPage, Elem: &r} }
func pointerTo(r Ref) Ref     { return Ref{Kind: RefPointer, Elem: &r} }

const rawJSON = "json.RawMessage"

// nilable tells whether the zero value of r already says "absent".
func (r Ref) nilable() bool {
	switch r.Kind {
	case RefSlice, RefMap, RefPointer:
		return true
	case RefBuiltin:
		return r.Name == rawJSON || r.Name == "*Upload"
	}
	return false
}

// isStruct reports whether r is a struct, a union or a page.
func isStruct(r Ref) bool { return r.Kind == RefPage || r.Kind == RefNamed && r.Type.Kind != KindEnum }

// Operations yields all operations of the call tree in emission order.
func (a *API) Operations() []*Operation {
	var all []*Operation
	a.walk(func(s *Service) { all = append(all, s.Operations...) })
	return all
}

// walk visits every service, parents first.
func (a *API) walk(visit func(*Service)) {
	var descend func([]*Service)
	descend = func(list []*Service) {
		for _, s := range list {
			visit(s)
			descend(s.Children)
		}
	}
	descend(a.Services)
}
