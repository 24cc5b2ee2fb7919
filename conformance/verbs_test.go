package conformance

import (
	"context"
	"maps"
	"strings"
	"sync"

	"github.com/fapigen/fapigen/out/fapi"
)

// verbs are the steps of a scenario as the SDK takes them. verbs.mjs has the same for clerk-js.
var verbs = map[string]func(context.Context, *sdk, args) (any, error){
	"load": func(ctx context.Context, s *sdk, _ args) (any, error) { return "ready", s.clerk.Load(ctx) },

	"sign_in_create": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsIn(s.clerk.SignIns.Create(ctx, params[fapi.SignInCreateParams](a)))
	},
	"sign_in_prepare_first": func(ctx context.Context, s *sdk, a args) (any, error) {
		with := factor(s.signIn.SupportedFirstFactors, a)
		return s.signsIn(s.clerk.SignIns.PrepareFirstFactor(ctx, s.signIn.ID, params[fapi.SignInPrepareFirstFactorParams](with)))
	},
	"sign_in_attempt_first": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsIn(s.clerk.SignIns.AttemptFirstFactor(ctx, s.signIn.ID, params[fapi.SignInAttemptFirstFactorParams](a)))
	},
	"sign_in_prepare_second": func(ctx context.Context, s *sdk, a args) (any, error) {
		with := factor(s.signIn.SupportedSecondFactors, a)
		return s.signsIn(s.clerk.SignIns.PrepareSecondFactor(ctx, s.signIn.ID, params[fapi.SignInPrepareSecondFactorParams](with)))
	},
	"sign_in_attempt_second": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsIn(s.clerk.SignIns.AttemptSecondFactor(ctx, s.signIn.ID, params[fapi.SignInAttemptSecondFactorParams](a)))
	},
	"sign_in_reset_password": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsIn(s.clerk.SignIns.ResetPassword(ctx, s.signIn.ID, params[fapi.SignInResetPasswordParams](a)))
	},
	"sign_in_redirect": func(_ context.Context, s *sdk, _ args) (any, error) {
		return fapi.Value(s.signIn.FirstFactorVerification.ExternalVerificationRedirectURL), nil
	},
	"sign_in_reload": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsIn(s.clerk.SignIns.Get(ctx, s.signIn.ID, params[fapi.SignInGetParams](a)))
	},

	"sign_up_create": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsUp(s.clerk.SignUps.Create(ctx, params[fapi.SignUpCreateParams](a)))
	},
	"sign_up_update": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsUp(s.clerk.SignUps.Update(ctx, s.signUp.ID, params[fapi.SignUpUpdateParams](a)))
	},
	"sign_up_prepare": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsUp(s.clerk.SignUps.PrepareVerification(ctx, s.signUp.ID, params[fapi.SignUpPrepareVerificationParams](a)))
	},
	"sign_up_attempt": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsUp(s.clerk.SignUps.AttemptVerification(ctx, s.signUp.ID, params[fapi.SignUpAttemptVerificationParams](a)))
	},

	"sign_up_redirect": func(_ context.Context, s *sdk, _ args) (any, error) {
		return wire(s.signUp).object("verifications").object("external_account").text("external_verification_redirect_url"), nil
	},
	"sign_up_reload": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.signsUp(s.clerk.SignUps.Get(ctx, s.signUp.ID, params[fapi.SignUpGetParams](a)))
	},

	"set_active": func(ctx context.Context, s *sdk, a args) (any, error) {
		var wanted fapi.Activation
		if name, ok := a["session"].(string); ok {
			wanted.SessionID = s.session(name)
		}
		wanted.Organization = choice(a)
		return nil, s.clerk.SetActive(ctx, wanted)
	},
	"sign_out": func(ctx context.Context, s *sdk, a args) (any, error) {
		if name, ok := a["session"].(string); ok {
			return nil, s.clerk.SignOut(ctx, fapi.OnlySession(s.session(name)))
		}
		return nil, s.clerk.SignOut(ctx)
	},
	"token": func(ctx context.Context, s *sdk, a args) (any, error) { return s.token(ctx, a) },
	"has": func(_ context.Context, s *sdk, a args) (any, error) {
		var all []bool
		for _, permission := range a["permissions"].([]any) {
			all = append(all, s.clerk.Has(fapi.Check{Permission: permission.(string)}))
		}
		return all, nil
	},

	"reverify_start": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.verifies(s.clerk.Sessions.Reverification.Start(ctx, s.current(), params[fapi.SessionReverificationStartParams](a)))
	},
	"reverify_prepare_first": func(ctx context.Context, s *sdk, a args) (any, error) {
		with := factor(s.verification.SupportedFirstFactors, a)
		return s.verifies(s.clerk.Sessions.Reverification.PrepareFirstFactor(ctx, s.current(), params[fapi.SessionReverificationPrepareFirstFactorParams](with)))
	},
	"reverify_attempt_first": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.verifies(s.clerk.Sessions.Reverification.AttemptFirstFactor(ctx, s.current(), params[fapi.SessionReverificationAttemptFirstFactorParams](a)))
	},
	"reverify_attempt_second": func(ctx context.Context, s *sdk, a args) (any, error) {
		return s.verifies(s.clerk.Sessions.Reverification.AttemptSecondFactor(ctx, s.current(), params[fapi.SessionReverificationAttemptSecondFactorParams](a)))
	},
}

// signsIn keeps a sign-in, and tells what clerk-js tells of it.
func (s *sdk) signsIn(in *fapi.SignIn, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	s.signIn, s.created = in, fapi.Value(in.CreatedSessionID)
	o := wire(in)
	return map[string]any{
		"status": in.Status, "identifier": o.text("identifier"), "created_session": o.text("created_session_id"),
		"first_factors": o.texts("supported_first_factors", "strategy"), "second_factors": o.texts("supported_second_factors", "strategy"),
		"first_verification":  o.object("first_factor_verification").text("status"),
		"second_verification": o.object("second_factor_verification").text("status"),
	}, nil
}

func (s *sdk) signsUp(up *fapi.SignUp, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	s.signUp, s.created = up, fapi.Value(up.CreatedSessionID)
	o, fields := wire(up), []string{}
	for _, name := range []string{"email_address", "phone_number", "username", "first_name", "last_name"} {
		fields = append(fields, o.text(name))
	}
	return map[string]any{
		"status": up.Status, "missing": up.MissingFields, "unverified": up.UnverifiedFields, "fields": fields,
		"external":        o.object("verifications").object("external_account").text("status"),
		"created_session": o.text("created_session_id"), "created_user": o.text("created_user_id"),
	}, nil
}

func (s *sdk) verifies(v *fapi.SessionReverification, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	s.verification = v
	o := wire(v)
	return map[string]any{
		"status": v.Status, "level": v.Level, "session": o.object("session").text("id"),
		"first_factors": o.texts("supported_first_factors", "strategy"), "second_factors": o.texts("supported_second_factors", "strategy"),
	}, nil
}

// current is the id of the session that is active.
func (s *sdk) current() string {
	if x := s.clerk.State().Session; x != nil {
		return x.ID
	}
	return ""
}

// factor adds the id of the address or number to the arguments of a prepare call.
func factor(list []fapi.SignInFactor, a args) args {
	with := maps.Clone(a)
	for _, f := range list {
		if string(f.Strategy) != a["strategy"] {
			continue
		}
		for name, id := range map[string]*string{"email_address_id": f.EmailAddressID, "phone_number_id": f.PhoneNumberID} {
			if id != nil {
				with[name] = *id
			}
		}
		break
	}
	return with
}

// choice is the organization of a step: none said, nil for the personal account, or an id or slug.
func choice(a args) fapi.OrganizationChoice {
	wanted, said := a["organization"]
	name, chosen := wanted.(string)
	switch {
	case !said:
		return ""
	case !chosen:
		return fapi.PersonalAccount
	}
	return fapi.OrganizationID(name)
}

// token asks for one, or for several at a time.
func (s *sdk) token(ctx context.Context, a args) (any, error) {
	options := []fapi.TokenOption{fapi.WithOrganization(choice(a))}
	if name, ok := a["template"].(string); ok {
		options = append(options, fapi.WithTemplate(name))
	}
	if a["skip_cache"] == true {
		options = append(options, fapi.SkipCache())
	}
	times, ok := a["times"].(int)
	if !ok {
		times = 1
	}
	jwts, errs := make([]string, times), make([]error, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() { jwts[i], errs[i] = s.clerk.Token(ctx, options...) })
	}
	all.Wait()
	var list []any
	for i := range times {
		if errs[i] != nil {
			return nil, errs[i]
		}
		c, err := claims(jwts[i])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// profile is what clerk-js tells of a user.
func profile(u *fapi.User) any {
	o := wire(u)
	emails, primary := []string{}, ""
	for _, e := range o.list("email_addresses") {
		emails = append(emails, e.text("email_address")+" "+e.object("verification").text("status"))
		if e.text("id") == o.text("primary_email_address_id") {
			primary = e.text("email_address")
		}
	}
	accounts := []string{}
	for _, e := range o.list("external_accounts") {
		accounts = append(accounts, strings.TrimPrefix(e.text("provider"), "oauth_")+" "+e.text("email_address")+" "+e.object("verification").text("status"))
	}
	return map[string]any{
		"id": u.ID, "accounts": accounts, "name": strings.Join([]string{o.text("first_name"), o.text("last_name")}, " "), "username": o.text("username"),
		"emails": emails, "primary_email": primary, "unsafe_metadata": o["unsafe_metadata"], "password": o["password_enabled"], "totp": o["totp_enabled"],
	}
}
