package fapigen_test

// Every fenced block of README.md is run. The comment above a block says how:
//
//	<!-- test: commands -->       a shell script, run at the top of a copy of this repository
//	<!-- test: ci -->             the test command; .ci/run takes it from there and runs it
//	<!-- test: setup -->          a shell script, run in the empty folder of a user's module beside that copy
//	<!-- test: program "TEXT" --> a Go program, run in that module against a server; it prints TEXT
//	<!-- test: snippet "TEXT" --> the same, of statements that may use ctx, api and credential
//	<!-- test: signin -->         the program of a first sign-in, run again and again (readme_signin_test.go)
//	<!-- test: signout -->        statements put at its end
//	<!-- test: file NAME -->      a file at the top of the copy
//	<!-- test: test -->           a Go test, run in that module; check(t, err) fails it
//	<!-- test: served -->         a command that serves until it is interrupted; its address is replaced by a free one

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// block is one fenced block and the comment above it.
type block struct {
	line       int // of the opening fence
	lang, text string
	kind, arg  string
}

var (
	fenced = regexp.MustCompile("(?m)^```(.*)\n((?s:.*?))^```$")
	marked = regexp.MustCompile(`(?:^|\n)<!-- test: (\w+)(?: (.+))? -->\n$`)
)

func blocks(t *testing.T, file string) []block {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	var list []block
	end := 0
	for _, at := range fenced.FindAllStringSubmatchIndex(text, -1) {
		b := block{line: 1 + strings.Count(text[:at[0]], "\n"), lang: text[at[2]:at[3]], text: text[at[4]:at[5]]}
		mark := marked.FindStringSubmatch(text[end:at[0]])
		if mark == nil {
			t.Fatalf("%s:%d: no comment above the block says how it is tested", file, b.line)
		}
		b.kind, b.arg = mark[1], mark[2]
		end = at[1]
		list = append(list, b)
	}
	return list
}

func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command many times")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the README's commands are for a Unix shell")
	}
	list := blocks(t, "README.md")
	if len(list) == 0 {
		t.Fatal("no blocks found")
	}
	work := t.TempDir()
	repo, user := filepath.Join(work, "fapigen"), filepath.Join(work, "signin")
	copyRepo(t, repo)
	if err := os.Mkdir(user, 0o755); err != nil {
		t.Fatal(err)
	}
	writePublished(t, filepath.Join(work, "openapi-specs", "fapi", "2026-06-30.yml"))
	server := httptest.NewServer(fapiServer())
	defer server.Close()

	// A file is written first wherever it stands: a reader saves it before running the command above it.
	for _, b := range list {
		if b.kind == "file" {
			write(t, filepath.Join(repo, b.arg), b.text)
		}
	}
	for _, b := range list {
		t.Run(fmt.Sprintf("%s line %d", b.kind, b.line), func(t *testing.T) {
			switch b.kind {
			case "file": // written above; a command must name it, or nothing would read it
				if !strings.Contains(commands(list), b.arg) {
					t.Errorf("no command reads %s", b.arg)
				}
			case "ci":
				testCommand(t, b)
			case "commands":
				run(t, repo, nil, "bash", "-euc", b.text)
			case "setup":
				run(t, user, offline(server.URL), "bash", "-euc", b.text)
			case "signin": // below, with the block that signs out
			case "signout":
				firstUse(t, user, list)
			case "test":
				goTest(t, user, b)
			case "served":
				served(t, repo, b)
			case "program", "snippet":
				runGo(t, user, offline(server.URL), b)
			default:
				t.Fatalf("README.md:%d: no such kind of block: %s", b.line, b.kind)
			}
		})
	}
	t.Run("README of the module", func(t *testing.T) {
		readme, err := os.ReadFile(filepath.Join(repo, "out", "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		program := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
		if len(program) != 2 {
			t.Fatalf("%d programs in it, want 2", len(program))
		}
		for _, p := range program {
			text := strings.ReplaceAll(string(p[1]), `"https://clerk.example.com"`, strconv.Quote(server.URL))
			text = strings.ReplaceAll(text, `20k")`, `20k", fapi.WithProxyURL(`+strconv.Quote(server.URL)+`))`)
			write(t, filepath.Join(user, "module", "main.go"), text)
			if got := run(t, user, offline(server.URL), "go", "run", "./module"); got != "Acme\n" {
				t.Errorf("printed %q", got)
			}
		}
	})
	t.Run("own module", func(t *testing.T) { checkOwnModule(t, filepath.Join(work, "clerk"), offline(server.URL)) })
}

func commands(list []block) string {
	var b strings.Builder
	for _, each := range list {
		if each.kind == "commands" {
			b.WriteString(each.text)
		}
	}
	return b.String()
}

// offline is the environment of a user of the SDK: nothing but the standard library is needed, so no network.
func offline(url string) []string {
	return []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CLERK_FAPI=" + url, "PASSWORD=correct"}
}

// copyRepo copies what generating needs.
func copyRepo(t *testing.T, to string) {
	for _, name := range []string{"go.mod", "go.sum", "assets.go", "fapi_swagger.json", "patches.yaml", "names.lock.yaml", "overlays", "templates", "generator", "cmd", "testdata/har"} {
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err == nil {
				write(t, filepath.Join(to, path), string(data))
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// writePublished puts a description where a checkout of the published ones would have it, with the version as upstream
// writes it. JSON is YAML too.
func writePublished(t *testing.T, file string) {
	data, err := os.ReadFile("fapi_swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`("version":\s*)"\d{4}-\d\d-\d\d"`)
	if !version.Match(data) {
		t.Fatal("fapi_swagger.json: no dated version")
	}
	write(t, file, string(version.ReplaceAll(data, []byte(`$1"v1"`))))
}

func write(t *testing.T, file, text string) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// mayFail runs a program that may fail, and gives what it printed.
func mayFail(dir string, env []string, name string) string {
	cmd := exec.Command(name)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, _ := cmd.Output() // the output tells
	return string(out)
}

// testCommand checks that .ci/run runs the very command of the README: it takes it by the comment above the block.
func testCommand(t *testing.T, b block) {
	if lines := strings.Split(strings.TrimSpace(b.text), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], "go test -race -timeout ") {
		t.Errorf("README.md:%d: not one test command: %q", b.line, lines)
	}
	got := run(t, ".", nil, ".ci/run", "--test-command")
	if strings.TrimSpace(got) != strings.TrimSpace(b.text) {
		t.Errorf(".ci/run runs %q, the README says %q", got, b.text)
	}
}

// runGo runs a program, or statements with a frame around them, and looks for the wanted text in what it prints.
func runGo(t *testing.T, dir string, env []string, b block) {
	want, err := strconv.Unquote(b.arg)
	if err != nil {
		t.Fatalf("README.md:%d: wanted text %s: %v", b.line, b.arg, err)
	}
	text := b.text
	if b.kind == "snippet" {
		text = frame(text)
	}
	name := fmt.Sprintf("block%d", b.line)
	write(t, filepath.Join(dir, name, "main.go"), text)
	run(t, dir, env, "go", "vet", "./"+name)
	got := run(t, dir, env, "go", "run", "./"+name)
	if !strings.Contains(got, want) {
		t.Errorf("README.md:%d: printed %q, wanted %q in it", b.line, got, want)
	}
}

// goTest runs a test function of the README.
func goTest(t *testing.T, dir string, b block) {
	text := "package first\n\nimport (\n\t\"testing\"\n\n\t\"github.com/fapigen/fapigen/out/fapi\"\n\t\"github.com/fapigen/fapigen/out/fapitest\"\n)\n\n" +
		b.text + "\nfunc check(t *testing.T, err error) {\n\tt.Helper()\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n}\n"
	name := fmt.Sprintf("block%d", b.line)
	write(t, filepath.Join(dir, name, "first_test.go"), text)
	run(t, dir, offline(""), "go", "vet", "./"+name)
	if got := run(t, dir, offline(""), "go", "test", "-v", "./"+name); !strings.Contains(got, "--- PASS: TestSignIn") {
		t.Errorf("README.md:%d: %s", b.line, got)
	}
	if lines := strings.Count(b.text, "\n"); lines > 10 {
		t.Errorf("README.md:%d: a first test of %d lines, more than ten", b.line, lines)
	}
}

// served runs a command that serves, asks what it prints for the environment, and interrupts it.
func served(t *testing.T, repo string, b block) {
	text := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(strings.TrimSpace(b.text), "127.0.0.1:0")
	bin := filepath.Join(t.TempDir(), "fapigen")
	run(t, repo, nil, "go", "build", "-o", bin, "./cmd/fapigen")
	cmd := exec.CommandContext(t.Context(), bin, strings.Fields(strings.TrimPrefix(text, "go run ./cmd/fapigen"))...)
	cmd.Dir = repo
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url, key string
	if _, err := fmt.Fscan(stdout, &url, &key); err != nil || !strings.HasPrefix(key, "pk_test_") {
		t.Errorf("it printed %q and %q: %v", url, key, err)
	} else if resp, err := http.Get(url + "/v1/environment"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", resp, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted it ends with %v", err)
	}
}

// frame makes a program of statements.
func frame(statements string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, path := range []string{"context", "errors", "fmt", "log", "log/slog", "net/http", "os", "time"} {
		name := path[strings.LastIndex(path, "/")+1:]
		if name == "context" || name == "os" || strings.Contains(statements, name+".") {
			fmt.Fprintf(&b, "\t%q\n", path)
		}
	}
	b.WriteString("\n\t\"github.com/fapigen/fapigen/out/fapi\"\n)\n\nfunc main() {\n")
	b.WriteString("\tctx := context.Background()\n\tapi := fapi.NewAPI(os.Getenv(\"CLERK_FAPI\"))\n")
	b.WriteString("\tcredential := fapi.WithHeader(\"Authorization\", \"client-token\")\n\t_, _, _ = ctx, api, credential\n\t{\n")
	return b.String() + statements + "\t}\n}\n"
}

// fapiServer answers what the blocks ask, in the envelopes of the API.
func fapiServer() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/client/sign_ins", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("identifier") != "ada@example.com" || r.FormValue("password") != "correct" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"errors": [{"code": "form_password_incorrect", "message": "is incorrect", "long_message": "Password is incorrect."}]}`)
			return
		}
		w.Header().Set("Authorization", "client-token")
		fmt.Fprint(w, `{"response": {"object": "sign_in_attempt", "id": "sia_1", "status": "complete", "created_session_id": "sess_1"}, "client": null}`)
	})
	mux.HandleFunc("POST /v1/client/sessions/sess_1/tokens", signedIn(`{"jwt": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"}`))
	mux.HandleFunc("GET /v1/me/organization_memberships", signedIn(`{"response": {"data": [
		{"id": "orgmem_1", "role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}], "total_count": 1}, "client": null}`))
	mux.HandleFunc("GET /v1/client", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"response": null, "client": null}`) })
	mux.HandleFunc("GET /v1/environment", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"display_config": {"application_name": "Acme"}}`)
	})
	return mux
}

func signedIn(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "client-token" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errors": [{"code": "authentication_invalid"}]}`)
			return
		}
		fmt.Fprint(w, body)
	}
}

// checkOwnModule looks at the module that the README generates with its own overlay.
func checkOwnModule(t *testing.T, dir string, env []string) {
	program := `package main

import (
	"fmt"

	"example.com/acme/clerk/fapi"
)

func main() {
	var p fapi.Passkey
	var name *string = p.Name
	u := fapi.UserPublicMetadata{Seats: fapi.Ptr(int64(3))}
	fmt.Println(name == nil, *u.Seats, fapi.UserPublicMetadataPlanTeam)
}
`
	write(t, filepath.Join(dir, "readme", "main.go"), program)
	if got, want := run(t, dir, env, "go", "run", "./readme"), "true 3 team\n"; got != want {
		t.Errorf("printed %q, wanted %q", got, want)
	}
}
