package fapi

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testRecordPath is the path of testKey's record file: SHA-256, so that no key can leave the folder.
func testRecordPath(s *FileStore) string {
	return filepath.Join(s.dir, "7850b9292341aedf977d1a8298ab1e7fe7e938f1adf8598b7b320a7b9b453952.json")
}

func testWrite(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

func testFileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func testNeedsModes(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
}

func TestStoreFolderAndFilesAreTheUsersAlone(t *testing.T) {
	testNeedsModes(t)
	s := testFileStore(t, filepath.Join(t.TempDir(), "new"))
	testSave(t, s, testKey, testRecord(), 0)
	for _, dir := range []string{filepath.Dir(s.dir), s.dir} {
		if info, err := os.Stat(dir); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
	names := testFileNames(t, s.dir)
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	base := filepath.Base(testRecordPath(s))
	if want := []string{base, strings.TrimSuffix(base, "json") + "lock"}; !slices.Equal(names, want) {
		t.Errorf("files are %q, want %q", names, want)
	}
}

func TestStoreRefusesAWideFolder(t *testing.T) {
	testNeedsModes(t)
	s := testFileStore(t, t.TempDir())
	testSave(t, s, testKey, testRecord(), 0)
	for _, mode := range []fs.FileMode{0o701, 0o710, 0o755, 0o777} {
		if err := os.Chmod(s.dir, mode); err != nil {
			t.Fatal(err)
		}
		again, err := NewFileStore(s.dir)
		_, loadErr := s.Load(t.Context(), testKey)
		_, saveErr := s.Save(t.Context(), testKey, Record{}, 1)
		for _, err := range []error{err, loadErr, saveErr, s.Delete(t.Context(), testKey, 1)} {
			if err == nil || !strings.HasPrefix(err.Error(), s.dir+": mode 07") || !strings.HasSuffix(err.Error(), " is wider than 0700") {
				t.Errorf("mode %#o: %v", mode, err)
			}
		}
		if again != nil {
			t.Errorf("mode %#o: got a store beside the error", mode)
		}
	}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if r := testLoad(t, s, testKey); r.Version != 1 {
		t.Errorf("got %v", r)
	}
}

func TestStoreRefusesAWideFile(t *testing.T) {
	testNeedsModes(t)
	s := testFileStore(t, t.TempDir())
	testSave(t, s, testKey, testRecord(), 0)
	for _, mode := range []fs.FileMode{0o601, 0o640, 0o604, 0o700, 0o666} {
		if err := os.Chmod(testRecordPath(s), mode); err != nil {
			t.Fatal(err)
		}
		_, loadErr := s.Load(t.Context(), testKey)
		_, saveErr := s.Save(t.Context(), testKey, Record{}, 1)
		for _, err := range []error{loadErr, saveErr, s.Delete(t.Context(), testKey, 1)} {
			if err == nil || !strings.HasSuffix(err.Error(), " is wider than 0600") || errors.Is(err, ErrCorruptRecord) {
				t.Errorf("mode %#o: %v", mode, err)
			}
		}
	}
	if err := os.Chmod(testRecordPath(s), 0o400); err != nil { // narrower is no danger
		t.Fatal(err)
	}
	if r := testLoad(t, s, testKey); r.Version != 1 {
		t.Errorf("got %v", r)
	}
}

func TestStoreNeedsAFolder(t *testing.T) {
	if !hasFileLock {
		t.Skip(ErrUnsupported)
	}
	file := filepath.Join(t.TempDir(), "file")
	testWrite(t, file, "", 0o600)
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if s, err := NewFileStore(dir); err == nil || s != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("NewFileStore(%q) = %v, %v", dir, s, err)
		}
	}
}

func TestStoreFollowsNeitherTheWorkingFolderNorItsRemoval(t *testing.T) {
	if !hasFileLock {
		t.Skip(ErrUnsupported)
	}
	t.Chdir(t.TempDir())
	s, err := NewFileStore("relative")
	if err != nil {
		t.Fatal(err)
	}
	testSave(t, s, testKey, Record{Token: "a"}, 0)
	t.Chdir(t.TempDir())
	if r := testLoad(t, s, testKey); r.Token != "a" {
		t.Errorf("got %v", r)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	testSave(t, s, testKey, Record{Token: "b"}, 0)
	if r := testLoad(t, s, testKey); r.Token != "b" {
		t.Errorf("got %v", r)
	}
}

func TestStoreFileKeepsBytesThatAreNotUTF8(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	r := Record{Client: json.RawMessage("{\"\xff\xc3\":\"\xed\xa0\x80\"}")}
	r.Version = testSave(t, s, testKey, r, 0)
	testSameRecord(t, testLoad(t, s, testKey), r)
}

// testGood is a record file as this package writes it, as text for the tests to spoil.
func testGood(t *testing.T, s *FileStore) string {
	t.Helper()
	testSave(t, s, testKey, Record{Token: testSecret, Client: json.RawMessage(`{"id":"c"}`)}, 0)
	data, err := os.ReadFile(testRecordPath(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestStoreFileIsReadable(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	want := `{"format":"fapi.record.1","key":"clerk.example.com/","version":1,"token":"s3cr3t","client":{"id":"c"}}` + "\n"
	if got := testGood(t, s); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestStoreMovesAsideWhatIsNoRecord(t *testing.T) {
	good := testGood(t, testFileStore(t, t.TempDir()))
	other := strings.Replace(good, testKey, "other.example.com/", 1)
	contents := map[string]string{
		"empty file":          "",
		"noise":               testSecret,
		"cut":                 good[:len(good)/2],
		"zeros":               strings.Repeat("\x00", len(good)),
		"foreign JSON":        `{"` + testSecret + `":1}`,
		"not an object":       `["` + testSecret + `"]`,
		"null":                `null`,
		"two records":         good + good,
		"record of other key": other,
		"no version":          strings.Replace(good, `"version":1`, `"version":0`, 1),
		"wrong type":          strings.Replace(good, `"version":1`, `"version":"`+testSecret+`"`, 1),
		"wrong date":          strings.Replace(good, `"version":1`, `"version":1,"date":"`+testSecret+`"`, 1),
		"not our format":      strings.Replace(good, recordFormat, "fapi.other.1", 1),
	}
	s := testFileStore(t, t.TempDir())
	path, n := testRecordPath(s), 0
	for name, content := range contents {
		testReplace(t, path, content)
		n++
		aside := testMovedAside(t, s, name, n)
		kept, err := os.ReadFile(aside)
		info, statErr := os.Stat(aside)
		if err != nil || statErr != nil || string(kept) != content {
			t.Fatalf("%s: kept %q, %v, %v", name, kept, err, statErr)
		}
		if runtime.GOOS != "windows" && info.Mode() != 0o400 {
			t.Errorf("%s: mode became %v", name, info.Mode())
		}
	}
}

func TestStoreTakesNoPartOfARecordForOne(t *testing.T) {
	good := testGood(t, testFileStore(t, t.TempDir()))
	for i := range len(good) - 1 { // the longest lacks the last "}\n"
		if _, err := decodeRecord([]byte(good[:i]), testKey); !errors.Is(err, ErrCorruptRecord) {
			t.Errorf("%q: %v", good[:i], err)
		}
	}
}

// testReplace puts a read-only file at path, over a record of the store if there is one.
func testReplace(t *testing.T, path, content string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	testWrite(t, path, content, 0o400)
}

// testMovedAside wants each method to say that what is there is corrupt, once, and the key to be usable after. It returns
// the name that the n-th such file got.
func testMovedAside(t *testing.T, s *FileStore, name string, n int) string {
	t.Helper()
	path := testRecordPath(s)
	aside := path + ".corrupt-" + strconv.Itoa(n)
	err := []func() error{
		func() error { _, err := s.Load(t.Context(), testKey); return err },
		func() error { _, err := s.Save(t.Context(), testKey, testRecord(), 0); return err },
		func() error { return s.Delete(t.Context(), testKey, 1) },
	}[n%3]()
	testFails(t, err, ErrCorruptRecord)
	if want := path + ": not a readable record, moved to " + aside; err == nil || err.Error() != want {
		t.Errorf("%s: got  %v\nwant %s", name, err, want)
	}
	_, err = s.Load(t.Context(), testKey)
	testFails(t, err, ErrNotFound)
	return aside
}

func TestStoreVersionsGrowAcrossACorruptFile(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	last := uint64(0)
	for n := 1; n <= 3; n++ {
		version := testSave(t, s, testKey, Record{}, 0)
		if version <= last {
			t.Errorf("version %d after %d", version, last)
		}
		last = version
		testReplace(t, testRecordPath(s), "{")
		testMovedAside(t, s, "cut", n)
	}
}

func TestStoreFollowsNoLinkAndOpensNothingButFiles(t *testing.T) {
	good := testGood(t, testFileStore(t, t.TempDir()))
	target := filepath.Join(t.TempDir(), "target")
	testWrite(t, target, good, 0o600)
	s := testFileStore(t, t.TempDir())
	path := testRecordPath(s)
	kinds := []struct {
		name string
		make func() error
	}{
		{"link to a record", func() error { return os.Symlink(target, path) }},
		{"link to nothing", func() error { return os.Symlink(target+"-2", path) }},
		{"folder", func() error { return os.MkdirAll(filepath.Join(path, "full"), 0o755) }},
	}
	for i, kind := range kinds {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := kind.make(); err != nil {
			t.Skip(err) // Windows wants a privilege for links
		}
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.Lstat(testMovedAside(t, s, kind.name, i+1))
		if err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s: %v became %v, %v", kind.name, before.Mode(), after, err)
		}
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != good || testExists(target+"-2") {
		t.Errorf("target is %q, %v", data, err)
	}
}

func testExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestStoreLeavesARecordOfALaterFormatAlone(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	later := strings.Replace(testGood(t, s), recordFormat, "fapi.record.2", 1)
	later = strings.Replace(later, `"version":1`, `"version":{"new":"`+testSecret+`"}`, 1)
	testWrite(t, testRecordPath(s), later, 0o600)
	_, loadErr := s.Load(t.Context(), testKey)
	_, saveErr := s.Save(t.Context(), testKey, Record{}, 0)
	for _, err := range []error{loadErr, saveErr, s.Delete(t.Context(), testKey, 0)} {
		testFails(t, err, err)
		if err == nil || errors.Is(err, ErrCorruptRecord) || !strings.Contains(err.Error(), "later format") {
			t.Errorf("got %v", err)
		}
	}
	if data, err := os.ReadFile(testRecordPath(s)); err != nil || string(data) != later {
		t.Errorf("file is %s, %v", data, err)
	}
}

// Every state a writer can leave when it is killed: the lock file made, then the temporary file in part and in whole.
func TestStoreSurvivesWhatAKilledWriterLeaves(t *testing.T) {
	good := testGood(t, testFileStore(t, t.TempDir()))
	for _, left := range []string{"", good[:len(good)/2], good} {
		for _, saved := range []bool{false, true} {
			s := testFileStore(t, t.TempDir())
			path, version := testRecordPath(s), uint64(0)
			if saved {
				version = testSave(t, s, testKey, Record{Token: "old"}, 0)
			}
			testWrite(t, strings.TrimSuffix(path, "json")+"lock", "", 0o600)
			testWrite(t, path+".tmp", left, 0o600)
			if r, err := s.Load(t.Context(), testKey); saved != (err == nil) || saved && r.Token != "old" {
				t.Errorf("left %q: loaded %v, %v", left, r, err)
			}
			testSave(t, s, testKey, Record{Token: "new"}, version)
			if r := testLoad(t, s, testKey); r.Token != "new" || testExists(path+".tmp") {
				t.Errorf("left %q: loaded %v; files are %q", left, r, testFileNames(t, s.dir))
			}
		}
	}
}

func TestStoreFailsWithoutHarmWhenItCannotWrite(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	version := testSave(t, s, testKey, Record{Token: "old"}, 0)
	if err := os.MkdirAll(filepath.Join(testRecordPath(s)+".tmp", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := s.Save(t.Context(), testKey, testRecord(), version)
	testFails(t, err, fs.ErrExist)
	testFails(t, s.Delete(t.Context(), testKey, version), fs.ErrExist)
	testSameRecord(t, testLoad(t, s, testKey), Record{Version: version, Token: "old"})
}
