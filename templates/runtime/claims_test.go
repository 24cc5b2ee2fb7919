package fapi

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// testJWT is a token with this header and body and no true signature.
func testJWT(header, body string) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(body)) + ".c2lnbmF0dXJl"
}

// wire-and-state 3.11.
func TestClaims(t *testing.T) {
	const times = `"iat":1767225600,"exp":1767225660`
	tests := []struct {
		rule, header, body string
		want               claims
	}{
		{"version 1", `{"alg":"RS256"}`, `{` + times + `,"sid":"sess_1","sub":"user_1","org_id":"org_1","org_role":"org:admin","org_slug":"acme","org_permissions":["org:a:read","org:a:write"]}`,
			claims{issuedAt: 1767225600, expiresAt: 1767225660, sessionID: "sess_1", userID: "user_1",
				organization: organizationClaims{"org_1", "acme", "org:admin", []string{"org:a:read", "org:a:write"}}}},
		{"version 2", `{"oiat":1767225599}`, `{"v":2,` + times + `,"sid":"sess_1","sub":"user_1","sts":"pending","fva":[5,-1],"act":{"sub":"user_2"},"fea":"o:dash,u:beta,ou:teams","pla":"u:pro","o":{"id":"org_1","slg":"acme","rol":"admin","per":"read,manage","fpm":"3,2"}}`,
			claims{version: 2, originIssuedAt: 1767225599, issuedAt: 1767225600, expiresAt: 1767225660, sessionID: "sess_1", userID: "user_1",
				status: "pending", actor: json.RawMessage(`{"sub":"user_2"}`), ages: []int64{5, -1}, plans: []string{"u:pro"},
				features: []string{"o:dash", "u:beta", "ou:teams"},
				organization: organizationClaims{"org_1", "acme", "org:admin",
					[]string{"org:dash:read", "org:dash:manage", "org:teams:manage"}}}},
		{"version 2 without an organization", `{}`, `{"v":2,"sid":"s"}`, claims{version: 2, sessionID: "s"}},
		{"version 1 claims of a version 2 token are not read", `{}`, `{"v":2,"org_id":"org_1"}`, claims{version: 2}},
		{"nothing", `{}`, `{}`, claims{}},
		{"floats for numbers", `{"oiat":1.767225599e9}`, `{"v":2.0,"iat":1767225600.9,"exp":1.76722566E+9,"fva":[5.9,-1.0]}`,
			claims{version: 2, originIssuedAt: 1767225599, issuedAt: 1767225600, expiresAt: 1767225660, ages: []int64{5, -1}}},
		{"null is absent", `{"oiat":null}`, `{"sid":null,"act":null,"fva":null,"fea":null,"iat":null,"o":null,"v":null}`, claims{}},
		{"wrong types are absent, the rest is there", `{"oiat":"5"}`, `{"v":[],"sid":5,"sub":"user_1","iat":"1767225600","exp":{},"sts":["x"],"fva":"x","fea":{},"pla":true,"org_permissions":{}}`,
			claims{userID: "user_1"}},
		{"numbers beyond reason are absent", `{"oiat":1e400}`, `{"iat":1e300,"exp":-5,"fva":[1e99,0],"v":99999999999999999999}`, claims{}},
		{"ages come in twos", `{}`, `{"fva":[5]}`, claims{}},
		{"an organization of the wrong type", `{}`, `{"v":2,"o":["org_1"]}`, claims{version: 2}},
		{"white space", " {} ", " { \"sid\" : \"s\" } \n", claims{sessionID: "s"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := parseClaims(testJWT(tt.header, tt.body))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	good := testJWT(`{}`, `{}`)
	parts := strings.Split(good, ".")
	deep := strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)
	tests := map[string]string{
		"empty": "", "two parts": parts[0] + "." + parts[1], "four parts": good + ".x", "no base64": "!." + parts[1] + ".x",
		"a header that is no object": testJWT(`[]`, `{}`), "a body that is no object": testJWT(`{}`, `"`+testSecret+`"`),
		"null": testJWT(`{}`, `null`), "cut off": testJWT(`{}`, `{"sid":"`+testSecret), "no JSON": testJWT(`{}`, testSecret),
		"too deep": testJWT(`{}`, deep), "too large": good + strings.Repeat("x", maxTokenSize), "dots": strings.Repeat(".", 1000),
	}
	for rule, jwt := range tests {
		t.Run(rule, func(t *testing.T) {
			got, err := parseClaims(jwt)
			if err == nil || !reflect.DeepEqual(got, claims{}) {
				t.Fatalf("got %+v, %v", got, err)
			}
			testHidden(t, err.Error(), testSecret, jwt)
		})
	}
}

// wire-and-state 3.11: one decimal number per feature whose bit i, least significant first, selects permission i; the
// numbers may exceed 64 bits.
func TestUnfoldingPermissions(t *testing.T) {
	var names []string
	for i := range 70 {
		names = append(names, "p"+string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	many := strings.Join(names, ",")
	tests := []struct{ rule, fea, per, fpm, want string }{
		{"least significant first", `"o:f"`, `"a,b,c"`, `"5"`, "org:f:a org:f:c"},
		{"one number for each feature", `"o:f,o:g"`, `"a,b"`, `"1,2"`, "org:f:a org:g:b"},
		{"only features of the organization take a number", `"u:x,o:f,uo:g,z:y,w"`, `"a,b"`, `"1,2,3"`, "org:f:a org:g:b"},
		{"0 is none", `"o:f,o:g"`, `"a"`, `"0,1"`, "org:g:a"},
		{"bits without a name are nothing", `"o:f"`, `"a"`, `"7"`, "org:f:a"},
		{"features without a number have none", `"o:f,o:g"`, `"a"`, `"1"`, "org:f:a"},
		{"no numbers", `"o:f"`, `"a"`, `null`, ""},
		{"no names", `"o:f"`, `""`, `"1"`, ""},
		{"no features", `null`, `"a"`, `"1"`, ""},
		{"bit 64", `"o:f"`, `"` + many + `"`, `"18446744073709551616"`, "org:f:" + names[64]},
		{"bits 69 and 0", `"o:f"`, `"` + many + `"`, `"590295810358705651713"`, "org:f:" + names[0] + " org:f:" + names[69]},
		{"an array of such numbers", `"o:f"`, `"` + many + `"`, `[18446744073709551616]`, "org:f:" + names[64]},
		{"a bare number", `"o:f"`, `"a,b"`, `2`, "org:f:b"},
		{"arrays", `["o:f","o:g"]`, `["a","b"]`, `["1",2]`, "org:f:a org:g:b"},
		{"what is no number counts as 0, in its place", `"o:f,o:g,o:h,o:i"`, `"a"`, `"x,-1,1.5,1"`, "org:i:a"},
		{"white space", `"o:f, o:g"`, `"a , b"`, `" 1, 2 "`, "org:f:a org:g:b"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := parseClaims(testJWT(`{}`, `{"v":2,"fea":`+tt.fea+`,"o":{"per":`+tt.per+`,"fpm":`+tt.fpm+`}}`))
			if got := strings.Join(c.organization.permissions, " "); err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	t.Run("a small token does not become gigabytes", func(t *testing.T) {
		feature, mask := strings.Repeat("f", 60<<10), strings.Repeat("9", 15<<10)
		per := slices.Repeat([]string{"p"}, 30<<10)
		c, err := parseClaims(testJWT(`{}`, `{"v":2,"fea":"o:`+feature+`","o":{"per":"`+strings.Join(per, ",")+`","fpm":"`+mask+`"}}`))
		if n := len(strings.Join(c.organization.permissions, "")); err != nil || n == 0 || n > maxPermissionsSize {
			t.Errorf("got %d bytes, %v", n, err)
		}
	})
}

// wire-and-state 3.4.
func TestFresherToken(t *testing.T) {
	tests := []struct {
		rule              string
		current, incoming claims
		want              bool
	}{
		{"the later origin wins", claims{originIssuedAt: 5, issuedAt: 9}, claims{originIssuedAt: 6, issuedAt: 8}, true},
		{"the earlier origin loses", claims{originIssuedAt: 6, issuedAt: 8}, claims{originIssuedAt: 5, issuedAt: 9}, false},
		{"one origin: the later issue wins", claims{originIssuedAt: 5, issuedAt: 8}, claims{originIssuedAt: 5, issuedAt: 9}, true},
		{"one origin: the earlier issue loses", claims{originIssuedAt: 5, issuedAt: 9}, claims{originIssuedAt: 5, issuedAt: 8}, false},
		{"all the same: the incoming one", claims{originIssuedAt: 5, issuedAt: 9}, claims{originIssuedAt: 5, issuedAt: 9}, true},
		{"no origins: the incoming one, even if issued earlier", claims{issuedAt: 9}, claims{issuedAt: 8}, true},
		{"an origin wins over none", claims{issuedAt: 9}, claims{originIssuedAt: 1}, true},
		{"none loses to an origin", claims{originIssuedAt: 1}, claims{issuedAt: 9}, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if got := fresher(tt.current, tt.incoming); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func FuzzClaims(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"oiat":1}`, `{"v":2,"fea":"o:f,u:g","o":{"per":"a,b","fpm":"3,18446744073709551616"},"fva":[1,-1]}`},
		{`{}`, `{"org_id":"o","org_permissions":["org:a:b"],"iat":1.5e9}`}, {`null`, `{`}, {`{}`, `{"v":2,"o":{"fpm":[1e99,"x",{}]},"fea":[[]]}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, header, body []byte) {
		_, _ = parseClaims(string(header) + "." + string(body) + ".")
		c, err := parseClaims(testJWT(string(header), string(body)))
		if err != nil {
			return
		}
		if c.issuedAt < 0 || c.expiresAt < 0 || c.originIssuedAt < 0 || len(c.ages) != 0 && len(c.ages) != 2 || !fresher(c, c) {
			t.Errorf("got %+v", c)
		}
		for _, p := range c.organization.permissions {
			if c.version == 2 && !strings.HasPrefix(p, "org:") {
				t.Errorf("permission %q", p)
			}
		}
		Check{Role: "a", Permission: "b", Feature: "c", Plan: "d"}.allowed(authorization{true, true, c.organization.role, c.organization.permissions, c.features, c.plans, c.ages})
	})
}
