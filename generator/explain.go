package generator

// Explain: one patch in full, with the description before and after it as a small difference.

import (
	"fmt"
	"slices"
	"strings"
)

// Explanation is what `patches explain` tells of one patch.
type Explanation struct {
	PatchResult
	Since, Until string
	Actions      []string // what the patch does and where, as `update TARGET (overlay:line)`
	Changes      []PatchChange
}

// PatchChange is one place that the patch changed; there is none unless it is applied.
type PatchChange struct {
	Target string // path to the mapping whose members differ
	Where  string // file and line of it
	Diff   string // YAML, marked with "+" and "-" as a unified diff; members far from a change are left out
}

// Explain applies the overlays and tells about the patch of that id: once for each overlay that has it. For an id that
// is nowhere the error names the nearest one.
func Explain(cfg Config, id string) ([]Explanation, error) {
	p, overlays, err := read(cfg)
	if err != nil {
		return nil, err
	}
	var list []Explanation
	var ids []string
	for _, o := range overlays {
		version := o.known(p.version)
		for _, patch := range o.patches {
			res, journal := o.attempt(p.doc, patch, version)
			if patch.annotation {
				continue
			}
			if ids = append(ids, patch.id); patch.id == id {
				list = append(list, explain(p.doc, o, patch, res, journal))
			}
		}
	}
	if list == nil {
		return nil, fmt.Errorf("%s: no patch of this id%s", id, nearID(id, ids))
	}
	return list, nil
}

// nearID is the tail of a message: the id that is nearest by letters, else the one that has most of the words.
func nearID(id string, ids []string) string {
	if hint := DidYouMean(id, ids); hint != "" {
		return hint
	}
	words := strings.Split(id, "-")
	best, most := "", 0
	for _, candidate := range ids {
		shared := 0
		for _, word := range strings.Split(candidate, "-") {
			if slices.Contains(words, word) {
				shared++
			}
		}
		if shared > most {
			best, most = candidate, shared
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

func explain(d *Document, o *Overlay, p *patch, res PatchResult, j *journal) Explanation {
	e := Explanation{PatchResult: res, Since: p.since, Until: p.until}
	for _, a := range p.actions {
		verb := "update"
		if a.update == nil {
			verb = "remove"
		}
		e.Actions = append(e.Actions, fmt.Sprintf("%s %s (%s)", verb, a.target.text, o.doc.Where(a.node)))
	}
	if j == nil {
		return e
	}
	for _, at := range j.places() {
		e.Changes = append(e.Changes, PatchChange{Target: at.target, Where: d.Where(at.node), Diff: strings.Join(mappingDiff(at.before, at.after, ""), "\n") + "\n"})
	}
	return e
}
