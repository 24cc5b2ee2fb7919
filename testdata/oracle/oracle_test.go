// Package oracle holds `patches export` to two independent Overlay engines: what they make of the exported overlay and
// the folded description has to be the description that fapigen generates from. It is a module of its own, so that
// nothing else depends on the engines.
package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	"github.com/speakeasy-api/openapi/overlay"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/fapigen/fapigen/generator"
)

// engines apply an overlay to a description.
var engines = map[string]func(spec, over []byte) ([]byte, error){
	"libopenapi": func(spec, over []byte) ([]byte, error) {
		res, err := libopenapi.ApplyOverlayFromBytesToSpecBytes(spec, over)
		if err != nil {
			return nil, err
		}
		for _, w := range res.Warnings {
			return nil, fmt.Errorf("warning: %+v", w)
		}
		return res.Bytes, nil
	},
	"speakeasy": func(spec, over []byte) ([]byte, error) {
		var root yaml.Node
		if err := yaml.Unmarshal(spec, &root); err != nil {
			return nil, err
		}
		o, err := overlay.ParseReader(strings.NewReader(string(over)))
		if err != nil {
			return nil, err
		}
		if err := o.Validate(); err != nil {
			return nil, err
		}
		warnings, err := o.ApplyToStrict(&root)
		if err != nil {
			return nil, err
		}
		if len(warnings) > 0 {
			return nil, fmt.Errorf("warnings: %s", strings.Join(warnings, "; "))
		}
		return yaml.Marshal(&root)
	},
	"fapigen": func(spec, over []byte) ([]byte, error) {
		e, err := generator.Export(generator.Config{
			Spec: generator.Source{Name: "spec", Data: spec}, Overlays: []generator.Source{{Name: "export", Data: over}}, Strict: true})
		if err != nil {
			return nil, err
		}
		return e.Document, nil
	},
}

var (
	others = []string{"libopenapi", "speakeasy"}
	all    = append([]string{"fapigen"}, others...) // it reads its own exports
)

// agree applies the export of the overlays with the engines.
func agree(t *testing.T, spec []byte, names []string, overlays ...generator.Source) *generator.Exported {
	t.Helper()
	exported, err := generator.Export(generator.Config{Spec: generator.Source{Name: "fapi_swagger.json", Data: spec}, Overlays: overlays})
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"x-fapigen", "expect:", "evidence:", "confidence:"} {
		if strings.Contains(string(exported.Overlay), own) {
			t.Errorf("the export has %s", own)
		}
	}
	want := data(t, exported.Document)
	if cmp.Equal(data(t, spec), want) {
		t.Error("the patches change nothing")
	}
	for _, name := range names {
		got, err := engines[name](spec, exported.Overlay)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, data(t, got)); diff != "" {
			t.Errorf("%s: -fapigen +%s\n%s", name, name, diff)
		}
	}
	return exported
}

// data is a document's content, whatever the order of its keys.
func data(t *testing.T, doc []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(v); err != nil {
		t.Fatalf("not JSON's data: %v", err) // a key that is no string any more
	}
	return v
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func builtin(t *testing.T) []generator.Source {
	t.Helper()
	return []generator.Source{{Name: "patches.yaml", Data: read(t, "patches.yaml")}}
}

func TestEnginesAgreeOnThePinnedDescription(t *testing.T) {
	e := agree(t, read(t, "fapi_swagger.json"), all, builtin(t)...)
	if e.Applied == 0 || len(e.LeftOut) > 0 {
		t.Errorf("%d patches exported, %d left out", e.Applied, len(e.LeftOut))
	}
}

func TestEnginesAgreeWhereTheyDiffer(t *testing.T) {
	a, err := txtar.ParseFile("traps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	// Not fapigen: of two parameters with one name the export gives the numbers, which fapigen refuses in what people write.
	e := agree(t, a.Files[0].Data, others, generator.Source{Name: "overlay.yaml", Data: a.Files[1].Data})
	var left []string
	for _, r := range e.LeftOut {
		left = append(left, r.ID+" "+string(r.Outcome))
	}
	if diff := cmp.Diff([]string{"boolean-to-mapping-is-a-conflict conflict", "absent absent", "stale stale", "skipped skipped"}, left); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if e.Applied != 23 {
		t.Errorf("%d patches applied, want 23", e.Applied)
	}
}

// Published descriptions, where they lie beside the repository.
func TestEnginesAgreeOnPublishedDescriptions(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "specs", "*", "*.yml"))
	if len(files) == 0 {
		t.Skip("no published descriptions here")
	}
	for i, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			keepProse := i == 0
			spec, _, _, err := generator.Pin(filepath.Base(file), text, "", keepProse)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, spec, all, builtin(t)...)
		})
	}
}

// One entry for a list is appended by every engine, as the specification has it; so are the entries of a list.
func TestEnginesAppendEntries(t *testing.T) {
	spec := []byte(`{"openapi": "3.0.3", "info": {"title": "T", "version": "2026-05-12"},
		"paths": {"/v1/things": {"get": {"operationId": "getThing", "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}], "responses": {"200": {"description": ""}}}}},
		"components": {"schemas": {"Thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "enum": ["a"]}, "kind": {"type": "string"}}}}}}`)
	for name, action := range map[string]string{
		"a mapping":         "target: \"$.paths['/v1/things'].get.parameters\", update: {name: limit, in: query, schema: {type: integer}}",
		"a string":          "target: $.components.schemas.Thing.required, update: kind",
		"a list of entries": "target: $.components.schemas.Thing.properties.id.enum, update: [b, c]",
	} {
		over := []byte("overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n  - {" + action + "}\n")
		want, err := engines["fapigen"](spec, over)
		if err != nil {
			t.Fatal(err)
		}
		for _, engine := range others {
			got, err := engines[engine](spec, over)
			if err != nil {
				t.Errorf("%s: %s: %v", name, engine, err)
			} else if diff := cmp.Diff(data(t, want), data(t, got)); diff != "" {
				t.Errorf("%s: -fapigen +%s\n%s", name, engine, diff)
			}
		}
	}
}
