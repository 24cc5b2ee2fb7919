package fapi

import (
	"net/http"
	"strings"
	"syscall/js"
)

// redirectsHidden: fetch follows a redirect or hides where it leads, there is no third way.
const redirectsHidden = true

// setFetchOptions tells the browser's fetch, through net/http, whether cookies go along and that redirects do not happen.
func setFetchOptions(header http.Header, browser bool) {
	if !usesFetch() {
		return
	}
	credentials := "omit"
	if browser {
		credentials = "include"
	}
	header.Set("js.fetch:credentials", credentials)
	header.Set("js.fetch:redirect", "error")
}

// usesFetch repeats net/http's own test: without fetch, and in Node.js, it speaks HTTP itself and refuses these headers.
func usesFetch() bool {
	process := js.Global().Get("process")
	inNode := process.Type() == js.TypeObject && strings.HasPrefix(process.Get("argv0").String(), "node")
	return !inNode && !js.Global().Get("fetch").IsUndefined()
}
