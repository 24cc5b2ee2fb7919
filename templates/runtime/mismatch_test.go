package fapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

type testStatus string

func (s testStatus) known() bool { return s == "active" || s == "ended" }

type testLevel int64

func (l testLevel) known() bool { return l >= 1 && l <= 2 }

type testEmbedded struct {
	Base string `json:"base"`
	ID   int64  `json:"id"` // hidden by testShapes.ID
}

type testShapes struct {
	ID     string                     `json:"id"`
	Count  int64                      `json:"count"`
	Ratio  *float64                   `json:"ratio"`
	On     *bool                      `json:"on"`
	At     *Timestamp                 `json:"at"`
	Status *testStatus                `json:"status"`
	Levels []testLevel                `json:"levels"`
	Inner  *testShapes                `json:"inner"`
	List   []testShapes               `json:"list"`
	Texts  map[string]string          `json:"texts"`
	Nested map[string]testEmbedded    `json:"nested"`
	Raw    json.RawMessage            `json:"raw"`
	Raws   map[string]json.RawMessage `json:"raws"`
	Any    any                        `json:"any"`
	Union  Union                      `json:"union"`
	Page   *Page[testEmbedded]        `json:"page"`
	Slash  *string                    `json:"a/b~c"`
	Plain  *string
	Hidden string `json:"-"`
	secret string
	testEmbedded
}

// testMismatches finds the mismatches of raw and T, as "pointer kind".
func testMismatches[T any](raw string) []string {
	var got []string
	findMismatches([]byte(raw), reflect.TypeFor[T](), "", "GET /v1/x", func(m Mismatch) {
		got = append(got, m.Pointer+" "+string(m.Kind))
	})
	return got
}

func TestMismatches(t *testing.T) {
	_ = testShapes{}.secret
	tests := []struct{ rule, members, want string }{
		{"nothing", ``, ""},
		{"everything as it should be", `"ratio":1,"on":true,"at":1767225600000,"status":"ended","levels":[1,2],"inner":{"id":"x","count":1,"base":"b"},"list":[],"texts":{"k":"v"},"nested":{"k":{"base":"b","id":1}},"raw":5,"raws":{"k":[]},"any":{},"union":"x","a/b~c":"x","Plain":"x"`, ""},
		{"null where the type can say so", `"ratio":null,"on":null,"at":null,"status":null,"levels":null,"inner":null,"list":null,"texts":null,"raw":null,"any":null,"union":null,"page":null`, ""},
		{"null inside of raw JSON", `"raw":{"a":null},"union":[null],"any":[null],"raws":{"k":null}`, ""},
		{"null for an element", `"levels":[1,null],"texts":{"k":null}`, "/levels/1 null,/texts/* null"},
		{"string for a float", `"ratio":"1.5"`, "/ratio wrong_type"},
		{"string for a bool", `"on":"true"`, "/on wrong_type"},
		{"string for a timestamp", `"at":"1767225600000"`, "/at wrong_type"},
		{"float for a timestamp", `"at":1.7672256e12`, "/at wrong_type"},
		{"number for an enum of texts", `"status":1`, "/status wrong_type"},
		{"unknown value", `"status":"asleep"`, "/status unknown_value"},
		{"unknown values of a list", `"levels":[1,3,2,4]`, "/levels/1 unknown_value,/levels/3 unknown_value"},
		{"list for an object", `"inner":[]`, "/inner wrong_type"},
		{"object for a list", `"list":{}`, "/list wrong_type"},
		{"text for a map", `"texts":"x"`, "/texts wrong_type"},
		{"deep inside", `"inner":{"count":1,"base":"b","list":[{"id":"x","count":"y","base":"b"}]}`, "/inner/list/0/count wrong_type,/inner/id missing"},
		{"keys of a map are data", `"texts":{"ada@example.com":5},"nested":{"ada":{"base":5,"id":1,"more":1}}`, "/texts/* wrong_type,/nested/*/base wrong_type,/nested/*/more unknown_member"},
		{"unknown member", `"more":{"a":1}`, "/more unknown_member"},
		{"unknown member whose name may be data", `"ada@example.com":1,"a-b":2,"":3,"` + strings.Repeat("x", 65) + `":4`, "/? unknown_member,/? unknown_member,/? unknown_member,/? unknown_member"},
		{"a name in another case is another name", `"STATUS":"ended"`, "/STATUS unknown_member"},
		{"a member that is not decoded is unknown", `"Hidden":"x","secret":"x","-":"x"`, "/Hidden unknown_member,/secret unknown_member,/? unknown_member"},
		{"a name is escaped", `"a/b~c":5`, "/a~1b~0c wrong_type"},
		{"a name without a tag", `"Plain":5`, "/Plain wrong_type"},
		{"page", `"page":{"data":[{"base":"b","id":1},{"id":1}],"total_count":2}`, "/page/data/1/base missing"},
		{"page as a bare array", `"page":[{"base":5,"id":1}]`, "/page/0/base wrong_type"},
		{"page without its count", `"page":{"data":null}`, "/page/total_count missing"},
		{"page of another kind", `"page":"x"`, "/page wrong_type"},
		{"twice the same member", `"ratio":"x","ratio":"y"`, "/ratio wrong_type,/ratio wrong_type"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			raw := ` { "id" : "x", "count":1, "base":"b", ` + tt.members + `}`
			if tt.members == "" {
				raw = `{"id":"x","count":1,"base":"b"}`
			}
			if got := strings.Join(testMismatches[testShapes](raw), ","); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestMismatchesOfMembersThatAreAlwaysThere(t *testing.T) {
	tests := []struct{ rule, raw, want string }{
		{"missing", `{}`, "/id missing,/count missing,/base missing"},
		{"null", `{"id":null,"count":null,"base":null}`, "/id null,/count null,/base null"},
		{"number for a text", `{"id":5,"count":1,"base":"b"}`, "/id wrong_type"},
		{"text for a number", `{"id":"x","count":"1","base":"b"}`, "/count wrong_type"},
		{"float for an integer", `{"id":"x","count":1.5,"base":"b"}`, "/count wrong_type"},
		{"exponent for an integer", `{"id":"x","count":1e3,"base":"b"}`, "/count wrong_type"},
		{"more than 64 bits", `{"id":"x","count":99999999999999999999,"base":"b"}`, "/count wrong_type"},
		{"object for a text", `{"id":{},"count":1,"base":"b"}`, "/id wrong_type"},
		{"the whole is null", `null`, " null"},
		{"the whole is a list", `[]`, " wrong_type"},
		{"no JSON is not compared", `{"id":5`, ""},
		{"nothing is not compared", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if got := strings.Join(testMismatches[testShapes](tt.raw), ","); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("null for a value that may be null", func(t *testing.T) {
		if got := testMismatches[*testShapes](`null`); got != nil {
			t.Errorf("got %v", got)
		}
	})
	t.Run("pointers begin where they are told to", func(t *testing.T) {
		var got Mismatch
		findMismatches([]byte(`[{"base":1,"id":1}]`), reflect.TypeFor[[]testEmbedded](), "/response", "GET /v1/x", func(m Mismatch) { got = m })
		if want := (Mismatch{"GET /v1/x", "/response/0/base", MismatchWrongType}); got != want || got.String() != `GET /v1/x: response at "/response/0/base": wrong_type` {
			t.Errorf("got %s, want %+v", got, want)
		}
	})
}

func TestMismatchesOfAnErrorDetail(t *testing.T) {
	for name, tt := range map[string]struct{ members, want string }{
		"without meta":        {``, ""},
		"meta is null":        {`,"meta":null`, ""},
		"meta of the server":  {`,"meta":{"param_name":"code","more":1}`, ""},
		"without its message": {`,"message":null`, "/message null"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := `{"code":"external_account_exists","long_message":"m"` + tt.members
			if !strings.Contains(raw, `"message":`) {
				raw += `,"message":"m"`
			}
			if got := strings.Join(testMismatches[ErrorDetail](raw+"}"), ","); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestMismatchesAreBounded(t *testing.T) {
	t.Run("in number", func(t *testing.T) {
		if got := testMismatches[[]testShapes]("[" + strings.Repeat("{},", 5000) + "{}]"); len(got) != maxMismatches {
			t.Errorf("got %d", len(got))
		}
	})
	t.Run("in depth", func(t *testing.T) {
		const member = `{"id":"x","count":1,"base":"b","inner":`
		if got := testMismatches[testShapes](strings.Repeat(member, 9000) + "5" + strings.Repeat("}", 9000)); got != nil {
			t.Errorf("got %v", got)
		}
	})
}

func FuzzMismatches(f *testing.F) {
	for _, seed := range []string{
		`{"id":"x","count":1,"base":"b"}`, `{"inner":{"list":[{"page":[{}]}]},"texts":{"a":1},"levels":[3]}`, `null`, `[]`, `"x"`, ` 1 `, `{`, `{"id" : 5 , "raw":[ ] }`,
		`{"page":{"data":[1, 2 ],"total_count":1.5}}`, `{"list":[ [], {} ]}`, `{"\u0069d":1}`, "{\"\xff\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		kinds := []MismatchKind{MismatchMissing, MismatchNull, MismatchWrongType, MismatchUnknownValue, MismatchUnknownMember}
		lost := false
		findMismatches(raw, reflect.TypeFor[testShapes](), "", "GET /v1/x", func(m Mismatch) {
			lost = lost || m.Kind == MismatchWrongType
			if !slices.Contains(kinds, m.Kind) || m.Pointer != "" && m.Pointer[0] != '/' || strings.Trim(m.Pointer, "/~*?_") != "" && !pathOfMembers(m.Pointer) {
				t.Errorf("got %+v", m)
			}
		})
		// Whatever encoding/json leaves out is told.
		if err := json.Unmarshal(raw, new(testShapes)); json.Valid(raw) && err != nil && !lost && len(testMismatches[testShapes](string(raw))) == 0 {
			t.Errorf("not told: %v", err)
		}
	})
}

func pathOfMembers(pointer string) bool {
	for _, part := range strings.Split(pointer[1:], "/") {
		if part != "*" && part != "?" && part != "a~1b~0c" && !plainMember.MatchString(part) {
			return false
		}
	}
	return true
}

// What follows is a client as FAPI sends it, in small types of its own: the tests also run beside the generated ones.

type testWireClient struct {
	Object              string             `json:"object"`
	ID                  string             `json:"id"`
	Sessions            []testWireSession  `json:"sessions"`
	LastActiveSessionID *string            `json:"last_active_session_id"`
	CookieExpiresAt     *Timestamp         `json:"cookie_expires_at"`
	UpdatedAt           Timestamp          `json:"updated_at"`
	SignIn              *testWireSignIn    `json:"sign_in"`
	Settings            map[string]float64 `json:"settings"`
}

type testWireSignIn struct {
	ID     string     `json:"id"`
	Status testStatus `json:"status"`
}

type testWireSession struct {
	ID       string          `json:"id"`
	Status   testStatus      `json:"status"`
	ExpireAt Timestamp       `json:"expire_at"`
	Actor    json.RawMessage `json:"actor"`
	User     *testWireMember `json:"user"`
	Ages     []int64         `json:"factor_verification_age"`
}

type testWireMember struct {
	ID        string               `json:"id"`
	FirstName *string              `json:"first_name"`
	Attempts  int64                `json:"attempts_remaining"`
	Emails    []testWireAddress    `json:"email_addresses"`
	Teams     []testWireMembership `json:"organization_memberships"`
	Public    json.RawMessage      `json:"public_metadata"`
}

type testWireAddress struct {
	ID           string                `json:"id"`
	Email        string                `json:"email_address"`
	Verification *testWireVerification `json:"verification"`
}

// testWireVerification is what a union of verifications becomes: one struct with all fields.
type testWireVerification struct {
	Object   *string    `json:"object"`
	Status   testStatus `json:"status"`
	Strategy string     `json:"strategy"`
	Attempts *int64     `json:"attempts"`
	ExpireAt *Timestamp `json:"expire_at"`
}

type testWireMembership struct {
	ID           string   `json:"id"`
	Role         string   `json:"role"`
	Permissions  []string `json:"permissions"`
	Organization struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Members int64  `json:"members_count"`
	} `json:"organization"`
}

// testWireClientJSON is a client of 30 KB, the size of a real one with two sessions and a dozen memberships in each.
func testWireClientJSON() string {
	var addresses, teams, sessions []string
	for i := range 6 {
		addresses = append(addresses, fmt.Sprintf(`{"id":"idn_%d","email_address":"ada+%d@example.com","verification":{"object":"verification_otp","status":"active","strategy":"email_code","attempts":%d,"expire_at":%d}}`, i, i, i, 1767312013085+int64(i)))
	}
	for i := range 12 {
		permissions := strings.Repeat(`"org:sys_memberships:manage",`, 36)
		teams = append(teams, fmt.Sprintf(`{"id":"orgmem_%d","role":"org:admin","permissions":[%s"org:%d:read"],"organization":{"id":"org_%d","name":"Zürich – %d","members_count":%d}}`, i, permissions, i, i, i, i))
	}
	for i := range 2 {
		sessions = append(sessions, fmt.Sprintf(`{"id":"sess_%d","status":"active","expire_at":1769904136118,"actor":null,"user":{"id":"user_%d","first_name":"Ada","attempts_remaining":100,"email_addresses":[%s],"organization_memberships":[%s],"public_metadata":{"tier":"gold"}},"factor_verification_age":[3,-1]}`,
			i, i, strings.Join(addresses, ","), strings.Join(teams, ",")))
	}
	return `{"object":"client","id":"client_1","sessions":[` + strings.Join(sessions, ",") + `],"last_active_session_id":"sess_0","cookie_expires_at":1798761780132,"updated_at":1769040138136,"sign_in":{"id":"sia_1","status":"active"},"settings":{"a":1.5,"b":2}}`
}

// peers.md, "Twelve payload changes", which other generators' clients lose up to eleven calls to. Each is made alone, in
// the first place where old stands. mend undoes it in the decoded client: then that has to be as if nothing was changed.
func TestTheTwelvePayloadChangesLeaveTheRestIntactAndAreTold(t *testing.T) {
	verification := func(c *testWireClient) *testWireVerification { return c.Sessions[0].User.Emails[0].Verification }
	const verificationAt = "/response/sessions/0/user/email_addresses/0/verification/"
	tests := []struct {
		change, old, new string
		told             string // "" where the types allow what was sent: there is nothing to tell
		mend             func(*testWireClient)
	}{
		{"unknown member in an open object", `"object":"client",`, `"object":"client","new":{"a":[1]},`, "/response/new unknown_member", nil},
		{"unknown member in a closed object", `"strategy":"email_code",`, `"strategy":"email_code","new":1,`, verificationAt + "new unknown_member", nil},
		{"unknown enum value", `"id":"sess_0","status":"active"`, `"id":"sess_0","status":"asleep"`, "/response/sessions/0/status unknown_value",
			func(c *testWireClient) { c.Sessions[0].Status = "active" }},
		{"unknown enum value inside a union", `"object":"verification_otp","status":"active"`, `"object":"verification_otp","status":"asleep"`, verificationAt + "status unknown_value",
			func(c *testWireClient) { verification(c).Status = "active" }},
		{"unknown union variant", `"object":"verification_otp",`, `"object":"verification_new",`, "",
			func(c *testWireClient) { verification(c).Object = Ptr("verification_otp") }},
		{"union member without its optional object", `"object":"verification_otp",`, ``, "",
			func(c *testWireClient) { verification(c).Object = Ptr("verification_otp") }},
		{"a strategy outside the pattern", `"email_code"`, `"oauth_custom_acme2"`, "",
			func(c *testWireClient) { verification(c).Strategy = "email_code" }},
		{"missing required member", `"email_address":"ada+0@example.com",`, ``, "/response/sessions/0/user/email_addresses/0/email_address missing",
			func(c *testWireClient) { c.Sessions[0].User.Emails[0].Email = "ada+0@example.com" }},
		{"null array", `"factor_verification_age":[3,-1]`, `"factor_verification_age":null`, "",
			func(c *testWireClient) { c.Sessions[0].Ages = []int64{3, -1} }},
		{"null string", `"id":"user_0"`, `"id":null`, "/response/sessions/0/user/id null",
			func(c *testWireClient) { c.Sessions[0].User.ID = "user_0" }},
		{"number as string", `"attempts_remaining":100`, `"attempts_remaining":"100"`, "/response/sessions/0/user/attempts_remaining wrong_type",
			func(c *testWireClient) { c.Sessions[0].User.Attempts = 100 }},
		{"float for integer", `"members_count":0`, `"members_count":1.7672256e12`, "/response/sessions/0/user/organization_memberships/0/organization/members_count wrong_type", nil},
		// The same two in other places, where encoding/json takes other paths.
		{"number as string, optional", `"attempts":0`, `"attempts":"0"`, verificationAt + "attempts wrong_type",
			func(c *testWireClient) { verification(c).Attempts = Ptr(int64(0)) }},
		{"number as string, in a list", `[3,-1]`, `["3",-1]`, "/response/sessions/0/factor_verification_age/0 wrong_type",
			func(c *testWireClient) { c.Sessions[0].Ages[0] = 3 }},
		{"number as string, in a map", `"a":1.5`, `"a":"1.5"`, "/response/settings/* wrong_type",
			func(c *testWireClient) { c.Settings["a"] = 1.5 }},
		{"timestamp as string is read", `"updated_at":1769040138136`, `"updated_at":"1769040138136"`, "/response/updated_at wrong_type", nil},
		{"timestamp as float is read", `"cookie_expires_at":1798761780132`, `"cookie_expires_at":1.798761780132e12`, "/response/cookie_expires_at wrong_type", nil},
	}
	whole := testWireClientJSON()
	want, ok := decodeValue[testWireClient]([]byte(whole))
	if len(whole) < 30<<10 || !ok || testMismatches[testWireClient](whole) != nil {
		t.Fatalf("the fixture is not good: %d bytes, %v", len(whole), testMismatches[testWireClient](whole))
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			raw := strings.Replace(whole, tt.old, tt.new, 1)
			if raw == whole {
				t.Fatal("nothing was changed")
			}
			c, _ := testServer(t, testReply(200, `{"response":`+raw+`,"client":null}`))
			got, err := callEnveloped[testWireClient](t.Context(), c, get("/v1/client"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.mend != nil {
				tt.mend(got)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("more was lost than what was changed:\n%+v\n%+v", got, want)
			}
			var told []string
			findMismatches([]byte(raw), reflect.TypeFor[testWireClient](), "/response", "GET /v1/client", func(m Mismatch) {
				told = append(told, m.Pointer+" "+string(m.Kind))
			})
			if got := strings.Join(told, ","); got != tt.told {
				t.Errorf("told %q, want %q", got, tt.told)
			}
		})
	}
}
