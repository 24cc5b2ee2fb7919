package generator

// Envelopes: {response, client} schemas never become types. What a method returns, and what its answer says about the
// client, is folded into Result here.

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// envelope recognises an object of exactly response and client, and gives the response.
func (b *builder) envelope(s schemaAt) (response schemaAt, ok bool) {
	if one, lone := b.lone(s); lone {
		return b.envelope(one)
	}
	if len(s.Properties) != 2 || s.Properties["response"] == nil || s.Properties["client"] == nil {
		return s, false
	}
	members := mapGet(s.node, "properties")
	client := b.schema(s.Properties["client"], mapGet(members, "client"), s.at+"/properties/client")
	if one, lone := b.lone(client); lone {
		client = one
	}
	if client.name != "" {
		b.client = schemaPrefix + escapePointer(client.name)
	}
	node := mapGet(members, "response")
	return b.schema(s.Properties["response"], node, s.at+"/properties/response"), true
}

// result decides what an operation returns. hint names an inline response type.
func (b *builder) result(op *openapi3.Operation, node *yaml.Node, at, hint string) Result {
	declared := statuses(mapGet(node, "responses"))
	for _, status := range declared.success {
		response, rnode := op.Responses.Value(status).Value, mapGet(mapGet(node, "responses"), status)
		rat := at + "/responses/" + status
		for ref := mapGet(rnode, "$ref"); ref != nil; ref = mapGet(rnode, "$ref") {
			rnode, rat = b.doc.Resolve(ref.Value), ref.Value
		}
		for media, mnode := range jsonContents(mapGet(rnode, "content")) {
			m := response.Content[media]
			if m == nil || m.Schema == nil {
				continue
			}
			schema := mapGet(mnode, "schema")
			r := b.value(b.schema(m.Schema, schema, rat+"/content/"+escapePointer(media)+"/schema"), hint)
			r.NoContent = declared.noContent
			return r
		}
		if len(response.Content) > 0 {
			return Result{Kind: ResultRaw}
		}
	}
	if declared.redirect {
		return Result{Kind: ResultRedirect}
	}
	return Result{Kind: ResultEmpty}
}

// declaredStatuses are the responses of an operation, as a method sees them.
type declaredStatuses struct {
	success   []string // keys of the responses that may be the result, best first
	redirect  bool
	noContent bool // 204
}

// statuses reads the keys of responses. `default` is for all statuses that have no key: it is the result when no success
// and no redirect has one.
func statuses(responses *yaml.Node) (s declaredStatuses) {
	keys := slices.Sorted(slices.Values(mapKeys(responses)))
	for _, status := range keys {
		switch {
		case strings.HasPrefix(status, "2"):
			s.success = append(s.success, status)
		case strings.HasPrefix(status, "3"):
			s.redirect = true
		}
	}
	s.noContent = slices.Contains(keys, "204")
	if len(s.success) == 0 && !s.redirect && slices.Contains(keys, "default") {
		s.success = []string{"default"}
	}
	return s
}

// value is the result of a JSON response.
func (b *builder) value(s schemaAt, hint string) Result {
	response, enveloped := b.envelope(s)
	if enveloped {
		s = response
	}
	r := b.ref(s, hint, "")
	res := Result{Kind: ResultValue, Type: r, Enveloped: enveloped}
	switch r.Kind {
	case RefSlice:
		res.Kind, res.Type = ResultList, *r.Elem
	case RefPage:
		res.Kind, res.Type = ResultPage, *r.Elem
		for _, p := range b.gather(s) {
			if p.wire != "data" && p.wire != "total_count" {
				res.Beside = append(res.Beside, p.wire)
			}
		}
	}
	res.ClientResponse = enveloped && res.Kind == ResultValue && r.Kind == RefNamed && slices.Contains(r.Type.From, b.client)
	return res
}
