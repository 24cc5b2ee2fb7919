package fapi

import (
	"context"
	"encoding/json"
	"net/http"
)

// state is the seam between the calls and a client that remembers: credentials, the client object, the session.
// core.state is nil for NewAPI. Implementations must be safe for concurrent use.
type state interface {
	// begin is called once per call, before its first attempt. It may wait (for the store to be read, for a request that
	// creates the client) and may refuse, ErrClosed for one; its error is the call's. Retries share the exchange. It is nil for
	// a call that the state has nothing to do with.
	begin(ctx context.Context, r *request) (exchange, error)
}

// exchange is one call as its state sees it: one sequence number, one or more attempts.
type exchange interface {
	// authorize adds the credentials to one attempt. It runs before the options WithHeader and WithQuery, which win. query
	// holds the params and the session of WithSession already: another is added only when r.carriesSession and there is none.
	authorize(ctx context.Context, header http.Header, query *values) error

	// commit is told every answer, those that are retried, that are errors or that break off included, before anybody else.
	commit(ctx context.Context, news news)

	// end is called once, after the last attempt, whether there was an answer or not. It returns the session that turned
	// out to have ended, if the call was on its behalf, else nil.
	end() *SessionEndedError
}

// news is what an answer says about the state, as it came.
type news struct {
	sent   *http.Request // as it went out, after options and hooks: it tells which credential it had
	status int           // 0 when the body did not come whole: then the header is all there is
	header http.Header
	codes  []ErrorCode // of an error

	// client is the client's JSON: nil when the answer does not speak of it, "null" when it says there is none.
	client json.RawMessage
	// fromResponse is true when client is the `response` of an operation whose response is the client: then "null"
	// means an empty client. Otherwise client is the piggybacked one, where "null" means "nothing to say".
	fromResponse bool

	environment json.RawMessage // of a successful answer that is the environment, else nil
}

// needsClient says that the call makes, changes or proves the client, so that a null answer to it leaves the client alone:
// only who asks for the client, or deletes it, can hear that there is none.
func (r *request) needsClient() bool {
	return r.verb != http.MethodGet && r.verb != http.MethodDelete
}

// newsOf reads the state's part of an answer. A body that is not an envelope has no client to tell.
func newsOf(r *request, a *answer) news {
	n := news{status: a.status, header: a.header}
	if a.status >= http.StatusBadRequest {
		n.codes = newAPIError("", a).codes()
	}
	if r.template == environmentPath && a.succeeded() {
		raw, _, err := a.value(true) // bare as a rule; clerk-js takes it in an envelope too
		if err == nil && raw == nil {
			raw, _, err = a.value(false)
		}
		if err == nil {
			n.environment = raw
		}
		return n
	}
	if env, err := a.envelope(); err == nil {
		n.client = env.piggyback()
	}
	if r.isClient && a.succeeded() {
		raw, _, err := a.value(true)
		says := !isNull(raw) || !r.needsClient() && a.saysNone() && (n.client == nil || isNull(n.client))
		if err == nil && raw != nil && says {
			n.client, n.fromResponse = raw, true
		}
	}
	return n
}

// saysNone reports whether the answer says that there is no value: `response` of an envelope is null, and no error is told
// beside it. A body that is null says nothing.
func (a *answer) saysNone() bool {
	env, err := a.envelope()
	return err == nil && env.response != nil && isNull(env.response) && (env.errors == nil || isNull(env.errors) || string(env.errors) == "[]")
}
