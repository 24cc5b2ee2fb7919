//go:build js

package main

import (
	"cmp"
	"strings"
	"syscall/js"

	"github.com/fapigen/fapigen/out/fapi"
)

// render shows a state.
func (a *app) render(s fapi.State) {
	if s.Client == nil {
		return // loading, or failed to
	}
	signIn := a.awaitingCode(s)
	show("loading", false)
	show("account", s.User != nil)
	show("code-form", s.User == nil && signIn != nil)
	show("email-form", s.User == nil && signIn == nil)
	setText("note", "You are offline: this is what was known last.")
	show("note", s.Source.Client.From == fapi.FromStore)
	if s.Environment != nil && s.Environment.DisplayConfig != nil {
		name := s.Environment.DisplayConfig.ApplicationName
		setText("title", name)
		js.Global().Get("document").Set("title", name)
	}
	if s.User != nil {
		element("code").Set("value", "")
		showUser(s)
		return
	}
	if signIn != nil {
		setText("sent-to", fapi.Value(signIn.Identifier))
		element("code").Call("focus")
		return
	}
	element("email").Call("focus")
}

func showUser(s fapi.State) {
	email := ""
	for _, e := range s.User.EmailAddresses {
		if e.ID == fapi.Value(s.User.PrimaryEmailAddressID) {
			email = e.EmailAddress
		}
	}
	first, last := fapi.Value(s.User.FirstName), fapi.Value(s.User.LastName)
	setText("name", cmp.Or(strings.TrimSpace(first+" "+last), fapi.Value(s.User.Username), email))
	setText("address", email)
	setText("initials", initials(first, last, email))

	list := element("organization")
	list.Call("replaceChildren")
	addOption(list, "", "Personal account", s.Organization == nil)
	for _, m := range s.User.OrganizationMemberships {
		addOption(list, m.Organization.ID, m.Organization.Name, s.Organization != nil && s.Organization.ID == m.Organization.ID)
	}
	role := "owner"
	if s.Membership != nil {
		role = cmp.Or(s.Membership.RoleName, strings.TrimPrefix(s.Membership.Role, "org:"))
	}
	setText("role", role)
}

func addOption(list js.Value, value, text string, selected bool) {
	list.Call("append", js.Global().Get("Option").New(text, value, selected, selected))
}

// initials are up to two letters for somebody without a picture.
func initials(names ...string) string {
	out := ""
	for _, name := range names {
		for _, r := range name {
			out += strings.ToUpper(string(r))
			break
		}
		if len([]rune(out)) == 2 {
			break
		}
	}
	return out
}
