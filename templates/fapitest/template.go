package fapitest

import (
	"fmt"
	"regexp"
	"strings"
)

// shortcode is what stands in a template for something about the session.
var shortcode = regexp.MustCompile(`\{\{\s*([a-z_.0-9]+)\s*\}\}`)

// fill replaces the shortcodes in a template's claims. A text that is one shortcode becomes the value itself, of whatever
// type; in a longer text it becomes text. What is not known is null, in a longer text nothing.
func (s *Server) fill(x *session, claim any) any {
	switch v := claim.(type) {
	case object:
		out := object{}
		for name, member := range v {
			out[name] = s.fill(x, member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.fill(x, item)
		}
		return out
	case string:
		if m := shortcode.FindStringSubmatch(v); m != nil && m[0] == strings.TrimSpace(v) {
			return s.lookUp(x, m[1])
		}
		return shortcode.ReplaceAllStringFunc(v, func(code string) string {
			if value := s.lookUp(x, shortcode.FindStringSubmatch(code)[1]); value != nil {
				return fmt.Sprint(value)
			}
			return ""
		})
	}
	return claim
}

// lookUp is what a shortcode such as user.public_metadata.plan stands for.
func (s *Server) lookUp(x *session, path string) any {
	u := s.userJSON(x.user)
	u["full_name"] = nothing(strings.TrimSpace(x.user.first + " " + x.user.last))
	u["primary_email_address"], u["primary_phone_number"] = nil, nil
	if i := identifierOf(x.user.emails, x.user.primaryEmail); i != nil {
		u["primary_email_address"] = i.value
	}
	if i := identifierOf(x.user.phones, x.user.primaryPhone); i != nil {
		u["primary_phone_number"] = i.value
	}
	known := object{"user": u, "session": object{"id": x.id, "actor": nil}, "org": object{}}
	if x.org != nil {
		org := s.organizationJSON(x.org)
		if m := x.org.member(x.user); m != nil {
			org["role"] = m.role
		}
		known["org"] = org
	}
	var v any = known
	for _, name := range strings.Split(path, ".") {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}
