package fapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
	"sync/atomic"
)

const (
	contentTypeForm   = "application/x-www-form-urlencoded"
	contentTypeJSON   = "application/json"
	contentTypeOctets = "application/octet-stream"
)

// Upload is a file that a call sends. It is read once, as it is sent; a call is repeated only when Reader can seek.
// After a call that was cancelled, Reader may still be in its last Read.
type Upload struct {
	Name        string    // file name; "" is "file"
	ContentType string    // "" is "application/octet-stream"
	Reader      io.Reader // the content; not closed
}

func (u *Upload) check() error {
	switch {
	case u == nil || u.Reader == nil:
		return errors.New("upload: no Reader")
	case strings.ContainsAny(u.ContentType, "\r\n"):
		return errors.New("upload: ContentType holds a line break")
	}
	return nil
}

func (u *Upload) contentType() string {
	if u.ContentType == "" {
		return contentTypeOctets
	}
	return u.ContentType
}

// payload is the body of a call: a row of chunks that is opened anew for each attempt.
type payload struct {
	contentType string // "" when there is no body
	chunks      []chunk
}

// chunk is text, or a file when that is set.
type chunk struct {
	text []byte
	file *source
}

func textPayload(contentType string, text []byte) payload {
	return payload{contentType, []chunk{{text: text}}}
}

// replayable says whether open works more than once.
func (p payload) replayable() bool {
	for _, c := range p.chunks {
		if c.file != nil && c.file.seeker == nil {
			return false
		}
	}
	return true
}

// open returns the body from its start and its length, -1 when that is unknown.
func (p payload) open(ctx context.Context) (io.Reader, int64, error) {
	if len(p.chunks) == 1 && p.chunks[0].file == nil {
		return bytes.NewReader(p.chunks[0].text), int64(len(p.chunks[0].text)), nil
	}
	length, known := int64(0), true
	readers := make([]io.Reader, 0, len(p.chunks))
	for _, c := range p.chunks {
		if c.file == nil {
			length += int64(len(c.text))
			readers = append(readers, bytes.NewReader(c.text))
			continue
		}
		r, err := c.file.open(ctx)
		if err != nil {
			return nil, 0, err
		}
		known = known && c.file.size >= 0
		length += c.file.size
		readers = append(readers, r)
	}
	if !known {
		length = -1
	}
	return io.MultiReader(readers...), length, nil
}

// close leaves the files to the caller again, but for a Read that is under way.
func (p payload) close() {
	for _, c := range p.chunks {
		if c.file != nil {
			c.file.closed.Store(true)
		}
	}
}

// source is the file of an Upload. net/http may go on reading a body after the answer has come, so every attempt gets a
// handle of its own, and a new one shuts the old one out.
type source struct {
	turn   chan struct{} // held by a Read of the caller's Reader, which may take for ever, and by open
	reader io.Reader
	seeker io.Seeker // nil when the file can be read only once
	start  int64
	size   int64 // -1 when unknown
	handle *sourceHandle
	closed atomic.Bool // to be set while a Read goes on
}

func newSource(r io.Reader) *source {
	s := &source{turn: make(chan struct{}, 1), reader: r, size: -1}
	seeker, ok := r.(io.Seeker)
	if !ok {
		return s
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return s // a pipe says it can seek until it is asked to
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return s
	}
	if _, err = seeker.Seek(start, io.SeekStart); err != nil {
		return s
	}
	s.seeker, s.start, s.size = seeker, start, max(end-start, 0)
	return s
}

// open returns a handle that reads from the start. It waits for the Read of an attempt that is over, no longer than ctx.
func (s *source) open(ctx context.Context) (io.Reader, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("upload: the Reader is still being read: %w", ctx.Err())
	}
	if s.handle != nil {
		if s.seeker == nil {
			return nil, errors.New("upload: Reader cannot be read twice")
		}
		if _, err := s.seeker.Seek(s.start, io.SeekStart); err != nil {
			return nil, fmt.Errorf("upload: %w", err)
		}
	}
	s.handle = &sourceHandle{s}
	return s.handle, nil
}

type sourceHandle struct{ source *source }

// Read reads from the file while this handle is the current one and the call goes on.
func (h *sourceHandle) Read(p []byte) (int, error) {
	h.source.turn <- struct{}{} // handles of earlier attempts hold it no longer than a Read, since open waited for that
	defer func() { <-h.source.turn }()
	if h.source.handle != h || h.source.closed.Load() {
		return 0, errors.New("upload: the attempt is over")
	}
	return h.source.reader.Read(p)
}

// filePart is one file of a multipart body.
type filePart struct {
	name   string
	upload *Upload
}

// multipartPayload writes the fields, then the files, which are streamed.
func multipartPayload(fields values, files []filePart) (payload, error) {
	var b bytes.Buffer
	var p payload
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := w.WriteField(f.key, f.value); err != nil {
			return payload{}, err
		}
	}
	for _, f := range files {
		name := f.upload.Name
		if name == "" {
			name = "file"
		}
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", multipart.FileContentDisposition(f.name, name))
		header.Set("Content-Type", f.upload.contentType())
		if _, err := w.CreatePart(header); err != nil {
			return payload{}, err
		}
		p.chunks = append(p.chunks, chunk{text: bytes.Clone(b.Bytes())}, chunk{file: newSource(f.upload.Reader)})
		b.Reset()
	}
	if err := w.Close(); err != nil {
		return payload{}, err
	}
	p.chunks = append(p.chunks, chunk{text: b.Bytes()})
	p.contentType = w.FormDataContentType()
	return p, nil
}
