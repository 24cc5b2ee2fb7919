package fapitest

import (
	"strings"
	"testing"
)

// RFC 7515, appendix A.3: a key, what is signed, and the signature.
const (
	rfcKey       = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	rfcText      = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	rfcSignature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)

func TestSignaturesOfDevices(t *testing.T) {
	key := readJWK(rfcKey)
	if key == "" {
		t.Fatal("the key is refused")
	}
	for name, tc := range map[string]struct {
		text, signature string
		want            bool
	}{
		"of the RFC":       {rfcText, rfcSignature, true},
		"padded":           {rfcText, rfcSignature + "==", true},
		"standard base64":  {rfcText, strings.NewReplacer("-", "+", "_", "/").Replace(rfcSignature), true},
		"of another text":  {rfcText + "x", rfcSignature, false},
		"altered":          {rfcText, "E" + rfcSignature[1:], false},
		"cut short":        {rfcText, rfcSignature[:40], false},
		"empty":            {rfcText, "", false},
		"zero":             {rfcText, strings.Repeat("A", 86), false},
		"no base64":        {rfcText, "?", false},
		"ASN.1 of nothing": {rfcText, "MAA", false},
	} {
		if got := signedBy(publicKey(key), tc.text, tc.signature); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestKeysOfDevices(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "x", "null": "null", "a list": "[]", "empty": "{}", "RSA": strings.Replace(rfcKey, "EC", "RSA", 1), "another curve": strings.Replace(rfcKey, "P-256", "P-384", 1),
		"not on the curve": strings.Replace(rfcKey, "f83O", "f83P", 1), "a short coordinate": strings.Replace(rfcKey, "f83O", "", 1),
		"padded": strings.Replace(rfcKey, `VEU"`, `VEU="`, 1), "no y": strings.Replace(rfcKey, `"y"`, `"z"`, 1), "numbers": `{"kty":"EC","crv":"P-256","x":1,"y":2}`,
	} {
		if readJWK(text) != "" {
			t.Errorf("%s is taken for a key", name)
		}
	}
}
