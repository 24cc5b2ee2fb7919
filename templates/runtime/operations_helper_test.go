package fapi

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// testOperation is what the description says of one operation: a row of testdata/operations.json, which the generator
// writes straight from the description. Names are those of the wire.
type testOperation struct {
	ID, Verb, Path               string
	ContentType                  string `json:"content_type"`
	Body, Query, Headers, Lists  []string
	Joined, Types                map[string]string
	Required, Always             []string
	BodySample                   any `json:"body_sample"`
	Answer, Status, Media, Shape string
	IsClient                     bool `json:"is_client"`
	NoContent                    bool `json:"no_content"`
	Failures                     []string
	SampleOf                     string `json:"sample_of"`
	Sample                       any
	method, iterator             *testMethod
}

// testMethod is a method as the package's own source spells it.
type testMethod struct {
	service, name string
	params        []string // names of its parameters
	verb, path    string   // of the Operation line of its comment; "" without one
	id            string
}

func (m *testMethod) String() string { return m.service + "." + m.name }

var operationLine = regexp.MustCompile(`Operation: ([A-Z]+) (\S+) \(([^)]*)\)`)

// testSources parses the package's own files, once.
var testSources = sync.OnceValues(func() ([]*ast.File, error) {
	names, err := fs.Glob(os.DirFS("."), "*.go")
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, failed := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		err = errors.Join(err, failed)
		files = append(files, f)
	}
	return files, err
})

// testMethods are the exported methods of the services.
func testMethods(t *testing.T) []*testMethod {
	t.Helper()
	files, err := testSources()
	if err != nil {
		t.Fatal(err)
	}
	var list []*testMethod
	for _, f := range files {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			service, ok := star.X.(*ast.Ident)
			if !ok {
				continue
			}
			m := &testMethod{service: service.Name, name: fn.Name.Name}
			for _, p := range fn.Type.Params.List {
				for _, name := range p.Names {
					m.params = append(m.params, name.Name)
				}
			}
			if found := operationLine.FindStringSubmatch(strings.Join(strings.Fields(fn.Doc.Text()), " ")); found != nil {
				m.verb, m.path, m.id = found[1], found[2], found[3]
			}
			list = append(list, m)
		}
	}
	return list
}

// testAPI is an API in front of a server that records requests and gives one answer.
type testAPI struct {
	rows     []*testOperation
	services map[string]reflect.Value // by type name
	core     *core
	answer   http.HandlerFunc
	seen     []testCall
}

// testCall is a request as it came over the wire.
type testCall struct {
	*http.Request
	body string
}

// testOperations reads the table and puts its methods in front of a server.
func testOperations(t *testing.T) *testAPI {
	t.Helper()
	text, err := os.ReadFile("testdata/operations.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no testdata/operations.json: this is the runtime by itself, without generated methods; run the test in the emitted module")
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &testAPI{services: map[string]reflect.Value{}}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&a.rows); err != nil || len(a.rows) == 0 {
		t.Fatalf("testdata/operations.json: %d rows, %v", len(a.rows), err)
	}
	byID := map[string]*testOperation{}
	for _, op := range a.rows {
		if byID[op.ID] = op; op.SampleOf != "" {
			op.Sample = byID[op.SampleOf].Sample
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		a.seen = append(a.seen, testCall{r.Clone(context.Background()), string(body)}) // the server goes on with r
		a.answer(w, r)
	}))
	t.Cleanup(server.Close)
	api := NewAPI(server.URL)
	a.core = api.core
	a.walk(t, reflect.ValueOf(api).Elem())
	for _, m := range testMethods(t) {
		service, ok := a.services[m.service]
		if !ok || m.id == "" || byID[m.id] == nil {
			continue
		}
		fn := service.MethodByName(m.name)
		if out := fn.Type().Out(0); out.Kind() == reflect.Func && out.CanSeq2() {
			byID[m.id].iterator = m
		} else {
			byID[m.id].method = m
		}
	}
	return a
}

// walk finds the services below a struct of services.
func (a *testAPI) walk(t *testing.T, v reflect.Value) {
	t.Helper()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.IsExported() && f.Type.Kind() == reflect.Pointer {
			service := v.FieldByIndex(f.Index)
			if service.IsNil() {
				t.Fatalf("%s.%s is nil", v.Type().Name(), f.Name)
			}
			a.services[f.Type.Elem().Name()] = service
			a.walk(t, service.Elem())
		}
	}
}

// each runs a rule for every operation.
func (a *testAPI) each(t *testing.T, rule func(t *testing.T, op *testOperation)) {
	for _, op := range a.rows {
		t.Run(op.ID, func(t *testing.T) {
			if op.method == nil {
				t.Skip("no method; TestEveryOperationHasItsMethod says so")
			}
			a.seen = nil
			rule(t, op)
		})
	}
}

// testPathArg needs escaping in every way; testPathArgEscaped is what RFC 3986 makes of it in one segment.
const (
	testPathArg        = "a/b c?%é"
	testPathArgEscaped = "a%2Fb%20c%3F%25%C3%A9"
)

// call calls a method with path arguments and params, the zero params when there are none.
func (a *testAPI) call(t *testing.T, m *testMethod, params reflect.Value, opts ...RequestOption) []reflect.Value {
	t.Helper()
	fn := a.services[m.service].MethodByName(m.name)
	in := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < fn.Type().NumIn()-1; i++ {
		switch p := fn.Type().In(i); {
		case p.Kind() == reflect.String:
			in = append(in, reflect.ValueOf(testPathArg+strconv.Itoa(i)))
		case params.IsValid():
			in = append(in, params)
		default:
			in = append(in, reflect.Zero(p))
		}
	}
	for _, opt := range opts {
		in = append(in, reflect.ValueOf(opt))
	}
	return fn.Call(in)
}

// try calls the method of an operation; the value is invalid when the method returns an error alone.
func (a *testAPI) try(t *testing.T, op *testOperation, params reflect.Value, opts ...RequestOption) (reflect.Value, error) {
	t.Helper()
	out := a.call(t, op.method, params, opts...)
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return reflect.Value{}, err
	}
	return out[0], err
}

// paramsType is the params struct of a method, nil when it takes none.
func (a *testAPI) paramsType(m *testMethod) reflect.Type {
	fn := a.services[m.service].MethodByName(m.name).Type()
	for i := range fn.NumIn() {
		if fn.In(i).Kind() == reflect.Struct {
			return fn.In(i)
		}
	}
	return nil
}

// testFile is an Upload as a filled params struct has it.
type testFile struct{ name, contentType, content string }

// testFiller gives every place of a value something of its own.
type testFiller struct {
	n    int
	open []reflect.Type // structs that are being filled: within themselves they stay empty
}

// within reports whether a field would hold a struct that is being filled.
func (f *testFiller) within(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return slices.Contains(f.open, t)
}

// fill sets v and returns the JSON that it stands for, a *testFile for an upload.
func (f *testFiller) fill(v reflect.Value) any {
	f.n++
	text := "v" + strconv.Itoa(f.n)
	switch v.Interface().(type) {
	case json.RawMessage:
		v.SetBytes([]byte(`{"k":"` + text + `"}`))
		return map[string]any{"k": text}
	case *Upload:
		file := &testFile{text + " é.png", "image/x-" + text, "content of " + text}
		v.Set(reflect.ValueOf(&Upload{Name: file.name, ContentType: file.contentType, Reader: strings.NewReader(file.content)}))
		return file
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.fill(v.Elem())
	case reflect.Struct:
		out := map[string]any{}
		f.open = append(f.open, v.Type())
		defer func() { f.open = f.open[:len(f.open)-1] }()
		for i := range v.NumField() {
			if f.within(v.Type().Field(i).Type) {
				continue
			}
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			out[name] = f.fill(v.Field(i))
		}
		return out
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		return []any{f.fill(v.Index(0)), f.fill(v.Index(1))}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		out := map[string]any{text: f.fill(element)}
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(text), element)
		return out
	case reflect.Bool:
		v.SetBool(true)
		return true
	case reflect.Int64:
		v.SetInt(int64(f.n) + 1<<40) // more than 32 bits
		return json.Number(strconv.FormatInt(v.Int(), 10))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
		return json.Number(strconv.Itoa(f.n) + ".5")
	case reflect.String:
		v.SetString(text + " é&=+<,")
		return text + " é&=+<,"
	}
	panic("a params struct has a " + v.Type().String())
}

// testFilled is a params struct with every field set, and what each stands for by its wire name and place.
func testFilled(typ reflect.Type) (params reflect.Value, query, header, body map[string]any) {
	query, header, body = map[string]any{}, map[string]any{}, map[string]any{}
	params = reflect.New(typ).Elem()
	filler := &testFiller{}
	for i := range typ.NumField() {
		value := filler.fill(params.Field(i))
		for _, tag := range []string{"query", "header", "form", "json"} {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get(tag), ",")
			switch {
			case tag == "json" && name == "" && typ.Field(i).Tag == "":
				body[""] = value // the body itself
			case name == "" || name == "-":
			case tag == "query":
				query[name] = value
			case tag == "header":
				header[name] = value
			default:
				body[name] = value
			}
		}
	}
	return params, query, header, body
}
