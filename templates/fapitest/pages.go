package fapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// What the server has beside the API, below /__fapitest: the outbox, and the pages and images that the environment and
// others name. Faults do not meet these requests, and Requests has none of them.

const ownPath = "/__fapitest"

// pageNames are the pages that display_config names.
var pageNames = []string{"home", "sign-in", "sign-in/choose", "sign-up", "user", "organization", "create-organization", "waitlist", "oauth-consent", "default-redirect"}

func (s *Server) pageURL(name string) string { return s.URL() + ownPath + "/pages/" + name }

// imageURL is an image for a user, an organization or a provider.
func (s *Server) imageURL(id string) string {
	return s.URL() + ownPath + "/images/" + strings.ToLower(id)
}

// serveOwn responds to requests for what is not of the API, and reports whether this is one.
func (s *Server) serveOwn(w http.ResponseWriter, r *http.Request) bool {
	path := strings.TrimPrefix(r.URL.Path, "/__clerk")
	front := path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html") // somebody opens the URL that was printed
	if !front && path != ownPath && !strings.HasPrefix(path, ownPath+"/") {
		return false
	}
	s.cors(w.Header(), r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.writeOwn(w, r, http.StatusMethodNotAllowed, "text/plain; charset=utf-8", []byte("Only GET.\n"))
		return true
	}
	status, kind, body := s.own(strings.Trim(strings.TrimPrefix(path, ownPath), "/"))
	s.writeOwn(w, r, status, kind, body)
	return true
}

// own is what stands at a path below /__fapitest.
func (s *Server) own(path string) (status int, kind string, body []byte) {
	const html, text = "text/html; charset=utf-8", "text/plain; charset=utf-8"
	folder, name, _ := strings.Cut(path, "/")
	switch {
	case path == "":
		messages := s.Outbox()
		slices.Reverse(messages)
		return http.StatusOK, html, page(outboxPage, pageData{Root: s.URL() + ownPath, Messages: messages})
	case path == "outbox":
		return http.StatusOK, "application/json", s.outboxJSON()
	case folder == "pages" && slices.Contains(pageNames, name):
		return http.StatusOK, html, page(namedPage, pageData{Root: s.URL() + ownPath, Name: name})
	case folder == "images" && imageName.MatchString(name):
		return http.StatusOK, "image/svg+xml", image(name)
	}
	return http.StatusNotFound, text, []byte("There is no such page.\n")
}

func (s *Server) writeOwn(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// outboxJSON is the list of messages, oldest first.
func (s *Server) outboxJSON() []byte {
	messages := s.Outbox()
	if messages == nil {
		messages = []Message{}
	}
	data, err := json.MarshalIndent(messages, "", "  ")
	if err != nil {
		panic(err) // messages are strings and times
	}
	return append(data, '\n')
}

// pageData is what a page is made of.
type pageData struct {
	Root, Name string // the URL of /__fapitest, the name of the page
	Messages   []Message
}

func page(t *template.Template, data pageData) []byte {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err) // the templates fit what is given to them
	}
	return b.Bytes()
}

const pageHead = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c28; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #ddd; white-space: nowrap; }
td:nth-child(n+3) { overflow-wrap: anywhere; white-space: normal; }
code { font-size: 1.1em; }
</style>
`

var (
	outboxPage = template.Must(template.New("outbox").Parse(pageHead + `<title>Outbox of the fake API</title>
<meta http-equiv="refresh" content="5">
<h1>Outbox</h1>
<p>Nothing is sent anywhere. What the API would send by email, SMS or WhatsApp is here, the newest first, and as <a href="{{.Root}}/outbox">JSON</a>.</p>
{{if .Messages}}<table>
<tr><th>Time (UTC)</th><th>Kind</th><th>To</th><th>Content</th></tr>
{{range .Messages}}<tr><td><time>{{.Time.Format "2006-01-02 15:04:05"}}</time></td><td>{{.Kind}}</td><td>{{.To}}</td><td>{{if .URL}}<a href="{{.URL}}" rel="noreferrer">{{.URL}}</a>{{else}}<code>{{.Code}}</code>{{end}}</td></tr>
{{end}}</table>{{else}}<p>Nothing was sent yet.</p>{{end}}
`))
	namedPage = template.Must(template.New("page").Parse(pageHead + `<title>{{.Name}} - fake API</title>
<h1>{{.Name}}</h1>
<p>This stands for the application's page of this name. The environment's <code>display_config</code> names it; a test names pages of its own there.</p>
<p><a href="{{.Root}}/">Outbox</a></p>
`))
)

var imageName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*$`)

// image is a picture in a color that the name chooses, with the letter that a provider's name begins with.
func image(name string) []byte {
	letter := ""
	if provider, ok := strings.CutSuffix(name, ".svg"); ok {
		letter = strings.ToUpper(provider[:1])
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128"><rect width="128" height="128" fill="hsl(%d 55%% 45%%)"/>`+
		`<text x="64" y="64" fill="#fff" font-family="sans-serif" font-size="72" text-anchor="middle" dominant-baseline="central">%s</text></svg>`,
		crc32.ChecksumIEEE([]byte(name))%360, letter)
}
