package fapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A params struct is written by its tags: `form:"name"` or `query:"name"`, in the order of its fields. The rules are those
// of clerk-js (querystring.ts), less its comma splitting: nil is not sent, or sent empty under the tag option `always`;
// scalars are their text; a list repeats its key, or is joined to one value under the tag option `space`, `comma` or
// `pipe`; anything deeper is JSON text in one field.

// field is one tagged field of a params struct.
type field struct {
	name   string
	index  int
	always bool   // nil is sent as an empty value
	join   string // between the elements of a list; "" repeats the key
}

// joints are the tag options for lists that are one value (OpenAPI: spaceDelimited, form without explode, pipeDelimited).
var joints = map[string]string{"space": " ", "comma": ",", "pipe": "|"}

type fieldsKey struct {
	typ reflect.Type
	tag string
}

// fieldsCache maps fieldsKey to []field. Params types are a fixed set, so it does not grow without end.
var fieldsCache sync.Map

func fieldsOf(t reflect.Type, tag string) []field {
	key := fieldsKey{t, tag}
	if cached, ok := fieldsCache.Load(key); ok {
		return cached.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get(tag), ",")
		if name != "" && name != "-" && f.IsExported() {
			fields = append(fields, field{name: name, index: i, always: option == "always", join: joints[option]})
		}
	}
	fieldsCache.Store(key, fields)
	return fields
}

// eachField visits the fields of params, a struct or a pointer to one, that carry the tag. nil params have none.
func eachField(params any, tag string, visit func(field, reflect.Value) error) error {
	v := reflect.ValueOf(params)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Invalid, reflect.Pointer:
		return nil
	case reflect.Struct:
	default:
		return fmt.Errorf("params: %s is not a struct", v.Type())
	}
	for _, f := range fieldsOf(v.Type(), tag) {
		if err := visit(f, v.Field(f.index)); err != nil {
			return fmt.Errorf("param %s: %w", f.name, err)
		}
	}
	return nil
}

// addParams adds the fields of params that carry the tag.
func (v *values) addParams(params any, tag string) error {
	*v = slices.Grow(*v, 8) // most params set a few fields
	return eachField(params, tag, v.addField)
}

func (v *values) addField(f field, rv reflect.Value) error {
	rv, ok := resolve(rv)
	isList := ok && rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() != reflect.Uint8
	switch {
	case !ok, isList && rv.Len() == 0:
		if f.always {
			v.add(f.name, "")
		}
		return nil
	case !isList:
		return v.addText(f.name, rv)
	}
	texts := make([]string, rv.Len())
	for i := range texts {
		var err error
		if texts[i], err = textOf(rv.Index(i)); err != nil {
			return err
		}
		if f.join == "" {
			v.add(f.name, texts[i])
		}
	}
	if f.join != "" {
		v.add(f.name, strings.Join(texts, f.join))
	}
	return nil
}

func (v *values) addText(name string, rv reflect.Value) error {
	text, err := textOf(rv)
	if err == nil {
		v.add(name, text)
	}
	return err
}

// resolve follows pointers and interfaces; false means that there is nothing at the end.
func resolve(rv reflect.Value) (reflect.Value, bool) {
	for {
		switch rv.Kind() {
		case reflect.Pointer, reflect.Interface:
			if rv.IsNil() {
				return rv, false
			}
			rv = rv.Elem()
		case reflect.Slice, reflect.Map:
			return rv, !rv.IsNil()
		default:
			return rv, rv.IsValid()
		}
	}
}

// textOf is the text of one value. null, in Go or in JSON, is the empty text: that is how FAPI is told null.
func textOf(rv reflect.Value) (string, error) {
	rv, ok := resolve(rv)
	if !ok {
		return "", nil
	}
	switch rv.Kind() {
	case reflect.String:
		return rv.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(rv.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(rv.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(rv.Float(), 'f', -1, rv.Type().Bits()), nil
	}
	if raw, ok := rv.Interface().(json.RawMessage); ok {
		return jsonText(raw), nil // as the caller wrote it
	}
	raw, err := marshal(rv.Interface())
	return jsonText(raw), err
}

func jsonText(raw []byte) string {
	if isNull(raw) {
		return ""
	}
	return string(raw)
}

// marshal writes JSON as JavaScript does, without Go's escaping of <, > and &. Its error does not quote the value.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("%T cannot be written as JSON", v)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
