package fapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// WithRecorder writes every attempt to w as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), for `fapigen
// observe` to compare with the description, or for a bug report. It redacts as it writes: of requests and answers only
// the shape is kept, which is types, names of members, null, booleans, and words such as "complete" under keys such as
// "status". Hosts, ids, headers other than the content type, cookies, credentials, codes and whatever users typed are
// never written, nor are the members of metadata.
//
// One attempt is one Write, on the goroutine of the call, under a lock. An error of w never reaches the call: it is
// logged once, and nothing more is recorded. Close of a Clerk ends the file, as valid JSON; NewAPI has no Close, and a
// program may be killed: without the end, which is "]}}", fapigen observe reads the file all the same.
// w is not closed. The Option keeps the state of the file, so it belongs to one Clerk or API. nil records nothing.
func WithRecorder(w io.Writer) Option {
	if w == nil {
		return func(*config) {}
	}
	r := &recorder{w: w}
	return func(c *config) { c.recorder = r }
}

// recorder writes one HAR.
type recorder struct {
	mu    sync.Mutex
	w     io.Writer
	begun bool
	ended bool // by Close, or by an error of w
}

const (
	recordingEnd  = "\n]}}\n"
	recordingHost = "https://fapi.example"
)

// record writes one attempt. a is nil when no answer came.
func (r *recorder) record(k *call, req *http.Request, a *answer, start time.Time) {
	line, err := json.Marshal(newRecordedEntry(k, req, a, start))
	if err == nil {
		err = r.write(line)
	}
	if err != nil {
		k.logger.Warn("fapi: the recording ends here", slog.String("error", redact(fmt.Sprint(err))))
	}
}

// write adds an entry. Its error is told once: after it there is nothing more to write.
func (r *recorder) write(entry []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil
	}
	text := make([]byte, 0, len(entry)+128)
	text = append(append(text, r.lead()...), entry...)
	return r.put(text)
}

// lead is what stands before the next entry.
func (r *recorder) lead() string {
	if r.begun {
		return ",\n"
	}
	r.begun = true
	return `{"log":{"version":"1.2","creator":{"name":"fapigen","version":"` + APIVersion + `"},"entries":[` + "\n"
}

func (r *recorder) put(text []byte) error {
	_, err := r.w.Write(text)
	r.ended = r.ended || err != nil
	return err
}

// end makes the file whole; later entries are dropped.
func (r *recorder) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil
	}
	text := recordingEnd
	if !r.begun {
		text = r.lead() + "]}}\n"
	}
	err := r.put([]byte(text))
	r.ended = true
	return err
}

// The members that HAR 1.2 asks for.
type (
	recordedEntry struct {
		StartedDateTime string           `json:"startedDateTime"`
		Time            float64          `json:"time"` // milliseconds
		Request         recordedRequest  `json:"request"`
		Response        recordedResponse `json:"response"`
		Cache           struct{}         `json:"cache"`
		Timings         recordedTimings  `json:"timings"`
	}
	recordedRequest struct {
		Method      string           `json:"method"`
		URL         string           `json:"url"`
		HTTPVersion string           `json:"httpVersion"`
		Cookies     []recordedMember `json:"cookies"`
		Headers     []recordedMember `json:"headers"`
		QueryString []recordedMember `json:"queryString"`
		PostData    *recordedBody    `json:"postData,omitempty"`
		HeadersSize int              `json:"headersSize"`
		BodySize    int              `json:"bodySize"`
	}
	recordedResponse struct {
		Status      int              `json:"status"`
		StatusText  string           `json:"statusText"`
		HTTPVersion string           `json:"httpVersion"`
		Cookies     []recordedMember `json:"cookies"`
		Headers     []recordedMember `json:"headers"`
		Content     recordedContent  `json:"content"`
		RedirectURL string           `json:"redirectURL"`
		HeadersSize int              `json:"headersSize"`
		BodySize    int              `json:"bodySize"`
	}
	recordedMember struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	recordedBody struct {
		MimeType string           `json:"mimeType"`
		Params   []recordedMember `json:"params"`
		Text     string           `json:"text"`
	}
	recordedContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	recordedTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

func newRecordedEntry(k *call, req *http.Request, a *answer, start time.Time) recordedEntry {
	elapsed := float64(time.Since(start).Microseconds()) / 1000
	none := []recordedMember{}
	e := recordedEntry{StartedDateTime: start.UTC().Format("2006-01-02T15:04:05.000Z"), Time: elapsed}
	e.Timings.Wait = elapsed
	e.Request = recordedRequest{Method: req.Method, HTTPVersion: "HTTP/1.1", Cookies: none, Headers: none, PostData: k.recordedBody(),
		HeadersSize: -1, BodySize: -1}
	e.Request.URL, e.Request.QueryString = k.recordedURL(req)
	e.Response = recordedResponse{HTTPVersion: "HTTP/1.1", Cookies: none, Headers: none, HeadersSize: -1, BodySize: -1}
	if a == nil {
		return e
	}
	e.Response.Status, e.Response.StatusText = a.status, http.StatusText(a.status)
	if media := mediaType(a.header.Get("Content-Type")); media != "" {
		e.Response.Content.MimeType = media
		e.Response.Headers = []recordedMember{{"Content-Type", media}}
	}
	e.Response.Content.Text = recordedJSON(a.body)
	e.Response.Content.Size = len(e.Response.Content.Text)
	return e
}

// mediaType is a content type without parameters, or "" when it is not one of those that FAPI answers with.
func mediaType(header string) string {
	media, _, _ := strings.Cut(header, ";")
	switch media = strings.ToLower(strings.TrimSpace(media)); media {
	case contentTypeJSON, contentTypeForm, contentTypeOctets, "multipart/form-data", "text/html", "text/plain", "application/xml", "text/xml":
		return media
	}
	if strings.HasSuffix(media, "+json") {
		return contentTypeJSON
	}
	return ""
}

// recordedURL has the path template in place of the path.
func (k *call) recordedURL(req *http.Request) (string, []recordedMember) {
	members := []recordedMember{}
	var query values
	for i, text := range strings.Split(req.URL.RawQuery, "&") {
		p, ok := parsePair(text)
		if !ok {
			continue
		}
		m := recordedPair(p, i)
		if p.key == "_method" {
			m.Value = http.MethodPost
			for _, verb := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				if p.value == verb {
					m.Value = verb
				}
			}
		}
		members = append(members, m)
		query.add(m.Name, m.Value)
	}
	path := strings.NewReplacer("{", "%7B", "}", "%7D").Replace(k.request.template)
	if len(query) > 0 {
		path += "?" + query.encode()
	}
	return recordingHost + path, members
}

// parsePair reads one pair of a query; ok is false for what is none.
func parsePair(text string) (p pair, ok bool) {
	key, value, _ := strings.Cut(text, "=")
	var err, valueErr error
	p.key, err = url.QueryUnescape(key)
	p.value, valueErr = url.QueryUnescape(value)
	return p, text != "" && err == nil && valueErr == nil
}

// recordedBody is the body of the request; nil when it has none.
func (k *call) recordedBody() *recordedBody {
	body := &recordedBody{MimeType: mediaType(k.payload.contentType), Params: []recordedMember{}}
	switch k.request.body {
	case bodyJSON:
		body.Text = recordedJSON(k.request.text)
	case bodyOctets:
	default:
		for i, p := range k.request.fields.with(k.options.form, 0) {
			body.Params = append(body.Params, recordedPair(p, i))
		}
		for i, f := range k.request.files {
			body.Params = append(body.Params, recordedMember{recordedName(f.name, i), hiddenText})
		}
	}
	if len(body.Params) == 0 && body.Text == "" {
		return nil
	}
	return body
}
