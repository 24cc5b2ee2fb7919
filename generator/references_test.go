package generator

// References: all who read a description see the same operations.

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const specOfReferences = `openapi: 3.0.3
info: {title: T, version: v1}
paths:
  /v1/things: {$ref: '#/x-items/Things'}
  /v1/things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    $ref: '#/x-items/Th%69ng'
x-items:
  Things:
    get: {operationId: listThings, responses: {'200': {description: '', content: {'application/json; charset=utf-8': {schema: {$ref: '#/components/schemas/Thing'}}}}}}
  Thing: {delete: {operationId: deleteThing, responses: {2XX: {description: '', content: {application/vnd.x+json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}}
components:
  schemas:
    Thing: {type: object, required: [n], properties: {n: {type: string}}}
`

func referencesConfig(t *testing.T) Config {
	t.Helper()
	return Config{Spec: Source{Name: "spec.yaml", Data: []byte(specOfReferences)}, APIVersion: "2026-01-01", Module: "example.com/sdk",
		Templates: declarationsOnly(t), NoContract: true}
}

func TestReadersAgreeOnOperations(t *testing.T) {
	want := []string{"DELETE /v1/things/{id}", "GET /v1/things"}
	cfg := referencesConfig(t)
	out, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	table, err := OperationTable(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var rows []expectation
	if err := json.Unmarshal(out.Files["fapi/testdata/operations.json"], &rows); err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	for _, o := range out.api.Operations() {
		seen["methods"] = append(seen["methods"], o.Verb+" "+o.Path)
		if o.Result.Kind != ResultValue || o.Result.Type.String() != "Thing" {
			t.Errorf("%s returns %s %s, want a Thing", o.ID, o.Result.Kind, o.Result.Type)
		}
	}
	for _, row := range rows {
		seen["operations.json"] = append(seen["operations.json"], row.Verb+" "+row.Path)
		if row.Answer != "json" || row.Status != "200" || row.Shape != "object" {
			t.Errorf("operations.json has %s with %s of status %s", row.ID, row.Answer, row.Status)
		}
	}
	for line := range bytes.Lines(table) {
		var row shapeRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if row.ID == "" {
			continue
		}
		seen["fake"] = append(seen["fake"], row.Verb+" "+row.Path)
		if row.Status != 200 || row.Shape == nil || row.Shape.Component != "Thing" {
			t.Errorf("the fake answers %s with %d and %+v", row.ID, row.Status, row.Shape)
		}
	}
	drift, err := CompareDescriptions(cfg, Config{Spec: Source{Name: "none.yaml",
		Data: []byte("openapi: 3.0.3\ninfo: {title: T, version: v1}\npaths: {}\n")}, APIVersion: "2026-01-01",
		Module: cfg.Module, Templates: cfg.Templates, NoContract: true}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range drift.Changes {
		if c.Kind == OperationRemoved {
			seen["drift"] = append(seen["drift"], c.Subject)
		}
	}
	for _, reader := range []string{"methods", "operations.json", "fake", "drift"} {
		slices.Sort(seen[reader])
		if !slices.Equal(seen[reader], want) {
			t.Errorf("%s: %q, want %q", reader, seen[reader], want)
		}
	}
}

// What is observed of an operation behind a reference is corrected where it is written.
func TestObservedBehindReferences(t *testing.T) {
	cfg := referencesConfig(t)
	har := `{"log": {"entries": [{"request": {"method": "GET", "url": "https://x.test/v1/things?more=1"},
		"response": {"status": 200, "content": {"mimeType": "application/json", "text": "{\"n\": \"a\", \"m\": 1}"}}}]}}`
	look := func(overlays ...Source) *Observation {
		t.Helper()
		cfg.Overlays = overlays
		o, err := NewObserver(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Read("a.har", strings.NewReader(har)); err != nil {
			t.Fatal(err)
		}
		return o.Observation()
	}
	first := look()
	if len(first.Mismatches) != 2 {
		t.Fatalf("mismatches %+v, want the parameter and the member", first.Mismatches)
	}
	overlay, err := first.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(overlay, []byte("$.x-items.Things.get")) && !bytes.Contains(overlay, []byte("$['x-items'].Things.get")) {
		t.Errorf("no target at the definition:\n%s", overlay)
	}
	if again := look(Source{Name: "observed.yaml", Data: overlay}); len(again.Mismatches) != 0 {
		t.Errorf("with its own overlay still %+v", again.Mismatches)
	}
}

func TestOperationsAreCounted(t *testing.T) {
	p := &prepared{doc: &Document{Name: "spec.yaml"}, declared: map[string]string{"GET /v1/a": "spec.yaml:4", "GET /v1/b": "spec.yaml:5", "PUT /v1/c": "spec.yaml:6"}}
	p.doc.leaveOut(endpoint{verb: "put", path: "/v1/c"})
	api := &API{Services: []*Service{{Operations: []*Operation{{Verb: "GET", Path: "/v1/a"}}}}}
	err := p.uncounted(api)
	if want := "spec.yaml:5: GET /v1/b: nothing was made of this operation, and no warning says why; this is a fault of fapigen"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	p.doc.leaveOut(endpoint{verb: "get", path: "/v1/b"})
	if err := p.uncounted(api); err != nil {
		t.Error(err)
	}
}
