package generator

// The text of targets, by the grammar of RFC 9535: what is read of it, and how names are written in it.

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	pathBlanks  = " \t\r\n"                 // what the grammar allows between the parts of a path
	stepEnds    = ".[" + pathBlanks         // what ends a name behind a dot
	literalEnds = pathBlanks + "=!<>&|)],[" // what ends a number or a word
	filterEnds  = "." + literalEnds         // what ends a name in a filter
)

// pathReader reads a path from its start.
type pathReader struct{ rest string }

func (r *pathReader) blanks() { r.rest = strings.TrimLeft(r.rest, pathBlanks) }

func (r *pathReader) take(s string) bool {
	rest, ok := strings.CutPrefix(r.rest, s)
	r.rest = rest
	return ok
}

// token is the text up to one of the ends, or the rest. It is not taken.
func (r *pathReader) token(ends string) string {
	if end := strings.IndexAny(r.rest, ends); end >= 0 {
		return r.rest[:end]
	}
	return r.rest
}

// parseTarget reads a path.
func parseTarget(s string) (target, error) {
	line := strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(s) // for messages, of the same length
	t := target{text: line}
	r := &pathReader{s}
	if !r.take("$") {
		return t, fmt.Errorf("target %q: does not start with $", s)
	}
	for r.rest != "" {
		from := len(s) - len(r.rest)
		if r.blanks(); r.rest == "" {
			return t, fmt.Errorf("target %q: ends with a blank", s)
		}
		st, err := r.step(stepEnds)
		if err != nil {
			return t, fmt.Errorf("target %q: %w", s, err)
		}
		st.text = strings.TrimSpace(line[from : len(s)-len(r.rest)])
		t.steps = append(t.steps, st)
	}
	return t, nil
}

// step reads one segment; ends is what may follow a name behind a dot.
func (r *pathReader) step(ends string) (st step, err error) {
	deep := r.take("..")
	switch {
	case r.take("["):
		st, err = r.bracket()
	case !deep && !r.take("."):
		return st, fmt.Errorf("unexpected %q", r.rest)
	case r.take("*"):
		st.kind = stepAll
	default:
		if st.name = r.token(ends); !isShorthand(st.name) {
			return st, fmt.Errorf("the name %q takes brackets and quotes: [%s]", st.name, quotedName(st.name))
		}
		r.take(st.name)
	}
	st.deep = deep
	return st, err
}

// isShorthand reports whether RFC 9535 allows the name behind a dot.
func isShorthand(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

var pathIndex = regexp.MustCompile(`^(0|[1-9][0-9]*)`)

// bracket reads what follows an opening bracket.
func (r *pathReader) bracket() (st step, err error) {
	r.blanks()
	switch c := r.rest; {
	case c == "":
		return st, fmt.Errorf("a bracket is not closed")
	case c[0] == '\'' || c[0] == '"':
		st.name, err = r.quoted()
	case r.take("*"):
		st.kind = stepAll
	case r.take("?"):
		st, err = r.filter()
	default:
		st.kind = stepIndex
		digits := pathIndex.FindString(c)
		if st.index, err = strconv.Atoi(digits); err != nil || len(c) > 1 && digits == "0" && c[1] >= '0' && c[1] <= '9' {
			return st, fmt.Errorf("[%s is no name in quotes, index from 0, * or filter", c)
		}
		r.take(digits)
	}
	if err != nil {
		return st, err
	}
	r.blanks()
	if !r.take("]") {
		return st, fmt.Errorf("unexpected %q where a bracket closes; slices and unions are not read", r.rest)
	}
	return st, nil
}

// filter reads `@ == 'v'` or `@.name == 'v'`, in parentheses or not.
func (r *pathReader) filter() (st step, err error) {
	st.kind, st.item = stepFilter, true
	open := 0
	for r.blanks(); r.take("("); r.blanks() {
		open++
	}
	if !r.take("@") {
		return st, fmt.Errorf("a filter reads [?@ == 'v'] or [?@.name == 'v']")
	}
	members := 0
	for r.blanks(); r.rest != "" && (r.rest[0] == '.' || r.rest[0] == '['); r.blanks() {
		member, err := r.step(filterEnds)
		if members++; err != nil || members > 1 || member.kind != stepName || member.deep {
			return st, fmt.Errorf("a filter compares @ or one member of it: @.name")
		}
		st.name, st.item = member.name, false
	}
	if !r.take("==") {
		return st, fmt.Errorf("a filter compares with ==")
	}
	r.blanks()
	if st.want, err = r.literal(); err != nil {
		return st, err
	}
	for ; open > 0; open-- {
		if r.blanks(); !r.take(")") {
			return st, fmt.Errorf("a parenthesis is not closed")
		}
	}
	return st, nil
}

var pathNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (r *pathReader) literal() (*yaml.Node, error) {
	if r.rest != "" && (r.rest[0] == '\'' || r.rest[0] == '"') {
		value, err := r.quoted()
		return stringNode(value), err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: r.token(literalEnds)}
	switch {
	case n.Value == "true" || n.Value == "false":
		n.Tag = "!!bool"
	case n.Value == "null":
		n.Tag = "!!null"
	case !pathNumber.MatchString(n.Value):
		return nil, fmt.Errorf("%q is no string in quotes, number, boolean or null", n.Value)
	case strings.ContainsAny(n.Value, ".eE"):
		n.Tag = "!!float"
	default:
		n.Tag = "!!int"
	}
	r.take(n.Value)
	return n, nil
}

// escapes are the characters behind a backslash, and what they stand for. The quote of the string is one more.
var escapes = map[byte]rune{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '/': '/', '\\': '\\'}

// quoted reads a string in either kind of quotes.
func (r *pathReader) quoted() (string, error) {
	quote := r.rest[0]
	var b strings.Builder
	for r.rest = r.rest[1:]; r.rest != ""; {
		c, size := utf8.DecodeRuneInString(r.rest)
		switch {
		case c == rune(quote):
			r.rest = r.rest[1:]
			return b.String(), nil
		case c < ' ':
			return "", fmt.Errorf("a control character in quotes takes an escape: \\u%04x", c)
		case c == '\\':
			var err error
			if c, size, err = escaped(r.rest[1:], quote); err != nil {
				return "", err
			}
		}
		b.WriteRune(c)
		r.rest = r.rest[size:]
	}
	return "", fmt.Errorf("a quote is not closed")
}

// escaped is the character that an escape stands for. s follows the backslash, size counts that too.
func escaped(s string, quote byte) (c rune, size int, err error) {
	if s == "" {
		return 0, 0, fmt.Errorf("a quote is not closed")
	}
	if s[0] == quote {
		return rune(quote), 2, nil
	}
	if c, ok := escapes[s[0]]; ok {
		return c, 2, nil
	}
	if s[0] != 'u' {
		c, _ := utf8.DecodeRuneInString(s)
		return 0, 0, fmt.Errorf(`%q is no escape; the escapes are \b \f \n \r \t \/ \\ \uXXXX, and \%c in these quotes`, `\`+string(c), quote)
	}
	c, ok := codeUnit(s)
	if !ok {
		return 0, 0, fmt.Errorf(`\u takes four hexadecimal digits`)
	}
	if !utf16.IsSurrogate(c) {
		return c, 6, nil
	}
	if rest, ok := strings.CutPrefix(s[5:], `\`); ok {
		if low, ok := codeUnit(rest); ok && utf16.DecodeRune(c, low) != unicode.ReplacementChar {
			return utf16.DecodeRune(c, low), 12, nil
		}
	}
	return 0, 0, fmt.Errorf(`\%s is half of a character; the other half follows it as \uXXXX`, s[:5])
}

// codeUnit reads uXXXX.
func codeUnit(s string) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(s[1:5], 16, 16)
	return rune(unit), err == nil
}

// pathStep is the segment that selects a member. Names that are not ASCII get quotes, which every reader understands.
func pathStep(name string) string {
	if isShorthand(name) && !strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		return "." + name
	}
	return "[" + quotedName(name) + "]"
}

// quotedName is a name in single quotes. What cannot be printed is escaped.
func quotedName(name string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range name {
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	b.WriteByte('\'')
	return b.String()
}
