package fapitest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call is one request while it is answered, under the server's lock.
type call struct {
	*Server
	http         *http.Request
	method, path string // the method is that of _method, when it is tunnelled
	query, form  url.Values
	body         object            // of a JSON request
	args         map[string]string // of the path
	native       bool
	browser      string // the dev browser's token
	client       *client
	session      *session
	changed      bool // the client is worth telling of in an error
	cleared      bool // the client's token is gone
	header       http.Header
	status       int // 0 is 200, or what the operation declares
}

const maxRequest = 16 << 20

// readCall reads a request whole. A failure is one of the request's form.
func (s *Server) readCall(r *http.Request) (*call, *apiError) {
	c := &call{Server: s, http: r, method: r.Method, query: r.URL.Query(), form: url.Values{}, header: http.Header{}}
	c.path = strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/__clerk"), "/")
	if strings.HasPrefix(c.path, "//") { // clerk-js asks a proxy for API keys so, where it leaves /v1 out
		c.path = c.path[1:]
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxRequest); err != nil {
			return c, fail("malformed_request_parameters", "The request is not a valid form.")
		}
		for name, values := range r.MultipartForm.Value {
			c.form[name] = values
		}
		for name := range r.MultipartForm.File {
			c.form[name] = []string{"(file)"}
		}
		_ = r.MultipartForm.RemoveAll()
	default:
		data, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
		if err != nil {
			return c, fail("malformed_request_parameters", "The request ends early.")
		}
		switch kind {
		case "application/json":
			if len(data) > 0 && json.Unmarshal(data, &c.body) != nil {
				return c, fail("malformed_request_parameters", "The request is not valid JSON.")
			}
		case "application/octet-stream":
			c.form["file"] = []string{"(file)"}
		default:
			form, err := url.ParseQuery(string(data))
			if err != nil {
				return c, fail("malformed_request_parameters", "The request is not a valid form.")
			}
			c.form = form
		}
	}
	for _, values := range []url.Values{c.query, c.form} {
		if verb := strings.ToUpper(values.Get("_method")); verb != "" && r.Method == http.MethodPost {
			c.method = verb
		}
	}
	return c, nil
}

// arg is a value of the form, "" when it is not given, without blanks around it.
func (c *call) arg(name string) string { return strings.TrimSpace(c.raw(name)) }

// raw is a value as it came. Fields of a JSON body count as well.
func (c *call) raw(name string) string {
	if text, ok := c.body[name].(string); ok {
		return text
	}
	return c.form.Get(name)
}

func (c *call) has(name string) bool {
	_, inBody := c.body[name]
	return inBody || c.form.Has(name)
}

func (c *call) flag(name string) bool {
	set, _ := c.body[name].(bool)
	return set || c.arg(name) == "true" || c.arg(name) == "1"
}

// list is a value that may be given more than once.
func (c *call) list(name string) []string {
	if values, ok := c.body[name].([]any); ok {
		var list []string
		for _, v := range values {
			if text, ok := v.(string); ok {
				list = append(list, text)
			}
		}
		return list
	}
	return slices.DeleteFunc(slices.Clone(c.form[name]), func(v string) bool { return v == "" })
}

// object is a value that is JSON text.
func (c *call) object(name string) (object, *apiError) {
	if o, ok := c.body[name].(object); ok {
		return o, nil
	}
	var o object
	if err := json.Unmarshal([]byte(c.arg(name)), &o); err != nil || o == nil {
		return nil, failParam("form_param_format_invalid", name, name+" must be a JSON object.")
	}
	return o, nil
}

// user is whose session it is; only for operations that need one.
func (c *call) user() *user { return c.session.user }

// change notes that the client is another now.
func (c *call) change() {
	c.changed = true
	if c.client != nil {
		c.client.updated = max(c.millis(), c.client.updated+1)
	}
}
