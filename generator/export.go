package generator

// Export: what the patches change, as an OpenAPI Overlay 1.1.0 that any tool applies to the same effect. It is written
// from the changes, not copied from the patches, because engines differ in what they make of the same action: some keep
// the old type of a scalar, all append list items that are there already, and none knows of guards and versions.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Exported is the corrections of one description for other tools.
type Exported struct {
	Overlay  []byte        // YAML
	Document []byte        // the description, folded and patched, without fapigen's own members: what applying Overlay gives
	Version  string        // the API version
	Applied  int           // how many patches are in it
	LeftOut  []PatchResult // those that are not: stale, absent, in conflict or skipped
	Folds    int           // components that had copies: above 0, the description as it was published is not the one to apply to
}

// Export applies the patches to the description and writes down what they changed. The x-fapigen members of names,
// sentences and known values are fapigen's own and are left out. With cfg.Strict a stale, an absent or a conflicting patch is
// an error.
func Export(cfg Config) (*Exported, error) {
	p, overlays, err := read(cfg)
	if err != nil {
		return nil, err
	}
	out := &Exported{Version: p.version, Folds: len(p.folds)}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	var problems []error
	for _, o := range overlays {
		version := o.known(p.version)
		for _, patch := range o.patches {
			if patch.annotation {
				continue
			}
			res, journal := o.attempt(p.doc, patch, version)
			if journal == nil {
				out.LeftOut = append(out.LeftOut, res)
				if cfg.Strict && res.Outcome != Skipped {
					problems = append(problems, errors.New(res.Message))
				}
				continue
			}
			out.Applied++
			list.Content = append(list.Content, exportPatch(patch.description, journal)...)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(list.Content) == 0 {
		return nil, fmt.Errorf("%s: no patch changes this description; there is nothing to export", cfg.Spec.Name)
	}
	out.Overlay = []byte(exportHead(p) + encodeYAML(exportRoot(p.version, list)))
	out.Document, err = nodeJSON(plainTree(p.doc.Root))
	return out, err
}

// plainTree is a copy without fapigen's own members: no other tool reads them.
func plainTree(n *yaml.Node) *yaml.Node {
	return cloneTree(n, func(_, fresh *yaml.Node) {
		for key := range mapPairs(fresh) {
			if isOwn(key) {
				mapDelete(fresh, key)
			}
		}
	})
}

func isOwn(key string) bool { return strings.HasPrefix(key, "x-fapigen") }

func exportHead(p *prepared) string {
	return commentYAML(fmt.Sprintf("Corrections of FAPI %s, made by fapigen patches export from %s (%s).", p.version, p.inputs[0].Name, p.inputs[0].Digest)) +
		commentYAML("They are about that description with the bundler's copies folded, as fapigen update pins it.")
}

func exportRoot(version string, actions *yaml.Node) *yaml.Node {
	info := mapping("title", stringNode("Corrections of Clerk's Frontend API"), "version", stringNode(version))
	return mapping("overlay", stringNode("1.1.0"), "info", info, "actions", actions)
}

// mapping makes a mapping of keys and values in turn.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, stringNode(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}

func boolNode(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(b)}
}

// exportPatch is the actions of one patch. The first has the patch's description.
func exportPatch(description string, j *journal) []*yaml.Node {
	var actions []*yaml.Node
	add := func(target, effect string, value *yaml.Node) {
		a := mapping("target", stringNode(target))
		if description != "" {
			a.Content = append(a.Content, stringNode("description"), stringNode(description))
			description = ""
		}
		a.Content = append(a.Content, stringNode(effect), value)
		actions = append(actions, a)
	}
	for _, p := range j.places() {
		update := mapping()
		for _, c := range p.changes() {
			if isOwn(c.key) {
				continue
			}
			value, remove := c.export()
			if remove {
				add(p.target+pathStep(c.key), "remove", boolNode(true))
			}
			if value != nil {
				update.Content = append(update.Content, stringNode(c.key), plainTree(value))
			}
		}
		if len(update.Content) > 0 {
			add(p.target, "update", update)
		}
	}
	return actions
}

// export is what to merge into the holder, if anything, and whether the old value has to go first.
func (c change) export() (value *yaml.Node, remove bool) {
	if c.before == nil || c.after == nil {
		return c.after, c.after == nil
	}
	if c.before.Kind == yaml.ScalarNode && c.after.Kind == yaml.ScalarNode && c.before.Tag == c.after.Tag {
		return c.after, false
	}
	if before := c.before.Content; c.before.Kind == yaml.SequenceNode && c.after.Kind == yaml.SequenceNode && len(before) < len(c.after.Content) {
		same := func(a, b *yaml.Node) bool { return sameNode("", a, b) }
		if slices.EqualFunc(before, c.after.Content[:len(before)], same) {
			return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Content: c.after.Content[len(before):]}, false
		}
	}
	return c.after, true
}
