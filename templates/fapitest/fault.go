package fapitest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what goes wrong with requests. Its members may be combined; the zero Fault does nothing. A refused or dropped
// request has not changed anything, unless the name says otherwise.
type Fault struct {
	On    string // which requests: "POST /v1/client/sign_ins/*/reset_password", "GET /v1/*" for all that start so, "" for all
	Skip  int    // so many of them are answered well before
	Times int    // so many of them fail; 0 is one, -1 all until the fault is removed

	Latency    time.Duration // before the server acts
	DropBefore bool          // the connection breaks before the server acts
	DropAfter  bool          // the server acts, and the connection breaks instead of the answer
	Truncate   bool          // the answer ends in the middle of its body
	Reorder    bool          // the server acts, and the answer waits until a later request has been answered, at most a second

	Status     int           // refused with this status: 401, 429, 5xx or another from 400 to 599
	Code       string        // the error code of that; "" is the usual one
	RetryAfter time.Duration // the header Retry-After of that, in whole seconds; 0 is none

	NullClient  bool          // the answer has null where the client stands beside a response
	StaleClient bool          // the answer has the client as it was before the last change
	StaleToken  bool          // the client token counts as rotated away: its bearer gets a new client without sessions
	Unknown     bool          // the answer has members and enum values that no description knows
	ClockSkew   time.Duration // the Date header is off by this
}

// Inject makes requests fail, until the fault's Times are used up or remove is called. Of several faults that are about a
// request the first one injected counts. A fault that cannot happen is a mistake in the test, so Inject panics: where On is
// malformed or fits no operation, Status is no failure, or a number is negative that must not be.
func (s *Server) Inject(f Fault) (remove func()) {
	if err := s.checkFault(f); err != nil {
		panic("fapitest: Inject: " + err.Error())
	}
	if f.Times == 0 {
		f.Times = 1
	}
	p := &pendingFault{Fault: f}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, p)
	return func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		p.Times = 0
	}
}

// WithFault injects a fault from the start. New fails where Inject would panic.
func WithFault(f Fault) Option {
	return func(s *Server) error { s.cfg.faults = append(s.cfg.faults, f); return nil }
}

func (s *Server) checkFault(f Fault) error {
	switch {
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status %d is not a failure", f.Status)
	case f.Times < -1 || f.Skip < 0 || f.Latency < 0 || f.RetryAfter < 0:
		return errors.New("a number is negative")
	case f.On == "" || f.On == "*":
		return nil
	}
	method, path, _ := strings.Cut(f.On, " ")
	if !slices.Contains(verbs, method) || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("the form %q is not one such as %q", f.On, "GET /v1/client")
	}
	if !strings.HasSuffix(path, "*") && s.table.match(&call{method: method, path: path}) == nil {
		return fmt.Errorf("no operation is called %s", f.On)
	}
	return nil
}

var verbs = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

type pendingFault struct{ Fault }

type faultList struct {
	mu      sync.Mutex
	list    []*pendingFault
	waiting chan struct{} // closed when another request has been answered
	closed  bool
}

// activeFault is what a fault does to one request. The zero value does nothing.
type activeFault struct {
	latency                                      time.Duration
	dropBefore, dropAfter, truncate, reorder     bool
	nullClient, staleClient, staleToken, unknown bool
	skew                                         time.Duration
	refusal                                      *apiError
	header                                       http.Header
}

// take finds the fault of a request and uses it up once.
func (l *faultList) take(method, path string) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.list {
		if p.Times == 0 || p.On != "" && !matches(p.On, method+" "+path) {
			continue
		}
		if p.Skip > 0 {
			p.Skip--
			continue
		}
		if p.Times > 0 {
			p.Times--
		}
		met := p.Fault
		met.Skip, met.Times = 0, 0
		return met
	}
	return Fault{}
}

var usualCodes = map[int]string{401: "authentication_invalid", 403: "authorization_invalid", 404: "resource_not_found", 429: "too_many_requests", 504: "gateway_timeout"}

func (f Fault) active() activeFault {
	a := activeFault{latency: f.Latency, dropBefore: f.DropBefore, dropAfter: f.DropAfter, truncate: f.Truncate, reorder: f.Reorder,
		nullClient: f.NullClient, staleClient: f.StaleClient, staleToken: f.StaleToken, unknown: f.Unknown, skew: f.ClockSkew}
	if f.Status >= 400 {
		code := firstText(f.Code, usualCodes[f.Status])
		if code == "" && f.Status >= 500 {
			code = "internal_clerk_error"
		}
		a.refusal = &apiError{status: f.Status, code: firstText(code, "bad_request"), message: "A fault of the test."}
		if f.RetryAfter > 0 {
			seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
			a.header = http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
		}
	}
	return a
}

// before waits, and tells whether the server gets to act.
func (a activeFault) before(ctx context.Context) bool {
	if a.latency > 0 {
		select {
		case <-time.After(a.latency):
		case <-ctx.Done():
		}
	}
	return !a.dropBefore
}

// after holds the answer back, and tells whether there is one.
func (l *faultList) after(ctx context.Context, a activeFault) bool {
	if a.reorder {
		l.mu.Lock()
		if l.waiting == nil {
			l.waiting = make(chan struct{})
			if l.closed {
				close(l.waiting)
			}
		}
		wait := l.waiting
		l.mu.Unlock()
		select {
		case <-wait:
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return !a.dropAfter
}

// answered lets the answers go that wait for another one.
func (l *faultList) answered(a activeFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting != nil && !a.reorder {
		close(l.waiting)
		l.waiting = nil
	}
}

func (l *faultList) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.waiting != nil {
		close(l.waiting)
		l.waiting = nil
	}
}

// addUnknown puts a member that nobody knows into every object, and an unknown value into enums that grow.
func addUnknown(value any) any {
	switch v := value.(type) {
	case object:
		out := object{"unknown_member": object{"kept": 1e3}}
		for name, member := range v {
			out[name] = addUnknown(member)
			if list, ok := member.([]any); ok && (name == "supported_first_factors" || name == "supported_second_factors") {
				out[name] = append(addUnknown(list).([]any), object{"strategy": "unknown_strategy"})
			}
		}
		if object, _ := v["object"].(string); object == "client" {
			out["last_authentication_strategy"] = "unknown_strategy"
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = addUnknown(item)
		}
		return out
	}
	return value
}
