package fapitest

var environmentRoutes = []route{
	{name: "GET /v1/environment", mode: bare, handle: getEnvironment},
	{name: "PATCH /v1/environment", mode: bare, handle: getEnvironment},
	{name: "GET /v1/health", mode: bare, handle: func(*call) (any, *apiError) { return object{"status": "healthy"}, nil }},
	{name: "GET /.well-known/jwks.json", mode: bare, handle: func(c *call) (any, *apiError) { return c.jwks(), nil }},
	{name: "GET /.well-known/openid-configuration", mode: bare, handle: discovery},
	{name: "GET /.well-known/oauth-authorization-server", mode: bare, handle: discovery},
	{name: "POST /v1/waitlist", mode: bare, handle: joinWaitlist},
}

func getEnvironment(c *call) (any, *apiError) { return c.state.environment, nil }

// discovery tells who signs tokens, and with which keys.
func discovery(c *call) (any, *apiError) {
	return object{"issuer": c.issuer(), "jwks_uri": c.URL() + "/.well-known/jwks.json", "id_token_signing_alg_values_supported": texts("RS256"),
		"subject_types_supported": texts("public")}, nil
}

func joinWaitlist(c *call) (any, *apiError) {
	email := c.arg("email_address")
	if !validEmail(email) {
		return nil, failParam("form_param_format_invalid", "email_address", "email_address must be a valid email address.")
	}
	if c.state.waitlist[email] == "" {
		c.state.waitlist[email] = c.newID("wlent")
	}
	return object{"object": "waitlist_entry", "id": c.state.waitlist[email]}, nil
}

// newEnvironment is that of a development instance where all that the server can do is switched on.
func (s *Server) newEnvironment() object {
	kind := "development"
	if s.cfg.production {
		kind = "production"
	}
	return object{
		"auth_config": s.authConfig(), "display_config": s.displayConfig(kind), "user_settings": s.userSettings(),
		"organization_settings": object{
			"enabled": true, "max_allowed_memberships": 5, "actions": object{"admin_delete": true}, "creator_role": "org:admin", "slug": object{"disabled": false},
			"domains": object{"enabled": true, "enrollment_modes": texts("manual_invitation", "automatic_invitation", "automatic_suggestion"), "default_role": "org:member"},
		},
		"fraud_settings": object{"object": "fraud_settings", "native": object{"device_attestation_mode": "disabled"}},
		"commerce_settings": object{"billing": object{"stripe_publishable_key": nil, "free_trial_requires_payment_method": true,
			"user": object{"enabled": true, "has_paid_plans": false}, "organization": object{"enabled": true, "has_paid_plans": false}}},
		"api_keys_settings": object{"enabled": true, "user_api_keys_enabled": true, "orgs_api_keys_enabled": true},
		"protect_config":    object{"loaders": []any{}}, "maintenance_mode": false, "client_debug_mode": false, "partitioned_cookies": false,
	}
}

func (s *Server) authConfig() object {
	return object{
		"object": "auth_config", "id": "aac_2fapitest", "first_name": "on", "last_name": "on", "email_address": "required", "phone_number": "on",
		"username": "on", "password": "required", "identification_requirements": []any{texts("email_address", "oauth_apple", "oauth_google", "oauth_github")},
		"identification_strategies": texts("email_address", "oauth_apple", "oauth_github", "oauth_google", "passkey", "password", "phone_number", "username"),
		"first_factors": texts("email_code", "email_link", "enterprise_sso", "google_one_tap", "oauth_apple", "oauth_github", "oauth_google", "passkey", "password",
			"phone_code", "reset_password_email_code", "reset_password_phone_code", "ticket"),
		"second_factors": texts("backup_code", "phone_code", "totp"), "email_address_verification_strategies": texts("email_code", "email_link"),
		"single_session_mode": s.cfg.single, "enhanced_email_deliverability": false, "test_mode": true, "cookieless_dev": true,
		"url_based_session_syncing": true, "claimed_at": nil, "reverification": s.cfg.reverification,
		"native_settings": object{"object": "native_settings", "api_enabled": !s.cfg.noNative, "trusted_device_sign_in_enabled": true,
			"trusted_device_enrollment_prompt_after_sign_in_enabled": false, "trusted_device_enrollment_prompt_after_sign_up_enabled": false},
	}
}

func (s *Server) displayConfig(kind string) object {
	portal := s.pageURL("")
	return object{
		"object": "display_config", "id": "display_config_2fapitest", "instance_environment_type": kind, "application_name": "Fake app", "theme": object{},
		"preferred_sign_in_strategy": "password", "logo_image_url": "", "favicon_image_url": "", "home_url": portal + "home",
		"sign_in_url": portal + "sign-in", "sign_up_url": portal + "sign-up", "user_profile_url": portal + "user", "waitlist_url": portal + "waitlist",
		"oauth_consent_url": portal + "oauth-consent", "after_sign_in_url": portal + "default-redirect", "after_sign_up_url": portal + "default-redirect",
		"after_sign_out_one_url": portal + "sign-in/choose", "after_sign_out_all_url": portal + "sign-in", "after_switch_session_url": portal + "default-redirect",
		"after_join_waitlist_url": portal + "default-redirect", "organization_profile_url": portal + "organization",
		"create_organization_url": portal + "create-organization", "after_leave_organization_url": portal + "default-redirect",
		"after_create_organization_url": portal + "default-redirect", "logo_link_url": portal + "default-redirect", "support_email": nil, "branded": false,
		"experimental_force_oauth_first": false, "clerk_js_version": "6", "show_devmode_warning": true, "google_one_tap_client_id": nil, "help_url": nil,
		"privacy_policy_url": nil, "terms_url": nil, "logo_url": nil, "favicon_url": nil, "logo_image": nil, "favicon_image": nil, "captcha_public_key": nil,
		"captcha_widget_type": nil, "captcha_public_key_invisible": nil, "captcha_provider": nil, "captcha_oauth_bypass": []any{}, "captcha_heartbeat": false,
	}
}

func (s *Server) userSettings() object {
	enabled := func(on bool) object { return object{"enabled": on} }
	social := func(provider, name string) object {
		return object{"enabled": true, "required": false, "authenticatable": true, "block_email_subaddresses": false, "strategy": "oauth_" + provider,
			"not_selectable": false, "deprecated": false, "name": name, "logo_url": s.imageURL(provider + ".svg")}
	}
	return object{
		"attributes": attributes(), "social": object{"oauth_apple": social("apple", "Apple"), "oauth_google": social("google", "Google"), "oauth_github": social("github", "GitHub")},
		"saml": enabled(false), "enterprise_sso": object{"enabled": true, "self_serve_sso": false},
		"sign_in": object{"second_factor": object{"required": false}},
		"sign_up": object{"captcha_enabled": false, "captcha_widget_type": "smart", "custom_action_required": false, "progressive": true, "mode": "public",
			"legal_consent_enabled": false},
		"restrictions": object{"allowlist": enabled(false), "blocklist": enabled(false), "allowlist_blocklist_disabled_on_sign_in": enabled(false),
			"block_email_subaddresses": enabled(false), "block_disposable_email_domains": enabled(false)},
		"password_settings": object{"disable_hibp": true, "disable_password_reverification": false, "min_length": minPassword, "max_length": maxPassword,
			"require_special_char": false, "require_numbers": false, "require_uppercase": false, "require_lowercase": false, "show_zxcvbn": false,
			"min_zxcvbn_strength": 0, "enforce_hibp_on_sign_in": false, "allowed_special_characters": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"},
		"username_settings": object{"min_length": 4, "max_length": 64, "allow_extended_special_characters": false, "allow_numeric_usernames": false},
		"actions":           object{"delete_self": true, "create_organization": true, "create_organizations_limit": nil},
		"attack_protection": object{"user_lockout": object{"enabled": true, "max_attempts": 100, "duration_in_minutes": 60}, "pii": enabled(true),
			"email_link": object{"require_same_client": false}, "enumeration_protection": enabled(false)},
		"passkey_settings": object{"allow_autofill": true, "show_sign_in_button": true, "satisfies_second_factor": false},
	}
}

// attributes are what users have, and what of it a sign-up wants.
func attributes() object {
	attribute := func(required bool, first, second, verifications []any) object {
		return object{"enabled": true, "required": required, "used_for_first_factor": len(first) > 0, "first_factors": first,
			"used_for_second_factor": len(second) > 0, "second_factors": second, "verifications": verifications,
			"verify_at_sign_up": required && len(verifications) > 0, "immutable": false}
	}
	none := texts()
	phone := attribute(false, texts("phone_code"), texts("phone_code"), texts("phone_code"))
	phone["verify_at_sign_up"] = true
	wallet := attribute(false, none, none, none)
	wallet["enabled"] = false
	username, password := attribute(false, none, none, none), attribute(true, none, none, none)
	username["used_for_first_factor"], password["used_for_first_factor"] = true, true
	return object{
		"email_address": attribute(true, texts("email_code", "email_link"), none, texts("email_code", "email_link")), "phone_number": phone,
		"username": username, "web3_wallet": wallet, "first_name": attribute(false, none, none, none), "last_name": attribute(false, none, none, none),
		"password": password, "authenticator_app": attribute(false, none, texts("totp"), texts("totp")), "ticket": attribute(false, none, none, none),
		"backup_code": attribute(false, none, texts("backup_code"), none), "passkey": attribute(false, texts("passkey"), none, texts("passkey")),
	}
}
