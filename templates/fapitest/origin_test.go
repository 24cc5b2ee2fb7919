package fapitest_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	fapi "github.com/fapigen/fapigen/templates/runtime"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// withHost asks for the environment under a name of the server.
func withHost(t *testing.T, srv *fapitest.Server, method, host string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+"/v1/environment", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("Origin", "http://"+host)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

func TestHostsThatAreServed(t *testing.T) {
	development, production := withAda(t), withAda(t, fapitest.WithProduction())
	for host, served := range map[string][2]bool{
		"127.0.0.1": {true, true}, "127.0.0.1:1": {true, true}, "127.8.9.10:80": {true, true}, "[::1]:4010": {true, true}, "localhost:4010": {true, true},
		"LOCALHOST": {true, true}, "app.localhost:4010": {true, true}, "localhost.": {true, true},
		"fake-app-1.clerk.accounts.dev": {true, false}, "Fake-App-1.Clerk.Accounts.Dev:443": {true, false}, "clerk.fake-app-1.example": {false, true},
		"elsewhere.example": {}, "elsewhere.example:4010": {}, "127.0.0.1.elsewhere.example": {}, "localhost.elsewhere.example": {}, "notlocalhost": {},
		"10.0.0.1": {}, "0.0.0.0:4010": {}, "[::]:4010": {}, "a.fake-app-1.clerk.accounts.dev": {}, "accounts.dev": {},
	} {
		t.Run(host, func(t *testing.T) {
			for i, srv := range []*fapitest.Server{development, production} {
				for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
					before := len(srv.Requests())
					resp := withHost(t, srv, method, host)
					if refused := resp.StatusCode == http.StatusBadRequest; refused == served[i] {
						t.Errorf("%s of %s: %d", method, srv.PublishableKey(), resp.StatusCode)
					}
					if !served[i] && (resp.Header.Get("Access-Control-Allow-Origin") != "" || len(srv.Requests()) != before) {
						t.Errorf("%s: headers %v", method, resp.Header)
					}
				}
			}
		})
	}
}

func TestRequestWithoutAHost(t *testing.T) {
	srv := withAda(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /v1/environment HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 12)
	if _, err := conn.Read(line); err != nil || string(line) != "HTTP/1.0 400" {
		t.Errorf("%s, %v", line, err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:0": "", "localhost:0": "", "127.9.9.9:0": "",
		"0.0.0.0:0":      `WithAddress: "0.0.0.0:0" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		":0":             `WithAddress: ":0" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		"[::]:0":         `WithAddress: "[::]:0" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		"10.0.0.1:0":     `WithAddress: "10.0.0.1:0" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		"example.com:0":  `WithAddress: "example.com:0" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		"a.localhost\n:": `WithAddress: "a.localhost\n:" is not a loopback address such as 127.0.0.1, ::1 or localhost`,
		"4010":           `WithAddress: "4010" is not host:port`,
		"":               `WithAddress: "" is not host:port`,
	} {
		t.Run(address, func(t *testing.T) {
			srv, err := fapitest.New(fapitest.WithAddress(address))
			if err == nil {
				defer srv.Close()
			}
			if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// A client with the server's clock sees its own token expire when the server's clock moves on.
func TestNow(t *testing.T) {
	srv := withAda(t)
	before := time.Now()
	srv.Advance(3 * time.Hour)
	srv.Advance(-time.Hour)
	if got := srv.Now(); got.Before(before.Add(2*time.Hour)) || got.After(time.Now().Add(2*time.Hour)) {
		t.Errorf("%v", got)
	}
	clerk := signedIn(t, srv, fapi.WithClock(srv.Now))
	first, err := clerk.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := clerk.Token(t.Context()); err != nil || again != first {
		t.Errorf("a token that is good is minted again: %v", err)
	}
	srv.Advance(2 * time.Minute)
	if next, err := clerk.Token(t.Context()); err != nil || next == first {
		t.Errorf("an expired token is handed out: %v", err)
	}
}
