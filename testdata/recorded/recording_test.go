package recorded

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recording is one HAR file.
type recording struct {
	name, creator string
	replies       []reply
}

// reply is one recorded exchange, as far as a reply to another client can use it.
type reply struct {
	n          int // counted from 1
	verb, path string
	status     int
	header     http.Header
	body       []byte
}

func (r reply) String() string { return fmt.Sprintf("#%d %s %s %d", r.n, r.verb, r.path, r.status) }

// allowed is what is wrong with a recording, all of it. Nothing else passes but artefacts.
var allowed = map[string][]string{
	// Written by hand to be wrong, for the tests of fapigen observe.
	"browser.har": {
		"#3 PATCH /v1/me/passkeys/pk_1 200: /response/name null", // A49 of docs/corrections.md: left to the description
		"#8 GET /v1/environment 200: /maintenance_mode wrong_type",
		"#8 GET /v1/environment 200: value lost /maintenance_mode",
		"#8 GET /v1/environment 200: the environment in the state is not the one that came",
		"#8 GET /v1/environment 200: environment in the state lost ",
		"#8 GET /v1/environment 200: the environment in the store is not the one that came",
		"#8 GET /v1/environment 200: environment in the store lost ",
		`#8 GET /v1/environment 200: warned: msg="fapi: an undecodable environment was ignored"`, // it has none of the settings that every environment has
		"#9 GET /v1/me/badges/badge_2NxSecretId 200: no such operation",
		"#10 GET /npm/lib.js 200: no such operation", // of another service
	},
}

// artefacts are traces that the makers of recordings left, by the creator of the file: places about which a finding says
// nothing of the API. The test recordings of Clerk's Flutter SDK were converted by recordings_to_har. Their own recorder
// replaced what looks like the id of a user, which hit the name user_api_keys_enabled. It also cut off what followed
// allowed_special_characters (generator/observe_rules.go); a member that is cut off is nil here, and no finding.
var artefacts = map[string][]string{
	"recordings_to_har": {"/api_keys_settings/USER_ID", "/api_keys_settings/user_api_keys_enabled"},
}

// recordings reads all files that match.
func recordings(t *testing.T, pattern string) []recording {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var list []recording
	for _, name := range names {
		list = append(list, readRecording(t, name))
	}
	return list
}

func readRecording(t *testing.T, name string) recording {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	type pair struct{ Name, Value string }
	var har struct {
		Log struct {
			Creator struct{ Name string }
			Entries []struct {
				Request struct {
					Method, URL string
				}
				Response struct {
					Status  int
					Headers []pair
					Content struct{ MimeType, Text, Encoding string }
				}
			}
		}
	}
	if err := json.Unmarshal(data, &har); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	rec := recording{name: filepath.Base(name), creator: har.Log.Creator.Name}
	for i, e := range har.Log.Entries {
		target, err := url.Parse(e.Request.URL)
		if err != nil {
			t.Fatalf("%s#%d: %v", name, i+1, err)
		}
		r := reply{n: i + 1, verb: e.Request.Method, path: target.Path, status: e.Response.Status, header: http.Header{}}
		if verb := target.Query().Get("_method"); verb != "" { // browsers tunnel verbs through POST
			r.verb = verb
		}
		if at := strings.Index(r.path, "/v1/"); at > 0 { // behind a proxy
			r.path = r.path[at:]
		}
		for _, h := range e.Response.Headers {
			r.header.Add(h.Name, h.Value)
		}
		r.header.Set("Content-Type", e.Response.Content.MimeType)
		r.body = []byte(e.Response.Content.Text)
		if e.Response.Content.Encoding == "base64" {
			if r.body, err = base64.StdEncoding.DecodeString(e.Response.Content.Text); err != nil {
				t.Fatalf("%s#%d: %v", name, i+1, err)
			}
		}
		if r.verb != http.MethodOptions && r.status != http.StatusNotModified { // a browser keeps these to itself
			rec.replies = append(rec.replies, r)
		}
	}
	return rec
}
