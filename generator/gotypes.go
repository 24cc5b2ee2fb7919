package generator

// Drift, Go types: an emitted package in memory as Go's type checker sees it, function bodies left out.

import (
	"bytes"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// standard is the standard library's types, read once for all packages that are to be compared: types of two importers are
// never the same.
var standard = sync.OnceValue(func() *standardTypes {
	s := &standardTypes{exports: map[string]string{}}
	s.importer = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(s.exports[path]) })
	return s
})

type standardTypes struct {
	sync.Mutex
	importer types.Importer
	exports  map[string]string // import path to the file with its export data
}

// list asks the go command, once for all, where the export data of what the files import is.
func (s *standardTypes) list(files []*ast.File) error {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	have := len(args)
	for _, f := range files {
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if _, known := s.exports[path]; !known {
				args = appendNew(args, path)
			}
		}
	}
	if len(args) == have {
		return nil
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GO111MODULE=off", "GOFLAGS=") // the standard library only, wherever we are
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("comparing Go APIs needs the go command: %s", oneLine(err))
	}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		s.exports[path] = file
	}
	return nil
}

// packageTypes is the package fapi of the files. The first thing that does not fit is the error. What a tiny description lacks
// comes from the runtime's stub.
func packageTypes(files Files, cfg Config) (*types.Package, error) {
	fset := token.NewFileSet()
	var list []*ast.File
	declared := map[string]bool{}
	for _, name := range packageFiles(files) {
		f, err := parser.ParseFile(fset, name, files[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		noteDeclared(declared, f)
	}
	if cfg.NoContract {
		f, err := stubBeside(cfg.Templates, fset, declared)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	std := standard()
	std.Lock()
	defer std.Unlock()
	if err := std.list(list); err != nil {
		return nil, err
	}
	conf := types.Config{Importer: std.importer, IgnoreFuncBodies: true}
	return conf.Check("fapi", fset, list, nil)
}

func noteDeclared(declared map[string]bool, f *ast.File) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
			continue // a method declares nothing: its type is declared elsewhere
		}
		for _, name := range declaredNames(d) {
			declared[name] = true
		}
	}
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

// stubBeside is the runtime's stub without what is declared elsewhere.
func stubBeside(templates fs.FS, fset *token.FileSet, declared map[string]bool) (*ast.File, error) {
	src, err := fs.ReadFile(templates, path.Join(runtimeDir, stubFile))
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(fset, stubFile, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
		return slices.ContainsFunc(declaredNames(d), func(name string) bool { return declared[name] })
	})
	return f, nil
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
