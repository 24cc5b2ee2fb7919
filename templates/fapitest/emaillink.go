package fapitest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var linkRoutes = []route{
	{name: "POST /v1/client/magic_links/complete", handle: completeLink},
}

// emailedLink is what a link in an email is for.
type emailedLink struct {
	step func(*call) *apiError // goes on, once the link of a page has been opened
	done func() *session       // what came of it; nil is nothing yet
	// complete gives a native app what the link leads to; nil where native apps have no such links. owner is the client that
	// it is for, nil for any.
	complete func(*call) (any, *apiError)
	owner    *client
}

// emailLink sends a link to an address, which EmailLink gives. The link of a page verifies the address when it is opened,
// wherever that is. That of a native app, which names a redirect_uri and a PKCE challenge, only approves: the app has to
// complete it.
func (c *call) emailLink(to string, l emailedLink) (*verification, *apiError) {
	v := &verification{object: "verification_email_link", status: "unverified", strategy: "email_link", expires: c.millis() + codeLife}
	if c.has("redirect_uri") || c.has("code_challenge") || c.has("code_challenge_method") {
		return v, c.nativeLink(to, v, l)
	}
	k := c.client
	c.sendLink(to, firstText(c.arg("redirect_url"), c.URL()), func(visitor) url.Values {
		in := &call{Server: c.Server, client: k}
		if err := in.attempt(v, true, nil); err == nil {
			if err := l.step(in); err != nil {
				v.status, v.failure = "failed", err
			}
		}
		k.updated = max(in.millis(), k.updated+1)
		values := url.Values{"__clerk_status": {v.status}}
		if x := l.done(); x != nil {
			values.Set("__clerk_created_session", x.id)
		}
		return values
	})
	return v, nil
}

func (c *call) sendLink(to, redirect string, arrive func(visitor) url.Values) {
	c.deliver(Message{Kind: MessageEmailLink, To: to, URL: c.newVisit(&visit{redirect: redirect, arrive: arrive})})
}

// linkFlow is the link of a native app.
type linkFlow struct {
	emailedLink
	check     *verification
	challenge string
	approval  string // "" until the link has been opened
	used      bool
}

// challengeForm is that of SHA-256 (RFC 7636, section 4.2).
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// nativeLink sends the link of a native app.
func (c *call) nativeLink(to string, v *verification, l emailedLink) *apiError {
	for _, param := range []string{"redirect_uri", "code_challenge", "code_challenge_method"} {
		if c.arg(param) == "" {
			return missing(param)
		}
	}
	back, err := url.Parse(c.arg("redirect_uri"))
	switch {
	case l.complete == nil:
		return failParam("form_param_unknown", "redirect_uri", "redirect_uri is not a valid parameter for this request.")
	case err != nil || back.Scheme == "" || slices.Contains([]string{"javascript", "data", "file"}, strings.ToLower(back.Scheme)):
		return failParam("invalid_redirect_url", "redirect_uri", "redirect_uri must be the URL of an app.")
	case c.arg("code_challenge_method") != "S256":
		return failParam("form_param_value_invalid", "code_challenge_method", "code_challenge_method must be S256.")
	case !challengeForm.MatchString(c.arg("code_challenge")):
		return failParam("form_param_format_invalid", "code_challenge", "code_challenge must be an unpadded base64url SHA-256 digest.")
	}
	id := c.newID("flow")
	f := &linkFlow{emailedLink: l, check: v, challenge: c.arg("code_challenge")}
	c.state.flows[id] = f
	c.sendLink(to, c.arg("redirect_uri"), func(visitor) url.Values {
		if v.expires <= c.Server.millis() {
			v.status = "expired"
			return url.Values{"__clerk_status": {v.status}}
		}
		f.approval = c.Server.newID("approval")
		return url.Values{"flow_id": {id}, "approval_token": {f.approval}}
	})
	return nil
}

// completeLink gives the app what its link leads to: a ticket that signs in, or the sign-up. The verifier proves that it is
// the app that asked for the link.
func completeLink(c *call) (any, *apiError) {
	for _, param := range []string{"flow_id", "approval_token", "code_verifier"} {
		if c.arg(param) == "" {
			return nil, missing(param)
		}
	}
	f := c.state.flows[c.arg("flow_id")]
	switch {
	case f == nil:
		return nil, fail("approval_token_invalid", "The approval token is not valid.")
	case f.approval == "":
		return nil, fail("flow_not_approved", "The link in the email has not been opened.")
	case f.approval != c.arg("approval_token"), f.owner != nil && f.owner != c.client:
		return nil, fail("approval_token_invalid", "The approval token is not valid.")
	case f.used:
		return nil, fail("approval_token_consumed", "The approval token has already been used.")
	case f.check.expires <= c.millis():
		return nil, fail("approval_token_expired", "The approval token has expired.")
	case !fitsChallenge(c.arg("code_verifier"), f.challenge):
		return nil, fail("pkce_verification_failed", "The code verifier does not fit the challenge.")
	}
	f.used, f.check.status = true, "verified"
	value, err := f.complete(c)
	if err != nil {
		f.check.status, f.check.failure = "failed", err
	}
	return value, err
}

// fitsChallenge checks a PKCE verifier by the method S256.
func fitsChallenge(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}
