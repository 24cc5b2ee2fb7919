package generator

// What is written as YAML means the same to readers of YAML 1.1 and 1.2. The reader of 1.1 is another implementation; where
// it is more lenient than the specification, the specification's own expressions decide.

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml11 "go.yaml.in/yaml/v2"
	"gopkg.in/yaml.v3"
)

// yaml11Types are the expressions of the types of YAML 1.1 (https://yaml.org/type/), but that a float has one dot, as in
// every implementation.
var yaml11Types = []string{
	`y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF`,
	`~|null|Null|NULL|`,
	`[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+`,
	`[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)`,
	`[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?`,
	`<<`, `=`,
	`0o[0-7]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, // of YAML 1.2
}

var otherType = regexp.MustCompile(`^(` + strings.Join(yaml11Types, "|") + `)$`)

// notStrings are texts that a reader may take for something else.
var notStrings = []string{
	"on", "On", "ON", "off", "y", "Y", "n", "N", "yes", "No", "NO", "true", "False", "null", "Null", "~", "",
	"12:30:45", "190:20:30.15", "1:1", "-1:30", "1_000", "1_0.5", "0o7", "0x1F", "0b11", "017", "+1", "-0", "1e3", "1.5e+3", ".5", "5.", ".", "-.",
	".inf", "-.INF", "+.Inf", ".NaN", ".nan", "<<", "=", "2026-05-12", "2026-5-1 1:02:03", "2001-12-14t21:59:43.10-05:00", "200", "1,000",
}

// otherTexts are strings to all that a writer may get wrong.
var otherTexts = []string{
	"a", "yesterday", "n/a", "1.1.0", "1.2.3.4", "$.a", "a: b", "a #b", "- a", "? a", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "{a", "[a", "a]", ",a", "a,b",
	"---", "...", "'a'", `"a"`, `\a`, " a", "a ", "\ta", "a\t", "a\nb", "a\n", "\na", " a\nb", "a\n\n", "a\n b", "a \nb", "a\r\nb", "a\rb", "a\u0085b",
	"a\u2028b", "\ufeffa", "a\x00b", "a\x1bb", "a\u202eb", "é", "\U0001F600", "a\u00a0b", strings.Repeat("long ", 60), strings.Repeat("k", 200),
}

// read12 and read11 read a text as a mapping of texts; anything else is an error.
func read12(text string) (map[string]string, error) {
	d, err := ParseDocument("f", []byte(text))
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for key, value := range mapPairs(d.Root) {
		if value.Tag != "!!str" {
			return nil, fmt.Errorf("%q: the value is %s", key, value.Tag)
		}
		got[key] = value.Value
	}
	return got, nil
}

func read11(text string) (map[string]string, error) {
	var list yaml11.MapSlice
	if err := yaml11.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	got := map[string]string{}
	for _, item := range list {
		key, ok := item.Key.(string)
		value, okay := item.Value.(string)
		if !ok || !okay {
			return nil, fmt.Errorf("%#v: %#v: not two strings", item.Key, item.Value)
		}
		got[key] = value
	}
	return got, nil
}

// plainTexts are the texts that stand in a YAML text without quotes though their nodes are strings.
func plainTexts(t testing.TB, text string) (list []string) {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Style == 0 {
			list = append(list, n.Value)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&root)
	return list
}

// checkEncoded writes a text as key and value, in block and in flow style, and reads it with both.
func checkEncoded(t testing.TB, s string) {
	t.Helper()
	for _, style := range []yaml.Style{0, yaml.FlowStyle} {
		n := blockMap(s, stringNode(s), "k"+s, stringNode("v"+s))
		n.Style = style
		text := encodeYAML(n)
		want := map[string]string{s: s, "k" + s: "v" + s}
		for version, read := range map[string]func(string) (map[string]string, error){"1.2": read12, "1.1": read11} {
			if got, err := read(text); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%q: YAML %s reads %v, %v of\n%s", s, version, got, err, text)
			}
		}
		for _, plain := range plainTexts(t, text) {
			if otherType.MatchString(plain) {
				t.Errorf("%q stands there without quotes:\n%s", plain, text)
			}
		}
	}
}

func TestEncodedYAMLIsReadAlike(t *testing.T) {
	for _, s := range notStrings {
		if s != "1,000" && !otherType.MatchString(s) { // a comma is one implementation's own
			t.Errorf("%q is a string by the specification", s)
		}
		checkEncoded(t, s)
	}
	for _, s := range otherTexts {
		checkEncoded(t, s)
	}
}

func TestEncodedYAMLQuotesNoMoreThanItMust(t *testing.T) {
	for _, s := range []string{"a", "yesterday", "n/a", "1.1.0", "$.components.schemas.Thing", "kind of", "é", "nono", "e3", "-a", "_1"} {
		if got := encodeYAML(blockMap(s, stringNode(s))); got != s+": "+s+"\n" {
			t.Errorf("%q is written as %s", s, got)
		}
	}
}

func TestEncodedNumbersAreReadAlike(t *testing.T) {
	for in, want := range map[string]float64{"1e3": 1000, "1E-2": 0.01, "-1.5e+3": -1500, "2.5": 2.5, "7": 7, "0": 0, "1e0": 1,
		"100000000000000000000000": 1e23} {
		d := mustParse(t, "f", `{"v": `+in+`}`)
		text := encodeYAML(d.Root)
		var got struct{ V float64 }
		if err := yaml11.Unmarshal([]byte(text), &got); err != nil || got.V != want {
			t.Errorf("%s: YAML 1.1 reads %v, %v of %s", in, got.V, err, text)
		}
		number, plain := mapGet(mustParse(t, "f", text).Root, "v"), plainTexts(t, text)[1]
		if number.Tag == "!!str" || !otherType.MatchString(plain) || strings.ContainsAny(plain, "eE") && !regexp.MustCompile(`\.[0-9]+e[-+]`).MatchString(plain) {
			t.Errorf("%s is written as %s, no number of YAML 1.1", in, text)
		}
	}
}

// jsonLike turns what the reader of YAML 1.1 gives into what encoding/json gives.
func jsonLike(t testing.TB, v any) any {
	t.Helper()
	switch v := v.(type) {
	case map[any]any:
		m := map[string]any{}
		for key, item := range v {
			if _, ok := key.(string); !ok {
				t.Errorf("the key %#v is no string", key)
			}
			m[fmt.Sprint(key)] = jsonLike(t, item)
		}
		return m
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, jsonLike(t, item))
		}
		return list
	case int:
		return float64(v)
	}
	return v
}

// readAlike reads an overlay with fapigen and with the reader of YAML 1.1.
func readAlike(t testing.TB, overlay []byte) {
	t.Helper()
	if _, err := ParseOverlay("f", overlay); err != nil {
		t.Fatalf("%v\n%s", err, overlay)
	}
	var ours, theirs any
	if err := json.Unmarshal([]byte(jsonOf(t, mustParse(t, "f", string(overlay)))), &ours); err != nil {
		t.Fatal(err)
	}
	if err := yaml11.Unmarshal(overlay, &theirs); err != nil {
		t.Fatalf("%v\n%s", err, overlay)
	}
	if diff := cmp.Diff(ours, jsonLike(t, theirs)); diff != "" {
		t.Errorf("-fapigen +YAML 1.1\n%s", diff)
	}
	for _, plain := range plainTexts(t, string(overlay)) {
		if otherType.MatchString(plain) && plain != "true" && plain != "false" && plain != "null" && !regexp.MustCompile(`^[0-9.]+$`).MatchString(plain) {
			t.Errorf("%q stands there without quotes:\n%s", plain, overlay)
		}
	}
}

// A patch whose keys and values all look like something else is exported so that both readers get what it says, and what
// the export gives is the same description.
func TestExportIsReadByYAML11(t *testing.T) {
	update, has := blockMap(), flowList()
	for _, s := range notStrings {
		mapSet(update, "x"+s, stringNode(s))
		mapSet(update, s, blockMap("type", stringNode("string"), "enum", flowList(stringNode(s)), "default", stringNode(s)))
		has.Content = append(has.Content, stringNode(s))
	}
	action := func(target string, value *yaml.Node) *yaml.Node {
		return blockMap("target", stringNode(target), "description", stringNode("no"), "update", value)
	}
	overlay := blockMap("overlay", stringNode("1.1.0"), "info", blockMap("title", stringNode("off"), "version", stringNode("1")),
		"actions", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{
			action("$.components.schemas.Thing.properties", update), action("$.components.schemas.Thing.properties.kind.enum", has),
			action("$.components.schemas.Thing.required", stringNode("on")),
		}})
	text, err := nodeJSON(overlay)
	if err != nil {
		t.Fatal(err)
	}
	spec := Source{Name: "spec.yaml", Data: []byte(`
openapi: 3.0.3
info: {title: T, version: '2026-05-12'}
paths: {/v1/things: {get: {operationId: getThing, responses: {'200': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}}}
components: {schemas: {Thing: {type: object, required: [id], properties: {id: {type: string}, kind: {type: string, enum: [a]}}}}}
`)}
	first, err := Export(Config{Spec: spec, Overlays: []Source{{Name: "o.json", Data: text}}})
	if err != nil {
		t.Fatal(err)
	}
	if first.Applied != 3 {
		t.Errorf("%d patches applied, want 3: %+v", first.Applied, first.LeftOut)
	}
	readAlike(t, first.Overlay)
	for _, s := range notStrings {
		if s != "" && !strings.Contains(string(first.Overlay), `"`+s+`":`) {
			t.Errorf("the key %q is not there in quotes:\n%s", s, first.Overlay)
		}
	}
	second, err := Export(Config{Spec: spec, Overlays: []Source{{Name: "again.yaml", Data: first.Overlay}}, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first.Document), string(second.Document)); diff != "" {
		t.Errorf("of the patches and of their export (-patches +export):\n%s", diff)
	}
}

// What is learned from traffic is written so that both readers get it.
func TestObservedOverlayIsReadByYAML11(t *testing.T) {
	words := []string{"on", "off", "yes", "no", "y", "n", "true", "false", "null"}
	var members, query, values []string
	var entries []exchanged
	for _, w := range words {
		members = append(members, fmt.Sprintf("%q:{%q:1,\"mode\":%q}", w, w, w))
		query = append(query, w+"="+w)
		values = append(values, w)
	}
	for _, v := range values {
		entries = append(entries, exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: fmt.Sprintf(`{"id":"1","status":%q,%s}`, v, strings.Join(members, ","))})
	}
	entries = append(entries, exchanged{verb: "GET", url: "https://x.example/v1/things?" + strings.Join(query, "&"), body: "[]"},
		exchanged{verb: "POST", url: "https://x.example/v1/things", form: "name=a&" + strings.Join(query, "&"), body: `{"response":null}`})
	har := harOf(t, entries...)
	o := observed(t, observeTiny(), har)
	text, err := o.Overlay()
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Mismatches) != 3*len(words)+1 {
		t.Errorf("%d mismatches, want %d: %q", len(o.Mismatches), 3*len(words)+1, lines(o.Mismatches))
	}
	readAlike(t, text)
	cleanWithOwnOverlay(t, observeTiny(), o, har)
}

// The name of a file is the user's; a comment is one line all the same.
func TestCommentsStayComments(t *testing.T) {
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		o, err := NewObserver(observeTiny())
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Read("a"+end+"actions: {}", strings.NewReader(harOf(t, exchanged{verb: "GET", url: "https://x.example/v1/things/1", body: `{"id":"1","status":"done","ada@example.com":1}`}))); err != nil {
			t.Fatal(err)
		}
		text, err := o.Observation().Overlay()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# Not expressed: ") || strings.Contains(string(text), end+"actions: {}") {
			t.Errorf("%q ends a comment:\n%s", end, text)
		}
		readAlike(t, text)
	}
}

func FuzzEncodeYAML(f *testing.F) {
	for _, s := range append(notStrings, otherTexts...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ToValidUTF8(s, "") != s || strings.Contains(s, "\ufffe") || strings.Contains(s, "\uffff") {
			t.Skip("no text")
		}
		checkEncoded(t, s)
	})
}
