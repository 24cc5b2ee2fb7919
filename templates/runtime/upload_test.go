package fapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

type testUploadParams struct {
	File *Upload `form:"file"`
	Note *string `form:"note"`
	Tags []string
}

// testParts reads a multipart body as "name|filename|content type|content" lines.
func testParts(t *testing.T, contentType, body string) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		t.Fatalf("content type %q: %v", contentType, err)
	}
	var out strings.Builder
	for r := multipart.NewReader(strings.NewReader(body), params["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(strings.Join([]string{part.FormName(), part.FileName(), part.Header.Get("Content-Type"), string(content)}, "|") + "\n")
	}
}

// clerk-js: Image.ts sends one part named `file`.
func TestMultipart(t *testing.T) {
	tests := []struct {
		rule   string
		params testUploadParams
		opts   []RequestOption
		known  bool // the length is announced
		want   string
	}{
		{"a file that can seek", testUploadParams{File: &Upload{Name: "a.png", ContentType: "image/png", Reader: strings.NewReader("PNG")}}, nil, true,
			"file|a.png|image/png|PNG\n"},
		{"a file that cannot", testUploadParams{File: &Upload{Reader: io.MultiReader(strings.NewReader("PNG"))}}, nil, false,
			"file|file|application/octet-stream|PNG\n"},
		{"fields come first", testUploadParams{File: &Upload{Reader: strings.NewReader("")}, Note: Ptr("x")}, []RequestOption{WithForm("more", "y")}, true,
			"note|||x\nmore|||y\nfile|file|application/octet-stream|\n"},
		{"no file", testUploadParams{Note: Ptr("x")}, nil, true, "note|||x\n"},
		{"a name cannot break out", testUploadParams{File: &Upload{Name: "a\"\r\nb", Reader: strings.NewReader("x")}}, nil, true,
			"file|a\"%0D%0Ab|application/octet-stream|x\n"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, seen := testServer(t, func(w http.ResponseWriter, r *http.Request) {
				if (r.ContentLength >= 0) != tt.known {
					t.Errorf("content length %d", r.ContentLength)
				}
				w.WriteHeader(204)
			})
			if err := callEmpty(t.Context(), c, post("/v1/me/profile_image").multipart(tt.params), tt.opts); err != nil {
				t.Fatal(err)
			}
			got := (*seen)[0]
			if parts := testParts(t, got.Header.Get("Content-Type"), got.Body); parts != tt.want {
				t.Errorf("got %q, want %q", parts, tt.want)
			}
		})
	}
	t.Run("a file without a reader is refused", func(t *testing.T) {
		r := post("/v1/me/profile_image").multipart(testUploadParams{File: &Upload{}})
		if r.err == nil || r.err.Error() != "param file: upload: no Reader" {
			t.Errorf("got %v", r.err)
		}
	})
}

func TestOctets(t *testing.T) {
	middle := bytes.NewReader([]byte("skip data"))
	if _, err := middle.Seek(5, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		rule        string
		upload      Upload
		contentType string
		body        string
	}{
		{"as it is", Upload{Reader: strings.NewReader("data")}, "application/octet-stream", "data"},
		{"with its type", Upload{Reader: strings.NewReader("data"), ContentType: "image/png"}, "image/png", "data"},
		{"from where the reader stands", Upload{Reader: middle}, "application/octet-stream", "data"},
		{"empty", Upload{Reader: strings.NewReader("")}, "application/octet-stream", ""},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, seen := testServer(t, testReply(204, ""))
			if err := callEmpty(t.Context(), c, put("/v1/organizations/{id}/logo", "org_1").octets(&tt.upload), nil); err != nil {
				t.Fatal(err)
			}
			got := (*seen)[0]
			if got.Header.Get("Content-Type") != tt.contentType || got.Body != tt.body {
				t.Errorf("got %q %q", got.Header.Get("Content-Type"), got.Body)
			}
		})
	}
}

func TestARepeatedUploadBeginsAtItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		c := testStub(func(r *http.Request) (*http.Response, error) {
			part := make([]byte, 3) // a server that answers before it has read all
			n, _ := io.ReadFull(r.Body, part)
			bodies = append(bodies, string(part[:n]))
			if len(bodies) == 1 {
				return testResponse(r, 429, "", "Retry-After: 1"), nil
			}
			return testResponse(r, 204, ""), nil
		})
		reader := strings.NewReader("skip data")
		if _, err := reader.Seek(5, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if err := callEmpty(t.Context(), c, post("/v1/x").octets(&Upload{Reader: reader}), nil); err != nil {
			t.Fatal(err)
		}
		if strings.Join(bodies, "|") != "dat|dat" {
			t.Errorf("got %q", bodies)
		}
	})
}

// net/http may read a body after its answer has come: not past the end of the call, and not beside the next attempt.
func TestAnUploadIsReadByOneAttemptOnly(t *testing.T) {
	s := newSource(strings.NewReader("data"))
	first, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Read(make([]byte, 4)); err == nil {
		t.Error("the first attempt still reads")
	}
	if n, err := second.Read(make([]byte, 2)); n != 2 || err != nil {
		t.Errorf("the second attempt read %d, %v", n, err)
	}
	payload{chunks: []chunk{{file: s}}}.close()
	if _, err := second.Read(make([]byte, 2)); err == nil {
		t.Error("the call is over and still reads")
	}
}
