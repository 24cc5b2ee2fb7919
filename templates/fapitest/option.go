package fapitest

import (
	"errors"
	"maps"
)

// Option changes a server before it starts.
type Option func(*Server) error

type config struct {
	address        string
	operations     string
	production     bool
	noNative       bool
	clientTrust    bool
	reverification bool
	strictTokens   bool
	single         bool
	users          []User
	organizations  []Organization
	roles          []Role
	faults         []Fault
	templates      map[string]map[string]any
	environment    []func(map[string]any)
}

// User is an account that exists when the server starts. The zero value of every field is "has none"; a user without an
// identifier cannot sign in but by a ticket. Emails and phone numbers are verified, the first of each is the primary one.
type User struct {
	ID              string         `json:"id"` // "" is a new one
	FirstName       string         `json:"first_name"`
	LastName        string         `json:"last_name"`
	Username        string         `json:"username"`
	Password        string         `json:"password"`
	Emails          []string       `json:"emails"`
	PhoneNumbers    []string       `json:"phone_numbers"`
	TOTPSecret      string         `json:"totp_secret"`       // base32; switches the second factor on. TestCode is accepted beside the real codes
	BackupCodes     []string       `json:"backup_codes"`      // each may be used once
	PhoneSecond     bool           `json:"phone_second"`      // the first phone number is a second factor
	Providers       []string       `json:"providers"`         // of external accounts, such as "google"
	EnterpriseSSO   bool           `json:"enterprise_sso"`    // signs in by the enterprise connection of the email's domain; who is new there signs up by it
	PublicMetadata  map[string]any `json:"public_metadata"`   // read only for the user
	UnsafeMetadata  map[string]any `json:"unsafe_metadata"`   // the user may change it
	Features        []string       `json:"features"`          // for the fea claim, such as "reports"
	Plan            string         `json:"plan"`              // for the pla claim, such as "pro"
	Banned          bool           `json:"banned"`            // a sign-in fails with user_banned
	Locked          bool           `json:"locked"`            // a sign-in fails with user_locked
	MustSetPassword bool           `json:"must_set_password"` // a sign-in stops at needs_new_password
	MustReset       bool           `json:"must_reset"`        // sessions are pending with the task reset-password until the password is changed
}

// Organization is one that exists when the server starts.
type Organization struct {
	ID             string         `json:"id"` // "" is a new one
	Name           string         `json:"name"`
	Slug           string         `json:"slug"` // "" is made of the name
	Members        []Member       `json:"members"`
	PublicMetadata map[string]any `json:"public_metadata"`
	Features       []string       `json:"features"` // for the fea claim
	Plan           string         `json:"plan"`     // for the pla claim
}

// Member puts a user into an organization.
type Member struct {
	User string `json:"user"` // id, username, email or phone number of a user of WithUser
	Role string `json:"role"` // "org:admin", "org:member", or one of WithRole; "" is org:member
}

// WithUser adds a user.
func WithUser(u User) Option {
	return func(s *Server) error { s.cfg.users = append(s.cfg.users, u); return nil }
}

// WithOrganization adds an organization. Its members are users of WithUser, given before or after it.
func WithOrganization(o Organization) Option {
	return func(s *Server) error { s.cfg.organizations = append(s.cfg.organizations, o); return nil }
}

// Role is what members of organizations may do. org:admin and org:member are there already, and may be replaced.
type Role struct {
	Key         string   `json:"key"`         // "org:billing"
	Name        string   `json:"name"`        // "" is made of the key
	Permissions []string `json:"permissions"` // "org:invoices:create"; those of the API itself are called "org:sys_..."
}

// WithRole adds a role, or replaces the one with this key. Of a role's own permissions tokens have the per and fpm claims,
// and fea the features that the permissions are about.
func WithRole(r Role) Option {
	return func(s *Server) error { s.cfg.roles = append(s.cfg.roles, r); return nil }
}

// WithTemplate adds a JWT template: tokens of that name have these claims beside the usual ones. Shortcodes in them are
// replaced: "{{user.id}}", "{{user.primary_email_address}}", "{{user.public_metadata.plan}}", "{{org.slug}}", "{{session.id}}".
func WithTemplate(name string, claims map[string]any) Option {
	return func(s *Server) error {
		if name == "" {
			return errors.New("WithTemplate: the name is empty")
		}
		if s.cfg.templates == nil {
			s.cfg.templates = map[string]map[string]any{}
		}
		s.cfg.templates[name] = maps.Clone(claims)
		return nil
	}
}

// WithEnvironment changes the environment, the JSON object that GET /v1/environment answers, before the server starts.
// What sign-ups require follows from it: user_settings.attributes, user_settings.sign_up. Several are applied in order.
func WithEnvironment(change func(environment map[string]any)) Option {
	return func(s *Server) error {
		if change == nil {
			return errors.New("WithEnvironment: the function is nil")
		}
		s.cfg.environment = append(s.cfg.environment, change)
		return nil
	}
}

// WithAddress listens on another address than a free port of 127.0.0.1: an IP address of loopback, or localhost, and a port.
func WithAddress(hostport string) Option {
	return func(s *Server) error { s.cfg.address = hostport; return nil }
}

// WithProduction makes it a production instance: another key, no dev browser, pages are known by the cookie __client.
func WithProduction() Option {
	return func(s *Server) error { s.cfg.production = true; return nil }
}

// WithNativeAPIDisabled switches the instance's Native API off: requests of native apps fail with native_api_disabled.
func WithNativeAPIDisabled() Option {
	return func(s *Server) error { s.cfg.noNative = true; return nil }
}

// WithClientTrust asks for a code at the first password sign-in on a client (status needs_client_trust), unless the user
// has a second factor.
func WithClientTrust() Option {
	return func(s *Server) error { s.cfg.clientTrust = true; return nil }
}

// WithReverification protects changes of passwords, identifiers, factors and the account: without a first factor verified in
// the last ten minutes they fail with session_reverification_required.
func WithReverification() Option {
	return func(s *Server) error { s.cfg.reverification = true; return nil }
}

// WithSingleSession allows one session a client: another sign-in fails with session_exists.
func WithSingleSession() Option {
	return func(s *Server) error { s.cfg.single = true; return nil }
}

// WithStrictTokens refuses a client token at once when it has been rotated away, as the real API is reported to do: its
// bearer gets a new client without sessions. Without it the older tokens of a client stay good, so that requests may overlap.
func WithStrictTokens() Option {
	return func(s *Server) error { s.cfg.strictTokens = true; return nil }
}

// WithOperations replaces the table of operations and their zero answers that the server was generated with. fapigen makes
// such tables; tests of programs have no use for it.
func WithOperations(table string) Option {
	return func(s *Server) error { s.cfg.operations = table; return nil }
}
