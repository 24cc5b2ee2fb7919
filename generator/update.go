package generator

// Pinning: a published description becomes the one that is committed. Facts only, canonical bytes, the bundler's copies
// folded, and info.version says which API version it is.

import (
	"fmt"
	"path/filepath"
	"regexp"
	"time"
)

var datePattern = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// APIVersion decides which dated version a description is of: the flag, else a dated info.version, else the first date
// in the file's name. Upstream itself says no more than v1.
func APIVersion(flag string, d *Document, fileName string) (string, error) {
	if flag != "" {
		if !isDate(flag) {
			return "", fmt.Errorf("--api-version %s: no date such as 2026-05-12", flag)
		}
		return flag, nil
	}
	version := text(mapGet(mapGet(d.Root, "info"), "version"))
	if isDate(version) {
		return version, nil
	}
	for _, date := range datePattern.FindAllString(filepath.Base(fileName), -1) {
		if isDate(date) {
			return date, nil
		}
	}
	return "", fmt.Errorf("%s: no API version: info.version is %q and the file's name has no date; pass --api-version DATE", fileName, version)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Pin makes the bytes to commit from a published description.
func Pin(name string, data []byte, versionFlag string, keepProse bool) (json []byte, version string, folds []Fold, err error) {
	d, err := ParseDocument(name, data)
	if err != nil {
		return nil, "", nil, err
	}
	if err := checkVersion(d); err != nil {
		return nil, "", nil, err
	}
	info := mapGet(d.Root, "info")
	if mapGet(info, "title") == nil {
		return nil, "", nil, fmt.Errorf("%s: no info.title; not an OpenAPI description", name)
	}
	if version, err = APIVersion(versionFlag, d, name); err != nil {
		return nil, "", nil, err
	}
	if folds, err = Normalise(d); err != nil {
		return nil, "", nil, err
	}
	if !keepProse {
		DropProse(d)
	}
	mapSet(info, "version", stringNode(version))
	json, err = d.JSON()
	return json, version, folds, err
}
