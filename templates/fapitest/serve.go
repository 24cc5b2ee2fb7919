package fapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// reply is an answer before it is written.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// serve answers one request: faults before, the operation under the lock, faults after.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.servesHost(r.Host) {
		s.refuseHost(w, r)
		return
	}
	if r.Method == http.MethodOptions {
		s.preflight(w, r)
		return
	}
	if s.serveOwn(w, r) {
		return
	}
	c, bad := s.readCall(r)
	met := s.faults.take(c.method, c.path)
	entry := s.requests.add(c, met)
	fault := met.active()
	if !fault.before(r.Context()) {
		breakConnection(w)
		return
	}
	answer, skew := s.act(c, bad, fault)
	s.requests.done(entry, answer.status)
	if !s.faults.after(r.Context(), fault) {
		s.requests.done(entry, 0)
		breakConnection(w)
		return
	}
	s.write(w, r, answer, fault, skew)
	s.faults.answered(fault)
}

// breakConnection ends it after the first letters of an answer: without them net/http would send a GET again, unseen.
func breakConnection(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler) // the server ends it, and logs nothing
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write([]byte("HTTP/1.1 "))
	_ = conn.Close()
}

// act answers under the lock, and tells by how much the server's clock is off.
func (s *Server) act(c *call, bad *apiError, fault activeFault) (reply, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answer(c, bad, fault), s.state.ahead + fault.skew
}

// write sends an answer. A body that is cut off has the length of the whole.
func (s *Server) write(w http.ResponseWriter, r *http.Request, a reply, fault activeFault, skew time.Duration) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
	s.cors(h, r)
	if fault.truncate && len(a.body) > 1 {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body)
	}
}

// answer is what the server says to a call. The lock is held.
func (s *Server) answer(c *call, bad *apiError, fault activeFault) reply {
	route := s.table.match(c)
	if fault.refusal != nil {
		return c.refuse(fault.refusal, fault.header)
	}
	open := route != nil && route.access == unidentified
	if bad == nil && !open {
		bad = c.identify(fault)
	}
	if bad == nil && route == nil {
		bad = notFound(c.method + " " + c.path)
	}
	if bad == nil && !open {
		bad = c.admit(route)
	}
	if bad != nil {
		return c.refuse(bad, nil)
	}
	if route.handle == nil {
		if err := c.permittedStateless(); err != nil {
			return c.refuse(err, nil)
		}
		return c.zeroReply(route, fault)
	}
	value, err := route.handle(c)
	if err != nil {
		return c.refuse(err, nil)
	}
	if value == nil && c.status >= 300 {
		return c.finish(c.status, nil)
	}
	if route.mode != bare && (c.method != http.MethodGet || c.changed) {
		c.change()
	}
	body := any(value)
	if route.mode != bare {
		body = c.envelope(route, value, fault)
	}
	body = s.table.complete(route.shape, body)
	if fault.unknown {
		body = addUnknown(body)
	}
	status := c.status
	if status == 0 {
		status = route.success()
	}
	return c.finish(status, body)
}

// envelope puts the client beside the response. Where the response is the client, it is said once.
func (c *call) envelope(r *route, value any, fault activeFault) object {
	client := any(nil)
	if c.client != nil {
		client = c.clientNews(fault)
	}
	if r.mode == clientItself {
		if value != nil {
			value = client
		}
		return object{"response": value, "client": nil}
	}
	if fault.nullClient {
		client = nil
	}
	return object{"response": value, "client": client}
}

// clientNews is the client's JSON, or an older one.
func (c *call) clientNews(fault activeFault) object {
	now := c.clientJSON(c.client)
	if before := c.client.rendered; before != nil && before["updated_at"] != now["updated_at"] {
		c.client.previous = before
	}
	c.client.rendered = now
	if fault.staleClient && c.client.previous != nil {
		return c.client.previous
	}
	return now
}

// refuse answers with a failure.
func (c *call) refuse(e *apiError, header http.Header) reply {
	var client object
	if c.changed && c.client != nil {
		c.change()
		client = c.table.complete(c.table.client, c.clientNews(activeFault{})).(object)
	}
	for name, values := range header {
		c.header[name] = values
	}
	return c.finish(e.status, errorBody(e, c.newID("trace"), client))
}

// finish adds the credential and encodes.
func (c *call) finish(status int, body any) reply {
	c.credentials()
	a := reply{status: status, header: c.header}
	if body == nil {
		return a
	}
	if text, ok := body.(string); ok {
		a.body = []byte(text)
		return a
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(fmt.Sprintf("fapitest: %v", err)) // answers hold nothing that JSON lacks
	}
	a.body = bytes.TrimSpace(b.Bytes())
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json")
	}
	return a
}

// zeroReply is the answer of an operation that the server keeps no state of.
func (c *call) zeroReply(r *route, fault activeFault) reply {
	switch r.answer {
	case "redirect":
		c.header.Set("Location", firstText(c.query.Get("redirect_url"), c.query.Get("redirect_uri"), c.URL()))
		return c.finish(r.status, nil)
	case "text":
		c.header.Set("Content-Type", r.media)
		return c.finish(r.status, "")
	case "empty":
		return c.finish(r.status, nil)
	}
	zero := c.table.zero(r.shape)
	if envelope, ok := zero.(object); ok && r.answer == "envelope" && c.client != nil && !fault.nullClient {
		envelope["client"] = c.table.complete(c.table.client, c.clientNews(fault))
	}
	if fault.unknown {
		zero = addUnknown(zero)
	}
	return c.finish(r.status, zero)
}

func firstText(list ...string) string {
	for _, text := range list {
		if text != "" {
			return text
		}
	}
	return ""
}

// cors is what a page of another origin needs to read an answer.
func (s *Server) cors(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h.Add("Vary", "Origin")
	if !s.allowsOrigin(origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Authorization, Clerk-Db-Jwt, X-Country, Retry-After")
}

// preflight allows what a page may send beyond a simple request. That is little: a browser refuses any header of its own
// but on the paths of API keys, which take a session token.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	s.cors(h, r)
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	if strings.Contains(r.URL.Path, "/api_keys") {
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	}
	w.WriteHeader(http.StatusNoContent)
}
