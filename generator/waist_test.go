package generator

// The waist of the pipeline: only builders know kin-openapi, only emitters know jennifer.

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	kin      = "github.com/getkin/kin-openapi"
	jennifer = "github.com/dave/jennifer"
)

func TestOnlyBuildersKnowKinAndOnlyEmittersKnowJennifer(t *testing.T) {
	uses := map[string]bool{}
	for name, imports := range sourceImports(t) {
		emitter := strings.HasPrefix(name, "emit")
		builder := strings.HasPrefix(name, "build") || name == "load.go" || name == "schema.go" || name == "envelope.go"
		for _, path := range imports {
			if strings.HasPrefix(path, kin) {
				uses[kin] = true
				if !builder {
					t.Errorf("%s imports %s: that belongs to the builders", name, path)
				}
			}
			if strings.HasPrefix(path, jennifer) {
				uses[jennifer] = true
				if !emitter {
					t.Errorf("%s imports %s: that belongs to the emitters", name, path)
				}
			}
			if name == "ir.go" && strings.Contains(path, ".") {
				t.Errorf("ir.go imports %s: the IR is data only", path)
			}
		}
	}
	if !uses[kin] || !uses[jennifer] {
		t.Errorf("found uses of %v: the test has lost its subject", uses)
	}
}

// sourceImports are the import paths of every file of this package that is no test.
func sourceImports(t *testing.T) map[string][]string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		imports[name] = nil
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[name] = append(imports[name], path)
		}
	}
	return imports
}
