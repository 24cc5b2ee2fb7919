package generator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// builtinConfig is the configuration of a plain run in the repository's root.
func builtinConfig(t testing.TB) Config {
	t.Helper()
	cfg := Config{Module: "example.com/sdk", Templates: os.DirFS("../templates"), Pinned: true}
	cfg.Spec = source(t, "fapi_swagger.json")
	for _, name := range []string{"patches.yaml", "overlays/names.yaml", "overlays/docs.yaml", "overlays/errors.yaml"} {
		cfg.Overlays = append(cfg.Overlays, source(t, name))
	}
	lock := source(t, "names.lock.yaml")
	cfg.Lock = &lock
	return cfg
}

func source(t testing.TB, name string) Source {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: name, Data: data}
}

// builtAPI is the IR of the pinned description.
func builtAPI(t testing.TB) *API {
	t.Helper()
	p, err := prepare(builtinConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	spec, _, err := loadOpenAPI(p.doc, false)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := readRuntime(builtinConfig(t).Templates)
	if err != nil {
		t.Fatal(err)
	}
	made, err := build(p.doc, spec, p.version, rt.types, false)
	if err != nil {
		t.Fatal(err)
	}
	return made.api
}

// The table is the wanted call tree: operationId, verb, path, service, method.
func TestEveryOperationHasItsWantedServiceAndMethod(t *testing.T) {
	data, err := os.ReadFile("../testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]*Operation{}
	for _, o := range builtAPI(t).Operations() {
		have[o.ID] = o
	}
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")[1:]
	if len(rows) != 202 {
		t.Fatalf("the table has %d rows, want 202", len(rows))
	}
	for _, row := range rows {
		c := strings.Split(row, "\t")
		o := have[c[0]]
		switch {
		case o == nil:
			t.Errorf("%s: no such operation", c[0])
		case o.Verb != c[1] || o.Path != c[2]:
			t.Errorf("%s: %s %s, want %s %s", c[0], o.Verb, o.Path, c[1], c[2])
		case o.Service != c[3] || o.Name != c[4]:
			t.Errorf("%s: %s.%s, want %s.%s", c[0], o.Service, o.Name, c[3], c[4])
		}
	}
}
