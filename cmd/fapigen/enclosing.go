package main

// Whose package the output is: of a module of its own, or of the one that its folder lies in.

import (
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// sdkGo is the Go version that the emitted code needs.
const sdkGo = "1.26"

// belongsToModule reports whether the folder out is a package folder of the module that it lies in, under the import path
// given: then it gets no go.mod. A folder that is a module already stays one, since fapigen wrote its go.mod.
func belongsToModule(out, importPath string) (bool, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(out, "go.mod")); err == nil {
		return false, nil
	}
	file, mod, err := enclosingModule(filepath.Dir(out))
	if err != nil || mod == nil || mod.Module == nil {
		return false, err
	}
	below, err := filepath.Rel(filepath.Dir(file), out)
	if err != nil || path.Join(mod.Module.Mod.Path, filepath.ToSlash(below)) != importPath {
		return false, nil // a module of its own that happens to lie there
	}
	if mod.Go == nil || version.Compare("go"+mod.Go.Version, "go"+sdkGo) < 0 {
		return false, fmt.Errorf("%s: the SDK needs go %s; run go get go@%s there", file, sdkGo, sdkGo)
	}
	return true, nil
}

// enclosingModule is the nearest go.mod in dir or above it; nil where there is none.
func enclosingModule(dir string) (file string, mod *modfile.File, err error) {
	for {
		file = filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(file)
		switch {
		case err == nil:
			mod, err := modfile.ParseLax(file, data, nil)
			return file, mod, err
		case !errors.Is(err, fs.ErrNotExist):
			return "", nil, fmt.Errorf("%s: %w", file, cause(err))
		case filepath.Dir(dir) == dir:
			return "", nil, nil
		}
		dir = filepath.Dir(dir)
	}
}
