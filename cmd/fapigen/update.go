package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

type updateFlags struct {
	apiVersion string
	keepProse  bool
	timeout    time.Duration
}

func updateCommand() *cobra.Command {
	var flags updateFlags
	cmd := &cobra.Command{
		Use:   "update FILE-or-URL",
		Short: "Pin a new description as " + fapigen.SpecFile,
		Long: "update reads a published description, YAML or JSON, folds the bundler's copies of schemas, drops the prose, and\n" +
			"writes it here as " + fapigen.SpecFile + ". Then it tells what changed since the one that was pinned here before,\n" +
			"keeps in names.lock.yaml what is gone, and tells which patches are not applied and what they were before; for an\n" +
			"exit status that goes by them there is patches check. Bad input changes nothing.",
		Example: "  fapigen update 2026-06-30.yml\n  fapigen update https://example.com/fapi/2026-06-30.yml",
		Args:    wants("a file or a URL", false),
		RunE:    func(cmd *cobra.Command, args []string) error { return update(cmd, args[0], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.apiVersion, "api-version", "", "dated API version, over the one in the file or in its name")
	f.BoolVar(&flags.keepProse, "keep-prose", false, "keep the descriptions, summaries and examples")
	f.DurationVar(&flags.timeout, "timeout", 2*time.Minute, "how long a download may take")
	return cmd
}

// update does all that can fail before it writes.
func update(cmd *cobra.Command, from string, flags updateFlags) error {
	src, err := fetch(cmd, from, flags.timeout)
	if err != nil {
		return err
	}
	data, version, folds, err := generator.Pin(src.Name, src.Data, flags.apiVersion, flags.keepProse)
	if err != nil {
		return err
	}
	previous, err := (&inputFlags{}).config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	published := previous // for messages with the lines of what was read
	published.Spec, published.APIVersion = src, version
	warnings, err := loadable(published)
	if err != nil {
		return fmt.Errorf("%s: not pinned: %w", src.Name, err)
	}
	pinned := previous
	pinned.Spec = generator.Source{Name: fapigen.SpecFile, Data: data}
	if previous.Spec.Builtin {
		previous = generator.Config{Lock: previous.Lock} // none was pinned here
	}
	patches, err := generator.ComparePatches(previous, pinned)
	if err != nil {
		return err
	}
	if err := generator.CheckLock(*previous.Lock); err != nil {
		return fmt.Errorf("%s: not pinned: %w", src.Name, err)
	}
	d := driftFrom(cmd.ErrOrStderr(), previous, pinned)
	if err := cmd.Context().Err(); err != nil {
		return fmt.Errorf("%s: interrupted; nothing is pinned", src.Name)
	}
	if err := keepNames(previous, d); err != nil { // first: once the new description is pinned, the old one's types are not known
		return err
	}
	if err := writeFile(fapigen.SpecFile, data); err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	for _, f := range folds {
		fmt.Fprintln(w, f)
	}
	for _, line := range warnings {
		fmt.Fprintf(w, "warning: %s\n", generator.OneLine(line))
	}
	fmt.Fprintf(w, "pinned FAPI %s as %s, %d bytes, %s\n", version, fapigen.SpecFile, len(data), generator.Digest(data)[:19])
	if d != nil {
		d.Patches = nil // told below
		if err := d.Text(w); err != nil {
			return err
		}
	}
	return printStatus(w, patches)
}

// loadable tells whether a description can be generated from, as it is or corrected.
func loadable(cfg generator.Config) (warnings []string, err error) {
	if warnings, err = generator.Validate(cfg); err == nil {
		return warnings, nil
	}
	cfg.Overlays = nil
	return generator.Validate(cfg)
}

// printStatus shows the patches that are not applied, or were not before.
func printStatus(out io.Writer, patches []generator.PatchStatus) error {
	counts := map[string]int{}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range patches {
		counts[string(p.Outcome)]++
		if p.Outcome == generator.Applied && !p.Changed() {
			continue
		}
		before := ""
		if p.Changed() {
			before = "was " + string(p.Before)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s:%d\t%s\n", p.Outcome, generator.OneLine(p.ID), generator.OneLine(p.Kind), generator.OneLine(p.Overlay), p.Line, before)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, p := range patches {
		switch {
		case p.Hint != "":
			fmt.Fprintf(out, "%s; %s\n", generator.OneLine(p.Message), generator.OneLine(p.Hint))
		case p.Message != "":
			fmt.Fprintln(out, generator.OneLine(p.Message))
		}
	}
	_, err := fmt.Fprintf(out, "%d patches: %s\n", len(patches), outcomes(counts))
	return err
}
