package generator

// Emit, models: structs, enums and unions, in one file a family.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

func emitModels(api *API, jobs map[string]*jen.File) {
	for name, types := range families(api.Types) {
		f := file(api)
		for _, t := range types {
			emitType(f, t)
		}
		jobs[name] = f
	}
}

// A family with fewer members than minFamily shares models.go; one with more than maxFamily is split by its next word.
const (
	minFamily = 30
	maxFamily = 350
)

// families groups types into files. A type belongs to the shortest type name that its own starts with (SignInStatus to
// SignIn); types without such a root go by their first word.
func families(types []*Type) map[string][]*Type {
	groups := map[string][]*Type{}
	for _, t := range types {
		key := root(t.Name, types)
		groups[key] = append(groups[key], t)
	}
	files := map[string][]*Type{}
	for _, key := range sortedKeys(groups) {
		group := groups[key]
		switch {
		case weight(group) < minFamily:
			files["models.go"] = append(files["models.go"], group...)
		case weight(group) > maxFamily:
			splitFamily(files, key, group)
		default:
			files["models_"+fileName(key)] = group
		}
	}
	sortTypes(files["models.go"])
	return files
}

// root is the shortest type name that starts name, itself included when others start with it; else its first word.
func root(name string, types []*Type) string {
	best, leads := name, false
	for _, t := range types {
		if rest, ok := strings.CutPrefix(name, t.Name); ok && len(t.Name) < len(best) && isExported(rest) {
			best = t.Name
		}
		if rest, ok := strings.CutPrefix(t.Name, name); ok && isExported(rest) {
			leads = true
		}
	}
	if best == name && !leads {
		return familyKey(name, 1)
	}
	return best
}

func familyKey(name string, n int) string {
	list := words(name)
	key := ""
	for _, w := range list[:min(n, len(list))] {
		key += w
	}
	return key
}

func weight(group []*Type) int {
	n := 0
	for _, t := range group {
		n += len(t.Fields) + len(t.Values) + 5
	}
	return n
}

// splitFamily gives each second word of a large family its own file when it is worth one.
func splitFamily(files map[string][]*Type, key string, group []*Type) {
	parts := map[string][]*Type{}
	for _, t := range group {
		second := familyKey(t.Name, len(words(key))+1)
		parts[second] = append(parts[second], t)
	}
	for _, second := range sortedKeys(parts) {
		part := parts[second]
		name := "models_" + fileName(key)
		if weight(part) > 40 && second != key {
			name = "models_" + fileName(second)
		}
		files[name] = append(files[name], part...)
		sortTypes(files[name])
	}
}

func emitType(f *jen.File, t *Type) {
	switch t.Kind {
	case KindEnum:
		emitEnum(f, t)
	case KindUnion:
		doc(f.Group, typeSentence(t), "It holds one of several shapes: Decode reads it into the one you expect.", proseOf(t.Doc), deprecation(t.Doc))
		f.Type().Id(t.Name).Struct(jen.Id("Union"))
		f.Line()
	default:
		structType(f, t.Name, t.Fields, jsonTag, typeSentence(t), proseOf(t.Doc), deprecation(t.Doc))
	}
}

// typeSentence is our own sentence, or the plain fact when the overlay has none.
func typeSentence(t *Type) string {
	switch {
	case t.Doc.Sentence != "":
		return sentence(t.Name, t.Doc.Sentence)
	case t.Doc.Retired:
		return sentence(t.Name, "was part of an earlier description.")
	}
	return fmt.Sprintf("%s is %s of the description.", t.Name, OneLine(strings.TrimPrefix(t.From[0], "#/")))
}

func jsonTag(f *Field) map[string]string { return map[string]string{"json": f.Wire} }

// emitEnum prints an open string type and its known values.
func emitEnum(f *jen.File, t *Type) {
	about := cmp.Or(t.Doc.Sentence, "is a value of "+cmp.Or(t.Of, "the API")+".") + " The list is open: the API may send and take other values."
	if t.Doc.Retired {
		about = "was part of an earlier description."
	}
	doc(f.Group, sentence(t.Name, about), deprecation(t.Doc))
	f.Type().Id(t.Name).String()
	f.Line()
	doc(f.Group, "Known values of "+t.Name+".")
	f.Const().DefsFunc(func(g *jen.Group) {
		for _, v := range t.Values {
			if v.Retired {
				doc(g, retirement)
			}
			g.Id(v.Name).Id(t.Name).Op("=").Lit(v.Wire)
		}
	})
	f.Line()
}

// emitCodes prints the error codes, in two files by their first letter.
func emitCodes(api *API, jobs map[string]*jen.File) {
	halves := map[string][]Code{}
	for _, c := range api.Codes {
		name := "error_codes_a_m.go"
		if strings.ToLower(c.Wire[:1]) > "m" {
			name = "error_codes_n_z.go"
		}
		halves[name] = append(halves[name], c)
	}
	for name, codes := range halves {
		f := file(api)
		doc(f.Group, "Error codes of the API. Others may come: compare with HasCode, which takes any ErrorCode.")
		f.Const().DefsFunc(func(g *jen.Group) {
			for _, c := range codes {
				doc(g, codeSentence(c))
				g.Id(c.Name).Id("ErrorCode").Op("=").Lit(c.Wire)
			}
		})
		jobs[name] = f
	}
}

func sortTypes(list []*Type) {
	slices.SortFunc(list, func(x, y *Type) int { return cmp.Compare(x.Name, y.Name) })
}

func codeSentence(c Code) string {
	status := "a status that is not documented"
	if len(c.Statuses) > 0 {
		status = "HTTP status " + strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Statuses), " ", " or "), "[]")
	}
	if len(c.Meta) > 0 {
		status += " and meta " + OneLine(strings.Join(c.Meta, ", "))
	}
	return c.Name + " comes with " + status + "."
}

// emitKnown prints the table of known values that WithOnMismatch compares with.
func emitKnown(api *API, jobs map[string]*jen.File) {
	var enums []*Type
	for _, t := range api.Types {
		if len(listedValues(t)) > 0 {
			enums = append(enums, t)
		}
	}
	if len(enums) == 0 {
		return
	}
	f := file(api)
	doc(f.Group, "knownValues are the values of each enum that the description lists.")
	f.Var().Id("knownValues").Op("=").Map(jen.String()).Index().String().Values(jen.DictFunc(func(d jen.Dict) {
		for _, t := range enums {
			d[jen.Lit(t.Name)] = jen.ValuesFunc(func(g *jen.Group) {
				for _, wire := range listedValues(t) {
					g.Lit(wire)
				}
			})
		}
	}))
	for _, t := range enums {
		f.Line()
		f.Func().Params(jen.Id("v").Id(t.Name)).Id("known").Params().Bool().Block(
			jen.Return(jen.Qual("slices", "Contains").Call(jen.Id("knownValues").Index(jen.Lit(t.Name)), jen.String().Call(jen.Id("v")))))
	}
	jobs["known_values.go"] = f
}

// listedValues are the values that the description lists. An enum whose list was dropped has none, nor has one whose
// values only an overlay names: it takes any value.
func listedValues(t *Type) []string {
	var wires []string
	if t.Open {
		return nil
	}
	for _, v := range t.Values {
		if !v.Retired {
			wires = append(wires, v.Wire)
		}
	}
	return wires
}
