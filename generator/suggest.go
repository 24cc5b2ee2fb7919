package generator

// Near misses: what somebody who wrote a name that is not there most likely meant.

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// DidYouMean is the tail of a message about a name that is not among those there are, "" when none of them is near.
func DidYouMean(want string, have []string) string {
	if name := nearest(want, have); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}

// nearest is the name with the fewest edits, "" when even that one takes more than a third of the letters.
func nearest(want string, have []string) string {
	best, limit := "", max(1, len(want)/3)
	for _, name := range have {
		if abs(len(name)-len(want)) > limit {
			continue
		}
		if edits := distance(strings.ToLower(want), strings.ToLower(name)); edits <= limit && name != want {
			best, limit = name, edits-1
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// distance counts insertions, deletions, replacements and swaps of neighbours.
func distance(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] { // paths share long beginnings
		a, b = a[1:], b[1:]
	}
	var before, row []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row = make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// nearestSchema is the schema that has most of the properties, at least half of them.
func nearestSchema(properties map[string]bool, schemas *yaml.Node) string {
	best, most := "", (len(properties)+1)/2
	for name, schema := range mapPairs(schemas) {
		shared := 0
		for key := range mapPairs(mapGet(schema, "properties")) {
			if properties[key] {
				shared++
			}
		}
		if shared > 0 && shared >= most {
			best, most = name, shared+1
		}
	}
	return best
}
