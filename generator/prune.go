package generator

// Prune: stale patches are cut out of an overlay's text by lines. The file is never encoded anew, so that comments, order
// and style of all the rest stay as they are, byte for byte.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Pruned is an overlay without its stale patches.
type Pruned struct {
	Source          // the text to write
	IDs    []string // the patches that are gone, in the file's order
}

// Prune cuts the stale patches out of the overlays, and tells only of overlays that have any. A built-in overlay is
// returned with its text unchanged: it is no file. What is left is applied once more: nothing else may change its outcome.
func Prune(cfg Config) ([]Pruned, error) {
	results, err := CheckPatches(cfg)
	if err != nil {
		return nil, err
	}
	var all []Pruned
	cut := cfg
	cut.Overlays = slices.Clone(cfg.Overlays)
	stays := results
	for i, src := range cfg.Overlays {
		goes := func(r PatchResult) bool { return r.Outcome == Stale && r.Overlay == src.Name }
		stale := slices.DeleteFunc(slices.Clone(results), func(r PatchResult) bool { return !goes(r) })
		if len(stale) == 0 {
			continue
		}
		p := Pruned{Source: src}
		for _, r := range stale {
			p.IDs = append(p.IDs, r.ID)
		}
		if !src.Builtin {
			if p.Data, err = cutPatches(src, stale, strings.Join(p.IDs, ", ")); err != nil {
				return nil, err
			}
			cut.Overlays[i] = p.Source
			stays = slices.DeleteFunc(slices.Clone(stays), goes)
		}
		all = append(all, p)
	}
	return all, sameOutcomes(cut, stays)
}

// sameOutcomes proves that the patches that are left do what they did. A removed patch has changed nothing, but its dates
// may have been the newest known.
func sameOutcomes(cut Config, stays []PatchResult) error {
	after, err := CheckPatches(cut)
	if err != nil {
		return fmt.Errorf("not pruned, what is left is not read any more: %w", err)
	}
	for i, was := range stays {
		if i >= len(after) || after[i].ID != was.ID {
			return fmt.Errorf("%s:%d: %s: not pruned: it would go too; remove the stale patches by hand", was.Overlay, was.Line, was.ID)
		}
		if now := after[i]; now.Outcome != was.Outcome {
			return fmt.Errorf("%s:%d: %s: not pruned: %s now, but %s without the stale patches; remove them by hand",
				was.Overlay, was.Line, was.ID, was.Outcome, now.Outcome)
		}
	}
	return nil
}

// cutPatches removes the lines of the stale patches; ids name them in messages.
func cutPatches(src Source, stale []PatchResult, ids string) ([]byte, error) {
	o, err := ParseOverlay(src.Name, src.Data)
	if err != nil {
		return nil, err
	}
	key, actions := o.actions()
	if actions.Style&yaml.FlowStyle != 0 || actions.Column == 0 { // a JSON file's nodes have no columns
		return nil, fmt.Errorf("%s:%d: actions: [...] in flow style cannot be cut by lines; write each action as a list item of its own, or remove %s by hand",
			src.Name, actions.Line, ids)
	}
	t := newActionText(src.Data, o, key, actions)
	gone := map[*yaml.Node]bool{}
	for _, p := range o.patches {
		for _, a := range p.actions { // by the line: without x-fapigen-patch an id is a target, and two may have the same
			gone[a.node] = slices.ContainsFunc(stale, func(r PatchResult) bool { return r.Line == p.line() })
		}
	}
	text := t.without(gone)
	if err := onlyGone(src.Name, text, actions.Content, gone); err != nil {
		return nil, fmt.Errorf("%s: not pruned: the lines of %s hold more than their actions (%w); remove them by hand", src.Name, ids, err)
	}
	return text, nil
}

// onlyGone proves that the text has all the other actions, unchanged and in order.
func onlyGone(name string, text []byte, actions []*yaml.Node, gone map[*yaml.Node]bool) error {
	left, err := ParseOverlay(name, text)
	if err != nil {
		return err
	}
	_, list := left.actions()
	kept := slices.DeleteFunc(slices.Clone(actions), func(n *yaml.Node) bool { return gone[n] })
	if !slices.EqualFunc(kept, list.Content, func(a, b *yaml.Node) bool { return sameNode("", a, b) }) {
		return errors.New("another action would change")
	}
	return nil
}

// actions are the key and the list.
func (o *Overlay) actions() (key, list *yaml.Node) {
	i := mapIndex(o.doc.Root, "actions")
	return o.doc.Root.Content[i], o.doc.Root.Content[i+1]
}
