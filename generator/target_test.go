package generator

// Rules of targets: what is read, what is refused, and what is selected.

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestTargetSelects(t *testing.T) {
	d := mustParse(t, "f", `
paths:
  /v1/me: {get: {parameters: [{name: a, in: query}, {name: b, in: query, deprecated: true}], tags: [x, y]}}
  /v1/sign_ups/{id}: {get: {operationId: one}}
  /v1/sign_ups/{id}/{part}: {get: {operationId: part}}
components:
  schemas:
    A.B: {required: [x, y, x], properties: {it's: {type: string, nullable: true}, n: {type: integer, nullable: true}}}
`)
	for target, want := range map[string]string{
		"$.paths['/v1/me'].get.tags[1]":                                  `"y"`,
		`$.paths["/v1/me"]["get"].tags`:                                  `["x", "y"]`,
		"$.paths['/v1/me'].get.parameters[?@.name == 'b'].in":            `"query"`,
		"$.paths['/v1/me'].get.parameters[?@['name']=='b'].in":           `"query"`,
		"$.paths['/v1/me'].get.parameters[?(@.deprecated == true)].name": `"b"`,
		"$.components.schemas['A.B'].required[?@ == 'x']":                `"x" "x"`,
		"$.components.schemas['A.B'].required[?(@=='y')]":                `"y"`,
		`$.components.schemas['A.B'].properties['it\'s'].type`:           `"string"`,
		"$.components.schemas.*.properties.n.type":                       `"integer"`,
		"$..nullable":    `true true`,
		"$..['tags'][*]": `"x" "y"`,
		"$.components.schemas['A.B'].properties[?@.type == 'integer']": `{"type": "integer", "nullable": true}`,
		// A path is known by its template, whatever its parameters are called.
		"$.paths['/v1/sign_ups/{sign_up_id}'].get.operationId":        `"one"`,
		"$.paths['/v1/sign_ups/{sign_up_id}/{name}'].get.operationId": `"part"`,
		"$.paths['/v1/sign_ups/{sign_up_id}/parts'].get.operationId":  "",
		"$.nothing":                     "",
		"$.paths[0]":                    "",
		"$.components[*].nothing":       "",
		"$.paths['/v1/me'].get.tags[2]": "",
	} {
		parsed, err := parseTarget(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		var got []string
		for _, m := range parsed.find(d.Root) {
			got = append(got, compactJSON(m.node))
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: -want +got\n%s", target, diff)
		}
	}
}

func TestTargetRefuses(t *testing.T) {
	for target, want := range map[string]string{
		"paths":                        `target "paths": does not start with $`,
		"$paths":                       `target "$paths": unexpected "paths"`,
		"$.paths.x-y":                  `target "$.paths.x-y": the name "x-y" takes brackets and quotes: ['x-y']`,
		"$.":                           `target "$.": the name "" takes brackets and quotes: ['']`,
		"$['a":                         `target "$['a": a quote is not closed`,
		"$[":                           `target "$[": a bracket is not closed`,
		"$['a'":                        `target "$['a'": unexpected "" where a bracket closes; slices and unions are not read`,
		"$['a','b']":                   `target "$['a','b']": unexpected ",'b']" where a bracket closes; slices and unions are not read`,
		"$[0:2]":                       `target "$[0:2]": unexpected ":2]" where a bracket closes; slices and unions are not read`,
		"$[-1]":                        `target "$[-1]": [-1] is no name in quotes, index from 0, * or filter`,
		"$[?@.a < 3]":                  `target "$[?@.a < 3]": a filter compares with ==`,
		"$[?length(@) == 3]":           `target "$[?length(@) == 3]": a filter reads [?@ == 'v'] or [?@.name == 'v']`,
		"$[?@.a.b == 'x']":             `target "$[?@.a.b == 'x']": a filter compares @ or one member of it: @.name`,
		"$[?@ == x]":                   `target "$[?@ == x]": "x" is no string in quotes, number, boolean or null`,
		"$[?(@ == 'x']":                `target "$[?(@ == 'x']": a parenthesis is not closed`,
		"$[01]":                        `target "$[01]": [01] is no name in quotes, index from 0, * or filter`,
		"$[00]":                        `target "$[00]": [00] is no name in quotes, index from 0, * or filter`,
		"$.a ":                         `target "$.a ": ends with a blank`,
		" $.a":                         `target " $.a": does not start with $`,
		"$. a":                         `target "$. a": the name "" takes brackets and quotes: ['']`,
		"$.. a":                        `target "$.. a": the name "" takes brackets and quotes: ['']`,
		"$...a":                        `target "$...a": the name "" takes brackets and quotes: ['']`,
		"$.1a":                         `target "$.1a": the name "1a" takes brackets and quotes: ['1a']`,
		"$.a.b-c[0]":                   `target "$.a.b-c[0]": the name "b-c" takes brackets and quotes: ['b-c']`,
		`$["it\'s"]`:                   `target "$[\"it\\'s\"]": "\\'" is no escape; the escapes are \b \f \n \r \t \/ \\ \uXXXX, and \" in these quotes`,
		`$['a\x41']`:                   `target "$['a\\x41']": "\\x" is no escape; the escapes are \b \f \n \r \t \/ \\ \uXXXX, and \' in these quotes`,
		`$['\u12G4']`:                  `target "$['\\u12G4']": \u takes four hexadecimal digits`,
		`$['\u12']`:                    `target "$['\\u12']": \u takes four hexadecimal digits`,
		`$['\uD83D']`:                  `target "$['\\uD83D']": \uD83D is half of a character; the other half follows it as \uXXXX`,
		`$['\uD83D\u0041']`:            `target "$['\\uD83D\\u0041']": \uD83D is half of a character; the other half follows it as \uXXXX`,
		`$['\uDE00\uD83D']`:            `target "$['\\uDE00\\uD83D']": \uDE00 is half of a character; the other half follows it as \uXXXX`,
		"$['a\tb']":                    `target "$['a\tb']": a control character in quotes takes an escape: \u0009`,
		`$['a\`:                        `target "$['a\\": a quote is not closed`,
		"$[?@ == 1_000]":               `target "$[?@ == 1_000]": "1_000" is no string in quotes, number, boolean or null`,
		"$[?@ == 0x1F]":                `target "$[?@ == 0x1F]": "0x1F" is no string in quotes, number, boolean or null`,
		"$[?@ == yes]":                 `target "$[?@ == yes]": "yes" is no string in quotes, number, boolean or null`,
		"$[?@ == ]":                    `target "$[?@ == ]": "" is no string in quotes, number, boolean or null`,
		"$[?@.a = 'x']":                `target "$[?@.a = 'x']": a filter compares with ==`,
		"$[?@..a == 'x']":              `target "$[?@..a == 'x']": a filter compares @ or one member of it: @.name`,
		"$[?@.a == 'x' && @.b == 'y']": `target "$[?@.a == 'x' && @.b == 'y']": unexpected "&& @.b == 'y']" where a bracket closes; slices and unions are not read`,
	} {
		if _, err := parseTarget(target); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", target, err, want)
		}
	}
}

// Names are written in either kind of quotes, with the escapes of RFC 9535, or behind a dot; blanks may stand between
// the parts.
func TestTargetReadsTheGrammar(t *testing.T) {
	odd := []string{"it's", `say "hi"`, "a/b", `back\slash`, "line\nbreak", "\b\f\r\t", "caf\u00e9", "\U0001F600", "\u2028", "a.b", "[0]", "x==y", ""}
	root := blockMap()
	for _, name := range odd {
		mapSet(root, name, blockMap("v", stringNode(name)))
	}
	mapSet(root, "plain", blockMap("v", stringNode("plain"), "n", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: "1.0"}))
	for target, want := range map[string]string{
		`$['it\'s']`:                      "it's",
		`$["it's"]`:                       "it's",
		`$['it\u0027s']`:                  "it's",
		`$["say \"hi\""]`:                 `say "hi"`,
		`$['say "hi"']`:                   `say "hi"`,
		`$["\u0073ay \u0022hi\u0022"]`:    `say "hi"`,
		`$['a/b']`:                        "a/b",
		`$['a\/b']`:                       "a/b",
		`$["back\\slash"]`:                `back\slash`,
		`$['back\u005cslash']`:            `back\slash`,
		`$['back\u005Cslash']`:            `back\slash`,
		`$['line\nbreak']`:                "line\nbreak",
		`$["\b\f\r\t"]`:                   "\b\f\r\t",
		`$['\u0008\u000C\u000d\u0009']`:   "\b\f\r\t",
		`$['caf\u00e9']`:                  "caf\u00e9",
		`$['caf\u00E9']`:                  "caf\u00e9",
		"$.caf\u00e9":                     "caf\u00e9",
		"$.\U0001F600":                    "\U0001F600",
		`$['\uD83D\uDE00']`:               "\U0001F600",
		`$["\ud83d\ude00"]`:               "\U0001F600",
		`$['\u2028']`:                     "\u2028",
		`$['a.b']`:                        "a.b",
		`$["[0]"]`:                        "[0]",
		`$['']`:                           "",
		"$ [ 'plain' ]":                   "plain",
		"$\t.plain":                       "plain",
		"$\n[\r\n'plain'\t]":              "plain",
		"$..['plain']":                    "plain",
		"$[?@.v=='plain']":                "plain",
		"$[ ? @ ['v'] == \"plain\" ]":     "plain",
		"$[?(@.v == 'plain')]":            "plain",
		"$[? ( ( @ .v\t==\n'plain' ) ) ]": "plain",
		"$[?@.n == 1]":                    "plain",
		"$[?@.n == 10e-1]":                "plain",
		`$[?@['v'] == 'x==y']`:            "x==y",
		`$[?@["v"] == "caf\u00e9"]`:       "caf\u00e9",
		`$[?@.v == 'line\nbreak']`:        "line\nbreak",
	} {
		parsed, err := parseTarget(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		found := parsed.find(root)
		if len(found) != 1 || text(mapGet(found[0].node, "v")) != want {
			t.Errorf("%s selects %d nodes, want the one of %q", target, len(found), want)
		}
		if strings.ContainsAny(parsed.text, "\r\n\t") {
			t.Errorf("%q is no line", parsed.text)
		}
	}
	if found := mustTarget(t, "$[?@['absent'] == null]").find(root); len(found) > 0 {
		t.Errorf("null equals %d members that are not there", len(found))
	}
}

func mustTarget(t testing.TB, s string) target {
	t.Helper()
	parsed, err := parseTarget(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Any text is a target or one line that says why not; and any name can be written as one.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"$.a['b'][0]..*", `$["\ud83d\ude00\n"]`, "$[?(@.a == 'x')]", "$ [ ? @ ['a'] == 1.5e3 ]", "it's", "\u2028", "$[?((((", `$['\u`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := parseTarget(s); err != nil && strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q is no message of one line", err)
		}
		if s != strings.ToValidUTF8(s, "") {
			return
		}
		step := pathStep(s)
		parsed, err := parseTarget("$" + step)
		if err != nil || len(parsed.steps) != 1 || parsed.steps[0].kind != stepName || parsed.steps[0].name != s {
			t.Errorf("the name %q is written as %s, which is read as %+v, %v", s, step, parsed.steps, err)
		}
		if strings.ContainsFunc(step, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q cannot be printed", step)
		}
	})
}

func TestNearestName(t *testing.T) {
	have := []string{"update", "remove", "target", "/v1/client/sign_ins"}
	for name, want := range map[string]string{
		"udpate": "update", "Target": "target", "/v1/client/sign_in": "/v1/client/sign_ins", "copy": "", "x": "", "removed": "remove",
	} {
		if got := nearest(name, have); got != want {
			t.Errorf("nearest to %s is %q, want %q", name, got, want)
		}
	}
}
