package generator

// Mend: what check would refuse in a description that is not the pinned one, and that another name puts right. The names
// are made by rule, so that they stay the same from run to run; each is told in one line. Who wants a better one gives it
// with an overlay.

import (
	"fmt"
	"slices"
	"strings"
)

type mender struct {
	owners map[string]string // names of the package
	next   map[string]int    // as free wants it
	teller
}

// teller collects what a lenient run has to tell, a line each.
type teller struct{ warnings []string }

func (t *teller) tell(where, format string, args ...any) {
	t.warnings = append(t.warnings, fmt.Sprintf("%s: %s", where, OneLine(fmt.Sprintf(format, args...))))
}

// mend renames in place and tells what it did.
func mend(api *API, rt *runtimeFacts) []string {
	m := &mender{owners: map[string]string{}, next: map[string]int{}}
	for _, name := range rt.exported {
		m.owners[name] = "the runtime"
	}
	api.Services = dropEmpty(api.Services)
	for _, code := range api.Codes {
		m.owners[code.Name] = "error code " + code.Wire
	}
	api.walk(func(s *Service) { m.claim(&s.Name, "service "+s.Path, s.where(), "Service") })
	for _, t := range api.Types {
		m.claim(&t.Name, strings.TrimPrefix(t.From[0], "#/"), t.Where, "Type")
	}
	for _, t := range api.Types {
		m.members(t)
	}
	m.fields(api.Services, map[string]bool{})
	for _, s := range api.Services {
		for rt.clerkMembers[s.Field] {
			m.tell(s.where(), "service %s: hides the member of the same name of Clerk; called %sService", s.Field, s.Field)
			s.Field += "Service"
		}
	}
	api.walk(m.service)
	slices.SortFunc(api.Types, func(x, y *Type) int { return strings.Compare(x.Name, y.Name) })
	return m.warnings
}

// dropEmpty leaves out services whose operations were left out.
func dropEmpty(list []*Service) []*Service {
	return slices.DeleteFunc(list, func(s *Service) bool {
		s.Children = dropEmpty(s.Children)
		return len(s.Operations)+len(s.Children) == 0
	})
}

// free is the name, made a Go name and unlike those that are taken. Taken names stay so: next has the number from which on
// a name was free last.
func free(name, stem string, next map[string]int, taken func(string) bool) string {
	if !isExported(name) {
		name = stem + exported(name)
	}
	if !isExported(name) {
		name = stem
	}
	base := name
	for i := max(2, next[base]); taken(name); i++ {
		name, next[base] = fmt.Sprint(base, i), i
	}
	return name
}

// claim takes a name of the package, or the nearest that is free.
func (m *mender) claim(name *string, owner, where, stem string) {
	got := free(*name, stem, m.next, func(s string) bool { return m.owners[s] != "" && m.owners[s] != owner })
	if got != *name {
		m.tell(where, "%s: %q is no free Go name; called %s", owner, *name, got)
		*name = got
	}
	m.owners[got] = owner
}

// members names fields and values. A field that no struct tag can hold is left out.
func (m *mender) members(t *Type) {
	t.Fields = slices.DeleteFunc(t.Fields, func(f *Field) bool {
		bad := !fitsTag(f)
		if bad {
			m.tell(t.Where, "%s: member %q cannot stand in a struct tag; left out", t.Name, f.Wire)
		}
		return bad
	})
	taken, next := map[string]bool{}, map[string]int{}
	for _, f := range t.Fields {
		got := free(f.Name, "Field", next, func(s string) bool { return taken[s] })
		if got != f.Name {
			m.tell(t.Where, "%s: member %q has no free Go name; called %s", t.Name, f.Wire, got)
			f.Name = got
		}
		taken[got] = true
	}
	for i := range t.Values {
		v := &t.Values[i]
		m.claim(&v.Name, fmt.Sprintf("value %q of %s", v.Wire, t.Name), t.Where, t.Name+"Value")
	}
}

func (m *mender) service(s *Service) {
	taken := map[string]bool{"core": true}
	m.fields(s.Children, taken)
	for _, o := range s.Operations {
		got := free(o.Name, exported(o.ID), map[string]int{}, func(name string) bool { return taken[name] })
		if got != o.Name {
			m.tell(o.Where, "%s: %q is no free name of a method; called %s", o.ID, o.Name, got)
			o.Name = got
		}
		taken[got] = true
		if o.Iterator != "" && taken[o.Iterator] {
			m.tell(o.Where, "%s: its iterator %s has the name of another method; left out", o.ID, o.Iterator)
			o.Iterator = ""
		}
		taken[o.Iterator] = true
		m.arguments(o)
		if o.Params != nil {
			m.claim(&o.Params.Name, "params of "+o.ID, o.Where, "Params")
			m.members(o.Params)
		}
	}
}

func (m *mender) fields(services []*Service, taken map[string]bool) {
	for _, s := range services {
		got := free(s.Field, "Service", map[string]int{}, func(name string) bool { return taken[name] })
		if got != s.Field {
			m.tell(s.where(), "service %q: no free Go name; called %s", s.Path, got)
			s.Field = got
		}
		taken[got] = true
	}
}

func (m *mender) arguments(o *Operation) {
	taken := map[string]bool{}
	for i := range o.Args {
		a := &o.Args[i]
		name := a.Name
		if name != "" && badIdentifier(name) != "" {
			name += "Arg"
		}
		if badIdentifier(name) != "" {
			name = fmt.Sprint("arg", i+1)
		}
		for base, n := name, 2; taken[name]; n++ {
			name = fmt.Sprint(base, n)
		}
		if name != a.Name {
			m.tell(o.Where, "%s: path parameter {%s}: called %s", o.ID, a.Wire, name)
			a.Name = name
		}
		taken[name] = true
	}
}
