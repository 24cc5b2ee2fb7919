package fapitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// operations are all that the server answers: the routes it keeps state for, and those of the description, with the
// shapes of their answers.
type operations struct {
	routes     map[string][]*route // by method
	components map[string]*shape
	client     *shape // of envelopes; nil when nothing is known of it
}

// shape is how a JSON value has to look. It is a part of a schema: what is needed to make a zero value, and to fill in
// what an answer lacks.
type shape struct {
	Value     any               `json:"v,omitempty"` // the zero value of a scalar
	Nullable  bool              `json:"n,omitempty"` // its zero value is null
	Members   map[string]*shape `json:"o,omitempty"` // of an object, those that say more than that anything goes
	Required  []string          `json:"r,omitempty"` // of an object
	Items     *shape            `json:"a,omitempty"` // of an array
	Least     int               `json:"l,omitempty"` // items of an array
	Entries   *shape            `json:"m,omitempty"` // of an object with any members
	Component string            `json:"c,omitempty"` // it is this component
	OneOf     []*shape          `json:"u,omitempty"`
	Kind      string            `json:"k,omitempty"` // object or array, when nothing else says so
}

// line is one line of the table: an operation or a component.
type line struct {
	Component string `json:"component"`
	ID        string `json:"id"`
	Verb      string `json:"verb"`
	Path      string `json:"path"`
	Answer    string `json:"answer"` // envelope, json, text, redirect or empty
	Status    int    `json:"status"`
	Media     string `json:"media"`
	Shape     *shape `json:"shape"`
}

func parseOperations(table string) (*operations, error) {
	t := &operations{routes: map[string][]*route{}, components: map[string]*shape{}}
	known := map[string]*route{}
	add := func(r *route) {
		known[r.key()] = r
		t.routes[r.method] = append(t.routes[r.method], r)
	}
	for _, r := range handled() {
		r.parse()
		add(&r)
	}
	for text := range strings.Lines(table) {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return nil, fmt.Errorf("table of operations: %w", err)
		}
		if l.Component != "" {
			t.components[l.Component] = l.Shape
			continue
		}
		r := &route{name: l.Verb + " " + l.Path}
		r.parse()
		if same := known[r.key()]; same != nil {
			r = same
		} else {
			add(r)
		}
		r.id, r.answer, r.status, r.media, r.shape = l.ID, l.Answer, l.Status, l.Media, l.Shape
		switch { // the description knows what has an envelope
		case r.answer == "json":
			r.mode = bare
		case r.answer == "envelope" && r.mode == bare:
			r.mode = enveloped
		}
	}
	if r := known["GET//v1/client"]; r != nil {
		if envelope, _ := t.follow(r.shape); envelope != nil {
			t.client = envelope.Members["client"]
		}
	}
	return t, nil
}

// deepest bounds what is followed and made: a description may say that a thing contains itself.
const deepest = 50

// follow gives the shape that a component stands for, and whether null is allowed on the way.
func (t *operations) follow(s *shape) (*shape, bool) {
	nullable := false
	for range deepest {
		if s == nil {
			break
		}
		nullable = nullable || s.Nullable
		if s.Component == "" {
			return s, nullable
		}
		s = t.components[s.Component]
	}
	return nil, nullable
}

// zero is the least value of a shape: what is nullable is null, what is optional is left out.
func (t *operations) zero(s *shape) any { return t.zeroAt(s, 0) }

func (t *operations) zeroAt(s *shape, depth int) any {
	s, nullable := t.follow(s)
	depth++
	switch {
	case s == nil || nullable || depth > deepest:
		return nil
	case len(s.OneOf) > 0:
		return t.zeroAt(s.OneOf[0], depth)
	case s.Items != nil || s.Kind == "array":
		list := []any{}
		for range s.Least {
			list = append(list, t.zeroAt(s.Items, depth))
		}
		return list
	case s.Members != nil || s.Entries != nil || s.Kind == "object":
		o := object{}
		for _, name := range s.Required {
			o[name] = t.zeroAt(s.Members[name], depth)
		}
		return o
	}
	return s.Value
}

// complete fills in what the shape requires and the value lacks. What the value has stays.
func (t *operations) complete(s *shape, value any) any {
	s, _ = t.follow(s)
	if s == nil {
		return value
	}
	if len(s.OneOf) > 0 {
		s = t.fitting(s.OneOf, value)
	}
	switch v := value.(type) {
	case object:
		if s.Members == nil && s.Entries == nil {
			return value
		}
		out := make(object, len(v)+4)
		for name, member := range v {
			inner := s.Members[name]
			if inner == nil {
				inner = s.Entries
			}
			out[name] = t.complete(inner, member)
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				out[name] = t.zero(s.Members[name])
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = t.complete(s.Items, item)
		}
		return out
	}
	return value
}

// fitting is the alternative that a value is of: of the same kind and, of objects, with the same constants. Of several the
// one that knows most of the value's members.
func (t *operations) fitting(list []*shape, value any) *shape {
	var best *shape
	most := -1
	for _, s := range list {
		inner, _ := t.follow(s)
		if inner == nil {
			continue
		}
		switch v := value.(type) {
		case object:
			if known := inner.knows(v); known > most {
				best, most = inner, known
			}
		case []any:
			if inner.Items != nil {
				return inner
			}
		}
	}
	if best == nil {
		best, _ = t.follow(list[0])
	}
	if best == nil {
		best = &shape{}
	}
	return best
}

// knows counts the members of an object that a shape has, -1 where the object is not of the shape.
func (s *shape) knows(value object) int {
	if s.Members == nil {
		return -1
	}
	known := 0
	for name, given := range value {
		want := s.Members[name]
		if want == nil {
			continue
		}
		if want.Kind == "constant" && slices.Contains(s.Required, name) && given != want.Value {
			return -1
		}
		known++
	}
	return known
}
