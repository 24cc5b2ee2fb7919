package generator

// The members of forms, from the text as it was sent, else from the list that some exporters make of it.

import (
	"bytes"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	urlencoded = "application/x-www-form-urlencoded"
	multiparts = "multipart/form-data"
)

func isForm(media string) bool { return media == urlencoded || media == multiparts }

// form reads the members; errNoBody when there are none.
func (b *harBody) form(files fs.FS, media string, headers harPairs) (url.Values, error) {
	fits := isFormText
	if media == multiparts {
		fits = isMultipart
	}
	data, err := b.read(files, headers, fits)
	var form url.Values
	switch {
	case err != nil && len(b.Params) == 0:
		return nil, err
	case err != nil:
	case media == multiparts:
		form = multipartForm(data, string(b.MimeType), headers.get("Content-Type"))
	case isPrintable(data):
		form = looseQuery(withoutHeaders(string(data)))
	}
	if len(form) > 0 {
		return form, nil
	}
	form = url.Values{}
	b.Params.addTo(form)
	if len(form) == 0 {
		return nil, errNotForm
	}
	return form, nil
}

// addTo adds decoded names and values. Chrome leaves them as they were sent.
func (p harPairs) addTo(form url.Values) {
	for _, pair := range p {
		name, err := url.PathUnescape(string(pair.Name))
		if err != nil {
			name = string(pair.Name)
		}
		if name != "" {
			form.Add(name, string(pair.Value))
		}
	}
}

var paddedOnly = regexp.MustCompile(`^[A-Za-z0-9+/_\r\n-]+=*\s*$`)

// isFormText reports whether a text has the members of a form. One that may be base64 does not show any.
func isFormText(data []byte) bool {
	return isPrintable(data) && bytes.IndexByte(data, '=') > 0 && !paddedOnly.Match(data)
}

// isPrintable reports whether the bytes are a text.
func isPrintable(data []byte) bool {
	return utf8.Valid(data) && bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }) < 0
}

// withoutHeaders drops the headers that older Firefox puts before a form.
func withoutHeaders(text string) string {
	if len(text) > 8 && strings.EqualFold(text[:8], "content-") {
		for _, blank := range []string{"\r\n\r\n", "\n\n"} {
			if _, rest, ok := strings.Cut(text, blank); ok {
				return rest
			}
		}
	}
	return text
}

// looseQuery reads a query or a form as browsers do: a semicolon is a character like others, and so is a percent sign that
// starts no escape.
func looseQuery(text string) url.Values {
	form := url.Values{}
	for pair := range strings.SplitSeq(strings.TrimSpace(text), "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			form.Add(looseUnescape(name), looseUnescape(value))
		}
	}
	return form
}

func looseUnescape(s string) string {
	plain, err := url.QueryUnescape(escapeStray(s))
	if err != nil {
		return s
	}
	return plain
}

var percent = regexp.MustCompile(`%([0-9A-Fa-f]{2})?`)

// escapeStray makes an escape of every percent sign that starts none.
func escapeStray(s string) string {
	return percent.ReplaceAllStringFunc(s, func(found string) string {
		if found == "%" {
			return "%25"
		}
		return found
	})
}

// looseURL reads the URL of a request, also one that is not escaped as it should be.
func looseURL(s string) (*url.URL, error) {
	if u, err := url.Parse(s); err == nil {
		return u, nil
	}
	s, _, _ = strings.Cut(s, "#")
	address, query, _ := strings.Cut(s, "?")
	var b strings.Builder
	for _, c := range []byte(escapeStray(address)) {
		if c <= ' ' || c == 0x7f {
			b.WriteString(url.PathEscape(string(rune(c))))
		} else {
			b.WriteByte(c)
		}
	}
	u, err := url.Parse(b.String())
	if err == nil {
		u.RawQuery = query
	}
	return u, err
}

func isMultipart(data []byte) bool {
	return bytes.Contains(bytes.ToLower(data), []byte("content-disposition:"))
}

var boundaryLine = regexp.MustCompile(`(?m)^--(\S+)[ \t\r]*$`)

// multipartForm reads the parts. The boundary is the one of the text: what is declared may have been left out or cut.
func multipartForm(data []byte, declared ...string) url.Values {
	var boundaries []string
	if m := boundaryLine.FindSubmatch(data); m != nil {
		boundaries = append(boundaries, string(m[1]))
	}
	for _, text := range declared {
		if _, params, err := mime.ParseMediaType(text); err == nil && params["boundary"] != "" {
			boundaries = append(boundaries, params["boundary"])
		}
	}
	for _, boundary := range boundaries {
		if form := partsOf(data, boundary); len(form) > 0 {
			return form
		}
	}
	return nil
}

// partsOf reads as many parts as there are whole. The content of a file is none of a form's words.
func partsOf(data []byte, boundary string) url.Values {
	form := url.Values{}
	for parts := multipart.NewReader(bytes.NewReader(data), boundary); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return form
		}
		value := []byte{}
		if media := part.Header.Get("Content-Type"); part.FileName() == "" && (media == "" || strings.HasPrefix(media, "text/")) {
			value, _ = io.ReadAll(io.LimitReader(part, 1<<10))
		}
		if name := part.FormName(); name != "" {
			form.Add(name, string(value))
		}
	}
}
