//go:build !js

package fapi

import "net/http"

const redirectsHidden = false

func setFetchOptions(http.Header, bool) {}
