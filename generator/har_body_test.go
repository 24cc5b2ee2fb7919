package generator

// What exporters and proxies make of bodies, and that observe counts what it could not see. The compressed bytes were made
// with other programs than those that read them.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// colored is an answer with a member that the tiny description lacks: it is told if, and only if, the body is read.
const colored = `{"id":"1","status":"done","color":"x"}`

// coloredAs is the same, compressed by other tools.
var coloredAs = map[string]string{
	"gzip":                            "H4sIAAAAAAAAA6tWykxRslIyVNJRKi5JLCktVrJSSsnPS1XSUUrOz8kvUrJSqlCqBQBDA34oJgAAAA==",
	"deflate":                         "eJyrVspMUbJSMlTSUSouSSwpLVayUkrJz0tV0lFKzs/JL1KyUqpQqgUA2ZgLdg==",
	"raw":                             "q1bKTFGyUjJU0lEqLkksKS1WslJKyc9LVdJRSs7PyS9SslKqUKoFAA==",
	"br":                              "GyUA+B0JNo70GY/aKUXI9jImDS9ZdPo6EE02IUgL4EEaobiVgMqEwA0=",
	"zstd":                            "KLUv/QRYMQEAeyJpZCI6IjEiLCJzdGF0dXMiOiJkb25lIiwiY29sb3IiOiJ4In2HQ/ei",
	"zstd, a raw block of known size": "KLUv/SAmMQEAeyJpZCI6IjEiLCJzdGF0dXMiOiJkb25lIiwiY29sb3IiOiJ4In0=",
	"gzip, then br":                   "ixyAH4sIAAAAAAAAA6tWykxRslIyVNJRKi5JLCktVrJSSsnPS1XSUUrOz8kvUrJSqlCqBQBDA34oJgAAAAM=",
}

// responseHAR is a recording of one response, whose parts are JSON.
func responseHAR(status, headers, content string) string {
	return fmt.Sprintf(`{"log":{"entries":[{"request":{"method":"GET","url":"https://x.example/v1/things/1"},
		"response":{"status":%s,"headers":%s,"content":%s}}]}}`, status, headers, content)
}

func jsonText(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

func latin1(t *testing.T, coded string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.String()
}

func TestObserveReadsBodies(t *testing.T) {
	std := base64.StdEncoding.EncodeToString([]byte(colored))
	special := `{"id":"1","status":"done","color":"???>>>~~~"}` // whose base64 has both special characters
	wide := utf16.Encode([]rune("\ufeff" + colored))
	var little, big []byte
	for _, unit := range wide {
		little, big = append(little, byte(unit), byte(unit>>8)), append(big, byte(unit>>8), byte(unit))
	}
	content := func(text, encoding string) string {
		return fmt.Sprintf(`{"mimeType":"application/json","text":%s,"encoding":%q}`, jsonText(text), encoding)
	}
	type body struct{ headers, content string }
	tests := map[string]body{
		"plain":                               {content: content(colored, "")},
		"with a mark":                         {content: content("\ufeff"+colored, "")},
		"with blanks around it":               {content: content("\r\n "+colored+"\n\n", "")},
		"base64":                              {content: content(std, "base64")},
		"base64 in capitals":                  {content: content(std, "BASE64")},
		"base64 without the flag":             {content: content(std, "")},
		"base64 without padding":              {content: content(strings.TrimRight(std, "="), "base64")},
		"base64 with neither":                 {content: content(strings.TrimRight(std, "="), "")},
		"base64 in lines":                     {content: content(std[:20]+"\r\n"+std[20:]+"\n", "base64")},
		"base64 for URLs":                     {content: content(base64.RawURLEncoding.EncodeToString([]byte(special)), "base64")},
		"base64 for URLs, padded":             {content: content(base64.URLEncoding.EncodeToString([]byte(special)), "base64")},
		"base64 for URLs, no flag":            {content: content(base64.RawURLEncoding.EncodeToString([]byte(special)), "")},
		"base64 in a data URL":                {content: content("data:application/json;base64,"+std, "")},
		"base64 of a marked text":             {content: content(base64.StdEncoding.EncodeToString([]byte("\ufeff"+colored)), "base64")},
		"UTF-16, little end first":            {content: content(base64.StdEncoding.EncodeToString(little), "base64")},
		"UTF-16, big end first":               {content: content(base64.StdEncoding.EncodeToString(big), "base64")},
		"the flag on plain text":              {content: content(colored, "base64")},
		"another encoding named":              {content: content(colored, "utf-8")},
		"JSON in place of its text":           {content: `{"mimeType":"application/json","text":` + colored + `}`},
		"text in place of the content":        {content: jsonText(colored)},
		"the header though it is decoded":     {headers: `[{"name":"Content-Encoding","value":"gzip"}]`, content: content(colored, "")},
		"the header though base64 is decoded": {headers: `[{"name":"content-encoding","value":"br"}]`, content: content(std, "base64")},
		"headers as an object":                {headers: `{"content-encoding":"br"}`, content: content(coloredAs["br"], "base64")},
		"the coding in place of base64":       {content: content(coloredAs["gzip"], "gzip")},
		"gzip as characters":                  {content: content(latin1(t, coloredAs["gzip"]), "")},
		"br as characters, with the header":   {headers: `[{"name":"Content-Encoding","value":"br"}]`, content: content(latin1(t, coloredAs["br"]), "")},
		"two codings, with the header":        {headers: `[{"name":"Content-Encoding","value":"gzip, br"}]`, content: content(coloredAs["gzip, then br"], "base64")},
		"two codings, in two headers":         {headers: `[{"name":"Content-Encoding","value":"gzip"},{"name":"content-encoding","value":"br"}]`, content: content(coloredAs["gzip, then br"], "base64")},
		"gzip by its old name":                {headers: `[{"name":"Content-Encoding","value":"X-GZIP"}]`, content: content(coloredAs["gzip"], "base64")},
		"gzip that lost its checksum":         {content: content(cutBytes(t, coloredAs["gzip"], 8), "base64")},
		"raw deflate, with the header":        {headers: `[{"name":"Content-Encoding","value":"deflate"}]`, content: content(coloredAs["raw"], "base64")},
		"a header with another coding":        {headers: `[{"name":"Content-Encoding","value":"gzip"}]`, content: content(coloredAs["zstd"], "base64")},
		"a coding that is none":               {headers: `[{"name":"Content-Encoding","value":"identity"}]`, content: content(coloredAs["br"], "base64")},
		"types of no matter elsewhere":        {headers: `"none"`, content: `{"mimeType":7,"size":"many","params":{},"text":` + jsonText(colored) + `}`},
		"an empty file name beside the text":  {content: `{"_file":"","text":` + jsonText(colored) + `}`},
		"a media type of pages":               {content: `{"mimeType":"text/html","text":` + jsonText(colored) + `}`},
	}
	for name, coded := range coloredAs {
		if name != "gzip, then br" {
			tests[name+", without the header"] = body{content: content(coded, "base64")}
			tests[name+", without header and flag"] = body{content: content(strings.TrimRight(coded, "="), "")}
		}
	}
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		tests[coding+", with the header"] = body{`[{"name":"Content-Encoding","value":"` + coding + `"}]`, content(coloredAs[coding], "base64")}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.headers == "" {
				tt.headers = "[]"
			}
			o := observed(t, observeTiny(), responseHAR("200", tt.headers, tt.content))
			if diff := cmp.Diff([]string{"unknown_member Thing.color"}, lines(o.Mismatches)); diff != "" {
				t.Errorf("mismatches (-want +got):\n%s", diff)
			}
			if want := (ObservedEntries{Read: 1, Responses: ObservedBodies{Compared: 1}}); o.Entries != want || len(o.Unread) > 0 || o.Blind() {
				t.Errorf("entries %+v, unread %+v, blind %t", o.Entries, o.Unread, o.Blind())
			}
		})
	}
}

// cutBytes drops bytes at the end of what is base64.
func cutBytes(t *testing.T, coded string, n int) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data[:len(data)-n])
}

// Words and numbers of JSON look like base64.
func TestObserveReadsBodiesThatLookLikeBase64(t *testing.T) {
	for _, text := range []string{"1234", "true", "null", "12345678"} {
		for _, encoding := range []string{"base64", ""} {
			har := strings.Replace(responseHAR("200", "[]", fmt.Sprintf(`{"text":%q,"encoding":%q}`, text, encoding)), "things/1", "things/count", 1)
			o := observed(t, observeTiny(), har)
			var want []string
			if text == "true" {
				want = []string{"wrong_type GET /v1/things/count"}
			}
			if got := lines(o.Mismatches); !cmp.Equal(got, want) || o.Entries.Responses.Compared != 1 {
				t.Errorf("%s in %q: %q, %+v", text, encoding, got, o.Unread)
			}
		}
	}
}

func TestObserveReadsStatuses(t *testing.T) {
	for status, compared := range map[string]bool{
		`200`: true, `"200"`: true, `200.0`: true, `2e2`: true, `"200.0"`: true, `" 200 "`: true, `"200 OK"`: true, `201`: true,
		`0`: false, `"0"`: false, `404`: false, `"404"`: false, `404.0`: false, `null`: false, `""`: false, `"OK"`: false, `{}`: false, `200.5`: false, `-200`: false, `1e99`: false, `"NaN"`: false, `true`: false,
	} {
		o := observed(t, observeTiny(), responseHAR(status, "[]", `{"text":`+jsonText(colored)+`}`))
		want := ObservedEntries{Read: 1, Failed: 1}
		if compared {
			want = ObservedEntries{Read: 1, Responses: ObservedBodies{Compared: 1}}
		}
		if diff := cmp.Diff(want, o.Entries); diff != "" || o.Blind() == compared {
			t.Errorf("status %s, blind %t: entries (-want +got):\n%s", status, o.Blind(), diff)
		}
	}
}

// A whole recording in UTF-16, as a shell of Windows redirects it.
func TestObserveReadsUTF16(t *testing.T) {
	text := "\ufeff" + harOf(t, exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: `{"id":"1","status":"done","color":"😀"}`})
	for name, put := range map[string]func([]byte, uint16) []byte{
		"little end first": func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) },
		"big end first":    func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) },
	} {
		var data []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			data = put(data, unit)
		}
		if got := lines(observed(t, observeTiny(), string(data)).Mismatches); !cmp.Equal(got, []string{"unknown_member Thing.color"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Bodies in files are read from the recording's folder and from nowhere else.
func TestObserveReadsFilesBesideTheRecording(t *testing.T) {
	outside := t.TempDir()
	folder := filepath.Join(outside, "recording")
	if err := os.MkdirAll(filepath.Join(folder, "parts"), 0o755); err != nil {
		t.Fatal(err)
	}
	unpacked, err := base64.StdEncoding.DecodeString(coloredAs["gzip"])
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"a.json": []byte(colored), "parts/b.json": []byte("\ufeff" + colored), "c.gz": unpacked, "empty.json": nil, "page.html": []byte("<html>"),
		"large.json": bytes.Repeat([]byte(" "), maxEntry+1), "..dots": []byte(colored), "../secret.json": []byte(colored),
	} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"inside": "a.json", "out": "../secret.json", "absolute": filepath.Join(outside, "secret.json"), "up": ".."} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Skip("no symbolic links here") // as on Windows, for most users
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for file, want := range map[string]string{
		"a.json": "", "./a.json": "", "parts/b.json": "", `parts\b.json`: "", "parts/../a.json": "", "c.gz": "", "inside": "", "..dots": "",
		"empty.json": errNoBody.Error(), "page.html": errNotJSON.Error(), "large.json": errLarge.Error(), "lost.json": errNoFile.Error(),
		"parts": errBadFile.Error(), ".": errBadFile.Error(), "a.json/x": errOutside.Error(),
		"../secret.json": errOutside.Error(), "parts/../../secret.json": errOutside.Error(), `..\secret.json`: errOutside.Error(),
		filepath.Join(outside, "secret.json"): errOutside.Error(), "/etc/passwd": errOutside.Error(), "..": errOutside.Error(),
		"out": errOutside.Error(), "absolute": errOutside.Error(), "up/secret.json": errOutside.Error(), "a\x00b": errOutside.Error(),
	} {
		got := readWith(t, root.FS(), responseHAR("200", "[]", `{"_file":`+jsonText(file)+`}`))
		reason := ""
		if len(got.Unread) > 0 {
			reason = got.Unread[0].Reason
		}
		if reason != want || (want == "") != (len(got.Mismatches) == 1) {
			t.Errorf("%q: unread %q, want %q; mismatches %q", file, reason, want, lines(got.Mismatches))
		}
	}
}

func readWith(t *testing.T, files fs.FS, har string) *Observation {
	t.Helper()
	o, err := NewObserver(observeTiny())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.ReadWith("0.har", strings.NewReader(har), files); err != nil {
		t.Fatal(err)
	}
	return o.Observation()
}

// Whatever a body holds, reading it ends in bytes that fit, or in an error of one line; and never in more than is allowed.
func FuzzReadBody(f *testing.F) {
	for _, coded := range coloredAs {
		data, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(coded, "base64", "gzip, br", "")
		f.Add(string(data), "", "zstd", "")
	}
	f.Add(colored, "", "", "")
	f.Add("name=a;b&nick=%zz", "", "", "application/x-www-form-urlencoded")
	f.Add("--AaB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--AaB--\r\n", "", "", "multipart/form-data; boundary=AaB")
	f.Fuzz(func(t *testing.T, text, encoding, codings, media string) {
		b := harBody{Text: harText(text), Encoding: harText(encoding), MimeType: harText(media)}
		headers := harPairs{{Name: "content-encoding", Value: harText(codings)}}
		data, err := b.read(nil, headers, json.Valid)
		if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q is no line", err)
		}
		if err == nil && !json.Valid(data) && whyNotJSON(data) == nil {
			t.Error("no JSON, and no reason")
		}
		if len(data) > max(maxEntry, len(text)) {
			t.Errorf("%d bytes", len(data))
		}
		for _, media := range []string{urlencoded, multiparts} {
			if form, err := b.form(nil, media, headers); (err == nil) != (len(form) > 0) {
				t.Errorf("%s: %d members, %v", media, len(form), err)
			}
		}
	})
}
