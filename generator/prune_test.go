package generator

// The property of pruning, on the committed patches: whatever part of them upstream takes over, cutting that part changes
// nothing else.

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// takenOver is the pinned description with some of the patches applied, as if upstream had made them.
func takenOver(t *testing.T, o *Overlay, take func() bool) []byte {
	t.Helper()
	d := mustParse(t, "fapi_swagger.json", string(builtinConfig(t).Spec.Data))
	for _, p := range o.patches {
		if take() {
			o.apply(d, p, o.newest)
		}
	}
	data, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// YAML breaks lines at more than \n; whatever it is, the rest stays byte for byte.
func TestPruningTakesEveryLineBreak(t *testing.T) {
	const before = "overlay: 1.1.0\nactions:\n  - target: $.info\n    description: \"a\u2028b\u0085c\"\n    update: {x-kept: 1}\n    x-fapigen-patch: {id: kept}\n"
	const stale = "  # about title\n  - target: $.info\n    update: {title: T}\n    x-fapigen-patch: {id: title}\n"
	const after = "  - target: $.info\n    update: {x-last: 1}\n    x-fapigen-patch: {id: last}\n"
	for _, br := range []string{"\n", "\r\n", "\r"} {
		t.Run(fmt.Sprintf("%q", br), func(t *testing.T) {
			text := func(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", br)) }
			spec := Source{Name: "2026-05-12.yml", Data: []byte("openapi: 3.0.3\ninfo: {title: T, version: v1}\npaths: {}\n")}
			pruned, err := Prune(Config{Spec: spec, Overlays: []Source{{Name: "o.yaml", Data: text(before + stale + after)}}})
			if err != nil || len(pruned) != 1 {
				t.Fatalf("%v, %v", pruned, err)
			}
			if want := text(before + after); !bytes.Equal(pruned[0].Data, want) {
				t.Errorf("got %q, want %q", pruned[0].Data, want)
			}
		})
	}
}

func TestPruningLeavesTheRestAsItIs(t *testing.T) {
	for _, seed := range sweep([]uint64{2, 0, 1, 3, 4, 5, 6, 7}, 2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			share := []float64{0, 0.05, 0.3, 0.7, 1}[seed%5]
			o := committed(t, "patches.yaml")
			cfg := lenientConfig(t)
			cfg.Spec.Data = takenOver(t, o, func() bool { return random.Float64() < share })
			cfg.Overlays[0].Builtin = false
			before, err := CheckPatches(cfg)
			if err != nil {
				t.Fatal(err)
			}
			stale := 0
			for _, r := range before {
				if r.Outcome == Stale {
					stale++
				}
			}
			pruned, err := Prune(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if share > 0 && stale == 0 {
				t.Fatal("nothing is stale: the test has lost its subject")
			}
			if stale == 0 {
				if len(pruned) != 0 {
					t.Errorf("pruned %v, though nothing is stale", pruned[0].IDs)
				}
				return
			}
			if len(pruned) != 1 || len(pruned[0].IDs) != stale {
				t.Fatalf("%d overlays pruned, %d patches are stale", len(pruned), stale)
			}
			checkPruned(t, cfg, pruned[0], before)
		})
	}
}

func checkPruned(t *testing.T, cfg Config, p Pruned, before []PatchResult) {
	t.Helper()
	if !isSubsequence(p.Data, cfg.Overlays[0].Data) {
		t.Error("a line is not as it was")
	}
	if strings.Contains(string(p.Data), "\n\n\n") && !strings.Contains(string(cfg.Overlays[0].Data), "\n\n\n") {
		t.Error("a blank line is doubled")
	}
	cfg.Overlays[0].Data = p.Data
	after, err := CheckPatches(cfg)
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.DeleteFunc(slices.Clone(before), func(r PatchResult) bool { return r.Outcome == Stale })
	if len(after) != len(kept) {
		t.Fatalf("%d patches are left, want %d", len(after), len(kept))
	}
	for i, r := range after {
		if r.ID != kept[i].ID || r.Outcome != kept[i].Outcome {
			t.Errorf("%s is %s; before, %s was %s", r.ID, r.Outcome, kept[i].ID, kept[i].Outcome)
		}
	}
}

// isSubsequence tells whether every line of part is a line of whole, in the same order. An emptied list is a line of its own.
func isSubsequence(part, whole []byte) bool {
	rest := bytes.Split(whole, []byte("\n"))
	for _, line := range bytes.Split(part, []byte("\n")) {
		if bytes.Equal(line, []byte("actions: []")) {
			line = []byte("actions:")
		}
		i := slices.IndexFunc(rest, func(l []byte) bool { return bytes.Equal(l, line) })
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

func TestASectionsCommentStaysWhileTheSectionHasMembers(t *testing.T) {
	const actions = "  # Section.\n  - {target: $.a, update: %s, x-fapigen-patch: {id: p}}\n  - {target: $.a, update: %s, x-fapigen-patch: {id: q}}\n" +
		"\n  # Next section.\n  - {target: $.a, update: n, x-fapigen-patch: {id: r}}\n"
	for name, tc := range map[string]struct {
		first, second string
		want          string
	}{
		"the first goes":  {"old", "new", "  # Section.\n  - {target: $.a, update: new, x-fapigen-patch: {id: q}}\n\n  # Next section.\n  - {target: $.a, update: n, x-fapigen-patch: {id: r}}\n"},
		"the second goes": {"new", "new", "  # Section.\n  - {target: $.a, update: new, x-fapigen-patch: {id: p}}\n\n  # Next section.\n  - {target: $.a, update: n, x-fapigen-patch: {id: r}}\n"},
		"both go":         {"old", "old", "  # Next section.\n  - {target: $.a, update: n, x-fapigen-patch: {id: r}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			const head = "overlay: 1.1.0\nactions:\n"
			pruned, err := Prune(Config{APIVersion: "2026-05-12",
				Spec:     Source{Name: "spec", Data: []byte("openapi: 3.0.3\npaths: {}\na: old\n")},
				Overlays: []Source{{Name: "o", Data: []byte(head + fmt.Sprintf(actions, tc.first, tc.second))}}})
			if err != nil || len(pruned) != 1 {
				t.Fatal(pruned, err)
			}
			if got := string(pruned[0].Data); got != head+tc.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestPruningKeepsTheEndsOfLines(t *testing.T) {
	text := strings.ReplaceAll("overlay: 1.1.0\nactions:\n  - target: $.a\n    update: old\n  - target: $.a\n    update: new\n", "\n", "\r\n")
	pruned, err := Prune(Config{APIVersion: "2026-05-12",
		Spec:     Source{Name: "spec", Data: []byte("openapi: 3.0.3\npaths: {}\na: old\n")},
		Overlays: []Source{{Name: "o", Data: []byte(text)}}})
	if err != nil || len(pruned) != 1 {
		t.Fatal(pruned, err)
	}
	if want := "overlay: 1.1.0\r\nactions:\r\n  - target: $.a\r\n    update: new\r\n"; string(pruned[0].Data) != want {
		t.Errorf("got %q, want %q", pruned[0].Data, want)
	}
}
