package fapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrCorruptRecord is the error of a Store that found something else than a record it can read. It was moved aside, to
// where the error says, and never comes back by itself: from then on the key has no record.
var ErrCorruptRecord = errors.New("not a readable record")

// Record is what is kept of one client: its credential and the last answers about it.
//
// Printed or logged, a Record shows sizes in place of what it holds. Encoded, as JSON for one, it is whole: a Store has to
// keep all of it.
type Record struct {
	Version     uint64          // of the record in its store, which sets it; 0 in a record that was never saved
	Token       string          // client token; "" is none
	Client      json.RawMessage // the client as the server sent it, unknown members included; nil when never seen
	Environment json.RawMessage // the environment as the server sent it; nil when never seen
	SignOuts    []string        // sessions that were signed out here, and that the server is still to be told of
	Date        time.Time       // the server's Date of the newest answer that made this record; zero when unknown
}

// String describes the record on one line without its token and JSON.
func (r Record) String() string {
	token, date := "none", "unknown"
	if r.Token != "" {
		token = "[redacted]"
	}
	if !r.Date.IsZero() {
		date = r.Date.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("Record{Version: %d, Token: %s, Client: %d bytes, Environment: %d bytes, Date: %s}",
		r.Version, token, len(r.Client), len(r.Environment), date)
}

// Format prints String for every verb and flag, since %+v and %#v would print the token.
func (r Record) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String, for log/slog.
func (r Record) LogValue() slog.Value { return slog.StringValue(r.String()) }

// checked returns the record as stores keep it, sharing no memory with r. It refuses what JSON could not give back.
func (r Record) checked() (Record, error) {
	switch {
	case !utf8.ValidString(r.Token):
		return Record{}, errors.New("stored record: token is not UTF-8")
	case !utf8.ValidString(strings.Join(r.SignOuts, "")):
		return Record{}, errors.New("stored record: a session is not UTF-8")
	case len(r.Client) > 0 && !json.Valid(r.Client):
		return Record{}, errors.New("stored record: client is not JSON")
	case len(r.Environment) > 0 && !json.Valid(r.Environment):
		return Record{}, errors.New("stored record: environment is not JSON")
	}
	r.Client, r.Environment = bytes.TrimSpace(r.Client), bytes.TrimSpace(r.Environment)
	r.Date = r.Date.UTC().Round(0) // as it comes back from a file: no zone, no monotonic clock
	return r.clone(), nil
}

// clone makes nil of empty JSON: both say "never seen".
func (r Record) clone() Record {
	r.Client = append(json.RawMessage(nil), r.Client...)
	r.Environment = append(json.RawMessage(nil), r.Environment...)
	r.SignOuts = append([]string(nil), r.SignOuts...)
	return r
}

// Store keeps one Record per key, for example across runs of a program. Every method is safe for concurrent use, by
// several processes too where the store outlives one, and returns ctx's error when ctx ends while it waits. An empty key
// is refused: a record must belong to somebody.
//
// Every Save of a key gives it a higher version, after a Delete too, so that a version never names two contents.
// ErrNotFound, ErrConflict and ErrCorruptRecord change nothing that could be loaded; after any other error of Save or
// Delete, Load tells which content won.
type Store interface {
	// Load returns the record of key, as a copy; ErrNotFound when there is none.
	Load(ctx context.Context, key string) (Record, error)

	// Save keeps r under key, as a copy, and returns its version; r.Version is not looked at. It returns ErrConflict when
	// the version in the store is not ifVersion, which is 0 for no record: somebody else saved, so load, merge, try again.
	Save(ctx context.Context, key string, r Record, ifVersion uint64) (version uint64, err error)

	// Delete forgets the record of key. It returns ErrConflict as Save does; with ifVersion 0 there is nothing to delete.
	Delete(ctx context.Context, key string, ifVersion uint64) error
}

// storeKey names the record of a profile at a host. Escaped parts hold no slash, so that no two pairs share a key.
func storeKey(host, profile string) string {
	return url.PathEscape(host) + "/" + url.PathEscape(profile)
}

// checkKey is the rule of every store. Keys are written as JSON, which is UTF-8.
func checkKey(ctx context.Context, key string) error {
	switch {
	case key == "":
		return errors.New("stored record: key is empty")
	case !utf8.ValidString(key):
		return errors.New("stored record: key is not UTF-8")
	case ctx.Err() != nil:
		return fmt.Errorf("stored record: %w", ctx.Err())
	}
	return nil
}
