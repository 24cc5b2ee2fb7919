package generator

// The full published descriptions, where they lie beside the repository: each becomes a module that builds and vets.

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestPublishedDescriptionsGenerateModulesThatBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs go build and go vet")
	}
	files := publishedFiles(t)
	for _, name := range sweep(sortedKeys(files), 1) {
		data := files[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := generatePublished(t, name, data)
			if out.Summary.Operations < 150 || out.Summary.Patches[string(Applied)] == 0 {
				t.Errorf("%d operations, %d patches applied", out.Summary.Operations, out.Summary.Patches[string(Applied)])
			}
			typeCheck(t, out.Files)
			dir := t.TempDir()
			if _, err := out.Write(dir); err != nil {
				t.Fatal(err)
			}
			goTool(t, dir, "build", "./...")
			goTool(t, dir, "vet", "./...")
		})
	}
}

func generatePublished(t *testing.T, name string, data []byte) *Output {
	t.Helper()
	cfg := lenientConfig(t)
	cfg.Spec = Source{Name: name, Data: data}
	out, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if version := name[:10]; out.Summary.APIVersion != version {
		t.Errorf("API version %s, want %s", out.Summary.APIVersion, version)
	}
	return out
}

// goTool runs the go command in a generated module, without the network.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "PWD="+dir)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

func TestThePublishedProseBecomesDocComments(t *testing.T) {
	data := sharedFile(t, "specs", "fapi", "2026-05-12.yml")
	out := generatePublished(t, "2026-05-12.yml", data)
	doc := mustParse(t, "2026-05-12.yml", string(data))
	comments := map[string]string{}
	for name, src := range out.Files {
		if strings.HasSuffix(name, ".go") {
			text := strings.NewReplacer("\n//", " ", "\n\t//", " ").Replace(string(src))
			comments[name] = strings.Join(strings.Fields(text), " ")
		}
	}
	all := strings.Builder{}
	for _, text := range comments {
		all.WriteString(text)
	}
	found, wanted := 0, 0
	for path, item := range mapPairs(mapGet(doc.Root, "paths")) {
		for verb, op := range mapPairs(item) {
			prose := text(mapGet(op, "description"))
			first, _, _ := strings.Cut(strings.TrimSpace(prose), "\n")
			if first == "" {
				continue
			}
			wanted++
			if strings.Contains(all.String(), strings.Join(strings.Fields(first), " ")) {
				found++
			} else {
				t.Errorf("%s %s: its description is in no comment: %s", verb, path, first)
			}
		}
	}
	if wanted < 100 {
		t.Errorf("only %d of %d descriptions: the test has lost its subject", found, wanted)
	}
}

// Two corrections that upstream made later, in the revisions of 2026-07-30 and 2026-08-03.
const madeUpstream = `
overlay: 1.1.0
info: {title: Made upstream, version: '1'}
actions:
  - target: $.components.schemas['BillingPaymentMethod'].properties.payment_type.enum
    update: [payer-credits]
    x-fapigen-patch: {id: payment-type-payer-credits, expect: {contains: [card], lacks: [payer-credits]}}
  - target: $.components.schemas['Stubs.SignInFactor'].properties
    update: {trusted_device_id: {type: string}}
    x-fapigen-patch: {id: sign-in-factor-trusted-device, expect: {lacks: [trusted_device_id]}}
`

func TestACorrectionIsStaleFromTheRevisionWhereUpstreamMadeIt(t *testing.T) {
	files := publishedFiles(t)
	want := map[string][]Outcome{
		"payment-type-payer-credits":    {Applied, Applied, Stale, Stale},
		"sign-in-factor-trusted-device": {Applied, Applied, Applied, Stale},
	}
	for i, name := range history {
		cfg := Config{Spec: Source{Name: name, Data: files[name]}, Overlays: []Source{{Name: "made.yaml", Data: []byte(madeUpstream)}}}
		results, err := CheckPatches(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Outcome != want[r.ID][i] {
				t.Errorf("%s at %s: %s, want %s: %s", r.ID, name, r.Outcome, want[r.ID][i], r.Message)
			}
		}
	}
}
