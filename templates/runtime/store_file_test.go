package fapi

import (
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
	return filepath.Join(s.dir, "7850b9292341aedf977d1a8298ab1e7fe7e938f1adf8598b7b320a7b9b453952.fapi")
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
	testSwap(t, s, testKey, testData, 0)
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
	if want := []string{base, strings.TrimSuffix(base, "fapi") + "lock"}; !slices.Equal(names, want) {
		t.Errorf("files are %q, want %q", names, want)
	}
}

func TestStoreRefusesAWideFolder(t *testing.T) {
	testNeedsModes(t)
	s := testFileStore(t, t.TempDir())
	testSwap(t, s, testKey, testData, 0)
	for _, mode := range []fs.FileMode{0o701, 0o710, 0o755, 0o777} {
		if err := os.Chmod(s.dir, mode); err != nil {
			t.Fatal(err)
		}
		again, err := NewFileStore(s.dir)
		_, _, loadErr := s.Load(t.Context(), testKey)
		_, _, swapErr := s.Swap(t.Context(), testKey, nil, 1)
		for _, err := range []error{err, loadErr, swapErr} {
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
	if _, version := testLoad(t, s, testKey); version != 1 {
		t.Errorf("version %d", version)
	}
}

func TestStoreRefusesAWideFile(t *testing.T) {
	testNeedsModes(t)
	s := testFileStore(t, t.TempDir())
	testSwap(t, s, testKey, testData, 0)
	for _, mode := range []fs.FileMode{0o601, 0o640, 0o604, 0o700, 0o666} {
		if err := os.Chmod(testRecordPath(s), mode); err != nil {
			t.Fatal(err)
		}
		_, _, loadErr := s.Load(t.Context(), testKey)
		_, _, swapErr := s.Swap(t.Context(), testKey, nil, 1)
		for _, err := range []error{loadErr, swapErr} {
			if err == nil || !strings.HasSuffix(err.Error(), " is wider than 0600") || errors.Is(err, ErrCorruptRecord) {
				t.Errorf("mode %#o: %v", mode, err)
			}
		}
	}
	if err := os.Chmod(testRecordPath(s), 0o400); err != nil { // narrower is no danger
		t.Fatal(err)
	}
	if _, version := testLoad(t, s, testKey); version != 1 {
		t.Errorf("version %d", version)
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
	testSwap(t, s, testKey, "a", 0)
	t.Chdir(t.TempDir())
	if data, _ := testLoad(t, s, testKey); data != "a" {
		t.Errorf("got %s", data)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	testSwap(t, s, testKey, "b", 0)
	if data, _ := testLoad(t, s, testKey); data != "b" {
		t.Errorf("got %s", data)
	}
}

// testGood is a record file as this package writes it, as text for the tests to spoil.
func testGood(t *testing.T, s *FileStore) string {
	t.Helper()
	testSwap(t, s, testKey, testSecret+"\n{}", 0)
	data, err := os.ReadFile(testRecordPath(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestStoreFileIsReadable(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	want := `{"format":"fapi.store.1","key":"clerk.example.com/","version":1,"length":9}` + "\ns3cr3t\n{}"
	if got := testGood(t, s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
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
		"wrong length":        strings.Replace(good, `"length":9`, `"length":8`, 1),
		"not our format":      strings.Replace(good, cellFormat, "fapi.other.1", 1),
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
	for i := range len(good) {
		if _, err := decodeCell([]byte(good[:i]), testKey); !errors.Is(err, ErrCorruptRecord) {
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
		func() error { _, _, err := s.Load(t.Context(), testKey); return err },
		func() error { _, _, err := s.Swap(t.Context(), testKey, []byte(testData), 0); return err },
		func() error { _, _, err := s.Swap(t.Context(), testKey, nil, 1); return err },
	}[n%3]()
	testFails(t, err, ErrCorruptRecord)
	if want := path + ": not a readable record, moved to " + aside; err == nil || err.Error() != want {
		t.Errorf("%s: got  %v\nwant %s", name, err, want)
	}
	testNothing(t, s, testKey)
	return aside
}

func TestStoreVersionsGrowAcrossACorruptFile(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	last := int64(0)
	for n := 1; n <= 3; n++ {
		version := testSwap(t, s, testKey, "", 0)
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
	later := strings.Replace(testGood(t, s), cellFormat, "fapi.store.2", 1)
	later = strings.Replace(later, `"version":1`, `"version":1,"new":"`+testSecret+`"`, 1)
	testWrite(t, testRecordPath(s), later, 0o600)
	_, _, loadErr := s.Load(t.Context(), testKey)
	_, _, swapErr := s.Swap(t.Context(), testKey, []byte("a"), 0)
	for _, err := range []error{loadErr, swapErr} {
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
			path, version := testRecordPath(s), int64(0)
			if saved {
				version = testSwap(t, s, testKey, "old", 0)
			}
			testWrite(t, strings.TrimSuffix(path, "fapi")+"lock", "", 0o600)
			testWrite(t, path+".tmp", left, 0o600)
			if data, v, err := s.Load(t.Context(), testKey); err != nil || saved != (v != 0) || saved && string(data) != "old" {
				t.Errorf("left %q: loaded %q, %d, %v", left, data, v, err)
			}
			testSwap(t, s, testKey, "new", version)
			if data, _ := testLoad(t, s, testKey); data != "new" || testExists(path+".tmp") {
				t.Errorf("left %q: loaded %q; files are %q", left, data, testFileNames(t, s.dir))
			}
		}
	}
}

func TestStoreFailsWithoutHarmWhenItCannotWrite(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	version := testSwap(t, s, testKey, "old", 0)
	if err := os.MkdirAll(filepath.Join(testRecordPath(s)+".tmp", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{[]byte(testData), nil} {
		_, ok, err := s.Swap(t.Context(), testKey, data, version)
		if testFails(t, err, fs.ErrExist); ok {
			t.Error("swapped")
		}
	}
	if data, v := testLoad(t, s, testKey); data != "old" || v != version {
		t.Errorf("loaded %q, %d", data, v)
	}
}
