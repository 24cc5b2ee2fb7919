package generator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	fapi "github.com/fapigen/fapigen/templates/runtime"
)

// A recording that cannot be read costs one line, which names the file and quotes nothing of it.
func TestUnreadableRecordings(t *testing.T) {
	const entry = `{"request":{"method":"GET","url":"https://x.example/v1/things/count"},"response":{"status":200,"content":{"text":"1"}}}`
	tests := []struct{ rule, text, want string }{
		{"empty", "", "r.har: empty"},
		{"blank", " \n ", "r.har: empty"},
		{"an archive", "PK\x03\x04\x14", "r.har: a ZIP archive; unpack it and name the .har file in it"},
		{"a mark and no more", "\xff\xfe", "r.har: empty"},
		{"a page", "<html>", "r.har: not a HAR: no JSON object"},
		{"a list", "[1]", "r.har: not a HAR: no JSON object"},
		{"another JSON file", `{"openapi":"3.0.3","paths":{}}`, "r.har: not a HAR: no log.entries"},
		{"a log without entries", `{"log":{"version":"1.2"}}`, "r.har: not a HAR: no log.entries"},
		{"a log that is a list", `{"log":[]}`, "r.har: line 1: not a HAR: log is of another type"},
		{"entries that are an object", "{\"log\":\n{\"entries\":{}}}", "r.har: line 2: not a HAR: log.entries is of another type"},
		{"broken around the entries", `{"log" {}}`, "r.har: line 1: not a HAR: no valid JSON"},
		{"a key without quotes", `{log:{}}`, "r.har: line 1: not a HAR: no valid JSON"},
		{"broken inside an entry", "{\"log\":{\"entries\":[\n" + entry + ",\n{\"request\":{\"url\":}}]}}", "r.har: line 3: entry 2: no valid JSON"},
		{"something between the entries", `{"log":{"entries":[` + entry + ` ` + entry + `]}}`, "r.har: line 1: not a HAR: no valid JSON"},
		{"cut in an entry", "{\"log\":{\"entries\":[\n" + entry + ",\n" + entry[:40], "r.har: it ends in the middle of entry 2"},
		{"cut before the entries", `{"log":{"version":"1.2","creat`, "r.har: not a HAR: it ends before log.entries"},
		{"cut between entries", `{"log":{"entries":[` + entry + `,` + entry + ",\n", "r.har: not closed; its 2 entries were read"},
		{"cut before the first entry", `{"log":{"entries":[`, "r.har: not closed; its 0 entries were read"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			o, err := NewObserver(observeTiny())
			if err != nil {
				t.Fatal(err)
			}
			err = o.Read("r.har", strings.NewReader(tt.text))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if errors.Is(err, ErrUnclosed) != strings.HasPrefix(tt.rule, "cut b") && !strings.Contains(tt.rule, "the entries") {
				t.Errorf("%v: is it unclosed?", err)
			}
		})
	}
}

// repeated is a text that is read over and over, n times, between two others.
type repeated struct {
	parts []string
	n     int
	rest  string
	peak  uint64
}

func (r *repeated) Read(p []byte) (int, error) {
	for r.rest == "" {
		switch {
		case len(r.parts) == 3:
			r.rest, r.parts = r.parts[0], r.parts[1:]
		case r.n > 0:
			r.n--
			r.rest = r.parts[0]
			if r.n%8 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				r.peak = max(r.peak, m.HeapInuse)
			}
		case len(r.parts) == 2:
			r.rest, r.parts = r.parts[1], nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Memory goes by the largest entry that is read, not by the file. Each of these is of 64 MiB.
func TestObserveMemoryIsBounded(t *testing.T) {
	skipUnderRaceDetector(t)
	body, _ := json.Marshal(`{"id":"1","status":"done","note":"` + strings.Repeat("x", 64<<10) + `"}`)
	entry := `{"request":{"method":"GET","url":"https://x.example/v1/things/1"},"response":{"status":200,"content":{"text":` + string(body) + `}}},`
	last := strings.TrimSuffix(entry, ",")
	const mega = 1 << 20
	tests := []struct {
		rule  string
		in    *repeated
		bound int64
		want  ObservedEntries
	}{
		{"many entries", &repeated{parts: []string{`{"log":{"entries":[`, entry, last + `]}}`}, n: 64 * mega / len(entry)}, 32 * mega,
			ObservedEntries{Read: 64*mega/len(entry) + 1, Responses: ObservedBodies{Compared: 64*mega/len(entry) + 1}}},
		{"one entry", &repeated{parts: []string{`{"log":{"entries":[{"request":{"url":"`, strings.Repeat("x", mega), `"}},` + last + `]}}`}, n: 64}, 56 * mega,
			ObservedEntries{Read: 2, Large: 1, Responses: ObservedBodies{Compared: 1}}},
		{"something else", &repeated{parts: []string{`{"log":{"pages":["`, strings.Repeat("x", mega), `"],"entries":[` + last + `]}}`}, n: 64}, 32 * mega,
			ObservedEntries{Read: 1, Responses: ObservedBodies{Compared: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			o, err := NewObserver(observeTiny())
			if err != nil {
				t.Fatal(err)
			}
			defer debug.SetGCPercent(debug.SetGCPercent(10)) // garbage does not count
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if err := o.Read("big.har", tt.in); err != nil {
				t.Fatal(err)
			}
			if grown := int64(tt.in.peak) - int64(m.HeapInuse); grown > tt.bound {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
			if diff := cmp.Diff(tt.want, o.Observation().Entries); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// secrets are planted in every place of a recording.
var secrets = []string{
	"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1XzEifQ.c2lnbmF0dXJl", "Hunter2-Pa55word", "424242", "ada.lovelace@example.com",
	"+15551234567", "c00kie-V4lue", "sess_2NxSecretId", "sk_live_Sup3rS3cret", "dvb_2NxDevBrowser",
}

// planted is a recording that holds secret wherever a HAR can hold a string.
func planted(secret string) string {
	quoted, _ := json.Marshal(secret)
	escaped := url.QueryEscape(secret)
	body := strings.ReplaceAll(`{"id":S,"status":S,S:S,"color":{S:S,"deep":[{"jwt":S,"strategy":S}]},"count":S,"proof":{"object":S,"strategy":S},
		"public_metadata":{S:{S:S}},"by_id":{S:{"name":S,S:1}},"verifications":[S],"owner":S,"flag":S}`, "S", string(quoted))
	text, _ := json.Marshal(body)
	coded := base64.StdEncoding.EncodeToString([]byte(body))
	parts, _ := json.Marshal("--" + secret + "\r\nContent-Disposition: form-data; name=\"" + secret + "\"\r\n\r\n" + secret + "\r\n--" + secret + "--\r\n")
	pair := fmt.Sprintf(`{"name":%s,"value":%s,"comment":%s}`, quoted, quoted, quoted)
	var entries []string
	for _, at := range []string{"POST https://S.example/v1/things?S=S&status=S", "POST https://x.example/v1/things?S=S&strategy=S",
		"GET https://x.example/v1/things/S", "GET https://u:S@x.example/S/v1/things/S/S#S", "GET https://x.example/v1/things/S/S",
		"PATCH https://x.example/v1/things/1", "DELETE https://x.example/v1/things/S", "GET /v1/S", "S S",
		"S https://x.example/v1/things/1", "POST https://x.example/v1/things/1?_method=S"} {
		verb, address, _ := strings.Cut(at, " ")
		if address = strings.ReplaceAll(address, "S", escaped); verb == "S" {
			verb = escaped
		}
		for _, content := range []string{`"text":` + string(text), `"encoding":"base64","text":"` + coded + `"`, `"text":` + string(quoted), `"_file":` + string(quoted)} {
			for _, post := range []string{`"mimeType":"application/x-www-form-urlencoded","text":"` + escaped + `=` + escaped + `&strategy=` + escaped + `"`,
				`"mimeType":"application/x-www-form-urlencoded","params":[` + pair + `]`, `"mimeType":"multipart/form-data","text":` + string(parts), `"mimeType":"application/json",` + content, `"mimeType":` + string(quoted) + `,"text":` + string(quoted)} {
				entries = append(entries, fmt.Sprintf(`{"pageref":%[1]s,"comment":%[1]s,"_x":%[1]s,"request":{"method":"%[2]s","url":"%[3]s","headers":[%[4]s],
					"cookies":[%[4]s],"queryString":[%[4]s],"postData":{%[5]s}},"response":{"status":200,"statusText":%[1]s,"headers":[%[4]s],
					"cookies":[%[4]s],"redirectURL":%[1]s,"content":{"mimeType":"application/json",%[6]s}}}`, quoted, verb, address, pair, post, content))
			}
		}
	}
	return fmt.Sprintf(`{"log":{"version":%[1]s,"comment":%[1]s,"creator":{"name":%[1]s},"pages":[{"title":%[1]s}],"entries":[%[2]s]}}`,
		quoted, strings.Join(entries, ","))
}

// No output of observe tells a secret: not the report, not the overlay, not the errors about a broken file.
func TestObserveTellsNoSecret(t *testing.T) {
	for _, secret := range secrets {
		har := planted(secret)
		if !json.Valid([]byte(har)) {
			t.Fatal("the planted recording is no JSON")
		}
		o := observed(t, observeTiny(), har)
		if len(o.Mismatches) < 10 || o.Entries.Responses.Compared < 10 {
			t.Fatalf("only %d mismatches in %d entries: the plants were not reached", len(o.Mismatches), o.Entries.Responses.Compared)
		}
		report, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		overlay, err := o.Overlay()
		if err != nil {
			t.Fatal(err)
		}
		outputs := []string{string(report), string(overlay)}
		for _, broken := range []string{har[:len(har)-200], strings.Replace(har, `"response"`, `response`, 1), `{"` + secret + `":{"log":[` + secret, secret} {
			again, err := NewObserver(observeTiny())
			if err != nil {
				t.Fatal(err)
			}
			if err = again.Read("r.har", strings.NewReader(broken)); err == nil {
				t.Fatal("a broken recording is no error")
			}
			outputs = append(outputs, err.Error())
		}
		for _, out := range outputs {
			for _, form := range []string{secret, strings.ToLower(secret), strings.ToUpper(secret), url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
				strings.Trim(secret, "+"), strings.ReplaceAll(secret, "_", "-")} {
				if strings.Contains(out, form) {
					t.Errorf("%q is in the output:\n%.2000s", form, out)
				}
			}
		}
	}
}

// What the emitted module records shows the same as the traffic itself.
func TestObserveReadsWhatTheModuleRecords(t *testing.T) {
	const environment = `{"auth_config":{"object":"auth_config","id":"aconf_1","password":"on","single_session_mode":"yes","color":"blue"},
		"user_settings":{"social":{"oauth_vercel":{"enabled":true,"strategy":"oauth_vercel"}},"sign_up":{"mode":"secret_door"}},"maintenance_mode":null}`
	const client = `{"response":{"object":"client","id":"client_1","sessions":[{"object":"session","id":"sess_1","status":"replaced","user":{"id":"user_1","object":"user",
		"locale":null,"public_metadata":{"plan":"gold"},"email_addresses":[{"id":"idn_1","object":"email_address","email_address":"ada@example.com"}]}}],
		"last_active_session_id":"sess_1","sign_in":null,"sign_up":null},"client":null}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/proxy/v1/environment":
			_, _ = io.WriteString(w, environment)
		case "/proxy/v1/client":
			_, _ = io.WriteString(w, client)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	var recording bytes.Buffer
	clerk, err := fapi.New("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k", fapi.WithProxyURL(server.URL+"/proxy"), fapi.WithRecorder(&recording))
	if err != nil {
		t.Fatal(err)
	}
	if err := clerk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	unclosed := recording.String()
	if err := clerk.Close(); err != nil {
		t.Fatal(err)
	}
	raw := observed(t, pinnedConfig(t), harOf(t, exchanged{verb: "GET", url: "https://x.example/v1/environment", body: environment},
		exchanged{verb: "GET", url: "https://x.example/v1/client", body: client}))
	recorded := observed(t, pinnedConfig(t), recording.String())
	if len(raw.Mismatches) < 10 {
		t.Fatalf("only %q: too little to compare", lines(raw.Mismatches))
	}
	plain := func(o *Observation) (list []Mismatch) {
		for _, m := range slices.Concat(o.Mismatches, o.Known) {
			m.Where = nil // the two requests go out at the same time
			list = append(list, m)
		}
		return list
	}
	if diff := cmp.Diff(plain(raw), plain(recorded)); diff != "" {
		t.Errorf("of the traffic and of the recording (-traffic +recording):\n%s", diff)
	}
	o, err := NewObserver(pinnedConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Read("r.har", strings.NewReader(unclosed)); !errors.Is(err, ErrUnclosed) || o.Observation().Entries.Responses.Compared != 2 {
		t.Errorf("the recording before Close: %v, %+v", err, o.Observation().Entries)
	}
}

// The rules of redaction stand in two modules, which share no code: the words have to be the same.
func TestBothSidesRedactAlike(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "templates", "runtime", "recorder_redact.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	patterns := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		switch x := v.Values[0].(type) {
		case *ast.CompositeLit:
			for _, e := range x.Elts {
				if key, ok := e.(*ast.KeyValueExpr).Key.(*ast.BasicLit); ok {
					theirs[strings.Trim(key.Value, `"`)] = true
				}
			}
		case *ast.CallExpr:
			patterns[v.Names[0].Name] = strings.Trim(x.Args[0].(*ast.BasicLit).Value, "`")
		}
		return true
	})
	if !reflect.DeepEqual(theirs, wordKeys) {
		t.Errorf("keys of words (-generator +recorder):\n%s", cmp.Diff(wordKeys, theirs))
	}
	want := map[string]string{"recordedWord": word.String(), "recordedCamel": camel.String(), "recordedUpper": scrubbed.String()}
	if diff := cmp.Diff(want, patterns); diff != "" {
		t.Errorf("patterns (-generator +recorder):\n%s", diff)
	}
}

// Whatever a recording holds, it ends in a report or in one line; and the overlay makes the same recording clean, but for
// what it says it leaves out.
func FuzzReadHAR(f *testing.F) {
	for _, recording := range append(readAll(f, "../testdata/har/*.har"), readAll(f, "../testdata/exporters/*.har")...) {
		f.Add([]byte(recording))
	}
	f.Add([]byte(harOf(f, exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: `{"id":null,"status":["x"],"owner":7,"by_id":{"a":null},"proof":{"url":null}}`},
		exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: `{"id":{"a":1},"color":{"b":[null,1.5]}}`},
		exchanged{verb: "POST", url: "https://x.example/v1/things?a=b", form: "c=d&strategy=x", body: `{"client":{"last":{}}}`})))
	f.Add([]byte(`{"log":{"entries":[`))
	prepared, err := NewObserver(observeTiny())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, o := observeTiny(), *prepared // parsing the description anew would be most of the time
		o.places = map[string]*spot{}
		o.client = o.place(prepared.client.sites...)
		o.ledger = ledger{findings: map[string]*finding{}, chances: map[string]int{}, fits: map[string]bool{}}
		o.unknown, o.homes = map[string][]*stranger{}, map[string]bool{}
		if err := o.Read("f.har", bytes.NewReader(data)); err != nil && (strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "f.har: ")) {
			t.Errorf("%q is no message of one line", err)
		}
		seen := o.Observation()
		if len(seen.Mismatches) == 0 {
			return
		}
		text, err := seen.Overlay()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Overlays = []Source{{Name: "observed.yaml", Data: text}}
		again, err := NewObserver(cfg)
		if err != nil {
			t.Fatalf("the overlay is refused: %v\n%s", err, text)
		}
		_ = again.Read("f.har", bytes.NewReader(data))
		left, told := len(again.Observation().Mismatches), strings.Count(string(text), "# Not expressed:")
		if left > told {
			t.Errorf("%d mismatches are left, %d were left out: %q\n%s", left, told, lines(again.Observation().Mismatches), text)
		}
	})
}
