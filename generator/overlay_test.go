package generator

// Rules of the overlay engine: what the parser refuses, which outcome a patch has and why, and the traps that other
// engines are known for.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustOverlay(t testing.TB, actions string) *Overlay {
	t.Helper()
	o, err := ParseOverlay("o", []byte(overlayText(actions)))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func overlayText(actions string) string {
	return "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n" + actions
}

func TestParseOverlayRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"another version":         {"overlay: 1.2.0\nactions: []\n", "o:1: overlay 1.2.0: not read; fapigen reads 1.0 and 1.1"},
		"no version":              {"actions: []\n", "o:1: no overlay member; an overlay starts with overlay: 1.1.0"},
		"no actions":              {"overlay: 1.1.0\n", "o:1: no list of actions"},
		"an unknown top key":      {"overlay: 1.1.0\naction: []\nactions: []\n", `o:2: overlay: unknown key "action" (did you mean "actions"?)`},
		"an action that is text":  {overlayText("- hello\n"), "o:4: an action is a mapping, not a string"},
		"a typo of update":        {overlayText("- target: $\n  udpate: {a: 1}\n  remove: false\n  update: {}\n"), `o:5: action: unknown key "udpate" (did you mean "update"?)`},
		"a typo of our extension": {overlayText("- target: $.a\n  remove: true\n  x-fapigen-pach: {id: a}\n"), `o:6: action: unknown key "x-fapigen-pach" (did you mean "x-fapigen-patch"?)`},
		"no target":               {overlayText("- update: {a: 1}\n"), "o:4: action: no target"},
		"nothing to do":           {overlayText("- target: $.a\n"), "o:4: action: neither update nor remove"},
		"both at once":            {overlayText("- target: $.a\n  remove: true\n  update: {}\n"), "o:4: action: both update and remove; make it two actions with one id"},
		"copy":                    {overlayText("- target: $.a\n  copy: $.b\n  update: {}\n"), "o:4: action: copy is not read; write the copy out with update"},
		"remove that is text":     {overlayText("- target: $.a\n  remove: yes please\n"), `o:5: remove: true or false, not "yes please"`},
		"removing everything":     {overlayText("- target: $\n  remove: true\n"), "o:4: action: removes the whole document"},
		"a wildcard uncounted":    {overlayText("- target: $..nullable\n  remove: true\n"), `o:4: target "$..nullable": a wildcard takes the expected count, x-fapigen-patch: {expect: {matches: ...}}`},
		"a parameter by number":   {overlayText("- target: $.paths['/a'].get.parameters[1]\n  remove: true\n"), `o:4: target "$.paths['/a'].get.parameters[1]": parameters are addressed by name, [?@.name == '...']`},
		"a slice":                 {overlayText("- target: $.a[0:2]\n  remove: true\n"), `o:4: target "$.a[0:2]": unexpected ":2]" where a bracket closes; slices and unions are not read`},
		"nullable beside $ref": {overlayText("- target: $.a\n  update:\n    b:\n      $ref: '#/x'\n      nullable: true\n"),
			"o:8: nullable beside $ref is ignored by readers; write {type: object, nullable: ..., allOf: [{$ref: ...}]}"},
		"a value given twice":        {overlayText("- target: $.a\n  update: {enum: [x, y, x]}\n"), `o:5: enum: "x" is given twice`},
		"a patch without id":         {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {kind: type}\n"), "o:6: x-fapigen-patch: no id"},
		"an id of two lines":         {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: \"a\\nb\"}\n"), `o:6: x-fapigen-patch: id "a\nb": not one line of text`},
		"an unknown patch key":       {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, sinse: '2026-01-01'}\n"), `o:6: x-fapigen-patch: unknown key "sinse" (did you mean "since"?)`},
		"an unknown guard":           {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, expect: {equal: 1}}\n"), `o:6: expect: unknown key "equal" (did you mean "equals"?)`},
		"a bad date":                 {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, since: 2026-13-01}\n"), `o:6: since: a date such as '2026-05-12', not "2026-13-01"`},
		"a bad count":                {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, expect: {matches: some}}\n"), `o:6: expect: matches is a number or '>=' and a number, not "some"`},
		"an end before the start":    {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, since: '2026-05-12', until: '2025-11-10'}\n"), "o:6: a: since 2026-05-12 is after until 2025-11-10"},
		"actions that disagree":      {overlayText("- target: $.a\n  remove: true\n  x-fapigen-patch: {id: a, kind: x}\n- target: $.b\n  remove: true\n  x-fapigen-patch: {id: a, kind: y}\n"), "o:9: kind y: another action of this id says x"},
		"every mistake, all at once": {overlayText("- target: a\n  remove: true\n- remove: true\n"), "o:4: target \"a\": does not start with $\no:6: action: no target"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseOverlay("o", []byte(tc.text))
			if err == nil || err.Error() != tc.want {
				t.Errorf("\n got %v\nwant %s", err, tc.want)
			}
		})
	}
}

const smallSpec = `openapi: 3.0.3
info: {title: t, version: v1}
paths:
  /v1/me:
    get:
      tags: [User]
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
  /v1/empty: {}
components:
  schemas:
    User:
      type: object
      description: prose
      required: [id, name]
      properties:
        id: {type: string}
        name: {type: string, description: prose}
        kind: {type: string, enum: [a, b]}
        ref: {$ref: '#/components/schemas/Ref'}
    Ref: {type: object}
`

// patchText is one action as a patch with a guard.
func patchText(id, target, effect, expect string) string {
	return fmt.Sprintf("- target: %s\n  %s\n  x-fapigen-patch: {id: %s, expect: {%s}}\n", target, effect, id, expect)
}

func TestOutcomes(t *testing.T) {
	user := "$.components.schemas.User"
	for name, tc := range map[string]struct{ actions, want string }{
		"a patch that changes something is applied": {
			patchText("p", user+".properties.id", "update: {type: integer}", "has: {type: string}"), "applied"},
		"what upstream already says is stale": {
			patchText("p", user+".properties.id", "update: {type: string}", "has: {type: boolean}"),
			"stale: spec:17: the description already says so; the patch can go"},
		"prose alone is no change": {
			patchText("p", user+".properties.name", "update: {description: other, type: string}", ""),
			"stale: spec:18: the description already says so; the patch can go"},
		"list items that are all there are no change": {
			patchText("p", user, "update: {required: [name], properties: {kind: {enum: [b, a]}}}", ""),
			"stale: spec:13: the description already says so; the patch can go"},
		"replacing a list by itself is no change": {
			patchText("p", user+".required", "remove: true", "") + patchText("p", user, "update: {required: [name, id]}", ""),
			"stale: spec:15: the description already says so; the patch can go"},
		"a removed leaf whose holder is there is stale": {
			patchText("p", user+".properties.gone", "remove: true", "equals: 1"),
			"stale: spec:17: the description already says so; the patch can go"},
		"a removed member of a list that is gone is stale": {
			patchText("p", "$.components.schemas.Ref.required[?@ == 'x']", "remove: true", ""),
			"stale: spec:21: the description already says so; the patch can go"},
		"a removed leaf whose holder is gone is not stale": {
			patchText("p", user+".propertise.gone", "remove: true", ""),
			`conflict: spec:13: expected $.components.schemas.User.propertise.gone, found no propertise (did you mean "properties"?)`},
		"a missing schema is absent, and a near name is offered": {
			patchText("p", "$.components.schemas.Usr.properties.id", "update: {type: integer}", ""),
			`absent: spec:12: expected $.components.schemas.Usr.properties.id, found no Usr (did you mean "User"?)`},
		"a missing schema without a near name is looked for by its properties": {
			patchText("p", "$.components.schemas['Person']", "update: {properties: {id: {}, name: {}, other: {}}}", ""),
			"absent: spec:12: expected $.components.schemas['Person'], found no ['Person']; User has these properties"},
		"a missing path is absent": {
			patchText("p", "$.paths['/v1/you'].get", "update: {deprecated: true}", ""),
			`absent: spec:4: expected $.paths['/v1/you'].get, found no ['/v1/you']`},
		"what the description lacks at its top is absent": {
			patchText("p", "$.servers", "update: [{url: 'https://{domain}'}]", ""),
			`absent: spec:1: expected $.servers, found no servers`},
		"a reference to a missing component is absent": {
			patchText("p", "$.paths", "update: {/v1/you: {get: {responses: {default: {$ref: '#/components/responses/Errors'}}}}}", "lacks: [/v1/you]"),
			"absent: spec:4: expected #/components/responses/Errors, which the patch refers to, found none"},
		"a reference to a component of the same patch is applied": {
			patchText("p", user, "update: {properties: {pet: {$ref: '#/components/schemas/Pet'}}}", "") +
				patchText("p", "$.components.schemas", "update: {Pet: {type: object}}", "lacks: [Pet]"), "applied"},
		"a missing verb is absent": {
			patchText("p", "$.paths['/v1/me'].put", "update: {deprecated: true}", ""),
			"absent: spec:5: expected $.paths['/v1/me'].put, found no put"},
		"a missing property is a conflict": {
			patchText("p", user+".properties.nam", "update: {type: integer}", ""),
			`conflict: spec:17: expected $.components.schemas.User.properties.nam, found no nam (did you mean "name"?)`},
		"a missing parameter is a conflict": {
			patchText("p", "$.paths['/v1/me'].get.parameters[?@.name == 'offset'].schema", "update: {type: integer}", ""),
			"conflict: spec:8: expected $.paths['/v1/me'].get.parameters[?@.name == 'offset'].schema, found no [?@.name == 'offset']"},
		"a failed equals is a conflict": {
			patchText("p", "$.paths['/v1/me']", "update: {post: {operationId: x}}", "equals: {}"),
			`conflict: spec:5: expected $.paths['/v1/me'] equals {}, found {"get": {"tags": ["User"], "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}]}}`},
		"a failed has is a conflict": {
			patchText("p", user+".properties.id", "update: {type: integer}", "has: {type: boolean}"),
			`conflict: spec:17: expected $.components.schemas.User.properties.id has {"type": "boolean"}, found {"type": "string"}`},
		"a failed contains is a conflict": {
			patchText("p", user+".required", "update: [x]", "contains: [y]"),
			`conflict: spec:15: expected $.components.schemas.User.required contains "y", found ["id", "name"]`},
		"a failed lacks is a conflict": {
			patchText("p", user+".properties.kind", "update: {type: integer}", "lacks: [enum]"),
			`conflict: spec:19: expected $.components.schemas.User.properties.kind lacks "enum", found {"type": "string", "enum": ["a", "b"]}`},
		"too many matches are a conflict": {
			patchText("p", user+".properties[?@.type == 'string']", "update: {type: integer}", ""),
			"conflict: spec:17: expected 1 match of $.components.schemas.User.properties[?@.type == 'string'], found 3"},
		"as many as expected are not": {
			patchText("p", user+".properties[?@.type == 'string']", "update: {type: integer}", "matches: '>=2'"), "applied"},
		"guards ignore prose": {
			patchText("p", user+".properties.name", "update: {type: integer}", "equals: {type: string}"), "applied"},
		"one entry for a list is appended": {
			patchText("p", user+".required", "update: kind", ""), "applied"},
		"one entry that the list has is stale": {
			patchText("p", user+".required", "update: name", ""),
			"stale: spec:15: the description already says so; the patch can go"},
		"one parameter for a list of them is appended": {
			patchText("p", "$.paths['/v1/me'].get.parameters", "update: {name: offset, in: query, schema: {type: integer}}", ""), "applied"},
		"one parameter that is there is stale, whatever its prose": {
			patchText("p", "$.paths['/v1/me'].get.parameters", "update: {name: limit, description: other, in: query, schema: {type: integer}}", ""),
			"stale: spec:8: the description already says so; the patch can go"},
		"one parameter that is there otherwise is a conflict": {
			patchText("p", "$.paths['/v1/me'].get.parameters", "update: {name: limit, in: query, schema: {type: string}}", ""),
			`conflict: spec:8: expected no parameter limit in query yet, found {"name": "limit", "in": "query", "schema": {"type": "integer"}}`},
		"one entry deeper down is a conflict": {
			patchText("p", user, "update: {required: kind}", ""),
			`conflict: spec:15: an update of a list with a string (line 5): expected "kind", found ["id", "name"]`},
		"one entry for a mapping is a conflict": {
			patchText("p", user, "update: kind", ""),
			`conflict: spec:13: an update of a mapping with a string (line 5): expected "kind", found {"type": "object", "description": "prose", "required": ["id", "name"], "properties": {"id": {"type": "string"}, "name": {"type": "string", "description": "prose...`},
		"blanks in a target are told in one line": {
			patchText("p", "\"$ .components\\n.schemas ['User'].gone\"", "update: {type: integer}", ""),
			`conflict: spec:13: expected $ .components .schemas ['User'].gone, found no gone`},
		"mixing kinds is a conflict": {
			patchText("p", user+".required", "update: {a: 1}", ""),
			`conflict: spec:15: an update of a list with a mapping (line 5): expected {"a": 1}, found ["id", "name"]`},
		"what would stand beside $ref is a conflict": {
			patchText("p", user+".properties.ref", "update: {nullable: true}", ""),
			"conflict: spec:20: nullable would stand beside $ref #/components/schemas/Ref, where readers ignore it"},
		"removing what is referred to is a conflict": {
			patchText("p", "$.components.schemas.Ref", "remove: true", ""),
			"conflict: spec:20: expected that nothing refers to #/components/schemas/Ref any more, found a reference"},
		"one bad action takes the whole patch": {
			patchText("p", user+".properties.id", "update: {type: integer}", "") + patchText("p", user+".properties.x", "update: {type: integer}", ""),
			"conflict: spec:17: expected $.components.schemas.User.properties.x, found no x"},
		"a parameter that is declared otherwise is no second one": {
			patchText("p", "$.paths['/v1/me'].get", "update: {parameters: [{name: limit, in: query, schema: {type: string}}]}", ""),
			`conflict: spec:8: expected no parameter limit in query yet, found {"name": "limit", "in": "query", "schema": {"type": "integer"}}`},
		"a parameter of that name in another place is another": {
			patchText("p", "$.paths['/v1/me'].get.parameters", "update: [{name: limit, in: header, schema: {type: string}}]", ""), "applied"},
		"absent goes before conflict": {
			patchText("p", user+".properties.id", "update: {type: integer}", "equals: 1") + patchText("p", "$.components.schemas.Nobody", "update: {type: integer}", ""),
			"absent: spec:12: expected $.components.schemas.Nobody, found no Nobody"},
		"a later action sees what an earlier one did": {
			patchText("p", "$.components.schemas", "update: {New: {type: object}}", "lacks: [New]") + patchText("p", "$.components.schemas.New", "update: {nullable: true}", "equals: {type: object}"), "applied"},
		"another version is skipped": {
			"- target: $.info\n  update: {version: x}\n  x-fapigen-patch: {id: p, until: '2025-11-10'}\n",
			"skipped: until 2025-11-10, the description is of 2026-05-12"},
		"a plain action is a patch of its own": {
			"- target: $.info\n  update: {version: x}\n", "applied"},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, "spec", smallSpec)
			before := jsonOf(t, d)
			results := mustOverlay(t, tc.actions).Apply(d, "2026-05-12")
			r := results[0]
			got := string(r.Outcome)
			if r.Message != "" {
				got = strings.TrimPrefix(r.Message, fmt.Sprintf("o:4: %s: ", r.ID))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if r.Outcome != Applied && jsonOf(t, d) != before {
				t.Errorf("%s, yet the document changed", r.Outcome)
			}
			if r.Outcome != Applied && len(d.foreign) > 0 {
				t.Errorf("%s, yet %d nodes are said to come from the overlay", r.Outcome, len(d.foreign))
			}
		})
	}
}

func TestVersionsNewerThanAnyKnownCountAsTheNewest(t *testing.T) {
	actions := "- target: $.info\n  update: {version: x}\n  x-fapigen-patch: {id: p, since: '2026-05-12', until: '2026-05-12'}\n"
	for version, want := range map[string]Outcome{"2026-05-12": Applied, "2030-01-01": Applied, "": Applied, "2025-11-10": Skipped} {
		if got := mustOverlay(t, actions).Apply(mustParse(t, "spec", smallSpec), version)[0].Outcome; got != want {
			t.Errorf("version %q: %s, want %s", version, got, want)
		}
	}
}

func TestAnnotations(t *testing.T) {
	d := mustParse(t, "spec", smallSpec)
	o := mustOverlay(t, `
- {target: "$.paths['/v1/me'].get", update: {x-fapigen: {doc: reads.}}}
- {target: "$.paths['/v1/me'].get", update: {x-fapigen: {method: Get}}}
- {target: "$.components.schemas.User.properties.ref", update: {x-fapigen: {doc: beside a reference}}}
- {target: $, update: {x-fapigen-services: {Me: {doc: x}}}}
- {target: "$.components.schemas.User.properties.nam", update: {x-fapigen: {doc: x}}}
`)
	var got []string
	for _, r := range o.Apply(d, "") {
		got = append(got, fmt.Sprint(r.Outcome, " ", r.Annotation, " ", r.Message))
	}
	want := []string{"applied true ", "applied true ", "applied true ", "applied true ",
		`absent true o:9: $.components.schemas.User.properties.nam: absent: spec:17: expected $.components.schemas.User.properties.nam, found no nam (did you mean "name"?)`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := compactJSON(d.Resolve("/paths/~1v1~1me/get/x-fapigen")); got != `{"doc": "reads.", "method": "Get"}` {
		t.Errorf("two annotations of one node make %s", got)
	}
}

func TestTraps(t *testing.T) {
	for name, tc := range map[string]struct{ spec, actions, want string }{
		"a string becomes a number of the same text": {"a: '5'", "- {target: $.a, update: 5}\n", "a: 5"},
		"a boolean becomes a string":                 {"a: true", "- {target: $.a, update: 'true'}\n", "a: 'true'"},
		"a number becomes null":                      {"a: 1", "- {target: $.a, update: null}\n", "a: null"},
		"an enum value is never doubled":             {"enum: [x, y]", "- {target: $.enum, update: [y, z]}\n", "enum: [x, y, z]"},
		"one entry for a list":                       {"l: [x]", "- {target: $.l, update: y}\n", "l: [x, y]"},
		"one entry that is a mapping":                {"l: [{n: 1}]", "- {target: $.l, update: {n: 2}}\n", "l: [{n: 1}, {n: 2}]"},
		"one entry that is a number, not the text":   {"l: ['1']", "- {target: $.l, update: 1}\n", "l: ['1', 1]"},
		"one entry that is null":                     {"enum: [x]", "- {target: $.enum, update: null}\n", "enum: [x, null]"},
		"one entry that is there":                    {"l: [x, y]", "- {target: $.l, update: x}\n", "l: [x, y]"},
		"one entry for an empty list":                {"l: []", "- {target: $.l, update: {a: b}}\n", "l: [{a: b}]"},
		"one entry for tags that are mappings":       {"tags: [{name: A}]", "- {target: $.tags, update: {name: B}}\n", "tags: [{name: A}, {name: B}]"},
		"one entry for each of several lists":        {"a: {l: [1]}\nb: {l: [2]}", patchText("p", "$..l", "update: 2", "matches: 2"), "a: {l: [1, 2]}\nb: {l: [2]}"},
		"a list of entries":                          {"l: [x]", "- {target: $.l, update: [y, z]}\n", "l: [x, y, z]"},
		"a list as an entry stands in a list":        {"l: [[1]]", "- {target: $.l, update: [[2, 3]]}\n", "l: [[1], [2, 3]]"},
		"mappings merge at every depth":              {"a: {b: {c: 1}}", "- {target: $.a, update: {b: {d: 2}, e: 3}}\n", "a: {b: {c: 1, d: 2}, e: 3}"},
		"lists in mappings concatenate":              {"a: {l: [{n: 1}]}", "- {target: $.a, update: {l: [{n: 1}, {n: 2}]}}\n", "a: {l: [{n: 1}, {n: 2}]}"},
		"a removed list item leaves the others":      {"l: [x, y, x]", patchText("p", "$.l[?@ == 'x']", "remove: true", "matches: 2"), "l: [y]"},
		"removing inside what was removed is harmless": {
			"a: {b: {b: 1}}", patchText("p", "$..b", "remove: true", "matches: 2"), "a: {}"},
		"a member replaced by one patch keeps its place": {
			"a: 1\nb: [x]\nc: 3", patchText("p", "$.b", "remove: true", "") + patchText("p", "$", "update: {b: [y]}", ""), "a: 1\nb: [y]\nc: 3"},
		"the first member too": {
			"a: 1\nb: 2", patchText("p", "$.a", "remove: true", "") + patchText("p", "$", "update: {a: {x: 1}}", ""), "a: {x: 1}\nb: 2"},
		"a failed patch before a good one leaves no trace": {
			"a: 1\nb: 2", patchText("p", "$.a", "update: 7", "") + patchText("p", "$.c", "update: 7", "") + patchText("q", "$.b", "update: 8", ""), "a: 1\nb: 8"},
		"one update serves several targets without sharing nodes": {
			"a: {x: {}}\nb: {x: {}}", patchText("p", "$..x", "update: {l: [1]}", "matches: 2") + patchText("q", "$.a.x.l", "update: [2]", ""), "a: {x: {l: [1, 2]}}\nb: {x: {l: [1]}}"},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, "spec", tc.spec)
			mustOverlay(t, tc.actions).Apply(d, "")
			if diff := cmp.Diff(jsonOf(t, mustParse(t, "want", tc.want)), jsonOf(t, d)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestNodesAnswerWithTheFileTheyCameFrom(t *testing.T) {
	d := mustParse(t, "spec", smallSpec)
	mustOverlay(t, "- target: $.components.schemas\n  update:\n    New:\n      type: object\n- target: $.info.version\n  update: v2\n").Apply(d, "")
	c := d.Clone()
	for pointer, want := range map[string]string{"/components/schemas/New/type": "o:7", "/info/version": "o:9", "/info/title": "spec:2"} {
		if got := c.Where(c.Resolve(pointer)); got != want {
			t.Errorf("%s is from %s, want %s", pointer, got, want)
		}
	}
}

func FuzzOverlayApply(f *testing.F) {
	for _, seed := range []string{
		patchText("p", "$.components.schemas.User.required[?@ == 'id']", "remove: true", ""),
		patchText("p", "$..type", "update: 5", "matches: '>=1'"),
		patchText("p", "$.components.schemas.*", "update: {enum: [a, a2]}", "matches: 2, has: {type: object}"),
		patchText("p", "$..*", "remove: true", "matches: '>=0'"),
		patchText("p", "$.paths", "remove: true", "") + patchText("p", "$", "update: {paths: {}}", ""),
		"- {target: $, update: {x-fapigen-errors: {a: {status: 400}}}}\n",
		"- {target: $.components.schemas.User.properties.ref, update: {nullable: true}}\n",
	} {
		f.Add(smallSpec, seed)
	}
	f.Fuzz(func(t *testing.T, spec, actions string) {
		d, err := ParseDocument("spec", []byte(spec))
		if err != nil {
			return
		}
		o, err := ParseOverlay("o", []byte(overlayText(actions)))
		if err != nil {
			return
		}
		for _, p := range o.patches {
			before := jsonOf(t, d)
			r := o.apply(d, p, "2026-05-12")
			if r.Outcome != Applied && jsonOf(t, d) != before {
				t.Fatalf("%s changed\n%s into\n%s", r.Outcome, before, jsonOf(t, d))
			}
			if (r.Message == "") != (r.Outcome == Applied) || strings.Contains(r.Message, "\n") {
				t.Fatalf("%s with message %q", r.Outcome, r.Message)
			}
			jsonOf(t, d)
		}
	})
}
