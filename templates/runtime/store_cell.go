package fapi

// What the stores of this package keep under a key, the rules of versions, and its format in files and in localStorage.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// cell is what is under a key, or, after a delete, its version alone, from which the next one counts on. The zero cell is that
// of a key never used.
type cell struct {
	data    []byte
	version int64
	deleted bool
}

// current is the version that a Swap has to name.
func (c cell) current() int64 {
	if c.deleted {
		return 0
	}
	return c.version
}

// next is the version after this one. Where counting on would come to its end, it goes on from the microseconds since 1970:
// they are above any count of saves, and far below the end.
func (c cell) next() int64 {
	if c.version >= maxVersion-1 {
		return time.Now().UnixMicro()
	}
	return c.version + 1
}

// swap is the cell after Store.Swap; ok is false when its version is not old.
func (c cell) swap(data []byte, old int64) (next cell, ok bool) {
	switch {
	case c.current() != old:
		return c, false
	case data == nil && old == 0:
		return c, true // nothing is there, and nothing is to be
	case data == nil:
		return cell{version: c.version, deleted: true}, true
	}
	return cell{data: slices.Clone(data), version: c.next()}, true
}

const (
	cellFormats = "fapi.store."
	cellFormat  = cellFormats + "1"
)

// cellHead is the first line of a cell, as JSON; the data follow as they are.
type cellHead struct {
	Format  string `json:"format"`
	Key     string `json:"key"` // the name of the file is only its hash
	Version int64  `json:"version"`
	Deleted bool   `json:"deleted,omitzero"`
	Length  int    `json:"length"` // of the data: a file that was cut off is not taken for whole
}

func (c cell) encode(key string) ([]byte, error) {
	head, err := json.Marshal(cellHead{cellFormat, key, c.version, c.deleted, len(c.data)})
	if err != nil {
		return nil, errors.New("store: key cannot be written")
	}
	return append(append(head, '\n'), c.data...), nil
}

// decodeCell returns ErrCorruptRecord for what encode would not have written for key, and another error for a later format:
// that one is good, in the hands of another program. No error quotes data.
func decodeCell(data []byte, key string) (cell, error) {
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	var h cellHead
	err := json.Unmarshal(line, &h)
	switch {
	case err == nil && strings.HasPrefix(h.Format, cellFormats) && h.Format != cellFormat:
		return cell{}, errors.New("it is of a later format, of a newer version of this package")
	case err != nil, h.Format != cellFormat, h.Key != key, h.Version <= 0, h.Length != len(rest):
		return cell{}, ErrCorruptRecord
	}
	return cell{data: rest, version: h.Version, deleted: h.Deleted}, nil
}

// storePlace is where the cell of one key lives, while nobody else can get at it.
type storePlace interface {
	name() string
	read() (data []byte, found bool, err error) // ErrCorruptRecord when there is something that is not even data
	write(data []byte) error                    // replaces all or nothing
	setAside() (name string, err error)         // makes room for write by giving what is there a new name
}

func loadCell(p storePlace, key string) ([]byte, int64, error) {
	c, err := readPlace(p, key)
	if err != nil || c.current() == 0 {
		return nil, 0, err
	}
	return c.data, c.version, nil
}

func swapCell(p storePlace, key string, data []byte, old int64) (int64, bool, error) {
	c, err := readPlace(p, key)
	if err != nil {
		return 0, false, err
	}
	next, ok := c.swap(data, old)
	if !ok {
		return 0, false, nil
	}
	if next.version != c.version || next.deleted != c.deleted {
		err = writePlace(p, key, next)
	}
	if err != nil {
		return 0, false, err
	}
	return next.current(), true, nil
}

// readPlace moves aside what it cannot read, so that the error comes once and the key is usable again.
func readPlace(p storePlace, key string) (cell, error) {
	var c cell
	data, found, err := p.read()
	if err == nil && found {
		c, err = decodeCell(data, key)
	}
	if err == nil {
		return c, nil
	}
	err = fmt.Errorf("%s: %w", p.name(), err)
	if !errors.Is(err, ErrCorruptRecord) {
		return cell{}, err
	}
	to, failed := p.setAside()
	if failed != nil {
		return cell{}, fmt.Errorf("%w, and moving it aside failed: %w", err, failed)
	}
	lost := cell{version: time.Now().UnixMicro(), deleted: true} // the version is lost with the data: this one is above it
	if failed := writePlace(p, key, lost); failed != nil {
		return cell{}, fmt.Errorf("%w, moved to %s; %w", err, to, failed)
	}
	return cell{}, fmt.Errorf("%w, moved to %s", err, to)
}

func writePlace(p storePlace, key string, c cell) error {
	data, err := c.encode(key)
	if err != nil {
		return err
	}
	if err := p.write(data); err != nil {
		return fmt.Errorf("%s: %w", p.name(), err)
	}
	return nil
}
