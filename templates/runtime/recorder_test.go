package fapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// testHAR is what a recording says, read by the rules of HAR 1.2.
type testHAR struct {
	Log struct {
		Version string
		Creator struct{ Name, Version string }
		Entries []struct {
			Request struct {
				Method, URL string
				Cookies     []any
				QueryString []pairJSON
				PostData    *struct {
					MimeType, Text string
					Params         []pairJSON
				}
			}
			Response struct {
				Status  int
				Content struct{ MimeType, Text string }
				Headers []pairJSON
			}
		}
	}
}

type pairJSON struct{ Name, Value string }

func testReadHAR(t *testing.T, text string) testHAR {
	t.Helper()
	var h testHAR
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatalf("the recording is no JSON: %v\n%s", err, text)
	}
	if h.Log.Version != "1.2" || h.Log.Creator.Name == "" {
		t.Errorf("version %q, creator %q: not HAR 1.2", h.Log.Version, h.Log.Creator)
	}
	return h
}

func TestRecordedJSON(t *testing.T) {
	tests := []struct{ rule, raw, want string }{
		{"types stay", `{"id":"sia_2x","attempts":3,"ratio":1.5,"verified":true,"locale":null}`,
			`{"id":"(redacted)","attempts":0,"ratio":0.5,"verified":true,"locale":null}`},
		{"a number with an exponent is no integer", `{"n":1e3}`, `{"n":0.5}`},
		{"words stay under keys of words", `{"object":"sign_in_attempt","status":"needs_first_factor","strategy":"oauth_linkedin_oidc"}`,
			`{"object":"sign_in_attempt","status":"needs_first_factor","strategy":"oauth_linkedin_oidc"}`},
		{"also in lists", `{"supported_identifiers":["email_address","password"]}`, `{"supported_identifiers":["email_address","password"]}`},
		{"and nowhere else", `{"username":"ada","name":"complete","code":"backup_code"}`,
			`{"username":"(redacted)","name":"(redacted)","code":"(redacted)"}`},
		{"what is no word goes, whatever its key", `{"status":"sess_2abc","strategy":"424242","type":"ada@example.com","object":"eyJhbGci.eyJz.c2ln"}`,
			`{"status":"(redacted)","strategy":"(redacted)","type":"(redacted)","object":"(redacted)"}`},
		{"the empty string says nothing and stays", `{"next_action":"","note":""}`, `{"next_action":"","note":""}`},
		{"keys that may be data go", `{"ada@example.com":1,"user_2Nx":{"id":"1"},"+15551234567":[],"textContent":"x"}`,
			`{"*0":0,"*1":{"id":"(redacted)"},"*2":[],"textContent":"(redacted)"}`},
		{"metadata is the application's", `{"public_metadata":{"plan":"gold","ada":{"x":[1]}},"unsafe_metadata":{},"after":1}`,
			`{"public_metadata":{"REDACTED":null},"unsafe_metadata":{},"after":0}`},
		{"however it is spelled", `{"unsafeMetadata":{"ada":1}}`, `{"unsafeMetadata":{"REDACTED":null}}`},
		{"a slug is no member", `{"acme-corp":{"role":"x"}}`, `{"*0":{"role":"(redacted)"}}`},
		{"what is no JSON goes", `{"id": "sess_2abc`, ``},
		{"no more than is sane is copied", strings.Repeat(`[`, 70) + strings.Repeat(`]`, 70), strings.Repeat(`[`, 65) + `"REDACTED"` + strings.Repeat(`]`, 65)},
	}
	for _, tt := range tests {
		if got := recordedJSON([]byte(tt.raw)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.rule, got, tt.want)
		}
	}
}

// What follows is planted in every place of requests and answers.
var plantedSecrets = []string{
	"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1XzEifQ.c2lnbmF0dXJl", "hunter2Pa55", "424242", "ada.lovelace@example.com",
	"+15551234567", "__session=c00kie123", "sess_2NxSecretId", "dvb_2NxDevBrowser", "clerk.acme-secret.com",
}

func TestARecordingHoldsNoSecret(t *testing.T) {
	for _, secret := range plantedSecrets {
		quoted := string(JSON(secret))
		body := `{"response":{"object":` + quoted + `,"status":` + quoted + `,` + quoted + `:1,"deep":[{"jwt":` + quoted + `,"public_metadata":{` + quoted +
			`:` + quoted + `}}]},"client":{` + quoted + `:` + quoted + `},"errors":[{"code":` + quoted + `,"meta":{"` + "x" + `":` + quoted + `}}]}`
		for _, status := range []int{200, 422} {
			var out bytes.Buffer
			c := testStub(func(r *http.Request) (*http.Response, error) {
				return testResponse(r, status, body, "Content-Type: application/json; charset="+url.QueryEscape(secret),
					"Authorization: "+secret, "Set-Cookie: __client="+url.QueryEscape(secret), "Clerk-Db-Jwt: "+secret), nil
			}, WithRecorder(&out), WithTestingToken(secret), WithUserAgent(secret))
			c.base = "https://clerk.acme-secret.com/proxy"
			type params struct {
				Status *string `query:"status"`
				Code   *string `query:"code"`
			}
			type form struct {
				Password *string         `form:"password"`
				Strategy *string         `form:"strategy"`
				Metadata json.RawMessage `form:"unsafe_metadata"`
			}
			opts := []RequestOption{WithHeader("Authorization", secret), WithHeader("Cookie", secret), WithSession(secret), WithQuery(secret, secret)}
			formed := post("/v1/client/sign_ins/{sign_in_id}/attempt_first_factor", secret).query(params{&secret, &secret}).
				form(form{&secret, &secret, JSON(map[string]string{secret: secret})})
			_, _ = c.do(t.Context(), formed, append(opts, WithForm(secret, secret), WithForm("identifier", secret)))
			_, _ = c.do(t.Context(), patch("/v1/things/{id}", secret).json(map[string]any{secret: secret, "name": []string{secret}}), opts)
			upload := &Upload{Name: secret, ContentType: secret, Reader: strings.NewReader(secret)}
			_, _ = c.do(t.Context(), put("/v1/me/profile_image").multipart(struct {
				File *Upload `form:"file"`
			}{upload}), opts)
			if n := len(testReadHAR(t, out.String()+"]}}").Log.Entries); n != 3 {
				t.Errorf("%d entries, want 3", n)
			}
			testHidden(t, out.String(), secret)
		}
	}
}

func TestRecordedRequest(t *testing.T) {
	var out bytes.Buffer
	c := testStub(func(r *http.Request) (*http.Response, error) {
		return testResponse(r, 200, `{"response":{"object":"sign_in_attempt"},"client":null}`, "Content-Type: application/json"), nil
	}, WithRecorder(&out), WithBrowser())
	type params struct {
		Identifier *string `form:"identifier"`
		Strategy   *string `form:"strategy"`
		Transfer   *bool   `form:"transfer"`
	}
	_, err := c.do(t.Context(), patch("/v1/client/sign_ins/{sign_in_id}", "sia_1").form(params{Ptr("ada"), Ptr("email_code"), Ptr(true)}), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := testReadHAR(t, out.String()+"\n]}}")
	e := h.Log.Entries[0]
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host != "fapi.example" || u.Path != "/v1/client/sign_ins/{sign_in_id}" {
		t.Errorf("URL %s: host and ids are not to be told, the path's words are", e.Request.URL)
	}
	if got := e.Request.Method + " " + u.Query().Get("_method"); got != "POST PATCH" {
		t.Errorf("the verb is recorded as %q, want the one on the wire and the one that was meant", got)
	}
	want := []pairJSON{{"identifier", "(redacted)"}, {"strategy", "email_code"}, {"transfer", "true"}}
	if post := e.Request.PostData; post == nil || fmt.Sprint(post.Params) != fmt.Sprint(want) || post.MimeType != contentTypeForm {
		t.Errorf("the form is recorded as %+v, want %v", e.Request.PostData, want)
	}
	if r := e.Response; r.Status != 200 || r.Content.MimeType != contentTypeJSON || r.Content.Text != `{"response":{"object":"sign_in_attempt"},"client":null}` {
		t.Errorf("the answer is recorded as %+v", r)
	}
}

func TestEveryAttemptIsRecorded(t *testing.T) {
	var out bytes.Buffer
	n := 0
	c := testStub(func(r *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			return nil, errors.New("connection refused by " + testSecret)
		}
		return testResponse(r, 200, `{}`), nil
	}, WithRecorder(&out), WithRetryPolicy(RetryPolicy{MaxAttempts: 2}))
	if _, err := c.do(t.Context(), get("/v1/environment"), nil); err != nil {
		t.Fatal(err)
	}
	h := testReadHAR(t, out.String()+"]}}")
	if len(h.Log.Entries) != 2 || h.Log.Entries[0].Response.Status != 0 || h.Log.Entries[1].Response.Status != 200 {
		t.Errorf("recorded %+v, want an attempt without an answer and one with", h.Log.Entries)
	}
	testHidden(t, out.String(), testSecret)
}

func TestARecordingIsWholeAfterClose(t *testing.T) {
	t.Run("calls from many goroutines", func(t *testing.T) {
		var out bytes.Buffer
		clerk := newFakeFAPI().clerk(t, WithRecorder(&out))
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := clerk.core.do(t.Context(), get("/v1/environment"), nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if err := clerk.Close(); err != nil {
			t.Fatal(err)
		}
		if n := len(testReadHAR(t, out.String()).Log.Entries); n != 20 {
			t.Errorf("%d entries, want 20", n)
		}
	})
	t.Run("no calls", func(t *testing.T) {
		var out bytes.Buffer
		clerk := newFakeFAPI().clerk(t, WithRecorder(&out))
		for range 2 {
			if err := clerk.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if h := testReadHAR(t, out.String()); h.Log.Entries == nil || len(h.Log.Entries) != 0 {
			t.Errorf("entries %v, want an empty list", h.Log.Entries)
		}
	})
}

type failingWriter struct{ writes int }

func (w *failingWriter) Write([]byte) (int, error) {
	w.writes++
	return 0, errors.New("disk full while writing " + testPublishableKey)
}

func TestARecorderThatFailsIsToldOnceAndCostsNothing(t *testing.T) {
	var log logText
	var w failingWriter
	fake := newFakeFAPI()
	clerk := fake.clerk(t, WithRecorder(&w), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	for range 3 {
		if err := clerk.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := clerk.Close(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "the recording ends here"); n != 1 || w.writes != 1 {
		t.Errorf("told %d times after %d writes, want once after one:\n%s", n, w.writes, log.String())
	}
	testHidden(t, log.String(), testPublishableKey)
}

func TestNilRecordsNothing(t *testing.T) {
	c := testStub(func(r *http.Request) (*http.Response, error) { return testResponse(r, 200, `{}`), nil }, WithRecorder(nil))
	if _, err := c.do(t.Context(), get("/v1/environment"), nil); err != nil {
		t.Error(err)
	}
}
