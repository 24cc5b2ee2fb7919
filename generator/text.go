package generator

// Text: what the description, an overlay, a recording or a server says is never code. escapeText makes it safe for a
// terminal, JSON and a Go string; commentText makes it safe for a Go comment.

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// OneLine returns s as it may stand in one line of a message or in a cell of a table: characters that a terminal acts on,
// that reorder or hide what stands beside them, or that end the line are written as \uXXXX.
func OneLine(s string) string { return escapeText(s, "") }

// Terminal returns s as it may be printed: as OneLine, but line ends and tabs are kept. It never changes what is safe
// already, and JSON keeps its meaning.
func Terminal(s string) string { return escapeText(s, "\n\t") }

// unprintable reports whether a character is acted on or not seen: controls, formats (bidirectional controls, marks of
// byte order, tags), separators of lines and paragraphs. The two joiners are part of how words and emoji are written.
func unprintable(r rune) bool {
	return (r < ' ' || r > '~') && r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// escapeText writes the unprintable characters of s, but those in keep, the way JSON and Go do. A byte that is not UTF-8
// becomes the replacement character.
func escapeText(s, keep string) string {
	unsafe := func(r rune) bool { return unprintable(r) && !strings.ContainsRune(keep, r) }
	if utf8.ValidString(s) && strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s { // of an invalid byte it makes the replacement character
		switch {
		case !unsafe(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// commentText returns a text as it may stand in Go comments, before it is wrapped: line ends are kept, of the other
// unprintable characters those that are white space become a blank and the rest is dropped.
func commentText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029', r == 0:
			return ' '
		case unprintable(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\ufffd"))
}

// marker is the beginning of a comment that a tool takes for an instruction although a blank stands before it: build
// constraints and the markers of code generators (+build), and the exceptions of linters (nolint, #nosec).
var marker = regexp.MustCompile(`^(\s*)(?:(\+)(\pL)|(no)(lint\b)|(#)(nosec\b))`)

// commentLine returns one line of commentText that no tool takes for an instruction.
func commentLine(line string) string { return marker.ReplaceAllString(line, "$1$2$4$6 $3$5$7") }

// deprecated is the beginning of a paragraph that tells tools that a declaration is deprecated.
var deprecated = regexp.MustCompile(`(?m)(^|\n\s*\n)(\s*)Deprecated:`)

// proseOf is the description's own prose on something. Only its member deprecated deprecates: the prose alone does not.
func proseOf(d Doc) string {
	text := strings.TrimSpace(commentText(d.Upstream))
	if deprecation(d) != "" {
		return text
	}
	return deprecated.ReplaceAllString(text, "${1}${2}Deprecated -")
}
