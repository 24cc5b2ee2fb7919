package generator

// Bytes to the document tree. YAML and JSON come in; what is ambiguous, hostile or not JSON's data model is refused here
// with its line, so that no later stage has to think of aliases, odd tags or keys that are not strings.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	maxBytes   = 32 << 20
	maxDepth   = 1000
	maxAliased = 500_000 // nodes that aliases may expand to: real files need none
)

// ParseDocument reads YAML or JSON.
func ParseDocument(name string, data []byte) (*Document, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s: %.1f MiB, limit %d MiB", name, float64(len(data))/(1<<20), maxBytes>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s:%d: not UTF-8 text", name, 1+bytes.Count(data[:validPrefix(data)], []byte("\n")))
	}
	root, err := parseRoot(name, data)
	if err != nil {
		return nil, err
	}
	r := &treeReader{name: name, open: map[*yaml.Node]bool{}}
	if root, err = r.read(root, 0); err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: the top is no mapping but %s", name, root.Line, describe(root))
	}
	return &Document{Name: name, Root: root, notes: r.notes}, nil
}

func validPrefix(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// parseRoot takes what starts with a brace for JSON, whose escapes YAML readers do not all know, and else for YAML.
// A YAML mapping in flow style starts with a brace too, so YAML has a second try; the JSON error is the better one then.
func parseRoot(name string, data []byte) (*yaml.Node, error) {
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) == 0 {
		return nil, fmt.Errorf("%s: empty", name)
	}
	if trimmed[0] != '{' && trimmed[0] != '[' {
		return parseYAML(name, data)
	}
	root, err := parseJSON(name, data)
	if err == nil {
		return root, nil
	}
	if root, yamlErr := parseYAML(name, data); yamlErr == nil {
		return root, nil
	}
	return nil, err
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func parseYAML(name string, data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: empty", name)
		}
		fact := strings.ReplaceAll(err.Error(), "\n", " ")
		if m := yamlLine.FindStringSubmatch(fact); m != nil {
			fact = fact[len(m[0]):]
			line, _ := strconv.Atoi(m[1])
			if strings.HasPrefix(fact, "did not find expected") {
				line++ // the parser, unlike the scanner, counts from 0
			}
			if line > 0 {
				name = fmt.Sprintf("%s:%d", name, line)
			}
		}
		return nil, fmt.Errorf("%s: not YAML: %s", name, fact)
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:%d: a second document; one file holds one", name, max(second.Line, 1))
	}
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		return nil, fmt.Errorf("%s: empty", name)
	}
	return doc.Content[0], nil
}

// jsonReader builds nodes from JSON tokens, with lines.
type jsonReader struct {
	name string
	data []byte
	dec  *json.Decoder
	line int // line of offset `seen`
	seen int
}

func parseJSON(name string, data []byte) (*yaml.Node, error) {
	r := &jsonReader{name: name, data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.dec.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.errorf("something follows the JSON value")
	}
	return root, nil
}

func (r *jsonReader) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, r.at(), fmt.Sprintf(format, args...))
}

// at is the line of the token read last.
func (r *jsonReader) at() int {
	end := min(int(r.dec.InputOffset()), len(r.data))
	r.line += bytes.Count(r.data[r.seen:end], []byte("\n"))
	r.seen = end
	return r.line
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, r.errorf("nested deeper than %d levels", maxDepth)
	}
	token, err := r.dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends in the middle")
		}
		return nil, r.errorf("not JSON: %s", err)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.at()}
	switch t := token.(type) {
	case json.Delim:
		return n, r.container(n, t, depth)
	case string:
		n.Tag, n.Value = "!!str", t
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(t)
	case json.Number:
		n.Tag, n.Value = "!!int", t.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// container reads keys and values alike with value: the decoder has checked that keys are strings.
func (r *jsonReader) container(n *yaml.Node, open json.Delim, depth int) error {
	n.Kind, n.Tag = yaml.MappingNode, "!!map"
	if open == '[' {
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	}
	for r.dec.More() {
		child, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	if _, err := r.dec.Token(); err != nil {
		return r.errorf("not JSON: it ends in the middle")
	}
	return nil
}
