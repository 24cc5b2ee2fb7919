package generator

// Media types: the one place that reads them. Case, parameters and structured suffixes are looked at here only.

import (
	"iter"
	"strings"

	"gopkg.in/yaml.v3"
)

// mediaType is a media type without its parameters, in lower case.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// isJSON reports whether a media type is JSON, or says by its suffix that it is written in it.
func isJSON(media string) bool {
	media = mediaType(media)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// isMedia reports whether a key of content is of a media type: the same, or for JSON any that is JSON.
func isMedia(key, media string) bool {
	return mediaType(key) == media || media == contentJSON && isJSON(key)
}

// contentJSON is the media type of plain JSON.
const contentJSON = "application/json"

// contentOf finds a media type in a content mapping: the key as it is written, and what it leads to. Of several keys that
// say the same the plainest is taken: the media type itself before one with parameters or a suffix.
func contentOf(content *yaml.Node, media string) (key string, value *yaml.Node) {
	if exact := mapGet(content, media); exact != nil {
		return media, exact
	}
	for _, fits := range []func(string) bool{
		func(k string) bool { return mediaType(k) == media },
		func(k string) bool { return isMedia(k, media) },
	} {
		for k, v := range mapPairs(content) {
			if fits(k) {
				return k, v
			}
		}
	}
	return "", nil
}

// jsonContents yields the entries of a content mapping that are JSON, in the order in which they are looked at: plain JSON
// first, then as written.
func jsonContents(content *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		first, value := contentOf(content, contentJSON)
		if value == nil || !yield(first, value) {
			return
		}
		for k, v := range mapPairs(content) {
			if k != first && isJSON(k) && !yield(k, v) {
				return
			}
		}
	}
}

// byMediaType is a content mapping with plain keys: without parameters, in lower case. Of two that become one the plainer
// one stays.
func byMediaType(content *yaml.Node) *yaml.Node {
	if content == nil {
		return nil
	}
	plain := *content
	plain.Content = nil
	for key := range mapPairs(content) {
		name := mediaType(key)
		if _, entry := contentOf(content, name); mapGet(&plain, name) == nil {
			mapSet(&plain, name, entry)
		}
	}
	return &plain
}
