package generator

// Applying overlays: each patch runs on the document with its guards watched, and is taken back at once unless it is to
// stand. The outcome is decided in the order of the contract: skipped, stale, absent, conflict, applied.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Outcome is what became of a patch.
type Outcome string

const (
	Applied  Outcome = "applied"
	Stale    Outcome = "stale"    // upstream has it: the patch can go
	Absent   Outcome = "absent"   // what it is about is not in this description
	Conflict Outcome = "conflict" // it is there, but not as the patch expects
	Skipped  Outcome = "skipped"  // another API version's
)

// PatchResult is the outcome of one patch.
type PatchResult struct {
	ID, Overlay string
	Line        int // of the patch's first action in the overlay
	Outcome     Outcome
	Kind        string
	Confidence  string
	Description string
	Evidence    []string
	Message     string // one line; "" when applied
	Annotation  bool   // it only writes x-fapigen members
}

// Apply runs the patches in order. A patch is applied whole or leaves no trace.
func (o *Overlay) Apply(d *Document, version string) []PatchResult {
	version = o.known(version)
	results := make([]PatchResult, 0, len(o.patches))
	for _, p := range o.patches {
		results = append(results, o.apply(d, p, version))
	}
	return results
}

// known is the version that patches are bounded by: one newer than any of them counts as the newest known.
func (o *Overlay) known(version string) string {
	if version == "" || version > o.newest {
		return o.newest
	}
	return version
}

func (o *Overlay) apply(d *Document, p *patch, version string) PatchResult {
	res, _ := o.attempt(d, p, version)
	return res
}

// attempt applies one patch. The journal tells what it changed, until the next patch runs; nil when it was not applied.
func (o *Overlay) attempt(d *Document, p *patch, version string) (PatchResult, *journal) {
	res := PatchResult{
		ID: p.id, Overlay: o.Name, Line: p.line(), Outcome: Applied, Kind: p.kind, Confidence: p.confidence,
		Description: p.description, Evidence: p.evidence, Annotation: p.annotation,
	}
	say := func(outcome Outcome, where, fact string) (PatchResult, *journal) {
		res.Outcome = outcome
		res.Message = fmt.Sprintf("%s:%d: %s: %s: %s%s", o.Name, res.Line, p.id, outcome, where, fact)
		return res, nil
	}
	if p.since != "" && version < p.since {
		return say(Skipped, "", fmt.Sprintf("since %s, the description is of %s", p.since, version))
	}
	if p.until != "" && version > p.until {
		return say(Skipped, "", fmt.Sprintf("until %s, the description is of %s", p.until, version))
	}
	r := &run{d: d, p: p, journal: newJournal(d, o.Name)}
	for _, a := range p.actions {
		r.action(a)
	}
	r.referred()
	r.refers()
	if !p.annotation && !r.failed() && !r.journal.changed() {
		r.journal.undo()
		return say(Stale, d.Where(r.at)+": ", "the description already says so; the patch can go")
	}
	if f := r.worst(); f != nil {
		where := d.Where(f.at) + ": " // before undo: the node may be the patch's own
		r.journal.undo()
		return say(f.outcome, where, f.fact)
	}
	return res, r.journal
}

// failure is why a patch cannot stand.
type failure struct {
	outcome Outcome
	guard   bool // only a guard failed: with guards off the action ran
	at      *yaml.Node
	fact    string
}

// run is one patch in progress.
type run struct {
	d        *Document
	p        *patch
	journal  *journal
	failures []failure
	at       *yaml.Node // the first node the patch is about
}

// failed tells whether an action could not run even with guards off.
func (r *run) failed() bool {
	return slices.ContainsFunc(r.failures, func(f failure) bool { return !f.guard })
}

// worst is the failure that decides: absent goes before conflict.
func (r *run) worst() *failure {
	for i := range r.failures {
		if r.failures[i].outcome == Absent {
			return &r.failures[i]
		}
	}
	if len(r.failures) > 0 {
		return &r.failures[0]
	}
	return nil
}

func (r *run) conflict(guard bool, at *yaml.Node, format string, args ...any) {
	r.failures = append(r.failures, failure{Conflict, guard, at, fmt.Sprintf(format, args...)})
}

func (r *run) action(a *action) {
	found := a.target.find(r.d.Root)
	if len(found) == 0 {
		if !a.expect.matches.ok(0) {
			r.missing(a)
		}
		return
	}
	if r.at == nil {
		r.at = found[0].node
	}
	if want := a.expect.matches; !want.ok(len(found)) {
		r.conflict(true, found[0].node, "expected %s of %s, found %d", want, a.target.text, len(found))
	}
	for _, m := range found {
		if expected, got, ok := a.expect.check(m); !ok {
			r.conflict(true, m.node, "expected %s %s, found %s", a.target.text, expected, got)
		}
	}
	for _, m := range found {
		if a.update == nil {
			r.remove(m)
		} else {
			r.update(m, a.update)
		}
	}
}

// remove cuts a node out. A node below one that the same action has cut out is gone already.
func (r *run) remove(m match) {
	if slices.Contains(m.holder.node.Content, m.node) {
		r.journal.cut(m)
	}
}

// referred refuses to leave a reference without its component, which would spoil the whole description.
func (r *run) referred() {
	lost := map[string]bool{}
	for _, a := range r.p.actions {
		if a.update == nil && a.target.name(0) == "components" && len(a.target.steps) == 3 {
			if pointer := reference(a.target.name(1), a.target.name(2)); r.d.Resolve(pointer) == nil {
				lost[pointer] = true
			}
		}
	}
	if len(lost) == 0 {
		return
	}
	if n := refTo(r.d.Root, func(pointer string) bool { return lost[pointer] }); n != nil {
		r.conflict(true, n, "expected that nothing refers to %s any more, found a reference", n.Value)
	}
}

// refers calls a patch absent that writes a reference to what is not there, such as an operation whose answer has no schema
// in this description. It would spoil the whole.
func (r *run) refers() {
	dangles := func(pointer string) bool { return strings.HasPrefix(pointer, "#/") && r.d.Resolve(pointer) == nil }
	for _, a := range r.p.actions {
		if a.update == nil {
			continue
		}
		if n := refTo(a.update, dangles); n != nil {
			r.failures = append(r.failures, failure{Absent, false, r.at, fmt.Sprintf("expected %s, which the patch refers to, found none", n.Value)})
			return
		}
	}
}

// refTo is the first $ref to a pointer that is wanted.
func refTo(n *yaml.Node, wanted func(pointer string) bool) *yaml.Node {
	if ref := mapGet(n, "$ref"); ref != nil && wanted(ref.Value) {
		return ref
	}
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode {
			continue
		}
		if ref := refTo(c, wanted); ref != nil {
			return ref
		}
	}
	return nil
}

// update is that of Overlay 1.0 and 1.1: a list takes one entry, or a list of entries; all else is merged.
func (r *run) update(m match, value *yaml.Node) {
	ofNames := isSet(m.key) && m.key != "enum" && m.pos.at("*") == "" // required, or the tags of an operation
	if m.node.Kind == yaml.SequenceNode && (value.Kind == yaml.ScalarNode || value.Kind == yaml.MappingNode && !ofNames) {
		r.enter(m, value)
		return
	}
	r.merge(m, value)
}

// merge merges mappings, concatenates lists and replaces scalars, at any depth.
func (r *run) merge(m match, update *yaml.Node) {
	switch {
	case m.node.Kind != update.Kind:
		r.conflict(false, m.node, "an update of %s with %s (line %d): expected %s, found %s",
			describe(m.node), describe(update), update.Line, compactJSON(update), compactJSON(m.node))
	case update.Kind == yaml.MappingNode:
		r.mergeMapping(m, update)
	case update.Kind == yaml.SequenceNode:
		for _, item := range update.Content {
			r.enter(m, item)
		}
	case m.node.Tag != update.Tag || m.node.Value != update.Value:
		r.journal.set(m, update)
	}
}

// enter appends an item to a list, unless it is there already.
func (r *run) enter(m match, item *yaml.Node) {
	if !holds(m.pos.at("*"), m.node, item) {
		r.push(m, item)
	}
}

// push appends to a list, but not a second parameter of the same name and place.
func (r *run) push(m match, item *yaml.Node) {
	if m.key == "parameters" {
		name, in := r.parameter(item)
		for _, n := range m.node.Content {
			if twin, at := r.parameter(n); name != "" && twin == name && at == in {
				r.conflict(false, n, "expected no parameter %s in %s yet, found %s", name, in, compactJSON(n))
				return
			}
		}
	}
	r.journal.push(m, item)
}

// parameter is the name and the place of a parameter, which may be a reference; not of one to another, which nothing has
// checked for circles yet.
func (r *run) parameter(n *yaml.Node) (name, in string) {
	if ref := mapGet(n, "$ref"); ref != nil {
		n = r.d.Resolve(ref.Value)
	}
	return text(mapGet(n, "name")), text(mapGet(n, "in"))
}

func (r *run) mergeMapping(m match, update *yaml.Node) {
	for i := 0; i+1 < len(update.Content); i += 2 {
		key, value := update.Content[i], update.Content[i+1]
		if n := mapGet(m.node, key.Value); n != nil {
			r.merge(m.member(key.Value, n), value)
		} else {
			r.journal.add(m, key, value)
		}
	}
	ignored := ignoredBesideRef(m.node)
	if ignored != nil && (mapGet(update, ignored.Value) != nil || mapGet(update, "$ref") != nil) {
		r.conflict(false, m.node, "%s would stand beside $ref %s, where readers ignore it", ignored.Value, text(mapGet(m.node, "$ref")))
	}
}

// missing explains a target that selects nothing. For a remove whose holder is there nothing is left to do.
func (r *run) missing(a *action) {
	depth, holder := r.reach(a.target)
	last := len(a.target.steps) - 1
	gone := a.update == nil && (depth == last || depth == last-1 && a.target.steps[last].kind == stepFilter && isSet(a.target.name(depth)))
	if r.at == nil {
		r.at = holder
	}
	outcome := Conflict
	if r.p.annotation || aboutStep(a.target, depth) {
		outcome = Absent
	}
	s := a.target.steps[min(depth, last)]
	fact := fmt.Sprintf("expected %s, found no %s", a.target.text, strings.TrimPrefix(s.text, "."))
	if s.kind == stepName {
		fact += r.suggest(a.target, depth, holder)
	}
	r.failures = append(r.failures, failure{outcome, gone, holder, fact})
}

// reach is how many steps lead somewhere, and the last node they lead to.
func (r *run) reach(t target) (int, *yaml.Node) {
	holder := r.d.Root
	for i := 1; i <= len(t.steps); i++ {
		found := t.upTo(r.d.Root, i)
		if len(found) == 0 {
			return i - 1, holder
		}
		holder = found[0].node
	}
	return len(t.steps), holder
}

// aboutStep tells whether step i names the component or operation that the target is about, what holds it, or what else
// the description has at its top.
func aboutStep(t target, i int) bool {
	switch t.name(0) {
	case "components":
		return i <= 2
	case "paths":
		return i <= 1 || i == 2 && slices.Contains(verbs, t.name(2))
	}
	return i == 0 // what stands beside them, such as the servers
}

const guessedByProperties = " has these properties"

// suggest offers the nearest key; for a schema that has no near name, the one with the same properties.
func (r *run) suggest(t target, i int, holder *yaml.Node) string {
	want := t.steps[i].name
	if hint := DidYouMean(want, mapKeys(holder)); hint != "" || i != 2 || t.name(1) != "schemas" {
		return hint
	}
	names := map[string]bool{}
	for _, a := range r.p.actions {
		if a.target.name(2) == want {
			a.mentions(names)
		}
	}
	if name := nearestSchema(names, holder); name != "" {
		return "; " + name + guessedByProperties
	}
	return ""
}

// mentions collects the property names that an action on a schema speaks of.
func (a *action) mentions(names map[string]bool) {
	if a.target.name(3) == "properties" && a.target.name(4) != "" {
		names[a.target.name(4)] = true
	}
	if len(a.target.steps) == 3 {
		for _, n := range []*yaml.Node{a.update, a.expect.has, a.expect.equals} {
			for key := range mapPairs(mapGet(n, "properties")) {
				names[key] = true
			}
		}
	}
}
