package generator

// Redaction comes first. Of a recording only shapes get past this file: types, the names of members that look like names,
// and words under keys whose values are known words. The emitted module's recorder keeps the same and nothing else
// (templates/runtime/recorder_redact.go); a test holds the two together.

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// wordKeys are the keys whose values are words that the API's author chose, never a user.
var wordKeys = map[string]bool{
	"appearance": true, "captcha_provider": true, "captcha_widget_type": true, "channel": true, "client_trust_state": true,
	"connection_type": true, "device_attestation_mode": true, "effect": true, "email_address_verification_strategies": true,
	"enrollment_mode": true, "enrollment_modes": true, "first_factors": true, "format": true, "gateway": true,
	"grant_type": true, "identification_requirements": true, "identification_strategies": true, "include_invalid": true,
	"instance_environment_type": true, "intent": true, "last_authentication_strategy": true, "level": true,
	"missing_fields": true, "mode": true, "next_action": true, "object": true, "optional_fields": true,
	"payer_type": true, "payment_type": true, "plan_period": true, "platform": true, "preferred_sign_in_strategy": true,
	"prompt": true, "provider": true, "required_fields": true, "response_mode": true, "response_type": true,
	"second_factors": true, "severity": true, "source": true, "status": true, "strategy": true,
	"supported_identifiers": true, "supported_strategies": true, "token_endpoint_auth_method": true,
	"token_type_hint": true, "type": true, "unverified_fields": true, "verifications": true,
}

var (
	// word is how the API's author writes names and values. Tokens, ids, codes and numbers have digits or capitals.
	word = regexp.MustCompile(`^_{0,2}(web3|oauth2|last4|sha256|[a-z]{1,20})([_-](web3|oauth2|last4|sha256|[a-z]{1,20})){0,9}$`)
	// camel is the other way in which members are named: textContent.
	camel = regexp.MustCompile(`^[a-z]{1,20}([A-Z][a-z]{1,20}){1,3}$`)
	// scrubbed is what those who scrub recordings put in place of a value or a key: REDACTED, USER_ID.
	scrubbed = regexp.MustCompile(`^[A-Z]{3,}(_[A-Z]+)*$`)
)

// hidden stands for a key that may be data.
const hidden = "*"

// kind is the type of a JSON value.
type kind string

const (
	kindNull    kind = "null"
	kindBoolean kind = "boolean"
	kindInteger kind = "integer"
	kindNumber  kind = "number"
	kindString  kind = "string"
	kindObject  kind = "object"
	kindArray   kind = "array"
	kindUnknown kind = "" // scrubbed: it may have been anything
)

// redacted is what is left of a JSON value.
type redacted struct {
	kind   kind
	word   string      // of a string under one of wordKeys
	isWord bool        // word is what stood there, "" included
	keys   []string    // of an object
	items  []*redacted // of an object or array
	masked bool        // of an object: a key was scrubbed, so it cannot be known what is missing
}

// maxNesting is far below what FAPI nests.
const maxNesting = 64

// redactor knows the names that the description makes public.
type redactor struct {
	names map[string]bool
}

// name is a key as it may be shown. No member has a hyphen, but slugs do, and they are keys of maps.
func (r *redactor) name(key string) string {
	if r.names[key] || word.MatchString(key) && !strings.Contains(key, "-") || camel.MatchString(key) {
		return key
	}
	return hidden
}

// nameIn is the name of a member of what stands under key.
func (r *redactor) nameIn(key, name string) string {
	if key == inMetadata && !r.names[name] {
		return hidden
	}
	return r.name(name)
}

// json reads a body; nil when it is no JSON.
func (r *redactor) json(body []byte) *redacted {
	if !json.Valid(body) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	return r.value(dec, "", 0)
}

// inMetadata stands for the key of everything inside metadata, whose members are an application's own data.
const inMetadata = "*metadata"

// value reads one value of valid JSON, which stands under key.
func (r *redactor) value(dec *json.Decoder, key string, depth int) *redacted {
	token, err := dec.Token()
	if err != nil || depth > maxNesting {
		return &redacted{}
	}
	switch t := token.(type) {
	case json.Delim:
		return r.container(dec, t, key, depth)
	case string:
		return r.text(t, key)
	case bool:
		return &redacted{kind: kindBoolean}
	case json.Number:
		if strings.ContainsAny(t.String(), ".eE") {
			return &redacted{kind: kindNumber}
		}
		return &redacted{kind: kindInteger}
	}
	return &redacted{kind: kindNull}
}

func (r *redactor) container(dec *json.Decoder, open json.Delim, key string, depth int) *redacted {
	v := &redacted{kind: kindArray}
	if open == '{' {
		v.kind = kindObject
	}
	for dec.More() {
		under := key
		if v.kind == kindObject {
			token, _ := dec.Token()
			under, _ = token.(string)
			if scrubbed.MatchString(under) && !r.names[under] {
				v.masked = true
				r.value(dec, "", depth+1)
				continue
			}
			v.keys = append(v.keys, r.nameIn(key, under))
			if key == inMetadata || strings.HasSuffix(strings.ToLower(under), "metadata") {
				under = inMetadata
			}
		}
		v.items = append(v.items, r.value(dec, under, depth+1))
	}
	_, _ = dec.Token()
	return v
}

func (r *redactor) text(s, key string) *redacted {
	switch {
	case scrubbed.MatchString(s):
		return &redacted{}
	case s == "" || wordKeys[key] && word.MatchString(s):
		return &redacted{kind: kindString, word: s, isWord: true}
	}
	return &redacted{kind: kindString}
}

// member is the value under a key; nil when there is none.
func (v *redacted) member(key string) *redacted {
	if i := slices.Index(v.keys, key); i >= 0 && i < len(v.items) {
		return v.items[i]
	}
	return nil
}
