package fapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// request describes one call: what is sent, not yet by whom. It is built by one goroutine and read-only from then on.
// The first mistake in building it is kept in err and becomes the call's error before anything is sent.
type request struct {
	verb, template string
	path           string // template with its arguments in, escaped
	params         values // the query
	header         values // headers that the operation declares
	body           bodyKind
	fields         values     // of a form or multipart body
	files          []filePart // of a multipart body
	text           []byte     // of a JSON body
	upload         *Upload    // of an octet-stream body
	isClient       bool       // `response` is the client
	mayBeEmpty     bool       // 204 is declared: there is no value then
	besides        []string   // members of a page beside its data and total_count
	internal       bool       // part of a larger call, which tells the listeners and deals with a refusal itself
	asks           bool       // internal, but a refusal is dealt with as that of any call
	err            error
}

type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyForm
	bodyMultipart
	bodyJSON
	bodyOctets
)

func get(path string, args ...string) *request   { return newRequest(http.MethodGet, path, args) }
func head(path string, args ...string) *request  { return newRequest(http.MethodHead, path, args) }
func post(path string, args ...string) *request  { return newRequest(http.MethodPost, path, args) }
func put(path string, args ...string) *request   { return newRequest(http.MethodPut, path, args) }
func patch(path string, args ...string) *request { return newRequest(http.MethodPatch, path, args) }
func del(path string, args ...string) *request   { return newRequest(http.MethodDelete, path, args) }

func newRequest(verb, template string, args []string) *request {
	r := &request{verb: verb, template: template}
	r.path, r.err = fillPath(template, args)
	return r
}

// fillPath puts args into the {placeholders} of template, in order, each escaped as part of one segment. Arguments that
// would make another path of it are refused: an empty one, ".", and "..", which servers resolve even when escaped.
func fillPath(template string, args []string) (string, error) {
	if len(args) == 0 && !strings.Contains(template, "{") {
		return template, nil
	}
	var b strings.Builder
	rest := template
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		switch {
		case !closed:
			return "", errors.New("path: a brace is not closed")
		case len(args) == 0:
			return "", fmt.Errorf("path argument %s: missing", name)
		case args[0] == "" || args[0] == "." || args[0] == "..":
			return "", fmt.Errorf(`path argument %s: empty, "." or ".."`, name)
		}
		b.WriteString(url.PathEscape(args[0]))
		args, rest = args[1:], tail
	}
	if len(args) > 0 {
		return "", errors.New("path: more arguments than placeholders")
	}
	return b.String(), nil
}

// reads says that the call asks only, and has no body.
func (r *request) reads() bool { return r.verb == http.MethodGet || r.verb == http.MethodHead }

// operation names the call in errors and logs: verb and path template, so without ids.
func (r *request) operation() string { return r.verb + " " + r.template }

// sessionQuery says which session a call is made on behalf of.
const sessionQuery = "_clerk_session_id"

// carriesSession says whether the wire rules put sessionQuery on this path (clerk-js: fapiClient.ts).
func (r *request) carriesSession() bool {
	return !isUnder(r.path, "/v1/client") && !isUnder(r.path, "/v1/waitlist")
}

// takesCredential reports whether the client's credential belongs on this path. The OAuth endpoints and the public documents
// authenticate by their own means (RFC 6749, section 2.3): there the caller gives what is to be sent.
func (r *request) takesCredential() bool {
	return !isUnder(r.path, "/oauth") && !isUnder(r.path, "/.well-known")
}

// takesCookies reports whether the cookies of a page go along: where its credential belongs, and to the authorization
// endpoint, where it is the user who is asked for.
func (r *request) takesCookies() bool { return r.takesCredential() || r.template == "/oauth/authorize" }

// wantsSessionToken says whether the credential on this path is a session token instead of the client's (clerk-js:
// modules/apiKeys).
func (r *request) wantsSessionToken() bool { return isUnder(r.path, "/api_keys") }

func isUnder(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '/')
}

func (r *request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// query adds the fields of params tagged `query`.
func (r *request) query(params any) *request {
	if err := r.params.addParams(params, "query"); err != nil {
		r.fail(err)
	}
	return r
}

// headers adds the fields of params tagged `header`. WithHeader goes over them.
func (r *request) headers(params any) *request {
	if err := r.header.addParams(params, "header"); err != nil {
		r.fail(err)
	}
	for _, h := range r.header {
		if !validHeader(h) {
			r.fail(fmt.Errorf("param %s: not valid in a header", h.key))
		}
	}
	return r
}

// form sends the fields of params tagged `form`, urlencoded.
func (r *request) form(params any) *request {
	r.body = bodyForm
	if err := r.fields.addParams(params, "form"); err != nil {
		r.fail(err)
	}
	return r
}

// multipart sends the fields of params tagged `form` as parts; a field of type *Upload is a file.
func (r *request) multipart(params any) *request {
	r.body = bodyMultipart
	err := eachField(params, "form", func(f field, rv reflect.Value) error {
		upload, ok := rv.Interface().(*Upload)
		switch {
		case !ok:
			return r.fields.addField(f, rv)
		case upload == nil:
			return nil
		}
		r.files = append(r.files, filePart{f.name, upload})
		return upload.check()
	})
	if err != nil {
		r.fail(err)
	}
	return r
}

// json sends params as JSON.
func (r *request) json(params any) *request {
	r.body = bodyJSON
	text, err := marshal(params)
	if err != nil {
		r.fail(err)
	}
	r.text = text
	return r
}

// octets sends the upload itself as the body.
func (r *request) octets(u *Upload) *request {
	r.body, r.upload = bodyOctets, u
	if err := u.check(); err != nil {
		r.fail(err)
	}
	return r
}

// responseIsClient marks an operation whose `response` is the client itself.
func (r *request) responseIsClient() *request {
	r.isClient = true
	return r
}

// orNoContent marks an operation that declares 204 beside its value.
func (r *request) orNoContent() *request {
	r.mayBeEmpty = true
	return r
}

// beside names members that the page has beside its data and total_count. They are in its raw JSON, and no mismatch.
func (r *request) beside(names ...string) *request {
	r.besides = names
	return r
}

// payload is the body to send, the form overrides of the call included. Calls that do more than read are forms, even with
// no fields, as in clerk-js (fapiClient.ts).
func (r *request) payload(form []override) (payload, error) {
	if len(form) > 0 && (r.body == bodyJSON || r.body == bodyOctets || r.reads()) {
		return payload{}, errors.New("WithForm: the body is not a form")
	}
	switch {
	case r.body == bodyMultipart:
		return multipartPayload(r.fields.with(form, 0), r.files)
	case r.body == bodyJSON:
		return textPayload(contentTypeJSON, r.text), nil
	case r.body == bodyOctets:
		return payload{r.upload.contentType(), []chunk{{file: newSource(r.upload.Reader)}}}, nil
	case r.reads():
		return payload{}, nil
	case len(form) == 0:
		return textPayload(contentTypeForm, []byte(r.fields.encode())), nil
	}
	return textPayload(contentTypeForm, []byte(r.fields.with(form, 0).encode())), nil
}
