package fapitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Store is what TestStore tests: the interface of the SDK's package fapi, word for word. A fapi.Store is one.
type Store interface {
	Load(ctx context.Context, key string) (data []byte, version int64, err error)
	Swap(ctx context.Context, key string, data []byte, old int64) (version int64, ok bool, err error)
}

// TestStore tests that a store keeps the rules of fapi.Store: what it gives back, how it compares and swaps, which versions it
// gives, that keys and copies are apart, and that nothing is lost between goroutines. Each of its subtests calls newStore for a
// store that has nothing under the subtest's keys: a new one, or one that is shared, since keys are never used twice.
//
//	func TestMyStore(t *testing.T) {
//		fapitest.TestStore(t, func() fapitest.Store { return mystore.New(t.TempDir()) })
//	}
//
// It does not test what only the store's author can: that data outlive the process, and that processes exclude each other.
func TestStore[S Store](t *testing.T, newStore func() S) {
	t.Helper()
	run := fmt.Sprintf("fapitest-%d/", storeRuns.next())
	for i, rule := range storeRules {
		t.Run(rule.name, func(t *testing.T) {
			rule.test(storeTest{t, newStore(), run + strconv.Itoa(i) + "/key"})
		})
	}
}

// storeRuns numbers the runs in this process, so that a store that is shared has new keys in each.
var storeRuns counter

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

const maxStoreVersion = 1 << 53

// storeTest is one subtest with its store and its key.
type storeTest struct {
	*testing.T
	store Store
	key   string
}

// swap wants Swap to succeed, and gives the new version.
func (t storeTest) swap(key, data string, old int64) int64 {
	t.Helper()
	version, ok, err := t.store.Swap(t.Context(), key, []byte(data), old)
	switch {
	case err != nil || !ok:
		t.Fatalf("Swap of version %d gave ok %v and error %v, want ok", old, ok, err)
	case version <= 0 || version >= maxStoreVersion:
		t.Fatalf("Swap gave version %d, which is not between 0 and 1<<53", version)
	}
	return version
}

// wants checks what is under key.
func (t storeTest) wants(key, data string, version int64) {
	t.Helper()
	got, v, err := t.store.Load(t.Context(), key)
	if err != nil || string(got) != data || v != version {
		t.Errorf("Load gave %d bytes %.40q of version %d, %v; want %d bytes %.40q of version %d", len(got), got, v, err, len(data), data, version)
	}
}

// nothing checks that there is nothing under key.
func (t storeTest) nothing(key string) {
	t.Helper()
	if data, version, err := t.store.Load(t.Context(), key); len(data) != 0 || version != 0 || err != nil {
		t.Errorf("Load gave %d bytes of version %d, %v; want nothing: version 0 and no error", len(data), version, err)
	}
}

// slower wants Swap to say that somebody else was faster.
func (t storeTest) slower(data []byte, old int64) {
	t.Helper()
	if _, ok, err := t.store.Swap(t.Context(), t.key, data, old); ok || err != nil {
		t.Errorf("Swap of version %d gave ok %v and error %v, want not ok and no error", old, ok, err)
	}
}

func (t storeTest) remove(version int64) {
	t.Helper()
	if v, ok, err := t.store.Swap(t.Context(), t.key, nil, version); v != 0 || !ok || err != nil {
		t.Fatalf("deleting version %d gave version %d, ok %v, error %v; want version 0, ok", version, v, ok, err)
	}
}

var storeRules = []struct {
	name string
	test func(storeTest)
}{
	{"nothing has version 0", func(t storeTest) {
		t.nothing(t.key)
		t.slower([]byte("a"), 1)
		t.slower(nil, 1)
		t.nothing(t.key)
	}},
	{"bytes come back as they are", func(t storeTest) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		version := int64(0)
		for _, data := range []string{"a", " a\n", string(all), "{\"a\":\r\n1}", "\x00", "\xff\xfe", strings.Repeat("0123456789abcdef", 1<<16)} {
			version = t.swap(t.key, data, version)
			t.wants(t.key, data, version)
		}
	}},
	{"a stale version changes nothing", func(t storeTest) {
		first := t.swap(t.key, "a", 0)
		second := t.swap(t.key, "b", first)
		for _, stale := range []int64{0, first, second + 1, -1} {
			t.slower([]byte("c"), stale)
			t.slower(nil, stale)
		}
		t.wants(t.key, "b", second)
	}},
	{"the same data get another version", func(t storeTest) {
		first := t.swap(t.key, "a", 0)
		if second := t.swap(t.key, "a", first); second == first {
			t.Errorf("version %d twice", first)
		}
		t.slower([]byte("b"), first)
	}},
	{"a version never comes again after a delete", func(t storeTest) {
		seen := map[int64]bool{}
		for range 5 {
			version := t.swap(t.key, "a", 0)
			if seen[version] {
				t.Errorf("version %d again", version)
			}
			seen[version] = true
			t.remove(version)
			t.nothing(t.key)
			t.slower([]byte("b"), version)
			t.slower(nil, version)
		}
	}},
	{"keys are apart", func(t storeTest) {
		versions := map[string]int64{}
		for _, end := range []string{"", "/", "a", "A", "é", "%2F", " ", "../key", "*", ":", strings.Repeat("k", 200)} {
			key := t.key + end
			versions[key] = t.swap(key, "of "+key, 0)
		}
		for key, version := range versions {
			t.wants(key, "of "+key, version)
		}
	}},
	{"data are copied in and out", func(t storeTest) {
		data := []byte("abc")
		version, ok, err := t.store.Swap(t.Context(), t.key, data, 0)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		copy(data, "xyz")
		t.wants(t.key, "abc", version)
		got, _, err := t.store.Load(t.Context(), t.key)
		if err != nil {
			t.Fatal(err)
		}
		copy(got, bytes.Repeat([]byte("x"), len(got)))
		t.wants(t.key, "abc", version)
	}},
	{"a context that has ended is an error", func(t storeTest) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := t.store.Load(ctx, t.key); !errors.Is(err, context.Canceled) {
			t.Errorf("Load: %v, want one that is context.Canceled", err)
		}
		if _, ok, err := t.store.Swap(ctx, t.key, []byte("a"), 0); ok || !errors.Is(err, context.Canceled) {
			t.Errorf("Swap: %v, %v, want one that is context.Canceled", ok, err)
		}
		t.nothing(t.key)
	}},
	{"goroutines lose nothing", func(t storeTest) {
		const goroutines, times = 16, 10
		var all sync.WaitGroup
		for range goroutines {
			all.Go(func() {
				for range times {
					if err := t.increment(); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if data, _, err := t.store.Load(t.Context(), t.key); err != nil || string(data) != strconv.Itoa(goroutines*times) {
			t.Errorf("counted to %.20q, %v, want %d", data, err, goroutines*times)
		}
	}},
	{"of those who create, one wins", func(t storeTest) {
		var all sync.WaitGroup
		var wins counter
		for i := range 16 {
			all.Go(func() {
				if _, ok, err := t.store.Swap(t.Context(), t.key, []byte(strconv.Itoa(i)), 0); err != nil {
					t.Error(err)
				} else if ok {
					wins.next()
				}
			})
		}
		all.Wait()
		if wins.n != 1 {
			t.Errorf("%d of 16 won, want 1", wins.n)
		}
	}},
}

// increment adds 1 to the number under the key, as often as it takes.
func (t storeTest) increment() error {
	for {
		data, version, err := t.store.Load(t.Context(), t.key)
		if err != nil {
			return err
		}
		n := 0
		if version != 0 {
			if n, err = strconv.Atoi(string(data)); err != nil {
				return err
			}
		}
		_, ok, err := t.store.Swap(t.Context(), t.key, strconv.AppendInt(nil, int64(n+1), 10), version)
		if ok || err != nil {
			return err
		}
	}
}
