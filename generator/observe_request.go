package generator

// Requests: what clients send and the description lacks. Only requests that the server took are looked at: one that it
// refused proves nothing. A form is text, so its members have names and words but no types.

import (
	"net/url"
	"slices"
	"strings"
)

// request compares query and body; false when the request has neither.
func (o *Observer) request(w *walker, r *route, query url.Values, e *harEntry) bool {
	asked := o.query(w, r, query)
	post := e.Request.PostData
	if post == nil {
		return asked
	}
	media := post.media(e.Request.Headers)
	if isJSON(media) {
		return o.jsonBody(w, r, media, post) || asked
	}
	form, ok := formOf(post, media)
	if !ok {
		return asked
	}
	o.form(w, r, media, form)
	return true
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

func (o *Observer) jsonBody(w *walker, r *route, media string, post *harBody) bool {
	body, ok := post.bytes()
	s, declared := o.bodySchema(r, media)
	if v := o.json(body); ok && declared && v != nil {
		w.value(v, o.place(s), nil)
		return true
	}
	return false
}

// bodySchema is the schema of a request body of this media type; any form stands for any other.
func (o *Observer) bodySchema(r *route, media string) (site, bool) {
	body := o.follow(site{node: mapGet(r.op, "requestBody"), at: r.at + "/requestBody"})
	content := mapGet(body.node, "content")
	list := []string{contentJSON}
	if !isJSON(media) {
		list = []string{mediaType(media), "application/x-www-form-urlencoded", "multipart/form-data"}
	}
	for _, known := range list {
		m, entry := contentOf(content, known)
		if s := mapGet(entry, "schema"); s != nil {
			return site{node: s, at: body.at + "/content/" + escapePointer(m) + "/schema"}, true
		}
	}
	return site{}, false
}

// formOf reads the members of a form, from the list or from the text.
func formOf(post *harBody, media string) (url.Values, bool) {
	form := url.Values{}
	if media != "application/x-www-form-urlencoded" && media != "multipart/form-data" {
		return nil, false
	}
	for _, p := range post.Params {
		form.Add(p.Name, p.Value)
	}
	if len(form) > 0 || media == "multipart/form-data" {
		return form, len(form) > 0
	}
	body, ok := post.bytes()
	if !ok {
		return nil, false
	}
	form, err := url.ParseQuery(strings.TrimSpace(string(body)))
	return form, err == nil && len(form) > 0
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
