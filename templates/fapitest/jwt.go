package fapitest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// signer signs tokens. The key is made once for all servers of a process: that is the dear part.
type signer struct {
	key *rsa.PrivateKey
	kid string
}

var processKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
})

func newSigner() signer {
	key := processKey()
	sum := sha256.Sum256(key.N.Bytes())
	return signer{key, "ins_" + hex.EncodeToString(sum[:8])}
}

// sign makes a JWT.
func (s signer) sign(header, claims object) string {
	header = maps.Clone(header)
	header["alg"], header["typ"], header["kid"] = "RS256", "JWT", s.kid
	text := segment(header) + "." + segment(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is good
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// verify reads the claims of a JWT, and reports whether it has the signature of sign. Whatever else it claims is left to the
// caller.
func (s signer) verify(token string, claims any) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var header struct {
		Alg string `json:"alg"`
	}
	for i, into := range []any{&header, claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(data, into) != nil {
			return false
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return err == nil && header.Alg == "RS256" && rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sum[:], signature) == nil
}

// segment is one part of a JWT.
func segment(o object) string {
	return base64.RawURLEncoding.EncodeToString([]byte(encode(o)))
}

// jwks is the public key, as GET /.well-known/jwks.json answers it.
func (s signer) jwks() object {
	return object{"keys": []any{object{
		"kid": s.kid, "alg": "RS256", "use": "sig", "kty": "RSA",
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
	}}}
}

// clientToken is what a device is known by. It is a JWT, of which nobody but the server reads anything: a cheap signature
// does, and there are many.
func (s *Server) clientToken(k *client) string {
	text := segment(object{"alg": "HS256", "typ": "JWT"}) + "." + segment(object{"id": k.id, "rotating_token": s.newID("rot")})
	mac := hmac.New(sha256.New, s.key.D.Bytes())
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const tokenLife = time.Minute

// sessionToken mints a session token for an organization; nil is the personal account. A default token is minted once in
// ten seconds, unless something in it changed.
func (s *Server) sessionToken(x *session, o *organization) string {
	now := s.now()
	want := x.id + " " + x.status + " " + s.ageKey(x) + " " + x.client.origin
	if o != nil {
		want += " " + o.id
		if m := o.member(x.user); m != nil {
			want += " " + m.role
		}
	}
	if x.tokenFor == want && now.Sub(x.tokenMinted) < 10*time.Second && now.Sub(x.tokenMinted) >= 0 {
		return x.token
	}
	x.tokenFor, x.tokenMinted = want, now
	x.token = s.sign(object{"cat": "cl_B7d4PD111AAA", "oiat": now.Unix()}, s.claims(x, o))
	return x.token
}

// ageKey changes with the ages of the factors.
func (s *Server) ageKey(x *session) string {
	data, _ := json.Marshal(s.factorAges(x))
	return string(data)
}

// claims are those of version 2.
func (s *Server) claims(x *session, o *organization) object {
	now := s.now()
	claims := object{
		"v": 2, "iss": s.issuer(), "sub": x.user.id, "sid": x.id, "sts": x.status, "jti": s.newID("jti"),
		"iat": now.Unix(), "nbf": now.Add(-10 * time.Second).Unix(), "exp": now.Add(tokenLife).Unix(), "fva": s.factorAges(x),
	}
	if x.client.origin != "" {
		claims["azp"] = x.client.origin
	}
	fea, pla := scoped("u", x.user.features), scoped("u", planList(x.user.plan))
	if o != nil {
		if m := o.member(x.user); m != nil {
			features, names, masks := permissionClaims(o.features, s.roleOf(m.role).permissions)
			fea, pla = append(fea, scoped("o", features)...), append(pla, scoped("o", planList(o.plan))...)
			claims["o"] = object{"id": o.id, "slg": o.slug, "rol": strings.TrimPrefix(m.role, "org:")}
			if len(names) > 0 {
				claims["o"].(object)["per"], claims["o"].(object)["fpm"] = strings.Join(names, ","), strings.Join(masks, ",")
			}
		}
	}
	if len(fea) > 0 {
		claims["fea"] = strings.Join(fea, ",")
	}
	if len(pla) > 0 {
		claims["pla"] = strings.Join(pla, ",")
	}
	return claims
}

func planList(plan string) []string {
	if plan == "" {
		return nil
	}
	return []string{plan}
}

// scoped are features or plans with whose they are: "o:reports".
func scoped(scope string, list []string) []string {
	var out []string
	for _, name := range list {
		out = append(out, scope+":"+name)
	}
	return out
}

// permissionClaims packs the permissions that a role has beside the API's own: the names of what may be done, and for each
// feature a number whose bits choose among them. A feature that a permission is about is one of the organization's.
func permissionClaims(features, permissions []string) (all, names, masks []string) {
	all = slices.Clone(features)
	granted := map[string][]string{} // by feature
	for _, p := range permissions {
		parts := strings.Split(p, ":")
		if strings.HasPrefix(parts[1], "sys_") {
			continue
		}
		if !slices.Contains(all, parts[1]) {
			all = append(all, parts[1])
		}
		if !slices.Contains(names, parts[2]) {
			names = append(names, parts[2])
		}
		granted[parts[1]] = append(granted[parts[1]], parts[2])
	}
	for _, feature := range all {
		mask := new(big.Int)
		for _, name := range granted[feature] {
			mask.SetBit(mask, slices.Index(names, name), 1)
		}
		masks = append(masks, mask.String())
	}
	return all, names, masks
}

// issuer is the URL of the server, known once it listens.
func (s *Server) issuer() string { return s.URL() }

// templateToken mints a token with the claims of a template. Its own claims cannot replace the registered ones.
func (s *Server) templateToken(x *session, claims object) string {
	now := s.now()
	all, _ := s.fill(x, claims).(object)
	if all == nil {
		all = object{}
	}
	if x.client.origin != "" {
		all["azp"] = x.client.origin
	}
	maps.Copy(all, object{"iss": s.issuer(), "sub": x.user.id, "iat": now.Unix(), "nbf": now.Add(-10 * time.Second).Unix(),
		"exp": now.Add(tokenLife).Unix(), "jti": s.newID("jti")})
	return s.sign(object{"cat": "cl_B7d4PD222AAA"}, all)
}

// factorAges are minutes since each factor was verified, -1 for one that was not.
func (s *Server) factorAges(x *session) []any {
	age := func(at time.Time) int64 {
		if at.IsZero() {
			return -1
		}
		return int64(s.now().Sub(at) / time.Minute)
	}
	second := age(x.second)
	if !x.user.secondFactor() {
		second = -1
	}
	return []any{age(x.first), second}
}

// bearer finds the session of a session token.
func (c *call) bearer() *apiError {
	token, ok := strings.CutPrefix(c.http.Header.Get("Authorization"), "Bearer ")
	bad := fail("authentication_invalid", "Unable to authenticate the request, you need to supply a session token.")
	var claims struct {
		SID string `json:"sid"`
		Exp int64  `json:"exp"`
		O   struct {
			ID string `json:"id"`
		} `json:"o"`
	}
	if !ok || !c.verify(token, &claims) || claims.Exp <= c.now().Unix() {
		return bad
	}
	for _, k := range c.state.clients {
		i := slices.IndexFunc(k.sessions, func(x *session) bool { return x.id == claims.SID && x.signedIn() })
		if i >= 0 {
			c.session = k.sessions[i]
			return nil
		}
	}
	return bad
}
