package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Versions of fapigen, Go and the pinned description",
		Long:    "version prints fapigen's own version, Go's, and the version and digest of the description that a plain run reads.",
		Example: "  fapigen version",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			src, err := builtin(fapigen.SpecFile)
			if err != nil {
				return err
			}
			doc, err := generator.ParseDocument(src.Name, src.Data)
			if err != nil {
				return err
			}
			api, err := generator.APIVersion("", doc, src.Name)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "fapigen %s\n%s\nFAPI %s %s\n", ownVersion(), runtime.Version(), api, generator.Digest(src.Data))
			return err
		},
	}
}

// ownVersion is the module version that the binary was built from.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
