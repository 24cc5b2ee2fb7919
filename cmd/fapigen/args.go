package main

// Arguments and flags that are wrong: one line each, with a suggestion on a near miss.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fapigen/fapigen/generator"
)

// noArgs refuses arguments. Of a command with verbs one is a verb that is not there.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return fmt.Errorf("%s: takes no argument, but got %q", verbOf(cmd), args[0])
	}
	var verbs []string
	for _, c := range cmd.Commands() {
		verbs = append(verbs, c.Name())
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), generator.DidYouMean(args[0], verbs))
}

// wants refuses another number of arguments than one; with more it takes any but none.
func wants(what string, more bool) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("%s: no argument given; it takes %s", verbOf(cmd), what)
		case len(args) > 1 && !more:
			return fmt.Errorf("%s: %d arguments given; it takes one, %s", verbOf(cmd), len(args), what)
		}
		return nil
	}
}

// verbOf is the command without the program's name.
func verbOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// badFlag adds the flag that may have been meant.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, generator.DidYouMean("--"+unknown.GetSpecifiedName(), names))
}

// noEmptyFlag refuses flags that were given without a value, as a variable that is not set gives them.
func noEmptyFlag(cmd *cobra.Command, _ []string) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		list, isList := f.Value.(pflag.SliceValue)
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = fmt.Errorf("--%s: given without a value", f.Name)
		} else if isList && slices.Contains(list.GetSlice(), "") {
			err = fmt.Errorf("--%s: given without a value", f.Name)
		}
	})
	return err
}
