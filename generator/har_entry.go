package generator

// One entry of a HAR. Only what observe needs is decoded, and each field in all the types that exporters give it: nothing
// that is of another type may cost the rest of the entry.

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

type harEntry struct {
	creator string // of the file, when it stands before the entries

	Request struct {
		Method      harText  `json:"method"`
		URL         harText  `json:"url"`
		Headers     harPairs `json:"headers"`
		QueryString harPairs `json:"queryString"`
		BodySize    harText  `json:"bodySize"`
		PostData    harBody  `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  harStatus `json:"status"`
		Headers harPairs  `json:"headers"`
		Content harBody   `json:"content"`
	} `json:"response"`
}

// harText is a text. A number, or an object that a tool has put in place of its text, is taken as it is written.
type harText string

func (t *harText) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] == '"' && (bytes.IndexByte(data, '\\') >= 0 || !utf8.Valid(data)):
		return json.Unmarshal(data, (*string)(t))
	case data[0] == '"': // as most are: nothing to decode
		*t = harText(data[1 : len(data)-1])
	case data[0] != 'n': // null leaves it as it is
		*t = harText(data)
	}
	return nil
}

// harStatus is a status, which some write as text or with a fraction; 0 when it is none.
type harStatus int

func (s *harStatus) UnmarshalJSON(data []byte) error {
	var t harText
	_ = t.UnmarshalJSON(data) // of valid JSON it never fails
	number, _, _ := strings.Cut(strings.TrimSpace(string(t)), " ")
	if f, err := strconv.ParseFloat(number, 64); err == nil && f == math.Trunc(f) && f >= 0 && f < 1000 {
		*s = harStatus(f)
	}
	return nil
}

type harPair struct {
	Name  harText `json:"name"`
	Value harText `json:"value"`
}

// harPairs are names and values; some write them as the members of an object.
type harPairs []harPair

func (p *harPairs) UnmarshalJSON(data []byte) error {
	if data[0] == '{' {
		var members map[string]harText
		_ = json.Unmarshal(data, &members) // valid already, and never of another type
		for name, value := range members {
			*p = append(*p, harPair{harText(name), value})
		}
		return nil
	}
	_ = json.Unmarshal(data, (*[]harPair)(p)) // an item that is no pair is one without a name
	return nil
}

// get is the value of a header, whose case depends on the protocol's version; several are joined with commas.
func (p harPairs) get(header string) string {
	var values []string
	for _, h := range p {
		if strings.EqualFold(string(h.Name), header) {
			values = append(values, string(h.Value))
		}
	}
	return strings.Join(values, ", ")
}

// harBody is a content or a postData: the two differ in nothing that matters here.
type harBody struct {
	MimeType harText  `json:"mimeType"`
	Text     harText  `json:"text"`
	Encoding harText  `json:"encoding"`
	File     harText  `json:"_file"` // beside the HAR: Playwright's way
	Params   harPairs `json:"params"`
}

func (b *harBody) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return b.Text.UnmarshalJSON(data)
	}
	type plain harBody
	_ = json.Unmarshal(data, (*plain)(b)) // what is no object has no members
	return nil
}

// recorded reports whether there is anything of the body.
func (b *harBody) recorded() bool {
	return strings.TrimSpace(string(b.Text)) != "" || b.File != "" || len(b.Params) > 0
}

// sent reports whether the request had a body, recorded or not.
func (e *harEntry) sent() bool {
	for _, size := range []string{string(e.Request.BodySize), e.Request.Headers.get("Content-Length")} {
		if n, err := strconv.ParseFloat(size, 64); err == nil && n > 0 {
			return true
		}
	}
	return e.Request.PostData.recorded()
}

// bodyless reports whether the response has no body whatever the description says.
func (e *harEntry) bodyless() bool {
	return e.Response.Status == http.StatusNoContent || e.Response.Status == http.StatusResetContent
}

// media is the media type. Some exporters leave it to the headers.
func (b *harBody) media(headers harPairs) string {
	media := mediaType(string(b.MimeType))
	if media == "" || media == "x-unknown" {
		media = mediaType(headers.get("Content-Type"))
	}
	return media
}
