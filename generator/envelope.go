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
	responses := mapGet(node, "responses")
	var redirect, noContent bool
	for _, status := range statuses(op) {
		redirect = redirect || status[0] == '3'
		noContent = noContent || status == "204"
	}
	for _, status := range statuses(op) {
		if status[0] != '2' {
			continue
		}
		response, rnode, rat := op.Responses.Value(status).Value, mapGet(responses, status), at+"/responses/"+status
		for ref := mapGet(rnode, "$ref"); ref != nil; ref = mapGet(rnode, "$ref") {
			rnode, rat = b.doc.Resolve(ref.Value), ref.Value
		}
		for media, mnode := range mapPairs(mapGet(rnode, "content")) {
			m := response.Content[media]
			if m == nil || m.Schema == nil || !isJSON(media) {
				continue
			}
			schema := mapGet(mnode, "schema")
			r := b.value(b.schema(m.Schema, schema, rat+"/content/"+escapePointer(media)+"/schema"), hint)
			r.NoContent = noContent
			return r
		}
		if len(response.Content) > 0 {
			return Result{Kind: ResultRaw}
		}
	}
	if redirect {
		return Result{Kind: ResultRedirect}
	}
	return Result{Kind: ResultEmpty}
}

// statuses are the declared statuses, sorted.
func statuses(op *openapi3.Operation) []string {
	var list []string
	if op.Responses != nil {
		list = op.Responses.Keys()
	}
	slices.Sort(list)
	return slices.DeleteFunc(list, func(s string) bool { return s == "" || s == "default" })
}

func isJSON(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	return media == "application/json" || strings.HasSuffix(media, "+json")
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
