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
	"io/fs"
	"os"
	"path/filepath"
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
		noteDeclared(declared, f)
	}
	stub, err := stubBeside(os.DirFS(filepath.Join("..", "templates")), fset, declared)
	if err != nil {
		t.Fatal(err)
	}
	conf.Importer, conf.Error = state.importer, func(err error) { t.Error(err) }
	pkg, _ := conf.Check("example.com/sdk/fapi", fset, append(list, stub), nil)
	return pkg
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
