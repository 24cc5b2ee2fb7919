package fapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// FileStore is a Store of one file per key in a folder of its own. Processes and goroutines exclude each other by a lock
// of the kernel, which a process that dies gives back; one that is killed at any point leaves the old data or the new
// one, whole. On a failing disk the same holds as far as it keeps what fsync promised.
//
// The data are not encrypted: see EncryptStore. On unix folder and files are the user's alone, and a file that others may read
// or own is refused, to root as well; on Windows they have the access list of the folder above. What cannot be read as what was written, a symbolic link
// included, is renamed to end in ".corrupt-1" or a higher number, with an ErrCorruptRecord that says so; the store never
// looks at it again or removes it, so it may still hold a token.
type FileStore struct {
	dir   string
	turns sync.Map // hash of a key to a channel of one: goroutines queue here, only one at a time polls the file lock
}

// NewFileStore returns the store in dir, which it creates if need be; os.UserConfigDir has a good place for it. A dir
// that others may enter is refused, and so is "". ErrUnsupported is the answer where Go's standard library has no lock
// that the kernel frees: js, wasip1, plan9, aix, solaris. Several stores may share a dir.
func NewFileStore(dir string) (*FileStore, error) {
	if !hasFileLock {
		return nil, fmt.Errorf("file store: %w", ErrUnsupported)
	}
	if dir == "" {
		return nil, errors.New("file store: folder is empty")
	}
	dir, err := filepath.Abs(dir) // the working folder may change
	if err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	s := &FileStore{dir: dir}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return s, nil
}

// Load implements Store.
func (s *FileStore) Load(ctx context.Context, key string) (data []byte, version int64, err error) {
	err = s.locked(ctx, key, func(p storePlace) (err error) {
		data, version, err = loadCell(p, key)
		return err
	})
	return data, version, err
}

// Swap implements Store. When it returns, the data are on the disk. After a delete, a file without data stays for the version.
func (s *FileStore) Swap(ctx context.Context, key string, data []byte, old int64) (version int64, ok bool, err error) {
	err = s.locked(ctx, key, func(p storePlace) (err error) {
		version, ok, err = swapCell(p, key, data, old)
		return err
	})
	return version, ok, err
}

// prepare makes the folder or checks it, before every use: the folder may have been removed or opened to others.
func (s *FileStore) prepare() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("file store: %w", err)
	}
	info, err := os.Stat(s.dir)
	if err != nil {
		return fmt.Errorf("file store: %w", err)
	}
	if err := refuseShared(info, 0o700); err != nil {
		return fmt.Errorf("%s: %w", s.dir, err)
	}
	return nil
}

// refuseShared refuses what others may read, or own: root could read that all the same. It does nothing on Windows, where Go
// makes modes up.
func refuseShared(info fs.FileInfo, most fs.FileMode) error {
	if owner, ok := ownerOf(info); ok && owner != os.Geteuid() {
		return fmt.Errorf("owner is user %d, not %d", owner, os.Geteuid())
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&^most != 0 {
		return fmt.Errorf("mode %#o is wider than %#o", mode, most)
	}
	return nil
}

// locked calls do while no other goroutine or process is at the file of key. Only the wait ends with ctx, not do.
func (s *FileStore) locked(ctx context.Context, key string, do func(storePlace) error) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(hash[:])
	slot, _ := s.turns.LoadOrStore(name, make(chan struct{}, 1))
	turn := slot.(chan struct{}) //nolint:forcetypeassert // the line above
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return fmt.Errorf("store: %w", ctx.Err())
	}
	path := filepath.Join(s.dir, name)
	lock, err := waitForLock(ctx, path+".lock")
	if err != nil {
		return fmt.Errorf("%s.lock: %w", path, err)
	}
	defer func() {
		unlockFile(lock)
		_ = lock.Close()
	}()
	return do(filePlace(path + ".fapi"))
}

// waitForLock polls: a blocked lock call would not hear of ctx. The pauses stay short, so that a process that saves again
// and again does not keep the others out. That the file exists means nothing; it stays, since removing it could give two
// processes a lock each, on two files.
func waitForLock(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := lockFile(f)
	for pause := time.Millisecond / 4; !held && err == nil; pause = min(2*pause, 4*time.Millisecond) {
		timer := time.NewTimer(pause + rand.N(pause))
		select {
		case <-timer.C:
			held, err = lockFile(f)
		case <-ctx.Done():
			timer.Stop()
			err = ctx.Err()
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// filePlace is the path of a record file, with its lock held.
type filePlace string

func (p filePlace) name() string { return string(p) }

// read looks before it opens: a link is not followed, a pipe would block.
func (p filePlace) read() ([]byte, bool, error) {
	info, err := os.Lstat(string(p))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case !info.Mode().IsRegular():
		return nil, true, ErrCorruptRecord
	}
	if err := refuseShared(info, 0o600); err != nil {
		return nil, true, err
	}
	data, err := os.ReadFile(string(p))
	return data, true, err
}

// write needs no unique name for its temporary file, since it holds the lock: what a killed process left is replaced.
func (p filePlace) write(data []byte) error {
	temp := string(p) + ".tmp"
	_ = os.Remove(temp) // if that fails, the next line says why
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = renameFile(temp, string(p))
	}
	if err != nil {
		_ = os.Remove(temp)
		return err
	}
	return syncFolder(filepath.Dir(temp))
}

func (p filePlace) setAside() (string, error) {
	for n := 1; ; n++ {
		to := string(p) + ".corrupt-" + strconv.Itoa(n)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, renameFile(string(p), to)
		} else if err != nil {
			return "", err
		}
	}
}
