package generator

// Status: what a new description makes of the patches, beside what the old one made of them. For what went missing there
// is a suggestion, since both descriptions are at hand: the schema that is most alike, the operation of the same id.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// PatchStatus is the outcome of one patch on a new description.
type PatchStatus struct {
	PatchResult
	Before Outcome // on the old description; "" when it is not known
	Hint   string  // where what the patch is about may be now; "" when nothing is alike
}

// Changed tells whether the new description made a difference to the patch.
func (s PatchStatus) Changed() bool { return s.Before != "" && s.Before != s.Outcome }

// ComparePatches applies the overlays to two descriptions. An old one that is not read, being broken or no description,
// leaves Before empty; the new one has to be read.
func ComparePatches(was, now Config) ([]PatchStatus, error) {
	fresh, err := readSide(now)
	if err != nil {
		return nil, err
	}
	old, err := readSide(was)
	if err != nil {
		old = &side{prepared: &prepared{}}
	}
	var list []PatchStatus
	for _, r := range fresh.results {
		s := PatchStatus{PatchResult: r}
		i := slices.IndexFunc(old.results, func(b PatchResult) bool { return b.ID == r.ID && b.Overlay == r.Overlay && b.Line == r.Line })
		if i >= 0 {
			s.Before = old.results[i].Outcome
			if r.Outcome == Absent || r.Outcome == Conflict {
				s.hint(moved(old.plain, fresh.plain, patchAt(fresh.overlays, r)))
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// hint replaces what could be guessed from the patch alone.
func (s *PatchStatus) hint(text string) {
	if s.Hint = text; text == "" {
		return
	}
	if i := strings.LastIndex(s.Message, "; "); i >= 0 && strings.HasSuffix(s.Message, guessedByProperties) {
		s.Message = s.Message[:i]
	}
}

func patchAt(overlays []*Overlay, r PatchResult) *patch {
	for _, o := range overlays {
		for _, p := range o.patches {
			if o.Name == r.Overlay && p.line() == r.Line {
				return p
			}
		}
	}
	return &patch{}
}

// moved tells where the first thing that the patch is about, and that the new description lacks, may be.
func moved(old, fresh *Document, p *patch) string {
	for _, a := range p.actions {
		t := a.target
		switch t.name(0) {
		case "components":
			section, name := "/components/"+escapePointer(t.name(1)), t.name(2)
			was := mapGet(old.Resolve(section), name)
			if was == nil || mapGet(fresh.Resolve(section), name) != nil {
				continue
			}
			if like, share := mostAlike(was, name, mapKeys(old.Resolve(section)), fresh.Resolve(section)); like != "" {
				return fmt.Sprintf("%s seems to be called %s now (%d %% alike)", name, like, share)
			}
		case "paths":
			was := mapGet(mapGet(mapGet(old.Root, "paths"), t.name(1)), t.name(2))
			id := text(mapGet(was, "operationId"))
			if id == "" || mapGet(mapGet(mapGet(fresh.Root, "paths"), t.name(1)), t.name(2)) != nil {
				continue
			}
			now := endpoints(fresh)
			if i := slices.IndexFunc(now, func(e endpoint) bool { return e.id() == id }); i >= 0 {
				return fmt.Sprintf("operation %s is %s now", id, now[i])
			}
		}
	}
	return ""
}

// mostAlike is the component that shares most with one that is gone, at least half of what either has, and how much that
// is in percent. Components that were there before are no candidates: they are themselves.
func mostAlike(was *yaml.Node, name string, before []string, components *yaml.Node) (best string, share int) {
	mine := features(was)
	for candidate, n := range mapPairs(components) {
		if slices.Contains(before, candidate) {
			continue
		}
		shared, theirs := 0, features(n)
		for f := range theirs {
			if mine[f] {
				shared++
			}
		}
		total := len(mine) + len(theirs) - shared
		if total == 0 || 2*shared < total {
			continue
		}
		percent := 100 * shared / total
		if percent > share || percent == share && distance(candidate, name) < distance(best, name) {
			best, share = candidate, percent
		}
	}
	return best, share
}

// features are what a component is known by: its properties, values and references, also those in its parts.
func features(n *yaml.Node) map[string]bool {
	found := map[string]bool{}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		for key := range mapPairs(mapGet(n, "properties")) {
			found["property "+key] = true
		}
		for _, v := range itemsOf(mapGet(n, "enum")) {
			found["value "+v.Value] = true
		}
		if ref := text(mapGet(n, "$ref")); ref != "" {
			found["reference "+ref] = true
		}
		for part := range parts(n) {
			visit(part)
		}
		for _, media := range mapPairs(mapGet(n, "content")) { // of a response
			visit(mapGet(media, "schema"))
		}
	}
	visit(n)
	return found
}
