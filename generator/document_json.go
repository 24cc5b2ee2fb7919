package generator

// The document tree as canonical JSON: keys in the author's order, two spaces, one newline at the end. It is the form
// that is pinned, hashed and handed to the loader, so equal trees must give equal bytes.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// JSON is the whole document.
func (d *Document) JSON() ([]byte, error) { return nodeJSON(d.Root) }

func nodeJSON(n *yaml.Node) ([]byte, error) {
	w := &jsonWriter{indent: "  "}
	if err := w.node(n, 0); err != nil {
		return nil, err
	}
	w.buf.WriteByte('\n')
	return w.buf.Bytes(), nil
}

// compactJSON is one line for messages, cut to a length that a terminal bears.
func compactJSON(n *yaml.Node) string {
	const limit = 160
	if n == nil {
		return "nothing"
	}
	w := &jsonWriter{limit: limit}
	if err := w.node(n, 0); err != nil {
		return err.Error()
	}
	line := w.buf.String()
	if r := []rune(line); len(r) > limit {
		return string(r[:limit]) + "..."
	}
	return line
}

type jsonWriter struct {
	buf    bytes.Buffer
	indent string // "" writes one line
	limit  int    // when above 0: enough is written once the buffer is this much longer
}

func (w *jsonWriter) node(n *yaml.Node, depth int) error {
	if w.limit > 0 && w.buf.Len() > 4*w.limit {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return w.list(n, '{', '}', 2, depth)
	case yaml.SequenceNode:
		return w.list(n, '[', ']', 1, depth)
	case yaml.ScalarNode:
		if n.Tag == "!!str" {
			w.quote(n.Value)
		} else {
			w.buf.WriteString(n.Value) // the parser let only JSON's own spelling through
		}
		return nil
	}
	return fmt.Errorf("line %d: a node of kind %d has no JSON form", n.Line, n.Kind)
}

// list writes a mapping (step 2: key and value) or a sequence (step 1).
func (w *jsonWriter) list(n *yaml.Node, open, end byte, step, depth int) error {
	w.buf.WriteByte(open)
	for i := 0; i+step <= len(n.Content); i += step {
		if i > 0 {
			w.buf.WriteByte(',')
			if w.indent == "" {
				w.buf.WriteByte(' ')
			}
		}
		w.newline(depth + 1)
		if step == 2 {
			w.quote(n.Content[i].Value)
			w.buf.WriteString(": ")
		}
		if err := w.node(n.Content[i+step-1], depth+1); err != nil {
			return err
		}
	}
	if len(n.Content) > 0 {
		w.newline(depth)
	}
	w.buf.WriteByte(end)
	return nil
}

func (w *jsonWriter) newline(depth int) {
	if w.indent == "" {
		return
	}
	w.buf.WriteByte('\n')
	for range depth {
		w.buf.WriteString(w.indent)
	}
}

// quote leaves the rare string that needs escapes to encoding/json.
func (w *jsonWriter) quote(s string) {
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' })
	if plain {
		w.buf.WriteByte('"')
		w.buf.WriteString(s)
		w.buf.WriteByte('"')
		return
	}
	e := json.NewEncoder(&w.buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	w.buf.Truncate(w.buf.Len() - 1)
}
