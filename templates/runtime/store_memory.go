package fapi

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
)

// MemoryStore is a Store that lasts as long as the process, for tests, bots and servers. The zero MemoryStore is empty
// and ready; it must not be copied.
type MemoryStore struct {
	mu    sync.Mutex
	cells map[string]cell
}

// NewMemoryStore returns an empty MemoryStore.
func NewMemoryStore() *MemoryStore { return &MemoryStore{} }

// Format prints how many keys there are, for every verb and flag: %+v would print the tokens.
func (s *MemoryStore) Format(f fmt.State, _ rune) {
	s.mu.Lock()
	n := len(s.cells)
	s.mu.Unlock()
	_, _ = io.WriteString(f, fmt.Sprintf("MemoryStore{%d keys}", n))
}

// Load implements Store.
func (s *MemoryStore) Load(ctx context.Context, key string) ([]byte, int64, error) {
	if err := checkKey(ctx, key); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cells[key]
	return slices.Clone(c.data), c.current(), nil
}

// Swap implements Store.
func (s *MemoryStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	if err := checkKey(ctx, key); err != nil {
		return 0, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok := s.cells[key].swap(data, old)
	if !ok {
		return 0, false, nil
	}
	if s.cells == nil {
		s.cells = map[string]cell{}
	}
	s.cells[key] = next
	return next.current(), true, nil
}
