package fapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Most of these tests run the test binary again as other processes, which do what testChildRoles says.

const (
	testRoleVariable = "FAPI_STORE_ROLE"
	testDirVariable  = "FAPI_STORE_DIR"
)

var testChildRoles = map[string]func(*FileStore) error{
	"write": func(s *FileStore) error {
		for n := 0; ; n++ {
			version, err := testWriteOne(s, fmt.Sprintf("%d-%d", os.Getpid(), n))
			if err != nil {
				return err
			}
			fmt.Println("saved", version)
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond) // for the others
		}
	},
	"count": func(s *FileStore) error { return testIncrement(context.Background(), s, 100) },
	"hold": func(s *FileStore) error {
		return s.locked(context.Background(), testKey, func(storePlace) error {
			fmt.Println("held")
			select {} // until killed
		})
	},
}

// testWriteOne saves a record whose parts all tell who wrote them.
func testWriteOne(s *FileStore, who string) (uint64, error) {
	for {
		r, err := s.Load(context.Background(), testKey)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
		text := fmt.Appendf(nil, `{ "from":%q, "pad":"%s", "to":%q }`, who, strings.Repeat("x", 4<<10), who)
		version, err := s.Save(context.Background(), testKey, Record{Token: who, Client: text, Environment: text}, r.Version)
		if !errors.Is(err, ErrConflict) {
			return version, err
		}
	}
}

// testWhole says whether testWriteOne wrote all of r at once.
func testWhole(r Record) bool {
	who := strconv.Quote(r.Token)
	return r.Token != "" && bytes.Equal(r.Client, r.Environment) && len(r.Client) > 4<<10 &&
		bytes.HasPrefix(r.Client, []byte(`{ "from":`+who+`,`)) && bytes.HasSuffix(r.Client, []byte(`"to":`+who+` }`))
}

// TestStoreChild is no test: it is the other process.
func TestStoreChild(t *testing.T) {
	role := testChildRoles[os.Getenv(testRoleVariable)]
	if role == nil {
		t.Skip("for the other tests")
	}
	go func() { // the pipe ends with the parent
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	s, err := NewFileStore(os.Getenv(testDirVariable))
	if err == nil {
		err = role(s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// testChild is a process at work on a store.
type testChild struct {
	command *exec.Cmd
	lines   chan string // what it prints; closed at its end
}

func testStart(t *testing.T, s *FileStore, role string) testChild {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := testChild{exec.Command(binary, "-test.run=^TestStoreChild$"), make(chan string, 1<<16)}
	c.command.Env = append(os.Environ(), testRoleVariable+"="+role, testDirVariable+"="+s.dir)
	stdin, err := c.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Skip(err) // no processes here
	}
	t.Cleanup(func() { _ = stdin.Close() })
	go func() {
		defer close(c.lines)
		for scan := bufio.NewScanner(stdout); scan.Scan(); {
			c.lines <- scan.Text()
		}
	}()
	return c
}

// kill returns what was printed until the end.
func (c testChild) kill() (lines []string) {
	_ = c.command.Process.Kill() // SIGKILL on unix
	for line := range c.lines {
		lines = append(lines, line)
	}
	_ = c.command.Wait()
	return lines
}

// FAPI_SOAK=1 makes it thousands of kills.
func TestStoreSurvivesKillsAtAnyMoment(t *testing.T) {
	kills := 200
	switch {
	case os.Getenv("FAPI_SOAK") == "1":
		kills = 5000
	case testing.Short():
		kills = 20
	}
	testKills(t, t.TempDir(), kills)
}

// testKills kills writers, two at a time beside a third that is left alone.
func testKills(t *testing.T, dir string, kills int) {
	s := testFileStore(t, dir)
	steady := testStart(t, s, "write")
	var left, midway atomic.Int64
	left.Store(int64(kills))
	var lanes sync.WaitGroup
	for range 2 {
		lanes.Go(func() {
			for last := uint64(0); left.Add(-1) >= 0 && !t.Failed(); {
				last = testKill(t, s, last, &midway)
			}
		})
	}
	lanes.Wait()
	if testSaved(steady.kill()) == 0 {
		t.Error("the writer that was left alone saved nothing")
	}
	r := testLoad(t, s, testKey)
	testSave(t, s, testKey, Record{}, r.Version)
	if names := testFileNames(t, s.dir); len(names) != 2 {
		t.Errorf("files are %q", names)
	}
	t.Logf("%d kills, %d with a temporary file left; version %d", kills, midway.Load(), r.Version)
}

// testKill starts a writer, kills it at some moment after its first save and loads the record, which must be whole and at
// least as new as what was loaded before and what the writer was told is saved.
func testKill(t *testing.T, s *FileStore, last uint64, midway *atomic.Int64) uint64 {
	victim := testStart(t, s, "write")
	first := <-victim.lines
	time.Sleep(time.Duration(rand.IntN(6000)) * time.Microsecond)
	saved := testSaved(append([]string{first}, victim.kill()...))
	if testExists(testRecordPath(s) + ".tmp") { // of this writer or another
		midway.Add(1)
	}
	r, err := s.Load(t.Context(), testKey)
	if err != nil || !testWhole(r) || r.Version < max(saved, last) || saved == 0 {
		t.Errorf("loaded %v, %v, after %d and, saved by the writer, %d (%q)", r, err, last, saved, first)
	}
	return r.Version
}

// testSaved is the version of the last line that tells one.
func testSaved(lines []string) (version uint64) {
	for _, line := range lines {
		if text, ok := strings.CutPrefix(line, "saved "); ok {
			if v, err := strconv.ParseUint(text, 10, 64); err == nil && v > version { // the last line may be cut
				version = v
			}
		}
	}
	return version
}

func TestStoreLosesNoIncrementOfTwoProcesses(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	for _, child := range []testChild{testStart(t, s, "count"), testStart(t, s, "count")} {
		var lines []string
		for line := range child.lines {
			lines = append(lines, line)
		}
		if err := child.command.Wait(); err != nil {
			t.Errorf("%v: %q", err, lines)
		}
	}
	if r := testLoad(t, s, testKey); string(r.Client) != "200" || r.Version != 200 {
		t.Errorf("counted to %s in %v", r.Client, r)
	}
}

func TestStoreLockOfAnotherProcessEndsWithIt(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	child := testStart(t, s, "hold")
	if line := <-child.lines; line != "held" {
		t.Fatalf("child printed %q", line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Load(ctx, testKey)
	testFails(t, err, context.DeadlineExceeded)
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = s.Save(ctx, testKey, testRecord(), 0)
	testFails(t, err, context.Canceled)
	child.kill()
	testSave(t, s, testKey, testRecord(), 0)
}

func TestStoreWaitsForItsLockOnlyAsLongAsTheContext(t *testing.T) {
	s := testFileStore(t, t.TempDir())
	other := &FileStore{dir: s.dir} // as another process: only the file lock is shared
	held, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		testFails(t, other.locked(t.Context(), testKey, func(storePlace) error {
			close(held)
			<-release
			return nil
		}), nil)
	})
	<-held
	goroutines := runtime.NumGoroutine()
	for _, store := range []*FileStore{s, other} { // other waits for its own goroutine, s for the lock
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := store.Load(ctx, testKey)
		cancel()
		testFails(t, err, context.DeadlineExceeded)
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		_, err = store.Save(ctx, testKey, testRecord(), 0)
		testFails(t, err, context.Canceled)
	}
	for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) { // the timers above have long run
			t.Errorf("%d goroutines became %d", goroutines, runtime.NumGoroutine())
			break
		}
	}
	testSave(t, s, "another key", testRecord(), 0) // is not held up
	close(release)
	group.Wait()
	if _, err := s.Load(t.Context(), testKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
