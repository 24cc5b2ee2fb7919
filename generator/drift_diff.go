package generator

// Drift, structure: what differs between two folded descriptions, before any patch. A shared schema, response or
// parameter is compared once, however many operations use it; prose is ignored.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Change is one difference of the descriptions, told once.
type Change struct {
	Kind       string `json:"kind"`              // one of the kinds below
	Subject    string `json:"subject"`           // "POST /v1/client", or a schema's name
	Place      string `json:"place,omitempty"`   // within the subject: "body.strategy", "status"
	Detail     string `json:"detail,omitempty"`  // what is there now, and what was
	Operations int    `json:"operations"`        // how many operations it reaches
	Request    bool   `json:"request,omitempty"` // it is about what is sent
}

// Kinds of changes. Those of shared parts are about schemas unless the subject says otherwise.
const (
	OperationAdded   = "operation-added"
	OperationRemoved = "operation-removed"
	OperationRenamed = "operation-renamed" // another operationId at the same verb and path
	OperationMoved   = "operation-moved"   // another path or verb, the same operationId
	EmptyPathAdded   = "empty-path-added"  // a path item without operations
	EmptyPathRemoved = "empty-path-removed"
	ParameterAdded   = "parameter-added"
	ParameterRemoved = "parameter-removed"
	BodyAdded        = "body-added"
	BodyRemoved      = "body-removed"
	MediaAdded       = "media-added"
	MediaRemoved     = "media-removed"
	StatusAdded      = "status-added"
	StatusRemoved    = "status-removed"
	SchemaAdded      = "schema-added"
	SchemaRemoved    = "schema-removed"
	SchemaRenamed    = "schema-renamed"
	PropertyAdded    = "property-added"
	PropertyRemoved  = "property-removed"
	TypeChanged      = "type-changed"
	NullableChanged  = "nullable-changed"
	RequiredChanged  = "required-changed"
	EnumAdded        = "enum-added"   // a list of values where any was allowed
	EnumDropped      = "enum-dropped" // the whole list
	ValueAdded       = "value-added"
	ValueRemoved     = "value-removed"
	MemberAdded      = "member-added" // of oneOf, anyOf or allOf
	MemberRemoved    = "member-removed"
	OtherChanged     = "other-changed" // any other keyword
)

// differ compares two documents. place is where it stands.
type differ struct {
	old, new *Document
	renamed  map[string]string // reference of a schema in old to the one it has in new
	reach    map[string]int
	changes  []Change
}

// driftPlace is a position in both documents, in the words of the report.
type driftPlace struct {
	subject string
	path    string
	ops     int
	request bool
	depth   int
}

func (p driftPlace) in(member string) driftPlace {
	p.depth++
	switch {
	case p.path == "":
		p.path = member
	case strings.HasPrefix(member, "["), strings.HasPrefix(member, "{"):
		p.path += member
	default:
		p.path += "." + member
	}
	return p
}

// diffDocuments compares two folded descriptions.
func diffDocuments(old, new *Document) []Change {
	d := &differ{old: old, new: new, renamed: map[string]string{}, reach: reachOf(old, new)}
	gone, fresh := d.matchSchemas()
	d.paths()
	d.schemas(gone, fresh)
	d.shared("responses", d.response)
	d.shared("parameters", d.parameter)
	d.shared("requestBodies", d.body)
	return d.changes
}

func (d *differ) tell(kind string, at driftPlace, format string, args ...any) {
	c := Change{Kind: kind, Subject: at.subject, Place: at.path, Detail: fmt.Sprintf(format, args...)}
	c.Operations, c.Request = at.ops, at.request
	if !slices.Contains(d.changes, c) { // two media types may share what changed
		d.changes = append(d.changes, c)
	}
}

// was tells a change of a plain value.
func was(now, before string) string { return fmt.Sprintf("%s, was %s", now, before) }

// shared compares the parts of one section of components that both documents have.
func (d *differ) shared(kind string, compare func(at driftPlace, a, b *yaml.Node)) {
	before := mapGet(mapGet(d.old.Root, "components"), kind)
	for name, b := range mapPairs(mapGet(mapGet(d.new.Root, "components"), kind)) {
		if a := mapGet(before, name); a != nil {
			compare(driftPlace{subject: strings.TrimSuffix(kind, "s") + " " + name, ops: d.reach[reference(kind, name)]}, a, b)
		}
	}
}

// sameRef tells whether both nodes are references to the same thing.
func (d *differ) sameRef(a, b *yaml.Node) bool {
	x, y := text(mapGet(a, "$ref")), text(mapGet(b, "$ref"))
	return x != "" && d.to(x) == y
}

// to is what a reference of the old document is called in the new one.
func (d *differ) to(ref string) string {
	if now, ok := d.renamed[ref]; ok {
		return now
	}
	return ref
}

func (d *differ) body(at driftPlace, a, b *yaml.Node) {
	at.request = true
	switch {
	case a == nil && b == nil || d.sameRef(a, b):
		return
	case a == nil:
		d.tell(BodyAdded, at, "%s", strings.Join(mapKeys(mapGet(follow(d.new, b), "content")), ", "))
		return
	case b == nil:
		d.tell(BodyRemoved, at, "")
		return
	}
	a, b = follow(d.old, a), follow(d.new, b)
	d.required(at.in("body"), isTrue(mapGet(a, "required")), isTrue(mapGet(b, "required")))
	d.content(at.in("body"), mapGet(a, "content"), mapGet(b, "content"))
}

func (d *differ) required(at driftPlace, before, now bool) {
	switch {
	case now && !before:
		d.tell(RequiredChanged, at, "required, was optional")
	case before && !now:
		d.tell(RequiredChanged, at, "optional, was required")
	}
}

// members goes through the members of two mappings: those that are there now, then those that are gone.
func (d *differ) members(a, b *yaml.Node, both func(key string, x, y *yaml.Node), added, gone func(key string, n *yaml.Node)) {
	for key, y := range mapPairs(b) {
		if x := mapGet(a, key); x != nil {
			both(key, x, y)
		} else {
			added(key, y)
		}
	}
	for key, x := range mapPairs(a) {
		if mapGet(b, key) == nil {
			gone(key, x)
		}
	}
}

// byKey tells of members by their keys alone.
func (d *differ) byKey(kind string, at driftPlace) func(string, *yaml.Node) {
	return func(key string, _ *yaml.Node) { d.tell(kind, at, "%s", key) }
}

func (d *differ) content(at driftPlace, a, b *yaml.Node) {
	both := func(_ string, x, y *yaml.Node) { d.schema(at, mapGet(x, "schema"), mapGet(y, "schema")) }
	a, b = byMediaType(a), byMediaType(b)
	d.members(a, b, both, d.byKey(MediaAdded, at), d.byKey(MediaRemoved, at))
}

func (d *differ) responses(at driftPlace, a, b *yaml.Node) {
	both := func(status string, x, y *yaml.Node) { d.response(at.in(status), x, y) }
	d.members(a, b, both, d.byKey(StatusAdded, at), d.byKey(StatusRemoved, at))
}

func (d *differ) response(at driftPlace, a, b *yaml.Node) {
	if !d.sameRef(a, b) {
		d.content(at, mapGet(follow(d.old, a), "content"), mapGet(follow(d.new, b), "content"))
	}
}

func (d *differ) parameter(at driftPlace, a, b *yaml.Node) {
	at.request = true
	if d.sameRef(a, b) {
		return
	}
	a, b = follow(d.old, a), follow(d.new, b)
	d.required(at, isTrue(mapGet(a, "required")), isTrue(mapGet(b, "required")))
	d.schema(at, mapGet(a, "schema"), mapGet(b, "schema"))
	d.others(at, "parameter", a, b, "name", "in", "required", "schema")
}

// others tells the keywords that no other comparison looks at.
func (d *differ) others(at driftPlace, p position, a, b *yaml.Node, known ...string) {
	keys := appendNew(mapKeys(a), mapKeys(b)...)
	for _, key := range keys {
		if slices.Contains(known, key) || p.isProse(key) {
			continue
		}
		x, y := mapGet(a, key), mapGet(b, key)
		if !sameNode(p.at(key), x, y) {
			d.tell(OtherChanged, at, "%s: %s", key, was(shown(y), shown(x)))
		}
	}
}

// shown is a value on one short line.
func shown(n *yaml.Node) string {
	if n == nil {
		return "none"
	}
	if s := compactJSON(n); len(s) <= 60 {
		return s
	}
	return "another value"
}
