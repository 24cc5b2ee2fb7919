package generator

// Rules of the fold and of dropping prose, on small documents and on the published ones.

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestFoldedNames(t *testing.T) {
	for name, want := range map[string]string{
		"Client.Client-2": "Client.Client", "schemas-Client.Client": "Client.Client", "responses-X-12": "X", "X": "X",
		"schemas-schemas-X-2-3": "X", "X-v2": "X-v2", "X-2y": "X-2y", "-2": "-2", "schemas-": "schemas-", "X2": "X2",
	} {
		if got := foldedName(name); got != want {
			t.Errorf("%s folds to %s, want %s", name, got, want)
		}
	}
}

// schemas wraps components.schemas in flow style, with one operation that refers to X-2.
func schemas(body string) string {
	return "paths: {/a: {get: {responses: {'200': {content: {json: {schema: {$ref: '#/components/schemas/X-2'}}}}}}}}\n" +
		"components:\n  schemas:\n" + body
}

func TestFold(t *testing.T) {
	for name, tc := range map[string]struct{ in, want, united string }{
		"properties are united, base first": {
			"    X: {properties: {a: {type: string}}}\n    X-2: {properties: {b: {type: string}, a: {type: string}}}\n",
			"{X: {properties: {a: {type: string}, b: {type: string}}}}", "properties: b added"},
		"required is what both require": {
			"    X: {required: [a, b]}\n    X-2: {required: [b, c]}\n",
			"{X: {required: [b]}}", "the whole: a no longer required"},
		"nothing is required when one copy requires nothing": {
			"    X: {required: [a], type: object}\n    X-2: {type: object}\n",
			"{X: {type: object}}", "the whole: a no longer required"},
		"enum values are united": {
			"    X: {enum: [a, b]}\n    X-2: {enum: [c, b]}\n",
			"{X: {enum: [a, b, c]}}", `enum: "c" added`},
		"union branches are united after their references are rewritten": {
			"    X: {oneOf: [{$ref: '#/components/schemas/Y'}]}\n    X-2: {oneOf: [{$ref: '#/components/schemas/Y-2'}, {type: string}]}\n    Y: {}\n    Y-2: {}\n",
			"{X: {oneOf: [{$ref: '#/components/schemas/Y'}, {type: string}]}, Y: {}}", `oneOf: {"type": "string"} added`},
		"nullable in either is nullable": {
			"    X: {type: string}\n    X-2: {type: string, nullable: true}\n",
			"{X: {type: string, nullable: true}}", "the whole: nullable added"},
		"closed in one copy only is open": {
			"    X: {additionalProperties: false, type: object}\n    X-2: {type: object}\n",
			"{X: {type: object}}", "the whole: additionalProperties dropped"},
		"a constraint of one copy only is dropped": {
			"    X: {type: string, pattern: a, maxLength: 3}\n    X-2: {type: string, pattern: b, maxLength: 3}\n",
			"{X: {type: string, maxLength: 3}}", "the whole: pattern dropped"},
		"what cannot be united keeps the base, and says so": {
			"    X: {properties: {a: {type: string}}}\n    X-2: {properties: {a: {type: integer}}}\n",
			"{X: {properties: {a: {type: string}}}}", `properties.a.type: "string" kept, X-2 has "integer"`},
		"a reference is not mixed with a definition": {
			"    X: {properties: {a: {$ref: '#/components/schemas/Y'}}}\n    X-2: {properties: {a: {type: string}}}\n    Y: {}\n",
			"{X: {properties: {a: {$ref: '#/components/schemas/Y'}}}, Y: {}}", `properties.a: {"$ref": "#/components/schemas/Y"} kept, X-2 has {"type": "string"}`},
		"a copy without its original is renamed in place": {
			"    X-2: {type: string}\n    Y: {}\n", "{X: {type: string}, Y: {}}", ""},
		"names that readers refuse are respelled, and kept apart": {
			"    My Type: {type: string}\n    Größe: {allOf: [{$ref: '#/components/schemas/My%20Type'}]}\n    Grüße: {allOf: [{$ref: '#/components/schemas/My Type'}]}\n",
			"{My_Type: {type: string}, Gr_F6_DFe: {allOf: [{$ref: '#/components/schemas/My_Type'}]}, Gr_FC_DFe: {allOf: [{$ref: '#/components/schemas/My_Type'}]}}", ""},
		"prose makes no difference": {
			"    X: {type: string, description: one}\n    X-2: {type: string, description: two}\n",
			"{X: {type: string, description: one}}", ""},
		"the original wins wherever it stands": {
			"    X-2: {type: string, title: copy}\n    X: {type: string, title: original}\n",
			"{X: {type: string, title: original}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, "f", schemas(tc.in))
			folds, err := Normalise(d)
			if err != nil || len(folds) == 0 {
				t.Fatal(folds, err)
			}
			want := mustParse(t, "want", tc.want)
			if diff := cmp.Diff(jsonOf(t, want), jsonOf(t, &Document{Root: d.Resolve("/components/schemas")})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got := strings.Join(folds[0].United, "; "); got != tc.united {
				t.Errorf("reported %q, want %q", got, tc.united)
			}
			if again, err := Normalise(d); err != nil || len(again) != 0 {
				t.Errorf("a second fold did something: %v %v", again, err)
			}
		})
	}
}

func TestFoldRewritesEveryReference(t *testing.T) {
	d := mustParse(t, "f", `
paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/P-2'}], responses: {'200': {$ref: '#/components/responses/responses-R'}}}}}
components:
  parameters: {P-2: {name: p}}
  responses: {responses-R: {description: x}}
  schemas:
    A: {oneOf: [{$ref: '#/components/schemas/schemas-B/properties/x'}], discriminator: {mapping: {b: '#/components/schemas/schemas-B'}}}
    schemas-B: {properties: {x: {type: string}}}
`)
	folds, err := Normalise(d)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range folds {
		got = append(got, f.String())
	}
	want := []string{"schema B: folds schemas-B", "response R: folds responses-R", "parameter P: folds P-2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if out := jsonOf(t, d); strings.Contains(out, "-2") || strings.Contains(out, "schemas-") || strings.Contains(out, "responses-") {
		t.Errorf("a copy's name is left:\n%s", out)
	}
}

func TestNormaliseRefusesAComponentThatIsNoMapping(t *testing.T) {
	_, err := Normalise(mustParse(t, "f", "components:\n  schemas:\n    X-2: hello\n"))
	if want := "f:3: components.schemas.X-2: a string where a mapping belongs"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// walk visits every node with its path.
func walkTree(n *yaml.Node, path string, visit func(path string, n *yaml.Node)) {
	visit(path, n)
	for key, value := range mapPairs(n) {
		walkTree(value, path+"/"+key, visit)
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			walkTree(item, path+"/*", visit)
		}
	}
}

func TestPublishedFilesFoldCleanly(t *testing.T) {
	for name, data := range publishedFiles(t) {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, name, string(data))
			folds, err := Normalise(d)
			if err != nil || len(folds) != 10 {
				t.Fatalf("%d folds, want 10; %v", len(folds), err)
			}
			walkTree(d.Root, "", func(path string, n *yaml.Node) {
				if ref := text(mapGet(n, "$ref")); ref != "" && d.Resolve(ref) == nil {
					t.Errorf("%s: %s leads nowhere", d.Where(n), ref)
				}
			})
			for _, kind := range []string{"schemas", "responses", "parameters"} {
				for key := range mapPairs(d.Resolve("/components/" + kind)) {
					if foldedName(key) != key {
						t.Errorf("%s %s is left", kind, key)
					}
				}
			}
			status := d.Resolve("/components/schemas/Client.SessionBase/properties/status/enum")
			if !holds("", status, stringNode("pending")) {
				t.Error("the folded session has no status pending")
			}
			second := d.Clone()
			if again, err := Normalise(second); err != nil || len(again) > 0 || jsonOf(t, second) != jsonOf(t, d) {
				t.Errorf("a second fold did something: %v %v", again, err)
			}
		})
	}
}

func TestProseIsDroppedByPosition(t *testing.T) {
	d := mustParse(t, "f", `
info: {title: An API, description: x, version: v1, x-logo: {url: x}, contact: {name: n}}
servers: [{url: u, description: x, variables: {v: {default: d, description: x}}}]
tags: [{name: t, description: x, externalDocs: {url: x}}]
externalDocs: {url: x}
paths:
  /a:
    summary: x
    description: x
    parameters: [{name: p, description: x, example: 1, schema: {type: string, title: x}}]
    get:
      summary: x
      description: x
      requestBody: {description: x, content: {json: {example: {description: kept out}, schema: {description: x, properties: {summary: {type: string}}}}}}
      responses:
        '200': {description: long, headers: {x-rate: {description: x, schema: {type: integer}}}}
        '400': {$ref: '#/components/responses/E', description: x}
components:
  securitySchemes: {s: {type: http, description: x}}
  examples: {e: {value: 1}}
  responses: {E: {description: x}}
  schemas:
    S:
      title: x
      description: x
      externalDocs: {url: x}
      required: [description, title]
      default: {description: kept}
      enum: [{title: kept}]
      properties:
        description: {type: string, description: x, example: x}
        title: {items: {description: x}}
        x-own: {type: string, description: x}
      additionalProperties: {description: x}
      allOf: [{description: x, not: {title: x}}]
`)
	want := mustParse(t, "want", `
info: {title: An API, version: v1, contact: {name: n}}
servers: [{url: u, variables: {v: {default: d}}}]
tags: [{name: t}]
paths:
  /a:
    parameters: [{name: p, schema: {type: string}}]
    get:
      requestBody: {content: {json: {schema: {properties: {summary: {type: string}}}}}}
      responses:
        '200': {description: '', headers: {x-rate: {schema: {type: integer}}}}
        '400': {$ref: '#/components/responses/E'}
components:
  securitySchemes: {s: {type: http}}
  responses: {E: {description: ''}}
  schemas:
    S:
      required: [description, title]
      default: {description: kept}
      enum: [{title: kept}]
      properties:
        description: {type: string}
        title: {items: {}}
        x-own: {type: string}
      additionalProperties: {}
      allOf: [{not: {}}]
`)
	DropProse(d)
	if diff := cmp.Diff(jsonOf(t, want), jsonOf(t, d)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// propertyPaths are the paths of all schema properties, as a sorted list with repeats.
func propertyPaths(d *Document) []string {
	var paths []string
	walkTree(d.Root, "", func(path string, n *yaml.Node) {
		for key := range mapPairs(mapGet(n, "properties")) {
			paths = append(paths, path+"/"+key)
		}
	})
	slices.Sort(paths)
	return paths
}

func TestDroppingProseKeepsEveryPropertyOfThePublishedFile(t *testing.T) {
	d := mustParse(t, "2026-05-12.yml", string(sharedFile(t, "specs", "fapi", "2026-05-12.yml")))
	before := propertyPaths(d)
	var prose []string
	walkTree(d.Root, "", func(path string, n *yaml.Node) {
		for _, key := range []string{"description", "summary"} {
			if s := text(mapGet(n, key)); len(s) > 40 {
				prose = append(prose, s)
			}
		}
	})
	DropProse(d)
	if diff := cmp.Diff(before, propertyPaths(d)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	called := 0
	for _, path := range before {
		if strings.HasSuffix(path, "/description") {
			called++
		}
	}
	if called < 9 {
		t.Errorf("only %d properties are called description; the test has lost its subject", called)
	}
	out := jsonOf(t, d)
	if len(prose) < 500 {
		t.Errorf("only %d long texts upstream; the test has lost its subject", len(prose))
	}
	for _, s := range prose {
		quoted := jsonOf(t, &Document{Root: stringNode(s)})
		if strings.Contains(out, strings.TrimSpace(quoted)) {
			t.Errorf("still there: %s", s)
		}
	}
	if m := regexp.MustCompile(`"(description|summary|title)": "[^"]+"`).FindAllString(out, -1); len(m) != 1 || m[0] != `"title": "Clerk Frontend API"` {
		t.Errorf("prose is left: %q", m)
	}
}
