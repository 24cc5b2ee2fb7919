package fapi

import (
	"encoding/json"
	"errors"
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
// One attempt is one Write, and writes come one at a time, on the goroutine of one of the calls. An error of w never reaches
// the call: it is logged once, and nothing more is recorded. Close of a Clerk ends the file, as valid JSON; NewAPI has no Close, and a
// program may be killed: without the end, which is "]}}", fapigen observe reads the file all the same.
// w is not closed. The Option keeps the state of the file, so it belongs to one Clerk or API. nil records nothing.
func WithRecorder(w io.Writer) Option {
	if w == nil {
		return func(*config) {}
	}
	r := &recorder{w: w}
	return func(c *config) { c.recorder = r }
}

// recorder writes one HAR. The writer is called outside of the lock, by one goroutine at a time, which writes what others have
// added meanwhile: a writer may call the API itself, and a slow one delays one call.
type recorder struct {
	w io.Writer

	mu      sync.Mutex
	queue   [][]byte
	begun   bool
	ended   bool          // by Close, or by an error of w
	writing chan struct{} // closed when what is being written is; nil while nobody writes
}

const (
	recordingHead = `{"log":{"version":"1.2","creator":{"name":"fapigen","version":"` + APIVersion + `"},"entries":[` + "\n"
	recordingEnd  = "\n]}}\n"
	recordingHost = "https://fapi.example"
)

// record writes one attempt. a is nil when no answer came.
func (r *recorder) record(k *call, req *http.Request, a *answer, start time.Time) {
	line, err := json.Marshal(newRecordedEntry(k, req, a, start))
	if err == nil {
		r.add(line)
		err = r.flush()
	}
	if err != nil {
		k.logger.Warn("fapi: the recording ends here", slog.String("error", safeText(err)))
	}
}

// add puts an entry into the queue.
func (r *recorder) add(entry []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	lead := ",\n"
	if !r.begun {
		lead, r.begun = recordingHead, true
	}
	r.queue = append(r.queue, append([]byte(lead), entry...))
}

// flush writes the queue, unless somebody is at it. Its error is told once: after it there is nothing more to write.
func (r *recorder) flush() error {
	for {
		r.mu.Lock()
		if r.writing != nil || len(r.queue) == 0 {
			r.mu.Unlock()
			return nil
		}
		next := r.queue[0]
		r.queue = r.queue[1:]
		r.writing = make(chan struct{})
		r.mu.Unlock()
		if err := r.put(next); err != nil {
			return err
		}
	}
}

// put writes one text and gives the writing back, also when the writer panics.
func (r *recorder) put(text []byte) (err error) {
	done := false
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !done || err != nil {
			r.queue, r.ended = nil, true
		}
		close(r.writing)
		r.writing = nil
	}()
	_, err = r.w.Write(text)
	done = true
	return err
}

// end makes the file whole; later entries are dropped. It waits for a writer that is at it, no longer than limit.
func (r *recorder) end(limit time.Duration) error {
	r.mu.Lock()
	if r.ended {
		r.mu.Unlock()
		return nil
	}
	text := recordingEnd
	if !r.begun {
		text = recordingHead + "]}}\n"
	}
	r.queue, r.ended = append(r.queue, []byte(text)), true
	r.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		if err := r.flush(); err != nil {
			return err
		}
		r.mu.Lock()
		writing := r.writing
		r.mu.Unlock()
		if writing == nil {
			return nil
		}
		select {
		case <-writing:
		case <-timer.C:
			return errWriterHangs
		}
	}
}

var errWriterHangs = errors.New("the writer of the recording does not return")

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
