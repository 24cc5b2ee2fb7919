package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

func patchesExplainCommand() *cobra.Command {
	var flags inputFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "One patch: why, evidence, and the description before and after",
		Long: "explain tells of one patch what it corrects and where that was seen, what became of it, and, when it is applied,\n" +
			"how the description differs before and after it. With --strict a conflict, a stale or an absent patch is exit status 1.",
		Example: "  fapigen patches explain actions-create-organizations-limit-integer\n" +
			"  fapigen patches explain op-create-hosted-auth --spec 2026-06-30.yml",
		Args: wants("the id of a patch", false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return patchesExplain(cmd, flags, args[0], asJSON)
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the explanation as JSON")
	return cmd
}

// explainedPatch is the JSON form: the row of the table, and more.
type explainedPatch struct {
	patchRow
	Description string          `json:"description,omitempty"`
	Since       string          `json:"since,omitempty"`
	Until       string          `json:"until,omitempty"`
	Evidence    []string        `json:"evidence"`
	Actions     []string        `json:"actions"`
	Changes     []explainedDiff `json:"changes"`
}

type explainedDiff struct {
	Target string `json:"target"`
	Where  string `json:"where"`
	Diff   string `json:"diff"`
}

func patchesExplain(cmd *cobra.Command, flags inputFlags, id string, asJSON bool) error {
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	cfg.MustFit = 0 // how the patches fare is what is asked
	list, err := generator.Explain(cfg, id)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), explainedPatches(list))
	} else {
		printExplanations(cmd.OutOrStdout(), list)
	}
	for _, e := range list {
		if err == nil && flags.strict && e.Outcome != generator.Applied && e.Outcome != generator.Skipped {
			return errFound
		}
	}
	return err
}

func explainedPatches(list []generator.Explanation) []explainedPatch {
	all := make([]explainedPatch, 0, len(list))
	for _, e := range list {
		x := explainedPatch{patchRow: rowOf(e.PatchResult), Description: e.Description, Since: e.Since, Until: e.Until,
			Evidence: append([]string{}, e.Evidence...), Actions: e.Actions, Changes: []explainedDiff{}}
		for _, c := range e.Changes {
			x.Changes = append(x.Changes, explainedDiff(c))
		}
		all = append(all, x)
	}
	return all
}

// eachLine puts each text on a line of its own, below the first.
func eachLine(list []string) string {
	lines := make([]string, len(list))
	for i, text := range list {
		lines[i] = generator.OneLine(text)
	}
	return strings.Join(lines, "\n            ")
}

func printExplanations(w io.Writer, list []generator.Explanation) {
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", generator.OneLine(e.ID), e.Outcome)
		for _, line := range []struct{ name, text string }{
			{"why", e.Description}, {"kind", e.Kind}, {"confidence", e.Confidence}, {"since", e.Since}, {"until", e.Until},
			{"evidence", eachLine(e.Evidence)}, {"actions", eachLine(e.Actions)},
		} {
			if line.text != "" {
				fmt.Fprintf(w, "%-11s %s\n", line.name, line.text)
			}
		}
		if e.Message != "" {
			fmt.Fprintln(w, generator.OneLine(e.Message))
		}
		for _, c := range e.Changes {
			fmt.Fprintf(w, "\n@@ %s (%s)\n%s", generator.OneLine(c.Target), generator.OneLine(c.Where), c.Diff)
		}
	}
}
