package fapi

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mismatch is one place where an answer is not what its Go type says. Answers are decoded all the same: what does not
// fit is left zero, the rest is intact. A Mismatch never holds a value.
type Mismatch struct {
	Operation string // verb and path template, for example "GET /v1/client"
	// Pointer is the place in the body of the answer, as a JSON pointer (RFC 6901), for example
	// "/response/sessions/0/status". Names that may be data are left out: `*` stands for a key of a map, `?` for an
	// unknown member whose name is no plain identifier.
	Pointer string
	Kind    MismatchKind
}

// String is one line: operation, place, kind.
func (m Mismatch) String() string {
	return m.Operation + ": response at " + strconv.Quote(m.Pointer) + ": " + string(m.Kind)
}

// MismatchKind says in which way an answer and its type differ.
type MismatchKind string

// Values of MismatchKind. Lists and maps may be null or missing, since their types cannot tell.
const (
	MismatchMissing       MismatchKind = "missing"        // a member that is always there is not
	MismatchNull          MismatchKind = "null"           // null where there is always a value
	MismatchWrongType     MismatchKind = "wrong_type"     // a string for a number, a float for an integer, an object for a list
	MismatchUnknownValue  MismatchKind = "unknown_value"  // an enum value that the list of the description lacks; it was passed through
	MismatchUnknownMember MismatchKind = "unknown_member" // a member that the type does not have; it is in the raw JSON only
)

const (
	maxMismatchDepth = 32   // far below what Clerk nests
	maxMismatches    = 1000 // of one answer; whoever is told of a thousand knows
)

// findMismatches compares the JSON value raw, which stands at pointer in the answer to operation, with the type t that
// it was decoded into, and reports where they differ: in the order of the text, missing members at the end of their
// object. Text that is no JSON is not compared: its decoding has failed already. For a value that may be null, t is a
// pointer type. report is called on the caller's goroutine.
func findMismatches(raw []byte, t reflect.Type, pointer, operation string, report func(Mismatch)) {
	if !json.Valid(raw) {
		return
	}
	w := mismatchWalk{operation, report, maxMismatches}
	start := skipSpace(raw, 0)
	w.value(raw[start:], t, pointer, 0)
}

type mismatchWalk struct {
	operation string
	report    func(Mismatch)
	left      int // how many may still be reported
}

func (w *mismatchWalk) tell(pointer string, kind MismatchKind) {
	if w.left--; w.left >= 0 {
		w.report(Mismatch{w.operation, pointer, kind})
	}
}

// value compares one value. raw is valid JSON without white space before it.
func (w *mismatchWalk) value(raw []byte, t reflect.Type, pointer string, depth int) {
	if depth > maxMismatchDepth || w.left <= 0 {
		return
	}
	if isNull(raw) {
		if !mayBeNull(t) {
			w.tell(pointer, MismatchNull)
		}
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch page, ok := reflect.Zero(t).Interface().(interface {
		shape() (list, page reflect.Type)
	}); {
	case ok:
		list, object := page.shape()
		if t = object; raw[0] == '[' {
			t = list
		}
	case t == reflect.TypeFor[Timestamp]():
		t = reflect.TypeFor[int64]()
	case decodesItself(t):
		return
	}
	if !fitsKind(raw, t) {
		w.tell(pointer, MismatchWrongType)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		w.object(raw, t, pointer, depth)
	case reflect.Map:
		_ = eachMember(raw, func(_, value []byte) { w.value(value, t.Elem(), pointer+"/*", depth+1) })
	case reflect.Slice, reflect.Array:
		i := 0
		eachElement(raw, func(element []byte) {
			w.value(element, t.Elem(), pointer+"/"+strconv.Itoa(i), depth+1)
			i++
		})
	default:
		v := reflect.New(t)
		if enum, ok := v.Interface().(interface{ known() bool }); ok && json.Unmarshal(raw, v.Interface()) == nil && !enum.known() {
			w.tell(pointer, MismatchUnknownValue)
		}
	}
}

func (w *mismatchWalk) object(raw []byte, t reflect.Type, pointer string, depth int) {
	fields := jsonFields(t)
	seen := make(map[string]bool, len(fields))
	_ = eachMember(raw, func(key, value []byte) {
		for _, f := range fields {
			if f.name == string(key) {
				seen[f.name] = true
				w.value(value, f.typ, pointer+"/"+pointerEscape.Replace(f.name), depth+1)
				return
			}
		}
		w.tell(pointer+"/"+memberName(key), MismatchUnknownMember)
	})
	for _, f := range fields {
		if !seen[f.name] && !mayBeNull(f.typ) {
			w.tell(pointer+"/"+pointerEscape.Replace(f.name), MismatchMissing)
		}
	}
}

// shape gives the types of the two forms that a Page decodes.
func (Page[T]) shape() (list, page reflect.Type) {
	return reflect.TypeFor[[]T](), reflect.TypeFor[struct {
		Data       []T   `json:"data"`
		TotalCount int64 `json:"total_count"`
	}]()
}

// mayBeNull says whether a value of type t may be null, and a member of that type missing: pointers are how the models
// say so, and the others look alike either way.
func mayBeNull(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return t == reflect.TypeFor[Union]() || t == reflect.TypeFor[ErrorMeta]() // whose Raw is nil then
}

// decodesItself says whether any JSON may be right for t: json.RawMessage, Union and other types with a decoder of
// their own.
func decodesItself(t reflect.Type) bool {
	_, ok := reflect.New(t).Interface().(json.Unmarshaler)
	return ok || t.Kind() == reflect.Interface
}

// fitsKind says whether raw, which is not null, is of the JSON type that t is decoded from. An integer is what
// encoding/json takes for one: digits that fit, neither a fraction nor an exponent.
func fitsKind(raw []byte, t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return raw[0] == '{'
	case reflect.Slice, reflect.Array:
		return raw[0] == '['
	}
	return json.Unmarshal(raw, reflect.New(t).Interface()) == nil
}

type jsonField struct {
	name string
	typ  reflect.Type
}

// jsonFields are the members that encoding/json decodes into the struct type t. Those of embedded structs come after its
// own and yield to them.
func jsonFields(t reflect.Type) []jsonField {
	var fields, embedded []jsonField
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && f.Anonymous:
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				embedded = append(embedded, jsonFields(inner)...)
			}
		case name == "-" || !f.IsExported():
		case name == "":
			fields = append(fields, jsonField{f.Name, f.Type})
		default:
			fields = append(fields, jsonField{name, f.Type})
		}
	}
	for _, inner := range embedded {
		if !slices.ContainsFunc(fields, func(f jsonField) bool { return f.name == inner.name }) {
			fields = append(fields, inner)
		}
	}
	return fields
}

var (
	pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")
	plainMember   = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
)

// memberName is the name of an unknown member, or `?` where it may be data.
func memberName(key []byte) string {
	if plainMember.Match(key) {
		return string(key)
	}
	return "?"
}

// eachElement calls visit with the elements of a valid JSON array, unparsed.
func eachElement(b []byte, visit func(element []byte)) {
	for i := skipSpace(b, 1); b[i] != ']'; i = skipSpace(b, i) {
		if b[i] == ',' {
			i = skipSpace(b, i+1)
		}
		end := skipValue(b, i)
		visit(b[i:end])
		i = end
	}
}
