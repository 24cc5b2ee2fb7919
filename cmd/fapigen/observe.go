package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

type observeFlags struct {
	inputFlags
	format   string
	coverage bool
}

func observeCommand() *cobra.Command {
	var flags observeFlags
	cmd := &cobra.Command{
		Use:   "observe FILE.har...",
		Short: "Compare recorded traffic with the description",
		Long: "observe reads HAR files, recorded by a browser, a proxy or the module's own WithRecorder, and tells where the traffic\n" +
			"differs from the patched description: each mismatch once, with how often and where it was seen (file#entry, counted\n" +
			"from 1). --format overlay prints corrections for patches.yaml. Tokens, codes and personal data are dropped before\n" +
			"anything is compared. Bodies that a recording keeps in files of their own are read from its folder. Exit status 1 when\n" +
			"there is a mismatch, or when no response could be compared.",
		Example: "  fapigen observe sign-in.har\n  fapigen observe --format overlay *.har > observed.yaml\n" +
			"  fapigen observe --overlay observed.yaml *.har       # is the same traffic clean now?",
		Args: wants("HAR files", true),
		RunE: func(cmd *cobra.Command, args []string) error { return observe(cmd, flags, args) },
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.format, "format", "text", "text, json or overlay")
	f.BoolVar(&flags.coverage, "coverage", false, "in text, list the operations that were never observed too")
	return cmd
}

func observe(cmd *cobra.Command, flags observeFlags, files []string) error {
	if flags.format != "text" && flags.format != "json" && flags.format != "overlay" {
		return fmt.Errorf("--format %s: text, json and overlay are known", flags.format)
	}
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	o, err := generator.NewObserver(cfg)
	if err != nil {
		return err
	}
	var unread error
	for _, file := range files {
		progress(cmd.ErrOrStderr(), "reading %s", file)
		err := observeFile(cmd.Context(), o, file, shownName(file, files))
		if errors.Is(err, generator.ErrUnclosed) {
			fmt.Fprintf(cmd.ErrOrStderr(), "fapigen: %s\n", err)
			continue
		}
		unread = errors.Join(unread, err)
	}
	seen := o.Observation()
	if seen.Entries.Read == 0 && unread != nil {
		return unread
	}
	if err := printObservation(cmd.OutOrStdout(), seen, flags); err != nil {
		return err
	}
	if seen.Blind() {
		fmt.Fprintln(cmd.ErrOrStderr(), "fapigen: no response could be compared: nothing is known of the responses")
	}
	if unread == nil && (len(seen.Mismatches) > 0 || seen.Blind()) {
		return errFound
	}
	return unread
}

// shownName is the file's own name, unless two files have the same.
func shownName(file string, all []string) string {
	for _, other := range all {
		if other != file && filepath.Base(other) == filepath.Base(file) {
			return filepath.ToSlash(file)
		}
	}
	return filepath.Base(file)
}

func observeFile(ctx context.Context, o *generator.Observer, file, shown string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, cause(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s: a folder", file)
	}
	folder, err := os.OpenRoot(filepath.Dir(file)) // no name and no link in a recording leads out of it
	if err != nil {
		return o.Read(shown, interruptible{ctx, f})
	}
	defer folder.Close()
	return o.ReadWith(shown, interruptible{ctx, f}, folder.FS())
}

// interruptible ends when the command is told to.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

func printObservation(w io.Writer, seen *generator.Observation, flags observeFlags) error {
	switch flags.format {
	case "json":
		return printJSON(w, seen)
	case "overlay":
		fragment, err := seen.Overlay()
		if err == nil {
			_, err = w.Write(fragment)
		}
		return err
	}
	return printText(w, seen, flags.coverage)
}

var mismatchGroups = []struct {
	title string
	kinds []generator.MismatchKind
}{
	{"contradictions", []generator.MismatchKind{generator.MismatchNull, generator.MismatchWrongType, generator.MismatchMissing}},
	{"additions", []generator.MismatchKind{generator.MismatchUnknownMember, generator.MismatchUnknownValue, generator.MismatchUnknownParameter}},
	{"unknown operations", []generator.MismatchKind{generator.MismatchUnknownPath}},
}

func printText(w io.Writer, seen *generator.Observation, coverage bool) error {
	var b strings.Builder
	for _, group := range mismatchGroups {
		var list []generator.Mismatch
		for _, kind := range group.kinds {
			for _, m := range seen.Mismatches {
				if m.Kind == kind {
					list = append(list, m)
				}
			}
		}
		printMismatches(&b, group.title, list)
	}
	printMismatches(&b, "known, not counted", seen.Known)
	if coverage {
		fmt.Fprintln(&b, "never observed:")
		for _, op := range seen.Operations.Never {
			fmt.Fprintf(&b, "  %s\n", generator.OneLine(op))
		}
	}
	printUnread(&b, seen.Unread)
	e := seen.Entries
	fmt.Fprintf(&b, "%d entries", e.Read)
	printCounts(&b, counted{e.Foreign, "of other services"}, counted{e.Failed, "failed"},
		counted{e.Empty, "without JSON"}, counted{e.Large, "too large"})
	printBodies(&b, "responses", e.Responses)
	printBodies(&b, "requests", e.Requests)
	fmt.Fprintf(&b, "%d of %d operations of FAPI %s observed\n", seen.Operations.Observed, seen.Operations.Total, seen.APIVersion)
	fmt.Fprintf(&b, "%d mismatches\n", len(seen.Mismatches))
	_, err := io.WriteString(w, b.String())
	return err
}

type counted struct {
	n    int
	what string
}

// printCounts goes on in a line with those counts that are not 0, and ends it.
func printCounts(b *strings.Builder, counts ...counted) {
	for _, c := range counts {
		if c.n > 0 {
			fmt.Fprintf(b, ", %d %s", c.n, c.what)
		}
	}
	b.WriteByte('\n')
}

func printBodies(b *strings.Builder, subject string, n generator.ObservedBodies) {
	fmt.Fprintf(b, "%s: %d compared", subject, n.Compared)
	printCounts(b, counted{n.NoBody, "without a body"}, counted{n.Unreadable, "unreadable"})
}

func printUnread(b *strings.Builder, list []generator.Unread) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(b, "not compared:")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, u := range list {
		times := "once"
		if u.Count > 1 {
			times = fmt.Sprintf("%d times", u.Count)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", u.Part, u.Reason, times, whereOf(u.Where[0], u.Count))
	}
	_ = w.Flush() // into memory
}

// whereOf names the first of several places.
func whereOf(first string, all int) string {
	if all > 1 {
		return fmt.Sprintf("%s and %d more", first, all-1)
	}
	return first
}

func printMismatches(b *strings.Builder, title string, list []generator.Mismatch) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", title)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, m := range list {
		times := fmt.Sprintf("%d of %d", m.Count, m.Of)
		switch {
		case m.Of >= m.Count:
		case m.Count == 1:
			times = "once"
		default:
			times = fmt.Sprintf("%d times", m.Count)
		}
		detail := m.Detail
		if m.Note != "" {
			detail += " (" + m.Note + ")"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", generator.OneLine(m.Place), generator.OneLine(detail), times, generator.OneLine(whereOf(m.Where[0], m.Entries)))
	}
	_ = w.Flush() // into memory
}
