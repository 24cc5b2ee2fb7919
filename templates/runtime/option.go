package fapi

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

const defaultTimeout = 30 * time.Second

// Option configures an API when it is made.
type Option func(*config)

type config struct {
	httpClient   *http.Client
	userAgent    string
	version      string
	browser      bool
	logger       *slog.Logger
	retry        RetryPolicy
	timeout      time.Duration
	testingToken *string // a pointer, since fmt prints what a struct holds
	before       []func(*http.Request) error
	after        []func(*http.Response) error
	onMismatch   func(Mismatch)
	recorder     *recorder // nil records nothing
	stateConfig
}

func newConfig(opts []Option) config {
	cfg := config{timeout: defaultTimeout}
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	if cfg.version == "" {
		cfg.version = APIVersion
	}
	if cfg.userAgent == "" {
		cfg.userAgent = "fapigen-go (FAPI " + cfg.version + ")"
	}
	if cfg.logger == nil {
		cfg.logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// WithHTTPClient sends through client: its transport and its timeout are used, its redirect policy is not, its cookie
// jar only together with WithBrowser. The client is copied. nil is a client with Go's default transport.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) { c.httpClient = client }
}

// WithUserAgent replaces the User-Agent, which otherwise names the SDK and its FAPI version. WithBrowser sends none.
func WithUserAgent(agent string) Option {
	return func(c *config) { c.userAgent = agent }
}

// WithAPIVersion asks for another FAPI version, such as "2025-11-10", than the one the SDK was generated from. The models
// stay those of APIVersion; "" is APIVersion.
func WithAPIVersion(version string) Option {
	return func(c *config) { c.version = version }
}

// WithBrowser speaks as a page does instead of as a native app: cookies in place of an Authorization header, no header of
// its own (each would cost a CORS preflight), PUT, PATCH and DELETE tunnelled through POST.
func WithBrowser() Option {
	return func(c *config) { c.browser = true }
}

// WithLogger reports every attempt at debug level: operation, status, time taken; and as warnings what a Clerk does not
// tell its callers, such as a token that could not be refreshed. Never a query, header or body.
// nil, the default, reports nothing.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

// WithRetryPolicy says how often and how patiently a failed attempt is repeated. The zero policy is the default.
func WithRetryPolicy(policy RetryPolicy) Option {
	return func(c *config) { c.retry = policy }
}

// WithTimeout bounds each attempt, the reading of its answer included; the default is 30 seconds. Zero or less is no
// bound. A whole call, retries included, is bounded by its context.
func WithTimeout(d time.Duration) Option {
	return func(c *config) { c.timeout = d }
}

// WithTestingToken sends token with every request, so that Clerk's bot protection lets an automated test pass.
func WithTestingToken(token string) Option {
	return func(c *config) { c.testingToken = &token }
}

// WithBeforeRequest calls hook with every attempt just before it is sent; hook may change it. Its error ends the call.
// Hooks run in the order given and must be safe for concurrent use.
func WithBeforeRequest(hook func(*http.Request) error) Option {
	return func(c *config) {
		if hook != nil {
			c.before = append(c.before, hook)
		}
	}
}

// WithAfterResponse calls hook with every answer, errors included, after its body was read whole: hook may read the Body
// again but changes nothing by it. Its error ends the call. Hooks must be safe for concurrent use.
func WithAfterResponse(hook func(*http.Response) error) Option {
	return func(c *config) {
		if hook != nil {
			c.after = append(c.after, hook)
		}
	}
}

// RequestOption changes one call.
type RequestOption func(*requestConfig)

type requestConfig struct {
	response *Response
	session  string
	header   []pair
	query    []override
	form     []override
	retry    *RetryPolicy
}

// override is all values of one key.
type override struct {
	key    string
	values []string
}

func newRequestConfig(opts []RequestOption) requestConfig {
	var rc requestConfig
	for _, opt := range opts {
		if opt != nil {
			opt(&rc)
		}
	}
	return rc
}

// Response is the answer to a call as it came: the last one, when there were retries. Its parts are shared with the error
// of the call and must not be changed. It may hold credentials: keep it out of logs.
type Response struct {
	StatusCode int         // 0 when no answer came
	Header     http.Header // the place of a rotated token: Authorization
	Body       []byte      // the whole body, envelope included
}

// String is the status and the sizes, without what header and body hold.
func (r Response) String() string {
	return fmt.Sprintf("Response{StatusCode: %d, Header: %d keys, Body: %d bytes}", r.StatusCode, len(r.Header), len(r.Body))
}

// Format prints String for every verb and flag, since others would print credentials.
func (r Response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String, for log/slog.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.String()) }

// WithResponse fills resp with the answer, also when the call ends in an error. A resp serves one call at a time.
func WithResponse(resp *Response) RequestOption {
	return func(rc *requestConfig) { rc.response = resp }
}

// WithSession makes the call on behalf of the session with this id. Requests to /v1/client and /v1/waitlist carry none,
// by FAPI's rules; "" changes nothing.
func WithSession(id string) RequestOption {
	return func(rc *requestConfig) { rc.session = id }
}

// WithHeader sets a request header, over whatever the SDK would send there.
func WithHeader(key, value string) RequestOption {
	return func(rc *requestConfig) { rc.header = append(rc.header, pair{key, value}) }
}

// WithQuery sends these values for a query key and no others; no value is one empty value.
func WithQuery(key string, values ...string) RequestOption {
	return func(rc *requestConfig) { rc.query = append(rc.query, override{key, values}) }
}

// WithForm sends these values for a form field and no others; no value is one empty value, which is how FAPI is told to
// clear something. It fails on calls whose body is not a form.
func WithForm(key string, values ...string) RequestOption {
	return func(rc *requestConfig) { rc.form = append(rc.form, override{key, values}) }
}

// WithRetry replaces the retry policy for this call.
func WithRetry(policy RetryPolicy) RequestOption {
	return func(rc *requestConfig) { rc.retry = &policy }
}

// paginated returns a new slice with opts and the query `paginated=true`, which asks for a page instead of a bare array.
func paginated(opts []RequestOption) []RequestOption {
	out := make([]RequestOption, 0, len(opts)+1)
	return append(append(out, opts...), WithQuery("paginated", "true"))
}
