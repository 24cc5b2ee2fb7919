package generator

// The list: .fapigen names every file that is ours, and the inputs that it came of. What is not in it is never touched.

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	listName   = ".fapigen"
	listHeader = "fapigen 1"
	tempSuffix = ".fapigen-new"
)

// Digest is the form in which inputs and files are named in the list and in the summary.
func Digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// fileList renders .fapigen: the digests of the inputs, then every file with its own.
func fileList(inputs []Input, files Files) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, listHeader)
	for _, in := range inputs {
		fmt.Fprintf(&b, "input %s %s\n", in.Digest, OneLine(in.Name))
	}
	for _, name := range sortedKeys(files) {
		fmt.Fprintf(&b, "file %s %s\n", Digest(files[name]), name)
	}
	return b.Bytes()
}

// listLine is a line of the list that names a file.
var listLine = regexp.MustCompile(`^file sha256:[0-9a-f]+ (\S+)$`)

// parseList reads the names of a list. A name leads to a place below the folder, and is written in one way only.
func parseList(file string, data []byte) ([]string, error) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), "\n")
	if lines[0] != listHeader {
		return nil, fmt.Errorf("%s:1: not a list of fapigen's; it starts with %q", file, listHeader)
	}
	var names []string
	for i, line := range lines[1:] {
		if strings.HasPrefix(line, "input ") {
			continue
		}
		m := listLine.FindStringSubmatch(line)
		if m == nil || !filepath.IsLocal(filepath.FromSlash(m[1])) || path.Clean(m[1]) != m[1] || OneLine(m[1]) != m[1] || m[1] == "." || m[1] == listName {
			return nil, fmt.Errorf("%s:%d: no line of a list of fapigen's", file, i+2)
		}
		names = append(names, m[1])
	}
	return names, nil
}

// readList reads the names in a folder's .fapigen. No list in an empty or missing folder is an empty list.
func readList(dir string) ([]string, error) {
	file := filepath.Join(dir, listName)
	data, err := os.ReadFile(file)
	if err == nil {
		return parseList(file, data)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, unwrapPath(err))
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, unwrapPath(err))
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == listName }) {
		return readList(dir) // another run has just written it
	}
	// Another run is at work, or one was killed at its very first file.
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == listName+tempSuffix || e.Name() == lockName })
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s: not empty and has no %s list; fapigen writes only into its own folder: name an empty one with --out", dir, listName)
	}
	return nil, nil
}
