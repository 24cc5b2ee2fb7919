package fapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// record is what a Clerk keeps in its store: its credential and the last responses about it.
type record struct {
	version     int64                      // of the record in its store; 0 in one that was never saved
	token       string                     // client token; "" is none
	client      json.RawMessage            // the client as the server sent it, unknown members included; nil when never seen
	environment json.RawMessage            // the environment as the server sent it; nil when never seen
	signOuts    []string                   // sessions that were signed out here, and that the server is still to be told of
	date        time.Time                  // the server's Date of the newest response that made this record; zero when unknown
	extra       map[string]json.RawMessage // members that a newer version of this package has written
}

// The number in the format grows when a program that knows only the old one would misread the new one.
const (
	recordFormats = "fapi.record."
	recordFormat  = recordFormats + "2"
)

// encode writes the record as JSON. It refuses what JSON could not give back.
func (r record) encode() ([]byte, error) {
	switch {
	case !utf8.ValidString(r.token) || !utf8.ValidString(strings.Join(r.signOuts, "")):
		return nil, errors.New("record: a token or session is not UTF-8")
	case len(r.client) > 0 && !json.Valid(r.client) || len(r.environment) > 0 && !json.Valid(r.environment):
		return nil, errors.New("record: client or environment is not JSON")
	}
	out := []byte(`{"format":"` + recordFormat + `"`)
	member := func(name string, value any) error {
		text, err := marshal(value)
		if err != nil {
			return errors.New("record: " + name + " cannot be written")
		}
		out = append(append(out, `,"`+name+`":`...), text...)
		return nil
	}
	var err error
	if r.token != "" {
		err = errors.Join(err, member("token", r.token))
	}
	if len(r.signOuts) > 0 {
		err = errors.Join(err, member("sign_outs", r.signOuts))
	}
	if !r.date.IsZero() {
		err = errors.Join(err, member("date", r.date.UTC().Round(0)))
	}
	for _, name := range sortedNames(r.extra) {
		out = append(append(append(out, ","...), JSON(name)...), ':')
		out = append(out, r.extra[name]...)
	}
	// What the server sent goes in as it is, since Marshal would compact and escape it.
	if len(r.client) > 0 {
		out = append(append(out, `,"client":`...), bytes.TrimSpace(r.client)...)
	}
	if len(r.environment) > 0 {
		out = append(append(out, `,"environment":`...), bytes.TrimSpace(r.environment)...)
	}
	return append(out, "}\n"...), err
}

func sortedNames(m map[string]json.RawMessage) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// decodeRecord returns ErrCorruptRecord for what encode would not have written, and another error for a record of a later
// format: that one is good, in the hands of another program. No error quotes data. The result shares memory with data.
func decodeRecord(data []byte) (record, error) {
	var r record
	var format string
	var err error
	read := func(value []byte, to any) { err = errors.Join(err, json.Unmarshal(value, to)) }
	if !json.Valid(data) {
		return record{}, ErrCorruptRecord
	}
	failed := eachMember(data, func(key, value []byte) {
		switch name := string(key); {
		case name == "format":
			read(value, &format)
		case name == "token":
			read(value, &r.token)
		case name == "sign_outs":
			read(value, &r.signOuts)
		case name == "date":
			read(value, &r.date)
		case name == "client":
			r.client = value
		case name == "environment":
			r.environment = value
		case r.extra == nil:
			r.extra = map[string]json.RawMessage{name: value}
		default:
			r.extra[name] = value
		}
	})
	switch {
	case strings.HasPrefix(format, recordFormats) && format != recordFormat:
		return record{}, errors.New("record is of another format, of another version of this package")
	case failed != nil, err != nil, format != recordFormat:
		return record{}, ErrCorruptRecord
	}
	return r, nil
}

// errFaster says that somebody else has saved in the meantime.
var errFaster = errors.New("somebody else was faster")

// errNoRecord says that there is none.
var errNoRecord = errors.New("no record")

// records is the record of one client in a store.
type records struct {
	store Store
	key   string
}

// load returns the record, or errNoRecord. What cannot be read is copied to another key, and the record that comes beside
// ErrCorruptRecord has its version, so that it can be replaced.
func (s records) load(ctx context.Context) (record, error) {
	data, version, err := s.store.Load(ctx, s.key)
	if err != nil {
		return record{}, err
	}
	if version == 0 {
		return record{}, errNoRecord
	}
	r, err := decodeRecord(data)
	if r.version = version; !errors.Is(err, ErrCorruptRecord) {
		return r, err
	}
	aside := s.key + "/unreadable"
	_, old, failed := s.store.Load(ctx, aside)
	if failed == nil {
		_, _, failed = s.store.Swap(ctx, aside, data, old)
	}
	if failed != nil {
		return r, fmt.Errorf("%w, and keeping a copy of it failed: %w", err, failed)
	}
	return r, fmt.Errorf("%w, copied to key %q", err, aside)
}

// save replaces the record of r's version and returns the new version, or errFaster.
func (s records) save(ctx context.Context, r record) (int64, error) {
	data, err := r.encode()
	if err != nil {
		return 0, err
	}
	version, ok, err := s.store.Swap(ctx, s.key, data, r.version)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, errFaster
	case version <= 0 || version >= maxVersion:
		return 0, fmt.Errorf("the store gave version %d, which is not between 0 and 1<<53", version)
	}
	return version, nil
}
