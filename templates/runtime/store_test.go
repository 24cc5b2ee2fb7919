package fapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "clerk.example.com/"

// testStores is every kind of store, each as a function that makes an empty one.
var testStores = map[string]func(testing.TB) Store{
	"memory":  func(testing.TB) Store { return NewMemoryStore() },
	"file":    func(t testing.TB) Store { return testFileStore(t, t.TempDir()) },
	"browser": func(testing.TB) Store { return &BrowserStore{area: testArea{}} },
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

// testArea stands for localStorage.
type testArea map[string]string

func (a testArea) get(name string) (string, bool, error) {
	value, found := a[name]
	return value, found, nil
}

func (a testArea) set(name, value string) error {
	a[name] = value
	return nil
}

// testRecord has what a careless encoder would change.
func testRecord() Record {
	return Record{
		Token:       testSecret + ".<&>\u2028\x00é",
		Client:      json.RawMessage("{ \"id\" :\t\"c\",\n\"unknown\": {\"a\":[ ]}, \"id\":2, \"big\":12345678901234567890.10, \"e\":1E+400, \"u\":\"\\u00e9é\\/<&>\u2028😀\" }"),
		Environment: json.RawMessage(`{"auth_config":  {}}`),
		Date:        time.Date(2026, 5, 12, 10, 30, 0, 0, time.UTC),
	}
}

func testSameRecord(t *testing.T, got, want Record) {
	t.Helper()
	if got.Version != want.Version || got.Token != want.Token || !got.Date.Equal(want.Date) ||
		!bytes.Equal(got.Client, want.Client) || !bytes.Equal(got.Environment, want.Environment) {
		t.Errorf("got  %v %q %s %s\nwant %v %q %s %s", got, got.Token, got.Client, got.Environment, want, want.Token, want.Client, want.Environment)
	}
}

func testSave(t testing.TB, s Store, key string, r Record, ifVersion uint64) uint64 {
	t.Helper()
	version, err := s.Save(t.Context(), key, r, ifVersion)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func testLoad(t testing.TB, s Store, key string) Record {
	t.Helper()
	r, err := s.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// testFails wants err to be target, one line, and silent about what records hold.
func testFails(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
	if err != nil && (strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), ": ")) {
		t.Errorf("error is %q", err)
	}
}

var testStoreRules = []struct {
	rule string
	test func(*testing.T, Store)
}{
	{"what was never saved is not found", func(t *testing.T, s Store) {
		_, err := s.Load(t.Context(), testKey)
		testFails(t, err, ErrNotFound)
	}},
	{"what is saved comes back byte for byte", func(t *testing.T, s Store) {
		want := testRecord()
		want.Version = testSave(t, s, testKey, want, 0)
		testSameRecord(t, testLoad(t, s, testKey), want)
	}},
	{"nothing, null and empty are kept apart as far as JSON can", func(t *testing.T, s Store) {
		v := testSave(t, s, testKey, Record{Client: json.RawMessage("null"), Environment: json.RawMessage{}}, 0)
		got := testLoad(t, s, testKey)
		if string(got.Client) != "null" || got.Environment != nil || !got.Date.IsZero() || got.Token != "" {
			t.Errorf("got %v", got)
		}
		testSave(t, s, testKey, Record{Client: json.RawMessage(" \n[1]\t ")}, v)
		if got := testLoad(t, s, testKey); string(got.Client) != "[1]" {
			t.Errorf("got %s", got.Client)
		}
	}},
	{"a date keeps its instant, in UTC", func(t *testing.T, s Store) {
		now := time.Now().In(time.FixedZone("", 3600))
		testSave(t, s, testKey, Record{Date: now}, 0)
		if got := testLoad(t, s, testKey).Date; got != now.UTC().Round(0) {
			t.Errorf("got %v, want %v", got, now)
		}
	}},
	{"versions grow, whatever the record says", func(t *testing.T, s Store) {
		first := testSave(t, s, testKey, Record{Version: 99, Token: "a"}, 0)
		second := testSave(t, s, testKey, Record{Version: 1, Token: "b"}, first)
		if got := testLoad(t, s, testKey); first == 0 || second <= first || got.Version != second || got.Token != "b" {
			t.Errorf("versions %d, %d, then %v", first, second, got)
		}
	}},
	{"a stale save is a conflict and changes nothing", func(t *testing.T, s Store) {
		first := testSave(t, s, testKey, Record{Token: "a"}, 0)
		second := testSave(t, s, testKey, Record{Token: "b"}, first)
		for _, stale := range []uint64{0, first, second + 1} {
			version, err := s.Save(t.Context(), testKey, testRecord(), stale)
			testFails(t, err, ErrConflict)
			testFails(t, s.Delete(t.Context(), testKey, stale), ErrConflict)
			if version != 0 {
				t.Errorf("version %d of a save that failed", version)
			}
		}
		testSameRecord(t, testLoad(t, s, testKey), Record{Version: second, Token: "b"})
	}},
	{"no record has version 0", func(t *testing.T, s Store) {
		_, err := s.Save(t.Context(), testKey, testRecord(), 1)
		testFails(t, err, ErrConflict)
		testFails(t, s.Delete(t.Context(), testKey, 1), ErrConflict)
		testFails(t, s.Delete(t.Context(), testKey, 0), nil)
		_, err = s.Load(t.Context(), testKey)
		testFails(t, err, ErrNotFound)
	}},
	{"a deleted record is not found and its version never comes again", func(t *testing.T, s Store) {
		last := uint64(0)
		for range 3 {
			version := testSave(t, s, testKey, testRecord(), 0)
			if version <= last {
				t.Errorf("version %d after %d", version, last)
			}
			last = version
			testFails(t, s.Delete(t.Context(), testKey, version), nil)
			testFails(t, s.Delete(t.Context(), testKey, version), ErrConflict)
			testFails(t, s.Delete(t.Context(), testKey, 0), nil)
			_, err := s.Load(t.Context(), testKey)
			testFails(t, err, ErrNotFound)
			_, err = s.Save(t.Context(), testKey, testRecord(), version)
			testFails(t, err, ErrConflict)
		}
	}},
	{"keys are apart", func(t *testing.T, s Store) {
		keys := []string{"a/", "A/", "a", "a/../a/", "é", strings.Repeat("long", 200), "a.corrupt-1", "\n"}
		for _, key := range keys {
			testSave(t, s, key, Record{Token: key}, 0)
		}
		for _, key := range keys {
			if got := testLoad(t, s, key); got.Token != key {
				t.Errorf("%q has the record of %q", key, got.Token)
			}
		}
	}},
	{"records are copied in and out", func(t *testing.T, s Store) {
		r := testRecord()
		testSave(t, s, testKey, r, 0)
		clear(r.Client)
		clear(r.Environment)
		got := testLoad(t, s, testKey)
		clear(got.Client)
		clear(got.Environment)
		want := testRecord()
		want.Version = got.Version
		testSameRecord(t, testLoad(t, s, testKey), want)
	}},
	{"what JSON cannot give back is refused", func(t *testing.T, s Store) {
		v := testSave(t, s, testKey, Record{Token: "a"}, 0)
		for _, r := range []Record{
			{Token: testSecret + "\xff"},
			{Client: json.RawMessage(`{"` + testSecret)}, {Client: json.RawMessage(`{},"token":"x"`)}, {Client: json.RawMessage(" ")},
			{Environment: json.RawMessage(`{}}`)},
		} {
			version, err := s.Save(t.Context(), testKey, r, v)
			if testFails(t, err, err); err == nil || version != 0 {
				t.Errorf("saved %q %s %s", r.Token, r.Client, r.Environment)
			}
		}
		testSameRecord(t, testLoad(t, s, testKey), Record{Version: v, Token: "a"})
	}},
	{"a key that names nobody is refused", func(t *testing.T, s Store) {
		for _, key := range []string{"", "\xff"} {
			_, loadErr := s.Load(t.Context(), key)
			_, saveErr := s.Save(t.Context(), key, Record{}, 0)
			for _, err := range []error{loadErr, saveErr, s.Delete(t.Context(), key, 0)} {
				if err == nil || errors.Is(err, ErrNotFound) {
					t.Errorf("key %q: %v", key, err)
				}
			}
		}
	}},
	{"a context that has ended is heard first", func(t *testing.T, s Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Load(ctx, testKey)
		testFails(t, err, context.Canceled)
		_, err = s.Save(ctx, testKey, testRecord(), 0)
		testFails(t, err, context.Canceled)
		testFails(t, s.Delete(ctx, testKey, 0), context.Canceled)
		_, err = s.Load(t.Context(), testKey)
		testFails(t, err, ErrNotFound)
	}},
	{"64 goroutines that compare and save lose nothing", func(t *testing.T, s Store) {
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				if err := testIncrement(t.Context(), s, 1); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if got := testLoad(t, s, testKey); string(got.Client) != "64" || got.Version != 64 {
			t.Errorf("counted to %s in %v", got.Client, got)
		}
	}},
}

// testIncrement adds 1 to the number in the record, times times.
func testIncrement(ctx context.Context, s Store, times int) error {
	for times > 0 {
		r, err := s.Load(ctx, testKey)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		n := 0
		if r.Client != nil {
			if err := json.Unmarshal(r.Client, &n); err != nil {
				return err
			}
		}
		r.Client = fmt.Append(nil, n+1)
		if _, err = s.Save(ctx, testKey, r, r.Version); err == nil {
			times--
		} else if !errors.Is(err, ErrConflict) {
			return err
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

func TestStoreRecordIsPrintedWithoutItsContent(t *testing.T) {
	r := testRecord()
	r.Version, r.Client, r.Environment = 7, json.RawMessage(`"`+testSecret+`"`), json.RawMessage(`["`+testSecret+`"]`)
	memory := NewMemoryStore()
	testSave(t, memory, testKey, r, 0)
	want := "Record{Version: 7, Token: [redacted], Client: 8 bytes, Environment: 10 bytes, Date: 2026-05-12T10:30:00Z}"
	type holder struct{ R Record }
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10v"} {
		printed = append(printed, fmt.Sprintf(verb, r))
		for _, v := range []any{&r, holder{r}, &holder{r}, []Record{r}, map[string]Record{"k": r}, storedRecord{Record: r}, memory} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
	}
	for _, v := range []any{r, &r} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "r", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "r", v)
		printed = append(printed, log.String())
	}
	for _, text := range append(printed, r.String()) {
		if strings.Contains(text, testSecret) || strings.Contains(text, fmt.Sprintf("%x", testSecret)) {
			t.Errorf("printed %s", text)
		}
		if strings.HasPrefix(text, "Record{") && text != want {
			t.Errorf("printed %s\nwant    %s", text, want)
		}
	}
	if got := (Record{}).String(); got != "Record{Version: 0, Token: none, Client: 0 bytes, Environment: 0 bytes, Date: unknown}" {
		t.Errorf("printed %s", got)
	}
}

func TestStoreRecordIsEncodedWhole(t *testing.T) {
	data, err := json.Marshal(testRecord())
	if err != nil || !strings.Contains(string(data), testSecret) {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestStoreInTheBrowserMovesCorruptItemsAside(t *testing.T) {
	area := testArea{"fapi:a": testSecret, "fapi:a.corrupt-1": "taken"}
	s := &BrowserStore{area: area}
	_, err := s.Load(t.Context(), "a")
	testFails(t, err, ErrCorruptRecord)
	if want := `localStorage item "fapi:a": not a readable record, moved to "fapi:a.corrupt-2"`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if area["fapi:a.corrupt-2"] != testSecret {
		t.Errorf("area is %q", area)
	}
	_, err = s.Load(t.Context(), "a")
	testFails(t, err, ErrNotFound)
}

func TestStoreWithoutLocalStorageIsUnsupported(t *testing.T) {
	s := &BrowserStore{}
	_, err := s.Load(t.Context(), testKey)
	testFails(t, err, ErrUnsupported)
	_, err = s.Save(t.Context(), testKey, testRecord(), 0)
	testFails(t, err, ErrUnsupported)
	testFails(t, s.Delete(t.Context(), testKey, 0), ErrUnsupported)
}

// A client with its sessions and user is about 30 KB.
func BenchmarkStore(b *testing.B) {
	r := testRecord()
	r.Client = json.RawMessage(`{"id":"client_1","sessions":[` + strings.Repeat(`{"id":"sess_1","status":"active","user":null},`, 650) + `{}]}`)
	for _, name := range slices.Sorted(maps.Keys(testStores)) {
		b.Run("save/"+name, func(b *testing.B) {
			s, version := testStores[name](b), uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				version = testSave(b, s, testKey, r, version)
			}
		})
		b.Run("load/"+name, func(b *testing.B) {
			s := testStores[name](b)
			testSave(b, s, testKey, r, 0)
			b.ReportAllocs()
			for b.Loop() {
				testLoad(b, s, testKey)
			}
		})
	}
}
