// The steps of a scenario, as Clerk's own client takes them: in Node (run.mjs) and in a page (page.html). sdk_test.go has
// the same steps for the Go SDK. Arguments have the names of the wire; what is returned is the part that both clients know.

const camel = (args) =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name.replace(/_(\w)/g, (_, c) => c.toUpperCase()), value]));

const strategies = (factors) => (factors ?? []).map((f) => f.strategy);

const signIn = (s) => ({
  status: s.status,
  identifier: s.identifier ?? "",
  first_factors: strategies(s.supportedFirstFactors),
  second_factors: strategies(s.supportedSecondFactors),
  first_verification: s.firstFactorVerification?.status ?? "",
  second_verification: s.secondFactorVerification?.status ?? "",
  created_session: s.createdSessionId ?? "",
});

const signUp = (s) => ({
  status: s.status,
  missing: s.missingFields,
  unverified: s.unverifiedFields,
  fields: [s.emailAddress, s.phoneNumber, s.username, s.firstName, s.lastName].map((field) => field ?? ""),
  external: s.verifications.externalAccount.status ?? "",
  created_session: s.createdSessionId ?? "",
  created_user: s.createdUserId ?? "",
});

const organization = (o) => ({ id: o.id, name: o.name, slug: o.slug, members: o.membersCount });

const page = (p, item) => ({ total: p.total_count, data: p.data.map(item) });

const apiKey = (k) => `${k.name} ${k.subject} ${k.revoked} ${k.secret ? "with its secret" : "without its secret"}`;

const domain = (d) => `${d.name} ${d.enrollmentMode} ${d.verification?.status ?? ""}`.trim();

const verification = (v) => ({
  status: v.status,
  level: v.level,
  first_factors: strategies(v.supportedFirstFactors),
  second_factors: strategies(v.supportedSecondFactors),
  session: v.session.id,
});

const profile = (u) => ({
  id: u.id,
  name: `${u.firstName ?? ""} ${u.lastName ?? ""}`,
  username: u.username ?? "",
  emails: u.emailAddresses.map((e) => `${e.emailAddress} ${e.verification.status ?? ""}`),
  accounts: u.externalAccounts.map((a) => `${a.provider} ${a.emailAddress} ${a.verification?.status ?? ""}`),
  primary_email: u.primaryEmailAddress?.emailAddress ?? "",
  unsafe_metadata: u.unsafeMetadata,
  password: u.passwordEnabled,
  totp: u.totpEnabled,
});

// claims are those of a token that do not change with the time.
const claims = (jwt) => {
  if (!jwt) return null;
  const body = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0))));
  for (const name of ["iat", "nbf", "exp", "jti", "iss"]) delete body[name];
  return body;
};

// Witness takes steps with one Clerk object.
export class Witness {
  constructor(clerk, options) {
    this.clerk = clerk;
    this.options = options;
    this.kept = {}; // what a step leaves to a later one
  }

  async step(verb, args) {
    const outcome = {};
    try {
      if (!verbs[verb]) throw new Error(`no such step: ${verb}`);
      outcome.value = (await verbs[verb](this.clerk, args, this.kept, this.options)) ?? null;
    } catch (e) {
      const first = e.errors?.[0];
      outcome.error = first ? `${e.status} ${first.code} ${first.meta?.paramName ?? ""}`.trim() : String(e.code ?? e);
    }
    outcome.state = this.state();
    return outcome;
  }

  state() {
    const { client, session, user, organization } = this.clerk;
    return {
      client: client?.id ?? "",
      sessions: (client?.sessions ?? []).map((s) => `${s.id} ${s.status} ${s.user?.id ?? ""} ${s.lastActiveOrganizationId ?? ""}`.trim()),
      last_active_session: client?.lastActiveSessionId ?? "",
      sign_in: client?.signIn?.status ?? "",
      sign_up: client?.signUp?.status ?? "",
      session: session?.id ?? "",
      user: user ? profile(user) : null,
      memberships: (user?.organizationMemberships ?? []).map((m) => `${m.organization.slug} ${m.role}`),
      organization: organization?.slug ?? "",
    };
  }
}

const factor = (list, strategy) => {
  const f = (list ?? []).find((f) => f.strategy === strategy) ?? {};
  const { emailAddressId, phoneNumberId } = f;
  return { strategy, ...(emailAddressId && { emailAddressId }), ...(phoneNumberId && { phoneNumberId }) };
};

// session is the id of the one that the last sign-in or sign-up "created", or of a user's session.
const session = (clerk, name, kept) =>
  name === "created" ? kept.created.createdSessionId : clerk.client.sessions.find((s) => s.user.id === name)?.id ?? name;

const verbs = {
  async load(clerk, _, __, options) {
    await clerk.load(options);
    return clerk.status;
  },

  async sign_in_create(clerk, args, kept) {
    return signIn((kept.created = kept.signIn = await clerk.client.signIn.create(camel(args))));
  },
  async sign_in_prepare_first(clerk, { strategy, ...args }, kept) {
    return signIn(await kept.signIn.prepareFirstFactor({ ...factor(kept.signIn.supportedFirstFactors, strategy), ...camel(args) }));
  },
  async sign_in_attempt_first(_, args, kept) {
    return signIn(await kept.signIn.attemptFirstFactor(camel(args)));
  },
  async sign_in_prepare_second(_, { strategy }, kept) {
    return signIn(await kept.signIn.prepareSecondFactor(factor(kept.signIn.supportedSecondFactors, strategy)));
  },
  async sign_in_attempt_second(_, args, kept) {
    return signIn(await kept.signIn.attemptSecondFactor(camel(args)));
  },
  async sign_in_reset_password(_, args, kept) {
    return signIn(await kept.signIn.resetPassword(camel(args)));
  },
  async sign_in_redirect(_, __, kept) {
    return String(kept.signIn.firstFactorVerification.externalVerificationRedirectURL);
  },
  async sign_in_reload(_, args, kept) {
    return signIn(await kept.signIn.reload(camel(args)));
  },

  async sign_up_create(clerk, args, kept) {
    return signUp((kept.created = kept.signUp = await clerk.client.signUp.create(camel(args))));
  },
  async sign_up_update(_, args, kept) {
    return signUp(await kept.signUp.update(camel(args)));
  },
  async sign_up_prepare(_, args, kept) {
    return signUp(await kept.signUp.prepareVerification(camel(args)));
  },
  async sign_up_attempt(_, args, kept) {
    return signUp(await kept.signUp.attemptVerification(camel(args)));
  },

  async sign_up_redirect(_, __, kept) {
    return String(kept.signUp.verifications.externalAccount.externalVerificationRedirectURL);
  },
  async sign_up_reload(_, args, kept) {
    return signUp(await kept.signUp.reload(camel(args)));
  },

  async set_active(clerk, args, kept) {
    const wanted = {};
    if (args.session) wanted.session = session(clerk, args.session, kept);
    if ("organization" in args) wanted.organization = args.organization;
    await clerk.setActive(wanted);
  },
  async sign_out(clerk, args, kept) {
    await clerk.signOut(() => {}, args.session ? { sessionId: session(clerk, args.session, kept) } : undefined);
  },
  async token(clerk, { times = 1, organization, ...args }) {
    const options = { ...camel(args), ...(organization !== undefined && { organizationId: organization }) };
    const all = await Promise.all(Array.from({ length: times }, () => clerk.session.getToken(options)));
    return all.map(claims);
  },
  async has(clerk, { permissions }) {
    return permissions.map((permission) => clerk.session.checkAuthorization({ permission }));
  },

  async organization_create(clerk, args) {
    return organization(await clerk.createOrganization(camel(args)));
  },
  async organization_update(clerk, args) {
    return organization(await clerk.organization.update(camel(args)));
  },
  async organization_list(clerk, { limit }) {
    return page(await clerk.user.getOrganizationMemberships({ initialPage: 1, pageSize: limit }), (m) => `${m.organization.slug} ${m.role}`);
  },
  async member_list(clerk, { limit, ...args }) {
    return page(await clerk.organization.getMemberships({ initialPage: 1, pageSize: limit, ...args }), (m) => `${m.publicUserData.userId} ${m.role}`);
  },
  async member_update(clerk, { user_id, role }) {
    const m = await clerk.organization.updateMember({ userId: user_id, role });
    return `${m.publicUserData.userId} ${m.role}`;
  },
  async invitation_create(clerk, args, kept) {
    kept.invitation = await clerk.organization.inviteMember(camel(args));
    return `${kept.invitation.emailAddress} ${kept.invitation.role} ${kept.invitation.status}`;
  },
  async invitation_list(clerk, { limit, status }) {
    const list = await clerk.organization.getInvitations({ initialPage: 1, pageSize: limit, status: [status] });
    return page(list, (i) => `${i.emailAddress} ${i.role} ${i.status}`);
  },
  async invitation_revoke(_, __, kept) {
    return (await kept.invitation.revoke()).status;
  },
  async enterprise_connection_list(clerk) {
    return (await clerk.organization.getEnterpriseConnections()).length;
  },
  async role_list(clerk, { limit }) {
    return page(await clerk.organization.getRoles({ initialPage: 1, pageSize: limit }), (r) => r.key);
  },

  async user_reload(clerk, args) {
    return profile(await clerk.user.reload(camel(args)));
  },
  async user_update(clerk, args) {
    return profile(await clerk.user.update(camel(args)));
  },
  async metadata_update(clerk, args) {
    return profile(await clerk.user.updateMetadata(camel(args)));
  },
  async password_update(clerk, args) {
    return profile(await clerk.user.updatePassword(camel(args)));
  },
  async email_create(clerk, { email_address }, kept) {
    kept.email = await clerk.user.createEmailAddress({ email: email_address });
    return kept.email.emailAddress;
  },
  async email_prepare(_, args, kept) {
    return (await kept.email.prepareVerification(camel(args))).verification.status;
  },
  async email_attempt(_, args, kept) {
    return (await kept.email.attemptVerification(camel(args))).verification.status;
  },
  async email_make_primary(clerk, _, kept) {
    return profile(await clerk.user.update({ primaryEmailAddressId: kept.email.id }));
  },
  async email_delete(_, __, kept) {
    await kept.email.destroy();
  },
  async totp_create(clerk) {
    return (await clerk.user.createTOTP()).verified;
  },
  async totp_attempt(clerk, args) {
    return (await clerk.user.verifyTOTP(camel(args))).verified;
  },
  async totp_delete(clerk) {
    return (await clerk.user.disableTOTP()).deleted;
  },
  async backup_codes_create(clerk) {
    return (await clerk.user.createBackupCode()).codes.length;
  },
  async user_delete(clerk) {
    await clerk.user.delete();
  },
  async organization_leave(clerk, { organization }) {
    await clerk.user.leaveOrganization(organization);
  },
  async organization_delete(clerk) {
    await clerk.organization.destroy();
  },
  async api_key_create(clerk, args, kept) {
    kept.key = await clerk.apiKeys.create(camel(args));
    return apiKey(kept.key);
  },
  async api_key_list(clerk, { limit, ...args }) {
    return page(await clerk.apiKeys.getAll({ initialPage: 1, pageSize: limit, ...args }), apiKey);
  },
  async api_key_revoke(clerk, { revocation_reason }, kept) {
    return apiKey(await clerk.apiKeys.revoke({ apiKeyID: kept.key.id, revocationReason: revocation_reason }));
  },
  async plan_list(clerk, { limit, payer_type }) {
    return page(await clerk.billing.getPlans({ initialPage: 1, pageSize: limit, for: payer_type }), (p) => p.slug);
  },
  async waitlist_join(clerk, args) {
    return (await clerk.joinWaitlist(camel(args))).id;
  },
  async domain_create(clerk, { name }) {
    return domain(await clerk.organization.createDomain(name));
  },
  async domain_list(clerk, { limit, enrollment_mode }) {
    return page(await clerk.organization.getDomains({ initialPage: 1, pageSize: limit, enrollmentMode: enrollment_mode }), domain);
  },
  async phone_create(clerk, args, kept) {
    kept.phone = await clerk.user.createPhoneNumber(camel(args));
    return kept.phone.phoneNumber;
  },
  async phone_prepare(_, __, kept) {
    return (await kept.phone.prepareVerification()).verification.status;
  },
  async phone_attempt(_, args, kept) {
    return (await kept.phone.attemptVerification(camel(args))).verification.status;
  },
  async phone_second_factor(_, { reserved_for_second_factor }, kept) {
    return (await kept.phone.setReservedForSecondFactor({ reserved: reserved_for_second_factor })).reservedForSecondFactor;
  },
  async image_set(clerk, { file }) {
    await clerk.user.setProfileImage({ file: new Blob([file], { type: "image/png" }) });
  },
  async image_delete(clerk) {
    await clerk.user.setProfileImage({ file: null });
  },
  async external_account_create(clerk, args, kept) {
    const { additionalScope, ...rest } = camel(args);
    kept.account = await clerk.user.createExternalAccount({ ...rest, additionalScopes: additionalScope });
    return kept.account.verification.status;
  },
  async external_account_redirect(_, __, kept) {
    return String(kept.account.verification.externalVerificationRedirectURL);
  },
  async device_list(clerk) {
    return (await clerk.user.getSessions()).map((s) => `${s.id} ${s.status}`);
  },

  async reverify_start(clerk, args, kept) {
    return verification((kept.verification = await clerk.session.startVerification(camel(args))));
  },
  async reverify_prepare_first(clerk, { strategy }, kept) {
    return verification(await clerk.session.prepareFirstFactorVerification(factor(kept.verification.supportedFirstFactors, strategy)));
  },
  async reverify_attempt_first(clerk, args, kept) {
    return verification((kept.verification = await clerk.session.attemptFirstFactorVerification(camel(args))));
  },
  async reverify_attempt_second(clerk, args, kept) {
    return verification((kept.verification = await clerk.session.attemptSecondFactorVerification(camel(args))));
  },
};
