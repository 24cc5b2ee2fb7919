package fapitest

import (
	"crypto/sha1" // the suffix of cookies is made with it
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What Clerk's backend SDKs ask for: the key that tokens are verified with, and the handshake, by which a program that
// renders pages learns who is signed in.

var backendRoutes = []route{
	{name: "GET /v1/jwks", mode: bare, access: unidentified, handle: func(c *call) (any, *apiError) { return c.jwks(), nil }},
	{name: "GET /v1/client/handshake", mode: bare, access: unidentified, handle: handshake},
}

const (
	handshakeName = "__clerk_handshake" // of the query parameter, and of the cookie in production
	sessionCookie = "__session"
	changedCookie = "__client_uat"
	cookieLife    = 365 * 24 * 60 * 60 // seconds
)

// handshake redirects a browser back to the program that sent it here, with a signed list of the cookies that the program
// has to set. The format "nonce" gets the list too: the SDKs accept either, and the list needs no second request.
func handshake(c *call) (any, *apiError) {
	back, err := c.handshakeTarget()
	if err != nil {
		return nil, err
	}
	if err := c.identifyPage(); !c.cfg.production && (err != nil || c.browser == "") {
		c.browser = c.newBrowser()
	}
	token := c.sign(object{}, object{"handshake": c.handshakeCookies(c.handshakeSession(back))})
	if c.cfg.production && back.Hostname() == hostname(c.http.Host) {
		c.header.Add("Set-Cookie", pageCookie(handshakeName, token, 60))
	} else {
		setQuery(back, handshakeName, token)
	}
	c.header.Set("Location", back.String())
	c.header.Set("Cache-Control", "no-store")
	c.status = http.StatusTemporaryRedirect
	return nil, nil
}

// setQuery sets a parameter of a URL, and leaves the others as they were written.
func setQuery(u *url.URL, name, value string) {
	pairs := slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return pair == "" || key == name
	})
	u.RawQuery = strings.Join(append(pairs, name+"="+url.QueryEscape(value)), "&")
}

// handshakeTarget is where the browser came from. The token in the URL signs in, so it goes to no foreign page.
func (c *call) handshakeTarget() (*url.URL, *apiError) {
	text := c.query.Get("redirect_url")
	if text == "" {
		return nil, missing("redirect_url")
	}
	back, err := url.Parse(text)
	if err != nil || back.Scheme != "http" && back.Scheme != "https" || back.Host == "" {
		return nil, failParam("invalid_redirect_url", "redirect_url", "redirect_url must be an absolute http or https URL.")
	}
	if !c.allowsOrigin(originOf(back)) {
		return nil, failParam("redirect_url_not_associated_with_instance", "redirect_url",
			"redirect_url is neither on this machine nor on a site of the instance. WithAllowedOrigins adds one.")
	}
	return back, nil
}

// handshakeSession is the session that the program's pages are for, nil for none. The organization of the request becomes
// the active one, unless the user is not a member of it.
func (c *call) handshakeSession(back *url.URL) *session {
	if c.client == nil {
		return nil
	}
	c.client.origin = originOf(back)
	for _, x := range c.client.sessions {
		c.alive(x)
	}
	x := c.client.lastActive
	if x != nil && c.query.Has("organization_id") && c.chooseOrganization(x, c.query.Get("organization_id")) == nil {
		c.change()
	}
	return x
}

// handshakeCookies are the Set-Cookie lines for the program. Each cookie has a twin with the suffix of the publishable
// key, which is the one that counts where several instances share a host.
func (c *call) handshakeCookies(x *session) []any {
	digest := sha1.Sum([]byte(c.PublishableKey()))
	suffix := "_" + base64.URLEncoding.EncodeToString(digest[:])[:8]
	lines := []any{}
	set := func(name, value string, seconds int) {
		lines = append(lines, pageCookie(name, value, seconds), pageCookie(name+suffix, value, seconds))
	}
	if c.cfg.production {
		lines = append(lines, pageCookie(handshakeName, "", -1))
	} else {
		set(browserCookie, c.browser, cookieLife)
	}
	if x == nil {
		set(changedCookie, "0", cookieLife)
		set(sessionCookie, "", -1)
		return lines
	}
	x.tokenFor = "" // a token that is older than the client's last change leads to the next handshake
	token := c.sessionToken(x, x.org)
	set(changedCookie, strconv.FormatInt(min(x.client.updated/1000, c.now().Unix()), 10), cookieLife)
	set(sessionCookie, token, cookieLife)
	return lines
}

// pageCookie is a Set-Cookie line of a cookie that scripts of a page may read. Negative seconds delete it.
func pageCookie(name, value string, seconds int) string {
	return (&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, SameSite: http.SameSiteLaxMode}).String()
}
