package fapigen_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every number of the list of mismatches stands in patches.yaml or in docs/corrections.md, and what is open has no patch.
func TestCorrectionsAreComplete(t *testing.T) {
	patched := numbers(t, "patches.yaml", regexp.MustCompile(`catalogue ((?:[A-D]\d\d(?:, )?)+)`))
	told := numbers(t, "docs/corrections.md", regexp.MustCompile(`(?m)^\|(.*)$`))
	for group, last := range map[string]int{"A": 64, "B": 20, "C": 53, "D": 22} {
		for i := 1; i <= last; i++ {
			id := fmt.Sprintf("%s%02d", group, i)
			if !slices.Contains(patched, id) && !slices.Contains(told, id) {
				t.Errorf("%s: neither in patches.yaml nor in docs/corrections.md", id)
			}
		}
	}
	text, err := os.ReadFile("docs/corrections.md")
	if err != nil {
		t.Fatal(err)
	}
	_, open, found := strings.Cut(string(text), "\n## Open\n")
	if !found {
		t.Fatal("docs/corrections.md: no section Open")
	}
	for _, id := range catalogue.FindAllString(open, -1) {
		if slices.Contains(patched, id) {
			t.Errorf("docs/corrections.md: %s is open, but patches.yaml has a patch; take it off the list", id)
		}
	}
}

// What observe lets pass by rule is a rule of docs/corrections.md.
func TestObserveLetsPassWhatIsCorrectedByRule(t *testing.T) {
	text, err := os.ReadFile("docs/corrections.md")
	if err != nil {
		t.Fatal(err)
	}
	rules, _, found := strings.Cut(string(text), "\n## Not corrected on purpose\n")
	if !found {
		t.Fatal("docs/corrections.md: no section Not corrected on purpose")
	}
	for _, id := range numbers(t, "generator/observe_rules.go", regexp.MustCompile(`(?m)^//\t(.*)$`)) {
		if !strings.Contains(rules, id) {
			t.Errorf("generator/observe_rules.go: %s is no rule of docs/corrections.md", id)
		}
	}
}

var catalogue = regexp.MustCompile(`\b[A-D]\d\d\b`)

// numbers are those in the parts of a file that the pattern's group finds.
func numbers(t *testing.T, file string, where *regexp.Regexp) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range where.FindAllSubmatch(text, -1) {
		list = append(list, catalogue.FindAllString(string(m[1]), -1)...)
	}
	return list
}

// The patch that CONTRIBUTING.md shows is one of patches.yaml.
func TestContributingShowsARealPatch(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	patches, err := os.ReadFile("patches.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shown := fenced.FindAllSubmatch(text, -1)
	found := slices.ContainsFunc(shown, func(m [][]byte) bool {
		return string(m[1]) == "yaml" && bytes.Contains(patches, m[2])
	})
	if !found {
		t.Error("CONTRIBUTING.md: its yaml block is not in patches.yaml")
	}
}
