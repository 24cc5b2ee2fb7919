// Package fapigen carries what a built fapigen needs in an empty folder: the pinned description, the overlays and the
// templates.
package fapigen

import (
	"embed"
	"io/fs"
)

//go:embed fapi_swagger.json patches.yaml names.lock.yaml overlays/*.yaml
var inputs embed.FS

//go:embed all:templates
var templates embed.FS

// Names of the built-in inputs: files of these names in the current folder win over the embedded ones.
const (
	SpecFile = "fapi_swagger.json"
	LockFile = "names.lock.yaml" // public Go names, by what they stand for
)

// OverlayFiles are the built-in overlays in the order in which they apply: facts first, then taste.
var OverlayFiles = []string{"patches.yaml", "overlays/names.yaml", "overlays/docs.yaml", "overlays/errors.yaml"}

// Input returns an embedded input: SpecFile, LockFile or one of OverlayFiles.
func Input(name string) ([]byte, error) { return inputs.ReadFile(name) }

// Templates is the embedded folder templates.
func Templates() fs.FS {
	sub, err := fs.Sub(templates, "templates")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
