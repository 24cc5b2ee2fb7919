package fapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The table test: every method of the package against a recording server. What is expected comes from the description
// (testdata/operations.json), never from the code.

func TestEveryOperationHasItsMethod(t *testing.T) {
	a := testOperations(t)
	rows := map[string]*testOperation{}
	for _, op := range a.rows {
		rows[op.ID] = op
		if op.method == nil {
			t.Errorf("%s: no method has this operation in its comment", op.ID)
		}
		paged := op.Shape == "page" && op.Types["limit"] == "integer" && op.Types["offset"] == "integer"
		if paged != (op.iterator != nil) {
			t.Errorf("%s: pages: %v, but iterator: %v", op.ID, paged, op.iterator)
		}
	}
	count := map[string]int{}
	for _, m := range testMethods(t) {
		if _, ok := a.services[m.service]; !ok {
			continue
		}
		op := rows[m.id]
		switch {
		case m.id == "":
			t.Errorf("%s: no line \"Operation: VERB /path (id)\"", m)
			continue
		case op == nil:
			t.Errorf("%s: the description has no operation %s", m, m.id)
			continue
		case m.verb != op.Verb || m.path != op.Path:
			t.Errorf("%s says %s %s, the description %s %s", m, m.verb, m.path, op.Verb, op.Path)
		}
		if op.iterator == nil || m.name != op.iterator.name {
			count[m.id]++
		}
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s: %d methods", id, n)
		}
	}
}

func TestSignaturesFollowTheDescription(t *testing.T) {
	testOperations(t).each(t, func(t *testing.T, op *testOperation) {
		var want []string
		for _, part := range strings.Split(op.Path, "{")[1:] {
			name, _, _ := strings.Cut(part, "}")
			want = append(want, testFold(name))
		}
		got := op.method.params[1:]
		got = got[:min(len(want), len(got))]
		for i, name := range got {
			if testFold(name) != want[i] {
				t.Errorf("path argument %d is called %s, in the path %s", i+1, name, want[i])
			}
		}
		if len(got) != len(want) || op.method.params[0] != "ctx" {
			t.Errorf("arguments %q, want ctx and %q", op.method.params, want)
		}
	})
}

// testFold is a name without its spelling.
func testFold(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

func TestResultsFollowTheDescription(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		fn := a.services[op.method.service].MethodByName(op.method.name).Type()
		got := ""
		if fn.NumOut() == 2 {
			got = fn.Out(0).Kind().String()
			if fn.Out(0).Kind() == reflect.Pointer && strings.HasPrefix(fn.Out(0).Elem().Name(), "Page[") {
				got = "page"
			}
		}
		want := map[string]string{"object": "ptr", "array": "slice", "page": "page"}[op.Shape]
		want = cmp.Or(want, map[string]string{"text": "slice", "redirect": "string"}[op.Answer])
		if got != want {
			t.Errorf("%s returns %q, want %q", op.method, got, want)
		}
	})
}

func TestRequestsHaveExactlyWhatWasSet(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		var params reflect.Value
		query, header, body := map[string]any{}, map[string]any{}, map[string]any{}
		if typ := a.paramsType(op.method); typ != nil {
			params, query, header, body = testFilled(typ)
		}
		testNames(t, "query", query, op.Query)
		testNames(t, "header", header, op.Headers)
		if op.ContentType != "application/octet-stream" {
			testNames(t, "body", body, op.Body)
		}
		for _, place := range []map[string]any{query, header, body} {
			for name, value := range place {
				testType(t, op, name, value)
			}
		}
		a.answer = op.reply(op.Sample)
		if _, err := a.try(t, op, params); err != nil {
			t.Fatal(err)
		}
		seen := a.last(t)
		if seen.Method != op.Verb {
			t.Errorf("sent %s, want %s", seen.Method, op.Verb)
		}
		path, _, _ := strings.Cut(seen.RequestURI, "?")
		if want := op.wirePath(); path != want {
			t.Errorf("sent to %s, want %s", path, want)
		}
		for name, joint := range op.Joined {
			place := query
			if slices.Contains(op.Headers, name) {
				place = header
			}
			place[name] = fmt.Sprint(place[name].([]any)[0], joint, place[name].([]any)[1])
		}
		for name, value := range header {
			if got := seen.Header.Get(name); got != fmt.Sprint(value) {
				t.Errorf("header %s is %q, want %v", name, got, value)
			}
		}
		query["_is_native"], query["__clerk_api_version"] = "1", APIVersion
		testPairs(t, "query", seen.URL.Query(), query)
		testBody(t, op, seen, body)
	})
}

// wirePath is the path with testPathArg and its number in each placeholder.
func (op *testOperation) wirePath() string {
	path := op.Path
	for i := 1; strings.Contains(path, "{"); i++ {
		start, end := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:start] + testPathArgEscaped + strconv.Itoa(i) + path[end+1:]
	}
	return path
}

func testNames(t *testing.T, place string, got map[string]any, want []string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Errorf("the %s of the params is %q, the description's %q", place, names, want)
	}
}

// testType compares the Go type of a param with the declared one.
func testType(t *testing.T, op *testOperation, name string, value any) {
	t.Helper()
	list, isList := value.([]any)
	if isList != slices.Contains(op.Lists, name) {
		t.Errorf("%s: list %v, want %v", name, isList, !isList)
	}
	if isList && len(list) > 0 {
		value = list[0]
	}
	got := map[string]bool{}
	switch v := value.(type) {
	case string:
		got["string"] = true
	case bool:
		got["boolean"] = true
	case json.Number:
		got["number"] = strings.Contains(v.String(), ".")
		got["integer"] = !got["number"]
	case map[string]any:
		got["object"], got["any"] = true, true
	case *testFile:
		got["upload"], got["any"] = true, op.Types[name] == ""
	}
	if want := op.Types[name]; want != "" && !got[want] {
		t.Errorf("%s is of type %v, want %s", name, slices.Collect(maps.Keys(got)), want)
	}
}

// testPairs checks that the pairs are those of want: scalars as their text, lists as a repeated key, objects as JSON text.
func testPairs(t *testing.T, place string, got url.Values, want map[string]any) {
	t.Helper()
	for key, value := range want {
		list, isList := value.([]any)
		if !isList {
			list = []any{value}
		}
		if len(got[key]) != len(list) {
			t.Errorf("%s: %s came as %q, want %v", place, key, got[key], list)
			continue
		}
		for i, text := range got[key] {
			if !testSays(text, list[i]) {
				t.Errorf("%s: %s came as %q, want %v", place, key, text, list[i])
			}
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %s=%q was sent, but not set", place, key, got[key])
		}
	}
}

// testSays compares the text of a form field with the value it stands for.
func testSays(text string, value any) bool {
	switch v := value.(type) {
	case string:
		return text == v
	case bool:
		return text == strconv.FormatBool(v)
	case json.Number:
		return text == v.String()
	}
	return testHas(testJSON(text), value) == ""
}

// testBody checks content type and body of a request.
func testBody(t *testing.T, op *testOperation, seen testCall, want map[string]any) {
	t.Helper()
	kind, params, _ := mime.ParseMediaType(seen.Header.Get("Content-Type"))
	if op.ContentType == "" {
		if seen.body != "" || kind != "" && kind != "application/x-www-form-urlencoded" {
			t.Errorf("%s body %q, want none", kind, seen.body)
		}
		return
	}
	if file, ok := want[""].(*testFile); ok && op.ContentType == "application/octet-stream" {
		if kind != file.contentType || seen.body != file.content {
			t.Errorf("body %s %q, want %+v", kind, seen.body, file)
		}
		return
	}
	if kind != op.ContentType {
		t.Errorf("content type %q, want %q", kind, op.ContentType)
	}
	switch op.ContentType {
	case "application/json":
		if missing := testHas(testJSON(seen.body), want); missing != "" {
			t.Errorf("%s in the body %s", missing, seen.body)
		}
		if missing := testHas(testKinds(testJSON(seen.body)), testKinds(op.BodySample)); missing != "" {
			t.Errorf("the description's %s in the body %s", missing, seen.body)
		}
	case "multipart/form-data":
		testMultipart(t, seen.body, params["boundary"], want)
	default:
		form, err := url.ParseQuery(seen.body)
		if err != nil {
			t.Error(err)
		}
		testPairs(t, "form", form, want)
	}
}

// testMultipart checks the parts of a multipart body: files with their names and types, other parts as form fields.
func testMultipart(t *testing.T, body, boundary string, want map[string]any) {
	t.Helper()
	fields := maps.Clone(want)
	values := url.Values{}
	for r := multipart.NewReader(strings.NewReader(body), boundary); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		file, ok := want[part.FormName()].(*testFile)
		if !ok {
			values.Add(part.FormName(), string(content))
			continue
		}
		delete(fields, part.FormName())
		if got := (testFile{part.FileName(), part.Header.Get("Content-Type"), string(content)}); got != *file {
			t.Errorf("part %s is %+v, want %+v", part.FormName(), got, *file)
		}
	}
	testPairs(t, "multipart", values, fields)
}

func TestZeroParamsSendNothingOptional(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		if op.ContentType == "application/octet-stream" {
			t.Skip("its body is all there is")
		}
		a.answer = op.reply(op.Sample)
		if _, err := a.try(t, op, reflect.Value{}); err != nil {
			t.Fatal(err)
		}
		seen := a.last(t)
		sent := slices.Collect(maps.Keys(seen.URL.Query()))
		switch kind, params, _ := mime.ParseMediaType(seen.Header.Get("Content-Type")); kind {
		case "application/json":
			object, _ := testJSON(seen.body).(map[string]any)
			sent = append(sent, slices.Collect(maps.Keys(object))...)
		case "multipart/form-data":
			form, err := multipart.NewReader(strings.NewReader(seen.body), params["boundary"]).ReadForm(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			sent = append(append(sent, slices.Collect(maps.Keys(form.Value))...), slices.Collect(maps.Keys(form.File))...)
		default:
			form, err := url.ParseQuery(seen.body)
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, slices.Collect(maps.Keys(form))...)
		}
		for _, name := range sent {
			if !slices.Contains([]string{"_is_native", "__clerk_api_version"}, name) &&
				!slices.Contains(op.Required, name) && !slices.Contains(op.Always, name) {
				t.Errorf("%s was sent, but is optional and was not set", name)
			}
		}
		for _, name := range op.Always {
			if !slices.Contains(sent, name) {
				t.Errorf("%s was not sent, but always has to be", name)
			}
		}
	})
}
