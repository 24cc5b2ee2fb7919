package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

// fetch reads a file or downloads a URL, whole or not at all.
func fetch(cmd *cobra.Command, from string, timeout time.Duration) (generator.Source, error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		src, err := readSource(from, cmd.InOrStdin())
		if err == nil && isPage(src.Data) {
			err = fmt.Errorf("%s: an HTML page, no description", src.Name)
		}
		return src, err
	}
	shown := u.Scheme + "://" + u.Host + u.Path // neither user nor query: there may be tokens
	progress(cmd.ErrOrStderr(), "fetching %s", shown)
	ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
	defer cancel()
	data, err := download(ctx, from)
	switch {
	case cmd.Context().Err() != nil:
		err = errors.New("interrupted")
	case ctx.Err() != nil:
		err = fmt.Errorf("no whole answer within %s; --timeout gives it longer", timeout)
	case err == nil && isPage(data):
		err = fmt.Errorf("an HTML page, no description%s", rawHint(u))
	}
	if err != nil {
		return generator.Source{}, fmt.Errorf("%s: %w", shown, err)
	}
	return generator.Source{Name: path.Base(strings.TrimSuffix(u.Path, "/")), Data: data}, nil
}

// downloader follows redirects without saying where it comes from: the URL may have a token in its query.
var downloader = &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	for _, name := range []string{"Referer", "Authorization", "Cookie"} { // user and password of a URL are for its own host
		req.Header.Del(name)
	}
	return nil
}}

const maxRedirects = 10

func download(ctx context.Context, from string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, errors.New("no URL that can be fetched")
	}
	res, err := downloader.Do(req)
	if err != nil {
		if ue := (*url.Error)(nil); errors.As(err, &ue) {
			err = ue.Err // it names the URL again, query and all
		}
		if strings.HasPrefix(err.Error(), "failed to parse Location header") {
			err = errors.New("a redirect to no URL") // net/http quotes it
		}
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", generator.OneLine(res.Status))
	}
	if res.ContentLength > generator.MaxDocument {
		return nil, tooLarge(res.ContentLength)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxInput))
	if err != nil {
		return nil, fmt.Errorf("the download broke off: %w", err)
	}
	if len(data) > generator.MaxDocument {
		return nil, tooLarge(0)
	}
	return data, nil
}

// tooLarge says that an input is over the limit; size 0 is one that was not read to its end.
func tooLarge(size int64) error {
	if size == 0 {
		return fmt.Errorf("more than %d MiB, the most that is read", generator.MaxDocument>>20)
	}
	return fmt.Errorf("%.1f MiB; %d MiB is the most that is read", float64(size)/(1<<20), generator.MaxDocument>>20)
}

// isPage tells markup, which no description starts with.
func isPage(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))), []byte("<"))
}

// rawHint is where GitHub has the file that it shows on a page.
func rawHint(u *url.URL) string {
	owner, file, ok := strings.Cut(u.Path, "/blob/")
	if u.Host != "github.com" || !ok {
		return ""
	}
	return "; the file itself is https://raw.githubusercontent.com" + owner + "/" + file
}
