//go:build !js

package fapi

func pageStorage() webStorage { return nil }
