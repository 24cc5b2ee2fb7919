package fapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const testKey = "clerk.example.com/"

// testStores is every kind of store, each as a function that makes an empty one.
var testStores = map[string]func(testing.TB) Store{
	"memory":  func(testing.TB) Store { return NewMemoryStore() },
	"file":    func(t testing.TB) Store { return testFileStore(t, t.TempDir()) },
	"browser": func(testing.TB) Store { return &BrowserStore{area: testArea{}} },
	"sealed":  func(testing.TB) Store { return EncryptStore(NewMemoryStore(), [32]byte{1}) },
}

// testFileStore opens dir, or a folder below it where dir's own mode is not for a store.
func testFileStore(t testing.TB, dir string) *FileStore {
	t.Helper()
	s, err := NewFileStore(dir + "/store")
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testArea stands for localStorage, which holds text only.
type testArea map[string]string

func (a testArea) get(name string) (string, bool, error) {
	value, found := a[name]
	return value, found, nil
}

func (a testArea) set(name, value string) error {
	if strings.ToValidUTF8(value, "") != value {
		return errors.New("not text")
	}
	a[name] = value
	return nil
}

// testData is what a careless encoder would change.
const testData = "{ \"id\" :\t\"c\",\n\"<&>\u2028\":1E+400 }\r\n\x00\xff\xc3"

func testSwap(t testing.TB, s Store, key, data string, old int64) int64 {
	t.Helper()
	version, ok, err := s.Swap(t.Context(), key, []byte(data), old)
	if err != nil || !ok || version <= 0 || version >= maxVersion {
		t.Fatalf("Swap of version %d: %d, %v, %v", old, version, ok, err)
	}
	return version
}

func testLoad(t testing.TB, s Store, key string) (string, int64) {
	t.Helper()
	data, version, err := s.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), version
}

// testNothing wants nothing to be under key.
func testNothing(t testing.TB, s Store, key string) {
	t.Helper()
	if data, version, err := s.Load(t.Context(), key); data != nil || version != 0 || err != nil {
		t.Errorf("loaded %q, %d, %v, want nothing", data, version, err)
	}
}

// testFails wants err to be target, one line, and silent about what a store holds.
func testFails(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
	if err != nil && (strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), ": ")) {
		t.Errorf("error is %q", err)
	}
}

// testSlower wants a Swap to find somebody else faster.
func testSlower(t *testing.T, s Store, data []byte, old int64) {
	t.Helper()
	if version, ok, err := s.Swap(t.Context(), testKey, data, old); version != 0 || ok || err != nil {
		t.Errorf("Swap of version %d: %d, %v, %v, want a refusal", old, version, ok, err)
	}
}

var testStoreRules = []struct {
	rule string
	test func(*testing.T, Store)
}{
	{"what was never kept is nothing", func(t *testing.T, s Store) { testNothing(t, s, testKey) }},
	{"what is kept comes back byte for byte", func(t *testing.T, s Store) {
		version := testSwap(t, s, testKey, testData, 0)
		if data, v := testLoad(t, s, testKey); data != testData || v != version {
			t.Errorf("got %q, %d", data, v)
		}
	}},
	{"empty data are data", func(t *testing.T, s Store) {
		version := testSwap(t, s, testKey, "", 0)
		if data, v := testLoad(t, s, testKey); data != "" || v != version {
			t.Errorf("got %q, %d", data, v)
		}
	}},
	{"a stale swap is refused and changes nothing", func(t *testing.T, s Store) {
		first := testSwap(t, s, testKey, "a", 0)
		second := testSwap(t, s, testKey, "b", first)
		for _, stale := range []int64{0, first, second + 1, -1} {
			testSlower(t, s, []byte("c"), stale)
			testSlower(t, s, nil, stale)
		}
		if data, v := testLoad(t, s, testKey); data != "b" || v != second || first == second {
			t.Errorf("got %q, %d after %d", data, v, first)
		}
	}},
	{"nothing has version 0", func(t *testing.T, s Store) {
		testSlower(t, s, []byte("a"), 1)
		testSlower(t, s, nil, 1)
		if version, ok, err := s.Swap(t.Context(), testKey, nil, 0); version != 0 || !ok || err != nil {
			t.Errorf("deleting nothing: %d, %v, %v", version, ok, err)
		}
		testNothing(t, s, testKey)
	}},
	{"a version never comes again, after a delete neither", func(t *testing.T, s Store) {
		seen := map[int64]bool{}
		for range 3 {
			version := testSwap(t, s, testKey, "a", 0)
			if seen[version] {
				t.Errorf("version %d again", version)
			}
			seen[version] = true
			if v, ok, err := s.Swap(t.Context(), testKey, nil, version); v != 0 || !ok || err != nil {
				t.Errorf("deleting: %d, %v, %v", v, ok, err)
			}
			testNothing(t, s, testKey)
			testSlower(t, s, nil, version)
			testSlower(t, s, []byte("b"), version)
		}
	}},
	{"keys are apart", func(t *testing.T, s Store) {
		keys := []string{"a/", "A/", "a", "a/../a/", "é", strings.Repeat("long", 200), "a.corrupt-1", "\n"}
		for _, key := range keys {
			testSwap(t, s, key, "of "+key, 0)
		}
		for _, key := range keys {
			if got, _ := testLoad(t, s, key); got != "of "+key {
				t.Errorf("%q has %q", key, got)
			}
		}
	}},
	{"data are copied in and out", func(t *testing.T, s Store) {
		data := []byte(testData)
		if _, ok, err := s.Swap(t.Context(), testKey, data, 0); !ok || err != nil {
			t.Fatal(ok, err)
		}
		clear(data)
		got, _, err := s.Load(t.Context(), testKey)
		check(t, err)
		clear(got)
		if again, _ := testLoad(t, s, testKey); again != testData {
			t.Errorf("got %q", again)
		}
	}},
	{"a key that names nobody is refused", func(t *testing.T, s Store) {
		for _, key := range []string{"", "\xff"} {
			_, _, loadErr := s.Load(t.Context(), key)
			_, ok, swapErr := s.Swap(t.Context(), key, []byte("a"), 0)
			if loadErr == nil || swapErr == nil || ok {
				t.Errorf("key %q: %v, %v", key, loadErr, swapErr)
			}
		}
	}},
	{"a context that has ended is heard first", func(t *testing.T, s Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := s.Load(ctx, testKey)
		testFails(t, err, context.Canceled)
		_, ok, err := s.Swap(ctx, testKey, []byte("a"), 0)
		testFails(t, err, context.Canceled)
		testNothing(t, s, testKey)
		if ok {
			t.Error("swapped")
		}
	}},
	{"64 goroutines that compare and swap lose nothing", func(t *testing.T, s Store) {
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				if err := testIncrement(t.Context(), s, 1); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if got, _ := testLoad(t, s, testKey); got != "64" {
			t.Errorf("counted to %s", got)
		}
	}},
}

// testIncrement adds 1 to the number under testKey, times times.
func testIncrement(ctx context.Context, s Store, times int) error {
	for times > 0 {
		data, version, err := s.Load(ctx, testKey)
		if err != nil {
			return err
		}
		n := 0
		if version != 0 {
			if n, err = strconv.Atoi(string(data)); err != nil {
				return err
			}
		}
		_, ok, err := s.Swap(ctx, testKey, strconv.AppendInt(nil, int64(n+1), 10), version)
		if err != nil {
			return err
		}
		if ok {
			times--
		}
	}
	return nil
}

func TestStoreRules(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(testStores)) {
		for _, tt := range testStoreRules {
			t.Run(name+"/"+tt.rule, func(t *testing.T) {
				t.Parallel()
				tt.test(t, testStores[name](t))
			})
		}
	}
}

func TestStoreKeysAreStableAndUnambiguous(t *testing.T) {
	tests := []struct{ host, profile, want string }{
		{"clerk.example.com", "", "clerk.example.com/"},
		{"clerk.example.com", "work", "clerk.example.com/work"},
		{"localhost:8080", "ä b", "localhost:8080/%C3%A4%20b"},
		{"example.com/__clerk", "x", "example.com%2F__clerk/x"},
		{"example.com", "__clerk/x", "example.com/__clerk%2Fx"},
		{"example.com%2F__clerk", "x", "example.com%252F__clerk/x"},
		{"", "a", "/a"},
		{"a", "\xff", "a/%FF"},
	}
	for _, tt := range tests {
		if got := storeKey(tt.host, tt.profile); got != tt.want {
			t.Errorf("storeKey(%q, %q) = %q, want %q", tt.host, tt.profile, got, tt.want)
		}
	}
}

func TestStoresArePrintedWithoutTheirContent(t *testing.T) {
	memory, sealed := NewMemoryStore(), EncryptStore(NewMemoryStore(), [32]byte([]byte(strings.Repeat(testSecret, 6))[:32]))
	testSwap(t, memory, testKey, testSecret, 0)
	testSwap(t, sealed, testKey, testSecret, 0)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10v"} {
		for _, s := range []Store{memory, sealed} {
			text := fmt.Sprintf(verb, s)
			if strings.Contains(text, testSecret) || strings.Contains(text, fmt.Sprintf("%x", testSecret)) || strings.Contains(text, strings.Trim(fmt.Sprint([]byte(testSecret)), "[]")) {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
}

func TestStoreInTheBrowserMovesCorruptItemsAside(t *testing.T) {
	area := testArea{"fapi:a": testSecret, "fapi:a.corrupt-1": "taken"}
	s := &BrowserStore{area: area}
	_, _, err := s.Load(t.Context(), "a")
	testFails(t, err, ErrCorruptRecord)
	if want := `localStorage item "fapi:a": not a readable record, moved to "fapi:a.corrupt-2"`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if area["fapi:a.corrupt-2"] != testSecret {
		t.Errorf("area is %q", area)
	}
	testNothing(t, s, "a")
}

func TestStoreWithoutLocalStorageIsUnsupported(t *testing.T) {
	s := &BrowserStore{}
	_, _, err := s.Load(t.Context(), testKey)
	testFails(t, err, ErrUnsupported)
	_, _, err = s.Swap(t.Context(), testKey, []byte("a"), 0)
	testFails(t, err, ErrUnsupported)
}

func TestEncryptStore(t *testing.T) {
	first, second, third := [32]byte{1}, [32]byte{2}, [32]byte{3}
	refused := func(t *testing.T, s Store, key string) {
		t.Helper()
		_, _, err := s.Load(t.Context(), key)
		testFails(t, err, ErrDecrypt)
	}
	t.Run("the inner store sees nothing of the data", func(t *testing.T) {
		inner := NewMemoryStore()
		testSwap(t, EncryptStore(inner, first), testKey, testSecret+testSecret, 0)
		sealed, _ := testLoad(t, inner, testKey)
		if strings.Contains(sealed, testSecret) || !strings.HasPrefix(sealed, sealFormat) {
			t.Errorf("kept %q", sealed)
		}
	})
	t.Run("two swaps of the same data differ", func(t *testing.T) {
		inner := NewMemoryStore()
		s := EncryptStore(inner, first)
		version := testSwap(t, s, testKey, "a", 0)
		one, _ := testLoad(t, inner, testKey)
		testSwap(t, s, testKey, "a", version)
		if two, _ := testLoad(t, inner, testKey); one == two {
			t.Error("they are the same")
		}
	})
	t.Run("another key is an error, neither nothing nor overwritten", func(t *testing.T) {
		inner := NewMemoryStore()
		version := testSwap(t, EncryptStore(inner, first), testKey, "a", 0)
		before, _ := testLoad(t, inner, testKey)
		other := EncryptStore(inner, second)
		refused(t, other, testKey)
		testSlower(t, other, []byte("b"), 0)
		for _, data := range [][]byte{[]byte("b"), nil} {
			_, ok, err := other.Swap(t.Context(), testKey, data, version)
			if testFails(t, err, ErrDecrypt); ok {
				t.Error("overwritten")
			}
		}
		if after, _ := testLoad(t, inner, testKey); after != before {
			t.Error("the data have changed")
		}
	})
	t.Run("an old key opens, the new one seals", func(t *testing.T) {
		inner := NewMemoryStore()
		version := testSwap(t, EncryptStore(inner, first), testKey, "a", 0)
		rotated := EncryptStore(inner, second, third, first)
		if data, _ := testLoad(t, rotated, testKey); data != "a" {
			t.Errorf("got %q", data)
		}
		testSwap(t, rotated, testKey, "b", version)
		if data, _ := testLoad(t, EncryptStore(inner, second), testKey); data != "b" {
			t.Errorf("got %q", data)
		}
		refused(t, EncryptStore(inner, first), testKey)
	})
	t.Run("data under another key do not open", func(t *testing.T) {
		inner := NewMemoryStore()
		s := EncryptStore(inner, first)
		testSwap(t, s, "a", "of a", 0)
		sealed, _ := testLoad(t, inner, "a")
		testSwap(t, inner, "b", sealed, 0)
		refused(t, s, "b")
	})
	t.Run("a changed byte anywhere, or a cut, does not open", func(t *testing.T) {
		inner := NewMemoryStore()
		s := EncryptStore(inner, first)
		version := testSwap(t, s, testKey, "a", 0)
		sealed, _ := testLoad(t, inner, testKey)
		for i := range len(sealed) {
			changed := []byte(sealed)
			changed[i] ^= 1
			version = testSwap(t, inner, testKey, string(changed), version)
			refused(t, s, testKey)
			version = testSwap(t, inner, testKey, sealed[:i], version)
			refused(t, s, testKey)
		}
	})
	t.Run("a client fails and keeps what is there", func(t *testing.T) {
		f, inner := newFakeFAPI(), NewMemoryStore()
		f.loaded(t, signedInClient(1), "t1", WithStore(EncryptStore(inner, first)))
		c := f.clerk(t, WithStore(EncryptStore(inner, second)))
		before, _ := testLoad(t, inner, c.records.key)
		if err := c.Load(t.Context()); !errors.Is(err, ErrDecrypt) || !errors.Is(err, ErrLoad) {
			t.Errorf("got %v", err)
		}
		if after, _ := testLoad(t, inner, c.records.key); after != before {
			t.Error("overwritten")
		}
	})
}

// A client with its sessions and user is about 30 KB.
func BenchmarkStore(b *testing.B) {
	data := string(bytes.Repeat([]byte(`{"id":"sess_1","status":"active","user":null},`), 650))
	for _, name := range slices.Sorted(maps.Keys(testStores)) {
		b.Run("swap/"+name, func(b *testing.B) {
			s, version := testStores[name](b), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				version = testSwap(b, s, testKey, data, version)
			}
		})
		b.Run("load/"+name, func(b *testing.B) {
			s := testStores[name](b)
			testSwap(b, s, testKey, data, 0)
			b.ReportAllocs()
			for b.Loop() {
				testLoad(b, s, testKey)
			}
		})
	}
}
