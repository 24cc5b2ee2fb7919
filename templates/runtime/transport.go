package fapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxBodySize = 64 << 20

// errSwitched is the failure of a server that leaves HTTP without having been asked to.
var errSwitched = errors.New("the server switched to another protocol")

var errBodyTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBodySize>>20)

// answer is a response, read whole. It belongs to one goroutine.
type answer struct {
	status         int
	header         http.Header
	body           []byte
	url            *url.URL // of the request
	retryAfter     time.Duration
	saysRetryAfter bool

	parsed   *envelope // of body, once asked for
	parseErr error

	ended *SessionEndedError // the session of the call, where the server has ended it; nil otherwise
}

// failure is the error of an answer that is no success.
func (a *answer) failure(operation string) error {
	err := newAPIError(operation, a)
	if a.ended == nil {
		return err
	}
	a.ended.Err = err
	return a.ended
}

func (a *answer) succeeded() bool { return a.status >= 200 && a.status < 300 }

// call is one request on its way, through all of its attempts.
type call struct {
	*core
	request  *request
	options  requestConfig
	payload  payload
	exchange exchange // nil without state
}

// do makes the call and returns the last answer, whatever its status.
func (c *core) do(ctx context.Context, r *request, opts []RequestOption) (a *answer, err error) {
	k := call{core: c, request: r, options: newRequestConfig(opts)}
	if k.options.response != nil {
		*k.options.response = Response{}
	}
	if err := k.prepare(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", r.operation(), err)
	}
	defer k.payload.close()
	if c.state != nil {
		if k.exchange, err = c.state.begin(ctx, r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.operation(), err)
		}
	}
	if k.exchange != nil {
		defer func() {
			if ended := k.exchange.end(); a != nil {
				a.ended = ended
			}
		}()
	}
	a, err = k.attempts(ctx)
	if a != nil && k.options.response != nil {
		*k.options.response = Response{a.status, a.header, a.body}
	}
	return a, err
}

// prepare finds everything that is wrong before anything is sent.
func (k *call) prepare(ctx context.Context) (err error) {
	switch {
	case ctx == nil:
		return errors.New("context is nil")
	case k.err != nil:
		return k.err
	case k.request.err != nil:
		return k.request.err
	}
	if !validHeader(pair{"User-Agent", k.userAgent}) {
		return errors.New("WithUserAgent: not a valid header")
	}
	for _, h := range k.options.header {
		if !validHeader(h) {
			return errors.New("WithHeader: not a valid header")
		}
	}
	k.payload, err = k.request.payload(k.options.form)
	return err
}

func (k *call) attempts(ctx context.Context) (*answer, error) {
	policy := k.retry
	if k.options.retry != nil {
		policy = *k.options.retry
	}
	policy = policy.withDefaults()
	for n := 0; ; n++ {
		a, err := k.attempt(ctx, n)
		wait, again := policy.pause(k.request.verb, n, a, err)
		if !again || ctx.Err() != nil || !k.payload.replayable() {
			return a, err
		}
		if !sleep(ctx, wait) {
			if ctx.Err() != nil {
				return nil, &NetworkError{k.request.operation(), ctx.Err()}
			}
			return a, err
		}
	}
}

// attempt sends the request once and reads the answer. The state hears of it before the hooks: an answer that a hook
// refuses has rotated the token all the same.
func (k *call) attempt(caller context.Context, n int) (*answer, error) {
	ctx := caller
	if k.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(caller, k.timeout)
		defer cancel()
	}
	req, err := k.newHTTPRequest(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.request.operation(), err)
	}
	for _, hook := range k.before {
		if err := hook(req); err != nil {
			return nil, fmt.Errorf("%s: before request: %w", k.request.operation(), err)
		}
	}
	start := time.Now()
	a, resp, err := k.roundTrip(caller, req)
	k.log(ctx, n, a, err, start)
	if k.recorder != nil {
		k.recorder.record(k, req, a, start)
	}
	if k.exchange != nil && resp != nil {
		k.commit(caller, req, resp, a)
	}
	if err != nil {
		return nil, err
	}
	for _, hook := range k.after {
		resp.Body = io.NopCloser(bytes.NewReader(a.body))
		if err := hook(resp); err != nil {
			return a, fmt.Errorf("%s: after response: %w", k.request.operation(), err)
		}
	}
	return a, nil
}

// commit tells the state what an answer says. a is nil when the body did not come whole: the token in the header is new all
// the same, and the old one may be of no more use.
func (k *call) commit(ctx context.Context, req *http.Request, resp *http.Response, a *answer) {
	n := news{header: resp.Header}
	if a != nil {
		n = newsOf(k.request, a)
	}
	n.sent = req
	k.exchange.commit(ctx, n)
}

func (k *call) newHTTPRequest(ctx context.Context, n int) (*http.Request, error) {
	header := make(http.Header, 8)
	if k.payload.contentType != "" {
		header.Set("Content-Type", k.payload.contentType)
	}
	query := k.request.params.with(nil, 8+len(k.options.query))
	verb := k.speak(header, &query, n)
	if k.options.session != "" && k.request.carriesSession() {
		query.set(sessionQuery, k.options.session)
	}
	if k.exchange != nil {
		if err := k.exchange.authorize(ctx, header, &query); err != nil {
			return nil, err
		}
	}
	for _, o := range k.options.query {
		query.set(o.key, o.values...)
	}
	for _, h := range slices.Concat(k.request.header, k.options.header) {
		header.Set(h.key, h.value)
	}

	var body io.Reader
	var length int64
	if k.payload.contentType != "" {
		var err error
		if body, length, err = k.payload.open(ctx); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, verb, k.base+k.request.path+"?"+query.encode(), body)
	if err != nil {
		return nil, errors.New("not a valid request") // the reason would quote the URL
	}
	if req.ContentLength = length; length == 0 && body != nil {
		req.Body, req.GetBody = http.NoBody, nil
	}
	req.Header = header
	return req, nil
}

// speak adds what every request carries, as a native app or as a page, and returns the verb to send
// (clerk-js: fapiClient.ts; Expo: createClerkInstance.ts).
func (k *call) speak(header http.Header, query *values, n int) (verb string) {
	verb = k.request.verb
	query.set("__clerk_api_version", k.version)
	if k.browser {
		if !k.request.reads() && verb != http.MethodPost {
			query.set("_method", verb)
			verb = http.MethodPost
		}
	} else {
		query.set("_is_native", "1")
		header.Set("X-Mobile", "1")
		header.Set("User-Agent", k.userAgent)
	}
	setFetchOptions(header, k.browser && k.request.takesCookies())
	if token := Value(k.testingToken); token != "" {
		query.set("__clerk_testing_token", token)
	}
	if n > 0 {
		query.set("_clerk_retry_attempt", strconv.Itoa(n))
	}
	return verb
}

// roundTrip sends req and reads the whole answer. When its body does not come whole, the response is there for its header,
// beside the error. caller is the context without the attempt's timeout: it tells whether the caller gave up or the server
// was slow.
func (k *call) roundTrip(caller context.Context, req *http.Request) (*answer, *http.Response, error) {
	client := k.client
	if client.Jar != nil && !k.request.takesCookies() {
		bare := *client
		bare.Jar = nil
		client = &bare
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, k.networkError(caller, req, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < http.StatusOK { // after 101 the body is the connection: no context would end a read of it
		return nil, nil, k.networkError(caller, req, errSwitched)
	}
	body, err := readBody(resp)
	if err != nil {
		return nil, resp, k.networkError(caller, req, err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: body, url: req.URL}
	a.retryAfter, a.saysRetryAfter = parseRetryAfter(resp.Header)
	return a, resp, nil
}

func (k *call) networkError(caller context.Context, req *http.Request, err error) error {
	var quoted *url.Error
	switch {
	case caller.Err() != nil:
		err = caller.Err()
	case req.Context().Err() != nil:
		err = &attemptTimeout{k.timeout}
	case errors.As(err, &quoted):
		err = quoted.Err // url.Error quotes the URL with its query
	}
	return &NetworkError{k.request.operation(), err}
}

// readBody reads the body, never more than maxBodySize. A length that is announced has to be proved by content before memory
// is taken for all of it. Without one the body is kept in pieces until its end: a buffer that grows by doubling takes three
// times the memory.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBodySize {
		return nil, errBodyTooLarge
	}
	const smallest, largest = 32 << 10, 1 << 20 // of the pieces
	size := smallest
	if resp.ContentLength >= 0 {
		size = int(min(resp.ContentLength, largest)) + 1 // the end shows in the one byte more
	}
	var pieces [][]byte
	for total := 0; ; {
		piece, err := readPiece(resp.Body, size)
		pieces, total = append(pieces, piece), total+len(piece)
		switch {
		case total > maxBodySize:
			return nil, errBodyTooLarge
		case err == io.EOF:
			if len(pieces) == 1 {
				return piece, nil
			}
			return slices.Concat(pieces...), nil
		case err != nil:
			return nil, err
		}
		if size = int(resp.ContentLength) - total + 1; size <= 1 { // no length was announced, or it was not the truth
			size = min(max(total, smallest), largest)
		}
	}
}

// readPiece reads size bytes, or fewer and the error that ended it.
func readPiece(r io.Reader, size int) ([]byte, error) {
	piece := make([]byte, 0, size)
	for len(piece) < size {
		n, err := r.Read(piece[len(piece):size])
		piece = piece[:len(piece)+n]
		if err != nil {
			return piece, err
		}
	}
	return piece, nil
}

func (k *call) log(ctx context.Context, n int, a *answer, err error, start time.Time) {
	if !k.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", k.request.operation()),
		slog.Int("attempt", n+1),
		slog.Duration("elapsed", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", safeText(err)))
	} else {
		attrs = append(attrs, slog.Int("status", a.status))
	}
	k.logger.LogAttrs(ctx, slog.LevelDebug, "fapi request", attrs...)
}

// validHeader refuses what net/http would: there it would look like a failure of the network, worth a retry.
func validHeader(h pair) bool {
	const separators = "()<>@,;:\\\"/[]?={} \t"
	badName := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(separators, r) }
	badValue := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	return h.key != "" && !strings.ContainsFunc(h.key, badName) && !strings.ContainsFunc(h.value, badValue)
}
