package generator

// Write: files to disk, or their difference from what is there. Nothing outside the list in .fapigen is ever touched.
// The list is written first, naming old and new files, so that a run that is killed half-way is mended by the next.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
)

// unwrapPath drops the path that the message names already.
func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Write puts the output into dir and removes listed files that are no longer produced. It reports how many files changed.
// It waits for another run that writes there.
func (o *Output) Write(dir string) (changed int, err error) {
	if _, err := readList(dir); err != nil { // before anything is made
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, unwrapPath(err))
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return o.write(dir)
}

func (o *Output) write(dir string) (changed int, err error) {
	old, err := readList(dir)
	if err != nil {
		return 0, err
	}
	names := sortedKeys(o.Files)
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err == nil && !slices.Contains(old, name) {
			return 0, fmt.Errorf("%s: in the way: a file that fapigen did not write; move it", filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
	both := Files{}
	for _, name := range old {
		both[name] = nil
	}
	for name, data := range o.Files {
		both[name] = data
	}
	if err := replace(dir, listName, fileList(o.Inputs, both)); err != nil {
		return 0, err
	}
	for _, name := range names {
		have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil && bytes.Equal(have, o.Files[name]) {
			continue
		}
		if err := replace(dir, name, o.Files[name]); err != nil {
			return changed, err
		}
		changed++
	}
	for _, name := range old {
		if _, kept := o.Files[name]; kept {
			continue
		}
		if err := remove(dir, name); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, replace(dir, listName, fileList(o.Inputs, o.Files))
}

// replace writes a file beside its place and moves it there, so that a reader sees the old or the new one.
func replace(dir, name string, data []byte) error {
	target := filepath.Join(dir, filepath.FromSlash(name))
	if have, err := os.ReadFile(target); err == nil && bytes.Equal(have, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("%s: %w", filepath.Dir(target), unwrapPath(err))
	}
	temp := target + tempSuffix
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s: %w", target, unwrapPath(err))
	}
	if err := os.Rename(temp, target); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s: cannot replace it: %w", target, errors.Unwrap(err))
	}
	return nil
}

// remove deletes a listed file, and the folders that it leaves empty.
func remove(dir, name string) error {
	target := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", target, unwrapPath(err))
	}
	os.Remove(target + tempSuffix)
	for parent := filepath.Dir(target); parent != filepath.Clean(dir); parent = filepath.Dir(parent) {
		if os.Remove(parent) != nil {
			break
		}
	}
	return nil
}

// Diff is how dir differs from the output, as a unified diff; empty when it is current.
func (o *Output) Diff(dir string) ([]byte, error) {
	old, err := readList(dir)
	if err != nil {
		return nil, err
	}
	want := Files{listName: fileList(o.Inputs, o.Files)}
	for _, name := range old {
		want[name] = nil
	}
	for name, data := range o.Files {
		want[name] = data
	}
	var b bytes.Buffer
	for _, name := range sortedKeys(want) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		have, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", path, unwrapPath(err))
		}
		b.Write(diff.Diff(path, have, path+" (generated)", want[name]))
	}
	return b.Bytes(), nil
}
