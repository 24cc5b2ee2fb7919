package fapi

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
	"unsafe"
)

const hasFileLock = true

const (
	lockfileFailImmediately = 1
	lockfileExclusiveLock   = 2

	errSharingViolation syscall.Errno = 32
	errLockViolation    syscall.Errno = 33
)

var (
	kernel32       = syscall.NewLazyDLL("kernel32.dll")
	procLockFileEx = kernel32.NewProc("LockFileEx")
	procUnlockFile = kernel32.NewProc("UnlockFile")
)

// lockFile takes the lock, on the first byte, if it is free. Windows frees it when the process ends.
func lockFile(f *os.File) (bool, error) {
	var at syscall.Overlapped
	ok, _, err := procLockFileEx.Call(f.Fd(), lockfileExclusiveLock|lockfileFailImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0:
		return true, nil
	case errors.Is(err, errLockViolation), errors.Is(err, syscall.ERROR_IO_PENDING):
		return false, nil
	}
	return false, os.NewSyscallError("LockFileEx", err)
}

// unlockFile does not leave it to Close, after which Windows frees the lock at its leisure.
func unlockFile(f *os.File) { _, _, _ = procUnlockFile.Call(f.Fd(), 0, 0, 1, 0) }

// ownerOf knows nothing: access lists say whose a file is.
func ownerOf(fs.FileInfo) (uid int, ok bool) { return 0, false }

// renameFile tries for a second: virus scanners and indexers open new files, and an open file cannot be replaced.
func renameFile(from, to string) error {
	for pause := time.Millisecond; ; pause *= 2 {
		err := os.Rename(from, to)
		busy := errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, errSharingViolation)
		if !busy || pause > time.Second/2 {
			return err
		}
		time.Sleep(pause)
	}
}

// syncFolder has nothing to do: Windows does not sync folders, NTFS keeps a journal of renames.
func syncFolder(string) error { return nil }
