package fapi

// What stores keep of a key, the rules of versions, and the file format. MemoryStore keeps storedRecord itself; the other
// stores keep its encoding at a storePlace.

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// storedRecord is a Record or, after a Delete, its version alone, from which the next one counts on. The zero
// storedRecord is that of a key never saved.
type storedRecord struct {
	Record
	deleted bool
}

func (s storedRecord) load() (Record, error) {
	if s.current() == 0 {
		return Record{}, fmt.Errorf("stored record: %w", ErrNotFound)
	}
	return s.Record, nil
}

// current is the version that a Save has to name.
func (s storedRecord) current() uint64 {
	if s.deleted {
		return 0
	}
	return s.Version
}

func (s storedRecord) check(ifVersion uint64) error {
	if s.current() != ifVersion {
		return fmt.Errorf("stored record: version is %d, not %d: %w", s.current(), ifVersion, ErrConflict)
	}
	return nil
}

// next is the version after this one. Where counting on would come to its end, it goes on from the microseconds since 1970:
// they are above any count of saves, and below it for long.
func (s storedRecord) next() uint64 {
	if s.Version >= math.MaxInt64 {
		return uint64(time.Now().UnixMicro())
	}
	return s.Version + 1
}

func (s storedRecord) save(r Record, ifVersion uint64) (storedRecord, error) {
	if err := s.check(ifVersion); err != nil {
		return storedRecord{}, err
	}
	r, err := r.checked()
	r.Version = s.next()
	return storedRecord{Record: r}, err
}

func (s storedRecord) forget(ifVersion uint64) (storedRecord, error) {
	return storedRecord{Record: Record{Version: s.Version}, deleted: true}, s.check(ifVersion)
}

// The number in the format grows when a program that knows only the old one would misread the new one.
const (
	recordFormats = "fapi.record."
	recordFormat  = recordFormats + "1"
)

// recordFile is the JSON of a storedRecord.
type recordFile struct {
	Format      string          `json:"format"`
	Key         string          `json:"key"` // the name of the file is only its hash
	Version     uint64          `json:"version"`
	Deleted     bool            `json:"deleted,omitzero"`
	Token       string          `json:"token,omitzero"`
	SignOuts    []string        `json:"sign_outs,omitempty"`
	Date        time.Time       `json:"date,omitzero"`
	Client      json.RawMessage `json:"client,omitzero"`
	Environment json.RawMessage `json:"environment,omitzero"`
}

// encode appends the raw members by hand, since Marshal would compact and escape them.
func (s storedRecord) encode(key string) ([]byte, error) {
	data, err := json.Marshal(recordFile{Format: recordFormat, Key: key, Version: s.Version, Deleted: s.deleted, Token: s.Token, SignOuts: s.SignOuts, Date: s.Date})
	if err != nil {
		return nil, errors.New("stored record: date is out of range") // nothing else here can fail
	}
	data = data[:len(data)-1]
	if s.Client != nil {
		data = append(append(data, `,"client":`...), s.Client...)
	}
	if s.Environment != nil {
		data = append(append(data, `,"environment":`...), s.Environment...)
	}
	return append(data, "}\n"...), nil
}

// decodeRecord returns ErrCorruptRecord for what encode would not have written for key, and another error for a record
// of a later format: that one is good, in the hands of another program. No error quotes data.
func decodeRecord(data []byte, key string) (storedRecord, error) {
	var f recordFile
	err := json.Unmarshal(data, &f)
	switch {
	case strings.HasPrefix(f.Format, recordFormats) && f.Format != recordFormat:
		return storedRecord{}, errors.New("record is of a later format, of a newer version of this package")
	case err != nil, f.Format != recordFormat, f.Key != key, f.Version == 0:
		return storedRecord{}, ErrCorruptRecord
	}
	r := Record{Version: f.Version, Token: f.Token, Client: f.Client, Environment: f.Environment, SignOuts: f.SignOuts, Date: f.Date}
	return storedRecord{Record: r, deleted: f.Deleted}, nil
}

// storePlace is where the encoded record of one key lives, while nobody else can get at it.
type storePlace interface {
	name() string
	read() (data []byte, found bool, err error) // ErrCorruptRecord when there is something that is not even data
	write(data []byte) error                    // replaces all or nothing
	setAside() (name string, err error)         // makes room for write by giving what is there a new name
}

func loadRecord(p storePlace, key string) (Record, error) {
	stored, err := readPlace(p, key)
	if err != nil {
		return Record{}, err
	}
	return stored.load()
}

func saveRecord(p storePlace, key string, r Record, ifVersion uint64) (uint64, error) {
	stored, err := readPlace(p, key)
	if err != nil {
		return 0, err
	}
	next, err := stored.save(r, ifVersion)
	if err != nil {
		return 0, err
	}
	if err := writePlace(p, key, next); err != nil {
		return 0, err
	}
	return next.Version, nil
}

func deleteRecord(p storePlace, key string, ifVersion uint64) error {
	stored, err := readPlace(p, key)
	if err != nil {
		return err
	}
	next, err := stored.forget(ifVersion)
	if err != nil || ifVersion == 0 {
		return err
	}
	return writePlace(p, key, next)
}

// readPlace moves aside what it cannot read, so that the error comes once and the key is usable again.
func readPlace(p storePlace, key string) (storedRecord, error) {
	var stored storedRecord
	data, found, err := p.read()
	if err == nil && found {
		stored, err = decodeRecord(data, key)
	}
	if err == nil {
		return stored, nil
	}
	err = fmt.Errorf("%s: %w", p.name(), err)
	if !errors.Is(err, ErrCorruptRecord) {
		return storedRecord{}, err
	}
	to, failed := p.setAside()
	if failed != nil {
		return storedRecord{}, fmt.Errorf("%w, and moving it aside failed: %w", err, failed)
	}
	// The version is lost with the record. Microseconds since 1970 are above any count of saves.
	lost := storedRecord{Record: Record{Version: uint64(time.Now().UnixMicro())}, deleted: true}
	if failed := writePlace(p, key, lost); failed != nil {
		return storedRecord{}, fmt.Errorf("%w, moved to %s; %w", err, to, failed)
	}
	return storedRecord{}, fmt.Errorf("%w, moved to %s", err, to)
}

func writePlace(p storePlace, key string, s storedRecord) error {
	data, err := s.encode(key)
	if err != nil {
		return err
	}
	if err := p.write(data); err != nil {
		return fmt.Errorf("%s: %w", p.name(), err)
	}
	return nil
}
