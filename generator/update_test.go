package generator

// Rules of pinning: where the API version comes from, and what a pinned description is.

import (
	"bytes"
	"strings"
	"testing"
)

func TestAPIVersion(t *testing.T) {
	for name, tc := range map[string]struct{ flag, info, file, want, err string }{
		"the flag wins":                        {flag: "2025-11-10", info: "2026-05-12", file: "2024-10-01.yml", want: "2025-11-10"},
		"then a dated info.version":            {info: "2026-05-12", file: "2024-10-01.yml", want: "2026-05-12"},
		"then the first date of the name":      {info: "v1", file: "/x/2020-01-01/2026-05-12_as-of-2026-06-16.yml", want: "2026-05-12"},
		"a date that is none is passed over":   {info: "2026-99-99", file: "9999-99-99_2026-05-12.yml", want: "2026-05-12"},
		"a flag that is no date is an error":   {flag: "v1", err: "--api-version v1: no date such as 2026-05-12"},
		"without any date there is a sentence": {info: "v1", file: "2026-05-12/fapi.yml", err: `2026-05-12/fapi.yml: no API version: info.version is "v1" and the file's name has no date; pass --api-version DATE`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := APIVersion(tc.flag, mustParse(t, "f", "info: {version: '"+tc.info+"'}\n"), tc.file)
			if got != tc.want || err == nil && tc.err != "" || err != nil && err.Error() != tc.err {
				t.Errorf("got %q, %v; want %q, %s", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestPinRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ data, want string }{
		"another format":        {"swagger: '2.0'\npaths: {}\n", "f:1: an OpenAPI 2.0 document; fapigen reads OpenAPI 3.0"},
		"another version":       {"openapi: 3.1.0\npaths: {}\n", "f:1: an OpenAPI 3.1.0 document; fapigen reads OpenAPI 3.0"},
		"what is no OpenAPI":    {"name: x\n", "f: no openapi member; fapigen reads OpenAPI 3.0 descriptions"},
		"a document sans paths": {"openapi: 3.0.3\ninfo: {title: t}\n", "f: no paths; nothing to generate"},
		"a document sans info":  {"openapi: 3.0.3\npaths: {}\n", "f: no info.title; not an OpenAPI description"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, _, err := Pin("f", []byte(tc.data), "2026-05-12", false); err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestPinningIsIdempotent(t *testing.T) {
	data := "openapi: 3.0.3\ninfo: {title: t, description: prose, version: v1}\npaths: {}\ncomponents: {schemas: {X-2: {type: object, title: prose}}}\n"
	first, version, folds, err := Pin("fapi-2026-05-12.yml", []byte(data), "", false)
	if err != nil || version != "2026-05-12" || len(folds) != 1 {
		t.Fatal(version, folds, err)
	}
	want := "{\n  \"openapi\": \"3.0.3\",\n  \"info\": {\n    \"title\": \"t\",\n    \"version\": \"2026-05-12\"\n  },\n  \"paths\": {},\n" +
		"  \"components\": {\n    \"schemas\": {\n      \"X\": {\n        \"type\": \"object\"\n      }\n    }\n  }\n}\n"
	if string(first) != want {
		t.Errorf("pinned as %s", first)
	}
	second, version, folds, err := Pin("fapi_swagger.json", first, "", false)
	if err != nil || version != "2026-05-12" || len(folds) != 0 || !bytes.Equal(first, second) {
		t.Errorf("pinned again: %s %v %v\n%s", version, folds, err, second)
	}
	kept, _, _, err := Pin("f", []byte(data), "2026-05-12", true)
	if err != nil || !strings.Contains(string(kept), "prose") {
		t.Errorf("prose was to be kept: %v\n%s", err, kept)
	}
}
