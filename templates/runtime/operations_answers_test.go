package fapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// last is the request of the call just made, which is the only one.
func (a *testAPI) last(t *testing.T) testCall {
	t.Helper()
	if len(a.seen) != 1 {
		t.Fatalf("%d requests, want 1", len(a.seen))
	}
	return a.seen[0]
}

// reply is the answer that the description declares, with this sample as the object or as each of two elements.
func (op *testOperation) reply(sample any) http.HandlerFunc {
	status, _ := strconv.Atoi(op.Status)
	switch op.Answer {
	case "redirect":
		return testReply(status, "", "Location: https://example.com/next?a=b#c")
	case "text":
		return testReply(status, "<p>text</p>", "Content-Type: "+op.Media)
	case "empty":
		return testReply(status, "")
	}
	value := testKnown(sample)
	switch op.Shape {
	case "array":
		value = []any{value, value}
	case "page":
		value = map[string]any{"data": []any{value, value}, "total_count": 7}
	}
	if op.Answer == "envelope" {
		value = map[string]any{"response": value, "client": nil}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return testReply(status, string(text), "Content-Type: application/json")
}

// lost names the first member of the sample that the result does not have; "" when it has them all.
func (op *testOperation) lost(result reflect.Value, sample any) string {
	switch op.Answer {
	case "redirect":
		return testHas(result.Interface(), "https://example.com/next?a=b#c")
	case "text":
		return testHas(string(result.Bytes()), "<p>text</p>")
	case "empty":
		return ""
	}
	want := any(testKnown(sample))
	if op.Shape != "object" {
		want = []any{want, want}
	}
	if op.Shape == "page" {
		if n := result.Elem().FieldByName("TotalCount").Int(); n != 7 {
			return fmt.Sprintf("TotalCount is %d, want 7", n)
		}
		result = result.Elem().FieldByName("Data") // encoding the page would give back what came
	}
	text, err := json.Marshal(result.Interface())
	if err != nil {
		return err.Error()
	}
	return testHas(testJSON(string(text)), want)
}

func testJSON(text string) any {
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return v
}

// testHas says what of want is not in got: members beside those of want do not count.
func testHas(got, want any) string {
	switch want := want.(type) {
	case testPresent:
		return ""
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, ok := object[name]
			if !ok {
				return "." + name + " is missing"
			}
			if missing := testHas(value, want[name]); missing != "" {
				return "." + name + missing
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			break
		}
		for i := range want {
			if missing := testHas(list[i], want[i]); missing != "" {
				return "[" + strconv.Itoa(i) + "]" + missing
			}
		}
		return ""
	default:
		if reflect.DeepEqual(got, want) {
			return ""
		}
	}
	return fmt.Sprintf(" is %v, want %v", got, want)
}

// testMap rewrites a JSON value, innermost values first.
func testMap(v any, change func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			out[name] = testMap(value, change)
		}
		return change(out)
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = testMap(value, change)
		}
		return change(out)
	}
	return change(v)
}

// testKinds keeps of each scalar only what it is, and of a list its first element.
func testKinds(v any) any {
	return testMap(v, func(v any) any {
		switch v := v.(type) {
		case []any:
			return v[:min(len(v), 1)]
		case map[string]any, nil:
			return v
		}
		return reflect.TypeOf(v).String()
	})
}

const testEnumMark = "enum:" // before a string of which several values are known

// testKnown is the sample with known values in its enums.
func testKnown(sample any) any {
	return testMap(sample, func(v any) any {
		if s, ok := v.(string); ok {
			return strings.TrimPrefix(s, testEnumMark)
		}
		return v
	})
}

// testAnswered is the rule that an answer with the value sent gives a result with all of kept.
func testAnswered(t *testing.T, applies func(*testOperation) bool, send, keep func(any) any) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		if !applies(op) {
			return
		}
		a.answer = op.reply(testMap(op.Sample, send))
		result, err := a.try(t, op, reflect.Value{})
		if err != nil {
			t.Fatal(err)
		}
		if missing := op.lost(result, testMap(op.Sample, keep)); missing != "" {
			t.Errorf("lost: %s", missing)
		}
	})
}

func always(*testOperation) bool { return true }
func same(v any) any             { return v }

func TestAnswersLoseNoMember(t *testing.T) { testAnswered(t, always, same, same) }

func TestAnswersKeepUnknownEnumValues(t *testing.T) {
	unknown := func(v any) any {
		if s, ok := v.(string); ok && strings.HasPrefix(s, testEnumMark) {
			return "zz_unknown"
		}
		return v
	}
	testAnswered(t, always, unknown, unknown)
}

func TestAnswersMayHaveUnknownMembers(t *testing.T) {
	testAnswered(t, always, func(v any) any {
		if object, ok := v.(map[string]any); ok {
			object["zz_unknown"] = map[string]any{"k": []any{1}}
		}
		return v
	}, same)
}

func TestNoContentIsAnErrorUnlessItIsDeclared(t *testing.T) {
	a := testOperations(t)
	a.answer = testReply(http.StatusNoContent, "")
	a.each(t, func(t *testing.T, op *testOperation) {
		result, err := a.try(t, op, reflect.Value{})
		switch isValue := op.Answer == "json" || op.Answer == "envelope"; {
		case isValue && !op.NoContent && !op.IsClient:
			if !errors.Is(err, ErrNoValue) {
				t.Errorf("got %v, %v, want ErrNoValue", result, err)
			}
		case err != nil:
			t.Errorf("got %v", err)
		case op.IsClient && (result.IsNil() || !result.Elem().IsZero()):
			t.Errorf("got %v, want an empty client", result)
		case op.NoContent && !result.IsNil():
			t.Errorf("got %v, want nil", result)
		}
	})
}

func TestNullIsAnErrorUnlessTheResponseIsTheClient(t *testing.T) {
	a := testOperations(t)
	a.answer = testReply(http.StatusOK, `{"response":null,"client":null}`)
	a.each(t, func(t *testing.T, op *testOperation) {
		if op.Answer != "envelope" {
			return
		}
		result, err := a.try(t, op, reflect.Value{})
		if op.IsClient {
			if err != nil || result.IsNil() || !result.Elem().IsZero() {
				t.Errorf("got %v, %v, want an empty client", result, err)
			}
			return
		}
		if decode := (*DecodeError)(nil); !errors.As(err, &decode) || !errors.Is(err, ErrNoValue) || decode.Path != "$.response" {
			t.Errorf("got %v, %v, want ErrNoValue at $.response", result, err)
		}
	})
}

func TestEnvelopesMayLackTheirClient(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		if op.Answer != "envelope" {
			return
		}
		whole := httptest.NewRecorder()
		op.reply(op.Sample)(whole, nil)
		a.answer = testReply(http.StatusOK, strings.Replace(whole.Body.String(), `{"client":null,`, `{`, 1))
		result, err := a.try(t, op, reflect.Value{})
		if err != nil {
			t.Fatal(err)
		}
		if missing := op.lost(result, op.Sample); missing != "" {
			t.Errorf("lost: %s", missing)
		}
	})
}

const testFailure = `{"errors":[{"code":"zz_code","message":"m","long_message":"l","meta":{"param_name":"p"}}],"clerk_trace_id":"trace"}`

func TestFailuresAreAPIErrors(t *testing.T) {
	a := testOperations(t)
	for rule, status := range map[string]func(*testOperation) string{
		"a declared status":    func(op *testOperation) string { return append(op.Failures, "404")[0] },
		"an undeclared status": func(*testOperation) string { return "418" },
		"a proxy's status":     func(*testOperation) string { return "599" },
	} {
		t.Run(rule, func(t *testing.T) {
			a.each(t, func(t *testing.T, op *testOperation) {
				code, err := strconv.Atoi(status(op))
				if err != nil {
					t.Fatal(err)
				}
				a.answer = testReply(code, testFailure)
				result, err := a.try(t, op, reflect.Value{}, WithRetry(RetryPolicy{MaxAttempts: 1}))
				var failure *APIError
				if !errors.As(err, &failure) || result.IsValid() && !result.IsZero() {
					t.Fatalf("got %v, %v; want an *APIError alone", result, err)
				}
				told := HasCode(err, "zz_code") && failure.TraceID == "trace" && failure.Errors[0].Meta.ParamName == "p"
				if op.Verb == http.MethodHead { // whose answers have no body
					told = len(failure.Errors) == 0
				}
				if failure.StatusCode != code || !told || failure.Operation != op.Verb+" "+op.Path {
					t.Errorf("got %+v", failure)
				}
			})
		})
	}
}

func TestRedirectsAreErrorsWhereNoneIsDeclared(t *testing.T) {
	a := testOperations(t)
	a.answer = testReply(http.StatusFound, "", "Location: https://example.com/")
	a.each(t, func(t *testing.T, op *testOperation) {
		_, err := a.try(t, op, reflect.Value{})
		var failure *APIError
		if got := errors.As(err, &failure); got == (op.Answer == "redirect") {
			t.Fatalf("got %v", err)
		}
		if failure != nil && failure.Header.Get("Location") != "https://example.com/" {
			t.Errorf("got %+v", failure)
		}
		a.last(t) // it was not followed
	})
}

// clerk-js and the native SDKs ask for paginated=true; the bare array is what the description calls the old form.
func TestIteratorsAskForPages(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		if op.iterator == nil {
			t.Skip("not paged")
		}
		element, err := json.Marshal(testKnown(op.Sample))
		if err != nil {
			t.Fatal(err)
		}
		list := func(n int) string { return strings.TrimSuffix(strings.Repeat(string(element)+",", n), ",") }
		page := func(n int) string { return `{"data":[` + list(n) + `]}` }
		again := 0 // white space makes pages of the same elements differ
		next := func(text string) string {
			again++
			return strings.Replace(text, "[", "["+strings.Repeat(" ", again), 1)
		}
		for rule, tc := range map[string]struct {
			answers         []string
			items, requests int
			failed          bool
		}{
			"a short page ends":  {[]string{page(2), page(2), page(1)}, 5, 3, false},
			"an empty page ends": {[]string{page(2), page(0)}, 2, 2, false},
			"a bare array ends":  {[]string{"[" + list(2) + "]"}, 2, 1, false},
			"an error ends":      {[]string{page(2), ""}, 2, 2, true},
		} {
			t.Run(rule, func(t *testing.T) {
				a.seen = nil
				a.answer = func(w http.ResponseWriter, _ *http.Request) {
					text := next(tc.answers[min(len(a.seen), len(tc.answers))-1])
					if text == "" || len(a.seen) > 9 { // more is for ever
						testReply(http.StatusTeapot, testFailure)(w, nil)
						return
					}
					if op.Answer == "envelope" {
						text = `{"response":` + text + `,"client":null}`
					}
					_, _ = io.WriteString(w, text)
				}
				params := reflect.New(a.paramsType(op.iterator)).Elem()
				params.FieldByName("Limit").Set(reflect.ValueOf(Ptr(int64(2))))
				params.FieldByName("Offset").Set(reflect.ValueOf(Ptr(int64(10))))
				items, failed := 0, false
				for item, err := range a.call(t, op.iterator, params)[0].Seq2() {
					if items > tc.items {
						t.Fatal("does not end")
					}
					switch {
					case !err.IsNil():
						failed = true
						if !errors.As(err.Interface().(error), new(*APIError)) || !item.IsZero() {
							t.Errorf("ended with %v, %v", item, err)
						}
					case failed:
						t.Error("went on after an error")
					default:
						items++
					}
				}
				if items != tc.items || failed != tc.failed || len(a.seen) != tc.requests {
					t.Errorf("%d items from %d requests, failed: %v", items, len(a.seen), failed)
				}
				for i, seen := range a.seen {
					q := seen.URL.Query()
					if q.Get("paginated") != "true" || q.Get("limit") != "2" || q.Get("offset") != strconv.Itoa(10+2*i) || len(q["paginated"]) != 1 {
						t.Errorf("request %d asked %s", i, seen.URL.RawQuery)
					}
					if seen.Method != op.Verb || !strings.HasPrefix(seen.RequestURI, op.wirePath()+"?") {
						t.Errorf("request %d was %s %s", i, seen.Method, seen.RequestURI)
					}
				}
			})
		}
	})
}
