package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/fapigen/fapigen/generator"
)

// foreign moves the cursor, clears the screen, turns the direction of text around and starts a line of its own.
const foreign = "x\x1b[2J\u202ey\u009b2Jz\x07\rfapigen: done"

const thingSpec = `openapi: 3.0.3
info: {title: T, version: 2026-05-12}
paths:
  /v1/things:
    get:
      operationId: getThings
      tags: [t]
      parameters: [{name: FOREIGN, in: query, schema: {type: string}}]
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
components:
  schemas:
    Thing: {type: object, properties: {id: {type: string}, FOREIGN: {type: string}, kept: {type: string, description: FOREIGN}}}
`

const thingOverlay = `overlay: 1.0.0
info: {title: FOREIGN, version: "1"}
actions:
  - target: $.components.schemas.Thing.properties.id
    description: FOREIGN
    update: {enum: [FOREIGN]}
    x-fapigen-patch: {id: p-one, kind: wrong-type, confidence: FOREIGN, evidence: [FOREIGN]}
`

// command runs the command and returns what it printed.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// isPrintable checks that nothing in the text acts on a terminal.
func isPrintable(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Fatalf("%U is printed: %q", r, text)
		}
	}
}

func TestForeignTextDoesNotActOnTheTerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	quoted, err := json.Marshal(foreign)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "FOREIGN", generator.Terminal(string(quoted)))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("2026-05-12.yml", thingSpec)
	write("2026-05-13.yml", strings.ReplaceAll(strings.ReplaceAll(thingSpec, "FOREIGN: {type: string}, ", ""), "[{name: FOREIGN, in: query, schema: {type: string}}]", "[]"))
	write("ref.yml", strings.ReplaceAll(thingSpec, `"#/components/schemas/Thing"`, "FOREIGN"))
	const recording = "record\u202eing\x1b[2J.har"
	write("overlay.yaml", thingOverlay)
	write(recording, `{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026-05-12T00:00:00Z",
		"request": {"method": "GET", "url": "https://clerk.example.com/v1/things", "headers": [], "queryString": [], "cookies": []},
		"response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "{\"id\":\"1\",\"a\\u001b[2Jb\":1,\"state\":\"\\u202e\"}"}}}]}}`)
	for name, args := range map[string][]string{
		"generate":          {"--spec", "2026-05-12.yml", "--no-default-overlays", "--out", "o1"},
		"generate, $ref":    {"--spec", "ref.yml", "--api-version", "2026-05-12", "--no-default-overlays", "--out", "o2"},
		"generate, strict":  {"--spec", "2026-05-12.yml", "--strict", "--no-default-overlays", "--out", "o3"},
		"summary as JSON":   {"--spec", "2026-05-12.yml", "--no-default-overlays", "--json", "--out", "o4"},
		"drift":             {"drift", "--no-default-overlays", "2026-05-12.yml", "2026-05-13.yml"},
		"drift as Markdown": {"drift", "--no-default-overlays", "--format", "markdown", "2026-05-12.yml", "2026-05-13.yml"},
		"drift as JSON":     {"drift", "--no-default-overlays", "--format", "json", "2026-05-12.yml", "2026-05-13.yml"},
		"patches check":     {"patches", "check", "--spec", "2026-05-12.yml", "--no-default-overlays", "--overlay", "overlay.yaml"},
		"patches explain":   {"patches", "explain", "--spec", "2026-05-12.yml", "--no-default-overlays", "--overlay", "overlay.yaml", "p-one"},
		"patches export":    {"patches", "export", "--spec", "2026-05-12.yml", "--no-default-overlays", "--overlay", "overlay.yaml"},
		"observe":           {"observe", "--spec", "2026-05-12.yml", "--no-default-overlays", recording},
		"observe, overlay":  {"observe", "--spec", "2026-05-12.yml", "--no-default-overlays", "--format", "overlay", recording},
		"a file's name":     {"--spec", "none\x1b[2J.yml"},
		"an argument":       {"no\x1b[2Jverb"},
		"a flag":            {"--no\u202eflag"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stdout, stderr := command(t, args...)
			isPrintable(t, stdout+stderr)
			if text := strings.ToLower(stdout + stderr); !strings.Contains(text, `\u001b`) && !strings.Contains(text, `\u202e`) && !strings.Contains(text, `\x1b`) {
				t.Errorf("printed %q", text)
			}
			if strings.Contains(stdout+stderr, "\nfapigen: done") {
				t.Errorf("a foreign line: %q", stdout+stderr)
			}
			if strings.Contains(name, "JSON") && !json.Valid([]byte(stdout)) {
				t.Errorf("no JSON: %s", stdout)
			}
		})
	}
}

func TestAStatusLineDoesNotActOnTheTerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 4096))
		fmt.Fprint(conn, "HTTP/1.1 500 Oh\x1b]0;owned\x07\u202e no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}()
	code, stdout, stderr := command(t, "update", "http://"+listener.Addr().String()+"/2026-05-12.json")
	isPrintable(t, stdout+stderr)
	if code != exitCannot || !strings.Contains(stderr, `500 Oh\u001b]0;owned\u0007\u202e no`) {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
}

func TestTerminalTakesCharactersInParts(t *testing.T) {
	var b bytes.Buffer
	w := &terminal{w: &b}
	for _, c := range []byte("a\u202eé👩\x1b\xe2") {
		if n, err := w.Write([]byte{c}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	w.flush()
	if want := "a\\u202eé👩\\u001b\ufffd"; b.String() != want {
		t.Errorf("printed %q, want %q", b.String(), want)
	}
}

func TestNothingIsWrittenNextToATextThatIsCode(t *testing.T) {
	t.Chdir(t.TempDir())
	spec := strings.ReplaceAll(thingSpec, "FOREIGN", `"a\n+build windows"`)
	if err := os.WriteFile("2026-05-12.yml", []byte(spec), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "--spec", "2026-05-12.yml", "--no-default-overlays", "--out", "o", "--module", "example.com/m")
	if code != exitDone {
		t.Fatalf("exit status %d: %s%s", code, stdout, stderr)
	}
	files, err := filepath.Glob("o/fapi/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("//go:build windows")) || bytes.Contains(data, []byte("// +build windows")) {
			t.Errorf("%s has the constraint", name)
		}
	}
}
