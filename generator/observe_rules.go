package generator

// What differs from the description and is no finding, because the emitted module handles it by design. The numbers are
// those of docs/corrections.md, which says how. This is the only place where observe lets something pass:
//
//	B01, B14       the client of an envelope may be null, absent or untyped           envelopeParts
//	B02, B03       a bare answer for an envelope, and the other way round             envelopeParts
//	B10            no body, or null, where there is a value                           envelopeParts
//	B11, B12       `paginated` asks for a page instead of an array                    transportQuery
//	C36, C37, C38  parameters of the transport                                        transportQuery
//	B16, C43, C53  headers                                                            never compared
//	C46, C47       statuses from 400 on, declared or not                              never compared
//	D01            copies of schemas                                                  folded before anything is compared
//	D03, D04, D09, D11   null where a wrapper or a branch allows it                   schemaView.parts
//	D06, D10       unions of objects: one struct with the members of all branches     schemaView.compile
//	D18, B19       forms hold text, and an empty one clears: only names and words of enums are compared
//
// Nor are patterns, formats, limits and sizes of integers compared, which the types do not have.
//
// Not so A64: unknown members are ignored by the module, but they are what a new correction is made of.

import (
	"slices"
	"strings"
)

// transportQuery tells whether a query parameter is the transport's: the runtime sends it by itself, declared or not.
func transportQuery(name string) bool {
	return strings.HasPrefix(name, "_") || name == "paginated"
}

// scrubber is a program that changed recordings after they were made.
type scrubber struct {
	// cutAfter is the member whose value the program replaced together with what followed on the line: nothing is known
	// of the members that should come after it, in its object or around it.
	cutAfter string
	members  []string // the members that went, by schema and name
}

// scrubbers by the creator that a HAR names. The test recordings of Clerk's Flutter SDK were converted to HAR by
// recordings_to_har; their own recorder had replaced allowed_special_characters by a greedy regular expression, which
// swallows what follows it on the line.
var scrubbers = map[string]scrubber{
	"recordings_to_har": {cutAfter: "allowed_special_characters",
		members: []string{"Client.UserSettings.saml", "Client.UserSettings.enterprise_sso"}},
}

// missingNote says why a missing member is no finding, "" when it is one.
func missingNote(name, creator string) string {
	if s, ok := scrubbers[creator]; ok && slices.Contains(s.members, name) {
		return "cut off by the recorder, after " + s.cutAfter
	}
	return ""
}

// envelopeParts finds the value and the client of a success. value is nil when there is none to compare.
func (c *schemaView) envelopeParts(body *redacted, s site) (v *redacted, at site, client *redacted) {
	response, _, enveloped := c.envelope(s)
	if enveloped {
		s = response
	}
	if body.kind == kindObject {
		r, k := body.member("response"), body.member("client")
		switch {
		case r != nil && (enveloped || k != nil):
			body, client = r, k
		case enveloped && (k != nil || len(body.keys) == 0):
			body, client = nil, k
		}
	}
	if body != nil && body.kind == kindNull {
		body = nil
	}
	if client != nil && client.kind == kindNull {
		client = nil
	}
	return body, s, client
}

// successSchema is the JSON schema of a success: of its own status, else of the first that has one, which is the one that
// the generator takes.
func successSchema(d *Document, r *route, status string) (site, bool) {
	responses := mapGet(r.op, "responses")
	order := []string{status}
	if len(status) == 3 {
		order = append(order, status[:1]+"XX")
	}
	order = appendNew(order, statuses(responses).success...)
	c := schemaView{doc: d}
	for _, code := range order {
		answer := c.follow(site{node: mapGet(responses, code), at: r.at + "/responses/" + code})
		for media, n := range jsonContents(mapGet(answer.node, "content")) {
			if schema := mapGet(n, "schema"); schema != nil {
				return site{node: schema, at: answer.at + "/content/" + escapePointer(media) + "/schema"}, true
			}
		}
	}
	return site{}, false
}
