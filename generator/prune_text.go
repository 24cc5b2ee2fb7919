package generator

// The text of a list of actions: which lines belong to which action. A comment directly above an action is its own,
// unless it stands at the head of several actions in a row: then it is about all of them, and goes with the last.

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// actionText is a file in lines, and where the actions stand in it. Line numbers count from 0.
type actionText struct {
	lines   []string // each with its own end
	key     int      // the line of `actions:`
	indent  int      // of the dashes
	actions []actionLines
}

// actionLines are the lines of one action: comment up to dash, dash up to end.
type actionLines struct {
	node    *yaml.Node
	comment int  // first line of the comment directly above; the dash when there is none
	dash    int  // the line of the dash
	end     int  // the line behind the last
	heads   bool // the comment is about the actions that follow too
	opens   bool // nothing but a blank line, or the key, stands above: a row of actions starts here
}

func newActionText(data []byte, o *Overlay, key, list *yaml.Node) *actionText {
	t := &actionText{lines: yamlLines(string(data)), key: key.Line - 1, indent: list.Column - 1}
	bound := len(t.lines)
	for _, k := range o.doc.Root.Content { // what follows the list at the top
		if k.Line > list.Line && k.Column == key.Column && k.Line-1 < bound && k.Line > list.Content[len(list.Content)-1].Line {
			bound = k.Line - 1
		}
	}
	for _, n := range list.Content {
		a := actionLines{node: n, dash: t.dashOf(n)}
		a.comment = a.dash
		for a.comment > t.key+1 && t.isComment(a.comment-1) {
			a.comment--
		}
		a.opens = a.comment == t.key+1 || t.isBlank(a.comment-1)
		t.actions = append(t.actions, a)
	}
	for i := range t.actions {
		a := &t.actions[i]
		a.end = bound
		if i+1 < len(t.actions) {
			next := t.actions[i+1]
			a.end = next.comment
			a.heads = a.opens && a.comment < a.dash && !next.opens && next.comment == next.dash
		}
		for a.end > a.dash+1 && t.isBetween(a.end-1) {
			a.end--
		}
	}
	return t
}

// yamlLines cuts a text where the parser counts lines: it takes more for a line break than \n.
func yamlLines(text string) []string {
	var lines []string
	for text != "" {
		end := len(text)
		for i, r := range text {
			if strings.ContainsRune("\r\n\u0085\u2028\u2029", r) {
				end = i + utf8.RuneLen(r)
				if r == '\r' && strings.HasPrefix(text[end:], "\n") {
					end++
				}
				break
			}
		}
		lines, text = append(lines, text[:end]), text[end:]
	}
	return lines
}

// dashOf is the line of an item's dash: the item's own, or, where the dash stands alone, one above.
func (t *actionText) dashOf(n *yaml.Node) int {
	line := n.Line - 1
	for i := line; i > t.key; i-- {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(t.lines[i], " "), "-"); ok && len(t.lines[i])-len(rest) == t.indent+1 {
			return i
		}
	}
	return line
}

func (t *actionText) isBlank(i int) bool { return strings.TrimSpace(t.lines[i]) == "" }

// isComment tells a comment that stands among the actions, not one inside an action.
func (t *actionText) isComment(i int) bool {
	line := strings.TrimLeft(t.lines[i], " ")
	return strings.HasPrefix(line, "#") && len(t.lines[i])-len(line) <= t.indent
}

// isBetween tells a line that belongs to no action.
func (t *actionText) isBetween(i int) bool {
	return t.isBlank(i) || t.isComment(i) || strings.HasPrefix(t.lines[i], "...")
}

// without is the text without some actions, with the comments that are about them alone, and without the blank line that
// would be doubled.
func (t *actionText) without(gone map[*yaml.Node]bool) []byte {
	cut := make([]bool, len(t.lines))
	for i, a := range t.actions {
		if !gone[a.node] {
			continue
		}
		from := a.dash
		if !a.heads || !t.rowStays(i, gone) {
			from = a.comment
		}
		for line := from; line < a.end; line++ {
			cut[line] = true
		}
	}
	kept := slices.DeleteFunc(slices.Clone(t.actions), func(a actionLines) bool { return gone[a.node] })
	var b strings.Builder
	for i, line := range t.lines {
		switch {
		case i == t.key && len(kept) == 0:
			at := strings.Index(line, ":")
			b.WriteString(line[:at+1] + " []" + line[at+1:])
		case !cut[i] && !(t.isBlank(i) && t.doubled(i, cut)):
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}

// rowStays tells whether one of the actions that stand in a row with this one, it leading, is kept.
func (t *actionText) rowStays(i int, gone map[*yaml.Node]bool) bool {
	for ; i < len(t.actions); i++ {
		if !gone[t.actions[i].node] {
			return true
		}
		if i+1 < len(t.actions) && t.actions[i+1].opens {
			return false
		}
	}
	return false
}

// doubled tells of a blank line behind a cut whether what is kept above the cut ends in a blank line already, or in the
// key; and of one before a cut whether nothing follows.
func (t *actionText) doubled(i int, cut []bool) bool {
	if i > 0 && cut[i-1] {
		above := i - 1
		for above >= 0 && cut[above] {
			above--
		}
		return above >= 0 && (t.isBlank(above) || above == t.key)
	}
	below, cuts := i+1, false
	for below < len(cut) && (cut[below] || t.isBlank(below)) {
		cuts = cuts || cut[below]
		below++
	}
	return cuts && below == len(cut)
}
