package fapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// OrganizationChoice says in which organization a session is to work, for Activation and WithOrganization. The zero
// value keeps the current choice; PersonalAccount and OrganizationID make another one.
type OrganizationChoice string

// PersonalAccount is the choice of no organization.
const PersonalAccount OrganizationChoice = "personal account" // the space keeps it apart from all slugs

const chosenPrefix = "id:"

// OrganizationID is the choice of the organization with this ID or slug. An empty one is an ErrUnknownOrganization where
// it is used: what was looked up and not found must not become the personal account.
func OrganizationID(idOrSlug string) OrganizationChoice {
	return OrganizationChoice(chosenPrefix + idOrSlug)
}

// idOrSlug is the organization that was chosen; ok is false for the other two choices.
func (o OrganizationChoice) idOrSlug() (name string, ok bool) {
	if o == "" || o == PersonalAccount {
		return "", false
	}
	return strings.TrimPrefix(string(o), chosenPrefix), true
}

// resolve returns the ID of the choice for a session, "" for the personal account, which is an ErrOrganizationRequired where
// the instance has none. An organization that the client does
// not show the user in is looked for on the server; if it is not there either, the error is ErrUnknownOrganization.
func (c *Clerk) resolve(ctx context.Context, s *Session, choice OrganizationChoice) (string, error) {
	name, chosen := choice.idOrSlug()
	switch {
	case choice == "":
		return Value(s.LastActiveOrganizationID), nil
	case !chosen && c.snapshot.Load().organizationForced:
		return "", ErrOrganizationRequired
	case !chosen:
		return "", nil
	case name == "":
		return "", fmt.Errorf("%w: its ID is empty", ErrUnknownOrganization)
	}
	if m := findMembership(s.User, name); m != nil {
		return m.Organization.ID, nil
	}
	m, err := c.findMembershipOnServer(ctx, s.ID, name)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w %q: not in the client, and the user's memberships cannot be read: %w", ErrUnknownOrganization, name, err)
	case m == nil:
		return "", fmt.Errorf("%w %q: the user is no member", ErrUnknownOrganization, name)
	}
	return m.Organization.ID, nil
}

// findMembershipOnServer goes through all pages: the client may show no more than some of the memberships.
func (c *Clerk) findMembershipOnServer(ctx context.Context, sessionID, name string) (*OrganizationMembership, error) {
	const size, maxPages = 100, 100
	for page := range maxPages {
		r := get("/v1/me/organization_memberships")
		r.internal, r.asks = true, true
		opts := []RequestOption{
			WithSession(sessionID), WithQuery("paginated", "true"),
			WithQuery("limit", strconv.Itoa(size)), WithQuery("offset", strconv.Itoa(page*size)),
		}
		found, err := callEnvelopedPage[OrganizationMembership](ctx, c.core, r, opts)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
			return nil, nil
		}
		user := User{OrganizationMemberships: found.Data}
		if m := findMembership(&user, name); m != nil {
			return m, nil
		}
		if len(found.Data) < size {
			return nil, nil
		}
	}
	return nil, errors.New("too many memberships")
}
