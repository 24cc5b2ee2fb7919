package fapitest_test

import (
	"errors"
	"testing"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

// The stores of package fapi keep the rules that others are tested by.
func TestStoresOfPackageFapi(t *testing.T) {
	t.Run("memory", func(t *testing.T) { fapitest.TestStore(t, func() fapi.Store { return fapi.NewMemoryStore() }) })
	t.Run("memory, shared", func(t *testing.T) {
		shared := fapi.NewMemoryStore()
		fapitest.TestStore(t, func() *fapi.MemoryStore { return shared })
	})
	t.Run("encrypted", func(t *testing.T) {
		fapitest.TestStore(t, func() fapi.Store { return fapi.EncryptStore(fapi.NewMemoryStore(), [32]byte{1}) })
	})
	t.Run("file", func(t *testing.T) {
		store, err := fapi.NewFileStore(t.TempDir() + "/store")
		if errors.Is(err, fapi.ErrUnsupported) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		fapitest.TestStore(t, func() fapi.Store { return store })
	})
}
