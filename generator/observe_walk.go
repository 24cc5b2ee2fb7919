package generator

// The walk: a redacted value beside the place that describes it. What differs goes to the ledger, under the pointer of
// the schema that says otherwise: a shared component is named once, however many operations lead to it.

import (
	"slices"
)

// walker compares one answer or request.
type walker struct {
	*schemaView
	ledger *ledger

	where   string // file#entry
	op      string
	creator string // of the file
}

// value compares one value. best gives the branch that its parent turned out to be.
func (w *walker) value(v *redacted, p *spot, best func() site) {
	if v.kind == kindUnknown || len(p.parts) == 0 {
		return
	}
	if len(p.sites) == 1 {
		w.ledger.chances[p.sites[0].at]++
	}
	if v.kind == kindNull {
		if !p.nullable && !slices.ContainsFunc(p.parts, func(s site) bool { return w.accepts(s, kindNull) }) {
			w.tell(MismatchNull, pick(p.sites, best), "", p, v)
		}
		return
	}
	if !slices.ContainsFunc(p.parts, func(s site) bool { return w.accepts(s, v.kind) }) {
		w.tell(MismatchWrongType, pick(p.sites, best), "", p, v)
		return
	}
	for _, s := range p.sites {
		w.ledger.fits[s.at] = true
	}
	w.compile(p)
	switch v.kind {
	case kindObject:
		w.object(v, p)
	case kindArray:
		for _, item := range v.items {
			if p.items != nil {
				w.value(item, p.items, best)
			}
		}
	case kindString:
		if words := p.words(); v.isWord && words != nil && !slices.Contains(words, v.word) {
			w.tell(MismatchUnknownValue, w.enumAt(p, best), v.word, p, v)
		}
	}
}

func (w *walker) object(v *redacted, p *spot) {
	if p.free() {
		return
	}
	if len(p.leaves) == 1 && p.leaves[0].at != p.sites[0].at {
		w.ledger.chances[p.leaves[0].at]++
	}
	var found *site
	best := func() site {
		if found == nil {
			leaf := w.best(p, v)
			found = &leaf
		}
		return *found
	}
	for i, key := range v.keys {
		switch m := p.members[key]; {
		case m != nil:
			w.value(v.items[i], m.place, best)
		case p.extra != nil:
			w.value(v.items[i], p.extra, best)
		case !p.open:
			w.tell(MismatchUnknownMember, best(), key, p, v.items[i])
		}
	}
	for _, m := range p.order {
		if len(m.demands) > 0 && v.member(m.name) == nil {
			w.missing(m, p, v, best())
		}
	}
}

// missing reports a required member that is not there, unless it cannot be known.
func (w *walker) missing(m *slot, p *spot, v *redacted, leaf site) {
	if v.masked {
		return
	}
	group := m.demands[0]
	for _, g := range m.demands {
		if slices.Contains(g, leaf.at) {
			group = g
		}
	}
	at := site{at: group[len(group)-1]}
	note := missingNote(readable(at.at)+"."+m.name, w.creator)
	w.ledger.add(finding{kind: MismatchMissing, at: at, name: m.name, place: p, demands: group, note: note}, nil, w.where, w.op)
}

// enumAt is the schema whose enum lacks a word.
func (w *walker) enumAt(p *spot, best func() site) site {
	at := pick(p.sites, best)
	for _, part := range w.place(at).parts {
		if mapGet(part.node, "enum") != nil {
			return part
		}
	}
	return p.parts[0]
}

// pick is the site that the best branch declares, else the first.
func pick(sites []site, best func() site) site {
	if len(sites) > 1 && best != nil {
		leaf := best()
		for _, s := range sites {
			if s.of == leaf.at {
				return s
			}
		}
	}
	return sites[0]
}

func (w *walker) tell(kind MismatchKind, at site, name string, p *spot, v *redacted) {
	w.ledger.add(finding{kind: kind, at: at, name: name, place: p}, v, w.where, w.op)
}
