package conformance

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var flavors = []flavor{
	{"native", startNode, startNative},
	{"page", startChromium, startPage},
}

// TestConformance plays each scenario with clerk-js and with the SDK. Differences are those of the table in README.md, no
// more and no less.
func TestConformance(t *testing.T) {
	table := readTable(t)
	ctx := t.Context()
	start := time.Now()
	var mu sync.Mutex
	played, theirs, ours := 0, 0, 0
	t.Run("play", func(t *testing.T) {
		for _, f := range flavors {
			for _, s := range scenarios {
				if s.only != "" && s.only != f.name {
					continue
				}
				played--
				t.Run(f.name+"/"+s.name, func(t *testing.T) {
					t.Parallel()
					clerkJS, sdk := play(ctx, t, s, f.clerkJS), play(ctx, t, s, f.sdk)
					for _, a := range clerkJS {
						if a.Error != a.reason {
							t.Errorf("%s: clerk-js fails with %q, want %q", a.verb, a.Error, a.reason)
						}
					}
					mu.Lock()
					defer mu.Unlock()
					played++
					theirs, ours = theirs+requestsOf(clerkJS), ours+requestsOf(sdk)
					for _, d := range compare(clerkJS, sdk) {
						if !table.explains(f.name, d) {
							t.Errorf("%s: %s", d.verb, d.text)
						}
					}
				})
			}
		}
	})
	t.Logf("%d requests of clerk-js and %d of the SDK compared in %.1f s", theirs, ours, time.Since(start).Seconds())
	if played == 0 && !t.Failed() { // all of them, so that each row has had its chance
		for _, row := range table.unseen() {
			t.Errorf("README.md lists a difference that there is not: %s", row)
		}
	}
}

func requestsOf(acts []act) int {
	n := 0
	for _, a := range acts {
		n += len(a.requests)
	}
	return n
}

// row is one line of the table of differences.
type row struct {
	flavors, verbs []string
	text           string
	seen           map[string]bool // "native load"
}

type differences []*row

// readTable reads README.md: | flavor | step | difference | reason |. Several flavors or steps have commas between them;
// the step "any" is all steps.
func readTable(t *testing.T) differences {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table differences
	_, text, _ := strings.Cut(string(data), "<!-- differences -->")
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || strings.Contains(cells[0], "--") || strings.TrimSpace(cells[0]) == "flavor" {
			continue
		}
		cell := func(i int) []string {
			return strings.Split(strings.ReplaceAll(strings.TrimSpace(cells[i]), "`", ""), ", ")
		}
		table = append(table, &row{cell(0), cell(1), strings.Trim(strings.TrimSpace(cells[2]), "`"), map[string]bool{}})
	}
	return table
}

// explains finds the row of a difference.
func (d differences) explains(flavor string, one difference) bool {
	for _, r := range d {
		if r.text != one.text || !slices.Contains(r.flavors, flavor) {
			continue
		}
		for _, verb := range r.verbs {
			if verb == "any" || verb == one.verb {
				r.seen[flavor+" "+verb] = true
				return true
			}
		}
	}
	return false
}

// unseen are the rows, by flavor and step, that nothing was explained by.
func (d differences) unseen() []string {
	var list []string
	for _, r := range d {
		for _, f := range r.flavors {
			for _, verb := range r.verbs {
				if !r.seen[f+" "+verb] {
					list = append(list, f+" "+verb+": "+r.text)
				}
			}
		}
	}
	return list
}
