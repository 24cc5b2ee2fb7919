package generator

// Supply: the runtime reads a few members of a few models, and not every revision declares them. The older ones lack some,
// others write inline what has a name today. A description that is not the pinned one gets what it lacks, each told in one
// line: decoding is lenient, so a member that never comes is its zero value.

import (
	"maps"
	"slices"
	"strings"
)

// answered are the operations whose results are models of the runtime, whatever the description calls them.
var answered = map[string]string{"Client": "/v1/client", "Environment": "/v1/environment"}

type supplier struct {
	api   *API
	stub  map[string]map[string]stubField
	types map[string]*Type
	done  map[string]bool
	added map[*Type]bool
	teller
}

// supply gives the models what the runtime's contract asks for, and tells what it did.
func supply(api *API, rt *runtimeFacts) []string {
	s := &supplier{api: api, stub: rt.stub, types: map[string]*Type{}, done: map[string]bool{}, added: map[*Type]bool{}}
	maps.Copy(s.types, api.Runtime)
	for _, t := range api.Types {
		s.types[t.Name] = t
	}
	results := map[string]*Type{}
	for _, o := range api.Operations() {
		if o.Verb == "GET" && o.Result.Kind == ResultValue {
			results[o.Path] = structOf(o.Result.Type)
		}
	}
	for _, name := range sortedKeys(s.stub) {
		s.model(name, results[answered[name]])
	}
	for _, o := range api.Operations() { // also where the envelope says the client inline
		o.Result.ClientResponse = o.Result.ClientResponse || o.Result.Enveloped && o.Result.Kind == ResultValue && o.Result.Type.String() == "Client"
	}
	return s.warnings
}

// structOf is the struct that a reference comes down to, nil when it is none.
func structOf(r Ref) *Type {
	for r.Elem != nil {
		r = *r.Elem
	}
	if r.Kind == RefNamed && r.Type.Kind == KindStruct {
		return r.Type
	}
	return nil
}

// model completes one model. Where there is none of its name, the type that stands in its place gets the name.
func (s *supplier) model(name string, instead *Type) {
	if s.done[name] {
		return
	}
	s.done[name] = true
	t := s.types[name]
	switch {
	case t != nil && t.Kind == KindStruct:
	case t == nil && instead != nil && s.stub[instead.Name] == nil:
		t = instead
		s.tell(t.Where, "type %s: the runtime uses it as %s, so it is called that", t.Name, name)
		s.rename(t.Name, name)
	default:
		if t != nil {
			s.tell(t.Where, "type %s: the runtime uses the name for a struct; called %sValue", name, name)
			t.Name += "Value"
			s.types[t.Name] = t
		}
		t = &Type{Name: name, Kind: KindStruct, From: []string{reference("schemas", name)}, Where: "description",
			Doc: Doc{Sentence: "has the members that the runtime uses; the description does not declare it."}}
		s.api.Types, s.added[t] = append(s.api.Types, t), true
		s.tell(t.Where, "no type %s; the runtime uses it, so it is added", name)
	}
	s.types[name] = t
	for _, field := range sortedKeys(s.stub[name]) {
		s.field(t, field, s.stub[name][field])
	}
}

// rename gives a type another name, and those that are named after it theirs.
func (s *supplier) rename(from, to string) {
	for _, t := range s.api.Types {
		rest, ok := strings.CutPrefix(t.Name, from)
		if !ok || rest != "" && (!isExported(rest) || s.types[to+rest] != nil) {
			continue
		}
		delete(s.types, t.Name)
		t.Name = to + rest
		s.types[t.Name] = t
		if of, ok := strings.CutPrefix(t.Of, from); ok {
			t.Of = to + of
		}
		for i := range t.Values {
			t.Values[i].Name = to + strings.TrimPrefix(t.Values[i].Name, from)
		}
	}
}

func (s *supplier) field(t *Type, name string, want stubField) {
	kinds := strings.Split(want.kinds, " or ")
	wide := kinds[len(kinds)-1]
	i := slices.IndexFunc(t.Fields, func(f *Field) bool { return f.Name == name })
	if i < 0 {
		i = slices.IndexFunc(t.Fields, func(f *Field) bool { return f.Wire == want.wire })
	}
	var instead *Type
	if i >= 0 {
		instead = structOf(t.Fields[i].Type)
	}
	if model := strings.TrimLeft(wide, "[]*"); s.stub[model] != nil {
		s.model(model, instead)
	}
	if i < 0 {
		t.Fields = append(t.Fields, &Field{Name: name, Wire: want.wire, In: InJSON, Type: s.parse(wide), Doc: Doc{Sentence: "not in the description"}})
		if !s.added[t] {
			s.tell(t.Where, "%s: no member %s; the runtime uses it, so it is added", t.Name, want.wire)
		}
		return
	}
	f := t.Fields[i]
	f.Name = name
	if slices.Contains(kinds, contractType(f.Type)) {
		return
	}
	have := f.Type
	plain := have
	if have.Kind == RefPointer {
		plain = *have.Elem
	}
	f.Type = s.parse(wide)
	for _, near := range []Ref{plain, pointerTo(plain)} {
		if slices.Contains(kinds, contractType(near)) {
			f.Type = near
		}
	}
	s.tell(t.Where, "%s: member %s is %s; the runtime uses it as %s, so it is that", t.Name, f.Wire, have, f.Type)
}

// parse reads a type of the stub, whose models are all there by now.
func (s *supplier) parse(kind string) Ref {
	r, err := parseRef(kind, s.types)
	if err != nil {
		return builtin(rawJSON) // check says what is wrong with the stub
	}
	return r
}
