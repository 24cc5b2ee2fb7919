package fapi

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"testing"
)

type testEnum string

type testNested struct {
	InnerCamel map[string]int `json:"innerCamel"`
}

var testForms = []struct {
	rule   string
	params any
	want   string
}{
	{
		// clerk-js: querystring.ts, as observed on the wire.
		rule: "the observed example of clerk-js",
		params: struct {
			CamelCase bool           `form:"camel_case"`
			Arr       []*string      `form:"arr"`
			Nul       *string        `form:"nul,always"`
			Und       *string        `form:"und"`
			Num       int64          `form:"num"`
			Obj       map[string]any `form:"obj"`
			EmptyArr  []string       `form:"emptyArr"`
			D         string         `form:"d"`
		}{
			CamelCase: true, Arr: []*string{Ptr("a"), nil, Ptr("b")},
			Obj: map[string]any{"innerCamel": map[string]int{"x": 1}}, EmptyArr: []string{}, D: "a,b",
		},
		want: "camel_case=true&arr=a&arr=&arr=b&nul=&num=0&obj=%7B%22innerCamel%22%3A%7B%22x%22%3A1%7D%7D&d=a%2Cb",
	},
	{"nil is not sent", struct {
		A *string         `form:"a"`
		B []string        `form:"b"`
		C map[string]int  `form:"c"`
		D json.RawMessage `form:"d"`
		E *testNested     `form:"e"`
		F any             `form:"f"`
	}{}, ""},
	{"an empty string is sent", struct {
		A *string `form:"a"`
	}{Ptr("")}, "a="},
	{"always sends nil as an empty value", struct {
		A *string  `form:"a,always"`
		B []string `form:"b,always"`
		C *int64   `form:"c,always"`
	}{B: []string{}}, "a=&b=&c="},
	{"always leaves values alone", struct {
		A *string  `form:"a,always"`
		B []string `form:"b,always"`
	}{Ptr("x"), []string{"y"}}, "a=x&b=y"},
	// OpenAPI 3.0.3, style values: spaceDelimited, form and pipeDelimited without explode.
	{"space joins a list with spaces", struct {
		A []testEnum `form:"a,space"`
	}{[]testEnum{"openid", "email"}}, "a=openid+email"},
	{"comma joins a list with commas", struct {
		A []int64 `form:"a,comma"`
	}{[]int64{1, 2}}, "a=1%2C2"},
	{"pipe joins a list with bars", struct {
		A []string `form:"a,pipe"`
	}{[]string{"x", "y"}}, "a=x%7Cy"},
	{"a joined list without elements is not sent", struct {
		A []string `form:"a,space"`
	}{[]string{}}, ""},
	{"a struct is JSON text", struct {
		A *testNested `form:"a"`
	}{&testNested{map[string]int{"x": 1}}}, "a=%7B%22innerCamel%22%3A%7B%22x%22%3A1%7D%7D"},
	{"raw JSON goes out as written", struct {
		A json.RawMessage `form:"a"`
	}{json.RawMessage(`{"b": 1}`)}, "a=%7B%22b%22%3A+1%7D"},
	{"raw null is an empty value", struct {
		A json.RawMessage `form:"a"`
	}{json.RawMessage("null")}, "a="},
	{"a list of objects repeats JSON text", struct {
		A []json.RawMessage `form:"a"`
	}{[]json.RawMessage{[]byte(`{}`), []byte(`[1]`)}}, "a=%7B%7D&a=%5B1%5D"},
	{"numbers are decimal", struct {
		A int64     `form:"a"`
		B uint8     `form:"b"`
		C float64   `form:"c"`
		D Timestamp `form:"d"`
		E float64   `form:"e"`
	}{math.MinInt64, 255, 0.5, 1767225600000, 1e21}, "a=-9223372036854775808&b=255&c=0.5&d=1767225600000&e=1000000000000000000000"},
	{"false and zero in lists stay themselves", struct {
		A []bool  `form:"a"`
		B []int64 `form:"b"`
	}{[]bool{false}, []int64{0}}, "a=false&b=0"},
	{"named strings are strings", struct {
		A testEnum   `form:"a"`
		B []testEnum `form:"b"`
	}{"x", []testEnum{"y", "z"}}, "a=x&b=y&b=z"},
	{"JSON text is not escaped for HTML", struct {
		A map[string]string `form:"a"`
	}{map[string]string{"k": "<&>"}}, "a=%7B%22k%22%3A%22%3C%26%3E%22%7D"},
	{"other fields stay at home", struct {
		A string `query:"a"`
		B string
		C string `form:"-"`
		D string `form:"d"`
	}{"1", "2", "3", "4"}, "d=4"},
	{"reserved characters are escaped", struct {
		A string `form:"a"`
	}{"a b&c=d+é\n"}, "a=a+b%26c%3Dd%2B%C3%A9%0A"},
	{"params may be a pointer", &struct {
		A string `form:"a"`
	}{"x"}, "a=x"},
	{"nil params are none", nil, ""},
	{"a nil pointer is none", (*testNested)(nil), ""},
}

func TestFormEncoding(t *testing.T) {
	for _, tt := range testForms {
		t.Run(tt.rule, func(t *testing.T) {
			var v values
			if err := v.addParams(tt.params, "form"); err != nil {
				t.Fatal(err)
			}
			if got := v.encode(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFormRefuses(t *testing.T) {
	tests := []struct {
		rule   string
		params any
		want   string
	}{
		{"what is no struct", 5, "params: int is not a struct"},
		{"a list of params", []string{"a"}, "params: []string is not a struct"},
		{"what has no JSON", struct {
			A map[string]any `form:"a"`
		}{map[string]any{testSecret: math.NaN()}}, "param a: map[string]interface {} cannot be written as JSON"},
		{"functions", struct {
			A func() `form:"a"`
		}{func() {}}, "param a: func() cannot be written as JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			r := post("/v1/me").form(tt.params)
			if r.err == nil || r.err.Error() != tt.want {
				t.Errorf("got %v, want %s", r.err, tt.want)
			}
		})
	}
}

// Query lists are repeated keys and never split on commas: clerk-js does split them (fapiClient.ts), which breaks names
// such as "Doe, John".
func TestQueryEncoding(t *testing.T) {
	params := struct {
		Role  []string `query:"role"`
		Q     *string  `query:"q"`
		Limit *int64   `query:"limit"`
		Flag  *bool    `query:"flag"`
		Name  string   `form:"name"`
	}{Role: []string{"a", "b"}, Q: Ptr("Doe, John"), Flag: Ptr(false), Name: "x"}
	r := get("/v1/me").query(params)
	if got, want := r.params.encode(), "role=a&role=b&q=Doe%2C+John&flag=false"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is encoded comes back through the standard library's parser: the keys, the values, their order within a key.
func FuzzFormEncoding(f *testing.F) {
	f.Add("identifier", "ada@example.com", "a,b", int64(0), true)
	f.Add("a[]", "", "é&=+%", int64(-1), false)
	f.Add("", "\x00\xff", "null", int64(1), true)
	f.Fuzz(func(t *testing.T, key, text, element string, number int64, set bool) {
		params := struct {
			Text   string    `form:"text"`
			List   []string  `form:"list"`
			Number *int64    `form:"number"`
			Object any       `form:"object"`
			Always *testEnum `form:"always,always"`
		}{Text: text, List: []string{element, text}, Object: map[string]string{"k": strings.ToValidUTF8(element, "?")}}
		if set {
			params.Number = &number
		}
		var v values
		if err := v.addParams(params, "form"); err != nil {
			t.Fatal(err)
		}
		v.set(key, text, element)
		got, err := url.ParseQuery(v.encode())
		if err != nil {
			t.Fatal(err)
		}
		if vals := got[key]; len(vals) != 2 || vals[0] != text || vals[1] != element {
			t.Errorf("%q came back as %q", []string{text, element}, vals)
		}
		if key != "list" {
			if vals := got["list"]; len(vals) != 2 || vals[0] != element || vals[1] != text {
				t.Errorf("the list came back as %q", vals)
			}
		}
		if key != "object" && !json.Valid([]byte(got.Get("object"))) {
			t.Errorf("the object came back as %q", got.Get("object"))
		}
		if key != "number" && got.Has("number") != set {
			t.Errorf("number sent: %v, wanted: %v", got.Has("number"), set)
		}
		if key != "always" && (!got.Has("always") || got.Get("always") != "") {
			t.Errorf("always came back as %q", got["always"])
		}
	})
}
