package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen/generator"
	"github.com/fapigen/fapigen/templates/fapitest"
)

// fakeFlags are those of fapigen fake.
type fakeFlags struct {
	inputs     inputFlags
	addr, seed string
	asJSON     bool
}

func fakeCommand() *cobra.Command {
	var flags fakeFlags
	cmd := &cobra.Command{
		Use:   "fake",
		Short: "Serve a fake of the API",
		Long: "fake serves a Frontend API in memory until it is interrupted, for tests of programs in any language. It prints the URL\n" +
			"that clients take as their proxy URL, and the publishable key. Every code is " + fapitest.TestCode + ".\n\n" +
			"Nothing is sent anywhere: codes, links and invitations are printed on standard error, one a line, and are at\n" +
			"/__fapitest/outbox as JSON and at /__fapitest/ as a page to click in. The page of a provider redirects back at once; a test\n" +
			"that opens it adds ?email=ada@example.com for the account there, or ?error=access_denied for a user who refuses.\n" +
			"Servers behind Clerk's backend SDKs take the same URL as their API URL, and any secret key.\n\n" +
			"Without --seed there is one user, ada+clerk_test@example.com with the password \"correct horse\", an admin of the\n" +
			"organization Acme. A seed is a JSON object of users, organizations, roles, templates (claims of JWT templates by name)\n" +
			"and environment, with the members of fapitest.User, Organization and Role in snake case. What environment has is merged\n" +
			"into the one that is served; null takes a member away. allowed_origins are those of pages that may read responses, beside\n" +
			"this machine's. client_trust, production, reverification, single_session and strict_tokens, where true, are the options of\n" +
			"fapitest of these names.",
		Example: "  fapigen fake --addr 127.0.0.1:4010\n  fapigen fake --addr 127.0.0.1:0 --json --seed users.json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return fake(cmd, flags) },
	}
	flags.inputs.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.addr, "addr", "127.0.0.1:0", "loopback address to listen on; port 0 takes a free one")
	f.StringVar(&flags.seed, "seed", "", "JSON file with users, organizations and settings, - for standard input")
	f.BoolVar(&flags.asJSON, "json", false, "print the URL and the key as one JSON object")
	return cmd
}

// seed is what a seed file holds.
type seed struct {
	Users          []fapitest.User           `json:"users"`
	Organizations  []fapitest.Organization   `json:"organizations"`
	Roles          []fapitest.Role           `json:"roles"`
	Templates      map[string]map[string]any `json:"templates"`
	Environment    map[string]any            `json:"environment"`
	AllowedOrigins []string                  `json:"allowed_origins"`
	ClientTrust    bool                      `json:"client_trust"`
	Production     bool                      `json:"production"`
	Reverification bool                      `json:"reverification"`
	SingleSession  bool                      `json:"single_session"`
	StrictTokens   bool                      `json:"strict_tokens"`
}

// options are those that a seed stands for.
func (s seed) options() []fapitest.Option {
	var opts []fapitest.Option
	for _, u := range s.Users {
		opts = append(opts, fapitest.WithUser(u))
	}
	for _, o := range s.Organizations {
		opts = append(opts, fapitest.WithOrganization(o))
	}
	for _, r := range s.Roles {
		opts = append(opts, fapitest.WithRole(r))
	}
	for name, claims := range s.Templates {
		opts = append(opts, fapitest.WithTemplate(name, claims))
	}
	opts = append(opts, fapitest.WithEnvironment(func(environment map[string]any) { merge(environment, s.Environment) }))
	opts = append(opts, fapitest.WithAllowedOrigins(s.AllowedOrigins...))
	for _, choice := range []struct {
		chosen bool
		option fapitest.Option
	}{
		{s.ClientTrust, fapitest.WithClientTrust()}, {s.Production, fapitest.WithProduction()}, {s.Reverification, fapitest.WithReverification()},
		{s.SingleSession, fapitest.WithSingleSession()}, {s.StrictTokens, fapitest.WithStrictTokens()},
	} {
		if choice.chosen {
			opts = append(opts, choice.option)
		}
	}
	return opts
}

// merge changes an object as RFC 7396 says.
func merge(into, patch map[string]any) {
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		old, wasObject := into[name].(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject && wasObject:
			merge(old, inner)
		default:
			into[name] = value
		}
	}
}

var defaultSeed = seed{
	Users: []fapitest.User{{FirstName: "Ada", LastName: "Lovelace", Emails: []string{"ada+clerk_test@example.com"}, Password: "correct horse"}},
	Organizations: []fapitest.Organization{
		{Name: "Acme", Members: []fapitest.Member{{User: "ada+clerk_test@example.com", Role: "org:admin"}}},
	},
}

func fake(cmd *cobra.Command, flags fakeFlags) error {
	if err := loopback(flags.addr); err != nil {
		return err
	}
	cfg, err := flags.inputs.config(cmd.InOrStdin())
	if err != nil {
		return err
	}
	table, err := generator.OperationTable(cfg)
	if err != nil {
		return err
	}
	opts := []fapitest.Option{fapitest.WithAddress(flags.addr), fapitest.WithOperations(string(table))}
	people := defaultSeed
	if flags.seed != "" {
		if people, err = readSeed(flags.seed, cmd.InOrStdin()); err != nil {
			return err
		}
	}
	srv, err := fapitest.New(append(opts, people.options()...)...)
	if err != nil {
		return fmt.Errorf("fake: %w", err)
	}
	defer srv.Close()
	if err := announce(cmd.OutOrStdout(), srv, flags.asJSON); err != nil {
		return err
	}
	printOutbox(cmd.Context(), cmd.ErrOrStderr(), srv)
	return nil
}

// printOutbox prints a line for each message that would be sent, until the context is done. It serves on where nobody reads.
func printOutbox(ctx context.Context, w io.Writer, srv *fapitest.Server) {
	_, _ = fmt.Fprintf(w, "outbox: %s/__fapitest/\n", srv.URL())
	for after := 0; ctx.Err() == nil; {
		m, err := srv.NextMessage(ctx, after)
		if err != nil {
			return // interrupted
		}
		after = m.Number
		content := m.Code
		if m.URL != "" {
			content = m.URL
		}
		_, _ = fmt.Fprintf(w, "%s to %s: %s\n", m.Kind, generator.OneLine(m.To), content)
	}
}

// loopback refuses an address that others could reach: whoever reaches the fake may sign in.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %s: not host:port", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--addr %s: not a loopback address; wanted 127.0.0.1, ::1 or localhost", addr)
	}
	return nil
}

func readSeed(name string, stdin io.Reader) (seed, error) {
	var s seed
	src, err := readSource(name, stdin)
	if err != nil {
		return s, err
	}
	dec := json.NewDecoder(bytes.NewReader(src.Data))
	dec.DisallowUnknownFields()
	err = dec.Decode(&s)
	if rest := bytes.TrimSpace(src.Data[dec.InputOffset():]); err == nil && len(rest) > 0 {
		line := 1 + bytes.Count(src.Data[:bytes.LastIndex(src.Data, rest)], []byte("\n"))
		return s, fmt.Errorf("%s:%d: there is something behind the object", src.Name, line)
	}
	if err != nil {
		return s, fmt.Errorf("%s:%d: %s", src.Name, seedLine(src.Data, err), seedFault(err))
	}
	return s, nil
}

// seedFault is what is wrong, in words of JSON.
func seedFault(err error) string {
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	wanted := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.String: "a string", reflect.Slice: "a list"}[kind.Type.Kind()]
	if wanted == "" {
		wanted = "an object"
	}
	what := kind.Field
	if what == "" {
		what = "the seed"
	}
	return fmt.Sprintf("%s is of type %s, wanted %s", what, kind.Value, wanted)
}

// seedLine is the line that an error is about: of an unknown field, which has no offset, the first that names it.
func seedLine(data []byte, err error) int {
	at := 0
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = int(syntax.Offset)
	case errors.As(err, &kind):
		at = int(kind.Offset)
	default:
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			at = bytes.Index(data, []byte(name))
		}
	}
	return 1 + bytes.Count(data[:min(max(at, 0), len(data))], []byte("\n"))
}

// announce prints what a client has to know.
func announce(w io.Writer, srv *fapitest.Server, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]string{"url": srv.ProxyURL(), "publishable_key": srv.PublishableKey()})
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", srv.ProxyURL(), srv.PublishableKey())
	return err
}
