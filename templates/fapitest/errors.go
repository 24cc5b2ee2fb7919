package fapitest

// apiError is a failure as the API tells it. Codes and statuses are Clerk's own.
type apiError struct {
	status        int
	code, message string
	meta          object
}

func (e *apiError) Error() string { return e.code }

// statuses of the codes that the server answers with; any other is a 422.
var statuses = map[string]int{
	"action_for_session_not_authorized": 401, "already_a_member_in_organization": 400, "authentication_invalid": 401, "authorization_invalid": 403,
	"backup_codes_not_available": 400, "bad_request": 400, "captcha_missing_token": 400, "client_state_invalid": 400, "dev_browser_unauthenticated": 401,
	"host_invalid": 400, "internal_clerk_error": 500, "google_one_tap_token_invalid": 400, "identifier_already_signed_in": 400, "identification_update_second_factor_unverified": 400, "invalid_action_for_session": 400, "invalid_action_for_session_reverification": 400, "invitation_account_not_exists": 400,
	"last_required_identification_deletion_failed": 400, "malformed_request_parameters": 400, "missing_organization_permission": 403,
	"native_api_disabled": 400, "no_passkeys_found_for_user": 400, "no_password_set": 400, "no_second_factors": 400,
	"not_a_member_in_organization": 403, "oauth_provider_not_enabled": 400, "organization_invitation_already_accepted": 400,
	"organization_invitation_not_pending": 404, "organization_invitation_revoked_code": 400, "organization_invitation_to_deleted_organization": 400,
	"ticket_expired_code": 400, "organization_invitation_not_unique": 400, "organization_minimum_permissions_needed": 400,
	"organization_not_found_or_unauthorized": 404, "organization_suggestion_already_accepted": 400, "origin_authorization_headers_conflict": 400,
	"passkey_authentication_failure": 400, "passkey_invalid_verification": 400, "passkey_not_registered": 404, "password_required": 400,
	"resource_not_found": 404, "session_exists": 400, "session_reverification_missing": 400, "session_reverification_required": 403,
	"sign_in_identification_or_user_deleted": 400, "sign_in_token_already_used_code": 400, "signed_out": 401, "strategy_for_user_invalid": 400, "ticket_invalid_code": 400,
	"too_many_requests": 429, "totp_already_enabled": 400, "user_banned": 403, "user_delete_self_not_enabled": 403, "user_locked": 403,
	"verification_already_verified": 400, "verification_expired": 400, "verification_failed": 400, "verification_missing": 400,
	"verification_not_sent": 400, "verification_link_token_invalid": 400, "verification_strategy_invalid": 400, "organization_invitation_not_found": 404,
	"organization_not_enabled_in_instance": 403, "organization_admin_delete_not_enabled": 403, "organization_slugs_disabled": 403,
	"organization_domains_not_enabled": 403, "organization_domain_enrollment_mode_not_enabled": 403, "plan_not_found": 404, "user_create_organization_not_enabled": 403,
	"oauth_access_denied": 403, "oauth_account_already_connected": 400, "sign_up_mode_restricted": 403, "sign_up_restricted_waitlist": 403, "user_deactivated": 403,
	"account_transfer_invalid": 400, "external_account_not_found": 404, "sign_up_if_missing_transfer": 404,
	"feature_not_enabled": 403, "trusted_device_already_enrolled": 409, "trusted_device_challenge_expired": 400,
	"trusted_device_challenge_not_found": 400, "trusted_device_signature_verification_failed": 400,
	"oauth_token_exchange_error": 400, "oauth_identification_claimed": 400,
}

// fail is the failure with this code.
func fail(code, message string) *apiError {
	status := statuses[code]
	if status == 0 {
		status = 422
	}
	return &apiError{status: status, code: code, message: message}
}

// failParam is the failure of one parameter.
func failParam(code, param, message string) *apiError {
	e := fail(code, message)
	e.meta = object{"param_name": param}
	return e
}

func (e *apiError) with(key string, value any) *apiError {
	if e.meta == nil {
		e.meta = object{}
	}
	e.meta[key] = value
	return e
}

func missing(param string) *apiError {
	return failParam("form_param_missing", param, param+" must be included.")
}

func notFound(what string) *apiError { return fail("resource_not_found", what+" not found.") }

// json is one entry of errors.
func (e *apiError) json() object {
	o := object{"code": e.code, "message": e.message, "long_message": e.message}
	if e.meta != nil {
		o["meta"] = e.meta
	}
	return o
}

// errorBody is the whole answer. client is nil when there is nothing to say of it.
func errorBody(e *apiError, trace string, client object) object {
	body := object{"errors": []any{e.json()}, "clerk_trace_id": trace}
	if client != nil {
		body["meta"] = object{"client": client}
	}
	return body
}
