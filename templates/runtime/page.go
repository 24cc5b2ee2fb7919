package fapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
)

const defaultPageSize = 100

// Page is one page of a list. It decodes `{data, total_count}` as well as the bare array that some operations answer with.
type Page[T any] struct {
	Data       []T
	TotalCount int64 // of the whole list; of a bare array its length

	raw      json.RawMessage
	hasTotal bool // TotalCount came with the page
}

// Raw is the page's JSON as it came, or nil for a page that was not decoded. It must not be changed.
func (p Page[T]) Raw() json.RawMessage { return p.raw }

// IsBare says whether the page came as a bare array, which is all of the list.
func (p Page[T]) IsBare() bool { return bytes.HasPrefix(bytes.TrimSpace(p.raw), []byte("[")) }

// UnmarshalJSON takes a page or a bare array and keeps what it can of it: an element that does not fit is left zero.
// Its only error is text that is no JSON.
func (p *Page[T]) UnmarshalJSON(b []byte) error {
	*p = Page[T]{raw: bytes.Clone(b)}
	if p.IsBare() {
		err := json.Unmarshal(b, &p.Data)
		p.TotalCount = int64(len(p.Data))
		return syntaxError(err)
	}
	var page struct {
		Data       []T    `json:"data"`
		TotalCount *int64 `json:"total_count"`
	}
	err := json.Unmarshal(b, &page)
	p.Data, p.TotalCount, p.hasTotal = page.Data, Value(page.TotalCount), Value(page.TotalCount) >= 0 && page.TotalCount != nil
	return syntaxError(err)
}

// MarshalJSON gives Raw back when the page was decoded, else writes Data and TotalCount.
func (p Page[T]) MarshalJSON() ([]byte, error) {
	if p.raw != nil {
		return p.raw, nil
	}
	return json.Marshal(struct {
		Data       []T   `json:"data"`
		TotalCount int64 `json:"total_count"`
	}{p.Data, p.TotalCount})
}

// syntaxError keeps err only if it says that the text is no JSON.
func syntaxError(err error) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return err
	}
	return nil
}

// listAll ranges over all elements of a list, page by page, from the caller's offset on. Nothing is fetched before the
// range begins, and each range begins anew. It ends after a bare array and after an empty page; where the server gives the
// count of the whole list, when that is reached, and otherwise after a page shorter than asked for. A page that was there
// before, from a server that repeats itself, ends it too. An error is yielded once, beside a zero element, and ends it.
func listAll[T any](limit, offset *int64, fetch func(limit, offset *int64) (*Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		size, next := int64(defaultPageSize), Value(offset)
		if limit != nil {
			size = *limit
		}
		var seen seenPages
		for {
			page, err := fetch(&size, &next)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			if page == nil || seen.again(page.raw) {
				return
			}
			for _, element := range page.Data {
				if !yield(element, nil) {
					return
				}
			}
			got := int64(len(page.Data))
			next += got
			switch {
			case got == 0, page.IsBare():
				return
			case page.hasTotal && next >= page.TotalCount, !page.hasTotal && got < size:
				return
			}
		}
	}
}

// seenPages are the digests of the pages of one range.
type seenPages map[[sha256.Size]byte]bool

// again reports whether a page with the same elements was there before.
func (s *seenPages) again(raw json.RawMessage) bool {
	data := []byte(raw)
	_ = eachMember(raw, func(key, value []byte) {
		if string(key) == "data" {
			data = value
		}
	})
	digest := sha256.Sum256(data)
	if len(raw) == 0 || (*s)[digest] { // a page that was made by hand has no text
		return len(raw) != 0
	}
	if *s == nil {
		*s = seenPages{}
	}
	(*s)[digest] = true
	return false
}

// isContainer says whether raw is an object or array, which is all that a Page can be.
func isContainer(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == '{' || raw[0] == '[')
}

// Union is a value that may have several shapes: it keeps the JSON and decodes it on demand. The zero Union is null.
type Union struct{ raw json.RawMessage }

// Raw is the JSON as it came, or nil for the zero Union. It must not be changed.
func (u Union) Raw() json.RawMessage { return u.raw }

// UnmarshalJSON keeps a copy of b; it returns no error.
func (u *Union) UnmarshalJSON(b []byte) error {
	u.raw = bytes.Clone(b)
	return nil
}

// MarshalJSON gives the JSON back as it came.
func (u Union) MarshalJSON() ([]byte, error) { return rawOrNull(u.raw), nil }

// Decode decodes the value into v, a non-nil pointer, as leniently as answers are: members of the wrong kind stay as they
// are. When the value itself does not fit, it is a *DecodeError. The zero Union and null leave v alone.
func (u Union) Decode(v any) error {
	if len(u.raw) == 0 || isNull(u.raw) {
		return nil
	}
	err := json.Unmarshal(u.raw, v)
	if err == nil || isPartial(err, reflect.TypeOf(v)) {
		return nil
	}
	return &DecodeError{Path: "$", Raw: u.raw}
}

func rawOrNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}
