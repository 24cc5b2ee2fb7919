package fapi

import (
	"bufio"
	"context"
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

// testWriteOne saves data whose parts all tell who wrote them.
func testWriteOne(s *FileStore, who string) (int64, error) {
	for {
		_, old, err := s.Load(context.Background(), testKey)
		if err != nil {
			return 0, err
		}
		version, ok, err := s.Swap(context.Background(), testKey, []byte(testWritten(who)), old)
		if ok || err != nil {
			return version, err
		}
	}
}

func testWritten(who string) string { return who + strings.Repeat("x", 8<<10) + who }

// testWhole says whether testWriteOne wrote all of data at once.
func testWhole(data string) bool {
	who, _, found := strings.Cut(data, "x")
	return found && data == testWritten(who)
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
			for last := int64(0); left.Add(-1) >= 0 && !t.Failed(); {
				last = testKill(t, s, last, &midway)
			}
		})
	}
	lanes.Wait()
	if testSaved(steady.kill()) == 0 {
		t.Error("the writer that was left alone saved nothing")
	}
	_, version := testLoad(t, s, testKey)
	testSwap(t, s, testKey, "", version)
	if names := testFileNames(t, s.dir); len(names) != 2 {
		t.Errorf("files are %q", names)
	}
	t.Logf("%d kills, %d with a temporary file left; version %d", kills, midway.Load(), version)
}

// testKill starts a writer, kills it at some moment after its first save and loads the record, which must be whole and at
// least as new as what was loaded before and what the writer was told is saved.
func testKill(t *testing.T, s *FileStore, last int64, midway *atomic.Int64) int64 {
	victim := testStart(t, s, "write")
	first := <-victim.lines
	time.Sleep(time.Duration(rand.IntN(6000)) * time.Microsecond)
	saved := testSaved(append([]string{first}, victim.kill()...))
	if testExists(testRecordPath(s) + ".tmp") { // of this writer or another
		midway.Add(1)
	}
	data, version, err := s.Load(t.Context(), testKey)
	if err != nil || !testWhole(string(data)) || version < max(saved, last) || saved == 0 {
		t.Errorf("loaded %d bytes of version %d, %v, after %d and, saved by the writer, %d (%q)", len(data), version, err, last, saved, first)
	}
	return version
}

// testSaved is the version of the last line that tells one.
func testSaved(lines []string) (version int64) {
	for _, line := range lines {
		if text, ok := strings.CutPrefix(line, "saved "); ok {
			if v, err := strconv.ParseInt(text, 10, 64); err == nil && v > version { // the last line may be cut
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
	if got, version := testLoad(t, s, testKey); got != "200" || version != 200 {
		t.Errorf("counted to %s in version %d", got, version)
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
	_, _, err := s.Load(ctx, testKey)
	testFails(t, err, context.DeadlineExceeded)
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, _, err = s.Swap(ctx, testKey, []byte(testData), 0)
	testFails(t, err, context.Canceled)
	child.kill()
	testSwap(t, s, testKey, testData, 0)
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
		_, _, err := store.Load(ctx, testKey)
		cancel()
		testFails(t, err, context.DeadlineExceeded)
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		_, _, err = store.Swap(ctx, testKey, []byte(testData), 0)
		testFails(t, err, context.Canceled)
	}
	for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) { // the timers above have long run
			t.Errorf("%d goroutines became %d", goroutines, runtime.NumGoroutine())
			break
		}
	}
	testSwap(t, s, "another key", testData, 0) // is not held up
	close(release)
	group.Wait()
	testNothing(t, s, testKey)
}
