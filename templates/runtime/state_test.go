package fapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
)

// testState records what the seam is told.
type testState struct {
	refuse error
	events []string
}

func (s *testState) begin(_ context.Context, r *request) (exchange, error) {
	s.events = append(s.events, "begin "+r.operation())
	return s, s.refuse
}

func (s *testState) authorize(_ context.Context, header http.Header, query *values) error {
	s.events = append(s.events, "authorize")
	header.Set("Authorization", "jwt")
	if !query.has("_clerk_session_id") {
		query.add("_clerk_session_id", "sess_current")
	}
	return nil
}

func (s *testState) commit(_ context.Context, n news) {
	text := "commit " + http.StatusText(n.status) + " " + n.header.Get("Authorization") + " client " + string(n.client)
	if n.fromResponse {
		text += " from response"
	}
	s.events = append(s.events, text)
}

func (s *testState) end() *SessionEndedError {
	s.events = append(s.events, "end")
	return nil
}

// clerk-js: Base.ts takes `client`, else `meta.client`, from errors too; `response` where the operation says so.
func TestStateHearsEveryAnswer(t *testing.T) {
	plain, isClient := func() *request { return post("/v1/x") }, func() *request { return get("/v1/client").responseIsClient() }
	deleted, verified := func() *request { return del("/v1/client").responseIsClient() }, func() *request { return post("/v1/client/verify").responseIsClient() }
	tests := []struct {
		rule    string
		request func() *request
		status  int
		body    string
		want    string
	}{
		{"piggybacked", plain, 200, `{"response":{},"client":{"id":"c"}}`, `commit OK t2 client {"id":"c"}`},
		{"null says nothing", plain, 200, `{"response":{},"client":null}`, `commit OK t2 client null`},
		{"meta.client", plain, 200, `{"response":{},"client":null,"meta":{"client":{"id":"m"}}}`, `commit OK t2 client {"id":"m"}`},
		{"errors too", plain, 422, `{"errors":[],"meta":{"client":{"id":"m"}}}`, `commit Unprocessable Entity t2 client {"id":"m"}`},
		{"no client", plain, 200, `{"object":"token","jwt":"x"}`, `commit OK t2 client `},
		{"no JSON", plain, 500, `<html>`, `commit Internal Server Error t2 client `},
		{"the response is the client", isClient, 200, `{"response":{"id":"r"},"client":null}`, `commit OK t2 client {"id":"r"} from response`},
		{"null response is an empty client", isClient, 200, `{"response":null,"client":null}`, `commit OK t2 client null from response`},
		{"so it is where the client was deleted", deleted, 200, `{"response":null,"client":null}`, `commit OK t2 client null from response`},
		{"null response to a proof of the client says nothing", verified, 200, `{"response":null,"client":null}`, `commit OK t2 client null`},
		{"a proof may come with the client", verified, 200, `{"response":{"id":"r"},"client":null}`, `commit OK t2 client {"id":"r"} from response`},
		{"a bare client is one", isClient, 200, `{"object":"client","id":"b"}`, `commit OK t2 client {"object":"client","id":"b"} from response`},
		{"an error is not the client", isClient, 401, `{"errors":[],"response":{"id":"r"}}`, `commit Unauthorized t2 client `},
		{"204 says nothing", isClient, 204, ``, `commit No Content t2 client `},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, seen := testServer(t, testReply(tt.status, tt.body, "Authorization: t2"))
			state := &testState{}
			c.state = state
			r := tt.request()
			_ = callEmpty(t.Context(), c, r, nil)
			if want := []string{"begin " + r.operation(), "authorize", tt.want, "end"}; !slices.Equal(state.events, want) {
				t.Errorf("got  %q\nwant %q", state.events, want)
			}
			if (*seen)[0].Header.Get("Authorization") != "jwt" || (*seen)[0].Query.Get("_clerk_session_id") != "sess_current" {
				t.Errorf("sent %+v", (*seen)[0])
			}
		})
	}
}

func TestStateMayRefuse(t *testing.T) {
	c, seen := testServer(t, testReply(204, ""))
	state := &testState{refuse: ErrClosed}
	c.state = state
	err := callEmpty(t.Context(), c, get("/v1/me"), nil)
	if !errors.Is(err, ErrClosed) || err.Error() != "GET /v1/me: client closed" || len(*seen) != 0 || len(state.events) != 1 {
		t.Errorf("got %v, %q", err, state.events)
	}
}

func TestStateOptionsOfTheCallWin(t *testing.T) {
	c, seen := testServer(t, testReply(204, ""))
	c.state = &testState{}
	err := callEmpty(t.Context(), c, get("/v1/me"), []RequestOption{WithHeader("Authorization", "mine"), WithSession("sess_2")})
	if got := (*seen)[0]; err != nil || got.Header.Get("Authorization") != "mine" || !slices.Equal(got.Query["_clerk_session_id"], []string{"sess_2"}) {
		t.Errorf("sent %+v, %v", got, err)
	}
}

func TestStateHearsOfAnswersThatHooksRefuse(t *testing.T) {
	boom := errors.New("boom")
	c, _ := testServer(t, testReply(200, `{}`), WithAfterResponse(func(*http.Response) error { return boom }))
	state := &testState{}
	c.state = state
	if err := callEmpty(t.Context(), c, get("/v1/me"), nil); !errors.Is(err, boom) || len(state.events) != 4 {
		t.Errorf("got %v, %q", err, state.events)
	}
}
