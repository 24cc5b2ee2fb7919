package generator

// Observe compares recorded traffic with the patched description. Each entry is redacted (observe_redact.go), matched
// with an operation (observe_match.go), and walked beside its schemas (observe_walk.go); what differs is counted in the
// ledger (observe_ledger.go) and can be written as an overlay (observe_overlay.go). What is no finding stands in
// observe_rules.go.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Observer reads recordings one after the other.
type Observer struct {
	schemaView
	redactor
	version string
	routes  []*route
	client  *spot // of every envelope
	ledger  ledger
	unknown map[string][]*stranger // by host and prefix
	homes   map[string]bool        // hosts and prefixes that answered a known operation
	counts  ObservedEntries
	whole   int // responses for which the description has no JSON
	unread  []Unread
	files   fs.FS // the folder of the recording being read, or nil
}

// ObservedEntries counts what became of the entries. Each is in Foreign, Failed, Empty or Large, its response is in
// Responses, or its operation is a mismatch.
type ObservedEntries struct {
	Read      int            `json:"read"`
	Foreign   int            `json:"of_other_services"` // of hosts that no known operation was asked of
	Failed    int            `json:"failed"`            // answered with 400 or more, or not at all: never compared
	Empty     int            `json:"without_json"`      // nothing to compare: preflights, redirects, cached responses, pages, files
	Large     int            `json:"too_large"`
	Responses ObservedBodies `json:"responses"`
	Requests  ObservedBodies `json:"requests"` // of the same entries; those without query and body are not counted
}

// ObservedBodies counts what became of the bodies of requests or responses.
type ObservedBodies struct {
	Compared   int `json:"compared"`
	NoBody     int `json:"without_body"` // it was not recorded
	Unreadable int `json:"unreadable"`   // it was, but not as JSON or a form
}

// Unread is why bodies could not be compared.
type Unread struct {
	Part   string   `json:"part"` // response, request or entry
	Reason string   `json:"reason"`
	Count  int      `json:"count"`
	Where  []string `json:"where"` // file#entry, counted from 1; the first few
}

// Observation is what the recordings showed.
type Observation struct {
	APIVersion string          `json:"api_version"`
	Entries    ObservedEntries `json:"entries"`
	Operations struct {
		Observed int      `json:"observed"`
		Total    int      `json:"total"`
		Never    []string `json:"never_observed"`
	} `json:"operations"`
	Unread     []Unread   `json:"unread"`
	Mismatches []Mismatch `json:"mismatches"`
	Known      []Mismatch `json:"known"` // do not count: the work of who scrubbed the recording

	findings []*finding
	doc      *Document
	blind    bool
}

// Blind reports whether the recordings say nothing of responses: none was compared, and not because the description has
// no JSON for them. That there is no mismatch means nothing then.
func (o *Observation) Blind() bool { return o.blind }

// stranger is an entry of a path that the description lacks.
type stranger struct {
	verb, path, where string
	count             int
}

// NewObserver prepares the description: folded, patched, and fit to be loaded.
func NewObserver(cfg Config) (*Observer, error) {
	p, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	if _, _, err := loadOpenAPI(p.doc, !cfg.Pinned && !cfg.Strict); err != nil {
		return nil, err
	}
	o := &Observer{version: p.version, routes: routes(p.doc), unknown: map[string][]*stranger{}, homes: map[string]bool{}}
	o.schemaView = schemaView{doc: p.doc, places: map[string]*spot{}}
	o.ledger = ledger{findings: map[string]*finding{}, chances: map[string]int{}, fits: map[string]bool{}}
	o.names = map[string]bool{}
	o.publicNames(p.doc.Root)
	for _, r := range o.routes {
		if s, ok := successSchema(p.doc, r, "200"); ok && o.client == nil {
			if _, client, ok := o.envelope(s); ok && o.component(client) != "" {
				o.client = o.place(client)
			}
		}
	}
	return o, nil
}

// publicNames collects the names that the description uses for members and parameters.
func (o *Observer) publicNames(n *yaml.Node) {
	for key, v := range mapPairs(n) {
		if key == "properties" {
			for name := range mapPairs(v) {
				o.names[name] = true
			}
		}
		if key == "name" && mapGet(n, "in") != nil { // of a parameter
			o.names[v.Value] = true
		}
	}
	for _, c := range n.Content {
		o.publicNames(c)
	}
}

// ErrUnclosed is the error of a recording that ends between two entries, as one does whose writer was stopped. All of
// it was read.
var ErrUnclosed = errors.New("not closed")

// Read takes one recording, whose name stands in the report. An error is one line that quotes nothing of the recording;
// what came before it counts.
func (o *Observer) Read(name string, r io.Reader) error { return o.ReadWith(name, r, nil) }

// ReadWith is Read for a recording that keeps bodies in files of their own. They are read from files, which should be the
// FS of an os.Root for the recording's folder; nil means that they cannot be had.
func (o *Observer) ReadWith(name string, r io.Reader, files fs.FS) error {
	o.files = files
	h, err := readHAR(r, func(n int, e *harEntry) {
		o.counts.Read++
		where := fmt.Sprintf("%s#%d", name, n)
		if e == nil {
			o.counts.Large++
			o.tellUnread("entry", errLarge, where)
			return
		}
		o.entry(where, e)
	})
	if errors.Is(err, errCut) {
		return fmt.Errorf("%s: %w; its %d entries were read", name, ErrUnclosed, h.entries)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (o *Observer) entry(where string, e *harEntry) {
	verb := strings.ToUpper(string(e.Request.Method))
	u, err := looseURL(string(e.Request.URL))
	if err != nil {
		o.counts.Foreign++
		return
	}
	query := queryOf(u, e)
	if override := strings.ToUpper(query.Get("_method")); override != "" && verb == "POST" {
		verb = override
	}
	switch {
	case verb == "OPTIONS":
		o.counts.Empty++
		return
	case verb == "HEAD":
		verb = "GET" // what it asks for
	case !slices.Contains(verbs, strings.ToLower(verb)): // not to be shown: it may be anything
		o.counts.Foreign++
		return
	}
	m := matchRoute(o.routes, verb, u)
	if m.route == nil {
		o.stranger(where, verb, u.Host, m, e)
		return
	}
	o.homes[u.Host+m.prefix] = true
	if status := e.Response.Status; status < 200 || status >= 400 {
		o.counts.Failed++
		return
	}
	w := &walker{schemaView: &o.schemaView, ledger: &o.ledger, where: where, op: m.route.String(), creator: e.creator}
	o.request(w, m.route, query, e)
	o.answer(w, m.route, e)
}

// queryOf takes the query of the URL; some exporters have it in the list beside it only.
func queryOf(u *url.URL, e *harEntry) url.Values {
	q := looseQuery(u.RawQuery)
	if len(q) == 0 {
		e.Request.QueryString.addTo(q)
	}
	return q
}

// stranger keeps an unknown path until it is known which hosts are FAPI's.
func (o *Observer) stranger(where, verb, host string, m matched, e *harEntry) {
	if !m.fapi && !isJSON(e.Response.Content.media(e.Response.Headers)) {
		o.counts.Foreign++
		return
	}
	if s := e.Response.Status; s < 200 || s == http.StatusNotFound || s == http.StatusMethodNotAllowed {
		o.counts.Failed++ // the server does not know it either
		return
	}
	home := host + m.prefix
	i := slices.IndexFunc(o.unknown[home], func(s *stranger) bool { return s.verb == verb && s.path == m.path })
	switch {
	case i >= 0:
		o.unknown[home][i].count++
	case len(o.unknown) < 1000 && len(o.unknown[home]) < 1000:
		o.unknown[home] = append(o.unknown[home], &stranger{verb, m.path, where, 1})
	default:
		o.counts.Foreign++
	}
}

// answer compares the body of a success.
func (o *Observer) answer(w *walker, r *route, e *harEntry) {
	s, ok := successSchema(o.doc, r, fmt.Sprint(e.Response.Status))
	if !ok || e.bodyless() {
		o.counts.Empty++
		o.whole++
		r.seen++
		return
	}
	if e.Response.Status >= http.StatusMultipleChoices || strings.EqualFold(string(e.Request.Method), http.MethodHead) {
		o.counts.Empty++
		return
	}
	v, err := o.jsonOf(&e.Response.Content, e.Response.Headers)
	if err != nil {
		o.notRead(&o.counts.Responses, "response", err, w.where)
		return
	}
	o.counts.Responses.Compared++
	r.seen++
	v, at, client := o.envelopeParts(v, s)
	if v != nil {
		w.value(v, o.place(at), nil)
	}
	if client != nil && o.client != nil {
		w.value(client, o.client, nil)
	}
}

// jsonOf reads a body as JSON. An error says why it cannot be read.
func (o *Observer) jsonOf(b *harBody, headers harPairs) (v *redacted, err error) {
	data, err := b.read(o.files, headers, func(data []byte) bool {
		read := o.json(data)
		if read != nil {
			v = read // what fits last is what is given
		}
		return read != nil
	})
	if v == nil && err == nil {
		err = whyNotJSON(data)
	}
	return v, err
}

// notRead counts a body that could not be read.
func (o *Observer) notRead(counts *ObservedBodies, part string, why error, where string) {
	if errors.Is(why, errNoBody) {
		counts.NoBody++
	} else {
		counts.Unreadable++
	}
	o.tellUnread(part, why, where)
}

func (o *Observer) tellUnread(part string, why error, where string) {
	i := slices.IndexFunc(o.unread, func(u Unread) bool { return u.Part == part && u.Reason == why.Error() })
	if i < 0 {
		i = len(o.unread)
		o.unread = append(o.unread, Unread{Part: part, Reason: why.Error()})
	}
	u := &o.unread[i]
	if u.Count++; len(u.Where) < maxWhere {
		u.Where = append(u.Where, where)
	}
}

// Observation is what all recordings read so far showed.
func (o *Observer) Observation() *Observation {
	r := &Observation{APIVersion: o.version, Entries: o.counts, Unread: append([]Unread{}, o.unread...), Mismatches: []Mismatch{}, Known: []Mismatch{}, doc: o.doc}
	lost := o.counts.Responses.NoBody + o.counts.Responses.Unreadable + o.counts.Large
	r.blind = o.counts.Responses.Compared == 0 && (o.whole == 0 || lost > 0)
	r.Operations.Total, r.Operations.Never = len(o.routes), []string{}
	for _, route := range o.routes {
		if route.seen > 0 {
			r.Operations.Observed++
		} else {
			r.Operations.Never = append(r.Operations.Never, route.String())
		}
	}
	slices.Sort(r.Operations.Never)
	o.settle(r)
	for _, f := range o.ledger.sorted() {
		f.of, f.fits = o.ledger.chances[f.at.at], o.ledger.fits[f.at.at]
		m := f.mismatch(f.of)
		if m.Note != "" {
			r.Known = append(r.Known, m)
			continue
		}
		r.findings = append(r.findings, f)
		r.Mismatches = append(r.Mismatches, m)
	}
	return r
}

// settle tells the unknown paths of those hosts that a known operation was asked of.
func (o *Observer) settle(r *Observation) {
	for home, list := range o.unknown {
		for _, s := range list {
			if !o.homes[home] {
				r.Entries.Foreign += s.count
				continue
			}
			name := s.verb + " " + s.path
			f := o.ledger.add(finding{kind: MismatchUnknownPath, name: name}, nil, s.where, name)
			f.count, f.entries = s.count, s.count
		}
	}
	o.unknown = map[string][]*stranger{}
}
