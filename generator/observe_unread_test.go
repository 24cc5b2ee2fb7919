package generator

// Observe counts what it could not see, and gives no all-clear for it.

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A response that is not seen is not compared, the reason is told, and a recording of nothing else is no all-clear.
func TestObserveSaysWhatItDidNotSee(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(bytes.Repeat([]byte(" "), maxEntry+1)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	damaged := cutBytes(t, coloredAs["gzip"], 30)
	for name, tt := range map[string]struct{ headers, content, want string }{
		"no content":                      {content: `null`, want: "no body was recorded"},
		"an empty content":                {content: `{}`, want: "no body was recorded"},
		"a size and no text":              {content: `{"size":1234,"mimeType":"application/json"}`, want: "no body was recorded"},
		"no size known":                   {content: `{"size":-1,"mimeType":"x-unknown"}`, want: "no body was recorded"},
		"an empty text":                   {content: `{"size":0,"text":""}`, want: "no body was recorded"},
		"blanks":                          {content: `{"text":" \n"}`, want: "no body was recorded"},
		"an empty text in base64":         {content: `{"text":"","encoding":"base64"}`, want: "no body was recorded"},
		"null for a text":                 {content: `{"text":null}`, want: "no body was recorded"},
		"a page":                          {content: `{"text":"<html>"}`, want: "not JSON"},
		"a page in base64":                {content: `{"text":"PGh0bWw+aGVsbG8gdGhlcmU8L2h0bWw+","encoding":"base64"}`, want: "not JSON"},
		"a page, said to be compressed":   {headers: `[{"name":"content-encoding","value":"gzip"}]`, content: `{"text":"PGh0bWw+aGVsbG8gdGhlcmU8L2h0bWw+","encoding":"base64"}`, want: "not JSON"},
		"JSON that is cut":                {content: `{"text":"{\"id\":\"1\",\"sta"}`, want: "JSON that ends in the middle"},
		"JSON that is cut, in base64":     {content: `{"text":"eyJpZCI6IjEiLCJzdGE=","encoding":"base64"}`, want: "JSON that ends in the middle"},
		"two values":                      {content: `{"text":"{} {}"}`, want: "not JSON"},
		"no base64":                       {content: `{"text":"<html>","encoding":"base64"}`, want: "not base64, though it is said to be"},
		"gzip that is cut":                {content: `{"text":"` + damaged + `","encoding":"base64"}`, want: "compressed, and damaged"},
		"br that is cut":                  {headers: `[{"name":"content-encoding","value":"br"}]`, content: `{"text":"` + cutBytes(t, coloredAs["br"], 9) + `","encoding":"base64"}`, want: "compressed, and damaged"},
		"a coding that is not known":      {headers: `[{"name":"content-encoding","value":"dcb"}]`, content: `{"text":"/0RDQv8=","encoding":"base64"}`, want: "compressed in a way that is not known"},
		"more codings than anyone uses":   {headers: `[{"name":"content-encoding","value":"gzip,gzip,gzip,gzip,gzip"}]`, content: `{"text":"/0RDQv8=","encoding":"base64"}`, want: "compressed in a way that is not known"},
		"a great deal of blanks, by gzip": {content: `{"text":"` + base64.StdEncoding.EncodeToString(bomb.Bytes()) + `","encoding":"base64"}`, want: "larger than 16 MiB"},
		"a file, and no folder":           {content: `{"_file":"a.json"}`, want: "it is in a file, and the folder of the recording is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.headers == "" {
				tt.headers = "[]"
			}
			o := observed(t, observeTiny(), responseHAR("200", tt.headers, tt.content))
			if diff := cmp.Diff([]Unread{{Part: "response", Reason: tt.want, Count: 1, Where: []string{"0.har#1"}}}, o.Unread); diff != "" {
				t.Errorf("unread (-want +got):\n%s", diff)
			}
			want := ObservedEntries{Read: 1, Responses: ObservedBodies{Unreadable: 1}}
			if tt.want == errNoBody.Error() {
				want.Responses = ObservedBodies{NoBody: 1}
			}
			if diff := cmp.Diff(want, o.Entries); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if !o.Blind() || len(o.Mismatches) > 0 || o.Operations.Observed > 0 {
				t.Errorf("blind %t, %d operations observed, mismatches %q", o.Blind(), o.Operations.Observed, lines(o.Mismatches))
			}
		})
	}
}

// Whether nothing is known of responses, by what else there is.
func TestObservationIsBlind(t *testing.T) {
	const thing = "https://x.example/v1/things/1"
	seen := exchanged{verb: "GET", url: thing, body: `{"id":"1","status":"done"}`}
	unseen := exchanged{verb: "GET", url: thing}
	removed := exchanged{verb: "DELETE", url: thing, status: 204}
	for name, tt := range map[string]struct {
		entries []exchanged
		want    bool
	}{
		"nothing at all":                        {nil, true},
		"other services":                        {[]exchanged{{verb: "GET", url: "https://cdn.example/logo.svg", body: "<svg/>"}}, true},
		"failures":                              {[]exchanged{{verb: "GET", url: thing, status: 404, body: "{}"}}, true},
		"a request without its response's body": {[]exchanged{{verb: "GET", url: thing + "?color=red"}}, true},
		"a preflight":                           {[]exchanged{{verb: "OPTIONS", url: thing, status: 204}}, true},
		"HEAD":                                  {[]exchanged{{verb: "HEAD", url: thing}}, true},
		"a cached response":                     {[]exchanged{{verb: "GET", url: thing, status: 304}}, true},
		"an unreadable one":                     {[]exchanged{{verb: "GET", url: thing, body: "<html>"}}, true},
		"an operation that has no JSON":         {[]exchanged{removed}, false},
		"an operation that has no JSON, and unseen":   {[]exchanged{removed, unseen}, true},
		"one that was compared":                       {[]exchanged{seen}, false},
		"one that was compared, and many unseen ones": {[]exchanged{unseen, seen, unseen, unseen}, false},
	} {
		har := `{"log":{"entries":[]}}`
		if len(tt.entries) > 0 {
			har = harOf(t, tt.entries...)
		}
		if got := observed(t, observeTiny(), har).Blind(); got != tt.want {
			t.Errorf("%s: blind %t, want %t", name, got, tt.want)
		}
	}
	o := observed(t, observeTiny(), `{"log":{"entries":[{"request":{"url":"`+strings.Repeat("x", maxEntry)+`"}}]}}`)
	if want := []Unread{{Part: "entry", Reason: "larger than 16 MiB", Count: 1, Where: []string{"0.har#1"}}}; !o.Blind() || !cmp.Equal(want, o.Unread) {
		t.Errorf("an entry that is too large: blind %t, unread %+v", o.Blind(), o.Unread)
	}
}

// Requests and responses are counted apart, and the places of the first few are told.
func TestObserveCountsRequestsAndResponsesApart(t *testing.T) {
	const things = "https://x.example/v1/things"
	var entries []exchanged
	for range maxWhere + 2 {
		entries = append(entries, exchanged{verb: "POST", url: things, form: "name=a"})
	}
	entries = append(entries, exchanged{verb: "GET", url: things + "?limit=1", body: "[]"}, exchanged{verb: "GET", url: things, body: "[]"},
		exchanged{verb: "PATCH", url: things + "/1", json: `{"name":`, body: `{"response":null}`})
	o := observed(t, observeTiny(), harOf(t, entries...))
	want := ObservedEntries{Read: maxWhere + 5, Responses: ObservedBodies{Compared: 3, NoBody: maxWhere + 2}, Requests: ObservedBodies{Compared: maxWhere + 3, Unreadable: 1}}
	if diff := cmp.Diff(want, o.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	unread := []Unread{
		{Part: "response", Reason: "no body was recorded", Count: maxWhere + 2, Where: []string{"0.har#1", "0.har#2", "0.har#3", "0.har#4", "0.har#5"}},
		{Part: "request", Reason: "JSON that ends in the middle", Count: 1, Where: []string{"0.har#10"}},
	}
	if diff := cmp.Diff(unread, o.Unread); diff != "" {
		t.Errorf("unread (-want +got):\n%s", diff)
	}
}
