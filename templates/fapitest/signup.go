package fapitest

import (
	"net/http"
	"slices"
	"time"
)

var signUpRoutes = []route{
	{name: "POST /v1/client/sign_ups", handle: createSignUp},
	{name: "GET /v1/client/sign_ups/{id}", handle: getSignUp},
	{name: "PATCH /v1/client/sign_ups/{id}", handle: withSignUp(updateSignUp)},
	{name: "POST /v1/client/sign_ups/{id}/prepare_verification", handle: withSignUp(prepareSignUp)},
	{name: "POST /v1/client/sign_ups/{id}/attempt_verification", handle: withSignUp(attemptSignUp)},
}

// signUp is an attempt to sign up.
type signUp struct {
	id, status                       string
	email, phone, username           string
	first, last, password            string
	unsafe                           object
	legal                            int64
	emailCheck, phoneCheck, external *verification
	externalEmail, locale            string
	ticket                           *ticket // of an invitation
	user                             *user
	session                          *session
	created                          int64
}

// provider is what a provider has told or is asked; nil when nobody was, or the user refused.
func (a *signUp) provider() *verification {
	if a.external == nil || a.external.status == "failed" {
		return nil
	}
	return a.external
}

// fields are those of a sign-up, each with what it is now.
func (a *signUp) fields() map[string]*string {
	return map[string]*string{"email_address": &a.email, "phone_number": &a.phone, "username": &a.username, "first_name": &a.first,
		"last_name": &a.last, "password": &a.password}
}

var fieldOrder = []string{"email_address", "first_name", "last_name", "password", "phone_number", "username"}

// required are the fields that the instance wants. Somebody who comes from a provider needs no password.
func (s *Server) required(a *signUp) (required, optional, missing []any) {
	required, optional, missing = []any{}, []any{}, []any{}
	for _, name := range fieldOrder {
		switch {
		case !s.attributeIs(name, "enabled"):
		case s.attributeIs(name, "required") && (name != "password" || a.provider() == nil):
			required = append(required, name)
			if *a.fields()[name] == "" {
				missing = append(missing, name)
			}
		default:
			optional = append(optional, name)
		}
	}
	if s.setting(false, "user_settings", "sign_up", "legal_consent_enabled") {
		required = append(required, "legal_accepted")
		if a.legal == 0 {
			missing = append(missing, "legal_accepted")
		}
	}
	return required, optional, missing
}

// unverified are the addresses that still want a code.
func (s *Server) unverified(a *signUp) []any {
	list := []any{}
	open := func(name, value string, v *verification) {
		if value != "" && s.attributeIs(name, "verify_at_sign_up") && (v == nil || v.status != "verified") {
			list = append(list, name)
		}
	}
	if a.email != a.externalEmail || a.external == nil || a.external.status != "verified" {
		open("email_address", a.email, a.emailCheck)
	}
	open("phone_number", a.phone, a.phoneCheck)
	return list
}

func (s *Server) signUpJSON(a *signUp) object {
	required, optional, missing := s.required(a)
	o := object{"object": "sign_up_attempt", "id": a.id, "status": a.status, "required_fields": required, "optional_fields": optional,
		"missing_fields": missing, "unverified_fields": s.unverified(a), "username": nothing(a.username), "email_address": nothing(a.email),
		"phone_number": nothing(a.phone), "web3_wallet": nil, "password_enabled": a.password != "", "first_name": nothing(a.first),
		"last_name": nothing(a.last), "unsafe_metadata": cloneObject(a.unsafe), "public_metadata": object{}, "custom_action": false, "external_id": nil,
		"created_session_id": nil, "created_user_id": nil, "abandon_at": a.created + attemptLife, "legal_accepted_at": nothing(a.legal), "locale": nothing(a.locale),
		"verifications": object{"email_address": signUpVerification(a.emailCheck, "email_code"), "phone_number": signUpVerification(a.phoneCheck, "phone_code"),
			"web3_wallet": nil, "external_account": signUpVerification(a.external, "")}}
	if a.user != nil {
		o["created_user_id"] = a.user.id
	}
	if a.session != nil {
		o["created_session_id"] = a.session.id
	}
	return o
}

// signUpVerification has two members more than other verifications.
func signUpVerification(v *verification, strategy string) any {
	o, ok := v.json().(object)
	if !ok {
		return nil
	}
	o["next_action"], o["supported_strategies"] = "needs_attempt", texts(firstText(strategy, v.strategy))
	if v.status == "verified" {
		o["next_action"] = ""
	}
	return o
}

func createSignUp(c *call) (any, *apiError) {
	switch mode, _ := c.at("user_settings", "sign_up", "mode").(string); {
	case c.arg("ticket") != "" || mode == "" || mode == "public":
	case mode == "waitlist":
		return nil, fail("sign_up_restricted_waitlist", "Sign-ups are currently unavailable. You can join the waitlist.")
	default:
		return nil, fail("sign_up_mode_restricted", "Sign-ups are currently disabled.")
	}
	if c.single() && c.client != nil && len(c.client.live()) > 0 {
		return nil, fail("session_exists", "You're currently in single session mode.").with("session_id", c.client.live()[0].id)
	}
	if err := c.wantsCaptcha(); err != nil {
		return nil, err
	}
	a := &signUp{id: c.newID("sua"), status: "missing_requirements", created: c.millis(), locale: c.arg("locale")}
	var err *apiError
	switch strategy := c.arg("strategy"); {
	case c.flag("transfer"):
		err = c.transferToSignUp(a)
	case strategy == "ticket" || c.arg("ticket") != "":
		err = c.ticketSignUp(a)
	case byRedirect(strategy):
		err = c.redirectSignUp(a, strategy)
	case byIDToken(strategy):
		err = c.idTokenSignUp(a, strategy)
	case strategy != "" && !slices.Contains([]string{"password", "email_code", "email_link", "phone_code"}, strategy):
		err = failParam("form_param_value_invalid", "strategy", strategy+" does not match one of the allowed values for parameter strategy.")
	}
	if err == nil {
		err = c.fillSignUp(a)
	}
	if err != nil {
		return nil, err
	}
	if c.flag("transfer") {
		c.client.transfer = nil
	}
	c.device().signUp = a
	switch c.arg("strategy") {
	case "email_code", "email_link", "phone_code":
		if _, err := prepareSignUp(c, a); err != nil {
			return nil, err
		}
	}
	if err := c.finishSignUp(c.client, a); err != nil {
		return nil, err
	}
	return c.signUpJSON(a), nil
}

// wantsCaptcha refuses a sign-up without a captcha's token where the instance wants one. Any token is good.
func (c *call) wantsCaptcha() *apiError {
	if !c.setting(false, "user_settings", "sign_up", "captcha_enabled") || c.arg("captcha_token") != "" || c.flag("transfer") {
		return nil
	}
	if strategy := c.arg("strategy"); strategy != "" && c.listed(strategy, "display_config", "captcha_oauth_bypass") {
		return nil
	}
	return fail("captcha_missing_token", "The CAPTCHA token is missing.")
}

// fillSignUp takes the fields of the request over, all or none.
func (c *call) fillSignUp(a *signUp) *apiError {
	draft := *a
	for _, name := range fieldOrder {
		if err := c.fillField(&draft, name); err != nil {
			return err
		}
	}
	if c.gives("unsafe_metadata") {
		draft.unsafe = nil
		if c.arg("unsafe_metadata") != "" || c.body["unsafe_metadata"] != nil {
			o, err := c.object("unsafe_metadata")
			if err != nil {
				return err
			}
			draft.unsafe = o
		}
	}
	switch {
	case c.flag("legal_accepted"):
		draft.legal = c.millis()
	case c.gives("legal_accepted"):
		draft.legal = 0
	}
	*a = draft
	return nil
}

// gives reports whether a request of a sign-up says something of a field. Forms send all the fields that they have: an
// empty one is not given when the sign-up starts, and clears what there is when it is updated.
func (c *call) gives(name string) bool {
	return c.has(name) && (c.method == http.MethodPatch || c.raw(name) != "" || c.body[name] != nil)
}

// fillField takes one field over.
func (c *call) fillField(a *signUp, name string) *apiError {
	value := c.arg(name)
	if name == "password" {
		value = c.raw(name)
	}
	switch {
	case !c.gives(name), value == "" && c.method != http.MethodPatch:
		return nil
	case value == "":
	case !c.attributeIs(name, "enabled"):
		return failParam("form_param_unknown", name, name+" is not a valid parameter for this request.")
	case name == "password":
		if err := c.checkPassword(name); err != nil {
			return err
		}
	case name == "email_address" || name == "phone_number" || name == "username":
		if err := c.checkIdentifier(name, value, nil); err != nil {
			return err
		}
	}
	field := a.fields()[name]
	if *field == value {
		return nil
	}
	*field = value
	switch name {
	case "email_address":
		a.emailCheck = nil
	case "phone_number":
		a.phoneCheck = nil
	}
	return nil
}

func withSignUp(handle func(*call, *signUp) (any, *apiError)) func(*call) (any, *apiError) {
	return func(c *call) (any, *apiError) {
		if c.client == nil || c.client.signUp == nil || c.client.signUp.id != c.args["id"] {
			return nil, notFound("Sign up")
		}
		a := c.client.signUp
		if a.status == "missing_requirements" && a.created+attemptLife <= c.millis() {
			a.status = "abandoned"
		}
		if c.method != "GET" && a.status != "missing_requirements" {
			return nil, fail("client_state_invalid", "The sign-up is "+a.status+".")
		}
		return handle(c, a)
	}
}

func getSignUp(c *call) (any, *apiError) {
	if err := c.redeemNonce(); err != nil {
		return nil, err
	}
	return withSignUp(func(c *call, a *signUp) (any, *apiError) { return c.signUpJSON(a), nil })(c)
}

func updateSignUp(c *call, a *signUp) (any, *apiError) {
	var err *apiError
	switch strategy := c.arg("strategy"); {
	case byIDToken(strategy):
		err = c.idTokenSignUp(a, strategy)
	case byRedirect(strategy):
		err = c.redirectSignUp(a, strategy)
	}
	if err != nil {
		return nil, err
	}
	if err := c.fillSignUp(a); err != nil {
		return nil, err
	}
	if err := c.finishSignUp(c.client, a); err != nil {
		return nil, err
	}
	return c.signUpJSON(a), nil
}

func prepareSignUp(c *call, a *signUp) (any, *apiError) {
	strategy := c.arg("strategy")
	switch {
	case byRedirect(strategy):
		if err := c.redirectSignUp(a, strategy); err != nil {
			return nil, err
		}
	case strategy == "email_link" && a.email != "":
		k := c.client
		v, err := c.emailLink(a.email, emailedLink{
			step: func(in *call) *apiError { return in.finishSignUp(k, a) },
			done: func() *session { return a.session },
			complete: func(in *call) (any, *apiError) {
				if err := in.finishSignUp(k, a); err != nil {
					return nil, err
				}
				return in.signUpJSON(a), nil
			},
			owner: k,
		})
		if err != nil {
			return nil, err
		}
		a.emailCheck = v
	case strategy == "email_code" && a.email != "":
		a.emailCheck = c.sendCode(a.email, strategy, "")
	case strategy == "phone_code" && a.phone != "":
		a.phoneCheck = c.sendCode(a.phone, strategy, c.arg("channel"))
	case strategy == "":
		return nil, missing("strategy")
	default:
		return nil, fail("verification_strategy_invalid", "The strategy is not valid for this sign-up.")
	}
	return c.signUpJSON(a), nil
}

func attemptSignUp(c *call, a *signUp) (any, *apiError) {
	v := map[string]*verification{"email_code": a.emailCheck, "phone_code": a.phoneCheck}[c.arg("strategy")]
	if v != nil && v.strategy != c.arg("strategy") {
		v = nil // a link was sent
	}
	if err := c.attemptCode(v); err != nil {
		return nil, err
	}
	if err := c.finishSignUp(c.client, a); err != nil {
		return nil, err
	}
	return c.signUpJSON(a), nil
}

// finishSignUp makes the user once nothing is missing, and signs in. It fails when somebody else was faster.
func (c *call) finishSignUp(k *client, a *signUp) *apiError {
	s := c.Server
	if _, _, missing := s.required(a); a.status != "missing_requirements" || len(missing)+len(s.unverified(a)) > 0 {
		return nil
	}
	external := a.provider()
	if external != nil && external.status != "verified" {
		return nil
	}
	for _, name := range []string{"email_address", "phone_number", "username"} {
		if err := c.checkTaken(name, *a.fields()[name], nil); err != nil {
			return err
		}
	}
	u := s.newUser()
	u.first, u.last, u.username, u.locale, u.unsafe, u.legal = a.first, a.last, a.username, a.locale, cloneObject(a.unsafe), a.legal
	u.setPassword(a.password, u.created)
	strategy := "password"
	if a.email != "" {
		u.emails = append(u.emails, s.newIdentifier(a.email, firstVerification(a.emailCheck, external)))
		u.emails[0].signedUp = true
		strategy = "email_code"
	}
	if a.phone != "" {
		u.phones = append(u.phones, s.newIdentifier(a.phone, a.phoneCheck))
		u.phones[0].signedUp = true
	}
	if external != nil {
		strategy = external.strategy
		if u.enterprise = strategy == "enterprise_sso"; u.enterprise {
			s.connectEnterprise(u, a.externalEmail)
		} else {
			u.externals = append(u.externals, s.newExternal(strategy, a.externalEmail, external))
		}
	}
	u.choosePrimaries()
	s.state.users = append(s.state.users, u)
	a.user, a.status = u, "complete"
	a.session = s.startSession(k, u, strategy, time.Time{})
	if a.ticket != nil {
		a.ticket.used = true
		s.acceptInvitation(a.ticket.org, a.ticket.invitation, u)
	}
	s.suggest(u)
	return nil
}

func firstVerification(list ...*verification) *verification {
	i := slices.IndexFunc(list, func(v *verification) bool { return v != nil })
	if i < 0 {
		return nil
	}
	return list[i]
}
