package conformance

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/fapigen/fapigen/out/fapi"
)

func init() {
	maps.Copy(verbs, map[string]func(context.Context, *sdk, args) (any, error){
		"api_key_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(k *fapi.APIKey) any { s.key = k; return apiKey(wire(k)) })(s.clerk.APIKeys.Create(ctx, params[fapi.APIKeyCreateParams](a)))
		},
		"api_key_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.APIKey](apiKey)(s.clerk.APIKeys.List(ctx, params[fapi.APIKeyListParams](paged(a))))
		},
		"api_key_revoke": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(k *fapi.APIKey) any { return apiKey(wire(k)) })(s.clerk.APIKeys.Revoke(ctx, s.key.ID, params[fapi.APIKeyRevokeParams](a)))
		},
		"plan_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.BillingPlan](func(p object) string { return p.text("slug") })(s.clerk.Billing.ListPlans(ctx, params[fapi.BillingListPlansParams](paged(a))))
		},
		"waitlist_join": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(w *fapi.WaitlistEntry) any { return wire(w).text("id") })(s.clerk.Waitlist.Join(ctx, params[fapi.WaitlistJoinParams](a)))
		},
		"domain_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(d *fapi.OrganizationDomain) any { return domain(wire(d)) })(
				s.clerk.Organizations.Domains.Create(ctx, s.organization(), params[fapi.OrganizationDomainCreateParams](a)))
		},
		"domain_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.OrganizationDomain](domain)(s.clerk.Organizations.Domains.List(ctx, s.organization(), params[fapi.OrganizationDomainListParams](paged(a))))
		},
		"phone_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(p *fapi.PhoneNumber) any { s.phone = p; return p.PhoneNumber })(
				s.clerk.Me.PhoneNumbers.Create(ctx, params[fapi.MePhoneNumberCreateParams](a)))
		},
		"phone_prepare": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(phoneStatus)(s.clerk.Me.PhoneNumbers.PrepareVerification(ctx, s.phone.ID, fapi.MePhoneNumberPrepareVerificationParams{Strategy: "phone_code"}))
		},
		"phone_attempt": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(phoneStatus)(s.clerk.Me.PhoneNumbers.AttemptVerification(ctx, s.phone.ID, params[fapi.MePhoneNumberAttemptVerificationParams](a)))
		},
		"phone_second_factor": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(p *fapi.PhoneNumber) any { return wire(p)["reserved_for_second_factor"] })(
				s.clerk.Me.PhoneNumbers.Update(ctx, s.phone.ID, params[fapi.MePhoneNumberUpdateParams](a)))
		},
		"image_set": func(ctx context.Context, s *sdk, a args) (any, error) {
			file := &fapi.Upload{Reader: strings.NewReader(a["file"].(string)), Name: "blob", ContentType: "image/png"}
			return told(nothing[fapi.Image])(s.clerk.Me.SetProfileImage(ctx, fapi.MeSetProfileImageParams{File: file}))
		},
		"image_delete": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(nothing[fapi.DeletedObject])(s.clerk.Me.DeleteProfileImage(ctx))
		},
		"external_account_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(e *fapi.ExternalAccount) any { s.account = e; return wire(e).object("verification").text("status") })(
				s.clerk.Me.ExternalAccounts.Create(ctx, params[fapi.MeExternalAccountCreateParams](a)))
		},
		"external_account_redirect": func(_ context.Context, s *sdk, _ args) (any, error) {
			return wire(s.account).object("verification").text("external_verification_redirect_url"), nil
		},
	})
}

func phoneStatus(p *fapi.PhoneNumber) any { return wire(p).object("verification").text("status") }

func domain(d object) string {
	return strings.TrimSpace(d.text("name") + " " + d.text("enrollment_mode") + " " + d.object("verification").text("status"))
}

func apiKey(k object) string {
	secret := "without its secret"
	if k.text("secret") != "" {
		secret = "with its secret"
	}
	return fmt.Sprintf("%s %s %v %s", k.text("name"), k.text("subject"), k["revoked"], secret)
}
