package fapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// What the runtime adds to a call: compare BenchmarkCall with BenchmarkCallByHand, net/http and encoding/json alone.

const testAnswer = `{"response":{"id":"sia_1","object":"sign_in_attempt","first_name":"Ada","age":36,"created_at":1767225600000,` +
	`"tags":["email_address","phone_number","username"],"best":{"id":"u_1"}},"client":null}`

type testSignIn struct {
	Strategy   *string `form:"strategy"`
	Identifier *string `form:"identifier"`
	Password   *string `form:"password"`
}

var testBenchTransport = testTransport(func(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(testAnswer)), Body: io.NopCloser(strings.NewReader(testAnswer))}, nil
})

// benchTransports are the ways to the server: none, which leaves the client's own cost, and loopback.
func benchTransports(b *testing.B, run func(b *testing.B, base string, client *http.Client)) {
	b.Run("stub", func(b *testing.B) { run(b, "https://clerk.example.com", &http.Client{Transport: testBenchTransport}) })
	b.Run("loopback", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, testAnswer)
		}))
		defer server.Close()
		run(b, server.URL, server.Client())
	})
}

func BenchmarkCall(b *testing.B) {
	benchTransports(b, func(b *testing.B, base string, client *http.Client) {
		c := newCore(base, newConfig([]Option{WithHTTPClient(client)}))
		params := testSignIn{Ptr("password"), Ptr("ada@example.com"), Ptr("pw")}
		b.ReportAllocs()
		for b.Loop() {
			user, err := callEnveloped[testUser](b.Context(), c, post("/v1/client/sign_ins").form(params), nil)
			if err != nil || user.ID != "sia_1" {
				b.Fatal(user, err)
			}
		}
	})
}

func BenchmarkCallByHand(b *testing.B) {
	benchTransports(b, func(b *testing.B, base string, client *http.Client) {
		b.ReportAllocs()
		for b.Loop() {
			callByHand(b, base, client)
		}
	})
}

func callByHand(b *testing.B, base string, client *http.Client) {
	form := url.Values{"strategy": {"password"}, "identifier": {"ada@example.com"}, "password": {"pw"}}
	req, err := http.NewRequestWithContext(b.Context(), "POST", base+"/v1/client/sign_ins?_is_native=1&__clerk_api_version="+APIVersion,
		strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	var v struct {
		Response testUser        `json:"response"`
		Client   json.RawMessage `json:"client"`
	}
	if err != nil || json.Unmarshal(body, &v) != nil || v.Response.ID != "sia_1" {
		b.Fatal(v, err)
	}
}
