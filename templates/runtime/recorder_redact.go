package fapi

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// What a recording keeps: types, the names of members, null, true and false, and words under keys whose values are words
// that the API's author chose. Everything else is replaced by a placeholder of its type. fapigen observe keeps the same
// of recordings that others made (generator/observe_redact.go); a test holds the two together.

const (
	hiddenText   = "(redacted)" // for a string; it looks like no word
	hiddenAny    = "REDACTED"   // for something that is not to be judged
	hiddenInt    = "0"
	hiddenNumber = "0.5"

	maxRecordedDepth = 64 // far below what FAPI nests
)

// recordedWords are the keys whose values are words that the API's author chose, never a user.
var recordedWords = map[string]bool{
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
	// recordedWord is how the API's author writes names and values. Tokens, ids, codes and numbers have digits or capitals.
	recordedWord  = regexp.MustCompile(`^_{0,2}(web3|oauth2|last4|sha256|[a-z]{1,20})([_-](web3|oauth2|last4|sha256|[a-z]{1,20})){0,9}$`)
	recordedCamel = regexp.MustCompile(`^[a-z]{1,20}([A-Z][a-z]{1,20}){1,3}$`)
	recordedUpper = regexp.MustCompile(`^[A-Z]{3,}(_[A-Z]+)*$`) // what observe takes for scrubbed
)

// recordedName is a key as it may be recorded. No member has a hyphen, but slugs do, and they are keys of maps. n tells hidden ones of one object apart.
func recordedName(key string, n int) string {
	switch {
	case recordedWord.MatchString(key) && !strings.Contains(key, "-"), recordedCamel.MatchString(key):
		return key
	case recordedUpper.MatchString(key):
		return hiddenAny
	}
	return "*" + strconv.Itoa(n)
}

// recordedText is a string as it may be recorded under a key.
func recordedText(s, key string) string {
	switch {
	case s == "", recordedWords[key] && recordedWord.MatchString(s):
		return s
	case recordedUpper.MatchString(s):
		return hiddenAny
	}
	return hiddenText
}

// recordedPair is a pair of a query or form.
func recordedPair(p pair, n int) recordedMember {
	name := recordedName(p.key, n)
	if p.value == "true" || p.value == "false" {
		return recordedMember{name, p.value}
	}
	return recordedMember{name, recordedText(p.value, p.key)}
}

// recordedJSON is a JSON text with its shape and nothing else, "" for what is no JSON.
func recordedJSON(raw []byte) string {
	if !json.Valid(raw) {
		return ""
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var r redactor
	r.value(dec, "", 0)
	return r.out.String()
}

type redactor struct{ out strings.Builder }

// value copies the shape of one value of valid JSON, which stands under key.
func (r *redactor) value(dec *json.Decoder, key string, depth int) {
	token, err := dec.Token()
	if err != nil {
		return
	}
	switch t := token.(type) {
	case json.Delim:
		r.container(dec, t, key, depth)
	case string:
		r.text(recordedText(t, key))
	case bool:
		r.out.WriteString(strconv.FormatBool(t))
	case json.Number:
		if strings.ContainsAny(t.String(), ".eE") {
			r.out.WriteString(hiddenNumber)
		} else {
			r.out.WriteString(hiddenInt)
		}
	default:
		r.out.WriteString("null")
	}
}

func (r *redactor) text(s string) {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	r.out.Write(quoted)
}

func (r *redactor) container(dec *json.Decoder, open json.Delim, key string, depth int) {
	isObject := open == '{'
	// Metadata is an application's own data, names included.
	secret := isObject && strings.HasSuffix(strings.ToLower(key), "metadata")
	if depth > maxRecordedDepth || secret {
		r.drop(dec, secret)
		return
	}
	r.out.WriteString(open.String())
	for n := 0; dec.More(); n++ {
		if n > 0 {
			r.out.WriteByte(',')
		}
		under := key
		if isObject {
			token, _ := dec.Token()
			under, _ = token.(string)
			r.text(recordedName(under, n))
			r.out.WriteByte(':')
		}
		r.value(dec, under, depth+1)
	}
	_, _ = dec.Token()
	if isObject {
		r.out.WriteByte('}')
	} else {
		r.out.WriteByte(']')
	}
}

// drop passes over the rest of a container. What is known of an object that was dropped is that it is one.
func (r *redactor) drop(dec *json.Decoder, isObject bool) {
	empty := !dec.More()
	for depth := 1; depth > 0; {
		token, err := dec.Token()
		if err != nil {
			return
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	switch {
	case isObject && empty:
		r.out.WriteString("{}")
	case isObject:
		r.out.WriteString(`{"` + hiddenAny + `":null}`)
	default:
		r.text(hiddenAny)
	}
}
