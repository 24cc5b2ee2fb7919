package generator

// Rules of targets: what is read, what is refused, and what is selected.

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"paths":              `target "paths": does not start with $`,
		"$paths":             `target "$paths": unexpected "paths"`,
		"$.paths.x-y":        `target "$.paths.x-y": the name "x-y" takes brackets and quotes: ['x-y']`,
		"$.":                 `target "$.": the name "" takes brackets and quotes: ['']`,
		"$['a":               `target "$['a": a quote is not closed`,
		"$[":                 `target "$[": a bracket is not closed`,
		"$['a'":              `target "$['a'": unexpected "" where a bracket closes; slices and unions are not read`,
		"$['a','b']":         `target "$['a','b']": unexpected ",'b']" where a bracket closes; slices and unions are not read`,
		"$[0:2]":             `target "$[0:2]": unexpected ":2]" where a bracket closes; slices and unions are not read`,
		"$[-1]":              `target "$[-1]": [-1] is no name in quotes, index from 0, * or filter`,
		"$[?@.a < 3]":        `target "$[?@.a < 3]": a filter compares with ==`,
		"$[?length(@) == 3]": `target "$[?length(@) == 3]": a filter reads [?@ == 'v'] or [?@.name == 'v']`,
		"$[?@.a.b == 'x']":   `target "$[?@.a.b == 'x']": a filter compares @ or one member of it: @.name`,
		"$[?@ == x]":         `target "$[?@ == x]": "x" is no string in quotes, number, boolean or null`,
		"$[?(@ == 'x']":      `target "$[?(@ == 'x']": a parenthesis is not closed`,
		`$['a\n']`:           `target "$['a\\n']": a backslash escapes only the quote and itself`,
	} {
		if _, err := parseTarget(target); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", target, err, want)
		}
	}
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
