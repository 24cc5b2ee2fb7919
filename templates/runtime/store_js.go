package fapi

import "syscall/js"

// pageStorage is nil where there is no localStorage. Reflect.get instead of Get, because a browser that forbids storage
// throws, which Go only survives in Call.
func pageStorage() webStorage {
	var area js.Value
	err := catch(func() { area = js.Global().Get("Reflect").Call("get", js.Global(), "localStorage") })
	if err != nil || area.Type() != js.TypeObject {
		return nil
	}
	return localStorage(area)
}

type localStorage js.Value

func (s localStorage) get(name string) (value string, found bool, err error) {
	err = catch(func() {
		item := js.Value(s).Call("getItem", name)
		if found = item.Type() == js.TypeString; found {
			value = item.String()
		}
	})
	return value, found, err
}

// set fails when the quota is used up.
func (s localStorage) set(name, value string) error {
	return catch(func() { js.Value(s).Call("setItem", name, value) })
}

// catch makes an error of what JavaScript throws during do.
func catch(do func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			thrown, ok := r.(js.Error)
			if !ok {
				panic(r)
			}
			err = thrown
		}
	}()
	do()
	return nil
}
