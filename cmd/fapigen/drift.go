package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

type driftFlags struct {
	overlays   []string
	noDefaults bool
	apiVersion string
	format     string
	failOn     string
}

func driftCommand() *cobra.Command {
	var flags driftFlags
	cmd := &cobra.Command{
		Use:   "drift OLD NEW",
		Short: "What changed between two descriptions, and what it means for Go users",
		Long: "drift compares two descriptions, YAML or JSON, published or pinned. It tells how the generated Go API changes and\n" +
			"which version that asks for, what the same Go code does otherwise on the wire, what changed in the descriptions,\n" +
			"each shared schema once, and which patches have another outcome. Names that are gone count as kept where the names\n" +
			"lock would keep them; --no-default-overlays leaves out the lock too. Exit status 1 is for --fail-on only.",
		Example: "  fapigen drift fapi_swagger.json 2026-06-30.yml\n" +
			"  fapigen drift --format markdown --fail-on breaking old.yml new.yml > drift.md",
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 2:
				return nil
			case 1:
				return errors.New("drift: 1 description given; it compares two, OLD and NEW")
			}
			return fmt.Errorf("drift: %d descriptions given; it compares two, OLD and NEW", len(args))
		},
		RunE: func(cmd *cobra.Command, args []string) error { return drift(cmd, flags, args[0], args[1]) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&flags.overlays, "overlay", nil, "overlay to apply after the built-in ones, on both sides; may be repeated")
	f.BoolVar(&flags.noDefaults, "no-default-overlays", false, "leave out the built-in overlays and the names lock")
	f.StringVar(&flags.apiVersion, "api-version", "", "dated API version of both, over the descriptions' own")
	f.StringVar(&flags.format, "format", "text", "text (one screen), markdown (all of it, for a pull request) or json")
	f.StringVar(&flags.failOn, "fail-on", "", "exit 1 on breaking (the Go API breaks, or calls may fail) or any change")
	return cmd
}

var (
	driftFormats = []string{"text", "markdown", "json"}
	driftFailOn  = []string{"", "breaking", "any"}
)

func drift(cmd *cobra.Command, flags driftFlags, oldName, newName string) error {
	switch {
	case !slices.Contains(driftFormats, flags.format):
		return fmt.Errorf("--format %s: text, markdown and json are known", flags.format)
	case !slices.Contains(driftFailOn, flags.failOn):
		return fmt.Errorf("--fail-on %s: breaking and any are known", flags.failOn)
	case oldName == "-" && newName == "-":
		return errors.New("drift: only one side can be standard input")
	}
	sides := make([]generator.Config, 2)
	for i, name := range []string{oldName, newName} {
		in := inputFlags{spec: name, overlays: flags.overlays, noDefaults: flags.noDefaults, apiVersion: flags.apiVersion}
		cfg, err := in.config(cmd.InOrStdin())
		if err != nil {
			return err
		}
		cfg.MustFit = 0 // what differs is asked, whatever it is
		sides[i] = cfg
	}
	progress(cmd.ErrOrStderr(), "comparing %s with %s", oldName, newName)
	d, err := compare(sides[0], sides[1], !flags.noDefaults)
	if err != nil {
		return err
	}
	if err := printDrift(cmd, d, flags.format); err != nil {
		return err
	}
	switch {
	case flags.failOn == "any" && !d.Empty(), flags.failOn == "breaking" && d.Breaking():
		return errFound
	case flags.failOn == "breaking" && d.SDK.Unknown != "":
		return fmt.Errorf("drift: whether it breaks is not known: %s", d.SDK.Unknown)
	}
	return nil
}

// compare generates both sides under the default module path: it is part of no Go API.
func compare(old, new generator.Config, lock bool) (*generator.Drift, error) {
	old.Module, new.Module = defaultModule, defaultModule
	return generator.CompareDescriptions(old, new, lock)
}

func printDrift(cmd *cobra.Command, d *generator.Drift, format string) error {
	switch format {
	case "markdown":
		return d.Markdown(cmd.OutOrStdout())
	case "json":
		return printJSON(cmd.OutOrStdout(), d)
	}
	return d.Text(cmd.OutOrStdout())
}

// driftFrom is what changes since the description that was pinned before; nil when there was none. One that cannot be read
// is told and is no failure.
func driftFrom(stderr io.Writer, old, now generator.Config) *generator.Drift {
	if old.Spec.Data == nil {
		return nil
	}
	old.Pinned, now.Pinned = false, false // names and sentences are not adapted yet
	d, err := compare(old, now, true)
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintf(stderr, "warning: no drift: %s\n", generator.OneLine(line))
		return nil
	}
	return d
}

// keepNames notes in the names lock of the current folder what the new description retires.
func keepNames(old generator.Config, d *generator.Drift) error {
	if d == nil || d.KeptLock() == nil || old.Lock.Builtin || bytes.Equal(d.KeptLock(), old.Lock.Data) {
		return nil
	}
	return writeFile(fapigen.LockFile, d.KeptLock())
}
