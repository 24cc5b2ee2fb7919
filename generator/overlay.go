package generator

// Overlays, read strictly: an OpenAPI Overlay whose actions may carry guards in x-fapigen-patch. A typo here would make
// a correction vanish without a word, so whatever is not understood is refused with its line.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// checkedVersion is the newest API version that the built-in corrections were checked against.
const checkedVersion = "2026-05-12"

// Overlay is a list of patches.
type Overlay struct {
	Name string

	doc     *Document
	patches []*patch
	newest  string // the newest API version it knows
}

// patch is what is applied all or not at all: one action, or all that share an id.
type patch struct {
	id          string
	actions     []*action
	since       string
	until       string
	kind        string
	confidence  string
	description string
	evidence    []string
	annotation  bool
}

type action struct {
	node        *yaml.Node
	target      target
	update      *yaml.Node // nil: remove
	expect      guard
	description string
}

func (p *patch) line() int { return p.actions[0].node.Line }

// ParseOverlay reads an overlay, YAML or JSON, and reports everything wrong with it at once.
func ParseOverlay(name string, data []byte) (*Overlay, error) {
	doc, err := ParseDocument(name, data)
	if err != nil {
		return nil, err
	}
	p := &overlayParser{doc: doc, byID: map[string]*patch{}}
	p.overlay = &Overlay{Name: name, doc: doc, newest: checkedVersion}
	p.top()
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	for _, patch := range p.overlay.patches {
		p.overlay.newest = max(p.overlay.newest, patch.since, patch.until)
	}
	return p.overlay, nil
}

type overlayParser struct {
	doc      *Document
	overlay  *Overlay
	byID     map[string]*patch
	problems []error
}

func (p *overlayParser) fail(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s: %s", p.doc.Where(n), fmt.Sprintf(format, args...)))
}

// keys refuses what is not known; extensions of others pass.
func (p *overlayParser) keys(n *yaml.Node, what string, known ...string) {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		k := n.Content[i]
		foreign := strings.HasPrefix(k.Value, "x-") && nearest(k.Value, known) == "" && !strings.HasPrefix(k.Value, "x-fapigen")
		if !slices.Contains(known, k.Value) && !foreign {
			p.fail(k, "%s: unknown key %q%s", what, k.Value, DidYouMean(k.Value, known))
		}
	}
}

func (p *overlayParser) top() {
	root := p.doc.Root
	p.keys(root, "overlay", "overlay", "info", "extends", "actions", "x-fapigen")
	version := mapGet(root, "overlay")
	if version == nil {
		p.fail(root, "no overlay member; an overlay starts with overlay: 1.1.0")
	} else if v := version.Value + "."; !strings.HasPrefix(v, "1.0.") && !strings.HasPrefix(v, "1.1.") {
		p.fail(version, "overlay %s: not read; fapigen reads 1.0 and 1.1", version.Value)
	}
	if info := mapGet(root, "info"); info != nil {
		p.keys(info, "info", "title", "version", "description")
	}
	actions := mapGet(root, "actions")
	if actions == nil || actions.Kind != yaml.SequenceNode {
		p.fail(root, "no list of actions")
		return
	}
	for _, n := range actions.Content {
		p.action(n)
	}
}

func (p *overlayParser) action(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "an action is a mapping, not %s", describe(n))
		return
	}
	p.keys(n, "action", "target", "description", "update", "remove", "copy", "x-fapigen-patch")
	a := &action{node: n, description: text(mapGet(n, "description"))}
	at := mapGet(n, "target")
	if text(at) == "" {
		p.fail(n, "action: no target")
		return
	}
	p.effect(a)
	meta := mapGet(n, "x-fapigen-patch")
	var err error
	if a.target, err = parseTarget(at.Value); err != nil {
		p.fail(at, "%s", err)
	} else {
		p.target(a, at, meta)
	}
	owner := &patch{id: a.target.text, description: a.description, annotation: meta == nil && annotates(a)}
	if meta != nil {
		owner = p.meta(a, meta)
	} else {
		a.expect.matches = count{n: 1}
	}
	if len(owner.actions) == 0 {
		p.overlay.patches = append(p.overlay.patches, owner)
	}
	owner.actions = append(owner.actions, a)
}

// effect reads update and remove.
func (p *overlayParser) effect(a *action) {
	n := a.node
	a.update = mapGet(n, "update")
	remove := mapGet(n, "remove")
	removes := remove != nil && remove.Tag == "!!bool" && remove.Value == "true"
	switch {
	case mapGet(n, "copy") != nil:
		p.fail(n, "action: copy is not read; write the copy out with update")
	case remove != nil && remove.Tag != "!!bool":
		p.fail(remove, "remove: true or false, not %s", compactJSON(remove))
	case removes && a.update != nil:
		p.fail(n, "action: both update and remove; make it two actions with one id")
	case !removes && a.update == nil:
		p.fail(n, "action: neither update nor remove")
	}
	if a.update != nil {
		p.written(a.update)
	}
}

// written refuses in an update what readers of OpenAPI 3.0 ignore or choke on: members beside $ref, and repeated names.
func (p *overlayParser) written(n *yaml.Node) {
	if key := ignoredBesideRef(n); key != nil {
		p.fail(key, "%s beside $ref is ignored by readers; write {type: object, %s: ..., allOf: [{$ref: ...}]}", key.Value, key.Value)
	}
	for key, value := range mapPairs(n) {
		if isSet(key) && value.Kind == yaml.SequenceNode {
			for i, item := range value.Content {
				if holds("", &yaml.Node{Content: value.Content[:i]}, item) {
					p.fail(item, "%s: %s is given twice", key, compactJSON(item))
				}
			}
		}
	}
	for _, c := range n.Content {
		p.written(c)
	}
}

// ignoredBesideRef is the key of a reference's first sibling that OpenAPI 3.0 gives no effect; nil when there is none.
func ignoredBesideRef(n *yaml.Node) *yaml.Node {
	if text(mapGet(n, "$ref")) == "" {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Value != "$ref" && !strings.HasPrefix(k.Value, "x-") && !position("schema").isProse(k.Value) && k.Value != "summary" {
			return k
		}
	}
	return nil
}

// target checks what the syntax alone does not say.
func (p *overlayParser) target(a *action, at, meta *yaml.Node) {
	if len(a.target.steps) == 0 && a.update == nil && mapGet(a.node, "remove") != nil {
		p.fail(a.node, "action: removes the whole document")
	}
	if a.target.wild() && mapGet(mapGet(meta, "expect"), "matches") == nil {
		p.fail(at, "target %q: a wildcard takes the expected count, x-fapigen-patch: {expect: {matches: ...}}", at.Value)
	}
	for i, s := range a.target.steps {
		if s.kind == stepIndex && i > 0 && a.target.name(i-1) == "parameters" {
			p.fail(at, "target %q: parameters are addressed by name, [?@.name == '...']", at.Value)
		}
	}
}

// annotates tells whether the action writes nothing but our own extensions.
func annotates(a *action) bool {
	if a.update == nil || a.update.Kind != yaml.MappingNode || len(a.update.Content) == 0 {
		return false
	}
	for key := range mapPairs(a.update) {
		if !strings.HasPrefix(key, "x-fapigen") {
			return false
		}
	}
	return true
}

// meta reads x-fapigen-patch and finds or makes the patch of that id. What several actions of one id say must agree.
func (p *overlayParser) meta(a *action, n *yaml.Node) *patch {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "x-fapigen-patch: %s where a mapping belongs", describe(n))
		return &patch{}
	}
	p.keys(n, "x-fapigen-patch", "id", "kind", "since", "until", "expect", "confidence", "evidence")
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i]; strings.HasPrefix(k.Value, "x-") {
			p.fail(k, "x-fapigen-patch: unknown key %q", k.Value)
		}
	}
	var err error
	if a.expect, err = parseGuard(p.doc, mapGet(n, "expect")); err != nil {
		p.problems = append(p.problems, err)
	}
	id := text(mapGet(n, "id"))
	if id == "" {
		p.fail(n, "x-fapigen-patch: no id")
		return &patch{}
	}
	if strings.ContainsFunc(id, unicode.IsControl) {
		p.fail(n, "x-fapigen-patch: id %q: not one line of text", id)
		return &patch{}
	}
	owner := p.byID[id]
	if owner == nil {
		owner = &patch{id: id, description: a.description}
		p.byID[id] = owner
	}
	p.same(&owner.since, mapGet(n, "since"), "since", p.date)
	p.same(&owner.until, mapGet(n, "until"), "until", p.date)
	p.same(&owner.kind, mapGet(n, "kind"), "kind", p.word)
	p.same(&owner.confidence, mapGet(n, "confidence"), "confidence", p.word)
	if owner.since != "" && owner.until != "" && owner.since > owner.until {
		p.fail(n, "%s: since %s is after until %s", id, owner.since, owner.until)
	}
	p.evidence(owner, mapGet(n, "evidence"))
	return owner
}

func (p *overlayParser) same(field *string, n *yaml.Node, key string, read func(*yaml.Node, string) string) {
	if n == nil {
		return
	}
	value := read(n, key)
	if *field != "" && value != "" && *field != value {
		p.fail(n, "%s %s: another action of this id says %s", key, value, *field)
	}
	*field = value
}

func (p *overlayParser) date(n *yaml.Node, key string) string {
	if !isDate(text(n)) {
		p.fail(n, "%s: a date such as '2026-05-12', not %s", key, compactJSON(n))
		return ""
	}
	return n.Value
}

func (p *overlayParser) word(n *yaml.Node, key string) string {
	if text(n) == "" {
		p.fail(n, "%s: a word, not %s", key, compactJSON(n))
	}
	return text(n)
}

func (p *overlayParser) evidence(owner *patch, n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range listed(n) {
		sentence := item.Value
		for key, value := range mapPairs(item) { // {src: ..., note: ...}, or a sentence with a colon and no quotes
			sentence += ", " + key + ": " + value.Value
		}
		sentence = strings.TrimPrefix(sentence, ", ")
		if sentence == "" {
			p.fail(item, "evidence: a list of sentences, not %s", compactJSON(item))
		} else if !slices.Contains(owner.evidence, sentence) {
			owner.evidence = append(owner.evidence, sentence)
		}
	}
}
