package fapigen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Recorded replies, replayed to the generated module. The test is in testdata/recorded, a module of its own: this one
// does not know the other that it generates.
func TestRecordedReplies(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generated module")
	}
	for _, pattern := range []string{"out/fapi/*.go", "testdata/recorded/*", "testdata/har/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names { // the go command runs a test again when a file that it asked for has changed
			if _, err := os.Stat(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	env := []string{"GOWORK=off", "GOPROXY=off", "GOFLAGS="}
	got := run(t, filepath.Join("testdata", "recorded"), env, "go", "test", "-count=1", "-v", ".") // its files lie outside its module
	for _, want := range []string{"--- PASS: TestRecordedReplies/sign_in.har", "--- PASS: TestEveryFaultOfAReplyIsFound/", "--- PASS: TestALostByteIsFound"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
