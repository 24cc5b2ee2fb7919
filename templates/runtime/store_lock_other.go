//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package fapi

import (
	"io/fs"
	"os"
)

const hasFileLock = false

func lockFile(*os.File) (bool, error) { return false, ErrUnsupported }

func unlockFile(*os.File) {}

func ownerOf(fs.FileInfo) (uid int, ok bool) { return 0, false }

func renameFile(from, to string) error { return os.Rename(from, to) }

func syncFolder(string) error { return nil }
