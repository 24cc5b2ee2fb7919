package generator

// Surface: operations.json, what the emitted module's own table test expects of every method. It is written by a walk of
// the patched document that shares nothing with the IR, so that the test does not test the generator with itself.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// expectation is one row of operations.json. Names are those of the wire.
type expectation struct {
	ID   string `json:"id"`
	Verb string `json:"verb"`
	Path string `json:"path"`

	ContentType string            `json:"content_type,omitempty"` // of the request
	Body        []string          `json:"body,omitempty"`         // body members
	Query       []string          `json:"query,omitempty"`        // query parameters
	Headers     []string          `json:"headers,omitempty"`      // header parameters that a call cannot leave out
	Lists       []string          `json:"lists,omitempty"`        // those of both that are arrays
	Joined      map[string]string `json:"joined,omitempty"`       // what stands between the items of a list that is one value
	Types       map[string]string `json:"types,omitempty"`        // JSON type of each; of a list, of its items
	Required    []string          `json:"required,omitempty"`     // those that a call cannot leave out
	Always      []string          `json:"always,omitempty"`       // those sent as an empty value rather than left out
	BodySample  any               `json:"body_sample,omitempty"`  // of a JSON body: every member, to any depth

	Answer    string   `json:"answer"`               // envelope, json, text, redirect or empty
	Status    string   `json:"status"`               // of that answer
	Media     string   `json:"media,omitempty"`      // content type of a text answer
	Shape     string   `json:"shape,omitempty"`      // object, array or page
	IsClient  bool     `json:"is_client,omitempty"`  // the response of the envelope is the client itself
	NoContent bool     `json:"no_content,omitempty"` // 204 is declared beside a value
	Failures  []string `json:"failures,omitempty"`   // declared statuses from 400 on
	response  string   // key of the response whose status that is
	SampleOf  string   `json:"sample_of,omitempty"` // id of an earlier row whose sample fits here too
	Sample    any      `json:"sample,omitempty"`    // of the object, or of one element of an array or page
}

// surface renders operations.json: an array with one row a line.
func surface(d *Document) ([]byte, error) {
	first := map[string]string{} // component to the row that has its sample
	lines := [][]byte{}
	for _, e := range endpoints(d) {
		row, value := expect(d, e)
		if value != nil {
			place := standsFor(d, value)
			if row.SampleOf = first[place]; row.SampleOf == "" {
				row.Sample = sampleOf(d, value)
			}
			if place != "" && row.SampleOf == "" {
				first[place] = row.ID
			}
		}
		line, err := plainJSON(row)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return slices.Concat([]byte("[\n"), bytes.Join(lines, []byte(",\n")), []byte("\n]\n")), nil
}

// plainJSON is one line of JSON without the escapes for HTML.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// expect also gives the schema of the answer's object, or of one element of an array or page.
func expect(d *Document, e endpoint) (row expectation, value *yaml.Node) {
	row = expectation{ID: e.id(), Verb: strings.ToUpper(e.verb), Path: e.path, Joined: map[string]string{}, Types: map[string]string{}}
	parameters, order := parametersOf(d, e)
	for _, key := range order {
		expectInput(d, &row, follow(d, parameters[key]))
	}
	expectBody(d, &row, e.op)
	value = expectAnswer(d, &row, mapGet(e.op, "responses"))
	return row, value
}

func expectInput(d *Document, row *expectation, p *yaml.Node) {
	name, schema, required := text(mapGet(p, "name")), mapGet(p, "schema"), isTrue(mapGet(p, "required"))
	switch in := text(mapGet(p, "in")); {
	case schema == nil:
		return
	case in == "header" && required && !ignoredHeader(name):
		row.Headers = append(row.Headers, name)
	case in == "query" && name != "_clerk_session_id":
		row.Query = append(row.Query, name)
	default:
		return
	}
	expectMember(d, row, name, schema, required)
	if slices.Contains(row.Lists, name) && slices.Contains(row.Headers, name) {
		row.Joined[name] = ","
		return
	}
	style, explode := text(mapGet(p, "style")), mapGet(p, "explode")
	if !slices.Contains(row.Lists, name) || isTrue(explode) || explode == nil && (style == "" || style == "form") {
		return // OpenAPI's default: only the style form repeats its key unasked
	}
	row.Joined[name] = cmp.Or(map[string]string{"spaceDelimited": " ", "pipeDelimited": "|"}[style], ",")
}

// expectMember notes what is known of one query parameter or body member.
func expectMember(d *Document, row *expectation, name string, schema *yaml.Node, required bool) {
	if required {
		row.Required = append(row.Required, name)
	}
	if isTrue(mapGet(mapGet(schema, "x-fapigen"), "alwaysSend")) {
		row.Always = append(row.Always, name)
	}
	kind, s := typeOf(d, schema)
	if kind == "array" {
		row.Lists = append(row.Lists, name)
		kind, _ = typeOf(d, mapGet(s, "items"))
	}
	if kind == "upload" && row.ContentType != "multipart/form-data" {
		kind = "string"
	}
	if kind == "string" && row.ContentType != "application/json" && isTrueOrFalse(mapGet(s, "enum")) {
		kind = "boolean"
	}
	if other, twice := row.Types[name]; twice && other != kind {
		kind = "" // a header and a member of the body may have one name
	}
	row.Types[name] = kind
}

// isTrueOrFalse reports whether an enum has the words "true" and "false" and no others.
func isTrueOrFalse(enum *yaml.Node) bool {
	list := itemsOf(enum)
	is := func(word string) bool {
		return slices.ContainsFunc(list, func(v *yaml.Node) bool { return v.Tag == "!!str" && v.Value == word })
	}
	return len(list) == 2 && is("true") && is("false")
}

// typeOf is the JSON type of a schema, "upload" for a file, "any" when it may be several, and the schema that says so.
func typeOf(d *Document, s *yaml.Node) (string, *yaml.Node) {
	s = follow(d, s)
	if format := text(mapGet(s, "format")); format == "binary" {
		return "upload", s
	}
	if kind := text(mapGet(s, "type")); kind != "" {
		return kind, s
	}
	if mapGet(s, "properties") != nil {
		return "object", s
	}
	kinds, found := map[string]bool{}, s
	for part := range parts(s) {
		kind, inner := typeOf(d, part)
		kinds[kind], found = true, inner
	}
	if len(kinds) == 1 {
		return slices.Collect(maps.Keys(kinds))[0], found
	}
	return "any", s
}

var bodyEncodings = [][2]string{
	{"form", "application/x-www-form-urlencoded"}, {"multipart", "multipart/form-data"},
	{"json", "application/json"}, {"octets", "application/octet-stream"},
}

func expectBody(d *Document, row *expectation, op *yaml.Node) {
	content := mapGet(follow(d, mapGet(op, "requestBody")), "content")
	wanted := text(mapGet(mapGet(op, "x-fapigen"), "body"))
	for _, encoding := range bodyEncodings {
		_, m := contentOf(content, encoding[1])
		if m == nil || wanted != "" && wanted != encoding[0] {
			continue
		}
		if encoding[0] == "octets" {
			row.ContentType = encoding[1]
			return
		}
		schema := mapGet(m, "schema")
		all, order := membersOf(d, schema)
		if len(order) == 0 {
			return
		}
		row.ContentType, row.Body = encoding[1], order
		need := requiredOf(d, schema)
		for _, name := range order {
			expectMember(d, row, name, all[name][0], need[name])
		}
		if encoding[0] == "json" {
			row.BodySample = sampleOf(d, schema)
		}
		return
	}
}

// requiredOf are the members that an object cannot do without: it says so itself, one of the parts that all hold does, or
// each of those of which one holds.
func requiredOf(d *Document, s *yaml.Node) map[string]bool {
	s = follow(d, s)
	need := map[string]bool{}
	for _, n := range itemsOf(mapGet(s, "required")) {
		need[n.Value] = true
	}
	for _, part := range itemsOf(mapGet(s, "allOf")) {
		maps.Copy(need, requiredOf(d, part))
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		times, branches := map[string]int{}, itemsOf(mapGet(s, keyword))
		for _, branch := range branches {
			for name := range requiredOf(d, branch) {
				times[name]++
			}
		}
		for name, n := range times {
			need[name] = need[name] || n == len(branches)
		}
	}
	return need
}

func expectAnswer(d *Document, row *expectation, responses *yaml.Node) (value *yaml.Node) {
	codes := mapKeys(responses)
	slices.Sort(codes)
	row.Answer = "empty"
	known := slices.ContainsFunc(codes, func(status string) bool { return status[0] == '2' || status[0] == '3' })
	for _, status := range codes {
		key := status
		if status == "default" && !known {
			status = "200" // it stands for every success
		}
		switch content := mapGet(follow(d, mapGet(responses, key)), "content"); status[0] {
		case '2':
			if row.Answer == "empty" && value == nil {
				row.Status, row.response = exactly(status), key
				value = expectContent(d, row, content)
			}
		case '3':
			if row.Answer == "empty" {
				row.Answer, row.Status = "redirect", exactly(status)
			}
		case '4', '5':
			row.Failures = append(row.Failures, exactly(status))
		}
	}
	row.NoContent = mapGet(responses, "204") != nil && (row.Answer == "json" || row.Answer == "envelope")
	return value
}

// exactly is a status of a class of them: of 2XX it is 200.
func exactly(status string) string {
	if class, ok := strings.CutSuffix(strings.ToUpper(status), "XX"); ok {
		return class + "00"
	}
	return status
}

func expectContent(d *Document, row *expectation, content *yaml.Node) (value *yaml.Node) {
	for media := range mapPairs(content) {
		row.Answer, row.Media = "text", media
	}
	for _, m := range jsonContents(content) {
		if schema := mapGet(m, "schema"); schema != nil {
			row.Media = ""
			return expectJSON(d, row, schema)
		}
	}
	return nil
}

func expectJSON(d *Document, row *expectation, s *yaml.Node) (value *yaml.Node) {
	all, order := membersOf(d, s)
	row.Answer = "json"
	if len(order) == 2 && all["response"] != nil && all["client"] != nil {
		row.Answer = "envelope"
		s = all["response"][0]
		row.IsClient = standsFor(d, s) != "" && standsFor(d, s) == clientSchema(d)
		all, _ = membersOf(d, s)
	}
	if kind, array := typeOf(d, s); kind == "array" {
		row.Shape = "array"
		return mapGet(array, "items")
	}
	if all["data"] != nil && all["total_count"] != nil {
		row.Shape = "page"
		_, array := typeOf(d, all["data"][0])
		return mapGet(array, "items")
	}
	row.Shape = "object"
	return s
}

// clientSchema is the component that the client member of envelopes stands for; some envelopes say no more of it than that
// it is an object.
func clientSchema(d *Document) string {
	for _, s := range mapPairs(mapGet(mapGet(d.Root, "components"), "schemas")) {
		properties := mapGet(s, "properties")
		if client := mapGet(properties, "client"); client != nil && mapGet(properties, "response") != nil && len(mapKeys(properties)) == 2 {
			if name := standsFor(d, client); name != "" {
				return name
			}
		}
	}
	return ""
}

// standsFor is the component that a schema stands for, "" when it is written out in place.
func standsFor(d *Document, s *yaml.Node) string {
	if ref := mapGet(s, "$ref"); ref != nil {
		return ref.Value
	}
	if all := mapGet(s, "allOf"); all != nil && len(all.Content) == 1 && mapGet(s, "properties") == nil {
		return standsFor(d, all.Content[0])
	}
	return ""
}

func isTrue(n *yaml.Node) bool { return n != nil && n.Value == "true" }
