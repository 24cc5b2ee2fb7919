package fapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
)

// State is what a Clerk knew at one moment. It never changes, and its parts belong together; they are shared, so whoever
// gets one must not change what it points to.
type State struct {
	// Loaded is true once Clerk.Load or Clerk.SetLoaded succeeded.
	Loaded bool
	// Source says where Environment and Client came from.
	Source Source

	Environment *Environment // nil until known
	Client      *Client      // nil until known; an empty Client, without ID, when the server knows none
	// Session is the client's last active session if it is active or pending, else nil. A pending one is signed in but
	// has tasks to do first. When it ends elsewhere, the server makes another session of the client the last active one, of
	// another user perhaps: the call that finds out fails with a *SessionEndedError.
	Session *Session
	User    *User // of Session
	// Organization is that in which Session is active, and Membership the user's part in it. Both are nil in the personal
	// account, and when the user is no member, so far as the client tells.
	Organization *Organization
	Membership   *OrganizationMembership

	rawClient, rawEnvironment json.RawMessage
	minter                    bool   // the instance mints session tokens at the edge
	organizationForced        bool   // every session of the instance works in an organization
	shown                     uint64 // counts the changes that listeners hear of
}

// String says on one line what is known, by ids: no token, no name, no address.
func (s State) String() string {
	var client, session, user, organization string
	if s.Client != nil {
		client = s.Client.ID
	}
	if s.Session != nil {
		session = s.Session.ID
	}
	if s.User != nil {
		user = s.User.ID
	}
	if s.Organization != nil {
		organization = s.Organization.ID
	}
	return fmt.Sprintf("State{Loaded: %t, Environment: %q, Client: %q %q, Session: %q, User: %q, Organization: %q}",
		s.Loaded, s.Source.Environment.From, s.Source.Client.From, client, session, user, organization)
}

// Format prints String for every verb and flag, since others would print session tokens and the user's data.
func (s State) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String, for log/slog.
func (s State) LogValue() slog.Value { return slog.StringValue(s.String()) }

// RawClient returns a copy of the client's JSON as it came, members that Client does not have included: nil until known,
// "null" when the server knows none.
func (s State) RawClient() json.RawMessage { return slices.Clone(s.rawClient) }

// RawEnvironment returns a copy of the environment's JSON as it came, or nil until known.
func (s State) RawEnvironment() json.RawMessage { return slices.Clone(s.rawEnvironment) }

// Source says where the parts of a State came from.
type Source struct {
	Environment, Client SourcePart
}

// SourcePart says where one part of a State came from. The zero SourcePart is that of a part not known yet.
type SourcePart struct {
	From Origin
	// Err is why the server could not be asked when Clerk.Load last tried, or why what it sent since is of no use; else nil.
	Err error
}

// Origin is a place that a part of a State can come from; "" is none.
type Origin string

// Values of Origin.
const (
	FromServer Origin = "server"
	FromStore  Origin = "store"
	FromHost   Origin = "host" // Clerk.SetLoaded or Clerk.SetClientJSON
)

// clientPart is a client, decoded, and its JSON. It does not change.
type clientPart struct {
	raw   json.RawMessage
	model *Client
}

// emptyClient is the client where there is none.
func emptyClient() *clientPart { return &clientPart{json.RawMessage("null"), &Client{}} }

// decodeClient reads a client's JSON leniently: one odd member costs no more than itself. It refuses what bears no mark of a
// client, such as the page of a captive portal or another object of the API, because that would look like a sign-out: the
// object has an id and a list of sessions and, where it names its kind, is a client. raw is copied.
func decodeClient(raw []byte) (*clientPart, bool) {
	if isNull(raw) {
		return emptyClient(), true
	}
	raw = bytes.Clone(bytes.TrimSpace(raw))
	model := new(Client)
	if err := json.Unmarshal(raw, model); err != nil && !isPartial(err, reflect.TypeFor[*Client]()) {
		return nil, false
	}
	if model.ID == "" || !isClient(raw) {
		return nil, false
	}
	return &clientPart{raw, model}, true
}

// isClient reports whether an object is marked as a client, and the members that decide who is signed in are of the right
// kind.
func isClient(raw []byte) bool {
	hasSessions, fits := false, true
	err := eachMember(raw, func(key, value []byte) {
		switch string(key) {
		case "object":
			fits = fits && isKind(value, "client")
		case "sessions":
			hasSessions = true
			fits = fits && value[0] == '['
		case "last_active_session_id":
			fits = fits && (isNull(value) || value[0] == '"')
		}
	})
	return err == nil && hasSessions && fits
}

// isKind reports whether the member `object` does not contradict that its object is of this kind.
func isKind(value []byte, kind string) bool { return isNull(value) || unquote(value) == kind }

// without is the client without these sessions; p itself where it has none of them.
func (p *clientPart) without(ids []string) *clientPart {
	for _, id := range ids {
		if findSession(p.model, id) == nil {
			continue
		}
		if rest, ok := decodeClient(withoutSession(p.raw, id)); ok {
			p = rest
		}
	}
	return p
}

// damaged says that a session in the client could not be read, so that its absence proves nothing.
func (p *clientPart) damaged() bool {
	return slices.ContainsFunc(p.model.Sessions, func(s Session) bool { return s.ID == "" || string(s.Status) == "" })
}

// signedIn says whether the client has a session that is active or pending.
func (p *clientPart) signedIn() bool {
	return p != nil && slices.ContainsFunc(p.model.Sessions, func(s Session) bool { return isSignedIn(&s) })
}

func (p *clientPart) id() string {
	if p == nil {
		return ""
	}
	return p.model.ID
}

func isSignedIn(s *Session) bool {
	status := string(s.Status)
	return status == "active" || status == "pending"
}

// environmentPart is an environment, decoded, and its JSON. It does not change.
type environmentPart struct {
	raw                json.RawMessage
	model              *Environment
	minter             bool // it mints session tokens at the edge
	organizationForced bool // every session works in an organization
}

// decodeEnvironment reads an environment's JSON leniently. It refuses what bears no mark of one: no object among the three
// settings that every environment has.
func decodeEnvironment(raw []byte) (*environmentPart, bool) {
	raw = bytes.Clone(bytes.TrimSpace(raw))
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) || !isEnvironment(raw) {
		return nil, false
	}
	model, ok := decodeValue[Environment](raw)
	if !ok || model == nil {
		return nil, false
	}
	p := &environmentPart{raw: raw, model: model}
	p.minter = isTrueAt(raw, "auth_config", "session_minter") // not in the description
	p.organizationForced = isTrueAt(raw, "organization_settings", "force_organization_selection")
	return p, true
}

func isEnvironment(raw []byte) bool {
	marked, fits := false, true
	err := eachMember(raw, func(key, value []byte) {
		switch string(key) {
		case "object":
			fits = fits && isKind(value, "environment")
		case "auth_config", "display_config", "user_settings":
			marked = marked || value[0] == '{'
		}
	})
	return err == nil && marked && fits
}

// isTrueAt reports whether object.member of a JSON object is true.
func isTrueAt(raw []byte, object, member string) (found bool) {
	_ = eachMember(raw, func(key, inner []byte) {
		if string(key) != object {
			return
		}
		_ = eachMember(inner, func(key, value []byte) {
			found = string(key) == member && string(value) == "true" || string(key) != member && found
		})
	})
	return found
}

// derive fills in what follows from the client, from nothing else and each time anew.
func (s *State) derive() {
	s.Session, s.User, s.Organization, s.Membership = nil, nil, nil, nil
	if s.Client == nil {
		return
	}
	s.Session = findSession(s.Client, Value(s.Client.LastActiveSessionID))
	if s.Session == nil || s.Session.User == nil {
		return
	}
	s.User = s.Session.User
	id := Value(s.Session.LastActiveOrganizationID)
	if m := findMembership(s.User, id); m != nil && m.Organization.ID == id {
		s.Membership, s.Organization = m, m.Organization
	}
}

// findSession returns the signed-in session with this id, or nil.
func findSession(c *Client, id string) *Session {
	if c == nil || id == "" {
		return nil
	}
	for i := range c.Sessions {
		if s := &c.Sessions[i]; s.ID == id && isSignedIn(s) {
			return s
		}
	}
	return nil
}

// findMembership returns the membership in the organization with this id, else that with this slug, else nil.
func findMembership(u *User, idOrSlug string) *OrganizationMembership {
	if u == nil || idOrSlug == "" {
		return nil
	}
	var bySlug *OrganizationMembership
	for i := range u.OrganizationMemberships {
		m := &u.OrganizationMemberships[i]
		switch {
		case m.Organization == nil:
		case m.Organization.ID == idOrSlug:
			return m
		case bySlug == nil && textValue(m.Organization.Slug) == idOrSlug:
			bySlug = m
		}
	}
	return bySlug
}
