package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

func updateCommand() *cobra.Command {
	var apiVersion string
	var keepProse bool
	cmd := &cobra.Command{
		Use:   "update FILE-or-URL",
		Short: "Pin a new description as " + fapigen.SpecFile,
		Long: "update reads a published description, YAML or JSON, folds the bundler's copies of schemas, drops the prose, and\n" +
			"writes it here as " + fapigen.SpecFile + ". Then it tells what changed since the one that was\n" +
			"pinned here before, keeps in names.lock.yaml what is gone, and tells the status of every patch. Bad input changes\n" +
			"nothing.",
		Example: "  fapigen update 2026-06-30.yml\n  fapigen update https://example.com/fapi/2026-06-30.yml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return update(cmd, args[0], apiVersion, keepProse)
		},
	}
	cmd.Flags().StringVar(&apiVersion, "api-version", "", "dated API version, over the one in the file or in its name")
	cmd.Flags().BoolVar(&keepProse, "keep-prose", false, "keep the descriptions, summaries and examples")
	return cmd
}

func update(cmd *cobra.Command, from, apiVersion string, keepProse bool) error {
	src, err := fetch(cmd, from)
	if err != nil {
		return err
	}
	data, version, folds, err := generator.Pin(src.Name, src.Data, apiVersion, keepProse)
	if err != nil {
		return err
	}
	pinned := generator.Config{Spec: generator.Source{Name: fapigen.SpecFile, Data: data}}
	if err := generator.Validate(pinned); err != nil {
		return fmt.Errorf("%s: not pinned: %w", src.Name, err)
	}
	before := pinnedBefore()
	if err := writeFile(fapigen.SpecFile, data); err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	for _, f := range folds {
		fmt.Fprintln(w, f)
	}
	fmt.Fprintf(w, "pinned FAPI %s as %s, %d bytes, %s\n", version, fapigen.SpecFile, len(data), generator.Digest(data)[:19])
	if err := tellDrift(cmd, before); err != nil {
		return err
	}
	return patchesCheck(cmd, inputFlags{}, false)
}

// fetch reads a file or downloads a URL, whole or not at all.
func fetch(cmd *cobra.Command, from string) (generator.Source, error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return readSource(from, cmd.InOrStdin())
	}
	shown := u.Redacted()
	progress(cmd.ErrOrStderr(), "fetching %s", shown)
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return generator.Source{}, fmt.Errorf("%s: %w", shown, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if ue := (*url.Error)(nil); errors.As(err, &ue) {
			err = ue.Err // it names the URL again
		}
		return generator.Source{}, fmt.Errorf("%s: %w", shown, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return generator.Source{}, fmt.Errorf("%s: the server answered %s", shown, res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxInput))
	if err != nil {
		return generator.Source{}, fmt.Errorf("%s: the download broke off: %w", shown, err)
	}
	name := path.Base(strings.TrimSuffix(u.Path, "/"))
	return generator.Source{Name: name, Data: data}, nil
}

// writeFile replaces a file whole: a reader, or a kill, finds the old or the new one.
func writeFile(name string, data []byte) error {
	temp, err := os.CreateTemp(".", "."+name+"-*")
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	return nil
}
