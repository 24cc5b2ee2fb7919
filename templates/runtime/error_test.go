package fapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func testCallError(t *testing.T, status int, body string, headers ...string) *APIError {
	t.Helper()
	c, _ := testServer(t, testReply(status, body, headers...))
	err := callEmpty(t.Context(), c, post("/v1/client/sign_ins/{sign_in_id}/prepare_first_factor", "si_1"), []RequestOption{WithRetry(RetryPolicy{MaxAttempts: 1})})
	var api *APIError
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want an *APIError", err)
	}
	return api
}

func TestErrorTexts(t *testing.T) {
	const op = "POST /v1/client/sign_ins/{sign_in_id}/prepare_first_factor: "
	const hint = `; switch on "Native API" for this instance on the Native applications page of the Clerk Dashboard`
	tests := []struct {
		rule   string
		status int
		body   string
		header string
		want   string
	}{
		{"code and trace", 422, `{"errors":[{"code":"form_password_incorrect","message":"` + testSecret + `"}],"clerk_trace_id":"abc123"}`, "", op + "422 form_password_incorrect (trace abc123)"},
		{"the first code", 422, `{"errors":[{"code":"a"},{"code":"b"}]}`, "", op + "422 a"},
		{"no code", 502, "<html>" + testSecret, "", op + "502 Bad Gateway"},
		{"no code and no name", 599, "", "", op + "599"},
		{"a code that is none", 400, `{"errors":[{"code":"` + testSecret + `\nADA@x"}]}`, "", op + "400 Bad Request"},
		{"a trace that is none", 400, `{"clerk_trace_id":"` + testSecret + ` x"}`, "", op + "400 Bad Request"},
		{"CF-Ray is the fallback trace", 500, "", "Cf-Ray: 8a-FRA", op + "500 Internal Server Error (trace 8a-FRA)"},
		{"OAuth", 400, `{"error":"invalid_grant","error_description":"` + testSecret + `"}`, "", op + "400 invalid_grant"},
		{"native API disabled says what to do", 403, `{"errors":[{"code":"native_api_disabled"}]}`, "", op + "403 native_api_disabled" + hint},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			header := tt.header
			if header == "" {
				header = "X-None: 1"
			}
			if got := testCallError(t, tt.status, tt.body, header).Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestErrorFields(t *testing.T) {
	body := `{"errors":[{"code":"form_password_pwned","message":"short","long_message":"long","meta":{"param_name":"password",
		"session_id":"sess_1","email_addresses":["a"],"identifiers":["b"],"zxcvbn":{"suggestions":[{"code":"c","message":"m"}]},
		"plan":{"id":"p","name":"n","amount_formatted":"1","annual_monthly_amount_formatted":"2","currency_symbol":"$"},
		"is_plan_upgrade_possible":true,"seats_quantity_to_add":1,"seats_quantity":2,"new":3}},
		{"code":"x","meta":{"param_name":5,"session_id":"s"}},{"code":"y","meta":"odd"},7],"clerk_trace_id":"t"}`
	e := testCallError(t, 422, body, "Retry-After: 7", "X-A: b")
	if e.StatusCode != 422 || e.TraceID != "t" || e.RetryAfter != 7*time.Second || e.Header.Get("X-A") != "b" || string(e.Body) != body ||
		e.Operation != "POST /v1/client/sign_ins/{sign_in_id}/prepare_first_factor" || len(e.Errors) != 4 {
		t.Fatalf("got %+v", e)
	}
	d := e.Errors[0]
	raw := d.Meta.Raw
	d.Meta.Raw = nil
	// The keys are those that clerk-js parses (clerkApiError.ts).
	want := ErrorDetail{Code: "form_password_pwned", Message: "short", LongMessage: "long", Meta: ErrorMeta{
		ParamName: "password", SessionID: "sess_1", EmailAddresses: []string{"a"}, Identifiers: []string{"b"},
		Zxcvbn:                &ErrorZxcvbn{Suggestions: []ErrorSuggestion{{Code: "c", Message: "m"}}},
		Plan:                  &ErrorPlan{ID: "p", Name: "n", AmountFormatted: "1", AnnualMonthlyAmountFormatted: "2", CurrencySymbol: "$"},
		IsPlanUpgradePossible: Ptr(true), SeatsQuantityToAdd: Ptr(int64(1)), SeatsQuantity: Ptr(int64(2)),
	}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v", d)
	}
	if !strings.Contains(string(raw), `"new":3`) {
		t.Errorf("raw: %s", raw)
	}
	if e.Errors[1].Meta.SessionID != "s" || e.Errors[2].Code != "y" || string(e.Errors[2].Meta.Raw) != `"odd"` {
		t.Errorf("odd parts cost more than themselves: %+v", e.Errors[1:])
	}
	if out, err := json.Marshal(e.Errors[2]); err != nil || string(out) != `{"code":"y","message":"","long_message":"","meta":"odd"}` {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestErrorBodiesThatAreNotClerks(t *testing.T) {
	for _, body := range []string{"", "<html>", "null", "[]", `{"errors":{}}`, `{"errors":null}`, `{"error":{"message":"x"}}`, `{"errors":[{"code":"x"}`, `{"errors":"x"`} {
		t.Run(body, func(t *testing.T) {
			e := testCallError(t, 418, body)
			if len(e.Errors) != 0 && body != `{"errors":[{"code":"x"}` || e.StatusCode != 418 || string(e.Body) != body {
				t.Errorf("got %+v", e)
			}
		})
	}
	t.Run("OAuth", func(t *testing.T) { // RFC 6749, section 5.2
		e := testCallError(t, 400, `{"error":"invalid_grant","error_description":"expired"}`)
		if len(e.Errors) != 1 || e.Errors[0].Code != "invalid_grant" || e.Errors[0].Message != "expired" {
			t.Errorf("got %+v", e.Errors)
		}
	})
}

func TestSentinels(t *testing.T) {
	all := []error{ErrUnauthenticated, ErrForbidden, ErrNotFound, ErrConflict, ErrUnprocessable, ErrRateLimited, ErrServer,
		ErrNativeAPIDisabled, ErrCaptchaRequired, ErrOriginAuthorizationConflict, ErrClosed, ErrUnsupported, io.EOF}
	tests := []struct {
		status int
		code   string
		want   []error
	}{
		{401, "", []error{ErrUnauthenticated}},
		{403, "", []error{ErrForbidden}},
		{404, "", []error{ErrNotFound}},
		{409, "", []error{ErrConflict}},
		{422, "", []error{ErrUnprocessable}},
		{429, "", []error{ErrRateLimited}},
		{500, "", []error{ErrServer}},
		{504, "", []error{ErrServer}},
		{400, "", nil},
		{403, "native_api_disabled", []error{ErrForbidden, ErrNativeAPIDisabled}},
		{401, "requires_captcha", []error{ErrUnauthenticated, ErrCaptchaRequired}},
		{400, "origin_authorization_headers_conflict", []error{ErrOriginAuthorizationConflict}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.code), func(t *testing.T) {
			api := &APIError{StatusCode: tt.status, Errors: []ErrorDetail{{Code: "other"}, {Code: ErrorCode(tt.code)}}}
			err := fmt.Errorf("wrapped: %w", errors.Join(io.ErrNoProgress, api))
			for _, sentinel := range all {
				want := false
				for _, w := range tt.want {
					want = want || w == sentinel
				}
				if got := errors.Is(err, sentinel); got != want {
					t.Errorf("%v: got %v, want %v", sentinel, got, want)
				}
			}
		})
	}
	if !errors.Is(ErrUnsupported, errors.ErrUnsupported) {
		t.Error("ErrUnsupported is not errors.ErrUnsupported")
	}
}

func TestHasCode(t *testing.T) {
	first := &APIError{Errors: []ErrorDetail{{Code: "a"}, {Code: "b"}}}
	second := &APIError{Errors: []ErrorDetail{{Code: "c"}}}
	err := fmt.Errorf("sign out: %w", errors.Join(first, second))
	for code, want := range map[ErrorCode]bool{"a": true, "b": true, "c": true, "d": false, "": false} {
		if got := HasCode(err, code); got != want {
			t.Errorf("%q: got %v", code, got)
		}
	}
	if HasCode(nil, "a") || HasCode(io.EOF, "a") {
		t.Error("found a code where there is no *APIError")
	}
}
