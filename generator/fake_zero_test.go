package generator

// Every operation of the description is known to the fake, and its answer fits.

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"

	"github.com/fapigen/fapigen/templates/fapitest"
)

var argument = regexp.MustCompile(`\{[^}]*\}`)

func TestFakeKnowsEveryOperation(t *testing.T) {
	var users []fapitest.Option
	name := func(i int) string { return fmt.Sprintf("user%d@example.com", i) } // one each: one of them deletes itself
	for i := range 300 {
		users = append(users, fapitest.WithUser(fapitest.User{Emails: []string{name(i)}, Password: "correct horse"}))
	}
	f := newCheckedFake(t, users...)
	if len(f.rows) < 190 {
		t.Errorf("%d operations: the table has lost some", len(f.rows))
	}
	for i, row := range f.rows {
		path := argument.ReplaceAllString(row.Path, "some_id")
		for _, signedIn := range []bool{false, true} {
			f.token, f.session = "", ""
			if signedIn {
				f.signIn(name(i), "correct horse")
			}
			status, b := f.send(row.Verb, path, "")
			if status == 404 && b.text("errors.0.message") == row.Verb+" "+path+" not found." || status >= 500 {
				t.Errorf("%s %s: %d", row.Verb, row.Path, status)
			}
		}
	}
}

// signIn signs in with a password on a new client.
func (f *checkedFake) signIn(identifier, password string) body {
	f.t.Helper()
	f.token, f.session = "", ""
	b := f.ok("POST", "/v1/client/sign_ins", form("identifier", identifier, "password", password))
	f.session = b.text("response.created_session_id")
	return b
}

// form is a body of names and values in turn.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}
