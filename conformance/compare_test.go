package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/fapigen/fapigen/out/fapitest"
)

// difference is something that clerk-js and the SDK do differently at a step.
type difference struct{ verb, text string }

// compare tells how two runs of a scenario differ.
func compare(clerkJS, sdk []act) []difference {
	var all []difference
	theirs, ours := sameIDs(clerkJS), sameIDs(sdk)
	for i := range theirs {
		for _, text := range compareActs(theirs[i], ours[i]) {
			all = append(all, difference{theirs[i].verb, text})
		}
	}
	return all
}

var (
	madeID    = regexp.MustCompile(`[a-z0-9]+_2fapitest[0-9]{18}`)
	serverURL = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)
)

// sameIDs numbers what the server made in the order in which it comes up, so that runs with other ids are alike.
func sameIDs(acts []act) []act {
	names, counts := map[string]string{}, map[string]int{}
	name := func(id string) string {
		if names[id] == "" {
			kind, _, _ := strings.Cut(id, "_2fapitest")
			counts[kind]++
			names[id] = fmt.Sprintf("%s#%d", kind, counts[kind])
		}
		return names[id]
	}
	out := slices.Clone(acts)
	for i := range out {
		rename(&out[i].outcome, name)
		rename(&out[i].requests, name)
		if out[i].verb == "load" || out[i].args["times"] != nil { // what is sent at a time has no order
			slices.SortFunc(out[i].requests, func(a, b fapitest.Request) int { return strings.Compare(a.String(), b.String()) })
		}
	}
	return out
}

// rename replaces the ids in a value, by way of JSON.
func rename[T any](value *T, name func(string) string) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // it came as JSON
	}
	data = madeID.ReplaceAllFunc(data, func(id []byte) []byte { return []byte(name(string(id))) })
	var renamed T
	if err := json.Unmarshal(serverURL.ReplaceAll(data, []byte("http://server")), &renamed); err != nil {
		panic(err)
	}
	*value = renamed
}

func compareActs(theirs, ours act) []string {
	var all []string
	if theirs.Error != ours.Error {
		all = append(all, fmt.Sprintf("error: clerk-js %s, SDK %s", shown(theirs.Error), shown(ours.Error)))
	} else {
		all = append(all, compareValues("value", theirs.Value, ours.Value)...)
	}
	all = append(all, compareStates(theirs.State, ours.State)...)
	return append(all, compareRequests(theirs.requests, ours.requests)...)
}

// compareStates does not repeat a difference of the session for the user and the organization, which are the session's.
func compareStates(theirs, ours map[string]any) []string {
	if theirs["session"] == ours["session"] {
		return compareValues("state", theirs, ours)
	}
	theirs, ours = maps.Clone(theirs), maps.Clone(ours)
	for _, name := range []string{"user", "memberships", "organization"} {
		delete(theirs, name)
		delete(ours, name)
	}
	return compareValues("state", theirs, ours)
}

// compareValues walks two JSON values.
func compareValues(path string, theirs, ours any) []string {
	if reflect.DeepEqual(theirs, ours) {
		return nil
	}
	var all []string
	switch a := theirs.(type) {
	case map[string]any:
		b, ok := ours.(map[string]any)
		if !ok {
			break
		}
		for _, name := range union(a, b) {
			all = append(all, compareValues(path+" "+name, a[name], b[name])...)
		}
		return all
	case []any:
		b, ok := ours.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			all = append(all, compareValues(path, a[i], b[i])...)
		}
		return all
	}
	return []string{fmt.Sprintf("%s: clerk-js %s, SDK %s", path, shown(theirs), shown(ours))}
}

// shown is a value on one line; an object, of which only one client knows, is no more than that.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case map[string]any:
		return "some"
	case string:
		if v == "" {
			return "none"
		}
		return v
	}
	data, _ := json.Marshal(value)
	return string(data)
}

func union[V any](a, b map[string]V) []string {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, known := a[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// compareRequests pairs the requests by method and path, in order, and compares the pairs.
func compareRequests(theirs, ours []fapitest.Request) []string {
	var all []string
	i, j := 0, 0
	for _, pair := range paired(theirs, ours) {
		all = append(all, unpaired(theirs[i:pair[0]], "clerk-js")...)
		all = append(all, unpaired(ours[j:pair[1]], "SDK")...)
		a, b := theirs[pair[0]], ours[pair[1]]
		all = append(all, compareFields("query", a.Query, b.Query)...)
		all = append(all, compareFields("form", a.Form, b.Form)...)
		i, j = pair[0]+1, pair[1]+1
	}
	all = append(all, unpaired(theirs[i:], "clerk-js")...)
	return append(all, unpaired(ours[j:], "SDK")...)
}

// paired is the longest common subsequence of two lists of requests, as pairs of indexes.
func paired(a, b []fapitest.Request) [][2]int {
	best := make([][]int, len(a)+1)
	for i := range best {
		best[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if a[i].String() == b[j].String() {
				best[i][j] = max(best[i][j], best[i+1][j+1]+1)
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].String() == b[j].String() && best[i][j] == best[i+1][j+1]+1:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case best[i+1][j] >= best[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

var idInPath = regexp.MustCompile(`/(?:[a-z0-9]+#[0-9]+|(?:org|user|sess)_[a-z]+)`)

func unpaired(list []fapitest.Request, who string) []string {
	var all []string
	for _, r := range list {
		all = append(all, fmt.Sprintf("request %s: %s only", idInPath.ReplaceAllString(r.String(), "/{id}"), who))
	}
	return all
}

func compareFields(where string, theirs, ours url.Values) []string {
	var all []string
	for _, name := range union(theirs, ours) {
		a, inTheirs := theirs[name]
		b, inOurs := ours[name]
		switch {
		case !inOurs:
			all = append(all, fmt.Sprintf("%s %s: clerk-js only", where, name))
		case !inTheirs:
			all = append(all, fmt.Sprintf("%s %s: SDK only", where, name))
		case !slices.Equal(a, b):
			all = append(all, fmt.Sprintf("%s %s: clerk-js %s, SDK %s", where, name, shownValues(a), shownValues(b)))
		}
	}
	return all
}

func shownValues(list []string) string {
	if len(list) == 1 {
		return shown(list[0])
	}
	return shown(list)
}
