package fapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sentinels for errors.Is. Those with a status match an *APIError with that status, those with a code one with that code.
var (
	ErrUnauthenticated = errors.New("unauthenticated")       // status 401
	ErrForbidden       = errors.New("forbidden")             // status 403
	ErrNotFound        = errors.New("not found")             // status 404
	ErrConflict        = errors.New("conflict")              // status 409
	ErrUnprocessable   = errors.New("unprocessable")         // status 422
	ErrRateLimited     = errors.New("rate limited")          // status 429
	ErrServer          = errors.New("server error")          // status 500 and above
	ErrCaptchaRequired = errors.New("a captcha is required") // code requires_captcha

	// ErrNativeAPIDisabled is code native_api_disabled.
	ErrNativeAPIDisabled = errors.New("native API disabled: " + nativeAPIHint)
	// ErrOriginAuthorizationConflict is code origin_authorization_headers_conflict: a request had the marks of a page and
	// of a native app at once.
	ErrOriginAuthorizationConflict = errors.New("origin and authorization headers conflict")

	// ErrNoValue is the cause of a *DecodeError where a success has no body, or null, in place of the value that the
	// operation declares.
	ErrNoValue = errors.New("no value")

	// ErrClosed is the error of calls on a client that was closed.
	ErrClosed = errors.New("client closed")
	// ErrUnsupported is the error of what this platform cannot do; it is an errors.ErrUnsupported too.
	ErrUnsupported = fmt.Errorf("not available on this platform: %w", errors.ErrUnsupported)
)

// Codes that the runtime acts on. The generated ErrorCode constants hold them all, under names that it does not depend on.
const (
	codeNativeAPIDisabled           ErrorCode = "native_api_disabled"
	codeRequiresCaptcha             ErrorCode = "requires_captcha"
	codeOriginAuthorizationConflict ErrorCode = "origin_authorization_headers_conflict"
)

const nativeAPIHint = "switch on \"Native API\" for this instance on the Native applications page of the Clerk Dashboard"

// ErrorCode is Clerk's name for what went wrong. The API may send codes that have no constant here.
type ErrorCode string

// APIError is an answer that reports failure: any status from 400 on, and a redirect where none was expected.
//
// Error prints the operation, the status, the first code with the parameter that it is about, and the trace id. The server's prose stays out of it, since it
// may quote what the user typed; it is in Errors.
type APIError struct {
	StatusCode int
	Errors     []ErrorDetail // empty when the body is not an error of Clerk's, such as a proxy's HTML
	TraceID    string        // what Clerk's support asks for; "" when unknown
	RetryAfter time.Duration // what the server asked to wait; 0 when it did not
	Operation  string        // verb and path template, for example "POST /v1/client/sign_ins"
	Header     http.Header   // of the answer; may hold credentials
	Body       []byte        // of the answer, whole
}

// ErrorDetail is one error of an APIError, or why a Verification failed. It is an error itself: errors.As finds the first one
// of an APIError, HasCode compares its Code.
type ErrorDetail struct {
	Code        ErrorCode `json:"code"`
	Message     string    `json:"message"`      // short, for developers
	LongMessage string    `json:"long_message"` // may be shown to users; "" when there is none
	Meta        ErrorMeta `json:"meta"`
}

// Error is one line without anything the user typed: the code and, where there is one, the parameter at fault.
func (d *ErrorDetail) Error() string {
	if !printableCode.MatchString(string(d.Code)) {
		return "an error without a code"
	}
	if printableCode.MatchString(d.Meta.ParamName) {
		return string(d.Code) + " (" + d.Meta.ParamName + ")"
	}
	return string(d.Code)
}

// Format prints Error for every verb and flag: others would print messages, which may quote what the user typed.
func (d *ErrorDetail) Format(f fmt.State, verb rune) { formatText(f, verb, d.Error()) }

// Is makes HasCode work, and errors.Is with the sentinels that stand for a code.
func (d *ErrorDetail) Is(target error) bool {
	if code, ok := target.(codeTarget); ok {
		return d.Code == ErrorCode(code)
	}
	code, ok := sentinelCodes[target]
	return ok && d.Code == code
}

// sentinelCodes are the codes that the sentinels stand for.
var sentinelCodes = map[error]ErrorCode{
	ErrNativeAPIDisabled:           codeNativeAPIDisabled,
	ErrCaptchaRequired:             codeRequiresCaptcha,
	ErrOriginAuthorizationConflict: codeOriginAuthorizationConflict,
}

// UserMessage returns the API's own message for the user from the first ErrorDetail that err is or wraps: its LongMessage, or
// Message where there is none. It is "" for every other error. The text is the server's: show it as plain text.
func UserMessage(err error) string {
	var d *ErrorDetail
	if !errors.As(err, &d) {
		return ""
	}
	return cmp.Or(d.LongMessage, d.Message)
}

// ErrorMeta says what an ErrorDetail is about. Only the fields that go with its code are set.
type ErrorMeta struct {
	ParamName             string          `json:"param_name"` // the form field at fault
	SessionID             string          `json:"session_id"`
	EmailAddresses        []string        `json:"email_addresses"`
	Identifiers           []string        `json:"identifiers"`
	Zxcvbn                *ErrorZxcvbn    `json:"zxcvbn"`
	Plan                  *ErrorPlan      `json:"plan"`
	IsPlanUpgradePossible *bool           `json:"is_plan_upgrade_possible"`
	SeatsQuantityToAdd    *int64          `json:"seats_quantity_to_add"`
	SeatsQuantity         *int64          `json:"seats_quantity"`
	Raw                   json.RawMessage `json:"-"` // the whole object, unknown members included; nil when there was none
}

// ErrorZxcvbn is why a password counts as weak.
type ErrorZxcvbn struct {
	Suggestions []ErrorSuggestion `json:"suggestions"`
}

// ErrorSuggestion is one way to make a password stronger.
type ErrorSuggestion struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ErrorPlan is the billing plan that an ErrorDetail is about.
type ErrorPlan struct {
	ID                           string `json:"id"`
	Name                         string `json:"name"`
	AmountFormatted              string `json:"amount_formatted"`
	AnnualMonthlyAmountFormatted string `json:"annual_monthly_amount_formatted"`
	CurrencySymbol               string `json:"currency_symbol"`
}

// UnmarshalJSON keeps the object in Raw and fills the fields it knows. It returns no error: a strange meta must not hide
// the code beside it.
func (m *ErrorMeta) UnmarshalJSON(b []byte) error {
	type plain ErrorMeta
	if isNull(b) {
		return nil
	}
	_ = json.Unmarshal(b, (*plain)(m))
	m.Raw = slices.Clone(b)
	return nil
}

// MarshalJSON gives Raw back.
func (m ErrorMeta) MarshalJSON() ([]byte, error) { return rawOrNull(m.Raw), nil }

func newAPIError(operation string, a *answer) *APIError {
	e := &APIError{StatusCode: a.status, RetryAfter: a.retryAfter, Operation: operation, Header: a.header, Body: a.body}
	env, err := a.envelope()
	if err == nil {
		if details, ok := decodeValue[[]ErrorDetail](env.errors); ok && details != nil {
			e.Errors = *details
		}
		if code := unquote(env.oauthError); len(e.Errors) == 0 && code != "" {
			e.Errors = []ErrorDetail{{Code: ErrorCode(code), Message: unquote(env.oauthDescription)}}
		}
		e.TraceID = unquote(env.traceID)
	}
	if e.TraceID == "" {
		e.TraceID = a.header.Get("Cf-Ray") // as Clerk's backend SDK does
	}
	return e
}

// Code and trace id come from outside; only what looks like one is printed.
var (
	printableCode  = regexp.MustCompile(`^[a-z0-9_]{1,80}$`)
	printableTrace = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

func (e *APIError) codes() []ErrorCode {
	codes := make([]ErrorCode, len(e.Errors))
	for i, d := range e.Errors {
		codes[i] = d.Code
	}
	return codes
}

// Error is one line without anything the user typed: operation, status, first code and its parameter, trace id.
func (e *APIError) Error() string {
	var b strings.Builder
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(strconv.Itoa(e.StatusCode))
	if len(e.Errors) > 0 && printableCode.MatchString(string(e.Errors[0].Code)) {
		b.WriteString(" " + e.Errors[0].Error())
	} else if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if printableTrace.MatchString(e.TraceID) {
		b.WriteString(" (trace " + e.TraceID + ")")
	}
	if e.has(codeNativeAPIDisabled) {
		b.WriteString("; " + nativeAPIHint)
	}
	return b.String()
}

// Format prints Error for every verb and flag: others would print the header and the body.
func (e *APIError) Format(f fmt.State, verb rune) { formatText(f, verb, e.Error()) }

// Is makes errors.Is work with the sentinels of this package.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrUnauthenticated:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrUnprocessable:
		return e.StatusCode == http.StatusUnprocessableEntity
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrServer:
		return e.StatusCode >= http.StatusInternalServerError
	}
	return false
}

// Unwrap returns Errors, so that errors.As finds the first *ErrorDetail and HasCode compares them all.
func (e *APIError) Unwrap() []error {
	list := make([]error, len(e.Errors))
	for i := range e.Errors {
		list[i] = &e.Errors[i]
	}
	return list
}

func (e *APIError) has(code ErrorCode) bool {
	return slices.ContainsFunc(e.Errors, func(d ErrorDetail) bool { return d.Code == code })
}

// HasCode reports whether err is, or wraps, an *ErrorDetail with this code, such as one of the Errors of an *APIError.
func HasCode(err error, code ErrorCode) bool {
	return errors.Is(err, codeTarget(code)) // errors.Is also walks joined errors, all branches of them
}

type codeTarget ErrorCode

func (c codeTarget) Error() string { return string(c) }

// NetworkError is a call that got no complete response: the network failed, or the context or the timeout ended it, for which
// errors.Is reports context.Canceled and context.DeadlineExceeded. What the server did with the request is unknown.
type NetworkError struct {
	Operation string // verb and path template
	Err       error  // the cause, for errors.As; its own text may quote the request and is not in that of NetworkError
}

// Error is one line in words of this package: the operation and the kind of failure.
func (e *NetworkError) Error() string { return e.Operation + ": " + foreignText(e.Err) }

// Format prints Error for every verb and flag: others would print the cause.
func (e *NetworkError) Format(f fmt.State, verb rune) { formatText(f, verb, e.Error()) }

// Unwrap returns Err.
func (e *NetworkError) Unwrap() error { return e.Err }

// DecodeError is a success whose body is not the JSON value that the operation declares.
type DecodeError struct {
	Operation string // verb and path template; "" when a value was decoded outside of a call
	Path      string // JSON path of the value, for example "$.response"
	Raw       []byte // the value, or the whole body where no JSON was found; may hold credentials
	Err       error  // ErrNoValue, or nil where there is a value of another kind
}

// Error is one line without any of the body.
func (e *DecodeError) Error() string {
	text := "response at " + e.Path + ": not the JSON value that was expected"
	if e.Err != nil {
		text = "response at " + e.Path + ": " + e.Err.Error()
	}
	if e.Operation != "" {
		text = e.Operation + ": " + text
	}
	return text
}

// Format prints Error for every verb and flag: others would print the value.
func (e *DecodeError) Format(f fmt.State, verb rune) { formatText(f, verb, e.Error()) }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// both is two errors on one line; nil where both are.
func both(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return fmt.Errorf("%w; %w", a, b)
}

// formatText prints text, quoted for %q.
func formatText(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}
