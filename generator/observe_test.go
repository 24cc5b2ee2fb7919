package generator

// Observe as a maintainer uses it: recordings in, mismatches out. Expected values are read off the tiny description or
// off the documented shapes, never off what observe prints.

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tinySpec has one of each construct that observe has to see through.
const tinySpec = `
openapi: 3.0.3
info: {title: T, version: '2026-05-12'}
paths:
  /v1/client:
    get: {operationId: getClient, responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/ClientEnvelope'}}}}}}
  /v1/things:
    get:
      operationId: listThings
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/Things'}}}}}
    post:
      operationId: createThing
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, required: [name], properties: {
        name: {type: string}, strategy: {type: string, enum: [password, email_code]}, tags: {type: array, items: {type: string}}}}}}}
      responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/ThingEnvelope'}}}}, '422': {description: ''}}
  /v1/things/{thing_id}:
    parameters: [{name: thing_id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getThing, responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}
    patch:
      operationId: updateThing
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/ThingEnvelope'}}}}}
    delete: {operationId: deleteThing, responses: {'204': {description: ''}}}
  /v1/things/count:
    get: {operationId: countThings, responses: {'200': {description: '', content: {application/json: {schema: {type: integer}}}}}}
  /health:
    get: {operationId: getHealth, responses: {'200': {description: ''}}}
components:
  schemas:
    Client: {type: object, required: [object], properties: {object: {type: string, enum: [client]}, last: {$ref: '#/components/schemas/Owner'}}}
    ClientEnvelope: {type: object, properties: {response: {type: object, nullable: true, allOf: [{$ref: '#/components/schemas/Client'}]}, client: {type: object, nullable: true}}}
    ThingEnvelope: {type: object, properties: {response: {$ref: '#/components/schemas/Thing'}, client: {$ref: '#/components/schemas/Client'}}}
    Things: {oneOf: [{type: array, items: {$ref: '#/components/schemas/Thing'}}, {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Thing'}}, total_count: {type: integer}}}]}
    Thing:
      type: object
      required: [id, status]
      properties:
        id: {type: string}
        status: {type: string, enum: [draft, done]}
        count: {type: integer}
        ratio: {type: number}
        flag: {type: boolean}
        note: {type: string, nullable: true}
        owner: {$ref: '#/components/schemas/Owner'}
        maybe: {type: object, nullable: true, oneOf: [{$ref: '#/components/schemas/Owner'}]}
        proof: {oneOf: [{$ref: '#/components/schemas/CodeProof'}, {$ref: '#/components/schemas/LinkProof'}]}
        special: {$ref: '#/components/schemas/Special'}
        tags: {type: array, items: {type: string}}
        by_id: {type: object, additionalProperties: {$ref: '#/components/schemas/Owner'}}
        public_metadata: {type: object}
        open: {type: object, additionalProperties: true, properties: {known: {type: string}}}
        verifications: {type: array, items: {type: string, enum: [email_code]}}
    Owner: {type: object, required: [name], properties: {name: {type: string}}}
    CodeProof: {type: object, required: [object, code], properties: {object: {type: string, enum: [code_proof]}, code: {type: string}, strategy: {type: string, enum: [email_code]}}}
    LinkProof: {type: object, required: [object, url], properties: {object: {type: string, enum: [link_proof]}, url: {type: string}, strategy: {type: string, enum: [email_link]}}}
    Special: {allOf: [{$ref: '#/components/schemas/Owner'}, {type: object, required: [level], properties: {level: {type: string}}}]}
`

// exchanged is one entry to be written as HAR.
type exchanged struct {
	verb, url string
	form      string // urlencoded text
	json      string // request body
	status    int    // 0 is 200
	body      string
}

// harOf writes entries as a browser would.
func harOf(t testing.TB, entries ...exchanged) string {
	t.Helper()
	var list []any
	for _, e := range entries {
		request := map[string]any{"method": e.verb, "url": e.url, "httpVersion": "h3", "headers": []any{}, "_priority": "High"}
		if e.form != "" {
			request["postData"] = map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": e.form}
		}
		if e.json != "" {
			request["postData"] = map[string]any{"mimeType": "application/json; charset=utf-8", "text": e.json}
		}
		if e.status == 0 {
			e.status = 200
		}
		list = append(list, map[string]any{"_initiator": map[string]any{"type": "script"}, "request": request,
			"response": map[string]any{"status": e.status, "content": map[string]any{"mimeType": "application/json", "text": e.body}}})
	}
	data, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]any{"name": "test"}, "pages": []any{}, "entries": list}})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func observeTiny(overlays ...Source) Config {
	return Config{Spec: Source{Name: "tiny.yaml", Data: []byte(tinySpec)}, Overlays: overlays}
}

func observed(t testing.TB, cfg Config, recordings ...string) *Observation {
	t.Helper()
	o, err := NewObserver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range recordings {
		if err := o.Read(fmt.Sprintf("%d.har", i), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return o.Observation()
}

// lines are the mismatches as "kind place".
func lines(list []Mismatch) []string {
	var out []string
	for _, m := range list {
		out = append(out, string(m.Kind)+" "+m.Place)
	}
	return out
}

func TestObserveAnswers(t *testing.T) {
	const thing = "https://clerk.example.com/v1/things/t_1"
	tests := []struct {
		rule, url, body string
		want            []string
	}{
		{"what the description says is clean", thing, `{"id":"t_1","status":"done","count":1,"ratio":1,"note":null,"owner":{"name":"x"},"tags":["a"]}`, nil},
		{"null where there is none", thing, `{"id":null,"status":"done"}`, []string{"null Thing.id"}},
		{"null at a reference is the place's, not the component's", thing, `{"id":"1","status":"done","owner":null}`, []string{"null Thing.owner"}},
		{"null behind a nullable wrapper is right (D03)", thing, `{"id":"1","status":"done","maybe":null}`, nil},
		{"another type", thing, `{"id":7,"status":"done","count":"3","flag":0,"tags":{}}`,
			[]string{"wrong_type Thing.count", "wrong_type Thing.flag", "wrong_type Thing.id", "wrong_type Thing.tags"}},
		{"a fraction is no integer, an integer is a number", thing, `{"id":"1","status":"done","count":1.5,"ratio":2}`, []string{"wrong_type Thing.count"}},
		{"a required member is missing", thing, `{"id":"1"}`, []string{"missing Thing.status"}},
		{"a member that is unknown", thing, `{"id":"1","status":"done","color":"x"}`, []string{"unknown_member Thing.color"}},
		{"a shared component is named once", thing, `{"id":"1","status":"done","owner":{"name":"x","age":3},"by_id":{"u_1":{"name":"y","age":4}}}`, []string{"unknown_member Owner.age"}},
		{"an enum lacks a value", thing, `{"id":"1","status":"archived"}`, []string{"unknown_value Thing.status"}},
		{"the enum of a list's items", thing, `{"id":"1","status":"done","verifications":["email_code","passkey"]}`, []string{"unknown_value Thing.verifications[]"}},
		{"keys of a map are data", thing, `{"id":"1","status":"done","by_id":{"ada@example.com":{"name":"x"}}}`, nil},
		{"free objects are not looked into", thing, `{"id":"1","status":"done","public_metadata":{"plan":1}}`, nil},
		{"open objects say that there is more", thing, `{"id":"1","status":"done","open":{"known":"x","more":1}}`, nil},
		{"a union is the sum of its branches (D06)", thing, `{"id":"1","status":"done","proof":{"object":"code_proof","code":"1","url":"u","strategy":"email_link"}}`, nil},
		{"what no branch has belongs to the one that fits best", thing, `{"id":"1","status":"done","proof":{"object":"link_proof","url":"u","clicked":true}}`,
			[]string{"unknown_member LinkProof.clicked"}},
		{"a value that no branch has, too", thing, `{"id":"1","status":"done","proof":{"object":"link_proof","url":"u","strategy":"sms"}}`,
			[]string{"unknown_value LinkProof.strategy"}},
		{"allOf holds together", thing, `{"id":"1","status":"done","special":{"level":"x","size":1}}`, []string{"missing Owner.name", "unknown_member Special.size"}},
		{"an array or a page, as asked (B11)", "https://x.example/v1/things?paginated=true", `{"data":[{"id":"1","status":"gone"}],"total_count":1}`, []string{"unknown_value Thing.status"}},
		{"and the array", "https://x.example/v1/things", `[{"id":"1"}]`, []string{"missing Thing.status"}},
		{"neither is another type", "https://x.example/v1/things", `"none"`, []string{"wrong_type GET /v1/things"}},
		{"an enveloped answer of a bare operation (B02)", thing, `{"response":{"id":"1"},"client":null}`, []string{"missing Thing.status"}},
		{"the client of an untyped envelope is a client (B14)", "https://x.example/v1/client", `{"response":null,"client":{"object":"client","age":1}}`, []string{"unknown_member Client.age"}},
		{"an envelope without a client (B01)", "https://x.example/v1/client", `{"response":{"object":"client"}}`, nil},
		{"a bare answer for an envelope (B03)", "https://x.example/v1/client", `{"object":"session"}`, []string{"unknown_value Client.object"}},
		{"scrubbed values may have been anything", thing, `{"id":"ID","status":"REDACTED","count":"COUNT","owner":"OWNER"}`, nil},
		{"where a key was scrubbed nothing can be missing", thing, `{"id":"1","USER_ID":true}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			o := observed(t, observeTiny(), harOf(t, exchanged{verb: "GET", url: tt.url, body: tt.body}))
			if diff := cmp.Diff(tt.want, lines(o.Mismatches)); diff != "" {
				t.Errorf("mismatches (-want +got):\n%s", diff)
			}
			cleanWithOwnOverlay(t, observeTiny(), o, harOf(t, exchanged{verb: "GET", url: tt.url, body: tt.body}))
		})
	}
}

// cleanWithOwnOverlay applies what was observed and looks again.
func cleanWithOwnOverlay(t testing.TB, cfg Config, o *Observation, recordings ...string) {
	t.Helper()
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Overlays = append(cfg.Overlays, Source{Name: "observed.yaml", Data: text})
	results, err := CheckPatches(cfg)
	if err != nil {
		t.Fatalf("the overlay is refused: %v\n%s", err, text)
	}
	for _, r := range results {
		if r.Overlay == "observed.yaml" && r.Outcome != Applied {
			t.Errorf("%s: %s: %s", r.ID, r.Outcome, r.Message)
		}
	}
	if again := observed(t, cfg, recordings...); len(again.Mismatches) > 0 {
		t.Errorf("with its own overlay there is still %q\n%s", lines(again.Mismatches), text)
	}
}

func TestObserveRequests(t *testing.T) {
	const things = "https://x.example/v1/things"
	const done = `{"response":{"id":"1","status":"done"},"client":null}`
	tests := []struct {
		rule string
		in   exchanged
		want []string
	}{
		{"declared members are clean", exchanged{verb: "POST", url: things, form: "name=a&strategy=password&tags=x&tags=y"}, nil},
		{"a member that the form lacks", exchanged{verb: "POST", url: things, form: "name=a&nick=b"}, []string{"unknown_parameter POST /v1/things nick"}},
		{"a required one that was not needed", exchanged{verb: "POST", url: things, form: "strategy=password"}, []string{"missing POST /v1/things.name"}},
		{"a word that the enum lacks", exchanged{verb: "POST", url: things, form: "name=a&strategy=passkey"}, []string{"unknown_value POST /v1/things.strategy"}},
		{"an empty value clears (D18)", exchanged{verb: "POST", url: things, form: "name=&strategy="}, nil},
		{"a query parameter", exchanged{verb: "GET", url: things + "?limit=1&color=red", body: "[]"}, []string{"unknown_parameter GET /v1/things color"}},
		{"those of the transport are the runtime's (C36, C37, C38)", exchanged{verb: "GET", body: "[]",
			url: things + "?_clerk_session_id=s&__clerk_api_version=v&_is_native=1&__clerk_db_jwt=j&paginated=true&_clerk_js_version=5"}, nil},
		{"a JSON body is walked like an answer", exchanged{verb: "PATCH", url: things + "/t_1", json: `{"name":1,"nick":"x"}`, body: done},
			[]string{"wrong_type PATCH /v1/things/{thing_id}.name", "unknown_member PATCH /v1/things/{thing_id}.nick"}},
		{"a form where there is no body", exchanged{verb: "DELETE", url: things + "/t_1", form: "reason=x", status: 204}, []string{"unknown_parameter DELETE /v1/things/{thing_id} reason"}},
		{"a form where the body is JSON", exchanged{verb: "PATCH", url: things + "/t_1", form: "name=x&nick=y", body: done},
			[]string{"unknown_parameter PATCH /v1/things/{thing_id} name", "unknown_parameter PATCH /v1/things/{thing_id} nick"}},
		{"a parameter where there is none", exchanged{verb: "GET", url: "https://x.example/health?a=1&b=2"}, []string{"unknown_parameter GET /health a", "unknown_parameter GET /health b"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if tt.in.verb == "POST" && tt.in.body == "" {
				tt.in.body = done
			}
			o := observed(t, observeTiny(), harOf(t, tt.in))
			if diff := cmp.Diff(tt.want, lines(o.Mismatches)); diff != "" {
				t.Errorf("mismatches (-want +got):\n%s", diff)
			}
			cleanWithOwnOverlay(t, observeTiny(), o, harOf(t, tt.in))
		})
	}
}

func TestObserveMatchesOperations(t *testing.T) {
	known := exchanged{verb: "GET", url: "https://clerk.example.com/v1/things/count", body: "1"}
	proxied := exchanged{verb: "GET", url: "https://app.example/__clerk/v1/things/count", body: "1"}
	tests := []struct {
		rule    string
		in      exchanged
		unknown string // "" when the entry is of an operation
		op      string
	}{
		{"any host, with an id", exchanged{verb: "GET", url: "https://other.example/v1/things/t_1", body: `{"id":"1","status":"done"}`}, "", "GET /v1/things/{thing_id}"},
		{"a proxy's prefix", exchanged{verb: "GET", url: "https://app.example/__clerk/v1/things?x", body: `[]`}, "", "GET /v1/things"},
		{"a tunnelled verb", exchanged{verb: "POST", url: "https://x.example/v1/things/t_1?_method=PATCH", json: `{"name":"a"}`, body: `{"response":null}`}, "", "PATCH /v1/things/{thing_id}"},
		{"HEAD asks for what GET does", exchanged{verb: "HEAD", url: "https://x.example/health"}, "", "GET /health"},
		{"a slash at the end", exchanged{verb: "GET", url: "https://x.example/v1/things/", body: `[]`}, "", "GET /v1/things"},
		{"an id with escapes", exchanged{verb: "GET", url: "https://x.example/v1/things/a%2Fb", body: `{"id":"1","status":"done"}`}, "", "GET /v1/things/{thing_id}"},
		{"an unknown path hides what may be an id", exchanged{verb: "GET", url: "https://clerk.example.com/v1/things/acme/members/ada@example.com", body: `{}`}, "GET /v1/things/{}/members/{}", ""},
		{"a word behind an unknown word may be a name", exchanged{verb: "GET", url: "https://clerk.example.com/v1/gadgets/lovelace/wheels/ada", body: `{}`}, "GET /v1/gadgets/{}/{}/{}", ""},
		{"unless the description has it elsewhere", exchanged{verb: "GET", url: "https://clerk.example.com/v1/gadgets/lovelace/count", body: `{}`}, "GET /v1/gadgets/{}/count", ""},
		{"an unknown verb behind a proxy", exchanged{verb: "PUT", url: "https://app.example/__clerk/v1/things/acme"}, "PUT /v1/things/{thing_id}", ""},
		{"an unknown verb shows the path as declared", exchanged{verb: "PUT", url: "https://clerk.example.com/v1/things/acme"}, "PUT /v1/things/{thing_id}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			o := observed(t, observeTiny(), harOf(t, known, proxied, tt.in))
			var unknown string
			for _, m := range o.Mismatches {
				if m.Kind == MismatchUnknownPath {
					unknown = m.Place
				}
			}
			if unknown != tt.unknown {
				t.Errorf("unknown path %q, want %q", unknown, tt.unknown)
			}
			for _, never := range o.Operations.Never {
				if never == tt.op {
					t.Errorf("%s was not observed", tt.op)
				}
			}
		})
	}
}

func TestObserveLeavesOtherTrafficAlone(t *testing.T) {
	const fapi, elsewhere = "https://clerk.example.com/v1/things/count", "https://telemetry.example/v1/events"
	o := observed(t, observeTiny(), harOf(t,
		exchanged{verb: "GET", url: fapi, body: "1"},
		exchanged{verb: "OPTIONS", url: fapi},
		exchanged{verb: "GET", url: fapi, status: 304},
		exchanged{verb: "GET", url: fapi},
		exchanged{verb: "GET", url: fapi, body: "<html>"},
		exchanged{verb: "GET", url: fapi, status: 500, body: `"x"`},
		exchanged{verb: "GET", url: "https://clerk.example.com/v1/nothing", status: 404, body: `{"errors":[]}`},
		exchanged{verb: "POST", url: elsewhere, json: `{}`, body: `{}`},
		exchanged{verb: "GET", url: "https://cdn.example/logo.svg", body: "<svg/>"},
		exchanged{verb: "GET", url: "data:image/png;base64,AAAA"},
		exchanged{verb: "GET", url: "https://[::1"},
	))
	if len(o.Mismatches) > 0 {
		t.Errorf("mismatches %q, want none", lines(o.Mismatches))
	}
	want := ObservedEntries{Read: 11, Foreign: 4, Failed: 2, Empty: 2, Responses: ObservedBodies{Compared: 1, NoBody: 1, Unreadable: 1}}
	if diff := cmp.Diff(want, o.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// The variants of HAR that exporters write: bodies in base64, forms as a list, the media type in a header of any case.
func TestObserveReadsWhatExportersWrite(t *testing.T) {
	body := base64.StdEncoding.EncodeToString([]byte(`{"id":"1","status":"done","color":"x"}`))
	const har = `{"log":{"browser":{"name":"x"},"pages":[{"id":"[{\"]"}],"entries":[
		{"_vendor":{"a":[1,"}"]},"request":{"method":"get","url":"https://x.example/v1/things/1"},"response":{"status":200,
			"headers":[{"name":"CONTENT-TYPE","value":"application/json"}],"content":{"encoding":"base64","text":"%s"}}},
		{"request":{"method":"POST","url":"https://x.example/v1/things","headers":[{"name":"content-type","value":"application/x-www-form-urlencoded"}],
			"postData":{"mimeType":"","params":[{"name":"name","value":"a"},{"name":"nick","value":"b"}],"text":""}},
			"response":{"status":200,"content":{"mimeType":"application/json","text":"{\"response\":null}"}}},
		{"request":{"method":"GET","url":"https://x.example/v1/things","queryString":[{"name":"color","value":"red"}]},
			"response":{"status":"200 OK","content":null}}
	],"comment":"x"},"more":null}`
	o := observed(t, observeTiny(), "\ufeff"+fmt.Sprintf(har, body))
	want := []string{"unknown_member Thing.color", "unknown_parameter GET /v1/things color", "unknown_parameter POST /v1/things nick"}
	if diff := cmp.Diff(want, lines(o.Mismatches)); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
}

func TestObserveCounts(t *testing.T) {
	get := func(body string) exchanged {
		return exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: body}
	}
	o := observed(t, observeTiny(), harOf(t, get(`{"id":"1","status":"done"}`), get(`{"id":null,"status":"gone"}`)), harOf(t, get(`{"id":null,"status":"lost"}`)))
	want := []Mismatch{
		{Kind: MismatchNull, Place: "Thing.id", Pointer: "#/components/schemas/Thing/properties/id", Detail: "null, but not nullable",
			Count: 2, Of: 3, Entries: 2, Where: []string{"0.har#2", "1.har#1"}, Operations: []string{"GET /v1/things/{thing_id}"}},
		{Kind: MismatchUnknownValue, Place: "Thing.status", Pointer: "#/components/schemas/Thing/properties/status", Detail: "unknown value: gone, lost",
			Count: 2, Of: 3, Entries: 2, Where: []string{"0.har#2", "1.har#1"}, Operations: []string{"GET /v1/things/{thing_id}"}},
	}
	if diff := cmp.Diff(want, o.Mismatches); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
}

// A value that fits at times and at times does not becomes either; one that never fits becomes what it is.
func TestObservedOverlayForTypes(t *testing.T) {
	get := func(body string) exchanged {
		return exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: body}
	}
	har := harOf(t, get(`{"id":"1","status":"done","count":"many","flag":2,"owner":"ada"}`), get(`{"id":"1","status":"done","count":3,"flag":null,"owner":{"name":"x"}}`))
	o := observed(t, observeTiny(), har)
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"update: {count: {oneOf: [{type: integer}, {type: string}]}}",
		"update: {flag: {type: integer, nullable: true}}",
		"update: {owner: {oneOf: [{$ref: '#/components/schemas/Owner'}, {type: string}]}}",
		"expect: {has: {type: boolean}}",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the overlay lacks %q:\n%s", want, text)
		}
	}
	cleanWithOwnOverlay(t, observeTiny(), o, har)
}

// A mixture that no union of the description's kind holds becomes anything: one patch for all that was found there.
func TestObservedOverlayForMixtures(t *testing.T) {
	get := func(body string) exchanged {
		return exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: body}
	}
	for name, bodies := range map[string][]string{
		"a map beside text":           {`{"id":"1","status":"done"}`, `{"id":{"user_2Nx":1},"status":"done"}`},
		"three types":                 {`{"id":"1","status":"done"}`, `{"id":1,"status":"done"}`, `{"id":["x"],"status":"done"}`},
		"a new word beside a number":  {`{"id":"1","status":"brand_new"}`, `{"id":"1","status":3}`, `{"id":"1","status":"done"}`},
		"a new word, number and null": {`{"id":"1","status":"brand_new"}`, `{"id":"1","status":3}`, `{"id":"1","status":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			var entries []exchanged
			for _, body := range bodies {
				entries = append(entries, get(body))
			}
			har := harOf(t, entries...)
			cleanWithOwnOverlay(t, observeTiny(), observed(t, observeTiny(), har), har)
		})
	}
}

// The description may require what it does not describe.
func TestObservedOverlayForARequiredMemberWithoutASchema(t *testing.T) {
	cfg := observeTiny()
	cfg.Spec.Data = []byte(strings.Replace(string(cfg.Spec.Data), "required: [id, status]", "required: [id, status, late]", 1))
	if !strings.Contains(string(cfg.Spec.Data), "late") {
		t.Fatal("the description has changed: the test has lost its subject")
	}
	get := func(body string) exchanged {
		return exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: body}
	}
	har := harOf(t, get(`{"id":"1","status":"done","late":1}`), get(`{"id":"1","status":"done"}`))
	cleanWithOwnOverlay(t, cfg, observed(t, cfg, har), har)
}

// Slugs are keys of maps, and metadata is the application's own, however it is spelled.
func TestObserveHidesKeysThatAreData(t *testing.T) {
	o := observed(t, observeTiny(), harOf(t, exchanged{verb: "GET", url: "https://x.example/v1/things/1",
		body: `{"id":"1","status":"done","acme-corp":1,"extra":{"acme-corp":1},"unsafeMetadata":{"lovelace":{"byron":1}}}`}))
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	report, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"acme", "lovelace", "byron"} {
		if strings.Contains(string(text)+string(report), data) {
			t.Errorf("%s is told:\n%s\n%s", data, text, report)
		}
	}
	if !strings.Contains(string(report), "Thing.unsafeMetadata") {
		t.Errorf("the member itself is not told: %s", report)
	}
}

// What cannot be said without telling data stays a comment.
func TestObservedOverlaySaysWhatItLeavesOut(t *testing.T) {
	o := observed(t, observeTiny(), harOf(t,
		exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: `{"id":"1","status":"done","ada@example.com":1}`},
		exchanged{verb: "GET", url: "https://x.example/v1/toys/7", body: `{}`}))
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	want := "# Not expressed: Thing.*: unknown member: integer (0.har#1, once): the name may be data; if it is, this is a map\n" +
		"# Not expressed: GET /v1/toys/{}: no such operation (0.har#2, once): the description has no such operation\n"
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("got:\n%swant the start:\n%s", text, want)
	}
	if _, err := ParseOverlay("observed.yaml", text); err != nil {
		t.Error(err)
	}
}

func pinnedConfig(t testing.TB, overlays ...string) Config {
	t.Helper()
	cfg := Config{}
	for _, name := range append([]string{"fapi_swagger.json"}, overlays...) {
		data, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if src := (Source{Name: name, Data: data}); name == "fapi_swagger.json" {
			cfg.Spec = src
		} else {
			cfg.Overlays = append(cfg.Overlays, src)
		}
	}
	return cfg
}

func readAll(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(data))
	}
	return list
}

// The recording of testdata, written by hand from documented shapes, against the description as published.
func TestObserveBrowserRecording(t *testing.T) {
	recordings := readAll(t, "../testdata/har/browser.har")
	o := observed(t, pinnedConfig(t), recordings...)
	want := []string{
		"null Client.Organization.slug",                          // A24
		"null Client.Passkey.name",                               // A49
		"null OrganizationSettings.DomainsSettings.default_role", // A27
		"wrong_type Client.Environment.maintenance_mode",
		"missing Client.Organization.slug",                                        // A24
		"unknown_member Client.Organization.exclusive_membership",                 // A23
		"unknown_member Client.OrganizationSettings.force_organization_selection", // A28
		"unknown_member Client.SignIn.locale",                                     // A10
		"unknown_member Client.WaitlistEntry.created_at",                          // A45
		"unknown_member Client.WaitlistEntry.updated_at",                          // A45
		"unknown_member Stubs.SignInFactor.channel",                               // A13
		"unknown_value Client.SignIn.supported_identifiers[]",                     // A11
		"unknown_value OrganizationSettings.DomainsSettings.enrollment_modes[]",   // A26
		"unknown_value Stubs.SignInFactor.strategy",                               // A12
		"unknown_parameter POST /v1/client/sign_ins locale",                       // C27
		"unknown_parameter POST /v1/client/sign_ins sign_up_if_missing",           // C27
		"unknown_path GET /v1/me/badges/{}",
	}
	if diff := cmp.Diff(want, lines(o.Mismatches)); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	cfg := pinnedConfig(t)
	cfg.Overlays = []Source{{Name: "observed.yaml", Data: text}}
	if diff := cmp.Diff(want[len(want)-1:], lines(observed(t, cfg, recordings...).Mismatches)); diff != "" {
		t.Errorf("with its own overlay only the unknown operation is left (-want +got):\n%s", diff)
	}
}

// The mismatches of the catalogue that the recordings of Clerk's Flutter SDK show, against the description as published.
// Its other ones that the replay met are of recordings that are not among these.
func TestObserveRecordings(t *testing.T) {
	recordings := readAll(t, "../../shared/recordings/*.har")
	if len(recordings) == 0 {
		t.Skip("no recordings beside the repository")
	}
	o := observed(t, pinnedConfig(t), recordings...)
	want := []string{
		"missing Client.AuthConfig.native_settings",                             // A39
		"missing Client.DisplayConfig.oauth_consent_url",                        // A40
		"missing UserSettings.PasskeySettings.satisfies_second_factor",          // A42
		"missing UserSettings.PasswordSettings.disable_password_reverification", // A43
		"missing UserSettings.UsernameSettings.allow_numeric_usernames",         // A41
		"unknown_member Client.CommerceSettings.billing.enabled",                // A36
		"unknown_member Client.CommerceSettings.billing.has_paid_org_plans",     // A36
		"unknown_member Client.CommerceSettings.billing.has_paid_user_plans",    // A36
		"unknown_member Client.SignIn.locale",                                   // A10
		"unknown_member Client.SignUp.locale",                                   // A08
		"unknown_member Client.SignUp.Verifications.phone_number.channel",       // A16
		"unknown_member Client.User.bypass_client_trust",                        // A05
		"unknown_member Client.User.enterprise_accounts",                        // A03
		"unknown_member Client.User.locale",                                     // A04
		"unknown_member Stubs.Verification.OTP.channel",                         // A16
		"unknown_member UserSettings.SignUp.mfa",                                // A35
		"unknown_member UserSettings.Socials.oauth_custom_spung",                // A32
		"unknown_member UserSettings.Socials.oauth_vercel",                      // A32
		"unknown_value Client.SignIn.supported_identifiers[]",                   // A11
	}
	if diff := cmp.Diff(want, lines(o.Mismatches)); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
	known := []string{
		"missing Client.UserSettings.enterprise_sso", // cut off by the recorder
		"missing Client.UserSettings.saml",           // cut off by the recorder
	}
	if diff := cmp.Diff(known, lines(o.Known)); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	cleanWithOwnOverlay(t, pinnedConfig(t), o, recordings...)
	corrected := observed(t, pinnedConfig(t, "patches.yaml", "overlays/names.yaml"), recordings...)
	if len(corrected.Mismatches) > 0 {
		t.Errorf("with the corrections there is still %q", lines(corrected.Mismatches))
	}
}
