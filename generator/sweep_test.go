package generator

import "testing"

// The race detector makes reading a description about six times as slow, and next to nothing of that is concurrent. With
// it, a sweep over many descriptions takes a sample; .ci/run has a step for the whole of it.

// sweep gives all cases, or the first n under the race detector.
func sweep[T any](cases []T, n int) []T {
	if raceDetector {
		return cases[:min(n, len(cases))]
	}
	return cases
}

func skipUnderRaceDetector(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("a sweep without anything concurrent: run it without -race")
	}
}
