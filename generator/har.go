package generator

// HAR 1.2, as browsers, proxies and the emitted module write it: read as a stream, one entry at a time, so that memory
// depends on the largest entry and not on the file. What an entry holds is in har_entry.go. The container around the
// entries is scanned here instead of by json.Decoder, which would hold a string, and so an entry, of any size.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// maxEntry is the largest entry that is decoded, in bytes. A larger one is passed over and counted.
const maxEntry = 16 << 20

// errCut says that a recording ends between two entries: whoever wrote it did not come to close it.
var errCut = errors.New("not closed")

// harReader scans a recording. It knows just enough of JSON to find where values end.
type harReader struct {
	in      *bufio.Reader
	line    int
	entries int // complete so far
	creator string
}

// readHAR calls each with every entry and its number, counted from 1; the entry is nil when it is too large. An error
// says what is wrong with the file, without quoting it; errCut that it was not closed.
func readHAR(r io.Reader, each func(n int, e *harEntry)) (*harReader, error) {
	h := &harReader{in: bufio.NewReaderSize(r, 64<<10), line: 1}
	found := false
	if h.decode(); h.isZIP() {
		return h, errors.New("a ZIP archive; unpack it and name the .har file in it")
	}
	c, err := h.next()
	switch {
	case errors.Is(err, io.EOF):
		return h, errors.New("empty")
	case err != nil:
		return h, err
	case c != '{':
		return h, errors.New("not a HAR: no JSON object")
	}
	err = h.members(func(key string) error {
		if key != "log" {
			return h.skip()
		}
		return h.open('{', "log", func() error {
			return h.members(func(key string) error {
				switch key {
				case "creator":
					return h.named(&h.creator)
				case "entries":
				default:
					return h.skip()
				}
				found = true
				return h.open('[', "log.entries", func() error { return h.elements(each) })
			})
		})
	})
	switch {
	case errors.Is(err, io.EOF) && found:
		return h, fmt.Errorf("it ends in the middle of entry %d", h.entries+1)
	case errors.Is(err, io.EOF):
		return h, errors.New("not a HAR: it ends before log.entries")
	case err == nil && !found:
		return h, errors.New("not a HAR: no log.entries")
	}
	return h, err
}

// decode passes over the byte order mark; one of UTF-16 says how to read the rest.
func (h *harReader) decode() {
	mark, _ := h.in.Peek(3)
	switch {
	case bytes.HasPrefix(mark, []byte("\ufeff")):
		_, _ = h.in.Discard(3)
	case isUTF16(mark):
		h.in = bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(h.in), 64<<10)
	}
}

func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}

func (h *harReader) isZIP() bool {
	mark, _ := h.in.Peek(4)
	return string(mark) == "PK\x03\x04"
}

func (h *harReader) malformed() error {
	return fmt.Errorf("line %d: not a HAR: no valid JSON", h.line)
}

// open expects a value that starts with a byte.
func (h *harReader) open(want byte, what string, inside func() error) error {
	c, err := h.next()
	if err != nil {
		return err
	}
	if c != want {
		return fmt.Errorf("line %d: not a HAR: %s is of another type", h.line, what)
	}
	return inside()
}

// more is the first byte of the next member or element, or the byte that closes what they are in.
func (h *harReader) more(first bool, closing byte) (c byte, err error) {
	c, err = h.next()
	switch {
	case err != nil || first || c == closing:
		return c, err
	case c != ',':
		return c, h.malformed()
	}
	if c, err = h.next(); err == nil && c == closing {
		return c, h.malformed()
	}
	return c, err
}

// members reads an object whose brace was read; visit reads the value.
func (h *harReader) members(visit func(key string) error) error {
	for first := true; ; first = false {
		c, err := h.more(first, '}')
		if err != nil || c == '}' {
			return err
		}
		if c != '"' {
			return h.malformed()
		}
		raw, _, err := h.value(c, 1<<10)
		if err != nil {
			return err
		}
		var key string
		_ = json.Unmarshal(raw, &key) // a key that is too long is none that is looked for
		if c, err = h.next(); err != nil {
			return err
		}
		if c != ':' {
			return h.malformed()
		}
		if err := visit(key); err != nil {
			return err
		}
	}
}

// elements reads the entries.
func (h *harReader) elements(each func(n int, e *harEntry)) error {
	for first := true; ; first = false {
		c, err := h.more(first, ']')
		if errors.Is(err, io.EOF) {
			return errCut
		}
		if err != nil || c == ']' {
			return err
		}
		raw, whole, err := h.value(c, maxEntry)
		if err != nil {
			return err
		}
		h.entries++
		if !whole {
			each(h.entries, nil)
			continue
		}
		var e harEntry
		err = json.Unmarshal(raw, &e)
		if odd := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &odd) {
			return fmt.Errorf("line %d: entry %d: no valid JSON", h.line, h.entries)
		}
		e.creator = h.creator
		each(h.entries, &e)
	}
}

// next is the next byte that is no white space.
func (h *harReader) next() (byte, error) {
	for {
		c, err := h.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch c {
		case '\n':
			h.line++
		case ' ', '\t', '\r':
		default:
			return c, nil
		}
	}
}

func (h *harReader) skip() error {
	c, err := h.next()
	if err != nil {
		return err
	}
	_, _, err = h.value(c, 0)
	return err
}

// named reads the name of an object.
func (h *harReader) named(name *string) error {
	c, err := h.next()
	if err != nil {
		return err
	}
	raw, whole, err := h.value(c, 64<<10)
	if err != nil || !whole {
		return err
	}
	var v struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(raw, &v) == nil {
		*name = v.Name
	}
	return nil
}

// value reads on from the first byte of a value to its end and keeps it, unless it is longer than limit.
func (h *harReader) value(first byte, limit int) (raw []byte, whole bool, err error) {
	e := valueEnd{}
	keep := func(part []byte) {
		if raw = append(raw, part...); len(raw) > limit {
			raw, limit = nil, 0
		}
	}
	whole = limit > 0
	keep([]byte{first})
	for done := e.takes(first); !done; {
		if _, err := h.in.Peek(1); err != nil {
			return nil, false, err
		}
		part, _ := h.in.Peek(h.in.Buffered())
		n := 0
		for ; n < len(part) && !done; n++ {
			if e.scalar && strings.IndexByte(",]} \t\r\n:", part[n]) >= 0 {
				done = true
				break
			}
			done = e.takes(part[n])
		}
		h.line += bytes.Count(part[:n], []byte("\n"))
		if limit > 0 {
			keep(part[:n])
		}
		_, _ = h.in.Discard(n)
	}
	if e.depth < 0 {
		return nil, false, h.malformed()
	}
	return raw, whole && limit > 0, nil
}

// valueEnd finds where a JSON value ends.
type valueEnd struct {
	depth             int
	inString, escaped bool
	scalar            bool // a number, true, false or null, which end before what follows
}

// takes reads one byte and tells whether the value ends with it.
func (e *valueEnd) takes(c byte) bool {
	switch {
	case e.escaped:
		e.escaped = false
		return false
	case e.inString && c == '\\':
		e.escaped = true
		return false
	case c == '"':
		e.inString = !e.inString
	case e.inString:
		return false
	case c == '{' || c == '[':
		e.depth++
	case c == '}' || c == ']':
		e.depth--
	case e.depth == 0:
		e.scalar = true
		return false
	}
	return e.depth <= 0 && !e.inString
}
