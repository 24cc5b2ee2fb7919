package fapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// BrowserStore is a Store in the localStorage of a page, which all pages of its origin share. localStorage has no lock:
// within a page compare-and-save is exact, but of two tabs that save within the same moment both may succeed, and the
// later one stays. It holds some 5 million characters per origin, and any script of the page can read it.
//
// Every method returns ErrUnsupported where there is no localStorage: outside of js, in workers, in Node.js, in a browser
// that is told to keep nothing. The zero BrowserStore is such a store.
type BrowserStore struct {
	area webStorage // nil where there is none
}

// webStorage is as much of the Web Storage interface as is needed here.
type webStorage interface {
	get(name string) (value string, found bool, err error)
	set(name, value string) error
}

// browserMu covers every BrowserStore of the page, since they share one localStorage.
var browserMu sync.Mutex

// NewBrowserStore returns the store in the page's localStorage. It exists on every platform, so that one program can be
// built for all of them.
func NewBrowserStore() *BrowserStore { return &BrowserStore{area: pageStorage()} }

// Load implements Store.
func (s *BrowserStore) Load(ctx context.Context, key string) ([]byte, int64, error) {
	place, err := s.place(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	browserMu.Lock()
	defer browserMu.Unlock()
	return loadCell(place, key)
}

// Swap implements Store. After a delete, an item without data stays for the version.
func (s *BrowserStore) Swap(ctx context.Context, key string, data []byte, old int64) (int64, bool, error) {
	place, err := s.place(ctx, key)
	if err != nil {
		return 0, false, err
	}
	browserMu.Lock()
	defer browserMu.Unlock()
	return swapCell(place, key, data, old)
}

func (s *BrowserStore) place(ctx context.Context, key string) (storePlace, error) {
	if err := checkKey(ctx, key); err != nil {
		return nil, err
	}
	if s.area == nil {
		return nil, fmt.Errorf("browser store: %w", ErrUnsupported)
	}
	return itemPlace{s.area, "fapi:" + key}, nil
}

// itemPlace is one item of a storage.
type itemPlace struct {
	area webStorage
	item string
}

func (p itemPlace) name() string { return "localStorage item " + strconv.Quote(p.item) }

// binaryItem begins an item whose data are not UTF-8, which is all that localStorage holds.
const binaryItem = "base64:"

func (p itemPlace) read() ([]byte, bool, error) {
	value, found, err := p.area.get(p.item)
	if text, ok := strings.CutPrefix(value, binaryItem); ok && err == nil {
		data, failed := base64.StdEncoding.DecodeString(text)
		if failed != nil {
			return nil, true, ErrCorruptRecord
		}
		return data, true, nil
	}
	return []byte(value), found, err
}

func (p itemPlace) write(data []byte) error {
	if utf8.Valid(data) {
		return p.area.set(p.item, string(data))
	}
	return p.area.set(p.item, binaryItem+base64.StdEncoding.EncodeToString(data))
}

// setAside copies, as write is about to replace the item.
func (p itemPlace) setAside() (string, error) {
	value, _, err := p.area.get(p.item)
	for n := 1; err == nil; n++ {
		to := p.item + ".corrupt-" + strconv.Itoa(n)
		var taken bool
		if _, taken, err = p.area.get(to); err == nil && !taken {
			return strconv.Quote(to), p.area.set(to, value)
		}
	}
	return "", err
}
