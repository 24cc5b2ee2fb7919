package generator

// Check: what must hold before anything is printed. Names are unique and legal, every operation can be called, the
// models have what the runtime touches, and, for the pinned description, every public thing has a sentence.

import (
	"fmt"
	"strings"
	"unicode"
)

// checker collects problems; owners says what a name belongs to.
type checker struct {
	problems []error
	owners   map[string]string
}

func (c *checker) fail(where, format string, args ...any) {
	c.problems = append(c.problems, problem(where, format, args...))
}

// claim takes a name of the package scope.
func (c *checker) claim(name, owner, where string) {
	if first, taken := c.owners[name]; taken && first != owner {
		c.fail(where, "%s: the Go name of both %s and %s; give one another name with x-fapigen", name, first, owner)
		return
	}
	if !isExported(name) {
		c.fail(where, "%s: %q is no exported Go name; give it one with x-fapigen", owner, name)
	}
	c.owners[name] = owner
}

func isExported(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && badIdentifier(name) == ""
}

// check proves the invariants of the IR. All problems are reported together.
func check(api *API, rt *runtimeFacts) error {
	c := &checker{owners: map[string]string{}}
	for _, name := range rt.exported {
		c.owners[name] = "the runtime"
	}
	for _, t := range api.Types {
		c.claim(t.Name, strings.TrimPrefix(t.From[0], "#/"), t.Where)
		c.typeMembers(t)
	}
	for _, code := range api.Codes {
		c.claim(code.Name, "error code "+code.Wire, "x-fapigen-errors")
	}
	ids := 0
	api.walk(func(s *Service) {
		ids += len(s.Operations)
		c.service(s)
	})
	for _, s := range api.Services {
		if rt.clerkMembers[s.Field] {
			c.fail(s.where(), "service %s: hides the member of the same name of Clerk; name it otherwise", s.Field)
		}
	}
	if ids == 0 {
		c.fail("description", "no operation; nothing to generate")
	}
	rt.contract(c, api)
	return joinSorted(c.problems)
}

// where is where a service starts in the description.
func (s *Service) where() string {
	if len(s.Operations) > 0 {
		return s.Operations[0].Where
	}
	return s.Path
}

func (c *checker) typeMembers(t *Type) {
	seen := map[string]string{}
	for _, f := range t.Fields {
		if first, dup := seen[f.Name]; dup {
			c.fail(t.Where, "%s.%s: the Go name of both %s and %s; give one another name with x-fapigen", t.Name, f.Name, first, f.Wire)
		}
		seen[f.Name] = f.Wire
		if !isExported(f.Name) {
			c.fail(t.Where, "%s: member %q has no Go name; give it one with x-fapigen", t.Name, f.Wire)
		}
		if !fitsTag(f) {
			c.fail(t.Where, "%s: member %q cannot stand in a struct tag", t.Name, f.Wire)
		}
	}
	for _, v := range t.Values {
		c.claim(v.Name, fmt.Sprintf("value %q of %s", v.Wire, t.Name), t.Where)
	}
}

// fitsTag reports whether a struct tag can hold the wire name of a field so that it is read back: encoding/json takes
// letters, digits and some signs, the runtime's own tags take what is not their syntax.
func fitsTag(f *Field) bool {
	if f.Wire == "-" { // for encoding/json: no member; the upload that is a whole body has no name either
		return f.In == InForm && f.Type == builtin("*Upload")
	}
	const signs = "!#$%&()*+-./:;<=>?@[]^_{|}~ "
	return f.Wire != "" && !strings.ContainsFunc(f.Wire, func(r rune) bool {
		plain := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(signs, r)
		return r == '`' || r == '"' || r == ',' || unprintable(r) || f.In == InJSON && !plain
	})
}

func (c *checker) service(s *Service) {
	where := s.where()
	c.claim(s.Name, "service "+s.Path, where)
	members := map[string]string{"core": "the runtime"}
	for _, child := range s.Children {
		members[child.Field] = "service " + child.Path
		if !isExported(child.Field) {
			c.fail(where, "service %s: no exported Go name", child.Path)
		}
	}
	if !isExported(s.Field) {
		c.fail(where, "service %q: no exported Go name", s.Path)
	}
	for _, o := range s.Operations {
		for _, name := range []string{o.Name, o.Iterator} {
			if name == "" && o.Name != "" {
				continue
			}
			if !isExported(name) {
				c.fail(o.Where, "%s: %q is no Go method name; name it in an overlay: x-fapigen: {method: ...}", o.ID, name)
				continue
			}
			if first, dup := members[name]; dup {
				c.fail(o.Where, "%s.%s: the Go name of both %s and %s; name one in an overlay: x-fapigen: {method: ...}", s.Name, name, first, o.ID)
			}
			members[name] = o.ID
		}
		c.arguments(o)
		if o.Params != nil {
			c.claim(o.Params.Name, "params of "+o.ID, o.Where)
			c.typeMembers(o.Params)
		}
	}
}

func (c *checker) arguments(o *Operation) {
	seen := map[string]bool{}
	for _, a := range o.Args {
		if why := badIdentifier(a.Name); why != "" {
			c.fail(o.Where, "%s: path parameter {%s} becomes %q, which %s; rename it with an overlay", o.ID, a.Wire, a.Name, why)
		}
		if seen[a.Name] {
			c.fail(o.Where, "%s: path parameter {%s} has the Go name of another one, %s", o.ID, a.Wire, a.Name)
		}
		seen[a.Name] = true
	}
}

// missingSentences lists the services, methods and types without a sentence of our own.
func missingSentences(api *API) []string {
	var list []string
	api.walk(func(s *Service) {
		if s.Doc.Sentence == "" {
			list = append(list, "service "+s.Path+": no sentence; add one under x-fapigen-services")
		}
		for _, o := range s.Operations {
			if o.Doc.Sentence == "" {
				list = append(list, fmt.Sprintf("%s: %s %s: no sentence for %s.%s", o.Where, o.Verb, o.Path, s.Path, o.Name))
			}
		}
	})
	for _, t := range api.Types {
		if t.Kind != KindEnum && t.Doc.Sentence == "" && !t.Doc.Retired {
			list = append(list, fmt.Sprintf("%s: %s: no sentence for type %s", t.Where, t.From[0], t.Name))
		}
	}
	return list
}
