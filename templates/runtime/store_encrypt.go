package fapi

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// ErrDecrypt is the error of an encrypted store for data that none of its keys opens: another key was used, or the data were
// changed. They are never taken for nothing, and never overwritten; whoever gives them up deletes them from the inner store.
var ErrDecrypt = errors.New("stored data cannot be decrypted")

// EncryptStore returns a Store that seals what it keeps in inner with AES-256-GCM, under a key of its own for each key of the
// store, which HKDF-SHA256 derives from key. The store's key is authenticated with the data, so that data that were moved to
// another key do not open. Names and sizes of what is kept, and how often it changes, are not hidden.
//
// Key has to be random, from a keyring for example; a password is not one. To change it, give the former ones as old: they
// open what they sealed, and the next Swap seals with key. The errors are those of inner, and ErrDecrypt.
func EncryptStore(inner Store, key [32]byte, old ...[32]byte) Store {
	return &encryptedStore{inner, append([][32]byte{key}, old...)}
}

type encryptedStore struct {
	inner Store
	keys  [][32]byte // the first one seals
}

// Format prints nothing of the keys, for every verb and flag.
func (s *encryptedStore) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "encrypted store") }

const sealFormat = "fapi.seal.1\n"

// Load implements Store.
func (s *encryptedStore) Load(ctx context.Context, key string) ([]byte, int64, error) {
	sealed, version, err := s.inner.Load(ctx, key)
	if err != nil || version == 0 {
		return nil, 0, err
	}
	data, err := s.open(sealed, key)
	if err != nil {
		return nil, 0, err
	}
	return data, version, nil
}

// Swap implements Store. It does not replace what it cannot open.
func (s *encryptedStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	if old != 0 {
		sealed, version, err := s.inner.Load(ctx, key)
		switch {
		case err != nil:
			return 0, false, err
		case version != old:
			return 0, false, nil
		}
		if _, err := s.open(sealed, key); err != nil {
			return 0, false, err
		}
	}
	if data == nil {
		return s.inner.Swap(ctx, key, nil, old)
	}
	aead, err := sealer(s.keys[0], key)
	if err != nil {
		return 0, false, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	sealed := append([]byte(sealFormat), nonce...)
	return s.inner.Swap(ctx, key, aead.Seal(sealed, nonce, data, []byte(key)), old)
}

func (s *encryptedStore) open(sealed []byte, key string) ([]byte, error) {
	for _, k := range s.keys {
		aead, err := sealer(k, key)
		if err != nil {
			return nil, err
		}
		start := len(sealFormat) + aead.NonceSize()
		if len(sealed) < start || string(sealed[:len(sealFormat)]) != sealFormat {
			break
		}
		data, err := aead.Open(nil, sealed[len(sealFormat):start], sealed[start:], []byte(key))
		if err == nil {
			return append([]byte{}, data...), nil // never nil: empty data are data
		}
	}
	return nil, fmt.Errorf("store key %q: %w", key, ErrDecrypt)
}

// sealer derives the key for one key of the store.
func sealer(key [32]byte, name string) (cipher.AEAD, error) {
	sub, err := hkdf.Key(sha256.New, key[:], nil, "fapi.store "+name, len(key))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
