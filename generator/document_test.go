package generator

// Rules of the document tree: what is read, what is refused, and that writing is canonical.

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sharedFile reads an input that lies beside the repository, and skips the test where it does not.
func sharedFile(t testing.TB, elem ...string) []byte {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "shared"}, elem...)...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("%s is not here: this test wants a full published description", path)
	}
	return data
}

// publishedFiles are the full descriptions beside the repository.
func publishedFiles(t testing.TB) map[string][]byte {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join("..", "..", "shared", "specs", "*", "*.yml"))
	if len(paths) == 0 {
		t.Skip("../../shared/specs is not here: this test wants full published descriptions")
	}
	files := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

func mustParse(t testing.TB, name, data string) *Document {
	t.Helper()
	d, err := ParseDocument(name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func jsonOf(t testing.TB, d *Document) string {
	t.Helper()
	data, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestParseDocumentRefuses(t *testing.T) {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		alias := strings.TrimSuffix(strings.Repeat("*a"+string(rune('0'+i))+", ", 10), ", ")
		laughs += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + alias + "]\n"
	}
	for name, tc := range map[string]struct{ data, want string }{
		"nothing":                         {"", "f: empty"},
		"white space":                     {" \n\n", "f: empty"},
		"a comment alone":                 {"# nothing\n", "f: empty"},
		"null":                            {"~\n", "f: empty"},
		"a list":                          {"- a\n", "f:1: the top is no mapping but a list"},
		"a scalar":                        {"hello\n", "f:1: the top is no mapping but a string"},
		"a repeated key":                  {"a: 1\nb: 2\na: 3\n", `f:3: key "a": given before at line 1`},
		"a repeated key in JSON":          {"{\n\"a\": 1,\n\"a\": 2}", `f:3: key "a": given before at line 2`},
		"a key that is repeated as text":  {"200: x\n'200': y\n", `f:2: key "200": given before at line 1`},
		"a second document":               {"a: 1\n---\nb: 2\n", "f:2: a second document; one file holds one"},
		"an alias in its own anchor":      {"a: &x\n  b: *x\n", "f:2: alias *x: stands inside its own anchor"},
		"aliases that multiply":           {laughs, "f:1: aliases expand to more than 500000 nodes"},
		"an unknown alias":                {"a: *x\n", "f: not YAML: unknown anchor 'x' referenced"},
		"a merge key":                     {"a: &x {b: 1}\nc:\n  <<: *x\n", "f:3: merge key <<: not read; write the members out"},
		"a mapping as key":                {"? {a: 1}\n: 2\n", "f:1: a key that is a mapping"},
		"a null key":                      {"~: 2\n", "f:1: a key that is null"},
		"a tag of its own":                {"a: !thing x\n", "f:1: tag !thing: not known"},
		"binary":                          {"a: !!binary aGk=\n", "f:1: tag !!binary: not known"},
		"infinity":                        {"a: .inf\n", "f:1: .inf: no number of JSON"},
		"text that is not UTF-8":          {"a: 1\nb: \xff\n", "f:2: not UTF-8 text"},
		"JSON that ends early":            {"{\n\"a\": [1,", "f:2: not JSON: it ends in the middle"},
		"JSON with something after it":    {"{\"a\": 1}\n{}", "f:2: something follows the JSON value"},
		"YAML that is broken":             {"a: [1\nb: 2\n", "f:2: not YAML: did not find expected ',' or ']'"},
		"a file that is too large":        {strings.Repeat(" ", maxBytes+1), "f: 32.0 MiB, limit 32 MiB"},
		"lists that nest without end":     {`{"a": ` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}", "f:1: nested deeper than 1000 levels"},
		"mappings that nest without end":  {"a: " + strings.Repeat("{a: ", 2000) + strings.Repeat("}", 2000), "f:1: nested deeper than 1000 levels"},
		"an HTML page instead of a spec":  {"<!DOCTYPE html>\n<html></html>\n", "f:1: the top is no mapping but a string"},
		"an integer that is not a number": {"a: !!int x\n", "f:1: x: no number of JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseDocument("f", []byte(tc.data))
			if err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestCanonicalJSON(t *testing.T) {
	for name, tc := range map[string]struct{ data, want string }{
		"keys keep their order":            {"b: 1\na: 2\n", "{\n  \"b\": 1,\n  \"a\": 2\n}\n"},
		"a status is a string key":         {"200: x\n", "{\n  \"200\": \"x\"\n}\n"},
		"empty containers stay short":      {"a: {}\nb: []\n", "{\n  \"a\": {},\n  \"b\": []\n}\n"},
		"nothing is escaped for HTML":      {"a: <b> & c\n", "{\n  \"a\": \"<b> & c\"\n}\n"},
		"control characters are":           {`a: "x\ty\"z\\"`, "{\n  \"a\": \"x\\ty\\\"z\\\\\"\n}\n"},
		"other scripts stay readable":      {"a: žluť 🐎\n", "{\n  \"a\": \"žluť 🐎\"\n}\n"},
		"numbers stay as written":          {"a: 1.50\nb: 1e3\nc: -0\n", "{\n  \"a\": 1.50,\n  \"b\": 1e3,\n  \"c\": -0\n}\n"},
		"YAML's own numbers become JSON's": {"a: 0x1f\nb: 1_000\nc: .5\nd: +1\n", "{\n  \"a\": 31,\n  \"b\": 1000,\n  \"c\": 0.5,\n  \"d\": 1\n}\n"},
		"a bare date is a string":          {"a: 2026-05-12\n", "{\n  \"a\": \"2026-05-12\"\n}\n"},
		"yes is a string, true is not":     {"a: yes\nb: True\nc: ~\n", "{\n  \"a\": \"yes\",\n  \"b\": true,\n  \"c\": null\n}\n"},
		"aliases are written out":          {"a: &x {k: [1]}\nb: *x\n", "{\n  \"a\": {\n    \"k\": [\n      1\n    ]\n  },\n  \"b\": {\n    \"k\": [\n      1\n    ]\n  }\n}\n"},
		"JSON escapes are understood":      {`{"a": "\ud83d\udc0e\/é"}`, "{\n  \"a\": \"🐎/é\"\n}\n"},
		"tabs indent JSON":                 {"{\n\t\"a\": 1\n}", "{\n  \"a\": 1\n}\n"},
		"a byte order mark is dropped":     {"\ufeffa: 1\n", "{\n  \"a\": 1\n}\n"},
		"flow YAML is no broken JSON":      {"{a: b}\n", "{\n  \"a\": \"b\"\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := jsonOf(t, mustParse(t, "f", tc.data))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if again := jsonOf(t, mustParse(t, "f.json", got)); again != got {
				t.Errorf("reading the JSON back gives %s", again)
			}
		})
	}
}

func TestWhereNamesFileAndLine(t *testing.T) {
	for name, data := range map[string]string{
		"YAML": "a:\n  b:\n    - c\n    - d\n",
		"JSON": "{\"a\":\n{\"b\": [\n\"c\",\n\"d\"]}}",
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, "spec", data)
			if got := d.Where(d.Resolve("/a/b/1")); got != "spec:4" {
				t.Errorf("the second item stands at %s, want spec:4", got)
			}
			if got := d.Where(nil); got != "spec" {
				t.Errorf("nothing stands at %s, want spec", got)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	d := mustParse(t, "f", "paths: {'/a/{b}': {get: {tags: [x, y]}}}\n'': {'': deep}\n")
	for pointer, want := range map[string]string{
		"#/paths/~1a~1{b}/get/tags/1": "y", "/paths/~1a~1{b}/get/tags/0": "x", "#//": "deep",
		"#/paths/~1a~1{b}/get/tags/2": "", "#/nothing": "", "paths": "", "#/paths/~1a~1{b}/get/tags/x": "",
	} {
		if got := text(d.Resolve(pointer)); got != want {
			t.Errorf("%s is %q, want %q", pointer, got, want)
		}
	}
	if d.Resolve("#") != d.Root || d.Resolve("") != d.Root {
		t.Error("the empty pointer is not the root")
	}
}

func TestMapHelpersTakeNil(t *testing.T) {
	mapSet(nil, "a", stringNode("x"))
	if mapGet(nil, "a") != nil || mapDelete(nil, "a") || len(mapKeys(nil)) != 0 {
		t.Error("nil is not an empty mapping")
	}
}

func TestCloneSharesNothing(t *testing.T) {
	d := mustParse(t, "f", "a: {b: 1}\n")
	before := jsonOf(t, d)
	c := d.Clone()
	mapSet(mapGet(c.Root, "a"), "b", stringNode("changed"))
	mapDelete(c.Root, "a")
	if got := jsonOf(t, d); got != before {
		t.Errorf("changing the clone made the original %s", got)
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{"a: 1", "{\"a\": [1, null, true]}", "a: &x [*x]", "200: {<<: 1}", "? [a]\n: b", "- a", "a: !!int 0x_", "\ufeff{a: .5}",
		"a: |\n  b\n c", "%YAML 1.2\n---\na: b\n...\n", "a: !!float 1_0", "{\"a\": \"\\ud83d\"}", "a: *b", "!!map {a: b}", "a: 2001-01-01"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseDocument("f", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") && !bytes.Contains(data, []byte("\n")) || !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("not one line with its subject: %q", err)
			}
			return
		}
		out, err := d.JSON()
		if err != nil || !json.Valid(out) {
			t.Fatalf("no JSON: %v\n%s", err, out)
		}
		again, err := ParseDocument("f", out)
		if err != nil {
			t.Fatalf("%s does not read back: %v", out, err)
		}
		if second, _ := again.JSON(); !bytes.Equal(out, second) {
			t.Fatalf("%s became %s", out, second)
		}
	})
}
