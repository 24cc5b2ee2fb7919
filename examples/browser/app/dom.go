//go:build js

package main

import "syscall/js"

// element finds an element of the page by its id.
func element(id string) js.Value { return js.Global().Get("document").Call("getElementById", id) }

func setText(id, text string) { element(id).Set("textContent", text) }

func show(id string, visible bool) { element(id).Set("hidden", !visible) }

func value(id string) string { return element(id).Get("value").String() }

// on calls do for an event, on a goroutine of its own: a handler must not wait, and calls to the API do.
func on(id, event string, do func()) {
	element(id).Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("preventDefault")
		go do()
		return nil
	}))
}
