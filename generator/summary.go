package generator

// Summary: what a generation did, and whose description it was of. The corrections of the Frontend API, applied to another
// API's description, would correct what was right: they have to fit.

import (
	"fmt"
	"strings"
)

// Summary counts what a generation did. Its JSON form is what --json prints.
type Summary struct {
	APIVersion string         `json:"api_version"`
	SpecDigest string         `json:"spec_digest"`
	Fit        Fit            `json:"-"`
	Operations int            `json:"operations"`
	Services   int            `json:"services"`
	Types      int            `json:"types"`
	Enums      int            `json:"enums"`
	Params     int            `json:"-"`
	Patches    map[string]int `json:"patches"`
	Warnings   []string       `json:"warnings"`
	Missing    int            `json:"-"`
	Files      int            `json:"files"`
	Lines      int            `json:"lines"`
}

func summarise(api *API, p *prepared) Summary {
	s := Summary{APIVersion: p.version, Fit: p.fit, SpecDigest: p.inputs[0].Digest, Patches: map[string]int{}, Warnings: []string{}}
	for _, o := range []Outcome{Applied, Stale, Absent, Conflict, Skipped} {
		s.Patches[string(o)] = 0
	}
	for _, r := range p.results {
		s.Patches[string(r.Outcome)]++
	}
	for _, t := range api.Types {
		s.Types++
		if t.Kind == KindEnum {
			s.Enums++
		}
	}
	api.walk(func(*Service) { s.Services++ })
	for _, o := range api.Operations() {
		s.Operations++
		if o.Params != nil {
			s.Params++
		}
	}
	return s
}

// Fit says whose description it is, and how much of what the corrections are about it has.
type Fit struct {
	Title string // of the description
	Have  int    // components that the corrections change and the description has
	Of    int    // components that the corrections change; 0 when there are no corrections
}

func (f Fit) String() string {
	title := fmt.Sprintf("%q", f.Title)
	if f.Title == "" {
		title = "a description without a title"
	}
	if f.Of == 0 {
		return title
	}
	return fmt.Sprintf("%s, with %d of the %d components that the corrections are about", title, f.Have, f.Of)
}

// fitOf counts the components that the patches of the overlays change. The description is not patched yet.
func fitOf(d *Document, overlays []*Overlay) Fit {
	f := Fit{Title: strings.TrimSpace(text(mapGet(mapGet(d.Root, "info"), "title")))}
	counted := map[string]bool{}
	for _, o := range overlays {
		for _, p := range o.patches {
			for _, a := range p.actions {
				section, name := a.target.name(1), a.target.name(2)
				if p.annotation || a.target.name(0) != "components" || name == "" || counted[section+"/"+name] {
					continue
				}
				counted[section+"/"+name] = true
				f.Of++
				if mapGet(d.Resolve("/components/"+escapePointer(section)), name) != nil {
					f.Have++
				}
			}
		}
	}
	return f
}

// check refuses a description that has fewer than half of the components.
func (f Fit) check(name string) error {
	if 2*f.Have >= f.Of {
		return nil
	}
	return fmt.Errorf("%s: %s; the corrections are of Clerk's Frontend API: leave them out with --no-default-overlays", name, OneLine(f.String()))
}
