package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

func patchesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "patches",
		Short:   "Look after the corrections",
		Long:    "patches looks after the corrections of patches.yaml and of the overlays given.",
		Example: "  fapigen patches check",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(patchesCheckCommand(), patchesExplainCommand(), patchesPruneCommand(), patchesExportCommand())
	return cmd
}

func patchesCheckCommand() *cobra.Command {
	var flags inputFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Status of every patch against the description",
		Long: "check tells of every patch whether it applies, is stale (upstream has it), is absent (about something that the\n" +
			"description lacks), is in conflict, or is skipped (outside its versions). Exit status 1 on a conflict, with\n" +
			"--strict also on a stale or an absent patch.",
		Example: "  fapigen patches check\n  fapigen patches check --spec 2026-06-30.yml --strict",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return patchesCheck(cmd, flags, asJSON)
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the table as JSON")
	return cmd
}

// patchRow is one line of the table.
type patchRow struct {
	ID         string            `json:"id"`
	Outcome    generator.Outcome `json:"outcome"`
	Kind       string            `json:"kind,omitempty"`
	Confidence string            `json:"confidence,omitempty"`
	Where      string            `json:"where"`
	Message    string            `json:"message,omitempty"`
}

func rowOf(r generator.PatchResult) patchRow {
	return patchRow{r.ID, r.Outcome, r.Kind, r.Confidence, fmt.Sprintf("%s:%d", r.Overlay, r.Line), r.Message}
}

func patchesCheck(cmd *cobra.Command, flags inputFlags, asJSON bool) error {
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	cfg.MustFit = 0 // how the patches fare is what is asked
	results, err := generator.CheckPatches(cfg)
	if err != nil {
		return err
	}
	rows := make([]patchRow, 0, len(results))
	bad := false
	for _, r := range results {
		rows = append(rows, rowOf(r))
		bad = bad || r.Outcome == generator.Conflict || flags.strict && (r.Outcome == generator.Stale || r.Outcome == generator.Absent)
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), rows)
	} else {
		err = printPatches(cmd, rows)
	}
	if err == nil && bad {
		return errFound
	}
	return err
}

func printPatches(cmd *cobra.Command, rows []patchRow) error {
	counts := map[string]int{}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, r := range rows {
		counts[string(r.Outcome)]++
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Outcome, generator.OneLine(r.ID), generator.OneLine(r.Kind), generator.OneLine(r.Confidence),
			generator.OneLine(r.Where))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Message != "" {
			fmt.Fprintln(cmd.OutOrStdout(), generator.OneLine(r.Message))
		}
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d patches: %s\n", len(rows), outcomes(counts))
	return err
}
