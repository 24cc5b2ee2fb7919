package generator

// The ledger: every difference once, with how often and where it was seen.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MismatchKind says in which way traffic and description differ. Those of answers are the runtime's (fapi.MismatchKind).
type MismatchKind string

// Values of MismatchKind: contradictions first, then additions.
const (
	MismatchNull             MismatchKind = "null"              // null where the description has none
	MismatchWrongType        MismatchKind = "wrong_type"        // another JSON type
	MismatchMissing          MismatchKind = "missing"           // a required member is not there
	MismatchUnknownMember    MismatchKind = "unknown_member"    // a member that the description lacks
	MismatchUnknownValue     MismatchKind = "unknown_value"     // a value that the enum lacks
	MismatchUnknownParameter MismatchKind = "unknown_parameter" // a query parameter or form member that it lacks
	MismatchUnknownPath      MismatchKind = "unknown_path"      // an operation that it lacks
)

var mismatchOrder = []MismatchKind{MismatchNull, MismatchWrongType, MismatchMissing, MismatchUnknownMember,
	MismatchUnknownValue, MismatchUnknownParameter, MismatchUnknownPath}

// Mismatch is one difference between traffic and description.
type Mismatch struct {
	Kind       MismatchKind `json:"kind"`
	Place      string       `json:"place"`             // for readers: Client.SignIn.locale
	Pointer    string       `json:"pointer,omitempty"` // into the description
	Detail     string       `json:"detail"`
	Count      int          `json:"count"`   // how often it was seen
	Of         int          `json:"of"`      // of how many chances; 0 when branches of a union share them
	Entries    int          `json:"entries"` // in how many
	Where      []string     `json:"where"`   // file#entry, counted from 1; the first few
	Operations []string     `json:"operations"`
	Note       string       `json:"note,omitempty"` // why it does not count
}

const (
	maxWhere    = 5      // places that are named
	maxFindings = 10_000 // more is no API but noise
)

// finding is a mismatch being counted.
type finding struct {
	kind    MismatchKind
	at      site
	name    string
	place   *spot
	demands []string // of missing: the schemas that require it
	count   int
	entries int
	last    string // entry
	where   []string
	ops     []string
	words   map[string]int // of unknown values
	learned *learned       // what was seen there
	note    string
	of      int  // chances
	fits    bool // a value of a declared type was seen too
}

type ledger struct {
	findings map[string]*finding
	chances  map[string]int  // how often a place was visited, by the pointer of its schema
	fits     map[string]bool // whether a value of a declared type was seen, by the same
}

// add counts what was found, a value or nil, at one entry of one operation. Unknown words of one enum are one finding.
func (l *ledger) add(found finding, v *redacted, where, op string) *finding {
	key := string(found.kind) + "\n" + found.at.at + "\n" + found.note
	if found.kind != MismatchUnknownValue {
		key += "\n" + found.name
	}
	f := l.findings[key]
	if f == nil {
		f = &found
		f.words, f.learned = map[string]int{}, &learned{}
		if len(l.findings) < maxFindings {
			l.findings[key] = f
		}
	}
	if f.count++; f.last != where {
		f.entries++
		f.last = where
	}
	if len(f.where) < maxWhere && !slices.Contains(f.where, where) {
		f.where = append(f.where, where)
	}
	if len(f.ops) < maxWhere && !slices.Contains(f.ops, op) {
		f.ops = append(f.ops, op)
	}
	if f.kind == MismatchUnknownValue && len(f.words) < maxFindings {
		f.words[found.name]++
	}
	if v != nil {
		f.learned.add(v, 0)
	}
	return f
}

// sorted are the findings in reading order.
func (l *ledger) sorted() []*finding {
	list := slices.Collect(maps.Values(l.findings))
	slices.SortFunc(list, func(a, b *finding) int {
		return cmp.Or(cmp.Compare(slices.Index(mismatchOrder, a.kind), slices.Index(mismatchOrder, b.kind)),
			cmp.Compare(a.at.at, b.at.at), cmp.Compare(a.name, b.name))
	})
	return list
}

// mismatch is the finding for readers; of is how many chances there were.
func (f *finding) mismatch(of int) Mismatch {
	m := Mismatch{Kind: f.kind, Pointer: f.at.at, Count: f.count, Of: of, Entries: f.entries, Where: f.where, Operations: f.ops, Note: f.note}
	m.Place = readable(f.at.at)
	switch f.kind {
	case MismatchNull:
		m.Detail = "null, but not nullable"
	case MismatchWrongType:
		m.Detail = fmt.Sprintf("%s, declared %s", f.learned, f.place.declared())
	case MismatchMissing:
		m.Place += "." + f.name
		m.Detail = "required, but missing"
	case MismatchUnknownMember:
		m.Place += "." + f.name
		m.Detail = "unknown member: " + f.learned.String()
	case MismatchUnknownValue:
		m.Detail = "unknown value: " + strings.Join(f.values(), ", ")
	case MismatchUnknownParameter:
		m.Place = f.ops[0] + " " + f.name
		m.Detail = "unknown " + f.parameterKind() + ": " + f.learned.String()
	case MismatchUnknownPath:
		m.Place, m.Pointer = f.name, ""
		m.Detail = "no such operation"
	}
	return m
}

// values are the unknown ones, sorted.
func (f *finding) values() []string { return slices.Sorted(maps.Keys(f.words)) }

func (f *finding) parameterKind() string {
	if f.inQuery() {
		return "query parameter"
	}
	return "form member"
}

func (f *finding) inQuery() bool { return strings.HasSuffix(f.at.at, "/parameters") }

// declared are the types that a place allows.
func (p *spot) declared() string {
	var list []string
	for _, part := range p.parts {
		t := text(mapGet(part.node, "type"))
		if t == "" {
			t = "object"
		}
		list = appendNew(list, t)
	}
	return strings.Join(list, " or ")
}

// readable turns a pointer into what a person would write.
func readable(pointer string) string {
	tokens := strings.Split(strings.TrimPrefix(pointer, "#/"), "/")
	out, i := "", 0
	switch {
	case len(tokens) > 2 && tokens[0] == "components":
		out, i = unescapePointer(tokens[2]), 3
	case len(tokens) > 2 && tokens[0] == "paths":
		out, i = strings.ToUpper(tokens[2])+" "+unescapePointer(tokens[1]), 3
	}
	for ; i < len(tokens); i++ {
		switch t := tokens[i]; t {
		case "properties":
			if i++; i < len(tokens) {
				out += "." + unescapePointer(tokens[i])
			}
		case "items":
			out += "[]"
		case "additionalProperties":
			out += ".*"
		case "allOf", "oneOf", "anyOf", "content", "responses":
			i++
		case "schema", "parameters", "requestBody":
		default:
			out += "." + unescapePointer(t)
		}
	}
	return out
}
