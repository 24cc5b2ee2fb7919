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
	_ = []func(*request, any) *request{(*request).query, (*request).form, (*request).multipart, (*request).json}
	_ = []any{(*request).octets, (*request).responseIsClient, paginated, callEmpty, callRedirect, callRaw}
	_ = []any{callEnveloped[Timestamp], callEnvelopedList[Timestamp], callEnvelopedPage[Timestamp], listAll[Timestamp]}
	_ = []any{callBare[Timestamp], callBareList[Timestamp], callBarePage[Timestamp]}
)
