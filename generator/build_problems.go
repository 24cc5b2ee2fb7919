package generator

// Build, problems: what is an error, and what a lenient build gets around and tells.

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

func (b *builder) fail(n *yaml.Node, format string, args ...any) {
	b.problems = append(b.problems, fmt.Errorf("%s: %s", b.doc.Where(n), fmt.Sprintf(format, args...)))
}

// odd is a problem that a lenient build gets around, and then tells as a warning.
func (b *builder) odd(n *yaml.Node, format string, args ...any) {
	if b.lenient {
		b.warn(n, format, args...)
	} else {
		b.fail(n, format, args...)
	}
}

// cannot is why an operation could not be called rightly. A lenient build leaves the operation out and tells.
func (b *builder) cannot(n *yaml.Node, format string, args ...any) {
	if !b.lenient {
		b.fail(n, format, args...)
		return
	}
	b.warn(n, format+"; the operation is left out", args...)
	b.broken, b.leftOut = true, append(b.leftOut, b.warnings[len(b.warnings)-1])
}

func (b *builder) warn(n *yaml.Node, format string, args ...any) {
	b.warnings = append(b.warnings, fmt.Sprintf("%s: %s", b.doc.Where(n), fmt.Sprintf(format, args...)))
}

// freeName is a Go name for a type whose own is taken by another.
func (b *builder) freeName(name string, s schemaAt) string {
	free := name
	for i := 2; b.types[free] != nil && !slices.Contains(b.types[free].From, s.at); i++ {
		free = fmt.Sprint(name, i)
	}
	if b.types[free] == nil {
		b.warn(s.node, "type %s: also the Go name of %s, so %s is called %s", name, b.types[name].From[0], s.at, free)
	}
	return free
}
