// Package recorded replays recorded replies to the generated module, each through the method that it is for. It is a
// module of its own, as its users' are: it sees what they see. The test of the same name in the root module runs it.
package recorded

import (
	"slices"
	"strings"
	"testing"
)

// Nothing of a reply is unknown to the types, nothing is lost on the way to the result, the state and the store.
func TestRecordedReplies(t *testing.T) {
	list := recordings(t, "../har/*.har")
	if len(list) == 0 {
		t.Fatal("no recordings")
	}
	list = append(list, recordings(t, "../../../shared/recordings/*.har")...) // where they are
	for _, rec := range list {
		t.Run(rec.name, func(t *testing.T) {
			got := newReplay(t).all(rec)
			if want := allowed[rec.name]; !slices.Equal(got, want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// all plays a recording and gives what was found in it but artefacts.
func (r *replay) all(rec recording) []string {
	r.t.Helper()
	if len(rec.replies) == 0 {
		r.t.Fatal("no replies")
	}
	for _, each := range rec.replies {
		r.play(each)
	}
	return slices.DeleteFunc(r.findings, func(finding string) bool {
		return slices.ContainsFunc(strings.Fields(finding), func(word string) bool { return slices.Contains(artefacts[rec.creator], word) })
	})
}
