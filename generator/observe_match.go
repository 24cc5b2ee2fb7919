package generator

// Which operation an entry is about. Hosts do not count: an instance has its own, proxies have others.

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// route is an operation as traffic is matched with it.
type route struct {
	endpoint
	segments []string
	at       string // JSON pointer
	seen     int
}

// routes are the operations of a description, literal segments before templates.
func routes(d *Document) []*route {
	var list []*route
	for _, e := range endpoints(d) {
		list = append(list, &route{endpoint: e, segments: strings.Split(e.path, "/"), at: d.memberPointer(e.path, e.verb)})
	}
	slices.SortStableFunc(list, func(a, b *route) int {
		for i := range min(len(a.segments), len(b.segments)) {
			if x, y := isTemplate(a.segments[i]), isTemplate(b.segments[i]); x != y {
				return cmp.Compare(truth(x), truth(y))
			}
		}
		return 0
	})
	return list
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isTemplate(segment string) bool { return strings.HasPrefix(segment, "{") }

func (r *route) fits(segments []string) bool {
	if len(segments) != len(r.segments) {
		return false
	}
	for i, s := range segments {
		if s != r.segments[i] && (!isTemplate(r.segments[i]) || s == "") {
			return false
		}
	}
	return true
}

// matched is where an entry leads.
type matched struct {
	route  *route // nil: no such operation
	prefix string // of a proxy, before /v1
	path   string // without what may be data, when there is no route
	fapi   bool   // the path is below /v1, or a known one
}

// matchRoute finds the operation of a verb and path. A proxy may have put a prefix before /v1.
func matchRoute(list []*route, verb string, u *url.URL) matched {
	all := strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")
	for i, s := range all {
		if plain, err := url.PathUnescape(s); err == nil && !strings.Contains(plain, "/") {
			all[i] = plain
		}
	}
	starts := []int{0}
	for i := 2; i < len(all); i++ {
		if all[i] == "v1" {
			starts = append(starts, i-1)
		}
	}
	var path *route
	var prefix string
	for _, i := range starts {
		segments := slices.Concat([]string{""}, all[i+1:])
		for _, r := range list {
			switch at := strings.Join(all[:i+1], "/"); {
			case !r.fits(segments):
			case strings.EqualFold(r.verb, verb):
				return matched{route: r, prefix: at, fapi: true}
			case path == nil:
				path, prefix = r, at
			}
		}
	}
	if path != nil {
		return matched{prefix: prefix, path: path.path, fapi: true}
	}
	i := starts[min(1, len(starts)-1)]
	segments := slices.Concat([]string{""}, all[i+1:])
	return matched{prefix: strings.Join(all[:i+1], "/"), path: publicPath(list, segments), fapi: len(segments) > 2 && segments[1] == "v1"}
}

// publicPath shows the segments that the description knows in their place, and those that look like words of the API's
// author where the description has no argument. The rest may be an id, a name or a code: so may be any word behind the
// first unknown one, unless the description has it in other paths.
func publicPath(list []*route, segments []string) string {
	shown := []string{""}
	stray := false
	for _, s := range segments[1:] {
		literal, argument, elsewhere := false, false, false
		for _, r := range list {
			elsewhere = elsewhere || slices.Contains(r.segments, s)
			if n := len(shown); len(r.segments) > n && sameSegments(r.segments[:n], shown) {
				literal = literal || r.segments[n] == s
				argument = argument || isTemplate(r.segments[n])
			}
		}
		if !literal && (argument || stray && !elsewhere || !word.MatchString(s) || strings.Contains(s, "-")) {
			s = "{}"
		}
		stray = stray || !literal && !argument
		shown = append(shown, s)
	}
	return strings.Join(shown, "/")
}

func sameSegments(template, shown []string) bool {
	for i, s := range shown {
		if s != template[i] && (s != "{}" || !isTemplate(template[i])) {
			return false
		}
	}
	return true
}
