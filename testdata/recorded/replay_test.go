package recorded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fapigen/fapigen/out/fapi"
)

const publishableKey = "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k" // of clerk.example.com

// replay is a Clerk that is given the replies of one recording.
type replay struct {
	t        *testing.T
	clerk    *fapi.Clerk
	store    fapi.Store
	now      reply                    // what is answered next
	spoil    func(body []byte) []byte // on the way, where a test wants it; else nil
	served   int
	client   []byte // what the state should have
	env      []byte
	findings []string
	warnings bytes.Buffer
}

func newReplay(t *testing.T) *replay {
	t.Helper()
	r := &replay{t: t}
	store, err := fapi.NewFileStore(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	r.store = store
	r.clerk = r.open(r.serve, fapi.WithOnMismatch(func(m fapi.Mismatch) {
		r.find("%s %s", m.Pointer, m.Kind)
	}), fapi.WithLogger(slog.New(slog.NewTextHandler(&r.warnings, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: onlyMessage}))))
	return r
}

func onlyMessage(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.MessageKey {
		return a
	}
	return slog.Attr{}
}

// open makes a Clerk on the replay's store.
func (r *replay) open(serve roundTrip, opts ...fapi.Option) *fapi.Clerk {
	r.t.Helper()
	clerk, err := fapi.New(publishableKey, append([]fapi.Option{fapi.WithHTTPClient(&http.Client{Transport: serve}), fapi.WithStore(r.store),
		fapi.WithRetryPolicy(fapi.RetryPolicy{MaxAttempts: 1})}, opts...)...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = clerk.Close() })
	return clerk
}

func (r *replay) find(format string, args ...any) {
	r.findings = append(r.findings, r.now.String()+": "+fmt.Sprintf(format, args...))
}

var errNotRecorded = errors.New("not recorded")

// serve answers with the reply whose turn it is, and that only once: what the client asks besides was not recorded.
func (r *replay) serve(req *http.Request) (*http.Response, error) {
	if req.Method != r.now.verb || req.URL.Path != r.now.path || r.served > 0 {
		return nil, errNotRecorded
	}
	r.served++
	body := r.now.body
	if r.spoil != nil {
		body = r.spoil(body)
	}
	return answer(req, r.now.status, r.now.header, body), nil
}

// play gives one reply to the method that it is for, and looks at everything that came of it.
func (r *replay) play(next reply) {
	r.t.Helper()
	r.now, r.served = next, 0
	m, args := find(next.verb, next.path)
	if m == nil {
		r.find("no such operation")
		return
	}
	var resp fapi.Response
	results := call(m.of(r.clerk.API), args, fapi.WithResponse(&resp))
	err, _ := results[len(results)-1].Interface().(error)
	if r.served != 1 {
		r.t.Fatalf("%s: %s asked for something else: %v", next, m.String(), err)
	}
	if !bytes.Equal(resp.Body, next.body) {
		r.find("the body of the Response is not what came")
	}
	if next.status >= http.StatusBadRequest {
		r.failure(err)
	} else if err != nil {
		r.find("%s: %v", m, err)
	} else if len(results) == 2 {
		r.value(results[0])
	}
	r.state()
	if text := r.warnings.String(); text != "" {
		r.find("warned: %s", strings.TrimSpace(text))
		r.warnings.Reset()
	}
}

// value compares a result with the reply that it was decoded from.
func (r *replay) value(result reflect.Value) {
	recorded := r.now.body
	if response, ok := members(r.now.body)["response"]; ok {
		recorded = response
	}
	if raw, ok := result.Interface().([]byte); ok { // HTML, XML
		if !bytes.Equal(raw, r.now.body) {
			r.find("the result is not what came")
		}
		return
	}
	if len(recorded) == 0 {
		return
	}
	v := result.Interface()
	if result.Kind() == reflect.Pointer && strings.HasPrefix(result.Type().Elem().Name(), "Page[") {
		data := result.Elem().FieldByName("Data").Interface() // a whole Page would be written as it came
		if v = data; recorded[0] == '{' {
			v = map[string]any{"data": data, "total_count": result.Elem().FieldByName("TotalCount").Interface()}
		}
	}
	r.compare("value", recorded, v)
}

// failure compares an error with the reply that it is.
func (r *replay) failure(err error) {
	var failure *fapi.APIError
	if !errors.As(err, &failure) {
		r.find("is %v, no APIError", err)
		return
	}
	if failure.StatusCode != r.now.status || !bytes.Equal(failure.Body, r.now.body) {
		r.find("the APIError has status %d, or another body", failure.StatusCode)
	}
	type meta fapi.ErrorMeta // without its MarshalJSON, which gives back what came
	type detail struct {
		Code        fapi.ErrorCode `json:"code"`
		Message     string         `json:"message"`
		LongMessage string         `json:"long_message"`
		Meta        meta           `json:"meta"`
	}
	var details []detail
	for i, d := range failure.Errors {
		details = append(details, detail{d.Code, d.Message, d.LongMessage, meta(d.Meta)})
		if !knownCodes()[string(d.Code)] {
			r.find("/errors/%d/code unknown_value", i)
		}
	}
	top := members(r.now.body)
	r.compare("errors", top["errors"], details)
	if id, ok := top["clerk_trace_id"]; ok {
		r.compare("clerk_trace_id", id, failure.TraceID)
	}
	for name := range top {
		if !slices.Contains([]string{"errors", "meta", "clerk_trace_id"}, name) {
			r.find("/%s unknown_member", name)
		}
	}
}

// state compares what the client knows now with the newest client and environment that came, also through the store.
func (r *replay) state() {
	top := members(r.now.body)
	client, env := r.client, r.env
	switch response := top["response"]; {
	case strings.HasPrefix(r.now.path, "/v1/environment") && r.now.status == http.StatusOK:
		env = bytes.TrimSpace(r.now.body)
	case isObject(top["client"]):
		client = top["client"]
	case isObject(members(top["meta"])["client"]):
		client = members(top["meta"])["client"]
	case string(members(response)["object"]) == `"client"`, r.now.verb == http.MethodGet && r.now.path == "/v1/client" && response != nil:
		client = response // null when there is none
	}
	changed := !bytes.Equal(client, r.client) || !bytes.Equal(env, r.env)
	r.client, r.env = client, env
	r.stateIs("in the state", r.clerk.State(), changed)
	if !changed {
		return
	}
	offline := r.open(func(*http.Request) (*http.Response, error) { return nil, errNotRecorded }, fapi.WithLogger(slog.New(slog.DiscardHandler)))
	_ = offline.Load(context.Background()) // fails while there is only the one or the other; what there is is in the state
	r.stateIs("in the store", offline.State(), changed)
}

// stateIs compares a state with what came, byte by byte and, when that is new, as it was decoded.
func (r *replay) stateIs(where string, s fapi.State, decoded bool) {
	if !bytes.Equal(s.RawClient(), r.client) {
		r.find("the client %s is not the one that came", where)
	}
	if !bytes.Equal(s.RawEnvironment(), r.env) {
		r.find("the environment %s is not the one that came", where)
	}
	if decoded && r.client != nil {
		r.compare("client "+where, r.client, s.Client)
	}
	if decoded && r.env != nil {
		r.compare("environment "+where, r.env, s.Environment)
	}
}

// compare tells every member and value of recorded that v lacks once it is written as JSON. null says no more than
// nothing does.
func (r *replay) compare(what string, recorded []byte, v any) {
	written, err := json.Marshal(v)
	if err != nil {
		r.find("%s cannot be written: %v", what, err)
		return
	}
	want, err := decode(recorded)
	if err != nil {
		r.find("%s is no JSON: %v", what, err)
		return
	}
	got, _ := decode(written)
	for _, at := range lost(want, got, "") {
		r.find("%s lost %s", what, at)
	}
}

// lost lists the places of want that got has not, or not the same.
func lost(want, got any, at string) []string {
	var list []string
	switch w := want.(type) {
	case nil:
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{at}
		}
		for name, member := range w {
			if _, there := g[name]; !there {
				list = append(list, at+"/"+name)
				continue
			}
			list = append(list, lost(member, g[name], at+"/"+name)...)
		}
		slices.Sort(list)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{at}
		}
		for i := range w {
			list = append(list, lost(w[i], g[i], fmt.Sprintf("%s/%d", at, i))...)
		}
	default:
		if got != want {
			return []string{at}
		}
	}
	return list
}

func decode(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// members are those of an object, as they came; none of anything else.
func members(data []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(data, &m)
	return m
}

func isObject(raw []byte) bool { return bytes.HasPrefix(raw, []byte("{")) }

// knownCodes are the error codes that have a constant, read from the module's source: Go does not list constants.
var knownCodes = sync.OnceValue(func() map[string]bool {
	codes := map[string]bool{}
	files, _ := filepath.Glob("../../out/fapi/error_codes_*.go")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, m := range regexp.MustCompile(`ErrorCode = "(\w+)"`).FindAllStringSubmatch(string(text), -1) {
			codes[m[1]] = true
		}
	}
	return codes
})
