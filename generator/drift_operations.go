package generator

// Drift, operations: those of two descriptions are matched by verb and path, the rest by operationId; and how many
// operations a shared part reaches.

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// paths compares the operations.
func (d *differ) paths() {
	before, now := endpoints(d.old), endpoints(d.new)
	take := func(same func(endpoint) bool) (endpoint, bool) {
		if i := slices.IndexFunc(before, same); i >= 0 {
			e := before[i]
			before = slices.Delete(before, i, i+1)
			return e, true
		}
		return endpoint{}, false
	}
	var fresh []endpoint
	for _, e := range now {
		if old, ok := take(func(o endpoint) bool { return o.key() == e.key() }); ok {
			d.operation(old, e)
		} else {
			fresh = append(fresh, e)
		}
	}
	for _, e := range fresh {
		at := driftPlace{subject: e.String(), ops: 1}
		if old, ok := take(func(o endpoint) bool { return o.id() != "" && o.id() == e.id() }); ok {
			d.tell(OperationMoved, at, "was %s", old)
			d.operation(old, e)
		} else {
			d.tell(OperationAdded, at, "%s", e.id())
		}
	}
	for _, e := range before {
		d.tell(OperationRemoved, driftPlace{subject: e.String(), ops: 1}, "%s", e.id())
	}
	d.emptyPaths(d.old, d.new, EmptyPathAdded)
	d.emptyPaths(d.new, d.old, EmptyPathRemoved)
}

// emptyPaths tells the path items of one document that have no operation and do not exist in the other.
func (d *differ) emptyPaths(other, doc *Document, kind string) {
	paths := mapGet(other.Root, "paths")
	for path, item := range mapPairs(mapGet(doc.Root, "paths")) {
		empty := !slices.ContainsFunc(mapKeys(item), func(key string) bool { return slices.Contains(verbs, key) })
		if empty && mapGet(paths, path) == nil {
			d.tell(kind, driftPlace{subject: path}, "")
		}
	}
}

func (d *differ) operation(a, b endpoint) {
	at := driftPlace{subject: b.String(), ops: 1}
	if a.id() != b.id() {
		d.tell(OperationRenamed, at, "operationId %s", was(b.id(), a.id()))
	}
	if a.key() == b.key() && a.path != b.path {
		d.tell(OtherChanged, at, "path %s", was(b.path, a.path))
	}
	d.parameters(at, a, b)
	d.body(at, mapGet(a.op, "requestBody"), mapGet(b.op, "requestBody"))
	d.responses(at, mapGet(a.op, "responses"), mapGet(b.op, "responses"))
	d.others(at, "operation", a.op, b.op, "operationId", "parameters", "requestBody", "responses", "tags")
}

// parameters compares those of path item and operation together, by place and name. Path parameters follow the path.
func (d *differ) parameters(at driftPlace, a, b endpoint) {
	at.request = true
	before, _ := parametersOf(d.old, a)
	now, order := parametersOf(d.new, b)
	for _, key := range order {
		switch {
		case strings.HasPrefix(key, "path "):
		case before[key] == nil:
			d.tell(ParameterAdded, at.in(key), "%s", obligation(isTrue(mapGet(follow(d.new, now[key]), "required"))))
		default:
			d.parameter(at.in(key), before[key], now[key])
		}
	}
	_, order = parametersOf(d.old, a)
	for _, key := range order {
		if now[key] == nil && !strings.HasPrefix(key, "path ") {
			d.tell(ParameterRemoved, at.in(key), "")
		}
	}
}

func obligation(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

// reachOf counts for every reference how many operations lead to it, in either document.
func reachOf(docs ...*Document) map[string]int {
	users := map[string]map[string]bool{}
	for _, doc := range docs {
		direct := map[*yaml.Node][]string{} // references written in a part
		for _, e := range endpoints(doc) {
			seen := map[string]bool{}
			queue := slices.Concat(refsIn(direct, e.op), refsIn(direct, mapGet(e.item, "parameters")))
			for len(queue) > 0 {
				ref := queue[0]
				queue = queue[1:]
				if seen[ref] {
					continue
				}
				seen[ref] = true
				if users[ref] == nil {
					users[ref] = map[string]bool{}
				}
				users[ref][e.key()] = true
				queue = append(queue, refsIn(direct, doc.Resolve(ref))...)
			}
		}
	}
	reach := map[string]int{}
	for ref, ops := range users {
		reach[ref] = len(ops)
	}
	return reach
}

// refsIn are the references written below a node; known ones are not looked for again.
func refsIn(known map[*yaml.Node][]string, n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if refs, ok := known[n]; ok {
		return refs
	}
	var refs []string
	var visit func(*yaml.Node)
	visit = func(n *yaml.Node) {
		if ref := text(mapGet(n, "$ref")); ref != "" {
			refs = appendNew(refs, ref)
		}
		for _, c := range n.Content {
			visit(c)
		}
	}
	visit(n)
	known[n] = refs
	return refs
}
