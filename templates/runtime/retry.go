package fapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// RetryPolicy says how often and how patiently a call is repeated. Each zero field stands for its default.
//
// A GET is repeated after a failure of the network and after 429, 502, 503 and 504; anything else only after a 429 that
// says Retry-After, since then the server has done nothing yet. Waits double from MinDelay to MaxDelay, stretched by a
// random factor up to two. A wait that the context's deadline would cut short is not begun.
type RetryPolicy struct {
	MaxAttempts   int           // attempts in all, the first included: default 4, 1 or less than 0 for no retries
	MinDelay      time.Duration // before the first retry, default 300 milliseconds
	MaxDelay      time.Duration // before any retry, default 5 seconds
	MaxRetryAfter time.Duration // a Retry-After above this is not waited for, default 1 minute
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 4
	}
	if p.MinDelay <= 0 {
		p.MinDelay = 300 * time.Millisecond
	}
	if p.MaxDelay <= 0 {
		p.MaxDelay = 5 * time.Second
	}
	if p.MaxRetryAfter <= 0 {
		p.MaxRetryAfter = time.Minute
	}
	return p
}

// pause says whether there is an attempt after number n (from 0), and how long to wait for it.
func (p RetryPolicy) pause(verb string, n int, a *answer, err error) (time.Duration, bool) {
	if n+1 >= p.MaxAttempts {
		return 0, false
	}
	if err != nil {
		var network *NetworkError
		again := verb == http.MethodGet && errors.As(err, &network) && !errors.Is(err, errBodyTooLarge)
		return p.backoff(n), again
	}
	if a.saysRetryAfter {
		again := a.status == http.StatusTooManyRequests || verb == http.MethodGet && isTransient(a.status)
		return a.retryAfter + rand.N(p.MinDelay), again && a.retryAfter <= p.MaxRetryAfter
	}
	return p.backoff(n), verb == http.MethodGet && isTransient(a.status)
}

func isTransient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func (p RetryPolicy) backoff(n int) time.Duration {
	d := p.MinDelay
	for range n {
		if d >= p.MaxDelay {
			break
		}
		d *= 2
	}
	return min(d+rand.N(d), p.MaxDelay)
}

// sleep waits for d. It does not begin a wait that ctx would cut short; false means that the wait did not happen in full.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// parseRetryAfter reads the header, in seconds or as a date. The date counts from the server's own clock where it tells.
func parseRetryAfter(header http.Header) (time.Duration, bool) {
	const maxSeconds = int64(1<<63-1) / int64(time.Second)
	text := header.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), maxSeconds)) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(at.Sub(now), 0), true
}
