package generator

// Drift, programs: both descriptions are generated in memory, and what their users would notice is told: the difference of
// the two Go APIs, and what the same Go code sends and takes otherwise.

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
)

// compareSDKs generates both sides and compares them. kept is the lock of the old side with what the new one retires.
func compareSDKs(old, new Config) (impact SDKImpact, kept []byte, err error) {
	before, err := Generate(old)
	if err != nil {
		return impact, nil, fmt.Errorf("%s: cannot be generated: %w", old.Spec.Name, err)
	}
	if before.names != nil {
		new.Lock = &Source{Name: old.Lock.Name, Data: before.names}
		new.before = before.api
	}
	now, err := Generate(new)
	if err != nil {
		return impact, nil, fmt.Errorf("%s: cannot be generated: %w", new.Spec.Name, err)
	}
	if err := impact.compareTypes(before, now, old); err != nil {
		return impact, now.kept, err // names are kept without the go command too
	}
	impact.Deprecated = deprecatedSince(before.api, now.api)
	if x, y := before.api.Version, now.api.Version; x != y {
		impact.Wire = append(impact.Wire, WireChange{Subject: "APIVersion", Detail: "every request asks for " + was(y, x)})
	}
	impact.Wire = slices.Concat(impact.Wire, compareRows(before, now), compareFields(before.api, now.api))
	return impact, now.kept, nil
}

// compareTypes asks apidiff, unless there is nothing to ask.
func (s *SDKImpact) compareTypes(before, now *Output, cfg Config) error {
	if maps.EqualFunc(before.Files, now.Files, bytes.Equal) {
		return nil
	}
	x, err := packageTypes(before.Files, cfg)
	if err != nil {
		return err
	}
	y, err := packageTypes(now.Files, cfg)
	if err != nil {
		return err
	}
	changes := apidiff.Changes(x, y).Changes
	told := map[string]bool{}
	for _, change := range changes {
		told[change.Message] = true
	}
	for _, change := range changes {
		member, ofClerk := strings.CutPrefix(change.Message, "Clerk.")
		switch {
		case ofClerk && told["API."+member]: // Clerk embeds API
		case strings.HasPrefix(change.Message, "APIVersion: "): // told as what is sent
		case change.Compatible, strings.HasSuffix(change.Message, ": old is comparable, new is not"): // they are not for ==, see doc.go
			s.Compatible = append(s.Compatible, change.Message)
		default:
			s.Incompatible = append(s.Incompatible, change.Message)
		}
	}
	return nil
}

// deprecatedSince are the names that the lock keeps in the new program and did not have to keep in the old one.
func deprecatedSince(before, now *API) []string {
	kept := func(api *API) []string {
		var names []string
		for _, t := range api.Types {
			if t.Doc.Retired {
				names = append(names, t.Name)
			}
			for _, v := range t.Values {
				if v.Retired {
					names = append(names, v.Name)
				}
			}
		}
		return names
	}
	old := kept(before)
	return slices.DeleteFunc(kept(now), func(name string) bool { return slices.Contains(old, name) })
}

// wireMethods are the Go methods with what they do on the wire.
func wireMethods(o *Output) map[string]expectation {
	names := map[string]*Operation{}
	for _, op := range o.api.Operations() {
		names[op.ID] = op
	}
	all := map[string]expectation{}
	for _, e := range endpoints(o.doc) {
		row, _ := expect(o.doc, e)
		if op := names[row.ID]; op != nil {
			all[op.Service+"."+op.Name] = row
		}
	}
	return all
}

// compareRows compares the rows of operations.json that belong to one Go method.
func compareRows(before, now *Output) []WireChange {
	old := wireMethods(before)
	methods := wireMethods(now)
	var list []WireChange
	for _, name := range sortedKeys(methods) {
		if x, ok := old[name]; ok {
			list = append(list, compareRow(name, x, methods[name])...)
		}
	}
	return list
}

func compareRow(name string, x, y expectation) (list []WireChange) {
	tell := func(breaks bool, format string, args ...any) {
		list = append(list, WireChange{Subject: name, Detail: fmt.Sprintf(format, args...), Breaks: breaks})
	}
	if x.Verb != y.Verb || barePath(x.Path) != barePath(y.Path) {
		tell(false, "%s %s, was %s %s", y.Verb, y.Path, x.Verb, x.Path)
	}
	if x.ContentType != y.ContentType && x.ContentType != "" && y.ContentType != "" {
		tell(false, "sends %s, was %s", y.ContentType, x.ContentType)
	}
	if x.Answer != y.Answer {
		tell(false, "answers with %s, was %s", answerWord(y), answerWord(x))
	}
	if x.IsClient != y.IsClient {
		tell(false, "the answer %s the client itself", map[bool]string{true: "is now", false: "is no longer"}[y.IsClient])
	}
	for _, input := range y.Required {
		switch {
		case slices.Contains(x.Required, input):
		case slices.Contains(slices.Concat(x.Body, x.Query, x.Headers), input):
			tell(true, "%s is required, was optional", input)
		default:
			tell(true, "%s is new and required", input)
		}
	}
	for _, input := range x.Required {
		if !slices.Contains(y.Required, input) && slices.Contains(slices.Concat(y.Body, y.Query, y.Headers), input) {
			tell(false, "%s is optional, was required", input)
		}
	}
	for _, input := range y.Lists {
		if slices.Contains(x.Lists, input) && x.Joined[input] != y.Joined[input] {
			tell(false, "the items of %s are joined by %q, were by %q", input, y.Joined[input], x.Joined[input])
		}
	}
	return list
}

func answerWord(row expectation) string {
	return map[string]string{"envelope": "an envelope", "json": "bare JSON", "text": row.Media, "redirect": "a redirect", "empty": "nothing"}[row.Answer]
}

// compareFields tells the Go fields that have another wire name or place.
func compareFields(before, now *API) []WireChange {
	old := fieldsOf(before)
	fields := fieldsOf(now)
	var list []WireChange
	for _, name := range sortedKeys(fields) {
		x, y := old[name], fields[name]
		switch {
		case x == nil:
		case x.Wire != y.Wire:
			list = append(list, WireChange{Subject: name, Detail: "on the wire " + was(y.Wire, x.Wire)})
		case placeWord(x.In) != placeWord(y.In):
			list = append(list, WireChange{Subject: name, Detail: "sent in the " + was(placeWord(y.In), placeWord(x.In))})
		}
	}
	return list
}

func placeWord(l Location) string {
	if l == InQuery || l == InHeader {
		return string(l)
	}
	return "body"
}

func fieldsOf(api *API) map[string]*Field {
	types := slices.Clone(api.Types)
	for _, o := range api.Operations() {
		if o.Params != nil {
			types = append(types, o.Params)
		}
	}
	all := map[string]*Field{}
	for _, t := range types {
		for _, f := range t.Fields {
			all[t.Name+"."+f.Name] = f
		}
	}
	return all
}
