package generator

// The names lock: which public Go name stands for what, so that names do not drift unseen. It grows by itself; a line
// whose name would be lost goes by hand only. What upstream dropped but a line still names is kept, deprecated.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// namesLock is the content of names.lock.yaml.
type namesLock struct {
	name       string
	operations map[string]locked            // operationId to Service.Method
	types      map[string]locked            // place of a schema to its type; the place is a component or a JSON pointer
	values     map[string]map[string]locked // enum type to wire value to constant
	retired    map[string]*retiredType      // definitions of types that the description has no longer
}

// locked is a name and the line that has it.
type locked struct{ name, where string }

// retiredType is what is needed to emit a type without its schema. A union has no fields.
type retiredType struct {
	union  bool
	fields []retiredField
	where  string
}

type retiredField struct{ name, wire, kind string }

const lockHeader = `# Public Go names, by what they stand for in the description. fapigen adds lines for new names and removes none whose
# name would be lost: it warns, and keeps dropped types and constants, deprecated. Delete a line to end that. Keys of types
# are components or JSON pointers; "retired" holds the fields of types that the description has no longer.
`

var lockSections = []string{"operations", "types", "values", "retired"}

// CheckLock tells what is wrong with a names lock, nil when it can be read.
func CheckLock(src Source) error {
	_, err := parseLock(src)
	return err
}

// parseLock reads a lock. A file without content is an empty one, ready to be filled.
func parseLock(src Source) (*namesLock, error) {
	l := &namesLock{name: src.Name, operations: map[string]locked{}, types: map[string]locked{}, values: map[string]map[string]locked{}, retired: map[string]*retiredType{}}
	if len(bytes.TrimSpace(comments.ReplaceAll(src.Data, nil))) == 0 {
		return l, nil
	}
	doc, err := ParseDocument(src.Name, src.Data)
	if err != nil {
		return nil, err
	}
	r := &lockReader{doc: doc}
	for section, n := range mapPairs(doc.Root) {
		switch section {
		case "operations":
			r.names(n, l.operations, 2)
		case "types":
			r.names(n, l.types, 1)
		case "values":
			for enum, values := range r.members(n) {
				l.values[enum] = map[string]locked{}
				r.names(values, l.values[enum], 1)
			}
		case "retired":
			for name, n := range r.members(n) {
				l.retired[name] = r.retiredType(name, n)
			}
		default:
			r.fail(n, "unknown section %s%s", section, DidYouMean(section, lockSections))
		}
	}
	return l, errors.Join(r.problems...)
}

var comments = regexp.MustCompile(`(?m)^#.*$`)

type lockReader struct {
	doc      *Document
	problems []error
}

func (r *lockReader) fail(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, problem(r.doc.Where(n), format, args...))
}

// members are the members of a mapping, in order; anything else but null is a problem.
func (r *lockReader) members(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	if n.Kind != yaml.MappingNode && n.Tag != "!!null" {
		r.fail(n, "%s where a mapping belongs", describe(n))
	}
	return mapPairs(n)
}

// names reads names of at least that many parts; only one is without a dot.
func (r *lockReader) names(n *yaml.Node, into map[string]locked, parts int) {
	for key, value := range r.members(n) {
		list := strings.Split(text(value), ".")
		bad := func(part string) bool { return !isExported(part) }
		if slices.ContainsFunc(list, bad) || len(list) < parts || parts == 1 && len(list) > 1 {
			r.fail(value, "%s: %s is no exported Go name", key, compactJSON(value))
		}
		into[key] = locked{text(value), r.doc.Where(value)}
	}
}

func (r *lockReader) retiredType(name string, n *yaml.Node) *retiredType {
	t := &retiredType{union: text(n) == "union", where: r.doc.Where(n)}
	if !t.union && n.Kind != yaml.SequenceNode {
		r.fail(n, "retired %s: a list of fields or the word union, not %s", name, describe(n))
	}
	for _, item := range itemsOf(n) {
		f := retiredField{text(mapGet(item, "name")), text(mapGet(item, "wire")), text(mapGet(item, "type"))}
		if !isExported(f.name) || f.wire == "" || f.kind == "" || len(mapKeys(item)) != 3 {
			r.fail(item, "retired %s: a field is {name: Go name, wire: name, type: Go type}", name)
		}
		t.fields = append(t.fields, f)
	}
	return t
}

// render prints the lock, sorted, one name a line.
func (l *namesLock) render() []byte {
	var b bytes.Buffer
	b.WriteString(lockHeader)
	lockLines(&b, "operations:\n", "  ", l.operations)
	lockLines(&b, "types:\n", "  ", l.types)
	if len(l.values) > 0 {
		b.WriteString("values:\n")
	}
	for _, enum := range sortedKeys(l.values) {
		lockLines(&b, "  "+enum+":\n", "    ", l.values[enum])
	}
	if len(l.retired) > 0 {
		b.WriteString("retired:\n")
	}
	for _, name := range sortedKeys(l.retired) {
		t := l.retired[name]
		if t.union {
			fmt.Fprintf(&b, "  %s: union\n", name)
			continue
		}
		fmt.Fprintf(&b, "  %s:\n", name)
		for _, f := range t.fields {
			fmt.Fprintf(&b, "    - {name: %s, wire: %s, type: %s}\n", f.name, inFlow(f.wire), inFlow(f.kind))
		}
	}
	return b.Bytes()
}

func lockLines(b *bytes.Buffer, head, indent string, names map[string]locked) {
	if len(names) > 0 {
		b.WriteString(head)
	}
	for _, key := range sortedKeys(names) {
		fmt.Fprintf(b, "%s%s: %s\n", indent, inBlock(key), names[key].name)
	}
}

var (
	plainInBlock = regexp.MustCompile(`^[A-Za-z/_][A-Za-z0-9_./~{}-]*$`)
	plainInFlow  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	yamlWords    = set("true false null yes no on off y n nan inf")
)

// inBlock and inFlow quote what YAML would read as something else than this string.
func inBlock(s string) string { return yamlQuoted(s, plainInBlock) }
func inFlow(s string) string  { return yamlQuoted(s, plainInFlow) }

func yamlQuoted(s string, plain *regexp.Regexp) string {
	if plain.MatchString(s) && !yamlWords[strings.ToLower(s)] {
		return s
	}
	return compactJSON(stringNode(s)) // a JSON string is a YAML one
}

// lockOf is the lock of a program as it is.
func lockOf(api *API) *namesLock {
	l, _ := parseLock(Source{})
	for _, o := range api.Operations() {
		l.operations[o.ID] = locked{name: o.Service + "." + o.Name}
	}
	for _, t := range api.Types {
		for _, from := range t.From {
			l.types[lockPlace(from)] = locked{name: t.Name}
		}
		for _, v := range t.Values {
			if l.values[t.Name] == nil {
				l.values[t.Name] = map[string]locked{}
			}
			l.values[t.Name][v.Wire] = locked{name: v.Name}
		}
	}
	return l
}

// lockPlace shortens a JSON pointer: components are meant unless it starts with a slash.
func lockPlace(pointer string) string {
	if rest, ok := strings.CutPrefix(pointer, schemaPrefix); ok {
		return rest
	}
	return strings.TrimPrefix(pointer, "#")
}

// lockPointer is the JSON pointer of a place.
func lockPointer(place string) string {
	if strings.HasPrefix(place, "/") {
		return "#" + place
	}
	return schemaPrefix + place
}

// placesOf are the places that the lock has for a type, sorted.
func (l *namesLock) placesOf(name string) []string {
	var places []string
	for place, t := range l.types {
		if t.name == name {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// byLine sorts messages that start with file:line.
func byLine(lines []string) []string {
	slices.SortFunc(lines, func(x, y string) int { return cmp.Or(byPlace(x, y), cmp.Compare(x, y)) })
	return lines
}
