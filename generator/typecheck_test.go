package generator

// The emitted package in memory: formatted, and accepted by Go's type checker together with the runtime.

import (
	"bytes"
	"go/ast"
	gobuild "go/build"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// checked is what all checks share: reading the standard library's types is the dear part.
var checked = sync.OnceValue(func() *checkState {
	return &checkState{importer: importer.ForCompiler(token.NewFileSet(), "gc", nil)}
})

type checkState struct {
	sync.Mutex
	importer types.Importer
}

// packageFiles are the names of the files of package fapi that this platform compiles, tests left out.
func packageFiles(files Files) []string {
	ctx := gobuild.Default
	ctx.OpenFile = func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files[packageDir+filepath.Base(name)])), nil
	}
	var names []string
	for name := range files {
		dir, base := path.Split(name)
		if dir != packageDir || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			continue
		}
		if ok, err := ctx.MatchFile("fapi", base); err == nil && ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// typeCheck checks the emitted package. What a tiny description lacks of the runtime's contract comes from the stub.
func typeCheck(t *testing.T, files Files) *types.Package {
	t.Helper()
	return typeCheckWith(t, types.Config{}, files)
}

func typeCheckWith(t *testing.T, conf types.Config, files Files) *types.Package {
	t.Helper()
	state := checked()
	state.Lock()
	defer state.Unlock()
	fset := token.NewFileSet()
	var list []*ast.File
	declared := map[string]bool{}
	for _, name := range packageFiles(files) {
		f, err := parser.ParseFile(fset, name, files[name], parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if tidy, err := format.Source(files[name]); err != nil || !bytes.Equal(tidy, files[name]) {
			t.Errorf("%s: not formatted as gofmt does it", name)
		}
		list = append(list, f)
		for _, d := range f.Decls {
			for _, name := range declaredNames(d) {
				declared[name] = true
			}
		}
	}
	conf.Importer, conf.Error = state.importer, func(err error) { t.Error(err) }
	pkg, _ := conf.Check("example.com/sdk/fapi", fset, append(list, stubBeside(t, fset, declared)), nil)
	return pkg
}

// stubBeside is the runtime's stub without what is declared elsewhere.
func stubBeside(t *testing.T, fset *token.FileSet, declared map[string]bool) *ast.File {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "templates", runtimeDir, stubFile))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(fset, stubFile, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
		return slices.ContainsFunc(declaredNames(d), func(name string) bool { return declared[name] })
	})
	return f
}

// declarationsOnly is the folder of templates with the runtime's function bodies cut out, which makes a check quick.
func declarationsOnly(t testing.TB) fs.FS {
	t.Helper()
	dir := filepath.Join("..", "templates", runtimeDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	slim := fstest.MapFS{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if ok, err := gobuild.Default.MatchFile(dir, e.Name()); err != nil || !ok {
			continue // another platform's: its build line goes with the comments
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if fn.Body = nil; fn.Type.TypeParams != nil || fn.Recv != nil { // of these Go wants a body
					fn.Body = &ast.BlockStmt{List: []ast.Stmt{&ast.ExprStmt{X: &ast.CallExpr{Fun: ast.NewIdent("panic"), Args: []ast.Expr{ast.NewIdent("nil")}}}}}
				}
			}
		}
		var b bytes.Buffer
		if err := format.Node(&b, fset, f); err != nil {
			t.Fatal(err)
		}
		slim[runtimeDir+"/"+e.Name()] = &fstest.MapFile{Data: b.Bytes()}
	}
	return slim
}

// declaredNames are the names that a declaration adds to the package: methods count as those of their receiver.
func declaredNames(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return []string{receiver(d)}
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		var names []string
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.Name != "_" {
						names = append(names, n.Name)
					}
				}
			}
		}
		return names
	}
	return nil
}
