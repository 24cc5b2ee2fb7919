package fapitest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// brokenStore is a store in memory with one fault.
type brokenStore struct {
	fault    string
	mu       sync.Mutex
	data     map[string][]byte
	versions map[string]int64
	last     int64
}

func (s *brokenStore) Load(ctx context.Context, key string) ([]byte, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == "folds case" {
		key = strings.ToLower(key)
	}
	if s.fault != "ignores the context" && ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	data, version := s.data[key], s.versions[key]
	if s.fault == "trims" {
		data = []byte(strings.TrimSpace(string(data)))
	}
	if s.fault != "gives its own bytes" {
		data = append([]byte(nil), data...)
	}
	return data, version, nil
}

func (s *brokenStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == "folds case" {
		key = strings.ToLower(key)
	}
	if s.fault != "ignores the context" && ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	switch {
	case s.fault == "does not compare", s.versions[key] == old:
	case s.fault == "creates over what is there" && old == 0:
	default:
		return 0, false, nil
	}
	if data == nil {
		delete(s.data, key)
		delete(s.versions, key)
		return 0, true, nil
	}
	s.last++
	version := s.last
	switch s.fault {
	case "counts anew after a delete":
		version = s.versions[key] + 1
	case "version by content":
		version = int64(len(data)) + 1
	case "large versions":
		version += 1 << 60
	}
	if s.fault != "keeps the caller's bytes" {
		data = append([]byte(nil), data...)
	}
	s.data[key], s.versions[key] = data, version
	return version, true, nil
}

const faultVariable = "FAPITEST_STORE_FAULT"

// TestBrokenStoreChild is no test by itself: TestStoreFindsFaults runs it in another process, where it has to fail.
func TestBrokenStoreChild(t *testing.T) {
	fault, ok := os.LookupEnv(faultVariable)
	if !ok {
		t.Skip("for TestStoreFindsFaults")
	}
	TestStore(t, func() *brokenStore {
		return &brokenStore{fault: fault, data: map[string][]byte{}, versions: map[string]int64{}}
	})
}

func TestStoreFindsFaults(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for fault, rule := range map[string]string{
		"":                           "",
		"ignores the context":        "a_context_that_has_ended_is_an_error",
		"trims":                      "bytes_come_back_as_they_are",
		"gives its own bytes":        "data_are_copied_in_and_out",
		"keeps the caller's bytes":   "data_are_copied_in_and_out",
		"does not compare":           "a_stale_version_changes_nothing",
		"creates over what is there": "of_those_who_create,_one_wins",
		"counts anew after a delete": "a_version_never_comes_again_after_a_delete",
		"version by content":         "the_same_data_get_another_version",
		"large versions":             "bytes_come_back_as_they_are",
		"folds case":                 "keys_are_apart",
	} {
		t.Run(fault, func(t *testing.T) {
			child := exec.Command(binary, "-test.run=^TestBrokenStoreChild$", "-test.v")
			child.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := child.CombinedOutput()
			if _, failed := err.(*exec.ExitError); err != nil && !failed {
				t.Skip(err) // no processes here
			}
			if found := strings.Contains(string(out), "--- FAIL: TestBrokenStoreChild/"+rule); (err != nil) != (fault != "") || fault != "" && !found {
				t.Errorf("%v, %s", err, out)
			}
		})
	}
}
