package generator

// Rules of the shapes: what the fake is told of small descriptions.

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapes(t *testing.T) {
	ref := func(name string) string { return "{$ref: '#/components/schemas/" + name + "'}" }
	for rule, tc := range map[string]struct{ schema, components, want string }{
		"scalars are zero":                   {"{required: [s, i, b], properties: {s: {type: string}, i: {type: integer}, b: {type: boolean}}}", "", `{"o":{"s":{"v":""},"i":{"v":0},"b":{"v":false}},"r":["s","i","b"]}`},
		"an optional scalar is left out":     {"{properties: {s: {type: string}}}", "", `{}`},
		"what may be null is":                {"{required: [s], properties: {s: {type: string, nullable: true}}}", "", `{"o":{"s":{"v":"","n":true}},"r":["s"]}`},
		"the first of an enum":               {"{required: [s], properties: {s: {type: string, enum: [x, y]}}}", "", `{"o":{"s":{"v":"x"}},"r":["s"]}`},
		"an enum of one is a constant":       {"{required: [s], properties: {s: {type: string, enum: [x]}}}", "", `{"o":{"s":{"v":"x","k":"constant"}},"r":["s"]}`},
		"the least number, text, list":       {"{required: [i, s, l], properties: {i: {type: integer, minimum: 3}, s: {type: string, minLength: 2}, l: {type: array, minItems: 1, items: {type: string}}}}", "", `{"o":{"i":{"v":3},"s":{"v":"xx"},"l":{"a":{"v":""},"l":1}},"r":["i","s","l"]}`},
		"an optional object that has needs":  {"{properties: {o: {required: [i], properties: {i: {type: integer}}}}}", "", `{"o":{"o":{"o":{"i":{"v":0}},"r":["i"]}}}`},
		"a component once, however deep":     {ref("T"), "T: {required: [up], properties: {up: {type: array, items: " + ref("T") + "}}}", `{"c":"T"}`},
		"a wrapped component may be null":    {"{nullable: true, allOf: [" + ref("T") + "]}", "T: {required: [i], properties: {i: {type: integer}}}", `{"c":"T","n":true}`},
		"parts that all hold are united":     {"{allOf: [" + ref("T") + ", {required: [b], properties: {b: {type: boolean}}}]}", "T: {required: [i], properties: {i: {type: integer}}}", `{"o":{"i":{"v":0},"b":{"v":false}},"r":["i","b"]}`},
		"alternatives stay apart":            {"{oneOf: [{type: array, items: {type: string}}, {required: [i], properties: {i: {type: integer}}}]}", "", `{"u":[{"a":{"v":""}},{"o":{"i":{"v":0}},"r":["i"]}]}`},
		"maps":                               {"{additionalProperties: {type: integer}}", "", `{"m":{"v":0}}`},
		"required, and not described":        {"{required: [ghost], properties: {s: {type: string}}}", "", `{"r":["ghost"]}`},
		"of needs that alternate, the first": {"{anyOf: [{required: [a]}, {required: [b]}], properties: {a: {type: string}, b: {type: string}}}", "", `{"o":{"a":{"v":""}},"r":["a"]}`},
	} {
		t.Run(rule, func(t *testing.T) {
			d := mustParse(t, "f", "paths: {/a: {get: {operationId: a, responses: {'200': {content: {application/json: {schema: "+tc.schema+"}}}}}}}\ncomponents: {schemas: {"+tc.components+"}}\n")
			table, err := operationTable(d)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(table), "\n")
			var row, want struct{ Shape map[string]any }
			if err := json.Unmarshal([]byte(first), &row); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(`{"shape":`+tc.want+`}`), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Shape, row.Shape); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAZeroTextFitsItsPattern(t *testing.T) {
	for _, pattern := range []string{`^ak_[0-9A-Fa-f]{32}$`, `^(user|org|mch)_\w{27}$`, `^(?:oauth_[a-z0-9_]+|saml)$`, `x?.y{2,5}[^a]`} {
		d := mustParse(t, "f", "paths: {}\ncomponents: {schemas: {S: {type: string, pattern: '"+pattern+"'}}}\n")
		s := scalar(d.Resolve("#/components/schemas/S"), "string")
		if text, _ := s.Value.(string); !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("%s: %q", pattern, text)
		}
	}
}

func TestTheFakeIsCopiedUnderTheModulesPath(t *testing.T) {
	cfg := lenientConfig(t)
	cfg.Module = "example.com/acme/clerk"
	out, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	own, table := 0, string(out.Files["fapitest/zz_operations.go"])
	for name, data := range out.Files {
		if strings.HasPrefix(name, "fapitest/") {
			own += strings.Count(string(data), `"example.com/acme/clerk/fapi`)
			if strings.Contains(string(data), `fapigen/templates/`+"runtime\"") || strings.Contains(string(data), `fapigen/templates/`+"fapitest\"") {
				t.Errorf("%s imports a template", name)
			}
		}
	}
	if own < 4 || out.Files["fapitest/operations_stub.go"] != nil || out.Files["fapitest/server.go"] == nil {
		t.Errorf("%d imports of the module's own packages; the stub: %v", own, out.Files["fapitest/operations_stub.go"] != nil)
	}
	if !strings.Contains(table, `"id":"createSignIn"`) || strings.Contains(table, "\t\"") {
		t.Errorf("the table: %.200s", table)
	}
}
