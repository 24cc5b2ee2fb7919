package fapitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Trusted devices: an app keeps a P-256 key, registers its public part while the user is signed in, and signs in later by
// signing a challenge with it (ES256).

var deviceRoutes = []route{
	{name: "GET /v1/me/trusted_devices", access: byUser, handle: withDevices(func(c *call) (any, *apiError) { return listOf(c.user().devices, deviceJSON), nil })},
	{name: "POST /v1/me/trusted_devices/prepare", access: byUser, handle: withDevices(prepareDevice)},
	{name: "POST /v1/me/trusted_devices/attempt", access: byUser, handle: withDevices(enrolDevice)},
	{name: "DELETE /v1/me/trusted_devices/{id}", access: byUser, handle: withDevices(revokeDevice)},
	{name: "POST /v1/client/trusted_devices/validate", handle: withDevices(validateDevice)},
}

// device is one that its user trusts.
type device struct {
	deviceBinding
	id                     string
	created, updated, used int64
	revoked                int64 // 0 is not
}

// deviceBinding is what a challenge and a device are bound to.
type deviceBinding struct {
	platform, app, name string
	key                 string // the point of the public key, uncompressed
}

// deviceChallenge is what the app signs.
type deviceChallenge struct {
	id, challenge, clientData string
	expires                   int64
	user                      *user // who registers a device
	binding                   deviceBinding
	device                    *device // that signs in; nil to register one
}

func (d *deviceChallenge) json() object {
	o := object{"object": "trusted_device_challenge", "challenge": d.challenge, "challenge_id": d.id, "client_data": d.clientData,
		"expires_at": d.expires, "algorithm": "ES256"}
	if d.device != nil {
		o["trusted_device_id"] = d.device.id
	}
	return o
}

func deviceJSON(d *device) object {
	status := "active"
	if d.revoked != 0 {
		status = "revoked"
	}
	return object{"object": "trusted_device", "id": d.id, "platform": d.platform, "app_identifier": d.app, "name": nothing(d.name), "algorithm": "ES256",
		"status": status, "created_at": d.created, "updated_at": d.updated, "last_used_at": nothing(d.used), "revoked_at": nothing(d.revoked)}
}

// withDevices refuses the operations of an instance that has trusted devices switched off.
func withDevices(handle func(*call) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		if err := c.devicesEnabled(); err != nil {
			return nil, err
		}
		return handle(c)
	}
}

func (c *call) devicesEnabled() *apiError {
	if c.setting(false, "auth_config", "native_settings", "trusted_device_sign_in_enabled") {
		return nil
	}
	return fail("feature_not_enabled", "Trusted devices are not enabled for this instance.")
}

// newChallenge makes a challenge. What it is for is a part of what is signed.
func (c *call) newChallenge(d deviceChallenge, purpose string) *deviceChallenge {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	d.id, d.challenge, d.expires = c.newID("tdc"), base64.RawURLEncoding.EncodeToString(secret), c.millis()+codeLife
	d.clientData = segment(object{"type": purpose, "challenge": d.challenge, "challenge_id": d.id, "expires_at": d.expires})
	return &d
}

// prepareDevice gives the challenge that registers a device.
func prepareDevice(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	binding, err := c.deviceBinding()
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(c.state.challenges, func(_ string, d *deviceChallenge) bool { return d.expires+attemptLife <= c.millis() })
	d := c.newChallenge(deviceChallenge{user: c.user(), binding: binding}, "trusted_device.enroll")
	c.state.challenges[d.id] = d
	return d.json(), nil
}

// deviceBinding reads what the request says of a device. A key may be registered once.
func (c *call) deviceBinding() (b deviceBinding, err *apiError) {
	for _, param := range []string{"platform", "app_identifier", "algorithm", "public_key_jwk"} {
		if c.arg(param) == "" {
			return b, missing(param)
		}
	}
	b = deviceBinding{platform: c.arg("platform"), app: c.arg("app_identifier"), name: c.arg("name"), key: readJWK(c.arg("public_key_jwk"))}
	switch {
	case b.platform != "ios" && b.platform != "android":
		return b, failParam("form_param_value_invalid", "platform", "platform does not match one of the allowed values: ios, android.")
	case c.arg("algorithm") != "ES256":
		return b, failParam("form_param_value_invalid", "algorithm", "algorithm does not match the allowed value ES256.")
	case b.key == "":
		return b, failParam("trusted_device_invalid_public_key", "public_key_jwk", "The public key is not a valid P-256 key.")
	}
	for _, u := range c.state.users {
		if slices.ContainsFunc(u.devices, func(d *device) bool { return d.key == b.key }) {
			return b, fail("trusted_device_already_enrolled", "This device is already a trusted device.")
		}
	}
	return b, nil
}

// readJWK gives the point of a public key, "" of what is none on P-256.
func readJWK(text string) string {
	var jwk struct{ Kty, Crv, X, Y string }
	if json.Unmarshal([]byte(text), &jwk) != nil || jwk.Kty != "EC" || jwk.Crv != "P-256" {
		return ""
	}
	point := []byte{4}
	for _, coordinate := range []string{jwk.X, jwk.Y} {
		data, err := base64.RawURLEncoding.DecodeString(coordinate)
		if err != nil || len(data) != 32 {
			return ""
		}
		point = append(point, data...)
	}
	if publicKey(string(point)) == nil {
		return ""
	}
	return string(point)
}

// publicKey is nil of a point that is not on the curve.
func publicKey(point string) *ecdsa.PublicKey {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), []byte(point))
	if err != nil {
		return nil
	}
	return key
}

// enrolDevice registers the device of a challenge that its key has signed.
func enrolDevice(c *call) (any, *apiError) {
	binding, err := c.deviceBinding()
	if err != nil {
		return nil, err
	}
	id, err := c.challengeID()
	if err != nil {
		return nil, err
	}
	d := c.state.challenges[id]
	if d == nil || d.user != c.user() {
		return nil, fail("trusted_device_challenge_not_found", "The challenge was not found.")
	}
	for param, same := range map[string]bool{"platform": d.binding.platform == binding.platform, "app_identifier": d.binding.app == binding.app,
		"public_key_jwk": d.binding.key == binding.key} {
		if !same {
			return nil, failParam("trusted_device_binding_mismatch", param, param+" is not what the challenge was made for.")
		}
	}
	if err := c.signedChallenge(d, binding.key); err != nil {
		return nil, err
	}
	delete(c.state.challenges, id)
	now := c.millis()
	binding.name = firstText(binding.name, d.binding.name)
	added := &device{id: c.newID("tdev"), deviceBinding: binding, created: now, updated: now}
	c.user().devices = append(c.user().devices, added)
	return deviceJSON(added), nil
}

// challengeID reads which challenge the client data of a request is about.
func (c *call) challengeID() (string, *apiError) {
	for _, param := range []string{"client_data", "signature"} {
		if c.arg(param) == "" {
			return "", missing(param)
		}
	}
	var said struct {
		ID string `json:"challenge_id"`
	}
	data, err := base64.RawURLEncoding.DecodeString(c.arg("client_data"))
	if err != nil || json.Unmarshal(data, &said) != nil || said.ID == "" {
		return "", badClientData()
	}
	return said.ID, nil
}

func badClientData() *apiError {
	return failParam("trusted_device_invalid_client_data", "client_data", "The client data is not that of the challenge.")
}

// signedChallenge checks that a request has the client data of a challenge, in time, and a signature of it by the key.
func (c *call) signedChallenge(d *deviceChallenge, key string) *apiError {
	switch {
	case c.arg("client_data") != d.clientData:
		return badClientData()
	case d.expires <= c.millis():
		return fail("trusted_device_challenge_expired", "The challenge has expired.")
	case !signedBy(publicKey(key), d.clientData, c.arg("signature")):
		return fail("trusted_device_signature_verification_failed", "The signature is not one of the challenge by the key of the device.")
	}
	return nil
}

// signedBy checks an ES256 signature in base64. Systems make it in ASN.1, JOSE is r and s of 32 bytes each; both count. So
// do both readings of the client data: as it is told, and decoded.
func signedBy(key *ecdsa.PublicKey, clientData, signature string) bool {
	signature = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(signature), "=")
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || key == nil {
		return false
	}
	texts := [][]byte{[]byte(clientData)}
	if decoded, err := base64.RawURLEncoding.DecodeString(clientData); err == nil {
		texts = append(texts, decoded)
	}
	for _, text := range texts {
		sum := sha256.Sum256(text)
		if ecdsa.VerifyASN1(key, sum[:], sig) {
			return true
		}
		if len(sig) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
			return true
		}
	}
	return false
}

func revokeDevice(c *call) (any, *apiError) {
	if err := c.wantsFresh(); err != nil {
		return nil, err
	}
	u := c.user()
	i := slices.IndexFunc(u.devices, func(d *device) bool { return d.id == c.args["id"] })
	if i < 0 {
		return nil, notFound("Trusted device")
	}
	d := u.devices[i]
	u.devices = slices.Delete(u.devices, i, i+1)
	d.revoked, d.updated = c.millis(), c.millis()
	return deviceJSON(d), nil
}

// deviceOf finds a device that is not revoked, and its user.
func (s *Server) deviceOf(id string) (*user, *device) {
	for _, u := range s.state.users {
		for _, d := range u.devices {
			if d.id == id {
				return u, d
			}
		}
	}
	return nil, nil
}

func validateDevice(c *call) (any, *apiError) {
	if c.arg("trusted_device_id") == "" {
		return nil, missing("trusted_device_id")
	}
	_, d := c.deviceOf(c.arg("trusted_device_id"))
	return object{"object": "trusted_device_validation", "valid": d != nil}, nil
}
