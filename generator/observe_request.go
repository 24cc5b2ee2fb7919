package generator

// Requests: what clients send and the description lacks. Only requests that the server took are looked at: one that it
// refused proves nothing. A form is text, so its members have names and words but no types.

import (
	"net/url"
	"slices"
	"strings"
)

// request compares query and body. A request that has neither is not counted.
func (o *Observer) request(w *walker, r *route, query url.Values, e *harEntry) {
	asked := o.query(w, r, query)
	sent, err := false, error(nil)
	if e.sent() {
		sent, err = o.body(w, r, e)
	}
	switch {
	case err != nil:
		o.notRead(&o.counts.Requests, "request", err, w.where)
	case asked || sent:
		o.counts.Requests.Compared++
	}
}

// body compares the body of a request; false when it is neither JSON nor a form, or the description has no JSON for it.
func (o *Observer) body(w *walker, r *route, e *harEntry) (bool, error) {
	post := &e.Request.PostData
	if !post.recorded() {
		return false, errNoBody
	}
	media := post.media(e.Request.Headers)
	if guess := o.guess(post, media, e.Request.Headers); guess != "" {
		media = guess
	}
	switch {
	case isJSON(media):
		s, declared := o.bodySchema(r, media)
		if !declared {
			return false, nil
		}
		v, err := o.jsonOf(post, e.Request.Headers)
		if err == nil {
			w.value(v, o.place(s), nil)
		}
		return true, err
	case isForm(media):
		form, err := post.form(o.files, media, e.Request.Headers)
		if err == nil {
			o.form(w, r, media, form)
		}
		return true, err
	}
	return false, nil
}

// guess is the media type of a body whose own says nothing: tools leave it out, and JSON is sent as text/plain to do
// without a preflight. "" means that it is as it is said to be, or that nothing is recognised.
func (o *Observer) guess(post *harBody, media string, headers harPairs) string {
	if media != "" && media != "x-unknown" && media != "text/plain" && media != "application/octet-stream" {
		return ""
	}
	if v, err := o.jsonOf(post, headers); err == nil && (v.kind == kindObject || v.kind == kindArray) {
		return "application/json"
	}
	found := func(fits func([]byte) bool) bool {
		data, err := post.read(o.files, headers, fits)
		return err == nil && fits(data)
	}
	switch {
	case media == "text/plain":
		return ""
	case found(isMultipart):
		return multiparts
	case found(isFormText) || len(post.Params) > 0:
		return urlencoded
	}
	return ""
}

// query reports parameters that the operation does not have.
func (o *Observer) query(w *walker, r *route, query url.Values) bool {
	declared, _ := parametersOf(o.doc, r.endpoint)
	for name, values := range query {
		if transportQuery(name) || declared["query "+name] != nil || declared["query "+name+"[]"] != nil {
			continue
		}
		for _, v := range values {
			w.tell(MismatchUnknownParameter, site{at: r.at + "/parameters"}, o.name(name), nil, formValue(v, name))
		}
	}
	return len(query) > 0
}

// bodySchema is the schema of a request body of this media type; any JSON stands for any other, and any form too.
func (o *Observer) bodySchema(r *route, media string) (site, bool) {
	body := o.follow(site{node: mapGet(r.op, "requestBody"), at: r.at + "/requestBody"})
	content := mapGet(body.node, "content")
	at := func(alike func(declared string) bool) (site, bool) {
		for key, m := range mapPairs(content) {
			if s := mapGet(m, "schema"); s != nil && alike(mediaType(key)) {
				return site{node: s, at: body.at + "/content/" + escapePointer(key) + "/schema"}, true
			}
		}
		return site{}, false
	}
	if s, ok := at(func(declared string) bool { return declared == media }); ok {
		return s, true
	}
	return at(func(declared string) bool {
		return isJSON(declared) && isJSON(media) || isForm(declared) && isForm(media)
	})
}

// form compares the members of a form with those declared.
func (o *Observer) form(w *walker, r *route, media string, form url.Values) {
	s, ok := o.bodySchema(r, media)
	if !ok {
		for name, values := range form {
			w.tell(MismatchUnknownParameter, site{at: r.at + "/requestBody"}, o.name(name), nil, formValue(values[0], name))
		}
		return
	}
	p := o.place(s)
	o.compile(p)
	w.ledger.chances[p.sites[0].at]++
	if p.free() {
		return
	}
	v := formObject(form)
	best := func() site { return o.best(p, v) }
	for name, values := range form {
		m := p.members[strings.TrimSuffix(name, "[]")]
		if m == nil && !p.open && p.extra == nil {
			w.tell(MismatchUnknownParameter, best(), o.name(name), p, formValue(values[0], name))
		}
		if m == nil {
			continue
		}
		words := m.place.words()
		for _, text := range values {
			if have := formValue(text, name); have.word != "" && words != nil && !slices.Contains(words, have.word) {
				w.tell(MismatchUnknownValue, w.enumAt(m.place, best), have.word, m.place, have)
			}
		}
	}
	for _, m := range p.order {
		if len(m.demands) > 0 && !form.Has(m.name) && !form.Has(m.name+"[]") {
			w.missing(m, p, v, best())
		}
	}
}

// formObject is the form as far as fit looks at it.
func formObject(form url.Values) *redacted {
	v := &redacted{kind: kindObject}
	for name, values := range form {
		v.keys, v.items = append(v.keys, name), append(v.items, formValue(values[0], name))
	}
	return v
}

// formValue is what a text under a name may be.
func formValue(s, name string) *redacted {
	if s == "true" || s == "false" {
		return &redacted{kind: kindBoolean}
	}
	var r redactor
	return r.text(s, name)
}
