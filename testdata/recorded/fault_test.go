package recorded

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Each fault is made alone in a good reply, and is found, with what goes with it, and nothing else.
func TestEveryFaultOfAReplyIsFound(t *testing.T) {
	const (
		environment = "#1 GET /v1/environment 200"
		refused     = "#3 POST /v1/client/sign_ins 422"
		touch       = "#10 POST /v1/client/sessions/sess_1/touch 200"
		client      = "#13 GET /v1/client 200"
		memberships = "#19 GET /v1/me/organization_memberships 200"
	)
	tests := []struct {
		fault, reply string
		old, new     string // the first old of the body becomes new
		want         []string
	}{
		{"an unknown member of the value", touch, `{"response": {"object": "session",`, `{"response": {"mood": "good", "object": "session",`,
			[]string{"/response/mood unknown_member", "value lost /mood"}},
		{"an unknown member of the client", touch, `"client": {"object": "client",`, `"client": {"object": "client", "pets": [1],`,
			[]string{"/client/pets unknown_member", "client in the state lost /pets", "client in the store lost /pets"}},
		{"an unknown member of a page", memberships, `"role_name": "Admin",`, `"role_name": "Admin", "rank": 1,`,
			[]string{"/response/data/0/rank unknown_member", "value lost /data/0/rank"}},
		{"an unknown member of the environment", environment, `"maintenance_mode"`, `"more": {}, "maintenance_mode"`,
			[]string{"/more unknown_member", "value lost /more", "environment in the state lost /more", "environment in the store lost /more"}},
		{"an unknown member of an error", refused, `"param_name"`, `"hint": 1, "param_name"`, []string{"errors lost /0/meta/hint"}},
		{"an unknown value", touch, `"status": "active"`, `"status": "asleep"`, []string{"/response/status unknown_value"}},
		{"an unknown code", refused, `"form_identifier_not_found"`, `"form_unheard_of"`, []string{"/errors/0/code unknown_value"}},
		{"a text for a number", touch, `"expire_at": 1774828560000`, `"expire_at": "soon"`, []string{"/response/expire_at wrong_type", "value lost /expire_at"}},
		{"null where it may not be", touch, `"status": "active"`, `"status": null`, []string{"/response/status null"}},
		{"a missing member", touch, `"abandon_at": 1776815760000, `, ``, []string{"/response/abandon_at missing"}},
		{"a client that is a list", client, `{"response": {`, `{"response": [], "more": {`, []string{
			"Client.Get: GET /v1/client: response at $.response: not the JSON value that was expected",
			"the client in the state is not the one that came", "client in the state lost ",
			"the client in the store is not the one that came", "client in the store lost ",
			`warned: msg="fapi: an undecodable client was ignored"`}},
	}
	good := readRecording(t, "../har/sign_in.har")
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			n := slices.IndexFunc(good.replies, func(r reply) bool { return r.String() == tt.reply })
			if n < 0 || !bytes.Contains(good.replies[n].body, []byte(tt.old)) {
				t.Fatalf("%s: there is no %s", tt.reply, tt.old)
			}
			rec := good
			rec.replies = slices.Clone(good.replies[:n+1])
			rec.replies[n].body = bytes.Replace(rec.replies[n].body, []byte(tt.old), []byte(tt.new), 1)
			var want []string
			for _, each := range tt.want {
				want = append(want, tt.reply+": "+each)
			}
			if got := newReplay(t).all(rec); !slices.Equal(got, want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// The replay's own account of what came, against a transport that changes one byte of it.
func TestALostByteIsFound(t *testing.T) {
	good := readRecording(t, "../har/sign_up.har")
	good.replies = good.replies[:2]
	r := newReplay(t)
	r.spoil = func(body []byte) []byte {
		return bytes.Replace(body, []byte(`"captcha_bypass": false`), []byte(`"captcha_bypass":false`), 1)
	}
	const reply = "#2 POST /v1/client/sign_ups 200: "
	want := []string{reply + "the body of the Response is not what came", reply + "the client in the state is not the one that came",
		reply + "the client in the store is not the one that came"}
	if got := r.all(good); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
