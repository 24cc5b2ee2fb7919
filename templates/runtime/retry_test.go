package fapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// testAttempts answers attempt n with answers[n], the last one for ever after: "network", or a status with Retry-After
// behind a blank, such as "429 2".
func testAttempts(t *testing.T, answers ...string) (*core, *[]string) {
	queries := new([]string)
	return testStub(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
		}
		answer := answers[min(len(*queries), len(answers)-1)]
		*queries = append(*queries, r.URL.Query().Get("_clerk_retry_attempt"))
		status, after, _ := strings.Cut(answer, " ")
		var headers []string
		if after != "" {
			headers = append(headers, "Retry-After: "+after, "Date: Thu, 01 Jan 2026 00:00:00 GMT")
		}
		code := map[string]int{"200": 200, "429": 429, "500": 500, "502": 502, "503": 503, "504": 504}[status]
		if code == 0 {
			return nil, errors.New("connection reset")
		}
		return testResponse(r, code, `{"response":{}}`, headers...), nil
	}), queries
}

// The rules: GET only; a POST on 429 with Retry-After only; Retry-After honoured, but not for hours.
func TestRetries(t *testing.T) {
	tests := []struct {
		rule     string
		request  *request
		answers  []string
		attempts int
		min, max time.Duration
		want     error
	}{
		{"GET after a network error", get("/v1/me"), []string{"network", "200"}, 2, 300 * time.Millisecond, 600 * time.Millisecond, nil},
		{"GET after 429", get("/v1/me"), []string{"429", "200"}, 2, 300 * time.Millisecond, 600 * time.Millisecond, nil},
		{"GET after 502, 503 and 504", get("/v1/me"), []string{"502", "503", "504", "200"}, 4, 2100 * time.Millisecond, 4200 * time.Millisecond, nil},
		{"GET gives up after four", get("/v1/me"), []string{"503"}, 4, 2100 * time.Millisecond, 4200 * time.Millisecond, ErrServer},
		{"GET not after 500", get("/v1/me"), []string{"500"}, 1, 0, 0, ErrServer},
		{"GET waits as long as it is told", get("/v1/me"), []string{"503 2", "200"}, 2, 2 * time.Second, 2300 * time.Millisecond, nil},
		{"a date is told by the server's clock", get("/v1/me"), []string{"429 Thu, 01 Jan 2026 00:00:10 GMT", "200"}, 2, 10 * time.Second, 10300 * time.Millisecond, nil},
		{"nobody waits for hours", get("/v1/me"), []string{"429 7200"}, 1, 0, 0, ErrRateLimited},
		{"nor for ever", get("/v1/me"), []string{"429 9223372036854775807"}, 1, 0, 0, ErrRateLimited},
		{"a strange Retry-After is none", get("/v1/me"), []string{"429 soon", "200"}, 2, 300 * time.Millisecond, 600 * time.Millisecond, nil},
		{"POST after 429 with Retry-After", post("/v1/me"), []string{"429 1", "200"}, 2, time.Second, 1300 * time.Millisecond, nil},
		{"POST not after 429 alone", post("/v1/me"), []string{"429"}, 1, 0, 0, ErrRateLimited},
		{"POST not after a network error", post("/v1/me"), []string{"network"}, 1, 0, 0, &NetworkError{}},
		{"POST not after 503, told or not", post("/v1/me"), []string{"503 1"}, 1, 0, 0, ErrServer},
		{"PATCH is like POST", patch("/v1/me"), []string{"429 1", "200"}, 2, time.Second, 1300 * time.Millisecond, nil},
		{"DELETE is like POST", del("/v1/me"), []string{"network"}, 1, 0, 0, &NetworkError{}},
		{"an upload that cannot be read again is not", post("/v1/me").octets(&Upload{Reader: io.MultiReader(strings.NewReader("x"))}),
			[]string{"429 1"}, 1, 0, 0, ErrRateLimited},
		{"an upload that can seek is", post("/v1/me").octets(&Upload{Reader: strings.NewReader("x")}), []string{"429 1", "200"}, 2, time.Second, 1300 * time.Millisecond, nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, queries := testAttempts(t, tt.answers...)
				start := time.Now()
				err := callEmpty(t.Context(), c, tt.request, nil)
				if elapsed := time.Since(start); elapsed < tt.min || elapsed > tt.max {
					t.Errorf("waited %s, want %s to %s", elapsed, tt.min, tt.max)
				}
				var network *NetworkError
				if _, wantNetwork := tt.want.(*NetworkError); wantNetwork != errors.As(err, &network) || !wantNetwork && !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				// clerk-js: fapiClient.ts numbers the retries from 1.
				if want := []string{"", "1", "2", "3"}[:tt.attempts]; !slices.Equal(*queries, want) {
					t.Errorf("attempts %q, want %q", *queries, want)
				}
			})
		})
	}
}

func TestRetryPolicies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, queries := testAttempts(t, "503")
		if err := callEmpty(t.Context(), c, get("/v1/me"), []RequestOption{WithRetry(RetryPolicy{MaxAttempts: 1})}); !errors.Is(err, ErrServer) || len(*queries) != 1 {
			t.Errorf("MaxAttempts 1: got %v after %d attempts", err, len(*queries))
		}
		*queries = nil
		if err := callEmpty(t.Context(), c, get("/v1/me"), []RequestOption{WithRetry(RetryPolicy{MaxAttempts: -1})}); !errors.Is(err, ErrServer) || len(*queries) != 1 {
			t.Errorf("MaxAttempts -1: got %v after %d attempts", err, len(*queries))
		}
		*queries = nil
		start := time.Now()
		policy := RetryPolicy{MaxAttempts: 40, MinDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond}
		if err := callEmpty(t.Context(), c, get("/v1/me"), []RequestOption{WithRetry(policy)}); !errors.Is(err, ErrServer) || len(*queries) != 40 {
			t.Errorf("MaxAttempts 40: got %v after %d attempts", err, len(*queries))
		}
		if elapsed := time.Since(start); elapsed > 390*time.Millisecond {
			t.Errorf("39 waits of at most 10ms took %s", elapsed)
		}
	})
}

func TestWaitsAreBoundedByTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, queries := testAttempts(t, "429 20")
		start := time.Now()
		err := callEmpty(ctx, c, get("/v1/me"), nil)
		var api *APIError
		if !errors.As(err, &api) || api.RetryAfter != 20*time.Second || len(*queries) != 1 || time.Since(start) != 0 {
			t.Errorf("a wait beyond the deadline: got %v after %s", err, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c, _ := testAttempts(t, "429 20")
		start := time.Now()
		if err := callEmpty(ctx, c, get("/v1/me"), nil); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("a cancelled wait: got %v after %s", err, time.Since(start))
		}
	})
}
