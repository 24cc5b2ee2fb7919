package fapitest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// object is a JSON object.
type object = map[string]any

// state is what the server knows. Pointers are shared freely: all of it is read and changed under the server's lock.
type state struct {
	count       int
	ahead       time.Duration // of the real clock
	clients     map[string]*client
	tokens      map[string]*client // by every token a client ever had
	browsers    map[string]*client // by dev browser; nil for one without a client
	nonces      map[string]*nonce
	challenges  map[string]*deviceChallenge // that register a device, by id
	users       []*user
	orgs        []*organization
	tickets     map[string]*ticket
	visits      map[string]*visit
	flows       map[string]*linkFlow // of native apps
	waitlist    map[string]string
	keys        []*apiKey
	suggestions []*suggestion
	environment object
	roles       []role
}

func newState() state {
	return state{clients: map[string]*client{}, tokens: map[string]*client{}, browsers: map[string]*client{}, nonces: map[string]*nonce{}, challenges: map[string]*deviceChallenge{},
		tickets: map[string]*ticket{}, visits: map[string]*visit{}, flows: map[string]*linkFlow{}, waitlist: map[string]string{}}
}

// client is a device.
type client struct {
	id, token    string
	issued       int // tokens so far
	sessions     []*session
	signIn       *signIn
	signUp       *signUp
	lastActive   *session
	lastStrategy string
	origin       string // of the page that asked last; a page does not tell it with every GET
	transfer     *transfer
	trusted      map[*user]bool
	created      int64
	updated      int64
	previous     object // the JSON before the last change, for stale answers
	rendered     object // the JSON of the last answer
}

// live are the sessions that a client's JSON shows.
func (c *client) live() []*session {
	var list []*session
	for _, s := range c.sessions {
		if s.signedIn() {
			list = append(list, s)
		}
	}
	return list
}

func (c *client) session(id string) *session {
	for _, s := range c.sessions {
		if s.id == id {
			return s
		}
	}
	return nil
}

// session is a user on a client.
type session struct {
	id, status  string
	client      *client
	user        *user
	identifier  string // that was typed at the sign-in; "" when none was
	org         *organization
	created     int64
	updated     int64
	active      int64
	expires     int64
	first       time.Time // when the first factor was verified
	second      time.Time // zero without
	verify      *reverification
	token       string // minted last, without a template
	tokenFor    string // what it was minted for
	tokenMinted time.Time
}

func (s *session) signedIn() bool { return s.status == "active" || s.status == "pending" }

// identifier is an email address, a phone number or a web3 wallet.
type identifier struct {
	id, value    string
	verification *verification // nil when nothing was prepared
	second       bool          // reserved for the second factor
	preferred    bool          // of several such, the one that is used unless another is named
	signedUp     bool          // of a sign-up that wanted no verification: it names the user all the same
	created      int64
	updated      int64
}

func (i *identifier) verified() bool {
	return i.verification != nil && i.verification.status == "verified"
}

// identifies tells whether a user is known by it.
func (i *identifier) identifies() bool { return i.signedUp || i.verified() }

// verification is one attempt to prove something.
type verification struct {
	object, status, strategy string
	attempts                 int
	expires                  int64 // 0 is never
	channel, nonce           string
	redirect                 string           // external_verification_redirect_url
	device                   *deviceChallenge // of a trusted device
	failure                  *apiError
}

// user is an account.
type user struct {
	id, first, last, username string
	locale                    string
	password                  string
	passwordSet               int64
	emails, phones, wallets   []*identifier
	primaryEmail              string
	primaryPhone              string
	primaryWallet             string
	totp                      *totp
	backup                    []string
	passkeys                  []*passkey
	devices                   []*device // that are trusted and not revoked
	externals                 []*external
	enterprise                bool // an enterprise connection is there for the email's domain
	enterprises               []*enterpriseAccount
	public, unsafe            object
	features                  []string
	plan                      string
	banned, locked            bool
	mustSet, mustReset        bool // a new password: in the sign-in, in the session
	legal                     int64
	failures                  int   // wrong passwords and codes since the last sign-in
	lockedUntil               int64 // 0 is for good
	hasImage                  bool
	lastSignIn, lastActive    int64
	mfaEnabled, mfaDisabled   int64
	created, updated          int64
}

type totp struct {
	id, secret string
	verified   bool
	created    int64
}

type passkey struct {
	id, name         string
	credential       string // its id, once it is verified
	verification     *verification
	used             int64
	created, updated int64
}

type external struct {
	id, provider, email, scopes string
	verification                *verification
	created, updated            int64
}

// organization and what belongs to it.
type organization struct {
	id, name, slug   string
	hasImage         bool
	public           object
	features         []string
	plan             string
	members          []*member
	invitations      []*invitation
	domains          []*domain
	requests         []*membershipRequest
	created, updated int64
}

type member struct {
	id, role         string
	user             *user
	public           object
	created, updated int64
}

func (o *organization) member(u *user) *member {
	for _, m := range o.members {
		if m.user == u {
			return m
		}
	}
	return nil
}

// ticket signs a user in, or accepts an invitation.
type ticket struct {
	user       *user
	invitation *invitation
	org        *organization
	used       bool
}

// visit is a page that a user is sent to: of a provider, or behind a link in an email. arrive is called when the page is
// opened, and gives what is added to the redirect URL.
type visit struct {
	redirect string
	arrive   func(visitor) url.Values
}

// visitor is who opens a page.
type visitor struct {
	email   string // the address that the user has at the provider
	refuses bool   // to tell the provider who it is
}

// userByIdentifier finds a user by what a sign-in form takes. The kind tells which: email_address, phone_number, username
// or web3_wallet.
func (st *state) userByIdentifier(value string) (u *user, kind string, of *identifier) {
	value = strings.ToLower(strings.TrimSpace(value))
	if value == "" {
		return nil, "", nil
	}
	for _, u := range st.users {
		if strings.ToLower(u.username) == value {
			return u, "username", nil
		}
		for kind, list := range map[string][]*identifier{"email_address": u.emails, "phone_number": u.phones, "web3_wallet": u.wallets} {
			for _, i := range list {
				if strings.ToLower(i.value) == value && i.identifies() {
					return u, kind, i
				}
			}
		}
	}
	return nil, "", nil
}

// find is userByIdentifier, or by id.
func (st *state) find(name string) *user {
	for _, u := range st.users {
		if u.id == name {
			return u
		}
	}
	u, _, _ := st.userByIdentifier(name)
	return u
}

func (st *state) organization(idOrSlug string) *organization {
	i := slices.IndexFunc(st.orgs, func(o *organization) bool { return o.id == idOrSlug || o.slug == idOrSlug })
	if i < 0 || idOrSlug == "" {
		return nil
	}
	return st.orgs[i]
}

// organizationsOf are those that a user is a member of, in the order in which they were made.
func (st *state) organizationsOf(u *user) []*organization {
	var list []*organization
	for _, o := range st.orgs {
		if o.member(u) != nil {
			list = append(list, o)
		}
	}
	return list
}

func (u *user) secondFactor() bool {
	return u.totpEnabled() || slices.ContainsFunc(u.phones, func(p *identifier) bool { return p.second && p.verified() })
}

func (u *user) totpEnabled() bool { return u.totp != nil && u.totp.verified }

// identifierOf finds one of a user's email addresses, phone numbers or wallets by its id.
func identifierOf(list []*identifier, id string) *identifier {
	for _, i := range list {
		if i.id == id {
			return i
		}
	}
	return nil
}
