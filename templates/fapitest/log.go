package fapitest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Request is one request as it arrived. Credentials are Redacted: the values of tokens, passwords and codes.
type Request struct {
	Method string // the verb that is meant: that of _method, when it is tunnelled
	Path   string // without a prefix before /v1
	Query  url.Values
	Form   url.Values // of the body; a file is "(file)"
	Header http.Header
	Status int   // of the answer; 0 when there was none
	Fault  Fault // that it met, without Skip and Times; the zero Fault is none
}

// Redacted stands in a Request for a value that is a secret.
const Redacted = "[redacted]"

// String is the method and the path.
func (r Request) String() string { return r.Method + " " + r.Path }

// maxRequests bounds the log of a server that runs for long.
const maxRequests = 100_000

// requestLog holds what arrived, in order.
type requestLog struct {
	mu   sync.Mutex
	list []*Request
}

var secretFields = []string{"password", "new_password", "current_password", "code", "token", "ticket", "signature", "captcha_token",
	"public_key_credential", "rotating_token_nonce", "code_verifier", "code_challenge", "expired_token", "__clerk_db_jwt",
	"__clerk_testing_token", "__clerk_ticket", "proof_token", "client_secret", "refresh_token", "access_token", "google_one_tap_token", "payment_token"}

var secretHeaders = []string{"Authorization", "Cookie"}

func redact(values url.Values) url.Values {
	out := url.Values{}
	for name, list := range values {
		out[name] = slices.Clone(list)
		if slices.Contains(secretFields, name) {
			for i, v := range list {
				if v != "" {
					out[name][i] = Redacted
				}
			}
		}
	}
	return out
}

func (l *requestLog) add(c *call, met Fault) *Request {
	r := &Request{Method: c.method, Path: c.path, Query: redact(c.query), Form: redact(c.form), Header: c.http.Header.Clone(), Fault: met}
	for _, name := range secretHeaders {
		if r.Header.Get(name) != "" {
			r.Header.Set(name, Redacted)
		}
	}
	for name, value := range c.body {
		if text, ok := value.(string); ok {
			r.Form[name] = redact(url.Values{name: {text}})[name]
		}
	}
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
			one.Query, one.Form, one.Header = redact(r.Query), redact(r.Form), r.Header.Clone()
			list = append(list, one)
		}
	}
	return list
}

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
