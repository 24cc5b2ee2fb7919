package fapi

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// native-sdks.md 0 rule 2 and 1.4; design.md 5 "Wire": absent keeps, empty clears, else replaces, errors included; both spellings.
func TestTokenOfAnAnswer(t *testing.T) {
	tests := []struct {
		rule    string
		status  int
		headers []string
		want    string
	}{
		{"absent keeps", 200, nil, "t1"},
		{"raw replaces", 200, []string{"Authorization: t2"}, "t2"},
		{"Bearer replaces", 200, []string{"Authorization: Bearer t2"}, "t2"},
		{"any case of Bearer", 200, []string{"Authorization: bearer  t2 "}, "t2"},
		{"a token may begin with Bearer", 200, []string{"Authorization: Bearertoken"}, "Bearertoken"},
		{"what cannot be sent is ignored", 200, []string{"Authorization: t2\x86"}, "t1"},
		{"nor what is two words", 200, []string{"Authorization: Basic t2"}, "t1"},
		{"empty clears", 200, []string{"Authorization: "}, ""},
		{"a bare Bearer clears", 200, []string{"Authorization: Bearer"}, ""},
		{"client errors too", 422, []string{"Authorization: t2"}, "t2"},
		{"401 too", 401, []string{"Authorization: t2"}, "t2"},
		{"server errors too", 500, []string{"Authorization: t2"}, "t2"},
		{"redirects too", 302, []string{"Authorization: t2"}, "t2"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := newFakeFAPI().loaded(t, signedInClient(5), "t1")
			openExchange(t, c, post("/v1/me")).answered("t1", tt.status, `{}`, tt.headers...)
			if got := c.AuthorizationHeader(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			stored, err := c.records.load(t.Context())
			if err != nil || stored.token != tt.want {
				t.Errorf("stored %v %v", stored.token, err)
			}
		})
	}
}

// The server has replaced the token when the body breaks off: with the old one the retry would be another client's.
func TestTokenOfAnAnswerThatBreaksOff(t *testing.T) {
	f := newFakeFAPI()
	c := f.loaded(t, signedInClient(5), "t1", WithRetryPolicy(RetryPolicy{MinDelay: 1, MaxAttempts: 2}))
	f.on("GET /v1/me", func(a fakeAsked) fakeAnswer {
		if a.Token == "t1" {
			return fakeAnswer{body: `{"response":`, headers: []string{"Authorization: t2"}, cut: true}
		}
		return fakeAnswer{body: `{"response":{"id":"user_1"}}`, headers: []string{"Authorization: t3"}}
	})
	if _, err := callEnveloped[User](t.Context(), c.core, get("/v1/me"), nil); err != nil {
		t.Fatal(err)
	}
	asked := f.asked("GET /v1/me")
	if len(asked) != 2 || asked[1].Token != "t2" || c.AuthorizationHeader() != "t3" {
		t.Errorf("asked %v, then the token is %q", asked, c.AuthorizationHeader())
	}

	f.answer("POST /v1/me", fakeAnswer{status: 401, body: `{}`, headers: []string{"Authorization: t4"}, cut: true})
	var network *NetworkError
	if err := callEmpty(t.Context(), c.core, post("/v1/me"), nil); !errors.As(err, &network) {
		t.Errorf("got %v", err)
	}
	stored, err := c.records.load(t.Context())
	if err != nil || stored.token != "t4" || c.State().Session == nil {
		t.Errorf("stored %q, %v, %v", stored.token, err, c.State())
	}
}

// design.md 5 rules 1 and 2; wire-and-state.md 2; clerk-fapi-rs.md W5-W8, W11.
func TestClientOfAnAnswer(t *testing.T) {
	plain, whole := func() *request { return post("/v1/me") }, func() *request { return get("/v1/client").responseIsClient() }
	remove := func() *request { return del("/v1/client/sessions").responseIsClient() }
	const kept = "client=client_1 at=5 session=sess_1 user=user_sess_1 token=t1"
	const newer = "client=client_1 at=6 session=sess_1 user=user_sess_1 token=t1"
	const empty = "client= at=0 token=t1"
	good := signedInClient(6)
	tests := []struct {
		rule    string
		request func() *request
		status  int
		body    string
		want    string
	}{
		{"client", plain, 200, piggybacked(good), newer},
		{"meta.client", plain, 200, `{"response":{},"client":null,"meta":{"client":` + good + `}}`, newer},
		{"meta.client of an error (W11)", plain, 422, `{"errors":[{"code":"x"}],"meta":{"client":` + good + `}}`, newer},
		{"client of an error", plain, 500, `{"errors":[],"client":` + good + `}`, newer},
		{"null says nothing (W6)", plain, 200, piggybacked("null"), kept},
		{"no client says nothing", plain, 200, `{"response":{}}`, kept},
		{"not JSON says nothing", plain, 502, `<html>`, kept},
		{"no body says nothing", plain, 204, ``, kept},
		{"the response is the client (W8)", whole, 200, enveloped(good), newer},
		{"a null response is an empty client (W5)", whole, 200, enveloped("null"), empty},
		{"unless there is a client beside it", whole, 200, `{"response":null,"client":` + good + `}`, newer},
		{"of a sign-out too (W5)", remove, 200, enveloped("null"), empty},
		{"unknown members and values are no reason to refuse (W7)", plain, 200,
			piggybacked(strings.Replace(good, `"status":"active"`, `"status":"active","new":{"a":[1]},"expire_at":"soon"`, 1)), newer},
		{"a session of an unknown status is not signed in", plain, 200, piggybacked(strings.Replace(good, `"active"`, `"frozen"`, 1)), "client=client_1 at=6 token=t1"},
		{"a wrong kind inside costs no more than itself", plain, 200, piggybacked(strings.Replace(good, `"tasks":[`, `"tasks":5,"x":[`, 1)), newer},
		{"undecodable: no object", plain, 200, piggybacked(`"gone"`), kept},
		{"undecodable: a list", whole, 200, enveloped(`[]`), kept},
		{"undecodable: no id", plain, 200, piggybacked(`{}`), kept},
		{"undecodable: an id of the wrong kind", plain, 200, piggybacked(`{"id":5,"sessions":[]}`), kept},
		{"undecodable: sessions", plain, 200, piggybacked(`{"id":"client_1","sessions":{}}`), kept},
		{"undecodable: the last active session", plain, 200, piggybacked(strings.Replace(good, `_id":"sess_1"`, `_id":7`, 1)), kept},
		{"undecodable: the session itself", plain, 200, piggybacked(strings.Replace(good, `"status":"active"`, `"status":1`, 1)), kept},
		{"undecodable: no JSON inside", plain, 200, piggybacked(`{"id":"client_1","sessions":[nope]}`), kept},
		{"undecodable: cut off", plain, 200, piggybacked(good)[:300], kept},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			log := &logText{}
			c := newFakeFAPI().loaded(t, signedInClient(5), "t1", WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			openExchange(t, c, tt.request()).answered("t1", tt.status, tt.body)
			if got := describe(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if reported := strings.Contains(log.String(), "undecodable"); reported != strings.HasPrefix(tt.rule, "undecodable: ") && tt.rule != "undecodable: cut off" {
				t.Errorf("reported: %q", log)
			}
			if strings.Contains(log.String(), "user_sess_1") || strings.Contains(log.String(), "t1") {
				t.Errorf("the log holds data: %s", log)
			}
		})
	}
}

// design.md 5 rule 3; clerk-ios ClientResponseOrderingGateTests; W9, W12, races 2 and 6 of clerk-fapi-rs.md 3.
func TestOrderOfAnswers(t *testing.T) {
	const old, young = "client=client_1 at=5 session=sess_1 user=user_sess_1 token=t1", "client=client_1 at=6 session=sess_1 user=user_sess_1 token=t1"
	tests := []struct {
		rule          string
		first, second string // date and updated_at of the answers to request 1 and request 2; 2 is answered first
		want          string
	}{
		{"a lower sequence loses without a date", "", "", young},
		{"a lower sequence loses on an earlier date", "10", "11", young},
		{"a lower sequence wins on a later date", "12", "11", old},
		{"an equal date and no later updated_at loses", "11", "11", young},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
			e1, e2 := openExchange(t, c, get("/v1/me")), openExchange(t, c, get("/v1/me"))
			date := func(s string) []string {
				if s == "" {
					return nil
				}
				return []string{dateHeader(int(s[0]-'0')*10 + int(s[1]-'0'))}
			}
			e2.answered("t1", 200, piggybacked(signedInClient(6)), date(tt.second)...)
			e1.answered("t1", 200, piggybacked(signedInClient(5)), date(tt.first)...)
			if got := describe(c); got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
	t.Run("an equal date and a later updated_at wins", func(t *testing.T) {
		c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
		e1, e2 := openExchange(t, c, get("/v1/me")), openExchange(t, c, get("/v1/me"))
		e2.answered("t1", 200, piggybacked(signedInClient(5)), dateHeader(11))
		e1.answered("t1", 200, piggybacked(signedInClient(6)), dateHeader(11))
		if got := describe(c); got != young {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a higher sequence wins on any date", func(t *testing.T) {
		c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
		e1, e2 := openExchange(t, c, get("/v1/me")), openExchange(t, c, get("/v1/me"))
		e1.answered("t1", 200, piggybacked(signedInClient(6)), dateHeader(12))
		e2.answered("t1", 200, piggybacked(signedInClient(5)), dateHeader(10))
		if got := describe(c); got != old {
			t.Errorf("got %s", got)
		}
	})
	t.Run("retries keep the number of their request", func(t *testing.T) {
		c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
		e1, e2 := openExchange(t, c, get("/v1/me")), openExchange(t, c, get("/v1/me"))
		e1.answered("t1", 503, `{}`)
		e2.answered("t1", 200, piggybacked(signedInClient(6)))
		e1.answered("t1", 200, piggybacked(signedInClient(5)))
		if got := describe(c); got != young {
			t.Errorf("got %s", got)
		}
	})
	t.Run("what comes with a new token is not taken when it is older all the same", func(t *testing.T) {
		signedOut := "client=client_1 at=3 token=t2"
		tests := []struct {
			rule        string
			out, slow   []string
			slowUpdated int
			want        string
		}{
			{"by its own time, without dates", nil, nil, 2, signedOut},
			{"by its own time, on the same date", []string{dateHeader(11)}, []string{dateHeader(11)}, 2, signedOut},
			{"by the date", []string{dateHeader(11)}, []string{dateHeader(10)}, 4, signedOut},
			{"it is younger: a sign-in", []string{dateHeader(11)}, []string{dateHeader(11)}, 4, "client=client_1 at=4 session=sess_1 user=user_sess_1 token=t2"},
			{"by the date it is younger", []string{dateHeader(11)}, []string{dateHeader(12)}, 2, "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t2"},
		}
		for _, tt := range tests {
			c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
			slow, out := openExchange(t, c, get("/v1/me")), openExchange(t, c, del("/v1/client/sessions").responseIsClient())
			out.answered("t1", 200, enveloped(clientJSON("client_1", 3)), tt.out...)
			slow.answered("t1", 200, piggybacked(signedInClient(tt.slowUpdated)), append(tt.slow, "Authorization: t2")...)
			if got := describe(c); got != tt.want {
				t.Errorf("%s: got %s", tt.rule, got)
			}
		}
	})
	t.Run("a sign-out is not undone by a slow GET (race 6)", func(t *testing.T) {
		c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
		slow, out := openExchange(t, c, get("/v1/client").responseIsClient()), openExchange(t, c, del("/v1/client/sessions").responseIsClient())
		out.answered("t1", 200, enveloped("null"), dateHeader(11))
		slow.answered("t1", 200, enveloped(signedInClient(9)), dateHeader(11))
		if c.State().Session != nil {
			t.Errorf("got %s", describe(c))
		}
	})
}

// design.md 5 rule 3; native-sdks.md 0 rules 4, 5 and 7; clerk-javascript 9217 as told in native-sdks.md 6.
func TestAnswersToAnotherToken(t *testing.T) {
	fresh := clientJSON("client_9", 9)
	type step struct {
		request int // 1, 2, 3 in the order they were sent
		sent    string
		body    string
		headers []string
	}
	tests := []struct {
		rule  string
		steps []step
		want  string
	}{
		{"two rotations at a time: the first answer wins", []step{
			{1, "t1", piggybacked(signedInClient(6)), []string{"Authorization: t2"}},
			{2, "t1", `{"response":{}}`, []string{"Authorization: t3"}},
		}, "client=client_1 at=6 session=sess_1 user=user_sess_1 token=t2"},
		{"a stale credential is answered with a fresh client", []step{
			{1, "t1", piggybacked(signedInClient(6)), []string{"Authorization: t2"}},
			{2, "t1", piggybacked(fresh), []string{"Authorization: t9"}},
		}, "client=client_1 at=6 session=sess_1 user=user_sess_1 token=t2"},
		{"an empty client of a stale credential", []step{
			{1, "t1", `{}`, []string{"Authorization: t2"}},
			{2, "t1", `{"response":{},"meta":{"client":{"id":"client_9","sessions":[]}}}`, nil},
		}, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t2"},
		{"the same client, younger, is used", []step{
			{1, "t1", `{}`, []string{"Authorization: t2"}},
			{2, "t1", piggybacked(signedInClient(7)), []string{"Authorization: t9"}},
		}, "client=client_1 at=7 session=sess_1 user=user_sess_1 token=t2"},
		{"the same client, older, is not", []step{
			{2, "t1", piggybacked(signedInClient(7)), []string{"Authorization: t2"}},
			{1, "t1", piggybacked(signedInClient(6)), nil},
		}, "client=client_1 at=7 session=sess_1 user=user_sess_1 token=t2"},
		{"older than what was accepted before the rotation is not", []step{
			{2, "t1", piggybacked(signedInClient(7)), nil},
			{3, "t1", `{}`, []string{"Authorization: t2"}},
			{1, "t1", piggybacked(signedInClient(6)), nil},
		}, "client=client_1 at=7 session=sess_1 user=user_sess_1 token=t2"},
		{"a new token starts the sequence anew", []step{
			{2, "t1", piggybacked(signedInClient(7)), nil},
			{3, "t1", `{}`, []string{"Authorization: t2"}},
			{1, "t2", piggybacked(signedInClient(8)), nil}, // its retry went out with the new token
		}, "client=client_1 at=8 session=sess_1 user=user_sess_1 token=t2"},
		{"a new token keeps the newest date", []step{
			{3, "t1", piggybacked(signedInClient(7)), []string{"Authorization: t2", dateHeader(20)}},
			{1, "t2", piggybacked(signedInClient(8)), []string{dateHeader(19)}},
		}, "client=client_1 at=7 session=sess_1 user=user_sess_1 token=t2"},
		{"an old clear is dropped", []step{
			{1, "t1", `{}`, []string{"Authorization: t2"}},
			{2, "t1", `{}`, []string{"Authorization: "}},
		}, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t2"},
		{"a tokenless answer does not replace a token", []step{
			{1, "", piggybacked(fresh), []string{"Authorization: t9"}},
		}, "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1"},
		{"the current credential may be told that nobody is signed in", []step{
			{1, "t1", piggybacked(clientJSON("client_1", 9)), nil},
		}, "client=client_1 at=9 token=t1"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := newFakeFAPI().loaded(t, signedInClient(1), "t1")
			requests := make([]openCall, 3)
			for i := range requests {
				requests[i] = openExchange(t, c, get("/v1/me"))
			}
			for _, s := range tt.steps {
				requests[s.request-1].answered(s.sent, 200, s.body, s.headers...)
			}
			if got := describe(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// clerk-javascript 9217 as told in native-sdks.md 6, in one process: the answer to the stale credential is faster than the
// one that replaced it.
func TestStaleAnswerFasterThanTheRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeFAPI()
		c := f.loaded(t, signedInClient(1), "t1")
		defer func() { check(t, c.Close()) }()
		stale := fakeAnswer{body: piggybacked(clientJSON("client_9", 9)), headers: []string{"Authorization: t9"}}
		slow := make(chan struct{})
		f.answer("POST /v1/slow", fakeAnswer{body: piggybacked(signedInClient(2)), headers: []string{"Authorization: t2"}, wait: slow})
		f.answer("POST /v1/lost", fakeAnswer{err: errors.New("offline"), wait: slow})
		f.answer("POST /v1/stale", stale)
		call := func(path string) { _ = callEmpty(t.Context(), c.core, post(path), nil) }
		go call("/v1/slow")
		synctest.Wait()
		call("/v1/stale")
		if got := describe(c); got != "client=client_1 at=1 session=sess_1 user=user_sess_1 token=t1" {
			t.Errorf("while the other is under way: %s", got)
		}
		close(slow)
		synctest.Wait()
		if got := describe(c); got != "client=client_1 at=2 session=sess_1 user=user_sess_1 token=t2" {
			t.Errorf("afterwards: %s", got)
		}

		slow = make(chan struct{})
		f.answer("POST /v1/lost", fakeAnswer{err: errors.New("offline"), wait: slow})
		go call("/v1/lost")
		synctest.Wait()
		call("/v1/stale")
		time.Sleep(maxDoubt)
		if call("/v1/stale"); c.State().Session != nil {
			t.Errorf("doubts for ever: %s", describe(c))
		}
		close(slow)
		synctest.Wait()
		if len(c.ledger.aloft) != 0 {
			t.Errorf("still under way: %v", c.ledger.aloft)
		}
	})
}

// design.md 5 rule 4; clerk-fapi-rs.md W2, W21; wire-and-state.md 3.5.
func TestDerivedState(t *testing.T) {
	s1, s2 := sessionJSON("sess_1", "active", "org_1"), sessionJSON("sess_2", "active", "org_2")
	tests := []struct{ rule, client, want string }{
		{"last active session and its organization", clientJSON("c", 2, s1, s2), "client=c at=2 session=sess_1 user=user_sess_1 org=org_1 token=t1"},
		{"another session, all three change", clientJSON("c", 2, s2, s1), "client=c at=2 session=sess_2 user=user_sess_2 org=org_2 token=t1"},
		{"a pending session is signed in", clientJSON("c", 2, sessionJSON("sess_1", "pending", "")), "client=c at=2 session=sess_1 user=user_sess_1 token=t1"},
		{"an ended one is not", clientJSON("c", 2, sessionJSON("sess_1", "ended", "org_1")), "client=c at=2 token=t1"},
		{"nor one that is expired", clientJSON("c", 2, sessionJSON("sess_1", "expired", "org_1"), s2), "client=c at=2 token=t1"},
		{"no last active session: none is chosen", strings.Replace(clientJSON("c", 2, s1), `"last_active_session_id":"sess_1"`, `"last_active_session_id":null`, 1), "client=c at=2 token=t1"},
		{"an organization without membership is none (W2)", clientJSON("c", 2, sessionJSON("sess_1", "active", "org_7")), "client=c at=2 session=sess_1 user=user_sess_1 token=t1"},
		{"a slug is no ID", clientJSON("c", 2, sessionJSON("sess_1", "active", "one")), "client=c at=2 session=sess_1 user=user_sess_1 token=t1"},
		{"a session without user has none (W2)", clientJSON("c", 2, `{"id":"sess_3","status":"active","last_active_organization_id":"org_1","user":null}`), "client=c at=2 session=sess_3 token=t1"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			before := clientJSON("c", 1, sessionJSON("sess_9", "active", "org_1"))
			c := newFakeFAPI().loaded(t, before, "t1")
			openExchange(t, c, post("/v1/me")).answered("t1", 200, piggybacked(tt.client))
			if got := describe(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if s := c.State(); (s.Membership == nil) != (s.Organization == nil) || s.Membership != nil && s.Membership.Organization != s.Organization {
				t.Errorf("membership %v, organization %v", s.Membership, s.Organization)
			}
		})
	}
}

// design.md 5: RawClient and RawEnvironment give the JSON as it came.
func TestRawJSONIsWhatCame(t *testing.T) {
	client := signedInClient(5)
	f := newFakeFAPI()
	c := f.loaded(t, client, "t1")
	s := c.State()
	if got := string(s.RawClient()); got != client {
		t.Errorf("client: %s", got)
	}
	if got := string(s.RawEnvironment()); got != fakeEnvironment {
		t.Errorf("environment: %s", got)
	}
	clear(s.RawClient())
	if got := string(c.State().RawClient()); got != client {
		t.Errorf("a caller can change the state: %s", got)
	}
	openExchange(t, c, get("/v1/environment")).answered("t1", 200, `{"auth_config":{"id":"aac_2"}}`)
	if got := string(c.State().RawEnvironment()); got != `{"auth_config":{"id":"aac_2"}}` {
		t.Errorf("an answer to the environment's operation is not taken over: %s", got)
	}
	if string(s.RawEnvironment()) != fakeEnvironment || s.Environment == nil {
		t.Error("a snapshot has changed")
	}
}
