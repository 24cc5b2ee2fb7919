package fapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// What clients that were generated from the same description by other means do wrong, in users' hands: one rule each.

func TestPeersFormListsRepeatTheirKey(t *testing.T) {
	c, seen := testServer(t, testReply(http.StatusNoContent, ""))
	params := struct {
		Emails []string `form:"email_address"`
	}{[]string{"a", "b,c"}}
	if err := callEmpty(t.Context(), c, post("/v1/x").form(params), nil); err != nil {
		t.Fatal(err)
	}
	if got := (*seen)[0].Body; got != "email_address=a&email_address=b%2Cc" { // not email_address[0]=a
		t.Errorf("sent %s", got)
	}
}

func TestPeersFormsCanSayNull(t *testing.T) {
	type params struct {
		Organization *string `form:"active_organization_id"`
		Limit        *int64  `form:"limit"`
	}
	for rule, tc := range map[string]struct {
		params params
		opts   []RequestOption
		want   string
	}{
		"nil is left out":               {params{}, nil, ""},
		"an empty string is null":       {params{Organization: Ptr("")}, nil, "active_organization_id="},
		"WithForm is null for any type": {params{}, []RequestOption{WithForm("limit")}, "limit="},
		"zero is not null":              {params{Limit: Ptr(int64(0))}, nil, "limit=0"},
	} {
		t.Run(rule, func(t *testing.T) {
			c, seen := testServer(t, testReply(http.StatusNoContent, ""))
			if err := callEmpty(t.Context(), c, post("/v1/x").form(tc.params), tc.opts); err != nil {
				t.Fatal(err)
			}
			if got := (*seen)[0].Body; got != tc.want {
				t.Errorf("sent %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPeersEveryOptionalFormFieldCanBeCleared(t *testing.T) {
	a := testOperations(t)
	a.each(t, func(t *testing.T, op *testOperation) {
		if op.ContentType != "application/x-www-form-urlencoded" && op.ContentType != "multipart/form-data" {
			t.Skip("no form")
		}
		a.answer = op.reply(op.Sample)
		for _, name := range op.Body {
			if op.Types[name] == "upload" {
				continue
			}
			a.seen = nil
			if _, err := a.try(t, op, reflect.Value{}, WithForm(name)); err != nil {
				t.Fatal(err)
			}
			seen := a.last(t)
			if err := parseBody(seen); err != nil || len(seen.PostForm[name]) != 1 || seen.PostForm[name][0] != "" {
				t.Errorf("%s came as %q, %v", name, seen.PostForm[name], err)
			}
		}
	})
}

// parseBody fills PostForm from the body that was read.
func parseBody(seen testCall) error {
	seen.Body = io.NopCloser(strings.NewReader(seen.body))
	err := seen.ParseMultipartForm(1 << 20)
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	return err
}

// 429 is undeclared on nearly all operations, and proxies answer with whatever they like.
func TestPeersNoStatusIsSilent(t *testing.T) {
	for _, body := range []string{testFailure, "", "<html>", "null", "[]", `{"errors":null}`, `{"response":{"id":"x"},"client":null}`} {
		for _, status := range []int{300, 304, 400, 418, 429, 451, 499, 500, 599} {
			c, _ := testServer(t, testReply(status, body))
			user, err := callEnveloped[testUser](t.Context(), c, post("/v1/x"), nil)
			var failure *APIError
			if user != nil || !errors.As(err, &failure) || failure.StatusCode != status {
				t.Errorf("%d %s: got %+v, %v", status, body, user, err)
			}
			if failure != nil && status != 304 && string(failure.Body) != body {
				t.Errorf("%d %s: body %s", status, body, failure.Body)
			}
		}
	}
}

func TestPeersContentTypeOfAnAnswerDoesNotMatter(t *testing.T) {
	for _, kind := range []string{"", "text/plain", "application/json; charset=utf-8", "application/problem+json", "nonsense"} {
		c, _ := testServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			if kind == "" {
				w.Header()["Content-Type"] = nil // net/http would guess
			}
			_, _ = io.WriteString(w, `{"response":{"id":"x"},"client":null}`)
		})
		user, err := callEnveloped[testUser](t.Context(), c, get("/v1/x"), nil)
		if err != nil || user == nil || user.ID != "x" {
			t.Errorf("%q: got %+v, %v", kind, user, err)
		}
	}
}

// testPresent stands for a member that has to be there, whatever its value.
type testPresent struct{}

// TestPeersPayloadChangesCostOnlyWhatChanged applies each change to every place of every answer at once. Unknown members
// and enum values are in TestAnswersMayHaveUnknownMembers and TestAnswersKeepUnknownEnumValues.
func TestPeersPayloadChangesCostOnlyWhatChanged(t *testing.T) {
	kind := func(like any, now any) func(any) any {
		return func(v any) any {
			if reflect.TypeOf(v) == reflect.TypeOf(like) {
				return now
			}
			return v
		}
	}
	// member replaces a member wherever match says so; nil of now removes it.
	member := func(match func(name string, v any) bool, now any) func(any) any {
		return func(v any) any {
			object, _ := v.(map[string]any)
			for name, value := range object {
				if !match(name, value) {
					continue
				}
				if object[name] = now; now == nil {
					delete(object, name)
				}
			}
			return v
		}
	}
	named := func(wanted string) func(string, any) bool {
		return func(name string, v any) bool { _, ok := v.(string); return ok && name == wanted }
	}
	isObject := func(_ string, v any) bool { _, ok := v.(map[string]any); return ok }
	odd := func(name string, _ any) bool { return len(name)%2 == 1 }
	text, number, list := "", json.Number(""), []any{}
	for rule, change := range map[string]struct{ send, keep func(any) any }{
		"an unknown union variant":              {member(named("object"), "zz_unknown"), member(named("object"), "zz_unknown")},
		"a union member without its object":     {member(named("object"), nil), member(named("object"), nil)},
		"a strategy outside the known patterns": {member(named("strategy"), "oauth_custom_acme2"), member(named("strategy"), "oauth_custom_acme2")},
		"members missing":                       {member(odd, nil), member(odd, nil)},
		"null for strings":                      {kind(text, nil), kind(text, testPresent{})},
		"null for numbers":                      {kind(number, nil), kind(number, testPresent{})},
		"null for booleans":                     {kind(true, nil), kind(true, testPresent{})},
		"null for arrays":                       {kind(list, nil), kind(list, testPresent{})},
		"null for objects":                      {member(isObject, json.RawMessage("null")), member(isObject, testPresent{})},
		"strings for numbers":                   {kind(number, "12"), kind(number, testPresent{})},
		"floats for integers":                   {kind(number, json.RawMessage("1.7672256e12")), kind(number, testPresent{})},
		"numbers for strings":                   {kind(text, 5), kind(text, testPresent{})},
		"objects for strings":                   {kind(text, map[string]any{"a": 1}), kind(text, testPresent{})},
		"strings for booleans":                  {kind(true, "true"), kind(true, testPresent{})},
		"arrays for objects":                    {member(isObject, []any{1}), member(isObject, testPresent{})},
		"objects for arrays":                    {kind(list, map[string]any{"a": 1}), kind(list, testPresent{})},
	} {
		t.Run(rule, func(t *testing.T) {
			testAnswered(t, func(op *testOperation) bool { return op.SampleOf == "" }, change.send, change.keep)
		})
	}
}

// One peer sends no credentials where the description lists none, GET /v1/client among them, and none looks at the client
// that comes along.
func TestPeersEveryCallCarriesCredentialsAndTellsOfTheClient(t *testing.T) {
	a := testOperations(t)
	heard := &testHeard{}
	a.core.state = heard
	a.each(t, func(t *testing.T, op *testOperation) {
		text := `{"response":{"id":"r"},"client":{"id":"c"}}`
		want := `{"id":"c"}`
		if op.IsClient {
			want = `{"id":"r"}`
		}
		a.answer = testReply(http.StatusOK, text)
		*heard = testHeard{}
		if op.Answer == "envelope" {
			_, _ = a.try(t, op, reflect.Value{})
		} else {
			a.answer = testReply(http.StatusTeapot, `{"errors":[],"meta":{"client":{"id":"c"}}}`)
			_, _ = a.try(t, op, reflect.Value{})
		}
		if got := a.last(t).Header.Get("Authorization"); got != "token" {
			t.Errorf("Authorization %q", got)
		}
		if op.Verb == http.MethodHead { // whose answers have no body
			want = ""
		}
		if len(heard.news) != 1 || string(heard.news[0].client) != want || heard.news[0].fromResponse != op.IsClient {
			t.Errorf("told of %+v, want %s, from the response: %v", heard.news, want, op.IsClient)
		}
	})
}

// testHeard is a state that has a token and notes what answers say.
type testHeard struct{ news []news }

func (h *testHeard) begin(context.Context, *request) (exchange, error) { return h, nil }
func (h *testHeard) commit(_ context.Context, n news)                  { h.news = append(h.news, n) }
func (h *testHeard) end() *SessionEndedError                           { return nil }
func (h *testHeard) authorize(_ context.Context, header http.Header, _ *values) error {
	header.Set("Authorization", "token")
	return nil
}

func TestPeersWhatIsNotModelledCanBeSeen(t *testing.T) {
	const body = `{"response":{"id":"x","zz":[1]},"client":null,"zz_top":{}}`
	c, _ := testServer(t, testReply(http.StatusOK, body))
	var resp Response
	if _, err := callEnveloped[testUser](t.Context(), c, get("/v1/x"), []RequestOption{WithResponse(&resp)}); err != nil {
		t.Fatal(err)
	}
	if string(resp.Body) != body {
		t.Errorf("got %s", resp.Body)
	}
}
