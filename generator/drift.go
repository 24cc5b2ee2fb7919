package generator

// Drift: what changed between two descriptions, in the SDK's terms. The structure is compared on the folded descriptions
// before any patch; what users will notice is compared on the two programs that come of them, names lock included.

import (
	"fmt"
	"slices"
)

// Drift is the difference of two descriptions. Its JSON form is what --format json prints.
type Drift struct {
	Old     DriftSide       `json:"old"`
	New     DriftSide       `json:"new"`
	Bump    Bump            `json:"bump"`
	SDK     SDKImpact       `json:"sdk"`
	Changes []Change        `json:"changes"`
	Patches []OutcomeChange `json:"patches"`

	kept []byte
}

// DriftSide is one of the two descriptions.
type DriftSide struct {
	Name       string `json:"name"`
	APIVersion string `json:"api_version"`
	Digest     string `json:"digest"`
}

// Bump is the version change that the new program asks for.
type Bump struct {
	Level    string `json:"level"`     // major, minor, patch or none; unknown without a comparison of the programs
	BeforeV1 string `json:"before_v1"` // the same while the module is at v0: minor, patch or none
	Reason   string `json:"reason"`
}

// SDKImpact is what the users of the generated module will notice.
type SDKImpact struct {
	Incompatible []string     `json:"incompatible"`      // changes of the Go API that can break a build
	Compatible   []string     `json:"compatible"`        // the others
	Deprecated   []string     `json:"deprecated"`        // names whose subject is gone, kept by the names lock
	Wire         []WireChange `json:"wire"`              // what the same Go code does otherwise
	Unknown      string       `json:"unknown,omitempty"` // why nothing is known of all this
}

// WireChange is a change that Go types do not show.
type WireChange struct {
	Subject string `json:"subject"` // a method or a field
	Detail  string `json:"detail"`
	Breaks  bool   `json:"breaks"` // calls that worked may fail
}

// OutcomeChange is a patch whose outcome is not what it was.
type OutcomeChange struct {
	ID      string  `json:"id"`
	Old     Outcome `json:"old"`
	New     Outcome `json:"new"`
	Message string  `json:"message,omitempty"`
}

// Empty tells whether nothing at all was found.
func (d *Drift) Empty() bool {
	return len(d.Changes)+len(d.Patches)+len(d.SDK.Incompatible)+len(d.SDK.Compatible)+len(d.SDK.Deprecated)+len(d.SDK.Wire) == 0
}

// Breaking tells whether programs of users may no longer build, or calls of theirs no longer work.
func (d *Drift) Breaking() bool {
	return len(d.SDK.Incompatible) > 0 || slices.ContainsFunc(d.SDK.Wire, func(w WireChange) bool { return w.Breaks })
}

// KeptLock is the names lock of the old side with the definitions of the types that the new one lacks; nil when no lock
// took part.
func (d *Drift) KeptLock() []byte { return d.kept }

// CompareDescriptions tells what changed from the description of one configuration to that of another. With lock, names
// that are gone are kept as the names lock does it: old.Lock, or, where that is nil, a lock made of the old side.
func CompareDescriptions(old, new Config, lock bool) (*Drift, error) {
	before, err := readSide(old)
	if err != nil {
		return nil, err
	}
	now, err := readSide(new)
	if err != nil {
		return nil, err
	}
	d := &Drift{Old: before.named(), New: now.named(), Changes: diffDocuments(before.plain, now.plain), Patches: outcomeChanges(before.results, now.results)}
	if d.Changes == nil {
		d.Changes = []Change{}
	}
	if lock && old.Lock == nil {
		old.Lock = &Source{Name: "names.lock.yaml"}
	}
	d.SDK, d.kept, err = compareSDKs(old, new)
	if err != nil {
		d.SDK = SDKImpact{Unknown: oneLine(err)}
	}
	d.SDK.complete()
	d.Bump = d.bump()
	return d, nil
}

// side is a description, folded, and what the overlays make of it.
type side struct {
	*prepared
	plain    *Document // without patches
	overlays []*Overlay
}

func readSide(cfg Config) (*side, error) {
	p, overlays, err := read(cfg)
	if err != nil {
		return nil, err
	}
	s := &side{prepared: p, plain: p.doc.Clone(), overlays: overlays}
	settleDocument(s.plain)
	p.apply(overlays)
	p.settle()
	return s, nil
}

func (s *side) named() DriftSide {
	input := s.inputs[0] // its name has no path
	return DriftSide{Name: input.Name, APIVersion: s.version, Digest: input.Digest}
}

// complete makes empty lists of absent ones: never null in JSON.
func (s *SDKImpact) complete() {
	for _, list := range []*[]string{&s.Incompatible, &s.Compatible, &s.Deprecated} {
		if *list == nil {
			*list = []string{}
		}
	}
	if s.Wire == nil {
		s.Wire = []WireChange{}
	}
}

// outcomeChanges are the patches whose outcome differs.
func outcomeChanges(before, now []PatchResult) []OutcomeChange {
	was := map[string]Outcome{}
	for _, r := range before {
		was[r.ID] = r.Outcome
	}
	list := []OutcomeChange{}
	for _, r := range now {
		if o, ok := was[r.ID]; ok && o != r.Outcome {
			list = append(list, OutcomeChange{ID: r.ID, Old: o, New: r.Outcome, Message: r.Message})
		}
	}
	return list
}

// bump follows Semantic Versioning: the Go API decides. Before v1 a break raises the minor version and all else the patch.
func (d *Drift) bump() Bump {
	s := d.SDK
	switch {
	case s.Unknown != "":
		return Bump{"unknown", "unknown", "the generated modules could not be compared"}
	case len(s.Incompatible) > 0:
		return Bump{"major", "minor", counted(len(s.Incompatible), "incompatible change") + " of the Go API"}
	case len(s.Compatible)+len(s.Deprecated) > 0:
		return Bump{"minor", "patch", "the Go API grows, nothing in it breaks"}
	case !d.Empty():
		return Bump{"patch", "patch", "the Go API is the same"}
	}
	return Bump{"none", "none", "nothing changed"}
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
