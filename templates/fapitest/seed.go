package fapitest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// seed makes the users and organizations of the options, and the environment.
func (s *Server) seed() error {
	s.state.roles = builtInRoles()
	for _, r := range s.cfg.roles {
		if err := s.setRole(r); err != nil {
			return err
		}
	}
	for _, u := range s.cfg.users {
		if err := s.seedUser(u); err != nil {
			return err
		}
	}
	for _, o := range s.cfg.organizations {
		if err := s.seedOrganization(o); err != nil {
			return err
		}
	}
	s.state.environment = s.newEnvironment()
	for _, change := range s.cfg.environment {
		change(s.state.environment)
	}
	return nil
}

func (s *Server) seedUser(in User) error {
	u := s.newUser()
	if in.ID != "" {
		u.id = in.ID
	}
	u.first, u.last, u.username = in.FirstName, in.LastName, in.Username
	u.public, u.unsafe = cloneObject(in.PublicMetadata), cloneObject(in.UnsafeMetadata)
	u.features, u.plan = slices.Clone(in.Features), in.Plan
	u.banned, u.locked, u.mustSet, u.mustReset = in.Banned, in.Locked, in.MustSetPassword, in.MustReset
	u.backup = slices.Clone(in.BackupCodes)
	u.enterprise = in.EnterpriseSSO
	u.setPassword(in.Password, u.created)
	if err := s.checkSeed(in); err != nil {
		return err
	}
	for _, value := range in.Emails {
		u.emails = append(u.emails, s.newIdentifier(value, adminVerified()))
	}
	for i, value := range in.PhoneNumbers {
		p := s.newIdentifier(value, adminVerified())
		p.second = in.PhoneSecond && i == 0
		p.preferred = p.second
		u.phones = append(u.phones, p)
	}
	if in.TOTPSecret != "" {
		if !validTOTPSecret(in.TOTPSecret) {
			return fmt.Errorf("WithUser: the TOTP secret of %s is not base32", u.id)
		}
		u.totp = &totp{id: s.newID("totp"), secret: in.TOTPSecret, verified: true, created: u.created}
	}
	for _, provider := range in.Providers {
		u.externals = append(u.externals, s.newExternal(provider, firstOf(u.emails), externalVerified(provider)))
	}
	u.choosePrimaries()
	if u.secondFactor() {
		u.mfaEnabled = u.created
	}
	if s.state.find(u.id) != nil {
		return fmt.Errorf("WithUser: two users have the id %s", u.id)
	}
	s.state.users = append(s.state.users, u)
	return nil
}

// checkSeed refuses a user whose identifiers are malformed, or taken.
func (s *Server) checkSeed(in User) error {
	names := slices.Concat(in.Emails, in.PhoneNumbers, slices.DeleteFunc([]string{in.Username}, func(name string) bool { return name == "" }))
	for i, name := range names {
		switch owner, _, _ := s.state.userByIdentifier(name); {
		case owner != nil:
			return fmt.Errorf("WithUser: two users have the identifier %s", name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("WithUser: one user has the identifier %s twice", name)
		case i < len(in.Emails) && !validEmail(name):
			return fmt.Errorf("WithUser: %q is not an email address", name)
		case i >= len(in.Emails) && i < len(in.Emails)+len(in.PhoneNumbers) && !phoneForm.MatchString(name):
			return fmt.Errorf("WithUser: %q is not a phone number of the form +15555550100", name)
		}
	}
	if in.PhoneSecond && len(in.PhoneNumbers) == 0 {
		return fmt.Errorf("WithUser: PhoneSecond wants a phone number")
	}
	return nil
}

// newUser is a user that nobody knows yet.
func (s *Server) newUser() *user {
	now := s.millis()
	return &user{id: s.newID("user"), public: object{}, unsafe: object{}, created: now, updated: now}
}

func (u *user) setPassword(password string, at int64) {
	if u.password = password; password != "" {
		u.passwordSet = at
	}
}

func (s *Server) newIdentifier(value string, v *verification) *identifier {
	now := s.millis()
	return &identifier{id: s.newID("idn"), value: value, verification: v, created: now, updated: now}
}

func (s *Server) newExternal(strategy, email string, v *verification) *external {
	now := s.millis()
	return &external{id: s.newID("eac"), provider: provider(strategy), email: email, verification: v, created: now, updated: now}
}

func adminVerified() *verification {
	return &verification{object: "verification_admin", status: "verified", strategy: "admin"}
}

func externalVerified(strategy string) *verification {
	if strategy != "enterprise_sso" {
		strategy = "oauth_" + provider(strategy)
	}
	return &verification{object: "verification_oauth", status: "verified", strategy: strategy}
}

func firstOf(list []*identifier) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].value
}

// choosePrimaries fills what is not chosen with the first that is verified, and drops what is gone.
func (u *user) choosePrimaries() {
	choose := func(current *string, list []*identifier) {
		if identifierOf(list, *current) == nil {
			*current = ""
		}
		for _, i := range list {
			if *current == "" && i.identifies() {
				*current = i.id
			}
		}
	}
	choose(&u.primaryEmail, u.emails)
	choose(&u.primaryPhone, u.phones)
	choose(&u.primaryWallet, u.wallets)
}

func (s *Server) seedOrganization(in Organization) error {
	if in.Name == "" {
		return fmt.Errorf("WithOrganization: the name is empty")
	}
	o := s.newOrganization(in.Name, in.Slug)
	if in.ID != "" {
		o.id = in.ID
	}
	if s.state.organization(o.id) != nil || s.state.organization(o.slug) != nil {
		return fmt.Errorf("WithOrganization: two organizations are called %s", o.slug)
	}
	o.public, o.features, o.plan = cloneObject(in.PublicMetadata), slices.Clone(in.Features), in.Plan
	for _, m := range in.Members {
		u := s.state.find(m.User)
		if u == nil {
			return fmt.Errorf("WithOrganization: no user is called %s", m.User)
		}
		if m.Role != "" && s.roleOf(m.Role).name == "" {
			return fmt.Errorf("WithOrganization: there is no role %s; WithRole adds one", m.Role)
		}
		if o.member(u) != nil {
			return fmt.Errorf("WithOrganization: %s is a member of %s twice", m.User, o.slug)
		}
		s.join(o, u, m.Role)
	}
	s.state.orgs = append(s.state.orgs, o)
	return nil
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

func (s *Server) newOrganization(name, slug string) *organization {
	now, id := s.millis(), s.newID("org")
	slug = firstText(slug, strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(name), "-"), "-"), strings.ToLower(strings.ReplaceAll(id, "_", "-")))
	return &organization{id: id, name: name, slug: slug, public: object{}, created: now, updated: now}
}

// join makes a user a member, or gives a member another role.
func (s *Server) join(o *organization, u *user, role string) *member {
	if role == "" {
		role = "org:member"
	}
	now := s.millis()
	m := o.member(u)
	if m == nil {
		m = &member{id: s.newID("orgmem"), user: u, public: object{}, created: now}
		o.members = append(o.members, m)
	}
	m.role, m.updated = role, now
	return m
}

func cloneObject(o object) object {
	if o == nil {
		return object{}
	}
	return maps.Clone(o)
}
