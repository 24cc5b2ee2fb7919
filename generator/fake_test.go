package generator

// The fake of package fapitest against the patched description: every answer that it gives here is checked, strictly. A
// member that the description does not know is a fault of the one or the other.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// checkedFake is a fake whose answers are checked as they come.
type checkedFake struct {
	*fapitest.Server
	t        *testing.T
	spec     *openapi3.T
	rows     []shapeRow
	answered map[string]bool // operations that succeeded
	token    string          // of the client, as a native app has it
	session  string          // for _clerk_session_id; "" sends none
	http     http.Client
}

// described is the patched description, read once for all tests.
var described struct {
	sync.Once
	spec  *openapi3.T
	table string
	rows  []shapeRow
	codes map[string]string // the statuses of an error code
	err   error
}

func describeAPI(t *testing.T) error {
	p, err := prepare(builtinConfig(t))
	if err != nil {
		return err
	}
	if described.spec, _, err = loadOpenAPI(p.doc, false); err != nil {
		return err
	}
	described.codes = map[string]string{}
	for code, facts := range mapPairs(mapGet(p.doc.Root, "x-fapigen-errors")) {
		described.codes[code] = compactJSON(mapGet(facts, "status"))
	}
	table, err := operationTable(p.doc)
	described.table = string(table)
	for line := range strings.Lines(described.table) {
		var row shapeRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return err
		}
		if row.ID != "" {
			described.rows = append(described.rows, row)
		}
	}
	return err
}

func newCheckedFake(t *testing.T, opts ...fapitest.Option) *checkedFake {
	t.Helper()
	described.Do(func() { described.err = describeAPI(t) })
	if described.err != nil {
		t.Fatal(described.err)
	}
	f := &checkedFake{t: t, spec: described.spec, rows: described.rows, answered: map[string]bool{}}
	f.Server = fapitest.NewServer(t, append([]fapitest.Option{fapitest.WithOperations(described.table)}, opts...)...)
	f.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return f
}

// body is an answer's JSON.
type body map[string]any

// at follows a path such as "response.email_addresses.0.id"; nil where there is nothing.
func (b body) at(path string) any {
	var v any = map[string]any(b)
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (b body) text(path string) string {
	s, _ := b.at(path).(string)
	return s
}

// send asks and checks. form is "name=value&..."; one that starts with { is JSON, with a session token as its credential.
func (f *checkedFake) send(method, path, form string) (int, body) {
	f.t.Helper()
	target, err := url.Parse(f.URL() + path)
	if err != nil {
		f.t.Fatal(err)
	}
	query := target.Query()
	query.Set("_is_native", "1")
	if f.session != "" && !strings.HasPrefix(path, "/v1/client") {
		query.Set("_clerk_session_id", f.session)
	}
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(f.t.Context(), method, target.String(), strings.NewReader(form))
	if err != nil {
		f.t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(form, "{"):
		req.Header.Set("Content-Type", "application/json")
	case method != http.MethodGet:
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if f.token != "" {
		req.Header.Set("Authorization", f.token)
	}
	if strings.HasPrefix(path, "/api_keys") && f.session != "" {
		token := f.ok("POST", "/v1/client/sessions/"+f.session+"/tokens", "")
		req.Header.Set("Authorization", "Bearer "+token.text("jwt"))
	}
	resp, err := f.http.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	if list, ok := resp.Header["Authorization"]; ok {
		f.token = list[0]
	}
	return resp.StatusCode, f.check(method, strings.Split(path, "?")[0], resp, data)
}

// ok is send that has to succeed.
func (f *checkedFake) ok(method, path, form string) body {
	f.t.Helper()
	status, b := f.send(method, path, form)
	if status >= 400 {
		f.t.Fatalf("%s %s: %d %v", method, path, status, b.at("errors.0"))
	}
	return b
}

// fails is send that has to fail with this code.
func (f *checkedFake) fails(status int, code, method, path, form string) {
	f.t.Helper()
	got, b := f.send(method, path, form)
	if got != status || b.text("errors.0.code") != code {
		f.t.Errorf("%s %s: %d %s, want %d %s", method, path, got, b.text("errors.0.code"), status, code)
	}
}

// row finds the operation of a path.
func (f *checkedFake) row(method, path string) *shapeRow {
	var best *shapeRow
	most := -1
	segments := strings.Split(path, "/")
	for i, row := range f.rows {
		want := strings.Split(row.Path, "/")
		literal := 0
		fits := row.Verb == method && len(want) == len(segments) && !slices.ContainsFunc(want, func(s string) bool {
			n := slices.Index(want, s)
			if strings.Contains(s, "{") {
				return false
			}
			literal++
			return segments[n] != s
		})
		if fits && literal > most {
			best, most = &f.rows[i], literal
		}
	}
	return best
}

// check validates an answer against what the description says of it.
func (f *checkedFake) check(method, path string, resp *http.Response, data []byte) body {
	f.t.Helper()
	row := f.row(method, path)
	if row == nil {
		f.t.Fatalf("%s %s: no such operation in the description", method, path)
	}
	where := fmt.Sprintf("%s (%s %s) %d", row.ID, method, path, resp.StatusCode)
	if resp.StatusCode < 400 {
		f.answered[row.ID] = true
		if resp.StatusCode != row.Status {
			f.t.Errorf("%s: the description says %d", where, row.Status)
		}
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		if resp.Header.Get("Location") == "" {
			f.t.Errorf("%s: no Location", where)
		}
		return nil
	}
	if row.Answer != "json" && row.Answer != "envelope" && resp.StatusCode < 400 {
		return nil
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		f.t.Fatalf("%s: %v in %.200s", where, err, data)
	}
	schema := f.spec.Components.Schemas["ClerkErrors"].Value
	if resp.StatusCode < 400 {
		item := f.spec.Paths.Value(row.Path)
		answer := item.GetOperation(method).Responses.Value(strconv.Itoa(row.Status)).Value
		schema = answer.Content["application/json"].Schema.Value
		if b, ok := v.(map[string]any); ok && row.Answer == "envelope" && b["client"] == nil {
			b["client"] = signedOut() // docs/corrections.md: the client of an envelope may always be null
			defer func() { b["client"] = nil }()
		}
	}
	if err := schema.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		f.t.Errorf("%s: %.600v", where, err)
	}
	for _, at := range unknownMembers(schema, v, "$") {
		f.t.Errorf("%s: the description does not know %s", where, at)
	}
	b, _ := v.(map[string]any)
	if code := body(b).text("errors.0.code"); resp.StatusCode >= 400 && !strings.Contains(described.codes[code], strconv.Itoa(resp.StatusCode)) {
		f.t.Errorf("%s: the code %s comes with %s", where, code, cmp.Or(described.codes[code], "nothing: it is unknown"))
	}
	if b == nil {
		b = map[string]any{"list": v}
	}
	return b
}

// signedOut is a client without anything.
func signedOut() map[string]any {
	return map[string]any{"object": "client", "id": "client_1", "sessions": []any{}, "sign_in": nil, "sign_up": nil, "last_active_session_id": nil,
		"last_authentication_strategy": nil, "cookie_expires_at": nil, "captcha_bypass": false, "created_at": 1.0, "updated_at": 1.0}
}

// unknownMembers lists the places of members that no part of a schema has.
func unknownMembers(s *openapi3.Schema, v any, at string) []string {
	parts := schemaParts(s)
	var found []string
	switch x := v.(type) {
	case []any:
		for i, item := range x {
			for _, p := range parts {
				if p.Items != nil {
					found = append(found, unknownMembers(p.Items.Value, item, at+"."+strconv.Itoa(i))...)
				}
			}
		}
	case map[string]any:
		open := !slices.ContainsFunc(parts, func(p *openapi3.Schema) bool { return len(p.Properties) > 0 })
		for _, p := range parts {
			open = open || p.AdditionalProperties.Has != nil && *p.AdditionalProperties.Has || p.AdditionalProperties.Schema != nil
		}
		for name, member := range x {
			var schemas openapi3.SchemaRefs
			for _, p := range parts {
				if ref := p.Properties[name]; ref != nil {
					schemas = append(schemas, ref)
				}
			}
			named := slices.ContainsFunc(parts, func(p *openapi3.Schema) bool { return slices.Contains(p.Required, name) })
			if len(schemas) == 0 && !open && !named {
				found = append(found, at+"."+name)
			}
			if len(schemas) > 0 {
				found = append(found, unknownMembers(&openapi3.Schema{AnyOf: schemas}, member, at+"."+name)...)
			}
		}
	}
	return found
}

// schemaParts is a schema with all that it is composed of.
func schemaParts(s *openapi3.Schema) []*openapi3.Schema {
	list := []*openapi3.Schema{s}
	for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, ref := range refs {
			list = append(list, schemaParts(ref.Value)...)
		}
	}
	return list
}
