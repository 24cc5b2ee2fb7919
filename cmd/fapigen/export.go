package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
)

func patchesExportCommand() *cobra.Command {
	var flags inputFlags
	var out string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "A plain Overlay of the patches, for other tools",
		Long: "export writes an OpenAPI Overlay 1.1.0 of the patches that are applied to the description: without guards and ids,\n" +
			"and without what is stale, absent, in conflict or skipped. Go names, doc sentences and all else that is x-fapigen are left out. Other tools get\n" +
			"from it the description that fapigen generates from.\n\n" +
			"It is about the description as fapigen update pins it, with the bundler's copies of schemas (Client.SignIn-2) folded.\n" +
			"Apply it to that file: in a file as it was published the targets may be missing, or the copies stay uncorrected.",
		Example: "  fapigen patches export --out corrections.overlay.yaml\n  fapigen patches export --spec fapi_swagger.json --overlay acme.yaml",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return patchesExport(cmd, flags, out) },
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "file to write (default, or -: standard output)")
	return cmd
}

func patchesExport(cmd *cobra.Command, flags inputFlags, out string) error {
	cfg, err := flags.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	exported, err := generator.Export(cfg)
	if err != nil {
		return err
	}
	if out == "" || out == "-" {
		_, err = cmd.OutOrStdout().Write(exported.Overlay)
	} else if err = writeFile(out, exported.Overlay); err == nil {
		counts := map[string]int{string(generator.Applied): exported.Applied}
		for _, r := range exported.LeftOut {
			counts[string(r.Outcome)]++
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: patches of FAPI %s: %s\n", out, exported.Version, outcomes(counts))
	}
	if err == nil {
		warnExport(cmd.ErrOrStderr(), cfg.Spec.Name, exported)
	}
	return err
}

// warnExport says what a reader of the overlay alone could not know.
func warnExport(w io.Writer, spec string, e *generator.Exported) {
	for _, r := range e.LeftOut {
		if r.Outcome == generator.Conflict {
			fmt.Fprintf(w, "fapigen: left out: %s\n", generator.OneLine(r.Message))
		}
	}
	if e.Folds > 0 {
		fmt.Fprintf(w, "fapigen: %s: has copies of %d components; apply the overlay to what fapigen update makes of it\n", spec, e.Folds)
	}
}
