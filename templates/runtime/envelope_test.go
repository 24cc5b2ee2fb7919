package fapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

const testU1, testU2 = `{"id":"u_1"}`, `{"id":"u_2"}`

// The value of an answer. Clerk's own clients read several operations either way (clerk-js: Base.ts), so a form that was
// not declared is taken too; null and nothing are nil.
var testAnswers = []struct {
	rule      string
	status    int
	body      string
	enveloped bool
	want      string // "" is nil
	path      string // "" is: no error
}{
	{"response of an envelope", 200, `{"response":` + testU1 + `,"client":null}`, true, "u_1", ""},
	{"client may come first", 200, `{"client":{"id":"c","response":1},"response":` + testU1 + `}`, true, "u_1", ""},
	{"unknown members are ignored", 200, `{"meta":{},"x":[{"response":1}],"response":` + testU1 + `}`, true, "u_1", ""},
	{"the last of two counts", 200, `{"response":` + testU2 + `,"response":` + testU1 + `}`, true, "u_1", ""},
	{"an escaped key is the same key", 200, `{"\u0072esponse":` + testU1 + `}`, true, "u_1", ""},
	{"white space", 200, " \n{ \"response\" : " + testU1 + " } \r\n", true, "u_1", ""},
	{"bare where an envelope was declared", 200, testU1, true, "u_1", ""},
	{"bare", 200, testU1, false, "u_1", ""},
	{"an envelope where bare was declared", 200, `{"response":` + testU1 + `,"client":null}`, false, "u_1", ""},
	{"HTML", 200, "<html>" + testSecret, true, "", "$"},
	{"text", 200, `"` + testSecret + `"`, false, "", "$"},
	{"response of the wrong kind", 200, `{"response":["` + testSecret + `"]}`, true, "", "$.response"},
	{"an array", 200, "[]", true, "", "$"},
	{"cut off", 200, `{"response":` + testU1, true, "", "$"},
	{"cut off inside", 200, `{"response":{"id":"u_1`, true, "", "$"},
	{"broken inside", 200, `{"response":{"id" "u_1"}}`, true, "", "$.response"},
	{"something after it", 200, `{"response":` + testU1 + `} x`, true, "", "$"},
}

func TestValueOfAnAnswer(t *testing.T) {
	for _, tt := range testAnswers {
		t.Run(tt.rule, func(t *testing.T) {
			c, _ := testServer(t, testReply(tt.status, tt.body))
			call := callBare[testUser]
			if tt.enveloped {
				call = callEnveloped[testUser]
			}
			got, err := call(t.Context(), c, get("/v1/me"), nil)
			if Value(got).ID != tt.want || (got != nil) != (tt.want != "") {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
			var decode *DecodeError
			if errors.As(err, &decode) != (tt.path != "") || err == nil != (tt.path == "") {
				t.Fatalf("got %v", err)
			}
			if decode == nil {
				return
			}
			if decode.Path != tt.path || len(decode.Raw) == 0 || decode.Operation != "GET /v1/me" {
				t.Errorf("got %+v", decode)
			}
			if want := "GET /v1/me: response at " + tt.path + ": not the JSON value that was expected"; err.Error() != want {
				t.Errorf("got %s, want %s", err, want)
			}
		})
	}
}

// Twelve changes of a payload were tried on other generators' clients; none of these may cost more than its own field.
func TestOddFieldsCostOnlyThemselves(t *testing.T) {
	tests := []struct {
		rule, user string
		want       testUser
	}{
		{"number as string", `{"age":"7","id":"u"}`, testUser{ID: "u"}},
		{"string as number", `{"id":5,"age":7}`, testUser{Age: 7}},
		{"float for an integer", `{"age":1.5,"id":"u"}`, testUser{ID: "u"}},
		{"integer out of range", `{"age":99999999999999999999,"id":"u"}`, testUser{ID: "u"}},
		{"null for a value", `{"age":null,"id":"u"}`, testUser{ID: "u"}},
		{"missing", `{"id":"u"}`, testUser{ID: "u"}},
		{"unknown member", `{"id":"u","new":{"a":[1]}}`, testUser{ID: "u"}},
		{"null for a list", `{"id":"u","tags":null}`, testUser{ID: "u"}},
		{"object for a list", `{"tags":{},"id":"u"}`, testUser{ID: "u"}},
		{"list for an object", `{"best":[],"id":"u"}`, testUser{ID: "u", Best: &testUser{}}},
		{"odd element of a list", `{"tags":["a",5,"b"],"id":"u"}`, testUser{ID: "u", Tags: []string{"a", "", "b"}}},
		{"deep inside", `{"best":{"age":"x","id":"b"},"id":"u"}`, testUser{ID: "u", Best: &testUser{ID: "b"}}},
		{"float for a timestamp", `{"created_at":1.7672256e12,"id":"u"}`, testUser{ID: "u", CreatedAt: 1767225600000}},
		{"object for a timestamp", `{"created_at":{"x":1},"id":"u"}`, testUser{ID: "u"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, _ := testServer(t, testReply(200, `{"response":`+tt.user+`}`))
			got, err := callEnveloped[testUser](t.Context(), c, get("/v1/me"), nil)
			if err != nil {
				t.Fatal(err)
			}
			// encoding/json may or may not have made the pointer for a value it then refused.
			if got.Best != nil && reflect.DeepEqual(*got.Best, testUser{}) && tt.want.Best != nil {
				got.Best = tt.want.Best
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestNoValueIsAnError(t *testing.T) {
	for _, tt := range []struct {
		rule      string
		status    int
		body      string
		enveloped bool
		path      string
	}{
		{"response null", 200, `{"response":null,"client":` + testU1 + `}`, true, "$.response"},
		{"client only", 200, `{"client":` + testU1 + `}`, true, "$"},
		{"empty object", 200, `{}`, true, "$"},
		{"204", 204, "", true, "$"},
		{"204 with a body after all", 204, `{"response":` + testU1 + `}`, true, "$"},
		{"200 without a body", 200, "", true, "$"},
		{"200 with white space", 200, " \n", true, "$"},
		{"null", 200, "null", true, "$"},
		{"bare null", 200, "null", false, "$"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			c, _ := testServer(t, testReply(tt.status, tt.body))
			call := callBare[testUser]
			if tt.enveloped {
				call = callEnveloped[testUser]
			}
			got, err := call(t.Context(), c, get("/v1/me"), nil)
			var decode *DecodeError
			if got != nil || !errors.Is(err, ErrNoValue) || !errors.As(err, &decode) || decode.Path != tt.path {
				t.Fatalf("got %v, %v, want no value at %s", got, err, tt.path)
			}
			if want := "GET /v1/me: response at " + tt.path + ": no value"; err.Error() != want {
				t.Errorf("got %s, want %s", err, want)
			}
		})
	}
}

func TestNoContentGivesNilWhereItIsDeclared(t *testing.T) {
	c, _ := testServer(t, testReply(204, ""))
	if got, err := callEnveloped[testUser](t.Context(), c, del("/v1/me").orNoContent(), nil); got != nil || err != nil {
		t.Errorf("got %v, %v, want nil and no error", got, err)
	}
	c, _ = testServer(t, testReply(200, ""))
	if got, err := callEnveloped[testUser](t.Context(), c, del("/v1/me").orNoContent(), nil); got != nil || !errors.Is(err, ErrNoValue) {
		t.Errorf("200 without a body: got %v, %v, want ErrNoValue", got, err)
	}
}

func TestKindsOfResults(t *testing.T) {
	serve := func(body string) *core {
		c, _ := testServer(t, testReply(200, body))
		return c
	}
	const list = `[{"id":"a"},{"id":"b"}]`
	t.Run("list in an envelope", func(t *testing.T) {
		got, err := callEnvelopedList[testUser](t.Context(), serve(`{"response":`+list+`}`), get("/v1/x"), nil)
		if err != nil || len(got) != 2 || got[1].ID != "b" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("null list", func(t *testing.T) {
		got, err := callEnvelopedList[testUser](t.Context(), serve(`{"response":null}`), get("/v1/x"), nil)
		if !errors.Is(err, ErrNoValue) || got != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("odd element of a list", func(t *testing.T) {
		got, err := callEnvelopedList[testUser](t.Context(), serve(`{"response":[5,{"id":"b"}]}`), get("/v1/x"), nil)
		if err != nil || len(got) != 2 || got[1].ID != "b" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("object for a list", func(t *testing.T) {
		var decode *DecodeError
		if _, err := callEnvelopedList[testUser](t.Context(), serve(`{"response":{}}`), get("/v1/x"), nil); !errors.As(err, &decode) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("bare list", func(t *testing.T) {
		got, err := callBareList[testUser](t.Context(), serve(list), get("/v1/x"), nil)
		if err != nil || len(got) != 2 || got[0].ID != "a" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("raw", func(t *testing.T) {
		got, err := callRaw(t.Context(), serve("<xml/>"), get("/v1/x"), nil)
		if err != nil || string(got) != "<xml/>" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("empty does not look at the body", func(t *testing.T) {
		if err := callEmpty(t.Context(), serve("<html>"), post("/v1/x"), nil); err != nil {
			t.Error(err)
		}
	})
}

// On valid JSON objects the members are those that encoding/json finds; on anything else nothing breaks.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"response":{"id":"u"},"client":null}`, `{"errors":[{"code":"x"}],"meta":{"client":{}},"clerk_trace_id":"t"}`,
		`{"error":"invalid_grant","error_description":"d"}`, `{"a\"b":"}","\u0072esponse":[1,{"x":"]"}]}`, ` { } `, `{"a":1,}`,
		`{"response":1}x`, `[]`, `"x"`, `{`, `{"a`, `{"a\`, `{"a":}`, `{"a":1 2}`, `{"a":"\\"}`, "{\"\xff\":1}", `{,}`, `{"a":[}]}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := map[string]string{}
		err := eachMember(body, func(key, value []byte) { got[string(key)] = string(value) })
		a := &answer{status: 422, header: map[string][]string{}, body: body}
		_ = newAPIError("GET /v1/x", a).Error()
		for _, enveloped := range []bool{true, false} {
			raw, path, err := (&answer{status: 200, body: body}).value(enveloped)
			if err == nil && path != "$" && path != "$.response" {
				t.Errorf("path %q", path)
			}
			if v, ok := decodeValue[Page[testUser]](raw); ok && v != nil && !json.Valid(raw) {
				t.Errorf("decoded %q", raw)
			}
		}
		newsOf(get("/v1/client").responseIsClient(), &answer{status: 200, body: body})

		var want map[string]json.RawMessage
		if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			return
		}
		if e := json.Unmarshal(body, &want); e != nil || err != nil {
			t.Fatalf("encoding/json: %v, eachMember: %v", e, err)
		}
		if strings.ToValidUTF8(string(body), "") != string(body) {
			return // encoding/json repairs the text, members keep it
		}
		for key, value := range want {
			if got[key] != string(value) {
				t.Errorf("%q: got %s, want %s", key, got[key], value)
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %d members, want %d", len(got), len(want))
		}
	})
}
