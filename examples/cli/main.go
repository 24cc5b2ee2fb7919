// Acme is a program with accounts: it signs its user in by Clerk's Frontend API, from a terminal or from a script, and the
// next run finds the session in a file.
//
//	export CLERK_PUBLISHABLE_KEY=pk_test_...   # of an instance whose Native API is switched on
//	acme login ada@example.com
//	acme whoami
//	curl -H "Authorization: Bearer $(acme token)" https://api.example.com/
//
// Results go to standard output; prompts and remarks go to standard error. The exit status is 0 when all went well, 1 when
// it did not, 2 for a wrong command line, 130 after Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
)

type command struct {
	name, args, does string
	flags            func(*app, *flag.FlagSet) // nil: none of its own
	run              func(*app, context.Context) error
}

var commands = []command{
	{"login", "[IDENTIFIER]", "sign in by password or code; asks for what it needs, or reads it line by line", loginFlags, (*app).login},
	{"whoami", "", "tell who is signed in, and in which organization", nil, (*app).whoami},
	{"token", "", "print a session token, the JWT that a backend verifies", tokenFlags, (*app).token},
	{"orgs", "", "list the user's organizations", nil, (*app).organizations},
	{"switch", "[ORGANIZATION]", "work in another organization, given by slug or id", switchFlags, (*app).switchOrganization},
	{"logout", "", "sign out, here and on the server", nil, (*app).logout},
}

// app is one run of the program.
type app struct {
	key, proxy, state string // flags of every command
	byCode            bool
	second            string
	template          string
	personal          bool

	args     []string // what follows the flags
	out      io.Writer
	terminal *terminal
	clerk    *fapi.Clerk
}

// usageError is a wrong command line.
type usageError struct{ reason string }

func (e usageError) Error() string { return e.reason }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	a := &app{out: os.Stdout, terminal: newTerminal(os.Stdin, os.Stderr)}
	err := a.main(ctx, os.Args[1:])
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "acme: "+explain(err))
	var usage usageError
	switch {
	case errors.As(err, &usage):
		os.Exit(2)
	case ctx.Err() != nil:
		os.Exit(130)
	}
	os.Exit(1)
}

func (a *app) main(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		printUsage(a.out)
		return nil
	}
	for _, c := range commands {
		if c.name == args[0] {
			return a.runCommand(ctx, c, args[1:])
		}
	}
	return usageError{fmt.Sprintf("unknown command %q: acme help lists them all", args[0])}
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, "usage: acme COMMAND [FLAGS] [ARGUMENT]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-22s %s\n", c.name+" "+c.args, c.does)
	}
	fmt.Fprint(w, "\nThe instance is that of --key or CLERK_PUBLISHABLE_KEY. acme COMMAND --help has the flags.\n")
}

func (a *app) runCommand(ctx context.Context, c command, args []string) error {
	fs := flag.NewFlagSet("acme "+c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by main
	fs.StringVar(&a.key, "key", os.Getenv("CLERK_PUBLISHABLE_KEY"), "publishable `key` of the instance")
	fs.StringVar(&a.proxy, "proxy", os.Getenv("CLERK_PROXY_URL"), "`URL` to send requests to instead of the instance's own host")
	fs.StringVar(&a.state, "state", "", "`folder` that keeps the session (default: acme in the user's configuration folder)")
	if c.flags != nil {
		c.flags(a, fs)
	}
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(a.out, "usage: acme %s [FLAGS] %s\n\n%s.\n\n", c.name, c.args, strings.ToUpper(c.does[:1])+c.does[1:])
		fs.SetOutput(a.out)
		fs.PrintDefaults()
		return err
	case err != nil:
		return usageError{err.Error()}
	case fs.NArg() > 1 || fs.NArg() == 1 && c.args == "":
		return usageError{fmt.Sprintf("%s: too many arguments, from %q on; flags come before the argument", c.name, fs.Arg(fs.NArg()-1))}
	}
	a.args = fs.Args()
	if err := a.open(); err != nil {
		return err
	}
	err := c.run(a, ctx)
	return errors.Join(err, a.clerk.Close())
}

// open makes the client. It sends nothing yet.
func (a *app) open() error {
	if a.key == "" {
		return usageError{"no publishable key: set CLERK_PUBLISHABLE_KEY, or pass --key; it is in the Clerk Dashboard, under API keys"}
	}
	if a.state == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("no folder to keep the session in, pass --state: %w", err)
		}
		a.state = filepath.Join(config, "acme")
	}
	store, err := fapi.NewFileStore(a.state)
	if err != nil {
		return err
	}
	a.clerk, err = fapi.New(a.key, fapi.WithProxyURL(a.proxy), fapi.WithStore(store), fapi.WithUserAgent("acme/1.0"),
		fapi.WithRetryPolicy(fapi.RetryPolicy{MaxAttempts: 2, MaxRetryAfter: 5 * time.Second})) // somebody waits
	return err
}

// signedIn loads what is known and makes sure that somebody is signed in. Without a network that is what the last run knew.
func (a *app) signedIn(ctx context.Context) (fapi.State, error) {
	if err := a.clerk.Load(ctx); err != nil {
		return fapi.State{}, err
	}
	s := a.clerk.State()
	if s.Session == nil || s.User == nil {
		return s, fapi.ErrNoSession
	}
	if s.Source.Client.From == fapi.FromStore {
		a.terminal.note("the server could not be asked; this is what was known last")
	}
	return s, nil
}
