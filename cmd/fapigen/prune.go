package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

func patchesPruneCommand() *cobra.Command {
	var flags inputFlags
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove the stale patches from patches.yaml",
		Long: "prune removes the patches that the description has made stale from patches.yaml in the current folder and from the\n" +
			"files given with --overlay. Their lines are cut out, with the comments that are about them alone; all other lines\n" +
			"stay as they are. A patch that is built into the binary is told, and is exit status 1: there is no file to change.",
		Example: "  fapigen patches prune\n  fapigen patches prune --overlay acme.yaml",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return patchesPrune(cmd, flags) },
	}
	flags.register(cmd)
	return cmd
}

func patchesPrune(cmd *cobra.Command, flags inputFlags) error {
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	cfg.MustFit = 0 // how the patches fare is what is asked
	if err := prunable(cfg.Overlays); err != nil {
		return err
	}
	list, err := generator.Prune(cfg)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	if len(list) == 0 {
		_, err = fmt.Fprintln(w, "nothing to prune: no patch is stale")
	}
	for _, p := range list {
		ids := strings.Join(p.IDs, ", ")
		if p.Builtin {
			fmt.Fprintf(w, "%s: built into the binary, no file here to change; stale: %s\n", p.Name, ids)
			err = errFound
			continue
		}
		if err := writeFile(p.Name, p.Data); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: removed %s\n", p.Name, ids)
	}
	return err
}

// prunable refuses what would be pruned wrongly: a file that is applied twice finds all of its own patches stale.
func prunable(overlays []generator.Source) error {
	var seen []os.FileInfo
	for _, src := range overlays {
		if src.Builtin {
			continue
		}
		info, err := os.Stat(src.Name)
		if err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s: no file; prune changes files only", src.Name)
		}
		for _, other := range seen {
			if os.SameFile(info, other) {
				return fmt.Errorf("%s: given twice, so that each of its patches would be stale", src.Name)
			}
		}
		seen = append(seen, info)
	}
	return nil
}
