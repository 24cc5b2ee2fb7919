package generator

// Rules of the surface: what operations.json says of small descriptions; and of the emitted names, which no golden file
// shows all of.

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// surfaceOf is operations.json of one operation, POST /a with id "a", beside some components.
func surfaceOf(t *testing.T, operation, schemas string) string {
	t.Helper()
	d := mustParse(t, "f", "paths: {/a: {post: {operationId: a, "+operation+"}}}\ncomponents: {schemas: {"+schemas+"}}\n")
	data, err := surface(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// checkRow compares members of the row; "" for one that must not be there.
func checkRow(t *testing.T, data, want string) {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(data), &rows); err != nil || len(rows) != 1 {
		t.Fatalf("%s: %v", data, err)
	}
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for name, value := range wanted {
		got, ok := rows[0][name]
		if value == "" && !ok {
			continue
		}
		if diff := cmp.Diff(value, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestSurfaceOfRequests(t *testing.T) {
	form := func(schema string) string {
		return "requestBody: {content: {application/x-www-form-urlencoded: {schema: " + schema + "}}}, responses: {}"
	}
	for rule, tc := range map[string]struct{ operation, schemas, want string }{
		"a form": {form("{required: [a], properties: {a: {type: string}, l: {type: array, items: {type: integer}}, o: {x-fapigen: {alwaysSend: true}}}}"), "",
			`{"content_type":"application/x-www-form-urlencoded","body":["a","l","o"],"lists":["l"],"types":{"a":"string","l":"integer","o":"any"},"required":["a"],"always":["o"]}`},
		"a form without members is no body": {form("{type: object}"), "", `{"content_type":"","body":"","answer":"empty"}`},
		"required by each of either, or by one of all": {
			form("{allOf: [{required: [a], properties: {a: {}, b: {}}}], oneOf: [{required: [c], properties: {c: {}}}, {required: [c, d], properties: {d: {}}}]}"), "",
			`{"body":["a","b","c","d"],"required":["a","c"]}`},
		"form wins over JSON, upload is a type": {
			"requestBody: {content: {application/json: {schema: {properties: {a: {}}}}, multipart/form-data: {schema: {properties: {f: {type: string, format: binary}}}}}}, responses: {}", "",
			`{"content_type":"multipart/form-data","body":["f"],"types":{"f":"upload"}}`},
		"an overlay chooses the body": {
			"x-fapigen: {body: json}, requestBody: {content: {application/x-www-form-urlencoded: {schema: {properties: {b: {}}}}, application/json: {schema: {properties: {a: {type: string}}}}}}, responses: {}", "",
			`{"content_type":"application/json","body":["a"],"body_sample":{"a":"s2"}}`},
		"octets have no members": {"requestBody: {content: {application/octet-stream: {schema: {type: string}}}}, responses: {}", "",
			`{"content_type":"application/octet-stream","body":""}`},
		"query, less what the runtime sends": {
			"parameters: [{name: q, in: query, required: true, schema: {type: boolean}}, {name: _clerk_session_id, in: query, schema: {}}, {name: h, in: header, schema: {}}], responses: {}", "",
			`{"query":["q"],"types":{"q":"boolean"},"required":["q"]}`},
		"lists that are one value": {
			"parameters: [{name: r, in: query, schema: {type: array}}, {name: c, in: query, explode: false, schema: {type: array}}, {name: s, in: query, style: spaceDelimited, schema: {type: array}}, {name: p, in: query, style: pipeDelimited, explode: false, schema: {type: array}}, {name: q, in: query, explode: false, schema: {}}], responses: {}", "",
			`{"lists":["r","c","s","p"],"joined":{"c":",","s":" ","p":"|"}}`},
	} {
		t.Run(rule, func(t *testing.T) { checkRow(t, surfaceOf(t, tc.operation, tc.schemas), tc.want) })
	}
}

func TestSurfaceOfAnswers(t *testing.T) {
	answer := func(schema string) string {
		return "responses: {'200': {content: {application/json: {schema: " + schema + "}}}, '404': {}, '302': {}}"
	}
	ref := func(name string) string { return "{$ref: '#/components/schemas/" + name + "'}" }
	for rule, tc := range map[string]struct{ operation, schemas, want string }{
		"an envelope of an object": {answer("{properties: {response: {properties: {id: {type: string}}}, client: {}}}"), "",
			`{"answer":"envelope","status":"200","shape":"object","sample":{"id":"s2"},"failures":["404"],"is_client":""}`},
		"the response is the client": {answer(ref("E")),
			"C: {properties: {n: {type: integer}}}, E: {properties: {response: {allOf: [" + ref("C") + "]}, client: " + ref("C") + "}}",
			`{"is_client":true,"sample":{"n":1700000000002}}`},
		"an array":                    {answer("{type: array, items: {properties: {b: {type: boolean}}}}"), "", `{"answer":"json","shape":"array","sample":{"b":true}}`},
		"a page":                      {answer("{properties: {data: {type: array, items: {properties: {x: {type: number}}}}, total_count: {type: integer}}}"), "", `{"shape":"page","sample":{"x":2.5}}`},
		"an array or a page":          {answer("{oneOf: [{type: array, items: {properties: {x: {type: number}}}}, {properties: {data: {type: array, items: {properties: {x: {type: number}}}}, total_count: {type: integer}}}]}"), "", `{"shape":"page","sample":{"x":2.5}}`},
		"text":                        {"responses: {'200': {content: {text/html: {}}}}", "", `{"answer":"text","media":"text/html","sample":""}`},
		"a redirect":                  {"responses: {'303': {}, '400': {}}", "", `{"answer":"redirect","status":"303"}`},
		"nothing":                     {"responses: {'200': {}}", "", `{"answer":"empty","status":"200"}`},
		"branches are united":         {answer("{oneOf: [{properties: {a: {type: string, enum: [x]}}}, {properties: {a: {type: string, enum: [y]}, b: {}}}]}"), "", `{"sample":{"a":"enum:x","b":{"k":3,"list":["a",null,0.5]}}}`},
		"what contains itself ends":   {answer(ref("T")), "T: {properties: {up: " + ref("T") + ", all: {type: array, items: " + ref("T") + "}}}", `{"sample":{"all":[]}}`},
		"maps have an entry":          {answer("{properties: {m: {additionalProperties: {type: string}}}}"), "", `{"sample":{"m":{"k":"s3"}}}`},
		"a part that two parts share": {answer("{allOf: [" + ref("A") + ", " + ref("B") + "]}"), "A: {properties: {a: {type: string}}}, B: {allOf: [" + ref("A") + "], properties: {b: {type: string}}}", `{"sample":{"a":"s2","b":"s3"}}`},
	} {
		t.Run(rule, func(t *testing.T) { checkRow(t, surfaceOf(t, tc.operation, tc.schemas), tc.want) })
	}
}

// emittedPackage is the parsed package that the pinned description gives, runtime and tests apart.
func emittedPackage(t *testing.T) []*ast.File {
	t.Helper()
	out, err := Generate(lenientConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range sortedKeys(out.Files) {
		rest, ok := strings.CutPrefix(name, packageDir)
		if !ok || strings.Contains(rest, "/") || !strings.HasSuffix(rest, ".go") || strings.HasSuffix(rest, "_test.go") {
			continue
		}
		if strings.HasPrefix(string(out.Files[name]), "// Code generated by fapigen from templates/") {
			continue // written by hand
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, out.Files[name], parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

var nameWord = regexp.MustCompile(`[A-Z][a-z0-9]+|[A-Z]+`)

// stutter is what stands twice in a row in a name, "" when nothing does.
func stutter(name string) string {
	list := nameWord.FindAllString(name, -1)
	for n := 1; n <= len(list)/2; n++ {
		for i := 0; i+2*n <= len(list); i++ {
			if slices.Equal(list[i:i+n], list[i+n:i+2*n]) {
				return strings.Join(list[i:i+n], "")
			}
		}
	}
	return ""
}

func TestStutterIsSeen(t *testing.T) {
	for name, want := range map[string]string{
		"ClientClient": "Client", "SignInSignInStatus": "SignIn", "SignInStatus": "", "ClientClientSignIn2": "Client", "UserUsername": "",
	} {
		if got := stutter(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Peers have ClientClientWrappedSignIn2, GetOrganizationsOrganization and bare constants such as Focus and Link.
func TestEmittedNamesDoNotStutter(t *testing.T) {
	leaks := regexp.MustCompile(`Wrapped|Stubs|Schemas|[a-z]2$`)
	check := func(name string) {
		if again := stutter(name); again != "" {
			t.Errorf("%s says %s twice", name, again)
		}
		if leaks.MatchString(name) || len(name) > 60 {
			t.Errorf("%s: a name of the description's files, or too long to read", name)
		}
	}
	count := 0
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if n.Name.IsExported() {
				count++
				check(n.Name.Name)
			}
		case *ast.FuncDecl:
			if n.Name.IsExported() && n.Recv != nil {
				count++
				checkMethod(t, n)
			}
			return false
		case *ast.ValueSpec:
			kind, ok := n.Type.(*ast.Ident)
			if !ok || !n.Names[0].IsExported() {
				return false
			}
			count++
			prefix := kind.Name
			if prefix == "ErrorCode" {
				prefix = "Code"
			}
			if !strings.HasPrefix(n.Names[0].Name, prefix) {
				t.Errorf("constant %s does not start with its type's name, %s", n.Names[0].Name, kind.Name)
			}
		}
		return true
	}
	for _, f := range emittedPackage(t) {
		ast.Inspect(f, visit)
	}
	if count < 1000 {
		t.Errorf("%d names looked at; the package has more", count)
	}
}

// checkMethod wants Organizations.Get, not Organizations.GetOrganization.
func checkMethod(t *testing.T, fn *ast.FuncDecl) {
	t.Helper()
	star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return
	}
	receiver, ok := star.X.(*ast.Ident)
	if !ok {
		return
	}
	service, ok := strings.CutSuffix(receiver.Name, "Service")
	if !ok {
		return
	}
	one := func(s string) string { return strings.TrimSuffix(s, "s") }
	verb := nameWord.FindString(fn.Name.Name)
	object := one(strings.TrimPrefix(fn.Name.Name, verb))
	if object != "" && one(service) == object {
		t.Errorf("%s.%s names its service again", service, fn.Name.Name)
	}
}

func TestFieldsAreNamedAfterTheWire(t *testing.T) {
	fold := func(s string) string {
		return strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(s, ""))
	}
	count := 0
	for _, f := range emittedPackage(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil || len(field.Names) != 1 {
				return true
			}
			tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`"))
			for _, key := range []string{"json", "form", "query"} {
				wire, _, _ := strings.Cut(tag.Get(key), ",")
				if wire == "" || wire == "-" {
					continue
				}
				count++
				if name := field.Names[0].Name; fold(name) != fold(wire) {
					t.Errorf("field %s is %s on the wire", name, wire)
				}
			}
			return true
		})
	}
	if count < 1000 {
		t.Errorf("%d fields looked at; the package has more", count)
	}
}
