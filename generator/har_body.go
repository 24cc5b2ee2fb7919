package generator

// The bytes of a body. Exporters and proxies keep them as text, as base64 with or without saying so, as they were
// compressed on the wire, or in a file of their own. What a body is said to be is tried first; what it is then decides
// whether it makes sense as JSON or as a form.

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
)

// Why a body could not be read. They quote nothing of the recording.
var (
	errNoBody   = errors.New("no body was recorded")
	errNotJSON  = errors.New("not JSON")
	errCutJSON  = errors.New("JSON that ends in the middle")
	errNotForm  = errors.New("not a form")
	errBase64   = errors.New("not base64, though it is said to be")
	errDamaged  = errors.New("compressed, and damaged")
	errCoding   = errors.New("compressed in a way that is not known")
	errLarge    = errors.New("larger than 16 MiB")
	errNoFile   = errors.New("its file is not beside the recording")
	errOutside  = errors.New("its file is not inside the folder of the recording")
	errBadFile  = errors.New("its file cannot be read")
	errNoFolder = errors.New("it is in a file, and the folder of the recording is not known")
)

const (
	maxCodings = 4        // of one body
	maxWindow  = 16 << 20 // of zstd, in bytes: twice what HTTP allows
)

// oneAlphabet turns base64 into that of one line in the standard alphabet.
var oneAlphabet = strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "", "-", "+", "_", "/")

// bodyReader reads one body.
type bodyReader struct {
	codings []string          // as the headers have them
	fits    func([]byte) bool // reports whether the bytes make sense
	failure error             // what went wrong on the way
}

func (r *bodyReader) fail(err error) {
	if r.failure == nil || errors.Is(err, errLarge) {
		r.failure = err
	}
}

// read gives the bytes that fit. Where none do it gives those that were meant, and the error says what went wrong on the
// way, if anything did. It is errNoBody where nothing was recorded.
func (b *harBody) read(files fs.FS, headers harPairs, fits func([]byte) bool) ([]byte, error) {
	r := &bodyReader{codings: codingsOf(headers.get("Content-Encoding")), fits: fits}
	if strings.TrimSpace(string(b.Text)) != "" {
		return r.text(string(b.Text), strings.TrimSpace(string(b.Encoding)))
	}
	if b.File == "" {
		return nil, errNoBody
	}
	data, err := readBeside(files, string(b.File))
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errNoBody
	}
	if out, ok := r.binary(data); ok {
		return out, nil
	}
	return data, r.failure
}

func (r *bodyReader) text(text, encoding string) ([]byte, error) {
	plain, fits := r.accept([]byte(text))
	isBase64 := strings.EqualFold(encoding, "base64")
	if !isBase64 {
		r.codings = append(r.codings, codingsOf(encoding)...)
		if fits {
			return plain, nil
		}
	}
	meant := plain
	if data, ok := fromBase64(text); ok {
		if out, ok := r.binary(data); ok {
			return out, nil
		}
		if isBase64 {
			meant = data
		}
	} else if isBase64 {
		r.fail(errBase64)
	}
	if fits {
		return plain, nil
	}
	if data, ok := fromLatin1(text); ok {
		if out, ok := r.binary(data); ok {
			return out, nil
		}
	}
	return meant, r.failure
}

// accept gives the bytes as UTF-8 without a byte order mark, and whether they fit.
func (r *bodyReader) accept(data []byte) ([]byte, bool) {
	if isUTF16(data) {
		if text, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data); err == nil {
			data = text
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return data, r.fits(data)
}

// binary finds what fits in bytes that may be compressed: as they are, as the headers say, or in any way.
func (r *bodyReader) binary(data []byte) ([]byte, bool) {
	if out, ok := r.accept(data); ok {
		return out, true
	}
	text := isPrintable(data) // then it was decompressed already, whatever the headers say
	out := data
	for _, coding := range slices.Backward(r.codings) {
		var err error
		if out, err = decompress(coding, out); err != nil && !text {
			r.fail(err)
		}
	}
	if out, ok := r.accept(out); ok {
		return out, true
	}
	for _, guess := range knownCodings {
		out, err := decompress(guess.name, data)
		if out, ok := r.accept(out); ok {
			return out, true
		}
		if err != nil && guess.magic != "" && bytes.HasPrefix(data, []byte(guess.magic)) {
			r.fail(err)
		}
	}
	return nil, false
}

// knownCodings are the codings that are read, and what their data starts with where that tells them from any other.
var knownCodings = []struct{ name, magic string }{{"gzip", "\x1f\x8b"}, {"zstd", "\x28\xb5\x2f\xfd"}, {"deflate", ""}, {"br", ""}}

// codingsOf are the content codings of a header, in the order in which they were applied.
func codingsOf(header string) []string {
	var list []string
	for coding := range strings.SplitSeq(header, ",") {
		coding = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(coding)), "x-")
		switch coding {
		case "", "identity", "utf-8", "utf8", "binary", "text", "plain": // the last ones from an entry's own encoding
		default:
			list = append(list, coding)
		}
	}
	if len(list) > maxCodings {
		return []string{"too many"}
	}
	return list
}

// decompress undoes a coding. What came before damage is given too: often only the checksum is lost.
func decompress(coding string, data []byte) ([]byte, error) {
	in := bytes.NewReader(data)
	var from io.Reader
	var err error
	switch coding {
	case "gzip":
		from, err = gzip.NewReader(in)
	case "deflate":
		if from, err = zlib.NewReader(in); err != nil { // some send it without the header of zlib
			from, err = flate.NewReader(bytes.NewReader(data)), nil
		}
	case "br":
		from = brotli.NewReader(in)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)); err == nil {
			defer d.Close()
			from = d
		}
	default:
		return nil, errCoding
	}
	if err != nil {
		return nil, errDamaged
	}
	out, err := io.ReadAll(io.LimitReader(from, maxEntry+1))
	if len(out) > maxEntry {
		return nil, errLarge
	}
	if err != nil {
		err = errDamaged
	}
	return out, err
}

// fromBase64 reads base64 of either alphabet, with or without padding, line breaks and the head of a data URL.
func fromBase64(text string) ([]byte, bool) {
	if head, rest, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(head, "data:") {
		text = rest
	}
	text = strings.TrimRight(oneAlphabet.Replace(text), "=")
	data, err := base64.RawStdEncoding.DecodeString(text)
	return data, err == nil && len(data) > 0
}

// fromLatin1 gives the bytes of a text each of whose characters stands for one.
func fromLatin1(text string) ([]byte, bool) {
	data := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xff {
			return nil, false
		}
		data = append(data, byte(c))
	}
	return data, len(data) < len(text) // otherwise it is ASCII, as it stands
}

// readBeside reads a file in the folder of the recording. The folder is an os.Root, which no link leads out of.
func readBeside(files fs.FS, name string) ([]byte, error) {
	if files == nil {
		return nil, errNoFolder
	}
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if !fs.ValidPath(name) {
		return nil, errOutside
	}
	info, err := fs.Stat(files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoFile
	case errors.Is(err, fs.ErrPermission):
		return nil, errBadFile
	case err != nil:
		return nil, errOutside
	case !info.Mode().IsRegular():
		return nil, errBadFile
	case info.Size() > maxEntry:
		return nil, errLarge
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, errBadFile
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxEntry+1))
	switch {
	case err != nil:
		return nil, errBadFile
	case len(data) > maxEntry:
		return nil, errLarge
	}
	return data, nil
}

// whyNotJSON says what is wrong with a text that is no JSON.
func whyNotJSON(data []byte) error {
	var syntax *json.SyntaxError
	text := bytes.TrimSpace(data)
	var v json.RawMessage
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') && errors.As(json.Unmarshal(text, &v), &syntax) && syntax.Offset >= int64(len(text)) {
		return errCutJSON
	}
	return errNotJSON
}
