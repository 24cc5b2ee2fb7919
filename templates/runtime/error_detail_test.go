package fapi

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorDetailOfARefusedRequest(t *testing.T) {
	wrong := ErrorDetail{Code: "form_param_missing", Message: "is missing", LongMessage: "Please enter a password.", Meta: ErrorMeta{ParamName: "new_password"}}
	err := fmt.Errorf("changing the password: %w", &APIError{StatusCode: 422, Errors: []ErrorDetail{wrong, {Code: "requires_captcha"}}, Operation: "POST /v1/me/change_password"})

	if got, want := err.Error(), "changing the password: POST /v1/me/change_password: 422 form_param_missing (new_password)"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	var detail *ErrorDetail
	if !errors.As(err, &detail) || detail.Meta.ParamName != "new_password" {
		t.Errorf("errors.As found %v, want the first detail", detail)
	}
	if !HasCode(err, "form_param_missing") || !HasCode(err, "requires_captcha") || HasCode(err, "other") {
		t.Error("HasCode does not compare all details")
	}
	if !errors.Is(err, ErrCaptchaRequired) || !errors.Is(err, ErrUnprocessable) || errors.Is(err, ErrNativeAPIDisabled) {
		t.Error("errors.Is does not know the sentinels")
	}
}

func TestErrorDetailOfAVerification(t *testing.T) {
	failed := &Verification{Error: &ErrorDetail{Code: "external_account_exists", LongMessage: "Sign in instead.", Meta: ErrorMeta{SessionID: "sess_1"}}}
	err := failed.Err()
	var detail *ErrorDetail
	if !errors.As(err, &detail) || detail.Meta.SessionID != "sess_1" || !HasCode(err, "external_account_exists") {
		t.Errorf("Err() = %v, want the detail of the verification", err)
	}
	for name, none := range map[string]*Verification{"no verification": nil, "no error": {}} {
		if err := none.Err(); err != nil {
			t.Errorf("%s: Err() = %v, want nil", name, err)
		}
	}
}

func TestErrorDetailText(t *testing.T) {
	for name, c := range map[string]struct {
		detail ErrorDetail
		want   string
	}{
		"code alone":            {ErrorDetail{Code: "form_code_incorrect"}, "form_code_incorrect"},
		"code and parameter":    {ErrorDetail{Code: "form_code_incorrect", Meta: ErrorMeta{ParamName: "code"}}, "form_code_incorrect (code)"},
		"parameter with a line": {ErrorDetail{Code: "form_code_incorrect", Meta: ErrorMeta{ParamName: "code\nsecret"}}, "form_code_incorrect"},
		"code with a token":     {ErrorDetail{Code: "eyJhbGciOi.J9"}, "an error without a code"},
		"no code":               {ErrorDetail{Message: "a secret"}, "an error without a code"},
	} {
		if got := c.detail.Error(); got != c.want {
			t.Errorf("%s: Error() = %q, want %q", name, got, c.want)
		}
	}
}

func TestUserMessage(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"long message":           {&APIError{Errors: []ErrorDetail{{Message: "is incorrect", LongMessage: "Password is incorrect."}}}, "Password is incorrect."},
		"short message":          {&APIError{Errors: []ErrorDetail{{Message: "is incorrect"}}}, "is incorrect"},
		"wrapped":                {fmt.Errorf("sign-in: %w", &ErrorDetail{LongMessage: "Try again."}), "Try again."},
		"of a verification":      {(&Verification{Error: &ErrorDetail{LongMessage: "Expired."}}).Err(), "Expired."},
		"no detail":              {&APIError{StatusCode: 502}, ""},
		"an error of the system": {errors.New("disk full"), ""},
		"nil":                    {nil, ""},
	} {
		if got := UserMessage(c.err); got != c.want {
			t.Errorf("%s: UserMessage = %q, want %q", name, got, c.want)
		}
	}
}
