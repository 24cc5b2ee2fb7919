package fapitest

import (
	"encoding/json"
	"testing"
	"time"
)

// RFC 6238, appendix B: the last six digits of its SHA-1 rows. The secret is base32 of "12345678901234567890".
func TestTOTPCodes(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"} {
		if got := totpCode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// A table by hand: what answers lack is filled in, what they have stays.
func TestAnswersAreCompleted(t *testing.T) {
	table, err := parseOperations(`{"component":"Thing","shape":{"o":{"kind":{"v":"thing","k":"constant"},"n":{"v":0},"none":{"n":true,"v":""},"list":{"a":{"c":"Thing"}},"deep":{"o":{"x":{"v":"least"}},"r":["x"],"n":true}},"r":["kind","n","none","list"]}}
{"component":"Other","shape":{"o":{"kind":{"v":"other","k":"constant"},"only":{"v":true}},"r":["kind","only"]}}
{"id":"getThing","verb":"GET","path":"/v1/things/{id}.xml","answer":"json","status":200,"shape":{"c":"Thing"}}`)
	if err != nil {
		t.Fatal(err)
	}
	either := &shape{OneOf: []*shape{{Component: "Thing"}, {Component: "Other"}, {Items: &shape{Component: "Other"}}}}
	for rule, tc := range map[string]struct {
		shape *shape
		given any
		want  string
	}{
		"required members":               {&shape{Component: "Thing"}, object{}, `{"kind":"thing","list":[],"n":0,"none":null}`},
		"what is there stays":            {&shape{Component: "Thing"}, object{"n": 7, "extra": "x"}, `{"extra":"x","kind":"thing","list":[],"n":7,"none":null}`},
		"below, and in lists":            {&shape{Component: "Thing"}, object{"deep": object{}, "list": []any{object{"list": []any{}}}}, `{"deep":{"x":"least"},"kind":"thing","list":[{"kind":"thing","list":[],"n":0,"none":null}],"n":0,"none":null}`},
		"null stays":                     {&shape{Component: "Thing"}, nil, `null`},
		"an alternative by its constant": {either, object{"kind": "other"}, `{"kind":"other","only":true}`},
		"an alternative by its kind":     {either, []any{object{}}, `[{"kind":"other","only":true}]`},
		"nothing is known":               {nil, object{"a": 1}, `{"a":1}`},
	} {
		if got, _ := json.Marshal(table.complete(tc.shape, tc.given)); string(got) != tc.want {
			t.Errorf("%s: %s, want %s", rule, got, tc.want)
		}
	}
	if got, _ := json.Marshal(table.zero(either)); string(got) != `{"kind":"thing","list":[],"n":0,"none":null}` {
		t.Errorf("the zero value of alternatives is %s", got)
	}
	for name, s := range map[string]*shape{"itself": {Component: "itself"}, "inside": {Members: map[string]*shape{"x": {Component: "inside"}}, Required: []string{"x"}}} {
		table.components[name] = s
		if _, err := json.Marshal(table.zero(s)); err != nil { // it ends
			t.Error(err)
		}
	}
	c := &call{method: "GET", path: "/v1/things/one.xml"}
	if r := table.match(c); r == nil || r.id != "getThing" || c.args["id"] != "one" {
		t.Errorf("%v %v", r, c.args)
	}
}

func TestTheMoreLiteralPathWins(t *testing.T) {
	table, err := parseOperations("")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/v1/organizations/org_1/invitations/pending": "GET /v1/organizations/{org}/invitations/pending",
		"/v1/me/sessions/active":                      "GET /v1/me/sessions/active",
		"/v1/client/sessions/sess_1":                  "GET /v1/client/sessions/{id}",
	} {
		if r := table.match(&call{method: "GET", path: path}); r == nil || r.name != want {
			t.Errorf("%s: %v, want %s", path, r, want)
		}
	}
	for _, path := range []string{"/v1/client/sessions/", "/v1", "", "/v1/me/sessions/active/more"} {
		if r := table.match(&call{method: "GET", path: path}); r != nil {
			t.Errorf("%s matches %s", path, r.name)
		}
	}
}

// RFC 7396, section 3 and appendix A.
func TestMergePatch(t *testing.T) {
	for patch, want := range map[string]string{
		`{"a":"c"}`:                 `{"a":"c","b":{"c":"d"}}`,
		`{"a":null}`:                `{"b":{"c":"d"}}`,
		`{"b":{"c":null,"e":"f"}}`:  `{"a":"b","b":{"e":"f"}}`,
		`{"b":["x"]}`:               `{"a":"b","b":["x"]}`,
		`{"n":{"bb":{"ccc":null}}}`: `{"a":"b","b":{"c":"d"},"n":{"bb":{}}}`,
	} {
		into := object{"a": "b", "b": object{"c": "d"}}
		var p object
		if err := json.Unmarshal([]byte(patch), &p); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(mergePatch(into, p)); string(got) != want {
			t.Errorf("%s: %s, want %s", patch, got, want)
		}
		if len(into) != 2 || len(into["b"].(object)) != 1 {
			t.Errorf("%s changed what it was applied to", patch)
		}
	}
}
