package generator

// Text is never code: whatever the texts and names of a description hold, the emitted files have the declarations of
// the description and no instruction to a tool, and what is printed moves no cursor and hides nothing.

import (
	"encoding/json"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/build/constraint"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// hostile are texts that a tool may take for more than text.
var hostile = map[string]string{
	"build constraint":            "+build windows",
	"build constraint below":      "Reads a thing.\n+build windows darwin",
	"build constraint in a list":  "- one\n- +build windows\n+build windows",
	"build constraint, wrapped":   strings.Repeat("x", commentWidth-1) + " +build windows",
	"build constraint, list wrap": "- " + strings.Repeat("x", commentWidth-5) + " +build windows",
	"build constraint, no-break":  "\u00a0+build windows",
	"build constraint, NEL":       "a\u0085+build windows",
	"build constraint, CR":        "a\r+build windows\r",
	"build constraint, CRLF":      "a\r\n+build windows\r\n",
	"build constraint, separator": "a\u2028+build windows\u2029+build windows",
	"build constraint, hidden":    "\u200b+build windows\n\ufeff+build windows\n\x00+build windows",
	"build constraint, ignore":    "+build ignore",
	"go:build":                    "//go:build windows\ngo:build windows",
	"go:embed":                    "//go:embed *\nvar all string",
	"go:generate":                 "//go:generate rm -rf .",
	"go:linkname":                 "//go:linkname a b",
	"line directive":              "//line x.go:1\n/*line x.go:1*/",
	"export":                      "//export F\nimport \"C\"",
	"end of comment":              "*/ func init() { panic(1) } /*",
	"code":                        "x\nfunc init() { panic(1) }\n",
	"marker of a generator":       "+kubebuilder:object:root=true",
	"linters":                     "nolint:all\n#nosec G101\nnolint",
	"deprecation":                 "Old.\n\nDeprecated: use another.",
	"deprecation first":           "Deprecated: use another.",
	"bidirectional controls":      "a\u202eb\u2066c\u2069d\u200fe",
	"NUL":                         "a\x00b",
	"mark of byte order":          "a\ufeffb",
	"backquote":                   "a`b` + \"c\" + `",
	"escape":                      "\x1b[2J\x1b]0;x\x07",
	"C1":                          "\u009b2J",
	"delete":                      "a\x7fb",
	"tag character":               "a\U000e0001b",
	"backslash":                   `a\b\u0041\`,
	"only controls":               "\x00\x01\u202e",
}

// hostileSpec is a description with one text, or one name, at each place.
func hostileSpec(t *testing.T, prose, name string) []byte {
	t.Helper()
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	pointer := quoted("#/components/schemas/Thing" + strings.NewReplacer("~", "~0", "/", "~1", "%", "%25").Replace(name))
	spec := `{"openapi": "3.0.3", "info": {"title": PROSE, "description": PROSE, "version": "2026-05-12"},
"tags": [{"name": NAME, "description": PROSE}],
"paths": {PATH: {"summary": PROSE, "get": {"operationId": NAME, "tags": [NAME], "summary": PROSE, "description": PROSE,
  "x-fapigen": {"doc": PROSE},
  "parameters": [{"name": NAME, "in": "query", "description": PROSE, "schema": {"type": "string", "description": PROSE}}],
  "responses": {"200": {"description": PROSE, "content": {"application/json": {"schema": {"$ref": REF}}}}}},
 "post": {"operationId": "other", "description": PROSE,
  "requestBody": {"description": PROSE, "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object",
    "properties": {"first": {"type": "string", "description": PROSE, "x-fapigen": {"doc": PROSE}}, NAME: {"type": "string"}}}}}},
  "responses": {"204": {"description": PROSE}}}}},
"components": {"schemas": {
  SCHEMA: {"type": "object", "title": PROSE, "description": PROSE, "x-fapigen": {"doc": PROSE}, "properties": {
    "kept": {"type": "string", "description": PROSE, "x-fapigen": {"doc": PROSE}},
    NAME: {"type": "string", "description": PROSE},
    "state": {"type": "string", "description": PROSE, "enum": ["on", NAME]}}}}}}`
	return []byte(strings.NewReplacer("PROSE", quoted(prose), "NAME", quoted(name), "PATH", quoted("/v1/things/"+name), "REF", pointer,
		"SCHEMA", quoted("Thing"+name)).Replace(spec))
}

func TestTextIsNeverCode(t *testing.T) {
	plain, err := Generate(hostileConfig(t, hostileSpec(t, "plain", "plain")))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range hostile {
		t.Run("prose/"+what, func(t *testing.T) {
			t.Parallel()
			out, err := Generate(hostileConfig(t, hostileSpec(t, text, "plain")))
			if err != nil {
				t.Fatal(err)
			}
			isOnlyCode(t, out.Files)
			typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files)
			if got, want := allDeclared(t, out.Files), allDeclared(t, plain.Files); !slices.Equal(got, want) {
				t.Errorf("declarations\n got %s\nwant %s", got, want)
			}
		})
		t.Run("name/"+what, func(t *testing.T) {
			t.Parallel()
			out, err := Generate(hostileConfig(t, hostileSpec(t, "plain", text)))
			if err != nil {
				isShown(t, err.Error(), "\n")
				return
			}
			isOnlyCode(t, out.Files)
			typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files)
			for _, w := range out.Summary.Warnings {
				isShown(t, w, "")
			}
		})
	}
}

func hostileConfig(t testing.TB, spec []byte) Config {
	return Config{Spec: Source{Name: "spec.json", Data: spec}, Module: "example.com/sdk", Templates: declarationsOnly(t), NoContract: true}
}

// exempting is a comment by which linters let something pass.
var exempting = regexp.MustCompile(`^(nolint|#nosec)([ :]|$)`)

// isOnlyCode checks the files by other means than the generator has: the Go tools would build each of them everywhere.
func isOnlyCode(t *testing.T, files Files) {
	t.Helper()
	for name, data := range files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		isShown(t, string(data), "\n\t")
		f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ParseComments)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if formatted, err := format.Source(data); err != nil || string(formatted) != string(data) {
			t.Errorf("%s is not formatted: %v", name, err)
		}
		if strings.Contains(string(data), "from templates/") {
			continue // a file of the runtime may be for one system
		}
		ctx := gobuild.Context{GOOS: "plan9", GOARCH: "mips", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(data))), nil
		}}
		if match, err := ctx.MatchFile("", path.Base(name)); !match || err != nil || strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s is not part of every build: %v", name, err)
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				word := strings.TrimSpace(strings.TrimPrefix(c.Text, "//"))
				if constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text) || exempting.MatchString(word) ||
					!strings.HasPrefix(c.Text, "// ") && c.Text != "//" {
					t.Errorf("%s: comment %q", name, c.Text)
				}
			}
		}
	}
}

// isShown checks that a text has nothing in it that a terminal acts on or hides.
func isShown(t *testing.T, text, keep string) {
	t.Helper()
	for i, r := range text {
		hidden := r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xad || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b ||
			r == 0x200e || r == 0x200f || r == 0x61c || r == 0xfeff || r >= 0xe0000 && r <= 0xe0fff
		if hidden && !strings.ContainsRune(keep, r) || r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			t.Errorf("%U in %q", r, text[max(0, i-40):min(len(text), i+40)])
			return
		}
	}
}

// allDeclared lists the top-level names of package fapi.
func allDeclared(t *testing.T, files Files) []string {
	t.Helper()
	names := map[string]bool{}
	for name, data := range files {
		if !strings.HasPrefix(name, packageDir) || !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, data, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names["func "+n.Name.Name] = true
				return false
			case *ast.TypeSpec:
				names["type "+n.Name.Name] = true
			case *ast.ValueSpec:
				for _, id := range n.Names {
					names["value "+id.Name] = true
				}
			case *ast.Field:
				for _, id := range n.Names {
					names["field "+id.Name] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(names))
}

func TestProseAloneDoesNotDeprecate(t *testing.T) {
	for what, text := range map[string]string{"first paragraph": "Deprecated: no.", "later paragraph": "Old.\n \t\nDeprecated: no.", "after a separator": "Old.\n\n\u202eDeprecated: no."} {
		t.Run(what, func(t *testing.T) {
			out, err := Generate(hostileConfig(t, []byte(strings.Replace(string(hostileSpec(t, text, "plain")), `"x-fapigen": {"doc"`, `"x-other": {"doc"`, -1))))
			if err != nil {
				t.Fatal(err)
			}
			for name, data := range out.Files {
				if strings.Contains(string(data), "// Deprecated:") && !strings.Contains(string(data), "from templates/") {
					t.Errorf("%s:\n%s", name, data)
				}
			}
		})
	}
}

// The file of a service is part of every build, and can be made on every system.
func TestFileNamesAreForEverySystem(t *testing.T) {
	for _, name := range []string{"Windows", "Test", "UserTest", "FileArm64", "OrgPlan9", "Riscv64", "UserJS", "Wasm", "LinuxAmd64", "UserFreebsd", "Con", "Aux", "Com1",
		"Doc", "Services", "Unix", "UserWasip1", strings.Repeat("Long", 100)} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			api := &API{Version: "2026-05-12", Services: []*Service{{Path: name, Field: name, Name: name + "Service"}},
				Types: []*Type{{Name: name + "Type", Kind: KindStruct, From: []string{"#/x"}}}}
			for i := range 40 { // a family of its own
				api.Types[0].Fields = append(api.Types[0].Fields, &Field{Name: fmt.Sprint("F", i), Wire: fmt.Sprint("f", i), Type: builtin("string"), In: InJSON})
			}
			api.Types = append(api.Types, &Type{Name: name, Kind: KindStruct, From: []string{"#/y"}})
			files, err := emitIR(api)
			if err != nil {
				t.Fatal(err)
			}
			isOnlyCode(t, files)
			for file := range files {
				stem, _, _ := strings.Cut(path.Base(file), ".")
				if len(path.Base(file)) > 200 || slices.Contains([]string{"con", "aux", "com1"}, stem) {
					t.Errorf("file %s", file)
				}
			}
			if err := verify(files, nil, api); err != nil {
				t.Error(err)
			}
		})
	}
}

// FuzzCommentText puts a text into every kind of comment that is emitted.
func FuzzCommentText(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := Doc{Sentence: text, Upstream: text}
		field := func(name string, in Location, doc Doc) *Field {
			return &Field{Name: name, Wire: strings.ToLower(name), Type: builtin("*string"), In: in, Doc: doc}
		}
		op := &Operation{ID: text, Verb: "GET", Path: "/v1/" + text, Name: "Do", Iterator: "DoAll", Doc: d, Tag: text,
			Result: Result{Kind: ResultPage, Type: builtin("string"), Beside: []string{text}},
			Params: &Type{Name: "DoParams", Kind: KindParams, Of: "S.Do", Doc: d, Fields: []*Field{field("A", InQuery, Doc{Upstream: text})}}}
		api := &API{Version: "2026-05-12", Codes: []Code{{Name: "CodeX", Wire: "x" + text, Meta: []string{text}}},
			Services: []*Service{{Path: text, Field: "S", Name: "SService", Doc: d, Operations: []*Operation{op}}},
			Types: []*Type{
				{Name: "E", Kind: KindEnum, Of: text, Doc: d, Values: []EnumValue{{Name: "EX", Wire: text}}, From: []string{text}},
				{Name: "T", Kind: KindStruct, From: []string{text}, Fields: []*Field{field("A", InJSON, d), field("B", InJSON, Doc{Sentence: text})}},
				{Name: "U", Kind: KindUnion, Doc: d, From: []string{text}},
			}}
		files, err := emitIR(api)
		if err != nil {
			t.Fatal(err)
		}
		isOnlyCode(t, files)
		if err := verify(files, nil, api); err != nil {
			t.Error(err)
		}
		if n := strings.Count(allText(files), "\n\ntype T struct {"); n > 1 {
			t.Errorf("%d types T", n)
		}
	})
}

func TestYAMLWithControlsKeepsItsMeaning(t *testing.T) {
	for what, text := range hostile {
		t.Run(what, func(t *testing.T) {
			for key, value := range map[string]string{text: "plain", "plain": text, "list": "a\tb" + text + "\nc\n"} {
				var read map[string]string
				printed := encodeYAML(blockMap(key, stringNode(value)))
				isShown(t, printed, "\n\t")
				if err := yaml.Unmarshal([]byte(printed), &read); err != nil || read[key] != value {
					t.Errorf("%q reads %q, %v\n%s", value, read, err, printed)
				}
			}
		})
	}
}

func allText(files Files) string {
	var b strings.Builder
	for _, name := range sortedKeys(files) {
		b.Write(files[name])
	}
	return b.String()
}

// FuzzTerminal holds what is printed to its promise: nothing in it is acted on, what was safe stays, JSON keeps its meaning.
func FuzzTerminal(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Add("Grüße, \u200d👩\u200d💻 a\tb\n")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		isShown(t, OneLine(text), "")
		isShown(t, Terminal(text), "\n\t")
		if again := Terminal(Terminal(text)); again != Terminal(text) {
			t.Errorf("twice %q, once %q", again, Terminal(text))
		}
		data, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var was, now string
		if err := json.Unmarshal(data, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(Terminal(string(data))), &now); err != nil || now != was {
			t.Errorf("JSON reads %q, %v; want %q", now, err, was)
		}
		ascii := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
		if ascii && OneLine(text) != text {
			t.Errorf("%q became %q", text, OneLine(text))
		}
	})
}
