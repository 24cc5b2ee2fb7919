package generator

// The lock of a folder: runs on one folder wait for each other. The kernel holds it, so it ends with the process,
// however that ends; the file stays behind then, and the next run takes it.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/rogpeppe/go-internal/lockedfile"
)

const lockName = ".fapigen-lock"

// lockDir waits until no other run writes to the folder. Where there are no locks, or the folder takes no file, it does
// not wait: then writing has to fail or to be alone.
func lockDir(dir string) (unlock func(), err error) {
	name := filepath.Join(dir, lockName)
	for {
		f, err := lockedfile.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		switch {
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
			return func() {}, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, unwrapPath(err))
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, unwrapPath(err)), f.Close())
		}
		if there, err := os.Stat(name); err == nil && os.SameFile(mine, there) {
			return func() {
				if runtime.GOOS == "windows" { // which removes no open file, so none that another run has taken by now
					_ = f.Close()
				}
				_ = os.Remove(name)
				_ = f.Close()
			}, nil
		}
		_ = f.Close() // the run before removed it when it ended
	}
}
