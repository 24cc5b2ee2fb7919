package generator

// What exporters make of forms and of addresses.

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// postHAR is a recording of one form or body of POST /v1/things.
func postHAR(headers, postData string) string {
	return fmt.Sprintf(`{"log":{"entries":[{"request":{"method":"POST","url":"https://x.example/v1/things","headers":%s,"postData":%s},
		"response":{"status":200,"content":{"text":"{\"response\":null}"}}}]}}`, headers, postData)
}

func TestObserveReadsForms(t *testing.T) {
	const form, parts = "application/x-www-form-urlencoded", "multipart/form-data"
	post := func(media, text, more string) string {
		return fmt.Sprintf(`{"mimeType":%q,"text":%s%s}`, media, jsonText(text), more)
	}
	multi := func(end string) string {
		return strings.Join([]string{"--AaB", `Content-Disposition: form-data; name="name"`, "", "a", "--AaB", `Content-Disposition: form-data; name="nick"`,
			"Content-Type: text/plain; charset=utf-8", "", "b", "--AaB", `Content-Disposition: form-data; name="strategy"; filename="passkey"`, "Content-Type: image/png", "", "passkey\ufffd", "--AaB--", ""}, end)
	}
	const chromeList = `,"params":[{"name":"name","value":"a"},{"name":"nick%5B%5D","value":"b"}]`
	nick, list := []string{"unknown_parameter POST /v1/things nick"}, []string{"unknown_parameter POST /v1/things *"}
	none := []string(nil)
	for name, tt := range map[string]struct {
		headers, post string
		want          []string
	}{
		"text":                                    {post: post(form, "name=a&nick=b", ""), want: nick},
		"text before the list":                    {post: post(form, "name=a&tags%5B%5D=b", `,"params":[{"name":"nick","value":"a"}]`), want: none},
		"a list whose names are still encoded":    {post: post(form, "name=a&tags%5B%5D=b", `,"params":[{"name":"name","value":"a"},{"name":"tags%5B%5D","value":"b"}]`), want: none},
		"that list alone":                         {post: `{"mimeType":"` + form + `"` + strings.ReplaceAll(chromeList, "nick", "tags") + `}`, want: none},
		"that list alone, with an unknown member": {post: `{"mimeType":"` + form + `"` + chromeList + `}`, want: list},
		"a list with a stray percent":             {post: `{"mimeType":"` + form + `","params":[{"name":"name","value":"100%"},{"name":"nick","value":"%zz"}]}`, want: nick},
		"a list that is an object":                {post: `{"mimeType":"` + form + `","params":{"name":"a","nick":true}}`, want: nick},
		"a semicolon in a value":                  {post: post(form, "name=a;b&nick=c;d", ""), want: nick},
		"a semicolon that joins nothing":          {post: post(form, "name=a;strategy=passkey", ""), want: none},
		"a percent that escapes nothing":          {post: post(form, "name=100%&nick=%zz%2", ""), want: nick},
		"a percent in a name":                     {post: post(form, "name=a&%=b", ""), want: list},
		"a plus and line breaks":                  {post: post(form, "\r\nname=a+b&nick=c\r\n", ""), want: nick},
		"stray ampersands":                        {post: post(form, "&&name=a&&nick=b&", ""), want: nick},
		"a mark":                                  {post: post(form, "\ufeffname=a&nick=b", ""), want: nick},
		"no value":                                {post: post(form, "name&nick", ""), want: nick},
		"base64":                                  {post: post(form, "bmFtZT1hJm5pY2s9Yg==", `,"encoding":"base64"`), want: nick},
		"base64 without the flag":                 {post: post(form, "bmFtZT1hJm5pY2s9Yg==", ""), want: nick},
		"base64 with neither flag nor padding":    {post: post(form, "bmFtZT1hJm5pY2s9Yg", ""), want: nick},
		"the flag on plain text":                  {post: post(form, "name=a&nick=b", `,"encoding":"base64"`), want: nick},
		"a name alone looks like base64":          {post: post(form, "name", ""), want: none},
		"gzip":                                    {headers: `[{"name":"Content-Encoding","value":"gzip"}]`, post: post(form, "H4sIAAAAAAAAA8tLzE21TVTLy0zOtk0CAPZg04kNAAAA", `,"encoding":"base64"`), want: nick},
		"headers before the form":                 {post: post(form, "Content-Type: "+form+"\r\nContent-Length: 13\r\n\r\nname=a&nick=b", ""), want: nick},
		"the media type in the header":            {headers: `[{"name":"content-type","value":"` + form + `;charset=UTF-8"}]`, post: post("", "name=a&nick=b", ""), want: nick},
		"no media type":                           {post: post("", "name=a&nick=b", ""), want: nick},
		"no media type that is known":             {post: post("x-unknown", "name=a&nick=b", ""), want: nick},
		"text in place of the body":               {post: jsonText("name=a&nick=b"), want: nick},
		"an empty text beside a list":             {post: post(form, "", `,"params":[{"name":"name","value":"a"},{"name":"nick","value":"b"}]`), want: nick},
		"parts":                                   {post: post(parts+"; boundary=AaB", multi("\r\n"), `,"params":[]`), want: nick},
		"parts with other line breaks":            {post: post(parts+"; boundary=AaB", multi("\n"), ""), want: nick},
		"parts and an empty line before":          {post: post(parts+"; boundary=AaB", "\r\n"+multi("\r\n"), ""), want: nick},
		"parts without a boundary":                {post: post(parts, multi("\r\n"), ""), want: nick},
		"parts whose boundary is in the header":   {headers: `[{"name":"Content-Type","value":"` + parts + `; boundary=AaB"}]`, post: post(parts, multi("\r\n"), ""), want: nick},
		"parts whose boundary has no quotes":      {post: post(parts+"; boundary=A/a?B", strings.ReplaceAll(multi("\r\n"), "AaB", "A/a?B"), ""), want: nick},
		"parts with another boundary":             {post: post(parts+"; boundary=other", multi("\r\n"), ""), want: nick},
		"parts that are cut":                      {post: post(parts+"; boundary=AaB", strings.TrimSuffix(multi("\r\n"), "--AaB--\r\n"), ""), want: nick},
		"parts without a media type":              {post: post("", multi("\r\n"), ""), want: nick},
		"parts after the headers":                 {post: post(parts+"; boundary=AaB", "Content-Type: "+parts+"; boundary=AaB\r\n\r\n"+multi("\r\n"), ""), want: nick},
		"parts in base64":                         {post: post(parts, base64.StdEncoding.EncodeToString([]byte(multi("\r\n"))), `,"encoding":"base64"`), want: nick},
		"parts as a list only":                    {post: `{"mimeType":"` + parts + `","params":[{"name":"name","value":"a"},{"name":"nick","fileName":"a.png","value":"(binary)"}]}`, want: nick},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.headers == "" {
				tt.headers = "[]"
			}
			o := observed(t, observeTiny(), postHAR(tt.headers, tt.post))
			if diff := cmp.Diff(tt.want, lines(o.Mismatches)); diff != "" {
				t.Errorf("mismatches (-want +got):\n%s", diff)
			}
			if want := (ObservedBodies{Compared: 1}); o.Entries.Requests != want {
				t.Errorf("requests %+v, unread %+v", o.Entries.Requests, o.Unread)
			}
		})
	}
}

func TestObserveSaysWhichRequestsItDidNotSee(t *testing.T) {
	for name, tt := range map[string]struct {
		headers, post, want string
	}{
		"a length and no body":      {headers: `[{"name":"content-length","value":"13"}]`, post: "null", want: "no body was recorded"},
		"an empty text of a length": {headers: `[{"name":"Content-Length","value":"13"}]`, post: `{"mimeType":"application/x-www-form-urlencoded","text":"","params":[]}`, want: "no body was recorded"},
		"bytes for a form":          {post: `{"mimeType":"application/x-www-form-urlencoded","text":"\u0000\u0001"}`, want: "not a form"},
		"text for parts":            {post: `{"mimeType":"multipart/form-data; boundary=x","text":"(data)"}`, want: "not a form"},
		"a form in a lost file":     {post: `{"mimeType":"application/x-www-form-urlencoded","_file":"lost"}`, want: "its file is not beside the recording"},
		"no body":                   {post: "null"},
		"an empty body":             {post: `{"mimeType":"application/x-www-form-urlencoded","text":""}`},
		"an image":                  {post: `{"mimeType":"image/png","text":"\ufffdPNG"}`},
	} {
		if tt.headers == "" {
			tt.headers = "[]"
		}
		o := readWith(t, fstest.MapFS{}, postHAR(tt.headers, tt.post))
		var want []Unread
		if tt.want != "" {
			want = []Unread{{Part: "request", Reason: tt.want, Count: 1, Where: []string{"0.har#1"}}}
		}
		if diff := cmp.Diff(want, o.Unread, cmp.Transformer("nil", func(list []Unread) []Unread { return append([]Unread(nil), list...) })); diff != "" {
			t.Errorf("%s: unread (-want +got):\n%s", name, diff)
		}
		if o.Entries.Requests.Compared > 0 || o.Entries.Responses.Compared != 1 {
			t.Errorf("%s: %+v", name, o.Entries)
		}
	}
}

// JSON that is sent as text, or as nothing in particular, is compared too.
func TestObserveRecognisesJSONRequests(t *testing.T) {
	for _, media := range []string{"application/json", "application/json; charset=utf-8", "application/merge-patch+json", "text/plain;charset=UTF-8", "", "x-unknown", "application/octet-stream"} {
		har := strings.Replace(postHAR("[]", fmt.Sprintf(`{"mimeType":%q,"text":"{\"name\":1}"}`, media)), `"POST","url":"https://x.example/v1/things"`, `"PATCH","url":"https://x.example/v1/things/1"`, 1)
		if got := lines(observed(t, observeTiny(), har).Mismatches); !cmp.Equal(got, []string{"wrong_type PATCH /v1/things/{thing_id}.name"}) {
			t.Errorf("%q: %q", media, got)
		}
	}
}

func TestObserveReadsAddresses(t *testing.T) {
	for address, want := range map[string][]string{
		"https://x.example/v1/things?color=a;b":              {"unknown_parameter GET /v1/things color"},
		"https://x.example/v1/things?limit=1;2":              nil,
		"https://x.example/v1/things?color=%zz":              {"unknown_parameter GET /v1/things color"},
		"https://x.example/v1/things?limit=%":                nil,
		"https://x.example/v1/things?color=red#frag%ment":    {"unknown_parameter GET /v1/things color"},
		"https://x.example/v1/things/100%?color=red":         {"unknown_parameter GET /v1/things/{thing_id} color"},
		"https://x.example/v1/things/a b?color=red":          {"unknown_parameter GET /v1/things/{thing_id} color"},
		"https://x.example/v1/things/a\tb\x7f?color=red":     {"unknown_parameter GET /v1/things/{thing_id} color"},
		"https://x.example/v1/things/a%2Fb%?color=red&x=%2G": {"unknown_parameter GET /v1/things/{thing_id} color", "unknown_parameter GET /v1/things/{thing_id} x"},
	} {
		har := fmt.Sprintf(`{"log":{"entries":[{"request":{"method":"GET","url":%s},"response":{"status":200,"content":{}}}]}}`, jsonText(address))
		if got := lines(observed(t, observeTiny(), har).Mismatches); !cmp.Equal(got, want) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
