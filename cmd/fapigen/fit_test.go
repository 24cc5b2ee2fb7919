package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const backendSpec = `openapi: 3.0.3
info: {title: Clerk Backend API, version: 2026-05-12}
paths:
  /v1/users:
    get:
      operationId: GetUserList
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}}
components:
  schemas:
    User: {type: object, properties: {id: {type: string}}}
`

func TestCorrectionsAreForTheFrontendAPI(t *testing.T) {
	pinned, err := os.ReadFile("../../fapi_swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, data := range map[string]string{"backend.yml": backendSpec, "frontend.json": string(pinned)} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		"another API": {[]string{"--spec", "backend.yml", "--out", "a"}, exitCannot, "",
			`fapigen: backend.yml: "Clerk Backend API", with 0 of the `},
		"another API, the flag is named": {[]string{"--spec", "backend.yml", "--out", "a"}, exitCannot, "", "--no-default-overlays\n"},
		"another API, checked":           {[]string{"--spec", "backend.yml", "--out", "a", "--check"}, exitCannot, "", "--no-default-overlays\n"},
		"another API, observed":          {[]string{"observe", "--spec", "backend.yml", "none.har"}, exitCannot, "", "--no-default-overlays\n"},
		"another API without corrections": {[]string{"--spec", "backend.yml", "--out", "b", "--no-default-overlays"}, exitDone,
			"\ndescription: \"Clerk Backend API\"\n", ""},
		"another API, how patches fare": {[]string{"patches", "check", "--spec", "backend.yml"}, exitDone, " absent, ", ""},
		"the Frontend API": {[]string{"--spec", "frontend.json", "--out", "c"}, exitDone,
			"\ndescription: \"Clerk Frontend API\", with ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, c.args...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
			}
			if _, err := os.Stat("a"); err == nil {
				t.Error("something is written")
			}
		})
	}
}

func TestHalfOfTheComponentsAreEnough(t *testing.T) {
	t.Chdir(t.TempDir())
	patches := `overlay: 1.0.0
info: {title: Corrections, version: "1"}
actions:
`
	for _, name := range []string{"User", "A", "B", "C"} {
		patches += `  - target: $.components.schemas.` + name + `.properties
    update: {more_` + strings.ToLower(name) + `: {type: string}}
    x-fapigen-patch: {id: more-` + strings.ToLower(name) + `, kind: missing-property, confidence: high, evidence: [a recording]}
`
	}
	if err := os.WriteFile("patches.yaml", []byte(patches), 0o600); err != nil {
		t.Fatal(err)
	}
	for have, want := range []int{exitCannot, exitCannot, exitDone, exitDone, exitDone} { // by the number of components that are there
		spec := strings.ReplaceAll(backendSpec, "schemas/User", "schemas/Thing")
		spec = spec[:strings.Index(spec, "    User:")] + "    Thing: {type: object, properties: {id: {type: string}}}\n"
		for _, name := range []string{"User", "A", "B", "C"}[:have] {
			spec += "    " + name + ": {type: object, properties: {id: {type: string}}}\n"
		}
		if err := os.WriteFile("spec.yml", []byte(spec), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := command(t, "--spec", "spec.yml")
		if code != want {
			t.Errorf("%d of 4 components: exit status %d, want %d\n%s%s", have, code, want, stdout, stderr)
			continue
		}
		if line := fmt.Sprintf("with %d of the 4 components", have); want == exitDone && !strings.Contains(stdout, line) {
			t.Errorf("no %q in %s", line, stdout)
		}
	}
}
