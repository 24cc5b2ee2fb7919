// Package fapi is the runtime of the generated SDK: transport, encoding, envelopes, errors.
//
// This file stands in for what the generator writes, so that the runtime compiles, runs and is tested by itself.
// It is not copied into the generated module.
package fapi

// APIVersion is the FAPI version that the SDK was generated from; WithAPIVersion overrides it.
const APIVersion = "2026-05-12"

// API is the stand-in for the generated struct of services.
type API struct{ core *core }

func newServices(c *core) *API { return &API{core: c} }

// The calls that only generated methods make, named here so that linters see them used.
var (
	_ = []func(string, ...string) *request{get, post, put, patch, del}
	_ = []func(*request, any) *request{(*request).query, (*request).headers, (*request).form, (*request).multipart, (*request).json}
	_ = []any{(*request).octets, (*request).responseIsClient, (*request).orNoContent, (*request).beside, paginated, callEmpty, callRedirect, callRaw}
	_ = []any{callEnveloped[Timestamp], callEnvelopedList[Timestamp], callEnvelopedPage[Timestamp], listAll[Timestamp]}
	_ = []any{callBare[Timestamp], callBareList[Timestamp], callBarePage[Timestamp]}
)

// The models below have the fields that the runtime touches, and no others. The generator checks that the real ones have
// them with these types, or with those in the tag "model"; an enum counts as a string.

// Client stands in for the generated model.
type Client struct {
	ID                  string    `json:"id"`
	Sessions            []Session `json:"sessions"`
	LastActiveSessionID *string   `json:"last_active_session_id"`
	UpdatedAt           Timestamp `json:"updated_at"`
}

// Session stands in for the generated model.
type Session struct {
	ID                       string  `json:"id"`
	Status                   string  `json:"status"`
	LastActiveToken          *Token  `json:"last_active_token"`
	LastActiveOrganizationID *string `json:"last_active_organization_id"`
	User                     *User   `json:"user"`
	FactorVerificationAge    []int64 `json:"factor_verification_age"`
}

// User stands in for the generated model.
type User struct {
	ID                      string                   `json:"id"`
	OrganizationMemberships []OrganizationMembership `json:"organization_memberships"`
}

// OrganizationMembership stands in for the generated model.
type OrganizationMembership struct {
	ID           string        `json:"id"`
	Role         string        `json:"role"`
	Permissions  []string      `json:"permissions"`
	Organization *Organization `json:"organization"`
}

// Organization stands in for the generated model.
type Organization struct {
	ID   string  `json:"id"`
	Slug *string `json:"slug" model:"string or *string"`
}

// Token stands in for the generated model.
type Token struct {
	JWT string `json:"jwt"`
}

// Verification stands in for the generated model.
type Verification struct {
	Error *ErrorDetail `json:"error"`
}

// Environment stands in for the generated model, of which the runtime reads the raw JSON only.
type Environment struct{}
