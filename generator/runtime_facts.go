package generator

// The runtime as the generator sees it: its exported names, the members of Clerk, and models_stub.go, which declares the
// few model fields that the runtime touches. The stub is the contract that check holds the built models to.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
)

const (
	runtimeDir = "runtime"
	stubFile   = "models_stub.go"
)

type runtimeFacts struct {
	exported     []string // with those that the emitters themselves add
	clerkMembers map[string]bool
	stub         map[string]map[string]stubField // model to field
	types        map[string]*Type                // exported data types: an overlay may give a schema the name of one
}

// stubField is a field that the runtime uses: its JSON name, and its Go type, or several as in "string or *string".
type stubField struct{ wire, kinds string }

// readRuntime parses the runtime's files below templates.
func readRuntime(templates fs.FS) (*runtimeFacts, error) {
	rt := &runtimeFacts{exported: []string{"API", "APIVersion"}, clerkMembers: map[string]bool{}, stub: map[string]map[string]stubField{}, types: map[string]*Type{}}
	entries, err := fs.ReadDir(templates, runtimeDir)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	fset := token.NewFileSet()
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		data, err := fs.ReadFile(templates, path.Join(runtimeDir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		f, err := parser.ParseFile(fset, e.Name(), data, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if e.Name() == stubFile {
			rt.readStub(fset, f)
			continue
		}
		rt.readNames(f)
	}
	return rt, nil
}

func (rt *runtimeFacts) readNames(f *ast.File) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				rt.add(d.Name.Name)
			} else if receiver(d) == "Clerk" {
				rt.clerkMembers[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					rt.add(s.Name.Name)
					rt.addType(s)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						rt.add(n.Name)
					}
				}
			}
		}
	}
}

func (rt *runtimeFacts) add(name string) {
	if ast.IsExported(name) && !slices.Contains(rt.exported, name) {
		rt.exported = append(rt.exported, name)
	}
}

// addType notes a type that holds JSON: a string type, or a struct whose fields have json tags.
func (rt *runtimeFacts) addType(s *ast.TypeSpec) {
	if !s.Name.IsExported() {
		return
	}
	switch t := s.Type.(type) {
	case *ast.Ident:
		if t.Name == "string" {
			rt.types[s.Name.Name] = &Type{Name: s.Name.Name, Kind: KindEnum}
		}
	case *ast.StructType:
		untagged := func(f *ast.Field) bool { return f.Tag == nil || !strings.Contains(f.Tag.Value, `json:"`) }
		if len(t.Fields.List) > 0 && !slices.ContainsFunc(t.Fields.List, untagged) {
			rt.types[s.Name.Name] = &Type{Name: s.Name.Name, Kind: KindStruct}
		}
	}
}

func receiver(d *ast.FuncDecl) string { return typeIdent(d.Recv.List[0].Type) }

// readStub takes the exported fields of the stub's structs. The stub of API is no model: it stands for the call tree.
func (rt *runtimeFacts) readStub(fset *token.FileSet, f *ast.File) {
	for _, decl := range f.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.TypeSpec)
			if !ok || s.Name.Name == "API" {
				continue
			}
			st, ok := s.Type.(*ast.StructType)
			if !ok {
				continue
			}
			fields := map[string]stubField{}
			for _, field := range st.Fields.List {
				for _, n := range field.Names {
					if n.IsExported() {
						fields[n.Name] = readStubField(fset, field)
					}
				}
			}
			rt.stub[s.Name.Name] = fields
		}
	}
}

// readStubField takes what the field's tag `model` lists, else its type: a field that is optional in some descriptions only is
// read in a way that takes either.
func readStubField(fset *token.FileSet, field *ast.Field) stubField {
	var tag reflect.StructTag
	if field.Tag != nil {
		tag = reflect.StructTag(strings.Trim(field.Tag.Value, "`"))
	}
	if kinds, ok := tag.Lookup("model"); ok {
		return stubField{tag.Get("json"), kinds}
	}
	var b bytes.Buffer
	if err := format.Node(&b, fset, field.Type); err != nil {
		return stubField{tag.Get("json"), err.Error()} // no model has that type, and check says so
	}
	return stubField{tag.Get("json"), b.String()}
}

// contract checks the built models against the stub. A stubbed string may be an enum: the runtime compares text.
func (rt *runtimeFacts) contract(c *checker, api *API) {
	for _, model := range sortedKeys(rt.stub) {
		i := slices.IndexFunc(api.Types, func(t *Type) bool { return t.Name == model })
		if i < 0 {
			c.fail("runtime contract", "no type %s; the runtime uses it", model)
			continue
		}
		t := api.Types[i]
		for _, name := range sortedKeys(rt.stub[model]) {
			j := slices.IndexFunc(t.Fields, func(f *Field) bool { return f.Name == name })
			if j < 0 {
				c.fail(t.Where, "runtime contract: %s has no field %s; the runtime uses it", model, name)
				continue
			}
			have, want := contractType(t.Fields[j].Type), rt.stub[model][name].kinds
			if !slices.Contains(strings.Split(want, " or "), have) {
				c.fail(t.Where, "runtime contract: %s.%s is %s; the runtime uses it as %s", model, name, have, want)
			}
		}
	}
}

// contractType spells a type with its enums as strings.
func contractType(r Ref) string {
	switch r.Kind {
	case RefNamed:
		if r.Type.Kind == KindEnum {
			return "string"
		}
		return r.Type.Name
	case RefSlice:
		return "[]" + contractType(*r.Elem)
	case RefMap:
		return "map[string]" + contractType(*r.Elem)
	case RefPointer:
		return "*" + contractType(*r.Elem)
	}
	return r.String()
}
