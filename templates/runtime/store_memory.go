package fapi

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// MemoryStore is a Store that lasts as long as the process, for tests, bots and servers. The zero MemoryStore is empty
// and ready; it must not be copied.
type MemoryStore struct {
	mu      sync.Mutex
	records map[string]storedRecord
}

// NewMemoryStore returns an empty MemoryStore.
func NewMemoryStore() *MemoryStore { return &MemoryStore{} }

// Format prints how many keys there are, for every verb and flag: %+v would print the tokens.
func (s *MemoryStore) Format(f fmt.State, _ rune) {
	s.mu.Lock()
	n := len(s.records)
	s.mu.Unlock()
	_, _ = io.WriteString(f, fmt.Sprintf("MemoryStore{%d keys}", n))
}

// Load implements Store.
func (s *MemoryStore) Load(ctx context.Context, key string) (Record, error) {
	if err := checkKey(ctx, key); err != nil {
		return Record{}, err
	}
	s.mu.Lock()
	stored := s.records[key]
	s.mu.Unlock()
	r, err := stored.load()
	return r.clone(), err
}

// Save implements Store.
func (s *MemoryStore) Save(ctx context.Context, key string, r Record, ifVersion uint64) (uint64, error) {
	if err := checkKey(ctx, key); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := s.records[key].save(r, ifVersion)
	if err != nil {
		return 0, err
	}
	if s.records == nil {
		s.records = map[string]storedRecord{}
	}
	s.records[key] = next
	return next.Version, nil
}

// Delete implements Store.
func (s *MemoryStore) Delete(ctx context.Context, key string, ifVersion uint64) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := s.records[key].forget(ifVersion)
	if err == nil && ifVersion != 0 {
		s.records[key] = next
	}
	return err
}
