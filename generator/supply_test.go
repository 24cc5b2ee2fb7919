package generator

// What the runtime reads and a description does not declare as it is read today.

import (
	"go/types"
	"slices"
	"strings"
	"testing"
)

// inlineClient is a description as an early one might be: nothing has a name, and sessions know neither their organization
// nor when their factors were verified, as those of 2024.
const inlineClient = `
openapi: 3.0.0
info: {title: T, version: v1}
paths:
  /v1/client:
    get:
      operationId: getClient
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema:
                type: object
                properties:
                  client: {type: object, nullable: true}
                  response:
                    type: object
                    required: [id, sessions, updated_at]
                    properties:
                      id: {type: string}
                      sessions:
                        type: array
                        items:
                          type: object
                          required: [id, status]
                          properties:
                            id: {type: string}
                            status: {type: string, enum: [active, ended]}
                            expire_at: {type: integer}
                            user: {type: object, properties: {id: {type: string}, locale: {type: string}, organization_memberships: {type: array, items: {type: object}}}}
                      updated_at: {type: string}
  /v1/environment:
    get: {operationId: getEnvironment, responses: {'200': {description: '', content: {application/json: {schema: {type: object, properties: {maintenance: {type: boolean}}}}}}}}
`

func suppliedConfig(t *testing.T) Config {
	return Config{Spec: Source{Name: "old.yml", Data: []byte(inlineClient)}, APIVersion: "2024-10-01", Module: "example.com/sdk", Templates: declarationsOnly(t)}
}

func TestADescriptionIsGivenWhatTheRuntimeReads(t *testing.T) {
	out, err := Generate(suppliedConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	pkg := typeCheckWith(t, types.Config{DisableUnusedImportCheck: true}, out.Files)
	if pkg.Scope().Lookup("SessionStatusEnded") == nil {
		t.Error("the values of a session's status are not called after it")
	}
	for member, want := range map[string]string{
		"Client.Sessions":                  "[]Session", // declared inline, so the inline types get the names
		"Client.LastActiveSessionID":       "*string",   // not declared
		"Client.UpdatedAt":                 "Timestamp", // declared as a string
		"Session.ExpireAt":                 "*Timestamp",
		"Session.Status":                   "SessionStatus",
		"Session.User":                     "*User",
		"Session.LastActiveToken":          "*Token",
		"Session.LastActiveOrganizationID": "*string",
		"Session.FactorVerificationAge":    "[]int64",
		"User.ID":                          "string", // declared as optional
		"User.Locale":                      "*string",
		"User.OrganizationMemberships":     "[]OrganizationMembership", // declared as any objects
		"OrganizationMembership.Role":      "string",
		"Organization.Slug":                "*string",
		"Token.JWT":                        "string",
		"Environment.Maintenance":          "*bool",
	} {
		model, name, _ := strings.Cut(member, ".")
		if got := fieldType(pkg, model, name); got != want {
			t.Errorf("%s is %q, want %s", member, got, want)
		}
	}
	for _, want := range []string{
		"old.yml:25: Session: no member last_active_organization_id; the runtime uses it, so it is added",
		"old.yml:18: Client: member updated_at is string; the runtime uses it as Timestamp, so it is that",
		"description: no type Token; the runtime uses it, so it is added",
	} {
		if !slices.Contains(out.Summary.Warnings, want) {
			t.Errorf("no warning %s in\n%s", want, strings.Join(out.Summary.Warnings, "\n"))
		}
	}
	if code := string(out.Files["fapi/client.go"]); !strings.Contains(code, "responseIsClient()") {
		t.Errorf("the answer of GET /v1/client is not taken for the client:\n%s", code)
	}
}

// fieldType is the Go type of a member inside its package, "" when there is none.
func fieldType(pkg *types.Package, model, name string) string {
	object := pkg.Scope().Lookup(model)
	if object == nil {
		return ""
	}
	members, ok := object.Type().Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	for f := range members.Fields() {
		if f.Name() == name {
			return types.TypeString(f.Type(), types.RelativeTo(pkg))
		}
	}
	return ""
}

func TestAStrictRunIsGivenNothing(t *testing.T) {
	cfg := suppliedConfig(t)
	cfg.Strict = true
	_, err := Generate(cfg)
	if err == nil || !strings.Contains(err.Error(), "runtime contract: no type Client; the runtime uses it") {
		t.Errorf("%v", err)
	}
}
