package generator

// What traffic shows of a value that the description does not have: enough for a schema that a person then looks at.

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// learned unites the values seen at one place.
type learned struct {
	seen, null int
	kinds      []kind
	names      []string
	members    map[string]*learned
	items      *learned
	data       bool // a key may be data: a map, or not to be shown
}

const (
	maxLearnedDepth   = 8
	maxLearnedMembers = 200
)

func (l *learned) add(v *redacted, depth int) {
	switch l.seen++; v.kind {
	case kindNull:
		l.null++
		return
	case kindUnknown:
		return
	}
	if !slices.Contains(l.kinds, v.kind) {
		l.kinds = append(l.kinds, v.kind)
	}
	if depth >= maxLearnedDepth {
		return
	}
	for i, item := range v.items {
		if v.kind == kindArray {
			if l.items == nil {
				l.items = &learned{}
			}
			l.items.add(item, depth+1)
			continue
		}
		l.member(v.keys[i], item, depth)
	}
}

func (l *learned) member(name string, v *redacted, depth int) {
	if name == hidden || len(l.names) >= maxLearnedMembers {
		l.data = true
		return
	}
	if l.members == nil {
		l.members = map[string]*learned{}
	}
	if l.members[name] == nil {
		l.members[name] = &learned{}
		l.names = append(l.names, name)
	}
	l.members[name].add(v, depth+1)
}

// String tells the types, and how often it was null.
func (l *learned) String() string {
	var parts []string
	for _, k := range l.kinds {
		parts = append(parts, string(k))
	}
	if l.null > 0 && len(parts) > 0 {
		parts = append(parts, fmt.Sprintf("null (%d of %d)", l.null, l.seen))
	} else if l.null > 0 {
		parts = append(parts, "null")
	}
	if len(parts) == 0 {
		return "scrubbed"
	}
	return strings.Join(parts, " or ")
}

// shaped tells whether schema says enough to be one of several branches: see schemaView.shaped.
func (l *learned) shaped() bool {
	n := l.schema()
	return mapGet(n, "properties") != nil || mapGet(n, "type") != nil && text(mapGet(n, "type")) != "object"
}

// schema is what the values seen allow to say, and no more: no enum, nothing required.
func (l *learned) schema() *yaml.Node {
	n := flow()
	kinds := l.kinds
	if len(kinds) == 2 && slices.Contains(kinds, kindInteger) && slices.Contains(kinds, kindNumber) {
		kinds = []kind{kindNumber}
	}
	if len(kinds) == 1 {
		mapSet(n, "type", stringNode(string(kinds[0])))
		switch kinds[0] {
		case kindArray:
			items := flow()
			if l.items != nil {
				items = l.items.schema()
			}
			mapSet(n, "items", items)
		case kindObject:
			if l.data || len(l.names) == 0 {
				break
			}
			properties := flow()
			for _, name := range l.names {
				mapSet(properties, name, l.members[name].schema())
			}
			mapSet(n, "properties", properties)
		}
	}
	if l.null > 0 {
		mapSet(n, "nullable", boolNode(true))
	}
	return n
}
