package generator

// Verify: the emitted files are parsed before anything is written. The generated ones hold the declarations that the IR
// demands and no others, import what the emitters use, and carry no instruction to a tool; the copied ones
// have none of their names. So no text of a description becomes code, whatever the emitters overlook.

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// emittedImports are what the emitters import.
var emittedImports = []string{"context", "encoding/json", "iter", "slices"}

// verify checks the emitted files against the IR. The files of static are copied from the templates.
func verify(files, static Files, api *API) error {
	v := &verifier{want: declarations(api), have: map[string]string{}}
	for _, name := range sortedKeys(files) {
		switch _, copied := static[name]; {
		case !strings.HasSuffix(name, ".go"):
		case copied:
			v.copied(name, files[name])
		default:
			v.generated(name, files[name])
		}
	}
	for _, d := range sortedKeys(v.want) {
		if v.have[d] == "" {
			v.fail("generated code", "lacks %s", d)
		}
	}
	return joinSorted(v.problems)
}

type verifier struct {
	want     map[string]bool   // the declarations of the IR
	have     map[string]string // declarations, and where they are
	problems []error
}

func (v *verifier) fail(name, format string, args ...any) {
	v.problems = append(v.problems, problem(name, format+"; nothing is written", args...))
}

// copied notes the declarations of a file of the runtime or of the fake API.
func (v *verifier) copied(name string, data []byte) {
	f := v.parse(name, data)
	if f == nil || path.Dir(name)+"/" != packageDir || len(instructions(f)) > 0 || strings.HasSuffix(name, "_test.go") {
		return // a variant for one system shares its names with those for others
	}
	for d := range declared(f) {
		d, _, _ = strings.Cut(d, " {")
		v.have[d] = name
	}
}

func (v *verifier) generated(name string, data []byte) {
	f := v.parse(name, data)
	if f == nil {
		return
	}
	if !builtEverywhere(path.Base(name)) {
		v.fail(name, "the name of a file that is not part of every build")
	}
	for _, line := range instructions(f) {
		v.fail(name, "the comment %q is an instruction to a tool", line)
	}
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || spec.Name != nil || !slices.Contains(emittedImports, p) {
			v.fail(name, "unexpected import of %s", spec.Path.Value)
		}
	}
	if name == tableFile {
		if list := slices.Collect(declared(f)); !slices.Equal(list, []string{"const operationsTable"}) {
			v.fail(name, "declares %s", strings.Join(list, ", "))
		}
		return
	}
	for d := range declared(f) {
		plain, _, _ := strings.Cut(d, " {")
		switch {
		case !v.want[d]:
			v.fail(name, "unexpected declaration: %s", d)
		case v.have[d] != "" || v.have[plain] != "":
			v.fail(name, "%s is also in %s%s", plain, v.have[d], v.have[plain])
		}
		v.have[d] = name
	}
}

func (v *verifier) parse(name string, data []byte) *ast.File {
	f, err := parser.ParseFile(token.NewFileSet(), "", data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		v.fail(name, "%s", oneLine(err))
		return nil
	}
	return f
}

// instructions are the comments that the Go tools act on: build constraints, directives, line directives and exports.
func instructions(f *ast.File) []string {
	var list []string
	for _, group := range f.Comments {
		for _, c := range group.List {
			text := strings.TrimLeft(c.Text, "/*")
			switch {
			case constraint.IsGoBuild(c.Text), constraint.IsPlusBuild(c.Text), strings.HasPrefix(text, "go:"),
				strings.HasPrefix(text, "line "), strings.HasPrefix(text, "export "), strings.HasPrefix(text, "extern "):
				list = append(list, c.Text)
			}
		}
	}
	return list
}

// declared yields the top-level declarations of a file, a struct with the names of its fields.
func declared(f *ast.File) func(yield func(string) bool) {
	var list []string
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			name := "func "
			if d.Recv != nil {
				name += receiver(d) + "."
			}
			list = append(list, name+d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				list = append(list, declaredBy(d.Tok, spec)...)
			}
		}
	}
	return slices.Values(list)
}

func declaredBy(tok token.Token, spec ast.Spec) []string {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		var list []string
		for _, name := range s.Names {
			list = append(list, tok.String()+" "+name.Name)
		}
		return list
	case *ast.TypeSpec:
		fields, ok := s.Type.(*ast.StructType)
		if !ok {
			return []string{"type " + s.Name.Name}
		}
		var names []string
		for _, field := range fields.Fields.List {
			if len(field.Names) == 0 {
				names = append(names, typeIdent(field.Type))
			}
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
		return []string{structDecl(s.Name.Name, names)}
	}
	return nil
}

func structDecl(name string, fields []string) string {
	return fmt.Sprintf("type %s {%s}", name, strings.Join(fields, " "))
}

// typeIdent is the name of a type, without its pointer and its type parameters.
func typeIdent(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.StarExpr:
		return typeIdent(t.X)
	case *ast.IndexExpr:
		return typeIdent(t.X)
	case *ast.IndexListExpr:
		return typeIdent(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// declarations are what the generated files of package fapi declare, in the form of declared.
func declarations(api *API) map[string]bool {
	want := map[string]bool{"const APIVersion": true, "func newServices": true}
	for _, t := range api.Types {
		want[typeDeclaration(t)] = true
		for _, value := range t.Values {
			want["const "+value.Name] = true
		}
		if len(listedValues(t)) > 0 {
			want["var knownValues"], want["func "+t.Name+".known"] = true, true
		}
	}
	for _, c := range api.Codes {
		want["const "+c.Name] = true
	}
	want[structDecl("API", serviceFields(api.Services))] = true
	api.walk(func(s *Service) {
		want[structDecl(s.Name, serviceFields(s.Children))] = true
		for _, o := range s.Operations {
			want["func "+s.Name+"."+o.Name] = true
			if o.Iterator != "" {
				want["func "+s.Name+"."+o.Iterator] = true
			}
			if o.Params != nil {
				want[typeDeclaration(o.Params)] = true
			}
		}
	})
	return want
}

func typeDeclaration(t *Type) string {
	switch t.Kind {
	case KindEnum:
		return "type " + t.Name
	case KindUnion:
		return structDecl(t.Name, []string{"Union"})
	}
	var fields []string
	for _, f := range t.Fields {
		fields = append(fields, f.Name)
	}
	return structDecl(t.Name, fields)
}

func serviceFields(children []*Service) []string {
	fields := []string{"core"}
	for _, c := range children {
		fields = append(fields, c.Field)
	}
	return fields
}
