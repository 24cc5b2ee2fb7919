package generator

// Emit, models: structs, enums and unions, in one file a family. A family is all types that start with the same word;
// types that are alone in theirs share models.go.

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

// maxFamily is how many fields and values a file of models may hold before its family is split by the second word.
const maxFamily = 350

// families groups types into files.
func families(types []*Type) map[string][]*Type {
	groups := map[string][]*Type{}
	for _, t := range types {
		key := familyKey(t.Name, 1)
		groups[key] = append(groups[key], t)
	}
	files := map[string][]*Type{}
	for key, group := range groups {
		switch {
		case len(group) == 1:
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
		second := familyKey(t.Name, 2)
		parts[second] = append(parts[second], t)
	}
	for second, part := range parts {
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
		doc(f.Group, typeSentence(t), "It holds one of several shapes: Decode reads it into the one you expect.", t.Doc.Upstream, deprecation(t.Doc))
		f.Type().Id(t.Name).Struct(jen.Id("Union"))
		f.Line()
	default:
		structType(f, t.Name, t.Fields, jsonTag, typeSentence(t), t.Doc.Upstream, deprecation(t.Doc))
	}
}

// typeSentence is our own sentence, or the plain fact when the overlay has none.
func typeSentence(t *Type) string {
	if t.Doc.Sentence != "" {
		return sentence(t.Name, t.Doc.Sentence)
	}
	return fmt.Sprintf("%s is %s of the description.", t.Name, strings.TrimPrefix(t.From[0], "#/"))
}

func jsonTag(f *Field) map[string]string { return map[string]string{"json": f.Wire} }

// emitEnum prints an open string type and its known values.
func emitEnum(f *jen.File, t *Type) {
	of := "a value of " + t.Of
	if t.Of == "" {
		of = "a value of the API"
	}
	doc(f.Group, sentence(t.Name, "is "+of+". The API may send values that are not listed here."))
	f.Type().Id(t.Name).String()
	f.Line()
	doc(f.Group, "Known values of "+t.Name+".")
	f.Const().DefsFunc(func(g *jen.Group) {
		for _, v := range t.Values {
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
				text := fmt.Sprintf("%s comes with HTTP status %d.", c.Name, c.Status)
				if len(c.Meta) > 0 {
					text = fmt.Sprintf("%s comes with HTTP status %d and meta %s.", c.Name, c.Status, strings.Join(c.Meta, ", "))
				}
				doc(g, text)
				g.Id(c.Name).Id("ErrorCode").Op("=").Lit(c.Wire)
			}
		})
		jobs[name] = f
	}
}

func sortTypes(list []*Type) {
	slices.SortFunc(list, func(x, y *Type) int { return cmp.Compare(x.Name, y.Name) })
}
