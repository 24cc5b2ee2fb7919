package fapitest

import (
	"slices"
	"time"
)

// The JSON of what the server keeps, in the forms of recorded replies. nothing is null in place of an empty value.

func nothing[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// listOf makes a JSON array; it is never null.
func listOf[T any](list []T, form func(T) object) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		out = append(out, form(v))
	}
	return out
}

func texts(list ...string) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func (s *Server) clientJSON(k *client) object {
	o := object{
		"object": "client", "id": k.id, "sign_in": nil, "sign_up": nil, "last_active_session_id": nil,
		"last_authentication_strategy": nothing(k.lastStrategy), "cookie_expires_at": nil, "captcha_bypass": false,
		"created_at": k.created, "updated_at": k.updated,
	}
	for _, x := range k.sessions {
		s.alive(x) // expires those that are due
	}
	o["sessions"] = listOf(k.live(), s.sessionJSON)
	if k.lastActive != nil && k.lastActive.signedIn() {
		o["last_active_session_id"] = k.lastActive.id
	}
	if k.signIn != nil && k.signIn.status != "complete" {
		o["sign_in"] = s.signInJSON(k.signIn)
	}
	if k.signUp != nil && k.signUp.status == "missing_requirements" {
		o["sign_up"] = s.signUpJSON(k.signUp)
	}
	return o
}

func (s *Server) sessionJSON(x *session) object {
	o := object{
		"object": "session", "id": x.id, "status": x.status, "expire_at": x.expires, "abandon_at": x.expires + month,
		"last_active_at": x.active, "last_active_organization_id": nil, "actor": nil, "tasks": nil,
		"user": s.userJSON(x.user), "public_user_data": s.publicUserJSON(x.user), "factor_verification_age": s.factorAges(x),
		"created_at": x.created, "updated_at": x.updated, "last_active_token": nil,
	}
	if u, _, _ := s.state.userByIdentifier(x.identifier); u == x.user { // as it was typed, while it is the user's
		o["public_user_data"].(object)["identifier"] = x.identifier
	}
	if x.org != nil {
		o["last_active_organization_id"] = x.org.id
	}
	if tasks := s.tasks(x); len(tasks) > 0 {
		o["tasks"] = listOf(tasks, func(key string) object { return object{"key": key} })
	}
	if x.signedIn() {
		o["last_active_token"] = object{"object": "token", "jwt": s.sessionToken(x, x.org)}
	}
	return o
}

const (
	week  = int64(7 * 24 * time.Hour / time.Millisecond)
	month = int64(30 * 24 * time.Hour / time.Millisecond)
)

func (s *Server) userJSON(u *user) object {
	limit := int64(0) // no limit
	return object{
		"object": "user", "id": u.id, "username": nothing(u.username), "first_name": nothing(u.first), "last_name": nothing(u.last),
		"locale": nothing(u.locale), "image_url": s.imageURL(u.id), "profile_image_url": s.imageURL(u.id), "has_image": u.hasImage,
		"primary_email_address_id": nothing(u.primaryEmail), "primary_phone_number_id": nothing(u.primaryPhone),
		"primary_web3_wallet_id": nothing(u.primaryWallet), "password_enabled": u.password != "", "two_factor_enabled": u.secondFactor(),
		"totp_enabled": u.totpEnabled(), "backup_code_enabled": len(u.backup) > 0,
		"email_addresses": listOf(u.emails, emailJSON), "phone_numbers": listOf(u.phones, phoneJSON), "web3_wallets": listOf(u.wallets, walletJSON),
		"passkeys": listOf(u.passkeys, passkeyJSON), "external_accounts": listOf(u.externals, s.externalJSON(u)), "saml_accounts": []any{},
		"enterprise_accounts":      listOf(u.enterprises, s.enterpriseJSON(u)),
		"organization_memberships": listOf(s.membershipsOf(u), s.memberJSON),
		"password_last_updated_at": nothing(u.passwordSet), "public_metadata": u.public, "unsafe_metadata": u.unsafe, "external_id": nil,
		"last_sign_in_at": nothing(u.lastSignIn), "banned": u.banned, "locked": s.lockedFor(u) != 0, "lockout_expires_in_seconds": nothing(max(0, s.lockedFor(u))),
		"verification_attempts_remaining": int64(s.attemptsLeft(u)), "created_at": u.created, "updated_at": u.updated,
		"delete_self_enabled":         s.setting(true, "user_settings", "actions", "delete_self"),
		"create_organization_enabled": s.setting(true, "user_settings", "actions", "create_organization"), "create_organizations_limit": limit,
		"last_active_at": nothing(u.lastActive), "mfa_enabled_at": nothing(u.mfaEnabled), "mfa_disabled_at": nothing(u.mfaDisabled),
		"legal_accepted_at": nothing(u.legal),
	}
}

func (s *Server) publicUserJSON(u *user) object {
	return object{
		"first_name": nothing(u.first), "last_name": nothing(u.last), "image_url": s.imageURL(u.id), "profile_image_url": s.imageURL(u.id),
		"has_image": u.hasImage, "identifier": u.identifier(), "username": nothing(u.username), "user_id": u.id,
	}
}

// identifier is what others see of a user: the primary email address, else the next best.
func (u *user) identifier() string {
	if i := identifierOf(u.emails, u.primaryEmail); i != nil {
		return i.value
	}
	if i := identifierOf(u.phones, u.primaryPhone); i != nil {
		return i.value
	}
	return firstText(u.username, u.id)
}

func emailJSON(i *identifier) object {
	return object{"object": "email_address", "id": i.id, "email_address": i.value, "reserved": false, "verification": i.verification.json(),
		"linked_to": []any{}, "matches_sso_connection": false, "created_at": i.created, "updated_at": i.updated}
}

func phoneJSON(i *identifier) object {
	return object{"object": "phone_number", "id": i.id, "phone_number": i.value, "reserved_for_second_factor": i.second,
		"default_second_factor": i.second && i.preferred, "reserved": false, "verification": i.verification.json(), "linked_to": []any{}, "backup_codes": nil,
		"created_at": i.created, "updated_at": i.updated}
}

func walletJSON(i *identifier) object {
	return object{"object": "web3_wallet", "id": i.id, "web3_wallet": i.value, "verification": i.verification.json(),
		"created_at": i.created, "updated_at": i.updated}
}

func passkeyJSON(p *passkey) object {
	return object{"object": "passkey", "id": p.id, "name": p.name, "last_used_at": nothing(p.used), "verification": p.verification.json(),
		"created_at": p.created, "updated_at": p.updated}
}

func (s *Server) externalJSON(u *user) func(*external) object {
	return func(e *external) object {
		kind := "external_account"
		if slices.Contains([]string{"google", "facebook"}, e.provider) {
			kind = e.provider + "_account"
		}
		return object{"object": kind, "id": e.id, "provider": "oauth_" + e.provider, "identification_id": "idn_" + e.id, "provider_user_id": e.provider + "|" + u.id,
			"approved_scopes": e.scopes, "email_address": e.email, "first_name": u.first, "last_name": u.last, "image_url": s.imageURL(e.id),
			"username": nil, "public_metadata": object{}, "label": nil, "created_at": e.created, "updated_at": e.updated, "verification": e.verification.json()}
	}
}

// json of no verification is null.
func (v *verification) json() any {
	if v == nil {
		return nil
	}
	o := object{"object": v.object, "status": v.status, "strategy": v.strategy, "attempts": nil, "expire_at": nothing(v.expires)}
	if v.object == "verification_otp" || v.object == "verification_password" || v.object == "verification_totp" || v.object == "verification_backup_code" {
		o["attempts"] = v.attempts
	}
	for name, text := range map[string]string{"channel": v.channel, "nonce": v.nonce, "external_verification_redirect_url": v.redirect} {
		if text != "" {
			o[name] = text
		}
	}
	if v.device != nil {
		o["trusted_device_challenge"] = v.device.json()
	}
	if v.failure != nil {
		o["error"] = v.failure.json()
	}
	return o
}

// membershipsOf are a user's, in the order of the organizations.
func (s *Server) membershipsOf(u *user) []*membership {
	var list []*membership
	for _, o := range s.state.organizationsOf(u) {
		list = append(list, &membership{o, o.member(u)})
	}
	return list
}

// membership is a member with the organization.
type membership struct {
	org    *organization
	member *member
}

func (s *Server) memberJSON(m *membership) object {
	role := s.roleOf(m.member.role)
	return object{"object": "organization_membership", "id": m.member.id, "public_metadata": m.member.public, "role": m.member.role,
		"role_name": role.name, "permissions": texts(role.permissions...), "created_at": m.member.created, "updated_at": m.member.updated,
		"organization": s.organizationJSON(m.org), "public_user_data": s.publicUserJSON(m.member.user)}
}

func (s *Server) organizationJSON(o *organization) object {
	pending := 0
	for _, i := range o.invitations {
		if i.status == "pending" {
			pending++
		}
	}
	return object{"object": "organization", "id": o.id, "name": o.name, "slug": o.slug, "image_url": s.imageURL(o.id), "logo_url": nil,
		"has_image": o.hasImage, "members_count": len(o.members), "pending_invitations_count": pending, "max_allowed_memberships": 5,
		"admin_delete_enabled": s.setting(true, "organization_settings", "actions", "admin_delete"), "public_metadata": o.public,
		"created_at": o.created, "updated_at": o.updated}
}

func (s *Server) publicOrganizationJSON(o *organization) object {
	return object{"id": o.id, "name": o.name, "slug": o.slug, "image_url": s.imageURL(o.id), "has_image": o.hasImage}
}

func deletedJSON(kind, id string) object {
	return object{"object": kind, "id": id, "deleted": true}
}
