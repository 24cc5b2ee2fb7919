package fapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"
)

// Store keeps opaque bytes under keys, for example across runs of a program. It has basic types only, so that a package that
// implements it need not import this one; fapitest.TestStore tests an implementation.
//
// Every method is safe for concurrent use, by several processes too where the store outlives one, and returns ctx's error when
// ctx ends while it waits. An empty key may be refused. Data belongs to the caller: a store keeps a copy and returns one.
//
// The bytes hold credentials. What is not the user's alone wants EncryptStore.
type Store interface {
	// Load returns what is under key, and its version. Version 0 means that there is nothing, and is no error.
	Load(ctx context.Context, key string) (data []byte, version int64, err error)

	// Swap replaces what is under key, if its version is still old, and returns the new version; data nil deletes, which gives
	// version 0. ok is false, and nothing has changed, when the version is another: somebody else was faster.
	//
	// A version is above 0 and below 1<<53, which SQL, JSON and Lua can hold too. It never names two contents of a key, also
	// after a delete: a store counts on, or draws it at random. After an error of Swap, Load tells which content won.
	Swap(ctx context.Context, key string, data []byte, old int64) (version int64, ok bool, err error)
}

// ErrCorruptRecord is the error for something in a store that cannot be read as what was written. It was moved aside, to where
// the error says, and never comes back by itself: from then on there is nothing under the key.
var ErrCorruptRecord = errors.New("not a readable record")

// maxVersion is above every version of a store.
const maxVersion = 1 << 53

// storeKey names the record of a profile at a host. Escaped parts hold no slash, so that no two pairs share a key.
func storeKey(host, profile string) string {
	return url.PathEscape(host) + "/" + url.PathEscape(profile)
}

// checkKey is the rule of the stores of this package. Their keys are written as JSON, which is UTF-8.
func checkKey(ctx context.Context, key string) error {
	switch {
	case key == "":
		return errors.New("store: key is empty")
	case !utf8.ValidString(key):
		return errors.New("store: key is not UTF-8")
	case ctx.Err() != nil:
		return fmt.Errorf("store: %w", ctx.Err())
	}
	return nil
}
