//go:build !js

// Browser serves a page whose Go program, compiled to WebAssembly, signs a user in.
//
//	go run ./browser                       # with a fake of the API beside it: sign in as ada+clerk_test@example.com
//	CLERK_PUBLISHABLE_KEY=pk_test_... go run ./browser
//
// The page and the API are of different origins, as in production. A real instance has to know the page's origin: of a
// development instance, http://localhost with any port will do.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/fapigen/fapigen/out/fapitest"
)

//go:embed page
var files embed.FS

const program = "github.com/fapigen/fapigen/examples/browser/app"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to serve the page at")
	key := flag.String("key", os.Getenv("CLERK_PUBLISHABLE_KEY"), "publishable `key` of the instance (default: a fake in this process)")
	proxy := flag.String("proxy", os.Getenv("CLERK_PROXY_URL"), "`URL` to send requests to instead of the instance's own host")
	flag.Parse()
	if err := run(ctx, *addr, *key, *proxy); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, key, proxy string) error {
	if key == "" {
		srv, err := fapitest.New(people...)
		if err != nil {
			return err
		}
		defer srv.Close()
		key, proxy = srv.PublishableKey(), srv.ProxyURL()
		fmt.Println("sign in as ada+clerk_test@example.com; the code is", fapitest.TestCode)
	}
	wasm, err := build(ctx)
	if err != nil {
		return err
	}
	site, err := newSite(ctx, wasm, key, proxy)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	server := &http.Server{Handler: site, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// people are who has an account with the fake.
var people = []fapitest.Option{
	fapitest.WithUser(fapitest.User{FirstName: "Ada", LastName: "Lovelace", Emails: []string{"ada+clerk_test@example.com"}}),
	fapitest.WithOrganization(fapitest.Organization{Name: "Analytical Engines", Members: []fapitest.Member{{User: "ada+clerk_test@example.com", Role: "org:admin"}}}),
	fapitest.WithOrganization(fapitest.Organization{Name: "Royal Society", Members: []fapitest.Member{{User: "ada+clerk_test@example.com"}}}),
}

// build compiles the page's program.
func build(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "app.wasm")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, program)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return os.ReadFile(file)
}

// newSite serves the page, and config.json, the environment variables of its program.
func newSite(ctx context.Context, wasm []byte, key, proxy string) (http.Handler, error) {
	page, err := fs.Sub(files, "page")
	if err != nil {
		return nil, err
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	starter, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]string{"CLERK_PUBLISHABLE_KEY": key, "CLERK_PROXY_URL": proxy})
	if err != nil {
		return nil, err
	}
	small, err := compress(wasm)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	mux.HandleFunc("GET /wasm_exec.js", serve("text/javascript", starter, nil))
	mux.HandleFunc("GET /config.json", serve("application/json", config, nil))
	mux.HandleFunc("GET /app.wasm", serve("application/wasm", wasm, small))
	return policy(mux, proxy), nil
}

// serve answers with content, or with small, its gzip form, to whom that is welcome. A browser that has it asks whether it
// is still the same; of a program it keeps the compiled form then.
func serve(contentType string, content, small []byte) http.HandlerFunc {
	tag := fmt.Sprintf("%x", sha256.Sum256(content))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Vary", "Accept-Encoding")
		body, suffix := content, ""
		if small != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			body, suffix = small, "-gzip"
		}
		w.Header().Set("ETag", `"`+tag+suffix+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

func compress(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// policy tells the browser what a page may do that holds a session: run its own code, and talk to the API.
func policy(next http.Handler, proxy string) http.Handler {
	api := "https:"
	if u, err := url.Parse(proxy); err == nil && u.Host != "" {
		api = u.Scheme + "://" + u.Host
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; connect-src 'self' "+api)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
