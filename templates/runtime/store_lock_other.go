//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package fapi

import "os"

const hasFileLock = false

func lockFile(*os.File) (bool, error) { return false, ErrUnsupported }

func unlockFile(*os.File) {}

func renameFile(from, to string) error { return os.Rename(from, to) }

func syncFolder(string) error { return nil }
