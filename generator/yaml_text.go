package generator

// YAML as it is written for others: every reader, of YAML 1.1 or 1.2, gets the same strings and numbers back. In YAML 1.1
// `on`, `12:30:45`, `1_000` and `<<` are no strings, and 1e3 is no number.

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// encodeYAML writes a tree of ParseDocument, or one that was built like it.
func encodeYAML(n *yaml.Node) string {
	portable := cloneTree(n, func(_, fresh *yaml.Node) {
		if fresh.Kind == yaml.ScalarNode {
			makePortable(fresh)
		}
	})
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(portable); err != nil {
		return err.Error() // of a tree that ParseDocument let pass there is none
	}
	return Terminal(b.String()) // what it escapes stands in double quotes
}

// commentYAML is a line of comment. What ends a line in some version of YAML is a blank.
func commentYAML(text string) string {
	return "# " + strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text) + "\n"
}

// makePortable gives a scalar the style, and a number the spelling, that every reader understands.
func makePortable(n *yaml.Node) {
	if n.Tag != "!!str" {
		n.Tag, n.Style = "", 0
		n.Value = portableNumber(n.Value)
		return
	}
	n.Style &= yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle
	if !isPlainText(n.Value) || n.Style == 0 && isOtherInYAML(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
}

var (
	// otherWord is a word that one of the two versions takes for a boolean, a null, a number, a merge or a value key.
	otherWord = regexp.MustCompile(`^(?i:|~|null|y|yes|n|no|on|off|true|false|[-+]?\.inf|\.nan|<<|=)$`)
	// otherNumber is what one of them may take for a number, a date or a time, in any base and with any separators.
	otherNumber = regexp.MustCompile(`^[-+]?(\.?[0-9][0-9a-fA-FoOxXtTzZ_.,:+\- \t]*|\.[0-9._]*)$`)
	// dotted is like a number and yet a string to all, as the versions of overlays are.
	dotted = regexp.MustCompile(`^[0-9]+(\.[0-9]+){2,}$`)
)

// isOtherInYAML reports whether a reader may take the text for something else than a string if it has no quotes.
func isOtherInYAML(s string) bool {
	return otherWord.MatchString(s) || otherNumber.MatchString(s) && !dotted.MatchString(s)
}

// isPlainText reports whether the text keeps its characters without double quotes: readers normalise line breaks, of which
// YAML 1.1 knows more, and a block of lines shows its indentation by the first.
func isPlainText(s string) bool {
	text := strings.ReplaceAll(s, "\n", "")
	block := len(text) < len(s)
	return !(block && strings.IndexAny(s, " \n") == 0) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

var exponent = regexp.MustCompile(`^(-?[0-9]+)(\.[0-9]+)?[eE]([-+]?)([0-9]+)$`)

// portableNumber is a number of JSON as both versions read it: in YAML 1.1 an exponent takes a dot before it, and a sign.
func portableNumber(s string) string {
	m := exponent.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	return m[1] + cmp.Or(m[2], ".0") + "e" + cmp.Or(m[3], "+") + m[4]
}
