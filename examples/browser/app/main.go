//go:build js

// App is the program behind the page: it signs in by a code, shows the user, switches organization, signs out. What the
// page shows follows from the state of the Clerk and from nothing else, so that a reload changes nothing.
package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"
	"syscall/js"

	"github.com/fapigen/fapigen/out/fapi"
)

type app struct {
	clerk   *fapi.Clerk
	ctx     context.Context
	dropped string // the sign-in that the user turned away from
}

// message is an error in words for the user.
type message string

func (m message) Error() string { return string(m) }

func main() {
	a := &app{ctx: context.Background()}
	var err error
	a.clerk, err = fapi.New(os.Getenv("CLERK_PUBLISHABLE_KEY"),
		fapi.WithProxyURL(os.Getenv("CLERK_PROXY_URL")), // "" without a proxy
		fapi.WithBrowser(), fapi.WithStore(fapi.NewBrowserStore()))
	if err != nil {
		setText("loading", err.Error())
		return
	}
	on("email-form", "submit", a.doing(a.sendCode))
	on("resend", "click", a.doing(a.resend))
	on("restart", "click", a.doing(a.restart))
	on("code-form", "submit", a.doing(a.signIn))
	on("organization", "change", a.doing(a.switchOrganization))
	on("sign-out", "click", a.doing(func() error { return a.clerk.SignOut(a.ctx) }))
	a.clerk.AddListener(a.render)
	a.doing(func() error { return a.clerk.Load(a.ctx) })()
	select {} // the page keeps the program
}

// doing marks the page as busy while f runs, and shows the error of f.
func (a *app) doing(f func() error) func() {
	return func() {
		main := js.Global().Get("document").Call("querySelector", "main")
		if main.Get("ariaBusy").String() == "true" {
			a.render(a.clerk.State()) // a list that was changed shows again what holds
			return
		}
		main.Set("ariaBusy", "true")
		defer main.Set("ariaBusy", "false")
		show("error", false)
		if err := f(); err != nil {
			setText("error", explain(err))
			show("error", true)
			a.render(a.clerk.State())
		}
	}
}

func (a *app) sendCode() error {
	email := strings.TrimSpace(value("email"))
	signIn, err := a.clerk.SignIns.Create(a.ctx, fapi.SignInCreateParams{Identifier: &email})
	if err != nil {
		return err
	}
	return a.prepare(signIn)
}

// prepare has the code sent. The answer makes the state one in which a code is awaited.
func (a *app) prepare(signIn *fapi.SignIn) error {
	for _, f := range signIn.SupportedFirstFactors {
		if f.Strategy == fapi.StrategyEmailCode {
			_, err := a.clerk.SignIns.PrepareFirstFactor(a.ctx, signIn.ID, fapi.SignInPrepareFirstFactorParams{
				Strategy: f.Strategy, EmailAddressID: f.EmailAddressID})
			return err
		}
	}
	return message("This account does not sign in by a code sent by email.")
}

func (a *app) resend() error {
	signIn := a.awaitingCode(a.clerk.State())
	if signIn == nil {
		return nil
	}
	if err := a.prepare(signIn); err != nil {
		return err
	}
	setText("note", "Another code is on its way.")
	show("note", true)
	return nil
}

// restart lets the user give another address: the server forgets a sign-in when the next one is created.
func (a *app) restart() error {
	if signIn := a.awaitingCode(a.clerk.State()); signIn != nil {
		a.dropped = signIn.ID
	}
	a.render(a.clerk.State())
	return nil
}

func (a *app) signIn() error {
	signIn := a.awaitingCode(a.clerk.State())
	if signIn == nil {
		return message("This code is no longer awaited: start again.")
	}
	code := value("code")
	signIn, err := a.clerk.SignIns.AttemptFirstFactor(a.ctx, signIn.ID, fapi.SignInAttemptFirstFactorParams{
		Strategy: fapi.StrategyEmailCode, Code: &code})
	switch {
	case err != nil:
		return err
	case signIn.Status != fapi.SignInStatusComplete:
		return message("This account asks for more than this page can do: " + string(signIn.Status))
	}
	return a.clerk.SetActive(a.ctx, fapi.Activation{SessionID: fapi.Value(signIn.CreatedSessionID)})
}

func (a *app) switchOrganization() error {
	choice := fapi.PersonalAccount
	if id := value("organization"); id != "" {
		choice = fapi.OrganizationID(id)
	}
	return a.clerk.SetActive(a.ctx, fapi.Activation{Organization: choice})
}

// awaitingCode is the sign-in whose code was sent, nil when there is none.
func (a *app) awaitingCode(s fapi.State) *fapi.SignIn {
	if s.Session != nil || s.Client == nil || s.Client.SignIn == nil {
		return nil
	}
	signIn := s.Client.SignIn
	v := signIn.FirstFactorVerification
	if signIn.ID == a.dropped || signIn.Status != fapi.SignInStatusNeedsFirstFactor || v == nil || v.Strategy != "email_code" || v.Status != "unverified" {
		return nil
	}
	return signIn
}

// explain is an error in words for the user.
func explain(err error) string {
	var failure *fapi.APIError
	var network *fapi.NetworkError
	switch {
	case fapi.HasCode(err, fapi.CodeFormIdentifierNotFound):
		return "Nobody has an account with this address."
	case fapi.HasCode(err, fapi.CodeFormCodeIncorrect):
		return "This is not the code that we sent."
	case fapi.HasCode(err, fapi.CodeVerificationExpired):
		return "This code has expired: let us send another one."
	case errors.Is(err, fapi.ErrRateLimited):
		return "Too many attempts: try again in a while."
	case errors.As(err, &network):
		return "The server cannot be reached. Are you online?"
	case errors.As(err, &failure) && len(failure.Errors) > 0:
		return cmp.Or(failure.Errors[0].LongMessage, failure.Errors[0].Message, failure.Error())
	}
	return err.Error()
}
