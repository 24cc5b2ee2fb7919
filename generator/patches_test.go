package generator

// The committed overlays against full published descriptions: the corrections apply, and applying them is as safe as the
// engine promises.

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// committed parses an overlay of this repository.
func committed(t testing.TB, elem ...string) *Overlay {
	t.Helper()
	path := filepath.Join(append([]string{".."}, elem...)...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ParseOverlay(filepath.Base(path), data)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// pinned is a published description as the patches see it.
func pinned(t testing.TB, name string, data []byte) *Document {
	t.Helper()
	out, _, _, err := Pin(name, data, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return mustParse(t, "fapi_swagger.json", string(out))
}

func TestEveryPatchIsGuardedAndHasEvidence(t *testing.T) {
	for _, p := range committed(t, "patches.yaml").patches {
		if p.kind == "" || p.confidence == "" || len(p.evidence) == 0 {
			t.Errorf("patches.yaml:%d: %s: kind, confidence or evidence is missing", p.line(), p.id)
		}
		guarded := slices.ContainsFunc(p.actions, func(a *action) bool {
			g := a.expect
			filter := a.target.steps[len(a.target.steps)-1].kind == stepFilter
			return filter || g.equals != nil || g.has != nil || g.contains != nil || g.lacks != nil
		})
		if !guarded {
			t.Errorf("patches.yaml:%d: %s: no guard", p.line(), p.id)
		}
	}
}

func TestPatchesOnPublishedDescriptions(t *testing.T) {
	for name, data := range publishedFiles(t) {
		t.Run(name, func(t *testing.T) {
			d := pinned(t, name, data)
			version, err := APIVersion("", d, name)
			if err != nil {
				t.Fatal(err)
			}
			o := committed(t, "patches.yaml")
			for _, r := range o.Apply(d, version) {
				if r.Outcome == Conflict || name == "2026-05-12.yml" && r.Outcome != Applied {
					t.Error(r.Message)
				}
			}
			walkTree(d.Root, "", func(path string, n *yaml.Node) { checkNode(t, d, path, n) })
			patched := jsonOf(t, d)
			for _, r := range o.Apply(d, version) {
				if r.Outcome != Stale && r.Outcome != Absent || name == "2026-05-12.yml" && r.Outcome != Stale {
					t.Errorf("applied again: %s %s", r.Outcome, r.Message)
				}
			}
			if jsonOf(t, d) != patched {
				t.Error("applying again changed the description")
			}
		})
	}
}

// checkNode holds for every node of a patched description.
func checkNode(t *testing.T, d *Document, path string, n *yaml.Node) {
	t.Helper()
	if ref := text(mapGet(n, "$ref")); ref != "" && d.Resolve(ref) == nil {
		t.Errorf("%s: %s leads nowhere", d.Where(n), ref)
	}
	for _, key := range []string{"enum", "required", "tags"} {
		list := mapGet(n, key)
		if list == nil || list.Kind != yaml.SequenceNode {
			continue
		}
		for i, item := range list.Content {
			if holds("", &yaml.Node{Content: list.Content[:i]}, item) {
				t.Errorf("%s: %s of %s has %s twice", d.Where(item), key, path, compactJSON(item))
			}
		}
	}
}

func TestSixOperationsNoLongerAnswerWithTheStaleCopy(t *testing.T) {
	d := pinned(t, "2026-05-12.yml", sharedFile(t, "specs", "fapi", "2026-05-12.yml"))
	for path, want := range map[string]string{
		"/v1/client/sign_ins/{sign_in_id}/reset_password/post": "Client.SignIn",
		"/v1/me/change_password/post":                          "Client.ClientWrappedUser",
		"/v1/me/remove_password/post":                          "Client.ClientWrappedUser",
		"/v1/organizations/{organization_id}/logo/put":         "Client.ClientWrappedOrganization",
	} {
		i := strings.LastIndex(path, "/")
		op := d.Resolve("/paths/" + escapePointer(path[:i]) + path[i:] + "/responses/200/$ref")
		if text(op) != "#/components/responses/"+want {
			t.Errorf("%s answers with %s", path, compactJSON(op))
		}
	}
	if d.Resolve("/components/schemas/Client.SessionBase/properties/tasks") == nil {
		t.Error("the one session left has no tasks")
	}
}

func TestPatchesTouchNothingElse(t *testing.T) {
	d := pinned(t, "2026-05-12.yml", sharedFile(t, "specs", "fapi", "2026-05-12.yml"))
	before := map[string][]byte{}
	for key, n := range mapPairs(d.Resolve("/components/schemas")) {
		before[key], _ = nodeJSON(n)
	}
	order := mapKeys(d.Resolve("/components/schemas/Client.SignIn/properties"))
	touched := map[string]bool{}
	o := committed(t, "patches.yaml")
	for _, p := range o.patches {
		for _, a := range p.actions {
			touched[a.target.name(2)] = true
		}
	}
	o.Apply(d, "")
	for key, n := range mapPairs(d.Resolve("/components/schemas")) {
		if after, _ := nodeJSON(n); !touched[key] && before[key] != nil && !bytes.Equal(before[key], after) {
			t.Errorf("%s changed though no patch is about it", key)
		}
	}
	if after := mapKeys(d.Resolve("/components/schemas/Client.SignIn/properties")); !slices.Equal(order, after[:len(order)]) {
		t.Errorf("the order of properties changed:\n%v\n%v", order, after)
	}
}

func TestErrorCodes(t *testing.T) {
	d := mustParse(t, "spec", smallSpec)
	for _, r := range committed(t, "overlays", "errors.yaml").Apply(d, "") {
		if r.Outcome != Applied || !r.Annotation {
			t.Errorf("%s %s", r.Outcome, r.Message)
		}
	}
	codes := mapGet(d.Root, "x-fapigen-errors")
	if n := len(mapKeys(codes)); n != 387 {
		t.Errorf("%d codes, want 387", n)
	}
	// The index lists these two codes under two statuses each, and device_blocked under none.
	want := map[string]string{
		"form_param_missing": "[400, 422]", "oauth_fetch_user_error": "[400, 401]", "device_blocked": "",
		"actor_token_subject_not_found": "404", "verification_code_too_many_requests": "429", "form_password_incorrect": "422",
	}
	for code, n := range mapPairs(codes) {
		status := mapGet(n, "status")
		if text, listed := want[code]; listed {
			got := ""
			if status != nil {
				got = compactJSON(status)
			}
			if got != text {
				t.Errorf("%s: status %q, want %q", code, got, text)
			}
			continue
		}
		if status == nil || status.Tag != "!!int" || status.Value < "400" || status.Value > "599" {
			t.Errorf("%s: status %s", code, compactJSON(status))
		}
	}
}

func BenchmarkApply(b *testing.B) {
	d := pinned(b, "2026-05-12.yml", sharedFile(b, "specs", "fapi", "2026-05-12.yml"))
	overlays := []*Overlay{committed(b, "patches.yaml"), committed(b, "overlays", "docs.yaml"), committed(b, "overlays", "errors.yaml")}
	for b.Loop() {
		b.StopTimer()
		c := d.Clone()
		b.StartTimer()
		for _, o := range overlays {
			o.Apply(c, "")
		}
	}
}
