package fapitest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Request is one request as it arrived. Secrets are Redacted, wherever they stand: tokens, tickets, nonces, passwords, codes
// and whatever else is named or looks like a credential. Outbox has what was sent to users.
type Request struct {
	Method string // the verb that is meant: that of _method, when it is tunnelled
	Path   string // without a prefix before /v1
	Query  url.Values
	Form   url.Values // of the body; a file is "(file)"
	Header http.Header
	Status int   // of the answer; 0 when there was none
	Fault  Fault // that it met, without Skip and Times; the zero Fault is none
}

// String is the method and the path.
func (r Request) String() string { return r.Method + " " + r.Path }

// maxRequests bounds the log of a server that runs for long.
const maxRequests = 100_000

// requestLog holds what arrived, in order.
type requestLog struct {
	mu   sync.Mutex
	list []*Request
}

func (l *requestLog) add(c *call, met Fault) *Request {
	form := maps.Clone(c.form)
	for name, value := range c.body {
		if text, ok := value.(string); ok {
			form[name] = []string{text}
		}
	}
	r := &Request{Method: c.method, Path: shownPath(c.path), Query: shownValues(c.query), Form: shownValues(form), Header: shownHeader(c.http.Header), Fault: met}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == maxRequests {
		l.list = slices.Delete(l.list, 0, maxRequests/2)
	}
	l.list = append(l.list, r)
	return r
}

func (l *requestLog) done(r *Request, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Status = status
}

// Requests are those so far, in the order of arrival, the last 50,000 of them at least. With arguments only those of these
// forms: "POST /v1/client/sign_ins", "POST /v1/organizations/*/memberships" with anything for the star, or "GET /v1/me/*" for
// all that start so. They are copies; nobody else has them.
func (s *Server) Requests(wanted ...string) []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	var list []Request
	for _, r := range s.requests.list {
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return matches(w, r.String()) }) {
			one := *r
			one.Query, one.Form, one.Header = cloneValues(r.Query), cloneValues(r.Form), r.Header.Clone()
			list = append(list, one)
		}
	}
	return list
}

func cloneValues(values url.Values) url.Values { return url.Values(http.Header(values).Clone()) }

// matches tells whether "POST /path" is of a form. A `*` stands for one segment, at the form's end for anything.
func matches(form, text string) bool {
	form, open := strings.CutSuffix(form, "*")
	want, have := strings.Split(form, "/"), strings.Split(text, "/")
	if len(want) > len(have) || !open && len(want) < len(have) {
		return false
	}
	for i, w := range want {
		switch last := i == len(want)-1; {
		case w == "*", w == have[i], last && open && strings.HasPrefix(have[i], w):
		default:
			return false
		}
	}
	return true
}
