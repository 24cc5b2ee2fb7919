package fapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
)

// envelope is the top level of an answer, `{response, client, errors?, meta?}`, its members unparsed. They point into the
// body, so that nothing is copied or decoded that nobody asks for. A member that is not there is nil.
type envelope struct {
	response, client, errors, meta, traceID []byte
	oauthError, oauthDescription            []byte // `{error, error_description}`, as the OAuth endpoints answer
	empty                                   bool   // the object has no members at all
}

var errNotObject = errors.New("not a JSON object")

// parseEnvelope returns what it found, also beside an error.
func parseEnvelope(body []byte) (*envelope, error) {
	e := &envelope{empty: true}
	err := eachMember(body, func(key, value []byte) {
		e.empty = false
		switch string(key) {
		case "response":
			e.response = value
		case "client":
			e.client = value
		case "errors":
			e.errors = value
		case "meta":
			e.meta = value
		case "clerk_trace_id":
			e.traceID = value
		case "error":
			e.oauthError = value
		case "error_description":
			e.oauthDescription = value
		}
	})
	return e, err
}

// piggyback is the client that came along: `client`, else `meta.client`, where errors have it.
func (e *envelope) piggyback() []byte {
	if e.client != nil && !isNull(e.client) {
		return e.client
	}
	client := e.client
	_ = eachMember(e.meta, func(key, value []byte) { // a meta that is no object has no client
		if string(key) == "client" {
			client = value
		}
	})
	return client
}

// value finds the value of a success: `response` of an envelope, else the body itself. Several operations are read either
// way by Clerk's own clients (clerk-js: Base.ts), so the declared form is a preference, not a demand: a bare answer serves
// an enveloped operation, and a bare operation accepts an envelope that has both of its members.
// The result is nil when the answer has no value.
func (a *answer) value(enveloped bool) (raw []byte, path string, err error) {
	body := bytes.TrimSpace(a.body)
	if a.status == http.StatusNoContent || len(body) == 0 {
		return nil, "$", nil
	}
	if body[0] != '{' {
		return body, "$", nil
	}
	e, err := a.envelope()
	switch {
	case err != nil:
		return nil, "$", err
	case e.response != nil && (enveloped || e.client != nil):
		return e.response, "$.response", nil
	case enveloped && (e.client != nil || e.empty):
		return nil, "$", nil
	}
	return body, "$", nil
}

// envelope parses the top level of the body, once.
func (a *answer) envelope() (*envelope, error) {
	if a.parsed == nil {
		a.parsed, a.parseErr = parseEnvelope(a.body)
	}
	return a.parsed, a.parseErr
}

// decodeValue decodes raw; absent and null are nil. A member of the wrong kind is left zero and costs nothing else; only
// when the value itself is of the wrong kind, or is no JSON, is there nothing to return.
func decodeValue[T any](raw []byte) (*T, bool) {
	if len(raw) == 0 || isNull(raw) {
		return nil, true
	}
	v := new(T)
	err := json.Unmarshal(raw, v)
	if err == nil || isPartial(err, reflect.TypeFor[*T]()) {
		return v, true
	}
	return nil, false
}

// isPartial says that err is about a part of the value that was decoded into a pointer of type target. encoding/json goes
// on after such an error, so that the rest of the value is there.
func isPartial(err error, target reflect.Type) bool {
	var mismatch *json.UnmarshalTypeError
	return errors.As(err, &mismatch) && (mismatch.Field != "" || mismatch.Type != target.Elem())
}

func isNull(raw []byte) bool { return string(bytes.TrimSpace(raw)) == "null" }

// eachMember calls visit with the members of a JSON object, values unparsed. It finds where values end without judging
// them: whoever decodes one does that. On valid JSON it agrees with encoding/json, on anything else it returns.
func eachMember(b []byte, visit func(key, value []byte)) error {
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return errNotObject
	}
	i = skipSpace(b, i+1)
	for first := true; ; first = false {
		switch {
		case i < len(b) && b[i] == '}':
			if skipSpace(b, i+1) != len(b) {
				return errNotObject
			}
			return nil
		case !first && i < len(b) && b[i] == ',':
			i = skipSpace(b, i+1)
		case !first:
			return errNotObject
		}
		end := skipString(b, i)
		if end < 0 {
			return errNotObject
		}
		key := b[i+1 : end-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			key = []byte(unquote(b[i:end]))
		}
		i = skipSpace(b, end)
		if i == len(b) || b[i] != ':' {
			return errNotObject
		}
		i = skipSpace(b, i+1)
		end = skipValue(b, i)
		if end <= i {
			return errNotObject
		}
		visit(key, b[i:end])
		i = skipSpace(b, end)
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipString returns the index after the string that starts at i, or -1.
func skipString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// skipValue returns the index after the value that starts at i, or -1.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				if depth < 0 {
					return i // the end of the object around a number, true, false or null
				}
				return i + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// unquote is the text of a JSON string; for what is none it is "".
func unquote(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
