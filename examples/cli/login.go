package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/fapigen/fapigen/out/fapi"
)

func loginFlags(a *app, fs *flag.FlagSet) {
	fs.BoolVar(&a.byCode, "code", false, "sign in by a code, sent by email or SMS, instead of the password")
	fs.StringVar(&a.second, "second-factor", "", "`which` second factor to use: totp, phone_code or backup_code (default: ask, or the first)")
}

// login carries a sign-in from factor to factor until it is complete, then makes its session the active one.
func (a *app) login(ctx context.Context) error {
	if err := a.clerk.Load(ctx); err != nil {
		return err
	}
	if u := a.clerk.State().User; u != nil {
		return fmt.Errorf("already signed in as %s: run `acme logout` first", nameOf(u))
	}
	identifier, err := a.identifier(ctx)
	if err != nil {
		return err
	}
	signIn, err := a.clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: &identifier})
	for err == nil {
		switch signIn.Status {
		case fapi.SignInStatusNeedsFirstFactor:
			signIn, err = a.firstFactor(ctx, signIn)
		case fapi.SignInStatusNeedsSecondFactor, fapi.SignInStatusNeedsClientTrust: // the latter: this device is new to the user
			signIn, err = a.secondFactor(ctx, signIn)
		case fapi.SignInStatusComplete:
			return a.activate(ctx, signIn)
		default:
			err = fmt.Errorf("the sign-in asks for something that only a web page can do (%s): sign in there first", signIn.Status)
		}
	}
	return err
}

func (a *app) identifier(ctx context.Context) (string, error) {
	if len(a.args) == 1 {
		return a.args[0], nil
	}
	answer, err := a.terminal.ask(ctx, "Email address, phone number or username: ")
	if err == nil && answer == "" {
		err = errors.New("nobody to sign in was named")
	}
	return answer, err
}

func (a *app) activate(ctx context.Context, signIn *fapi.SignIn) error {
	if err := a.clerk.SetActive(ctx, fapi.Activation{SessionID: fapi.Value(signIn.CreatedSessionID)}); err != nil {
		return err
	}
	s := a.clerk.State()
	a.terminal.note("signed in as " + nameOf(s.User))
	for _, task := range s.Session.Tasks { // until they are done, the session is pending
		if task.Key == "choose-organization" {
			a.terminal.note("left to do: choose an organization, with `acme switch`")
		} else {
			a.terminal.note("left to do, on the web page: " + string(task.Key))
		}
	}
	return nil
}

// firstFactor asks for the password, or for a code where there is no password or it is not wanted.
func (a *app) firstFactor(ctx context.Context, signIn *fapi.SignIn) (*fapi.SignIn, error) {
	code := chooseCode(signIn.SupportedFirstFactors)
	if !a.byCode && hasStrategy(signIn.SupportedFirstFactors, "password") {
		prompt := "Password: "
		if code != nil {
			prompt = "Password (nothing, to get a code instead): "
		}
		next, err := a.untilRight(ctx, func() (*fapi.SignIn, error) {
			password, err := a.terminal.askHidden(ctx, prompt)
			if err != nil || password == "" && code != nil {
				return nil, err
			}
			return a.clerk.SignIns.AttemptFirstFactor(ctx, signIn.ID,
				fapi.SignInAttemptFirstFactorParams{Strategy: "password", Password: &password})
		})
		if next != nil || err != nil {
			return next, err
		}
	}
	if code == nil {
		return nil, fmt.Errorf("the account signs in by %s, which this program cannot do", strategies(signIn.SupportedFirstFactors))
	}
	strategy := code.Strategy
	send := func() error {
		_, err := a.clerk.SignIns.PrepareFirstFactor(ctx, signIn.ID, fapi.SignInPrepareFirstFactorParams{
			Strategy: strategy, EmailAddressID: code.EmailAddressID, PhoneNumberID: code.PhoneNumberID})
		return err
	}
	return a.code(ctx, codePrompt(code), send, func(code string) (*fapi.SignIn, error) {
		return a.clerk.SignIns.AttemptFirstFactor(ctx, signIn.ID, fapi.SignInAttemptFirstFactorParams{Strategy: strategy, Code: &code})
	})
}

// secondFactor asks for a code: of the authenticator app, one that is sent, or a backup code.
func (a *app) secondFactor(ctx context.Context, signIn *fapi.SignIn) (*fapi.SignIn, error) {
	factor, err := a.chooseSecond(ctx, signIn.SupportedSecondFactors)
	if err != nil {
		return nil, err
	}
	var send func() error
	if isSent(*factor) {
		send = func() error {
			_, err := a.clerk.SignIns.PrepareSecondFactor(ctx, signIn.ID, fapi.SignInPrepareSecondFactorParams{
				Strategy:      &factor.Strategy,
				PhoneNumberID: factor.PhoneNumberID, EmailAddressID: factor.EmailAddressID})
			return err
		}
	}
	return a.code(ctx, codePrompt(factor), send, func(code string) (*fapi.SignIn, error) {
		return a.clerk.SignIns.AttemptSecondFactor(ctx, signIn.ID, fapi.SignInAttemptSecondFactorParams{
			Strategy: &factor.Strategy, Code: &code})
	})
}

// code sends a code if there is anything to send, and asks for it; "r" sends another one.
func (a *app) code(ctx context.Context, prompt string, send func() error, try func(string) (*fapi.SignIn, error)) (*fapi.SignIn, error) {
	if send != nil {
		if err := send(); err != nil {
			return nil, err
		}
		prompt += ` ("r" sends another): `
	} else {
		prompt += ": "
	}
	return a.untilRight(ctx, func() (*fapi.SignIn, error) {
		for {
			answer, err := a.terminal.ask(ctx, prompt)
			switch {
			case err != nil:
				return nil, err
			case answer == "" && a.terminal.interactive:
			case answer != "r" || send == nil:
				return try(answer)
			default:
				if err := send(); err != nil {
					return nil, err
				}
				a.terminal.note("sent again")
			}
		}
	})
}

// untilRight repeats what failed for a wrong answer, on a terminal: whoever reads from a script is told at once.
func (a *app) untilRight(ctx context.Context, try func() (*fapi.SignIn, error)) (*fapi.SignIn, error) {
	for {
		signIn, err := try()
		wrong := fapi.HasCode(err, fapi.CodeFormPasswordIncorrect) || fapi.HasCode(err, fapi.CodeFormCodeIncorrect) ||
			fapi.HasCode(err, fapi.CodeVerificationExpired)
		if !wrong || !a.terminal.interactive || ctx.Err() != nil {
			return signIn, err
		}
		a.terminal.note(explain(err))
	}
}

// chooseSecond takes the factor of the flag, else that of the user's choice, else the default one.
func (a *app) chooseSecond(ctx context.Context, factors []fapi.SignInFactor) (*fapi.SignInFactor, error) {
	known := slices.DeleteFunc(slices.Clone(factors), func(f fapi.SignInFactor) bool { return !isSent(f) && !isTyped(f) })
	if a.second != "" {
		known = slices.DeleteFunc(known, func(f fapi.SignInFactor) bool { return string(f.Strategy) != a.second })
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("the account's second factors are: %s", strategies(factors))
	}
	preferred := max(0, slices.IndexFunc(known, func(f fapi.SignInFactor) bool { return fapi.Value(f.Default) || fapi.Value(f.Primary) }))
	if len(known) == 1 || !a.terminal.interactive {
		return &known[preferred], nil
	}
	for i, f := range known {
		a.terminal.note(fmt.Sprintf("%d  %s", i+1, codePrompt(&f)))
	}
	for {
		answer, err := a.terminal.ask(ctx, fmt.Sprintf("Second factor [%d]: ", preferred+1))
		if err != nil || answer == "" {
			return &known[preferred], err
		}
		var n int
		if _, err := fmt.Sscan(answer, &n); err == nil && n >= 1 && n <= len(known) {
			return &known[n-1], nil
		}
	}
}

func isSent(f fapi.SignInFactor) bool {
	return f.Strategy == "email_code" || f.Strategy == "phone_code"
}

func isTyped(f fapi.SignInFactor) bool { return f.Strategy == "totp" || f.Strategy == "backup_code" }

// chooseCode is the factor that sends a code, by preference to the primary address; nil when there is none.
func chooseCode(factors []fapi.SignInFactor) *fapi.SignInFactor {
	var found *fapi.SignInFactor
	for i, f := range factors {
		if isSent(f) && (found == nil || fapi.Value(f.Primary) && !fapi.Value(found.Primary)) {
			found = &factors[i]
		}
	}
	return found
}

func codePrompt(f *fapi.SignInFactor) string {
	switch f.Strategy {
	case "totp":
		return "Code of your authenticator app"
	case "backup_code":
		return "Backup code"
	}
	return "Code sent to " + fapi.Value(f.SafeIdentifier)
}

func hasStrategy(factors []fapi.SignInFactor, strategy fapi.Strategy) bool {
	return slices.ContainsFunc(factors, func(f fapi.SignInFactor) bool { return f.Strategy == strategy })
}

func strategies(factors []fapi.SignInFactor) string {
	var names []string
	for _, f := range factors {
		names = append(names, string(f.Strategy))
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
