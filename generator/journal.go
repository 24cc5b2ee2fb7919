package generator

// The journal of a patch: every node it changes is noted as it was before. So a patch runs on the document itself, costs
// what it touches, and can be taken back without a trace; and whether it changed anything is a question to the journal.

import (
	"slices"

	"gopkg.in/yaml.v3"
)

type journal struct {
	d       *Document
	file    string // the overlay's name, for Where of what it inserts
	entries []entry
	saved   map[*yaml.Node]*yaml.Node
	gone    []*yaml.Node // nodes cut out of the tree
	fresh   []*yaml.Node // nodes that were put in
}

// entry is a node as it was.
type entry struct {
	node, was *yaml.Node
	origin    string
	at        match
}

func newJournal(d *Document, file string) *journal {
	return &journal{d: d, file: file, saved: map[*yaml.Node]*yaml.Node{}}
}

// touch notes a node before its first change.
func (j *journal) touch(m match) {
	if j.saved[m.node] != nil {
		return
	}
	was := *m.node
	was.Content = slices.Clone(m.node.Content)
	j.saved[m.node] = &was
	j.entries = append(j.entries, entry{node: m.node, was: &was, origin: j.d.foreign[m.node], at: m})
}

// undo takes everything back.
func (j *journal) undo() {
	for _, e := range slices.Backward(j.entries) {
		*e.node = *e.was
		delete(j.d.foreign, e.node)
		if e.origin != "" {
			j.d.foreign[e.node] = e.origin
		}
	}
	for _, n := range j.fresh {
		delete(j.d.foreign, n)
	}
}

// changed tells whether anything but prose and order differs from before. Nodes that were put in, or that lay inside
// something cut out, do not count by themselves: the node that holds or held them does.
func (j *journal) changed() bool {
	inner := j.inner()
	c := comparer{before: j.saved}
	return slices.ContainsFunc(j.entries, func(e entry) bool {
		return !inner[e.node] && !e.at.inProse() && !c.same(e.at.pos, e.at.key, e.was, e.node)
	})
}

// inner are the nodes that were put in or lay inside something cut out.
func (j *journal) inner() map[*yaml.Node]bool {
	inner := map[*yaml.Node]bool{}
	for _, n := range j.gone {
		j.collect(n, inner)
	}
	for _, n := range j.fresh {
		inner[n] = true
	}
	return inner
}

func (j *journal) collect(n *yaml.Node, into map[*yaml.Node]bool) {
	into[n] = true
	was := comparer{before: j.saved}.old(n)
	for _, c := range was.Content {
		j.collect(c, into)
	}
}

// copyOf is a node of the overlay made part of the document.
func (j *journal) copyOf(n *yaml.Node) *yaml.Node {
	c := j.d.adopt(n, j.file)
	j.note(c)
	return c
}

func (j *journal) note(n *yaml.Node) {
	j.fresh = append(j.fresh, n)
	for _, c := range n.Content {
		j.note(c)
	}
}

// set replaces a scalar by another.
func (j *journal) set(m match, v *yaml.Node) {
	j.touch(m)
	m.node.Tag, m.node.Value, m.node.Style, m.node.Line = v.Tag, v.Value, v.Style, v.Line
	if j.d.foreign == nil {
		j.d.foreign = map[*yaml.Node]string{}
	}
	j.d.foreign[m.node] = j.file
}

// add puts a new member into a mapping: at its old place when the same patch had cut it out, else at the end.
func (j *journal) add(m match, key, value *yaml.Node) {
	j.touch(m)
	i := j.place(m.node, key.Value)
	m.node.Content = slices.Insert(slices.Clip(m.node.Content), i, j.copyOf(key), j.copyOf(value))
}

// place is the index behind the nearest member that stood before the key and still does; the end for a new key.
func (j *journal) place(n *yaml.Node, key string) int {
	was := j.saved[n]
	i := mapIndex(was, key)
	if i < 0 {
		return len(n.Content)
	}
	for i -= 2; i >= 0; i -= 2 {
		if at := mapIndex(n, was.Content[i].Value); at >= 0 {
			return at + 2
		}
	}
	return 0
}

// push appends a list item.
func (j *journal) push(m match, item *yaml.Node) {
	j.touch(m)
	m.node.Content = append(slices.Clip(m.node.Content), j.copyOf(item))
}

// cut removes a node from what holds it.
func (j *journal) cut(m match) {
	holder := m.holder.node
	j.touch(*m.holder)
	j.gone = append(j.gone, m.node)
	from := slices.Index(holder.Content, m.node)
	to := from + 1
	if holder.Kind == yaml.MappingNode {
		from-- // the key goes too
	}
	holder.Content = slices.Delete(slices.Clone(holder.Content), from, to)
}
