package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestTheListOfFiles(t *testing.T) {
	digest := Digest(nil)
	for name, c := range map[string]struct{ list, want, err string }{
		"one file":             {"fapigen 1\ninput " + digest + " my spec.yml\nfile " + digest + " fapi/a.go\n", "fapi/a.go", ""},
		"line ends of Windows": {"fapigen 1\r\nfile " + digest + " fapi/a.go\r\n", "fapi/a.go", ""},
		"no file":              {"fapigen 1\n", "", ""},
		"empty":                {"", "", "l:1: not a list"},
		"another version":      {"fapigen 2\n", "", "l:1: not a list"},
		"a place above":        {"fapigen 1\nfile " + digest + " ../a.go\n", "", "l:2: no line"},
		"a rooted place":       {"fapigen 1\nfile " + digest + " /etc/passwd\n", "", "l:2: no line"},
		"the folder itself":    {"fapigen 1\nfile " + digest + " .\n", "", "l:2: no line"},
		"up and down":          {"fapigen 1\nfile " + digest + " a/../b.go\n", "", "l:2: no line"},
		"the list itself":      {"fapigen 1\nfile " + digest + " .fapigen\n", "", "l:2: no line"},
		"a blank in the name":  {"fapigen 1\nfile " + digest + " mine/other file.go\n", "", "l:2: no line"},
		"no digest":            {"fapigen 1\nfile a.go\n", "", "l:2: no line"},
		"cut short":            {"fapigen 1\nfile sha256:00", "", "l:2: no line"},
		"control characters":   {"fapigen 1\nfile " + digest + " a\x00.go\n", "", "l:2: no line"},
	} {
		t.Run(name, func(t *testing.T) {
			names, err := parseList("l", []byte(c.list))
			if c.err == "" && (err != nil || strings.Join(names, " ") != c.want) {
				t.Errorf("got %q, %v", names, err)
			}
			if c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err) || names != nil) {
				t.Errorf("got %q, %v; want %q", names, err, c.err)
			}
		})
	}
}

func TestAnInputsNameDoesNotBreakTheList(t *testing.T) {
	names, err := parseList("l", fileList([]Input{{Name: "a\nfile x y\nb", Digest: Digest(nil)}}, Files{"fapi/a.go": nil}))
	if err != nil || !slices.Equal(names, []string{"fapi/a.go"}) {
		t.Errorf("got %q, %v", names, err)
	}
}

// FuzzList reads .fapigen as it comes: what it names lies below the folder, and what is written is read again.
func FuzzList(f *testing.F) {
	f.Add([]byte("fapigen 1\ninput " + Digest(nil) + " spec.yml\nfile " + Digest(nil) + " fapi/a.go\nfile " + Digest(nil) + " go.mod\n"))
	f.Add([]byte("fapigen 1\r\nfile " + Digest(nil) + " ../../x\r\n"))
	f.Add([]byte("fapigen 1\nfile " + Digest(nil) + " a//b"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, err := parseList("list", data)
		if err != nil {
			if len(names) > 0 || !strings.HasPrefix(err.Error(), "list:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, %q", names, err)
			}
			return
		}
		files := Files{}
		for _, name := range names {
			inside, err := filepath.Rel("out", filepath.Join("out", filepath.FromSlash(name)))
			if err != nil || filepath.ToSlash(inside) != name || !filepath.IsLocal(inside) || inside == "." || inside == listName {
				t.Errorf("%q leads to %q, %v", name, inside, err)
			}
			files[name] = []byte(name)
		}
		again, err := parseList("list", fileList([]Input{{Name: string(data), Digest: Digest(data)}}, files))
		if err != nil || !slices.Equal(again, slices.Sorted(maps.Keys(files))) {
			t.Errorf("read again: %q, %v; want %q", again, err, slices.Sorted(maps.Keys(files)))
		}
	})
}

func TestRunsOnOneFolderWaitForEachOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sdk")
	outputs := make([]*Output, 4)
	for i := range outputs { // each has files of its own, and one that all have
		files := Files{"common.go": fmt.Appendf(nil, "package p // %d\n", i)}
		for j := range 20 {
			files[fmt.Sprintf("d%d/f%d.go", i%2, i*100+j)] = fmt.Appendf(nil, "package p // %d\n", i)
		}
		outputs[i] = &Output{Files: files, Inputs: []Input{{Name: fmt.Sprint(i), Digest: Digest(nil)}}}
	}
	for range 10 {
		var wg sync.WaitGroup
		for _, o := range outputs {
			wg.Go(func() {
				if _, err := o.Write(dir); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		current := 0
		for _, o := range outputs {
			if diff, err := o.Diff(dir); err == nil && len(diff) == 0 {
				current++
			}
		}
		if current != 1 {
			t.Fatalf("the folder is as %d of the runs left it", current)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of the lock: %v", err)
	}
}

func TestALockThatAKilledRunLeftIsTaken(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := &Output{Files: Files{"a.go": []byte("package a\n")}}
	if changed, err := o.Write(dir); changed != 1 || err != nil {
		t.Fatal(changed, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 2 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestAFolderOfSomebodyElseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := (&Output{Files: Files{"a.go": nil}}).Write(dir)
	if entries, _ := os.ReadDir(dir); err == nil || !strings.Contains(err.Error(), "not empty") || len(entries) != 1 {
		t.Errorf("%v; %v", err, entries)
	}
}
