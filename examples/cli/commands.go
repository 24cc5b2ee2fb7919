package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/fapigen/fapigen/out/fapi"
)

func (a *app) whoami(ctx context.Context) error {
	s, err := a.signedIn(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "user\t%s\n", nameOf(s.User))
	for _, e := range s.User.EmailAddresses {
		if e.ID == fapi.Value(s.User.PrimaryEmailAddressID) {
			fmt.Fprintf(w, "email\t%s\n", e.EmailAddress)
		}
	}
	fmt.Fprintf(w, "organization\t%s\n", workplace(s))
	return w.Flush()
}

// nameOf is what a user goes by.
func nameOf(u *fapi.User) string {
	name := strings.TrimSpace(fapi.Value(u.FirstName) + " " + fapi.Value(u.LastName))
	return cmp.Or(name, fapi.Value(u.Username), u.ID)
}

// workplace is the organization that the session works in.
func workplace(s fapi.State) string {
	if s.Organization == nil {
		return "none, this is the personal account"
	}
	return s.Organization.Name + ", as " + s.Membership.Role
}

func tokenFlags(a *app, fs *flag.FlagSet) {
	fs.StringVar(&a.template, "template", "", "`name` of a JWT template of the instance (default: the instance's usual claims)")
}

func (a *app) token(ctx context.Context) error {
	if _, err := a.signedIn(ctx); err != nil {
		return err
	}
	token, err := a.clerk.Token(ctx, fapi.WithTemplate(a.template))
	if a.template != "" && fapi.HasCode(err, fapi.CodeResourceNotFound) {
		return fmt.Errorf("the instance has no JWT template %q", a.template)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, token)
	return err
}

func (a *app) organizations(ctx context.Context) error {
	s, err := a.signedIn(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for m, err := range a.clerk.Me.OrganizationMemberships.ListAll(ctx, fapi.MeOrganizationMembershipListParams{}) {
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		mark := " "
		if s.Organization != nil && s.Organization.ID == m.Organization.ID {
			mark = "*"
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\n", mark, cmp.Or(fapi.Value(m.Organization.Slug), m.Organization.ID), m.Organization.Name, m.Role)
	}
	return w.Flush()
}

func switchFlags(a *app, fs *flag.FlagSet) {
	fs.BoolVar(&a.personal, "personal", false, "work in no organization, in the personal account")
}

func (a *app) switchOrganization(ctx context.Context) error {
	if a.personal == (len(a.args) == 1) {
		return usageError{"switch: wants an organization, by slug or id, or else --personal"}
	}
	if _, err := a.signedIn(ctx); err != nil {
		return err
	}
	choice := fapi.PersonalAccount
	if !a.personal {
		choice = fapi.OrganizationID(a.args[0])
	}
	if err := a.clerk.SetActive(ctx, fapi.Activation{Organization: choice}); err != nil {
		return err
	}
	a.terminal.note("organization: " + workplace(a.clerk.State()))
	return nil
}

// logout needs no Load. Where the server cannot be told, this computer forgets the session all the same.
func (a *app) logout(ctx context.Context) error {
	err := a.clerk.SignOut(ctx)
	var network *fapi.NetworkError
	var failure *fapi.APIError
	switch {
	case err == nil:
		a.terminal.note("signed out")
	case errors.As(err, &network) || errors.As(err, &failure):
		return fmt.Errorf("signed out here, but not on the server, where the session lasts until it expires: %s", explain(err))
	}
	return err
}
