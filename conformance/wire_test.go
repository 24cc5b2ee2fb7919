package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// object is a model as JSON has it, so that what is compared does not depend on which members are pointers.
type object map[string]any

// wire is a model's members by their names on the wire; nil has none.
func wire(model any) object {
	data, err := json.Marshal(model)
	if err != nil {
		panic(err) // models are JSON
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		panic(err)
	}
	return o
}

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

func (o object) object(name string) object {
	inner, _ := o[name].(map[string]any)
	return inner
}

func (o object) list(name string) []object {
	items, _ := o[name].([]any)
	var list []object
	for _, item := range items {
		inner, _ := item.(map[string]any)
		list = append(list, inner)
	}
	return list
}

// texts are a member of each of a list's items.
func (o object) texts(list, name string) []string {
	all := []string{}
	for _, item := range o.list(list) {
		all = append(all, item.text(name))
	}
	return all
}

// params makes the parameters of a method of a step's arguments, by their names on the wire.
func params[T any](a args) T {
	var p T
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("form")+tag.Get("query")+tag.Get("json"), ",")
		value, given := a[name]
		if !given {
			continue
		}
		asJSON := v.Field(i).Type() == reflect.TypeFor[json.RawMessage]()
		if _, several := value.([]any); v.Field(i).Kind() == reflect.Slice && !asJSON && !several {
			value = []any{value}
		}
		data, err := json.Marshal(value)
		if err == nil {
			err = json.Unmarshal(data, v.Field(i).Addr().Interface())
		}
		if err != nil {
			panic(fmt.Sprintf("%s of %T: %v", name, p, err)) // a mistake in a scenario
		}
	}
	return p
}

// claims are those of a token that do not change with the time.
func claims(jwt string) (map[string]any, error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("not a JWT")
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	for _, name := range []string{"iat", "nbf", "exp", "jti", "iss"} {
		delete(all, name)
	}
	return all, nil
}
