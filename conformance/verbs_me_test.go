package conformance

import (
	"context"

	"github.com/fapigen/fapigen/out/fapi"
)

func init() {
	for name, verb := range map[string]func(context.Context, *sdk, args) (any, error){
		"user_reload": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(profile)(s.clerk.Me.Get(ctx, params[fapi.MeGetParams](a)))
		},
		"user_update": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(profile)(s.clerk.Me.Update(ctx, params[fapi.MeUpdateParams](a)))
		},
		"metadata_update": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(profile)(s.clerk.Me.UpdateMetadata(ctx, params[fapi.MeUpdateMetadataParams](a)))
		},
		"password_update": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(profile)(s.clerk.Me.ChangePassword(ctx, params[fapi.MeChangePasswordParams](a)))
		},
		"email_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(e *fapi.EmailAddress) any { s.email = e; return e.EmailAddress })(
				s.clerk.Me.EmailAddresses.Create(ctx, params[fapi.MeEmailAddressCreateParams](a)))
		},
		"email_prepare": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(emailStatus)(s.clerk.Me.EmailAddresses.PrepareVerification(ctx, s.email.ID, params[fapi.MeEmailAddressPrepareVerificationParams](a)))
		},
		"email_attempt": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(emailStatus)(s.clerk.Me.EmailAddresses.AttemptVerification(ctx, s.email.ID, params[fapi.MeEmailAddressAttemptVerificationParams](a)))
		},
		"email_make_primary": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(profile)(s.clerk.Me.Update(ctx, fapi.MeUpdateParams{PrimaryEmailAddressID: &s.email.ID}))
		},
		"email_delete": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(nothing[fapi.DeletedObject])(s.clerk.Me.EmailAddresses.Delete(ctx, s.email.ID))
		},
		"totp_create": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(verified)(s.clerk.Me.TOTP.Create(ctx))
		},
		"totp_attempt": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(verified)(s.clerk.Me.TOTP.AttemptVerification(ctx, params[fapi.MeTOTPAttemptVerificationParams](a)))
		},
		"totp_delete": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(func(d *fapi.DeletedObject) any { return d.Deleted })(s.clerk.Me.TOTP.Delete(ctx))
		},
		"backup_codes_create": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(func(b *fapi.BackupCodes) any { return len(b.Codes) })(s.clerk.Me.CreateBackupCodes(ctx))
		},
		"user_delete": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(nothing[fapi.DeletedObject])(s.clerk.Me.Delete(ctx))
		},
		"organization_leave": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(nothing[fapi.DeletedObject])(s.clerk.Me.OrganizationMemberships.Delete(ctx, a["organization"].(string)))
		},
		"organization_delete": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(nothing[fapi.DeletedObject])(s.clerk.Organizations.Delete(ctx, s.organization()))
		},
		"device_list": func(ctx context.Context, s *sdk, _ args) (any, error) {
			list, err := s.clerk.Me.Sessions.ListActive(ctx)
			devices := []string{}
			for _, x := range list {
				devices = append(devices, x.ID+" "+string(x.Status))
			}
			return devices, err
		},

		"organization_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(organization)(s.clerk.Organizations.Create(ctx, params[fapi.OrganizationCreateParams](a)))
		},
		"organization_update": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(organization)(s.clerk.Organizations.Update(ctx, s.organization(), params[fapi.OrganizationUpdateParams](a)))
		},
		"organization_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.OrganizationMembership](func(m object) string { return m.object("organization").text("slug") + " " + m.text("role") })(
				s.clerk.Me.OrganizationMemberships.List(ctx, params[fapi.MeOrganizationMembershipListParams](paged(a))))
		},
		"member_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.OrganizationMembership](member)(s.clerk.Organizations.Memberships.List(ctx, s.organization(), params[fapi.OrganizationMembershipListParams](paged(a))))
		},
		"member_update": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(m *fapi.OrganizationMembership) any { return member(wire(m)) })(
				s.clerk.Organizations.Memberships.Update(ctx, s.organization(), a["user_id"].(string), params[fapi.OrganizationMembershipUpdateParams](a)))
		},
		"invitation_create": func(ctx context.Context, s *sdk, a args) (any, error) {
			return told(func(i *fapi.OrganizationInvitation) any { s.invitation = i; return invitation(wire(i)) })(
				s.clerk.Organizations.Invitations.Create(ctx, s.organization(), params[fapi.OrganizationInvitationCreateParams](a)))
		},
		"invitation_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.OrganizationInvitation](invitation)(s.clerk.Organizations.Invitations.List(ctx, s.organization(), params[fapi.OrganizationInvitationListParams](paged(a))))
		},
		"invitation_revoke": func(ctx context.Context, s *sdk, _ args) (any, error) {
			return told(func(i *fapi.OrganizationInvitation) any { return wire(i).text("status") })(
				s.clerk.Organizations.Invitations.Revoke(ctx, s.organization(), s.invitation.ID))
		},
		"enterprise_connection_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			list, err := s.clerk.Organizations.EnterpriseConnections.List(ctx, s.organization(), params[fapi.OrganizationEnterpriseConnectionListParams](a))
			return len(list), err
		},
		"role_list": func(ctx context.Context, s *sdk, a args) (any, error) {
			return pageOf[fapi.Role](func(r object) string { return r.text("key") })(
				s.clerk.Organizations.ListRoles(ctx, s.organization(), params[fapi.OrganizationListRolesParams](paged(a))))
		},
	} {
		verbs[name] = verb
	}
}

// told makes a step's value of a model.
func told[T any](value func(*T) any) func(*T, error) (any, error) {
	return func(model *T, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return value(model), nil
	}
}

func nothing[T any](*T) any { return nil }

func emailStatus(e *fapi.EmailAddress) any { return wire(e).object("verification").text("status") }

func verified(t *fapi.TOTP) any { return t.Verified }

func organization(o *fapi.Organization) any {
	w := wire(o)
	return map[string]any{"id": o.ID, "name": o.Name, "slug": w.text("slug"), "members": w["members_count"]}
}

func member(m object) string {
	return m.object("public_user_data").text("user_id") + " " + m.text("role")
}

func invitation(i object) string {
	return i.text("email_address") + " " + i.text("role") + " " + i.text("status")
}

// organization is the id of the one that is active.
func (s *sdk) organization() string {
	if o := s.clerk.State().Organization; o != nil {
		return o.ID
	}
	return ""
}

// paged is the first page, as clerk-js asks for it.
func paged(a args) args {
	with := args{"offset": 0, "paginated": true}
	for name, value := range a {
		with[name] = value
	}
	return with
}

func pageOf[T any](item func(object) string) func(*fapi.Page[T], error) (any, error) {
	return func(p *fapi.Page[T], err error) (any, error) {
		if err != nil {
			return nil, err
		}
		data := []string{}
		for _, model := range p.Data {
			data = append(data, item(wire(model)))
		}
		return map[string]any{"total": p.TotalCount, "data": data}, nil
	}
}
