package generator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/fapigen/fapigen/templates/fapitest"
)

// app is an app with a key of its own.
type app struct {
	t   *testing.T
	f   *checkedFake
	key *ecdsa.PrivateKey
}

const (
	devices = "/v1/me/trusted_devices"
	expired = 11 * time.Minute // of a challenge
)

func newApp(t *testing.T, f *checkedFake) *app {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &app{t, f, key}
}

func (a *app) jwk() string {
	a.t.Helper()
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	data, err := json.Marshal(map[string]string{"kty": "EC", "crv": "P-256", "x": part(point[1:33]), "y": part(point[33:])})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(data)
}

// sign signs as the key stores of phones do: ASN.1.
func (a *app) sign(text string) string {
	a.t.Helper()
	sum := sha256.Sum256([]byte(text))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sig)
}

// signJOSE signs as RFC 7518 has ES256: r and s.
func (a *app) signJOSE(text string) string {
	a.t.Helper()
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// binding is a form with what a registration says, and with changes to it.
func (a *app) binding(changes ...string) string {
	given := url.Values{"platform": {"ios"}, "app_identifier": {"com.example.app"}, "name": {"Ada's phone"}, "algorithm": {"ES256"}, "public_key_jwk": {a.jwk()}}
	for i := 0; i+1 < len(changes); i += 2 {
		given.Set(changes[i], changes[i+1])
	}
	return given.Encode()
}

// enrol registers the device and gives its id.
func (a *app) enrol() string {
	a.t.Helper()
	b := a.f.ok("POST", devices+"/prepare", a.binding())
	data := b.text("response.client_data")
	return a.f.ok("POST", devices+"/attempt", a.binding("client_data", data, "signature", a.sign(data))).text("response.id")
}

// prepared starts a sign-in with the device, and gives its path and the client data to sign.
func (a *app) prepared(id string) (at, data string) {
	a.t.Helper()
	b := a.f.ok("POST", signIns, form("strategy", "trusted_device", "trusted_device_id", id))
	const challenge = "response.first_factor_verification.trusted_device_challenge."
	if b.text("response.status") != "needs_first_factor" || b.text(challenge+"trusted_device_id") != id || b.text(challenge+"algorithm") != "ES256" {
		a.t.Fatalf("%v", b.at("response"))
	}
	return signIns + "/" + b.text("response.id") + "/attempt_first_factor", b.text(challenge + "client_data")
}

func (a *app) attempt(id, data, signature string) string {
	return form("strategy", "trusted_device", "trusted_device_id", id, "client_data", data, "algorithm", "ES256", "signature", signature)
}

func trustedDevices(t *testing.T, f *checkedFake) {
	f.signIn(ada, password)
	a := newApp(t, f)
	id := a.enrol()
	b := f.ok("GET", devices, "")
	if b.text("response.0.id") != id || b.text("response.0.status") != "active" || b.text("response.0.name") != "Ada's phone" || b.at("response.0.last_used_at") != nil {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.ok("POST", "/v1/client/trusted_devices/validate", form("trusted_device_id", id)); b.at("response.valid") != true {
		t.Errorf("%v", b.at("response"))
	}
	f.token = ""
	at, data := a.prepared(id)
	if b = f.ok("POST", at, a.attempt(id, data, a.sign(data))); b.text("response.status") != "complete" || b.text("client.sessions.0.public_user_data.identifier") != ada {
		t.Fatalf("%v", b.at("response"))
	}
	f.session = b.text("response.created_session_id")
	if b = f.ok("GET", devices, ""); b.at("response.0.last_used_at") == nil {
		t.Errorf("%v", b.at("response"))
	}
	if b = f.ok("DELETE", devices+"/"+id, ""); b.text("response.status") != "revoked" || b.at("response.revoked_at") == nil {
		t.Errorf("%v", b.at("response"))
	}
	f.fails(404, "resource_not_found", "DELETE", devices+"/"+id, "")
	if b = f.ok("POST", "/v1/client/trusted_devices/validate", form("trusted_device_id", id)); b.at("response.valid") != false {
		t.Errorf("%v", b.at("response"))
	}
	f.token = ""
	f.fails(422, "trusted_device_not_registered", "POST", signIns, form("strategy", "trusted_device", "trusted_device_id", id))
}

func TestFakeDeviceSignatures(t *testing.T) {
	f := newCheckedFake(t, people()...)
	f.signIn(ada, password)
	a, thief := newApp(t, f), newApp(t, f)
	id := a.enrol()
	decoded := func(data string) string {
		text, err := base64.RawURLEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, sign := range map[string]func(string) string{
		"ASN.1": a.sign, "JOSE": a.signJOSE, "of the decoded client data": func(data string) string { return a.sign(decoded(data)) },
	} {
		f.token = ""
		at, data := a.prepared(id)
		if b := f.ok("POST", at, a.attempt(id, data, sign(data))); b.text("response.status") != "complete" {
			t.Errorf("%s: %v", name, b.at("response"))
		}
	}
	const forged = "trusted_device_signature_verification_failed"
	for name, sign := range map[string]func(string) string{
		"of another key": thief.sign, "of another text": func(string) string { return a.sign("x") }, "JOSE of another key": thief.signJOSE,
		"no signature at all": func(string) string { return "AAAA" }, "no base64": func(string) string { return "?" },
	} {
		f.token = ""
		at, data := a.prepared(id)
		t.Run(name, func(t *testing.T) {
			f.t = t
			f.fails(400, forged, "POST", at, a.attempt(id, data, sign(data)))
			if b := f.ok("POST", at, a.attempt(id, data, a.sign(data))); b.text("response.status") != "complete" {
				t.Errorf("the right one afterwards: %v", b.at("response"))
			}
		})
		f.t = t
	}
}

func TestFakeDeviceSignInRefused(t *testing.T) {
	f := newCheckedFake(t, people()...)
	f.signIn(ada, password)
	a := newApp(t, f)
	id, other := a.enrol(), newApp(t, f).enrol()
	f.token = ""
	f.fails(422, "form_param_missing", "POST", signIns, form("strategy", "trusted_device"))
	f.fails(422, "trusted_device_not_registered", "POST", signIns, form("strategy", "trusted_device", "trusted_device_id", "tdev_x"))
	f.fails(422, "trusted_device_not_registered", "POST", signIns, form("strategy", "trusted_device", "identifier", grace, "trusted_device_id", id))
	b := f.ok("POST", signIns, form("identifier", ada))
	f.fails(400, "verification_missing", "POST", signIns+"/"+b.text("response.id")+"/attempt_first_factor", a.attempt(id, "x", "x"))
	f.ok("POST", signIns+"/"+b.text("response.id")+"/prepare_first_factor", form("strategy", "trusted_device", "trusted_device_id", id))
	_, old := a.prepared(id)
	at, data := a.prepared(id)
	good := a.sign(data)
	for _, tc := range []struct {
		status          int
		code            string
		id, data, signs string
	}{
		{400, "trusted_device_challenge_not_found", id, old, a.sign(old)}, // of the attempt before
		{422, "trusted_device_binding_mismatch", other, data, good},
		{422, "trusted_device_invalid_client_data", id, "x", good},
		{422, "trusted_device_invalid_client_data", id, data + "AA", good},
		{422, "form_param_missing", id, "", good}, {422, "form_param_missing", id, data, ""},
	} {
		f.fails(tc.status, tc.code, "POST", at, a.attempt(tc.id, tc.data, tc.signs))
	}
	f.fails(422, "form_param_value_invalid", "POST", at, form("strategy", "trusted_device", "client_data", data, "signature", good, "algorithm", "RS256"))
	f.Advance(expired)
	f.fails(400, "trusted_device_challenge_expired", "POST", at, a.attempt(id, data, good))
	if b = f.ok("GET", at[:len(at)-len("/attempt_first_factor")], ""); b.text("response.first_factor_verification.status") != "expired" {
		t.Errorf("%v", b.at("response.first_factor_verification"))
	}
	at, data = a.prepared(id)
	slow := f.token
	f.signIn(ada, password)
	f.ok("DELETE", devices+"/"+id, "")
	f.token = slow
	f.fails(422, "trusted_device_not_registered", "POST", at, a.attempt(id, data, a.sign(data)))
}

func TestFakeDeviceRegistrationRefused(t *testing.T) {
	f := newCheckedFake(t, people()...)
	f.signIn(ada, password)
	a := newApp(t, f)
	for name, changes := range map[string][]string{"form_param_missing": {"app_identifier", ""}, "form_param_value_invalid": {"platform", "windows"}, "trusted_device_invalid_public_key": {"public_key_jwk", "{}"}} {
		f.fails(422, name, "POST", devices+"/prepare", a.binding(changes...))
	}
	f.fails(422, "form_param_value_invalid", "POST", devices+"/prepare", a.binding("algorithm", "RS256"))
	data := f.ok("POST", devices+"/prepare", a.binding()).text("response.client_data")
	signed := func(data, signature string, changes ...string) string {
		return a.binding(append(changes, "client_data", data, "signature", signature)...)
	}
	good, attempt := a.sign(data), devices+"/attempt"
	f.fails(422, "trusted_device_binding_mismatch", "POST", attempt, signed(data, good, "platform", "android"))
	f.fails(422, "trusted_device_binding_mismatch", "POST", attempt, signed(data, good, "app_identifier", "com.example.other"))
	f.fails(422, "trusted_device_binding_mismatch", "POST", attempt, signed(data, good, "public_key_jwk", newApp(t, f).jwk()))
	f.fails(422, "trusted_device_invalid_client_data", "POST", attempt, signed("e30", good))
	f.fails(422, "form_param_missing", "POST", attempt, a.binding())
	f.fails(400, "trusted_device_signature_verification_failed", "POST", attempt, signed(data, newApp(t, f).sign(data)))
	adas := f.session
	token := f.token
	b := f.ok("POST", signIns, form("strategy", "ticket", "ticket", f.Ticket("+15555550101")))
	f.ok("POST", signIns+"/"+b.text("response.id")+"/attempt_second_factor", form("strategy", "totp", "code", fapitest.TestCode))
	f.session = f.ok("GET", "/v1/client", "").text("response.last_active_session_id")
	f.fails(400, "trusted_device_challenge_not_found", "POST", attempt, signed(data, good)) // it is Ada's
	f.session, f.token = adas, token
	f.ok("POST", attempt, signed(data, good))
	f.fails(409, "trusted_device_already_enrolled", "POST", attempt, signed(data, good))
	f.fails(409, "trusted_device_already_enrolled", "POST", devices+"/prepare", a.binding())
	late := newApp(t, f)
	data = f.ok("POST", devices+"/prepare", late.binding()).text("response.client_data")
	f.Advance(expired)
	f.fails(400, "trusted_device_challenge_expired", "POST", attempt, late.binding("client_data", data, "signature", late.sign(data)))
}

func TestFakeDevicesSwitchedOff(t *testing.T) {
	f := newCheckedFake(t, append(people(), fapitest.WithEnvironment(func(environment map[string]any) {
		environment["auth_config"].(map[string]any)["native_settings"].(map[string]any)["trusted_device_sign_in_enabled"] = false
	}))...)
	f.signIn(ada, password)
	f.fails(403, "feature_not_enabled", "POST", devices+"/prepare", newApp(t, f).binding())
	f.fails(403, "feature_not_enabled", "POST", signIns, form("strategy", "trusted_device", "trusted_device_id", "x"))
	fresh := newCheckedFake(t, append(people(), fapitest.WithReverification())...)
	fresh.signIn(ada, password)
	id := newApp(t, fresh).enrol()
	fresh.Advance(expired)
	fresh.fails(403, "session_reverification_required", "DELETE", devices+"/"+id, "")
	fresh.fails(403, "session_reverification_required", "POST", devices+"/prepare", newApp(t, fresh).binding())
}
