//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package fapi

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const hasFileLock = true

// lockFile takes the lock if it is free. The kernel frees it when the last copy of the open file is gone.
func lockFile(f *os.File) (bool, error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, errors.ErrUnsupported):
			return false, ErrUnsupported // this file system has none
		default:
			return false, os.NewSyscallError("flock", err)
		}
	}
}

// unlockFile does not leave it to Close: a process that is just being started may hold a copy of f for a moment.
func unlockFile(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// ownerOf is the user that a file belongs to; ok is false where that is not known.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

func renameFile(from, to string) error { return os.Rename(from, to) }

// syncFolder makes a rename last. A file system that cannot do it says EINVAL and has nothing to gain by it.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
