package generator

// Drift, printed: the same sections as text for a terminal, cut to a screen, and whole as Markdown for a pull request.

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// driftSection is a heading and what stands below it. A text shows at most limit lines of it.
type driftSection struct {
	title string
	lines []string
	limit int
	names bool // the lines are names, printed as one paragraph
}

func (d *Drift) sections() []driftSection {
	var wire, patches, additions, compatible []string
	for _, w := range d.SDK.Wire {
		line := w.Subject + ": " + w.Detail
		if w.Breaks {
			line += " (calls may fail)"
		}
		wire = append(wire, line)
	}
	for _, message := range d.SDK.Compatible {
		if name, ok := strings.CutSuffix(message, ": added"); ok {
			additions = append(additions, name)
		} else {
			compatible = append(compatible, message)
		}
	}
	for _, p := range d.Patches {
		patches = append(patches, fmt.Sprintf("%s: %s, was %s", p.ID, p.New, p.Old))
	}
	operations, schemas := d.changed()
	all := []driftSection{
		{title: "Go API, incompatible", lines: d.SDK.Incompatible, limit: 12},
		{title: "Go API, kept as deprecated", lines: d.SDK.Deprecated, limit: 3, names: true},
		{title: "Same Go code, other behaviour", lines: wire, limit: 5},
		{title: "Go API, compatible", lines: compatible, limit: 3},
		{title: "Go API, added", lines: additions, limit: 4, names: true},
		{title: "Operations removed", lines: d.titles(OperationRemoved), limit: 5},
		{title: "Operations added", lines: d.titles(OperationAdded), limit: 6},
		{title: "Operations changed", lines: changeLines(operations, "operation"), limit: 7},
		{title: "Empty path items removed", lines: d.titles(EmptyPathRemoved), limit: 2, names: true},
		{title: "Empty path items added", lines: d.titles(EmptyPathAdded), limit: 2, names: true},
		{title: "Schemas removed", lines: d.titles(SchemaRemoved), limit: 3, names: true},
		{title: "Schemas added", lines: d.titles(SchemaAdded), limit: 3, names: true},
		{title: "Shared parts changed", lines: changeLines(schemas, "schema"), limit: 8},
		{title: "Patches", lines: patches, limit: 6},
	}
	for _, s := range all {
		for i, line := range s.lines {
			s.lines[i] = OneLine(line)
		}
	}
	return slices.DeleteFunc(all, func(s driftSection) bool { return len(s.lines) == 0 })
}

// titles are the subjects that came or went as a whole.
func (d *Drift) titles(kind string) []string {
	var list []string
	for _, c := range d.Changes {
		if c.Kind == kind {
			list = append(list, c.title())
		}
	}
	return list
}

// changed are the changes within an operation, and those within a shared part.
func (d *Drift) changed() (operations, shared []Change) {
	for _, c := range d.Changes {
		switch c.Kind {
		case OperationRemoved, OperationAdded, EmptyPathRemoved, EmptyPathAdded, SchemaRemoved, SchemaAdded:
			continue
		}
		if c.ofOperation() {
			operations = append(operations, c)
		} else {
			shared = append(shared, c)
		}
	}
	return operations, shared
}

// ofOperation tells an operation or a path from a shared part.
func (c Change) ofOperation() bool { return strings.Contains(c.Subject, "/") }

// changeLines gives what many subjects share first, then each subject with its changes.
func changeLines(changes []Change, noun string) []string {
	bySubject, shared := map[string][]Change{}, map[string][]string{}
	var subjects, phrases, lines []string
	for _, c := range changes {
		subjects, bySubject[c.Subject] = appendNew(subjects, c.Subject), append(bySubject[c.Subject], c)
		phrases, shared[c.phrase()] = appendNew(phrases, c.phrase()), append(shared[c.phrase()], c.Subject)
	}
	for _, phrase := range phrases {
		if n := len(shared[phrase]); n >= manyShare {
			lines = append(lines, fmt.Sprintf("%s: %s", counted(n, noun), phrase))
		}
	}
	for _, subject := range subjects {
		var own []string
		for _, c := range bySubject[subject] {
			if len(shared[c.phrase()]) < manyShare {
				own = append(own, c.phrase())
			}
		}
		if len(own) > 0 {
			lines = append(lines, bySubject[subject][0].title()+": "+strings.Join(own, "; "))
		}
	}
	return lines
}

// manyShare is how many subjects with the same change are told on one line.
const manyShare = 3

// title names the subject: an operation with its id, a shared part with the number of operations that it reaches.
func (c Change) title() string {
	switch {
	case !c.ofOperation():
		return fmt.Sprintf("%s (%s)", c.Subject, counted(c.Operations, "operation"))
	case c.Kind == OperationAdded && c.Detail != "", c.Kind == OperationRemoved && c.Detail != "":
		return fmt.Sprintf("%s (%s)", c.Subject, c.Detail)
	}
	return c.Subject
}

// phrase says the change in a few words.
func (c Change) phrase() string {
	words := map[string]string{
		OperationRenamed: "", OperationMoved: "moved, ", SchemaRenamed: "renamed, ", EnumAdded: "values listed: ", EnumDropped: "list of values dropped, ",
		ValueAdded: "value added: ", ValueRemoved: "value removed: ", MemberAdded: "branch added: ", MemberRemoved: "branch removed: ",
		StatusAdded: "status added: ", StatusRemoved: "status removed: ", MediaAdded: "content type added: ", MediaRemoved: "content type removed: ",
		BodyAdded: "body added: ", BodyRemoved: "body removed",
	}
	verb, ok := words[c.Kind]
	switch {
	case c.Kind == PropertyAdded || c.Kind == ParameterAdded:
		return fmt.Sprintf("+ %s (%s)", c.Place, c.Detail)
	case c.Kind == PropertyRemoved || c.Kind == ParameterRemoved:
		return "- " + c.Place
	case !ok || c.Place != "":
		return strings.TrimSpace(strings.TrimPrefix(c.Place+": ", ": ") + verb + c.Detail)
	}
	return verb + c.Detail
}

// Text prints one screen.
func (d *Drift) Text(w io.Writer) error {
	p := &printer{w: w}
	p.line("FAPI %s (%s) -> %s (%s)", d.Old.APIVersion, d.Old.Name, d.New.APIVersion, d.New.Name)
	p.line("version: %s", d.Bump)
	if d.SDK.Unknown != "" {
		p.line("Go API: not compared: %s", d.SDK.Unknown)
	}
	for _, s := range d.sections() {
		p.line("%s: %d", s.title, len(s.lines))
		lines := s.lines
		if s.names {
			lines = wrapLine(strings.Join(lines, ", "), 110)
		}
		for _, line := range lines[:min(len(lines), s.limit)] {
			p.line("  %s", cutLine(line, 200))
		}
		if more := len(lines) - s.limit; more > 0 && s.names {
			p.line("  ...")
		} else if more > 0 {
			p.line("  ... and %d more", more)
		}
	}
	return p.err
}

func (b Bump) String() string {
	if b.Level == b.BeforeV1 {
		return fmt.Sprintf("%s: %s", b.Level, b.Reason)
	}
	return fmt.Sprintf("%s (before v1: %s): %s", b.Level, b.BeforeV1, b.Reason)
}

// Markdown prints everything. What comes from the descriptions is set as code, so that nothing in it is markup.
func (d *Drift) Markdown(w io.Writer) error {
	p := &printer{w: w}
	p.line("## FAPI %s to %s", d.Old.APIVersion, d.New.APIVersion)
	p.line("")
	p.line("From %s (%s) to %s (%s).", code(d.Old.Name), d.Old.Digest[:19], code(d.New.Name), d.New.Digest[:19])
	p.line("")
	p.line("**Suggested version:** %s", d.Bump)
	if d.SDK.Unknown != "" {
		p.line("")
		p.line("The Go APIs were not compared: %s", code(d.SDK.Unknown))
	}
	for _, s := range d.sections() {
		p.line("")
		p.line("### %s (%d)", s.title, len(s.lines))
		p.line("")
		spans := make([]string, len(s.lines))
		for i, line := range s.lines {
			spans[i] = code(line)
		}
		if s.names {
			p.line("%s", strings.Join(spans, ", "))
		} else {
			p.line("- %s", strings.Join(spans, "\n- "))
		}
	}
	return p.err
}

// code sets a text as a code span, whatever backquotes it has.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func cutLine(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "..."
	}
	return s
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, Terminal(fmt.Sprintf(format+"\n", args...)))
	}
}
