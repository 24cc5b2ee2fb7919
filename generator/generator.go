// Package generator turns Clerk's Frontend API (FAPI) description into a Go SDK.
//
// It is one straight line, with the IR (ir.go) as its narrow waist:
//
//	bytes -> document tree -> normalise -> patch -> load and validate -> build IR -> check -> emit files -> write | diff
//
// The stages, in reading order:
//
//   - document.go, normalise.go: YAML or JSON to a tree and back; the bundler's copies of schemas are folded.
//   - overlay.go, guard.go, apply.go: corrections (patches.yaml), names, sentences and error codes (overlays) are applied.
//   - load.go, tolerate.go: the lint that kin-openapi lacks, then kin-openapi's typed view.
//   - build.go and build_*.go, envelope.go, naming.go: the IR. Names are given here and nowhere later.
//   - lock.go and lock_*.go: the names lock; what upstream dropped but users may use is put back, deprecated.
//   - supply.go, mend.go, check.go, runtime_facts.go: what must hold before anything is printed.
//   - emit.go and emit_*.go, surface.go, shape.go: files in memory.
//   - write.go: files to disk, or the difference from what is there.
//   - har.go, observe.go and observe_*.go: recorded traffic beside the description.
//
// Beside the line stand the maintainer's tools: update.go and status.go pin a description and compare the patches; explain.go,
// prune.go and export.go look after them, from what places.go reads off the journal of a patch; drift.go and drift_*.go compare
// two descriptions and the programs that come of them (gotypes.go).
//
// Only the builders know kin-openapi, only the emitters know jennifer; waist_test.go keeps it so.
package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Source is one input as bytes, with the name that messages use.
type Source struct {
	Name    string
	Data    []byte
	Builtin bool // it came with the binary, not from a file
}

// Config is all that a generation depends on: the same Config gives the same Output, byte for byte.
type Config struct {
	Spec       Source
	Overlays   []Source // applied in this order
	MustFit    int      // so many of the overlays, from the first on, correct one API: another one's description is refused
	Lock       *Source  // names.lock.yaml; nil: no names are locked
	LockFixed  bool     // the lock holds, but is not brought up to date: these overlays are not the ones that it is about
	APIVersion string   // a date that overrides the description's own; "" takes that
	Module     string   // import path of the output: of a module, or of a folder of one
	NoModFile  bool     // the output belongs to a module that is there: it gets no go.mod
	Templates  fs.FS    // the folder templates: runtime and prose
	Pinned     bool     // the description is the pinned one: it must be clean
	Strict     bool     // as for the pinned one, whatever the description
	NoContract bool     // leave out the runtime's contract and the sentences' completeness: for tiny descriptions in tests

	before *API // the program that this one replaces: types that are gone are retired into the lock
}

// Input names one input and its digest.
type Input struct {
	Name    string
	Digest  string
	Builtin bool
}

// inputOf keeps a built-in name whole and of any other the last part: the output depends on no path.
func inputOf(src Source) Input {
	name := filepath.ToSlash(src.Name)
	if !filepath.IsLocal(src.Name) {
		name = path.Base(name)
	}
	return Input{Name: name, Digest: Digest(src.Data), Builtin: src.Builtin}
}

// Output is a generated module in memory.
type Output struct {
	Files   Files
	Inputs  []Input
	Summary Summary
	Patches []PatchResult
	Folds   []Fold
	Lock    []byte // names.lock.yaml as it ought to be; nil when there is none, a built-in one, or a fixed one

	names []byte // the lock, whoever it belongs to
	kept  []byte // the lock with newly retired types, but without new names
	api   *API
	doc   *Document // patched
}

// Generate runs the whole line up to files in memory.
func Generate(cfg Config) (*Output, error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	strict := cfg.Pinned || cfg.Strict
	spec, warnings, err := loadOpenAPI(p.doc, !strict)
	if err != nil {
		return nil, err
	}
	rt, err := readRuntime(cfg.Templates)
	if err != nil {
		return nil, err
	}
	made, err := build(p.doc, spec, p.version, rt.types, !strict)
	if err != nil {
		return nil, err
	}
	if !strict && !cfg.NoContract {
		made.warnings = append(made.warnings, supply(made.api, rt)...)
	}
	out := &Output{Patches: p.results, Folds: p.folds, Inputs: p.inputs, api: made.api, doc: p.doc}
	told, err := out.lock(cfg)
	if err != nil {
		return nil, err
	}
	warnings = append(warnings, told...)
	out.Summary = summarise(made.api, p)
	complaints := append(append(p.complaints, p.idle...), made.unused...)
	if cfg.NoContract {
		rt.stub = nil
	} else {
		missing := missingSentences(made.api)
		out.Summary.Missing = len(missing)
		complaints = append(complaints, missing...)
	}
	if !strict {
		made.warnings = append(made.warnings, mend(made.api, rt)...)
	}
	problems := errors.Join(check(made.api, rt), p.uncounted(made.api))
	if problems != nil && !strict {
		problems = errors.Join(problems, asErrors(made.leftOut)) // they may be the reason
	}
	if strict {
		problems = errors.Join(problems, asErrors(append(complaints, made.warnings...)))
	}
	if problems != nil {
		return nil, problems
	}
	for _, line := range slices.Concat(p.warnings, warnings, made.warnings, complaints) {
		out.Summary.Warnings = append(out.Summary.Warnings, OneLine(line))
	}
	return out, out.emit(cfg, made.api, p.doc)
}

// lock holds the names to the lock, if there is one, and tells what would change.
func (o *Output) lock(cfg Config) (told []string, err error) {
	if cfg.Lock == nil {
		return nil, nil
	}
	l, err := parseLock(*cfg.Lock)
	if err != nil {
		return nil, err
	}
	if cfg.before != nil {
		l.retire(cfg.before, o.api)
		o.kept = l.render()
	}
	told, err = lockNames(o.api, l)
	o.names = l.render()
	src := *cfg.Lock
	if !src.Builtin && !cfg.LockFixed {
		src.Data, o.Lock = o.names, o.names
	}
	o.Inputs = append(o.Inputs, inputOf(src))
	return told, err
}

func asErrors(lines []string) error {
	var list []error
	for _, line := range lines {
		list = append(list, errors.New(OneLine(line)))
	}
	return joinSorted(list)
}

// emit renders every file.
func (o *Output) emit(cfg Config, api *API, doc *Document) error {
	files, err := emitIR(api)
	if err != nil {
		return err
	}
	static, err := emitStatic(cfg.Templates, templateData{Module: cfg.Module, Version: api.Version,
		Operations: o.Summary.Operations, Services: o.Summary.Services, Types: o.Summary.Types, strict: cfg.Pinned || cfg.Strict})
	if err != nil {
		return err
	}
	for name := range static {
		if data, clash := files[name]; clash { // the file of a service or a family gives way to the runtime's
			for files[name] != nil || static[name] != nil {
				name = strings.TrimSuffix(name, ".go") + "_api.go"
			}
			files[name] = data
		}
	}
	maps.Copy(files, static)
	if cfg.NoModFile {
		delete(files, "go.mod")
	}
	rows, err := surface(doc)
	if err != nil {
		return err
	}
	files[packageDir+"testdata/operations.json"] = []byte(Terminal(string(rows)))
	table, err := operationTable(doc)
	if err != nil {
		return err
	}
	if files[tableFile], err = emitTable(api, table); err != nil {
		return err
	}
	if err := verify(files, static, api); err != nil {
		return err
	}
	for name, data := range files {
		if strings.HasSuffix(name, ".go") {
			o.Summary.Lines += strings.Count(string(data), "\n")
		}
	}
	o.Files, o.Summary.Files = files, len(files)
	return nil
}

// prepared is a description that is ready to load: folded and patched.
type prepared struct {
	doc        *Document
	version    string
	folds      []Fold
	results    []PatchResult // of patches, without the annotations
	complaints []string      // about patches: fatal for the pinned description, warnings for others
	idle       []string      // about names and sentences, likewise
	warnings   []string
	inputs     []Input
	fit        Fit
	declared   map[string]string // operations of the patched description and where each stands
}

// uncounted are the operations that the description has and that are neither built nor told to be left out: a fault of the
// generator, which must not pass for a description without them.
func (p *prepared) uncounted(api *API) error {
	missing := maps.Clone(p.declared)
	for _, o := range api.Operations() {
		delete(missing, o.Verb+" "+o.Path)
	}
	var problems []error
	for name, where := range missing {
		if !p.doc.leftOut[name] {
			problems = append(problems, problem(where, "%s: nothing was made of this operation, and no warning says why; this is a fault of fapigen", name))
		}
	}
	return joinSorted(problems)
}

// prepare reads the description and applies the overlays.
func prepare(cfg Config) (*prepared, error) {
	p, overlays, err := read(cfg)
	if err != nil {
		return nil, err
	}
	p.apply(overlays)
	p.settle()
	return p, nil
}

// settle makes the document plain for those who read it: overlays see it as it is written, later stages with its path
// items in their places.
func (p *prepared) settle() {
	plainRefs(p.doc, p.doc.Root)
	p.declared = declaredOperations(p.doc)
	p.warnings = append(p.warnings, settleDocument(p.doc)...)
}

// settleDocument is settle for any document.
func settleDocument(d *Document) (warnings []string) {
	warnings = slices.Concat(d.notes, inlinePathItems(d), settleWords(d))
	dropDefaults("document", d.Root)
	return warnings
}

func (p *prepared) apply(overlays []*Overlay) {
	for _, o := range overlays {
		p.take(o.Name, o.Apply(p.doc, p.version))
	}
}

// read parses and folds the description, and parses the overlays.
func read(cfg Config) (*prepared, []*Overlay, error) {
	doc, err := ParseDocument(cfg.Spec.Name, cfg.Spec.Data)
	if err != nil {
		return nil, nil, err
	}
	if err := checkVersion(doc); err != nil {
		return nil, nil, err
	}
	p := &prepared{doc: doc, inputs: []Input{inputOf(cfg.Spec)}}
	if p.version, err = APIVersion(cfg.APIVersion, doc, cfg.Spec.Name); err != nil {
		return nil, nil, err
	}
	if p.folds, err = Normalise(doc); err != nil {
		return nil, nil, err
	}
	var overlays []*Overlay
	var problems []error
	for _, src := range cfg.Overlays {
		overlay, err := ParseOverlay(src.Name, src.Data)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		overlays = append(overlays, overlay)
		p.inputs = append(p.inputs, inputOf(src))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	p.fit = fitOf(p.doc, overlays[:cfg.MustFit])
	return p, overlays, p.fit.check(cfg.Spec.Name)
}

// take sorts the results of one overlay into what is told and what is fatal.
func (p *prepared) take(name string, results []PatchResult) {
	missing := 0
	for _, r := range results {
		if !r.Annotation {
			p.results = append(p.results, r)
		}
		switch {
		case r.Outcome != Conflict && r.Outcome != Absent:
		case r.Annotation:
			p.idle = append(p.idle, r.Message)
		default:
			p.complaints = append(p.complaints, r.Message)
		}
		if r.Outcome == Absent || r.Outcome == Skipped {
			missing++
		}
	}
	if missing*10 > len(results) {
		p.warnings = append(p.warnings, fmt.Sprintf("%s: %d of %d patches are about things that this description lacks", name, missing, len(results)))
	}
}

// CheckPatches applies the overlays and tells the outcome of every patch. Nothing is generated.
func CheckPatches(cfg Config) ([]PatchResult, error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	return p.results, nil
}

// Validate tells whether a description can be loaded at all, its overlays applied. Warnings are what it has that is not
// known, a line each.
func Validate(cfg Config) (warnings []string, err error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	_, warnings, err = loadOpenAPI(p.doc, true)
	return warnings, err
}

// MaxDocument is the largest input that is read, in bytes.
const MaxDocument = maxBytes
