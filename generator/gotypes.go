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
)

// packageChecker checks packages that are to be compared with each other: what they import is the same for both.
type packageChecker struct {
	fset     *token.FileSet
	importer types.Importer
	exports  map[string]string // import path to the file with its export data
	stub     fs.FS             // templates, when what a tiny description lacks comes from the runtime's stub
}

func newPackageChecker(cfg Config) *packageChecker {
	c := &packageChecker{fset: token.NewFileSet(), exports: map[string]string{}}
	c.importer = importer.ForCompiler(c.fset, "gc", c.open)
	if cfg.NoContract {
		c.stub = cfg.Templates
	}
	return c
}

func (c *packageChecker) open(path string) (io.ReadCloser, error) { return os.Open(c.exports[path]) }

// list asks the go command, once for all, where the export data of what the files import is.
func (c *packageChecker) list(files []*ast.File) error {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	have := len(args)
	for _, f := range files {
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if _, known := c.exports[path]; !known {
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
		c.exports[path] = file
	}
	return nil
}

// check is the package fapi of the files. The first thing that does not fit is the error.
func (c *packageChecker) check(files Files) (*types.Package, error) {
	var list []*ast.File
	declared := map[string]bool{}
	for _, name := range packageFiles(files) {
		f, err := parser.ParseFile(c.fset, name, files[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		noteDeclared(declared, f)
	}
	if c.stub != nil {
		f, err := stubBeside(c.stub, c.fset, declared)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	if err := c.list(list); err != nil {
		return nil, err
	}
	conf := types.Config{Importer: c.importer, IgnoreFuncBodies: true}
	return conf.Check("fapi", c.fset, list, nil)
}

func noteDeclared(declared map[string]bool, f *ast.File) {
	for _, d := range f.Decls {
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
