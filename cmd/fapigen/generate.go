package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

const defaultModule = "github.com/fapigen/fapigen/out"

type generateFlags struct {
	inputFlags
	out    string
	module string
	check  bool
	json   bool
	alone  bool
}

func generateCommand() *cobra.Command {
	var flags generateFlags
	cmd := &cobra.Command{
		Args: noArgs,
		Example: "  fapigen                                             # regenerate ./out\n" +
			"  fapigen --check                                     # is ./out current?\n" +
			"  fapigen --out ./clerk --module example.com/acme/clerk --overlay my.yaml\n" +
			"  fapigen --out internal/clerk --module example.com/app/internal/clerk    # a package of module example.com/app",
		RunE: func(cmd *cobra.Command, _ []string) error { return generate(cmd, flags) },
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.out, "out", "out", "folder of the module")
	f.StringVar(&flags.module, "module", defaultModule, "import path of the output: a module, or a folder of the module that it lies in")
	f.BoolVar(&flags.check, "check", false, "write nothing; print the difference and exit 1 when the folder is not current")
	f.BoolVar(&flags.alone, "standalone", false, "write a go.mod, also where the folder is a package of the module that it lies in")
	f.BoolVar(&flags.json, "json", false, "print the summary as JSON")
	return cmd
}

func generate(cmd *cobra.Command, flags generateFlags) error {
	start := time.Now()
	if err := module.CheckImportPath(flags.module); err != nil {
		return fmt.Errorf("--module %s: not a module path", flags.module)
	}
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	cfg.Module = flags.module
	if !flags.alone && flags.module != defaultModule { // that one is published as a module of its own
		if cfg.NoModFile, err = belongsToModule(flags.out, flags.module); err != nil {
			return err
		}
	}
	progress(cmd.ErrOrStderr(), "generating from %s", cfg.Spec.Name)
	out, err := generator.Generate(cfg)
	if err != nil && cfg.Pinned && !cfg.Spec.Builtin {
		return fmt.Errorf("%w\n%s: what is pinned has to be clean; with --spec %s most of this is told as warnings", err, cfg.Spec.Name, cfg.Spec.Name)
	}
	if err != nil {
		return err
	}
	if flags.check {
		return check(cmd, flags, out, cfg.Lock)
	}
	changed, err := out.Write(flags.out)
	if err != nil {
		return err
	}
	if staleLock(cfg.Lock, out) {
		if err := writeFile(fapigen.LockFile, out.Lock); err != nil {
			return err
		}
	}
	if flags.json {
		return printJSON(cmd.OutOrStdout(), out.Summary)
	}
	printSummary(cmd.OutOrStdout(), out)
	fmt.Fprintf(cmd.OutOrStdout(), "%d files, %d lines of Go in %s; %d changed; %.2f s\n",
		out.Summary.Files, out.Summary.Lines, flags.out, changed, time.Since(start).Seconds())
	return nil
}

// staleLock tells whether the names lock of this folder is not as it ought to be.
func staleLock(lock *generator.Source, out *generator.Output) bool {
	return out.Lock != nil && !bytes.Equal(lock.Data, out.Lock)
}

func check(cmd *cobra.Command, flags generateFlags, out *generator.Output, lock *generator.Source) error {
	differs, err := out.Diff(flags.out)
	if err != nil {
		return err
	}
	if staleLock(lock, out) {
		differs = append(differs, diff.Diff(fapigen.LockFile, lock.Data, fapigen.LockFile+" (generated)", out.Lock)...)
	}
	if flags.json {
		if err := printJSON(cmd.OutOrStdout(), out.Summary); err != nil {
			return err
		}
	} else if len(differs) > 0 {
		if _, err := cmd.OutOrStdout().Write(differs); err != nil {
			return err
		}
	}
	if len(differs) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "fapigen: %s: not current; run fapigen to bring it up to date\n", flags.out)
		return errFound
	}
	return nil
}

// maxWarnings is how many warnings a summary shows: an old description may lack hundreds of things that have sentences.
const maxWarnings = 20

func printSummary(w io.Writer, out *generator.Output) {
	s := out.Summary
	fmt.Fprintf(w, "FAPI %s\n", s.APIVersion)
	fmt.Fprintf(w, "description: %s\n", generator.OneLine(s.Fit.String()))
	for _, in := range out.Inputs {
		origin := ""
		if in.Builtin {
			origin = " (built in)"
		}
		fmt.Fprintf(w, "  %s %s%s\n", in.Digest[:19], in.Name, origin)
	}
	for _, line := range s.Warnings[:min(len(s.Warnings), maxWarnings)] {
		fmt.Fprintf(w, "warning: %s\n", line)
	}
	if more := len(s.Warnings) - maxWarnings; more > 0 {
		fmt.Fprintf(w, "warning: %d more; --json lists them all\n", more)
	}
	fmt.Fprintf(w, "%d operations in %d services, %d types (%d enums), %d params structs\n", s.Operations, s.Services, s.Types, s.Enums, s.Params)
	fmt.Fprintf(w, "patches: %s; missing doc sentences: %d\n", outcomes(s.Patches), s.Missing)
}

func outcomes(counts map[string]int) string {
	var parts []string
	for _, o := range []generator.Outcome{generator.Applied, generator.Stale, generator.Absent, generator.Conflict, generator.Skipped} {
		parts = append(parts, fmt.Sprintf("%d %s", counts[string(o)], o))
	}
	return strings.Join(parts, ", ")
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// progress says on a terminal what takes its time; in a pipe it is silent.
func progress(w io.Writer, format string, args ...any) {
	if t, ok := w.(*terminal); ok && t.isTerminal() {
		fmt.Fprintf(w, format+"\n", args...)
	}
}

// cause drops the path that the message names already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
