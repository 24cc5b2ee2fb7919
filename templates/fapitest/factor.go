package fapitest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

var factorRoutes = []route{
	{name: "POST /v1/me/totp", access: byUser, handle: createTOTP},
	{name: "DELETE /v1/me/totp", access: byUser, handle: deleteTOTP},
	{name: "POST /v1/me/totp/attempt_verification", access: byUser, handle: verifyTOTP},
	{name: "POST /v1/me/backup_codes", access: byUser, handle: createBackupCodes},
	{name: "POST /v1/me/passkeys", access: byUser, handle: createPasskey},
	{name: "GET /v1/me/passkeys/{id}", access: byUser, handle: withPasskey(func(c *call, p *passkey) (any, *apiError) { return passkeyJSON(p), nil })},
	{name: "PATCH /v1/me/passkeys/{id}", access: byUser, handle: withPasskey(renamePasskey)},
	{name: "DELETE /v1/me/passkeys/{id}", access: byUser, handle: withPasskey(deletePasskey)},
	{name: "POST /v1/me/passkeys/{id}/attempt_verification", access: byUser, handle: withPasskey(verifyPasskey)},
}

func (c *call) totpJSON(u *user, codes []string) object {
	o := object{"object": "totp", "id": u.totp.id, "secret": nil, "uri": nil, "verified": u.totp.verified, "backup_codes": nil,
		"created_at": u.totp.created, "updated_at": c.millis()}
	if !u.totp.verified {
		o["secret"] = u.totp.secret
		o["uri"] = fmt.Sprintf("otpauth://totp/Fake%%20app:%s?secret=%s&issuer=Fake+app", url.QueryEscape(u.identifier()), u.totp.secret)
	}
	if codes != nil {
		o["backup_codes"] = texts(codes...)
	}
	return o
}

// createTOTP gives a secret, which counts once a code of it was verified.
func createTOTP(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	if c.user().totpEnabled() {
		return nil, fail("totp_already_enabled", "TOTP is already enabled on your account.")
	}
	secret := make([]byte, 20)
	_, _ = rand.Read(secret)
	c.user().totp = &totp{id: c.newID("totp"), secret: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret), created: c.millis()}
	return c.totpJSON(c.user(), nil), nil
}

// verifyTOTP switches the second factor on. Whoever has no backup codes gets some.
func verifyTOTP(c *call) (any, *apiError) {
	u := c.user()
	switch code := c.arg("code"); {
	case u.totp == nil:
		return nil, notFound("TOTP")
	case code == "":
		return nil, missing("code")
	case !c.goodTOTP(u.totp.secret, code):
		return nil, failParam("form_code_incorrect", "code", "Incorrect code")
	}
	u.totp.verified = true
	var codes []string
	if len(u.backup) == 0 {
		codes = c.newBackupCodes(u)
	}
	c.session.second = c.now()
	c.secondFactorChanged(u)
	return c.totpJSON(u, codes), nil
}

func deleteTOTP(c *call) (any, *apiError) {
	u := c.user()
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	if u.totp == nil {
		return nil, notFound("TOTP")
	}
	id := u.totp.id
	u.totp = nil
	c.secondFactorChanged(u)
	return deletedJSON("totp", id), nil
}

func (c *call) newBackupCodes(u *user) []string {
	u.backup = nil
	for range 10 {
		c.state.count++
		u.backup = append(u.backup, fmt.Sprintf("backup%02d%04d", len(u.backup), c.state.count%10_000))
	}
	return slices.Clone(u.backup)
}

func createBackupCodes(c *call) (any, *apiError) {
	u := c.user()
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	if !u.secondFactor() {
		return nil, fail("backup_codes_not_available", "Backup codes cannot be used without another second factor.")
	}
	now := c.millis()
	return object{"object": "backup_code", "id": c.newID("bkc"), "codes": texts(c.newBackupCodes(u)...), "created_at": now, "updated_at": now}, nil
}

// passkeyChallenge holds the options for the authenticator, as JSON text in nonce.
func (c *call) passkeyChallenge() *verification {
	options := object{"challenge": base64.RawURLEncoding.EncodeToString([]byte(c.newID("challenge"))), "timeout": 60000, "rpId": "localhost",
		"userVerification": "preferred", "allowCredentials": []any{}}
	return &verification{object: "verification_passkey", status: "unverified", strategy: "passkey", expires: c.millis() + codeLife, nonce: encode(options)}
}

func encode(o object) string {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err) // it is JSON
	}
	return string(data)
}

// credentialID is the id in a WebAuthn credential's JSON. The server checks no signature.
func credentialID(text string) string {
	var credential struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal([]byte(text), &credential)
	return credential.ID
}

// passkeyOf finds the passkey that a credential is of.
func (u *user) passkeyOf(credential string) *passkey {
	id := credentialID(credential)
	for _, p := range u.passkeys {
		if id != "" && p.credential == id && p.verification != nil && p.verification.status == "verified" {
			return p
		}
	}
	return nil
}

func (c *call) passkeySignIn(a *signIn) *apiError {
	if c.arg("public_key_credential") == "" {
		return missing("public_key_credential")
	}
	if a.first == nil || a.first.strategy != "passkey" {
		return fail("verification_missing", "Prepare the verification first.")
	}
	var found *passkey
	for _, u := range c.state.users {
		if p := u.passkeyOf(c.arg("public_key_credential")); p != nil && (a.user == nil || a.user == u) {
			found, a.user = p, u
		}
	}
	if err := c.attempt(a.first, found != nil, fail("passkey_not_registered", "The passkey is not registered.")); err != nil {
		return err
	}
	found.used = c.millis()
	a.identifier = firstText(a.identifier, a.user.identifier())
	return c.firstDone(c.client, a, "passkey")
}

func createPasskey(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	now := c.millis()
	p := &passkey{id: c.newID("passkey"), name: "Passkey", created: now, updated: now}
	options := object{"rp": object{"id": "localhost", "name": "Fake app"}, "challenge": base64.RawURLEncoding.EncodeToString([]byte(p.id)),
		"user":             object{"id": base64.RawURLEncoding.EncodeToString([]byte(c.user().id)), "name": c.user().identifier(), "displayName": c.user().identifier()},
		"pubKeyCredParams": []any{object{"type": "public-key", "alg": -7}, object{"type": "public-key", "alg": -257}},
		"timeout":          60000, "attestation": "none", "excludeCredentials": []any{},
		"authenticatorSelection": object{"residentKey": "required", "requireResidentKey": true, "userVerification": "required"}}
	p.verification = &verification{object: "verification_passkey", status: "unverified", strategy: "passkey", expires: now + codeLife, nonce: encode(options)}
	c.user().passkeys = append(c.user().passkeys, p)
	return passkeyJSON(p), nil
}

func withPasskey(handle func(*call, *passkey) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		for _, p := range c.user().passkeys {
			if p.id == c.args["id"] {
				return handle(c, p)
			}
		}
		return nil, notFound("Passkey")
	}
}

func renamePasskey(c *call, p *passkey) (any, *apiError) {
	if c.arg("name") == "" {
		return nil, missing("name")
	}
	p.name, p.updated = c.arg("name"), c.millis()
	return passkeyJSON(p), nil
}

func deletePasskey(c *call, p *passkey) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	u.passkeys = slices.DeleteFunc(u.passkeys, func(other *passkey) bool { return other == p })
	return deletedJSON("passkey", p.id), nil
}

func verifyPasskey(c *call, p *passkey) (any, *apiError) {
	id := credentialID(c.arg("public_key_credential"))
	if id == "" {
		return nil, failParam("passkey_invalid_public_key_credential", "public_key_credential", "The public key credential is not valid.")
	}
	if err := c.attempt(p.verification, true, nil); err != nil {
		return nil, err
	}
	p.credential, p.updated = id, c.millis()
	return passkeyJSON(p), nil
}
