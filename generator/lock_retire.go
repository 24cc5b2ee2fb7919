package generator

// Retired types: when a description is replaced, the definitions of the types that go with the old one are noted in the
// lock, so that they can be emitted without it.

import (
	"fmt"
	"maps"
	"strings"
)

// retire notes the types of a former program that the present one lacks. Enums need no note: the lock has their values.
func (l *namesLock) retire(before, now *API) {
	there := map[string]bool{}
	for _, t := range now.Types {
		there[t.Name] = true
	}
	for _, t := range before.Types {
		if there[t.Name] || t.Kind == KindEnum || l.retired[t.Name] != nil {
			continue
		}
		r := &retiredType{union: t.Kind == KindUnion}
		for _, f := range t.Fields {
			r.fields = append(r.fields, retiredField{f.Name, f.Wire, f.Type.String()})
		}
		l.retired[t.Name] = r
	}
}

// keepRetired puts the retired types into the IR. One that is back, or whose line under types is gone, is none any more.
func (k *keeper) keepRetired() {
	var kept []string
	for _, name := range sortedKeys(k.lock.retired) {
		places := k.lock.placesOf(name)
		if k.types[name] != nil || len(places) == 0 {
			continue
		}
		t := &Type{Name: name, Kind: KindStruct, Where: k.lock.name, Doc: Doc{Retired: true}}
		if k.lock.retired[name].union {
			t.Kind = KindUnion
		}
		for _, p := range places {
			t.From = append(t.From, lockPointer(p))
		}
		k.add(t)
		kept = append(kept, name)
	}
	known := k.withMoved()
	for _, name := range kept { // they may speak of each other
		r := k.lock.retired[name]
		for _, f := range r.fields {
			kind, err := parseRef(f.kind, known)
			if err == nil && kind.Kind == RefNamed && isStruct(kind) {
				err = fmt.Errorf("type %s: objects are pointers here", f.kind)
			}
			if err != nil {
				k.problems = append(k.problems, fmt.Errorf("%s: retired %s.%s: %w", r.where, name, f.name, err))
			}
			k.types[name].Fields = append(k.types[name].Fields, &Field{Name: f.name, Wire: f.wire, In: InJSON, Type: kind})
		}
	}
}

// withMoved are the types of the IR, and under their former names the enums that have another now.
func (k *keeper) withMoved() map[string]*Type {
	known := maps.Clone(k.types)
	for _, place := range sortedKeys(k.lock.types) {
		was := k.lock.types[place]
		if t := k.types[k.now.types[place].name]; known[was.name] == nil && t != nil && t.Kind == KindEnum {
			known[was.name] = t
		}
	}
	return known
}

// parseRef reads a Go type as Ref.String writes it, of the types given.
func parseRef(s string, types map[string]*Type) (Ref, error) {
	wrappers := []struct {
		prefix, suffix string
		wrap           func(Ref) Ref
	}{{"[]", "", sliceOf}, {"map[string]", "", mapOf}, {"*", "", pointerTo}, {"Page[", "]", pageOf}}
	switch s {
	case "string", "int64", "float64", "bool", "Timestamp", rawJSON, "*Upload":
		return builtin(s), nil
	}
	for _, w := range wrappers {
		if rest, ok := strings.CutPrefix(s, w.prefix); ok && strings.HasSuffix(rest, w.suffix) {
			elem, err := parseRef(strings.TrimSuffix(rest, w.suffix), types)
			return w.wrap(elem), err
		}
	}
	if t := types[s]; t != nil {
		return named(t), nil
	}
	return builtin(rawJSON), fmt.Errorf("type %s is not there; delete the lines of both", s)
}
