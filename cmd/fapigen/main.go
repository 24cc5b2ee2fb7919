// Command fapigen generates a Go SDK from the description of Clerk's Frontend API.
//
//	fapigen --out ./clerk --module example.com/acme/clerk
//
// Run fapigen --help for the verbs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitDone     = 0
	exitProblems = 1 // differences or problems found
	exitCannot   = 2
)

// interruptGrace is how long an interrupted command has to end by itself. Whatever is written then is written whole, or
// mended by the next run.
const interruptGrace = time.Second

// errFound ends a command whose findings are printed already.
var errFound = errors.New("problems found")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ended := quitWhenInterrupted(ctx, func() {
		fmt.Fprintln(os.Stderr, "fapigen: interrupted")
		os.Exit(exitCannot)
	})
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	ended()
	stop()
	os.Exit(code)
}

// quitWhenInterrupted calls quit when ctx ends and the command, which not always hears of it (it may wait for standard
// input, or for the go command), goes on for longer than interruptGrace. After ended, quit is not called any more: what
// ends the context of a command that is done is no interrupt.
func quitWhenInterrupted(ctx context.Context, quit func()) (ended func()) {
	done := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		select {
		case <-done:
		case <-time.After(interruptGrace):
			quit()
		}
	})
	return func() {
		unwatch()
		close(done)
	}
}

// run is the whole command; main only gives it the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	out, errs := &terminal{w: stdout}, &terminal{w: stderr}
	defer out.flush()
	defer errs.flush()
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound):
		return exitProblems
	}
	for _, line := range strings.Split(strings.TrimSpace(err.Error()), "\n") {
		fmt.Fprintln(errs, "fapigen: "+line)
	}
	return exitCannot
}

func rootCommand() *cobra.Command {
	root := generateCommand()
	root.Use = "fapigen"
	root.Short = "Generate a Go SDK from the description of Clerk's Frontend API"
	root.Long = "fapigen reads the description of Clerk's Frontend API, applies corrections, and writes a Go module: models,\n" +
		"endpoint methods, and a stateful client. Without a verb it generates."
	root.SilenceUsage, root.SilenceErrors = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentPreRunE = noEmptyFlag
	root.SetFlagErrorFunc(badFlag)
	verb := generateCommand()
	verb.Use = "generate"
	verb.Short = "Write the module (the default verb)"
	root.AddCommand(verb, patchesCommand(), observeCommand(), updateCommand(), driftCommand(), fakeCommand(), versionCommand())
	return root
}
