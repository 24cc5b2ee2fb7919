package fapi

import (
	"errors"
	"syscall/js"
	"testing"
)

// Node.js has no localStorage unless it is told to: then only the last lines are tested.
func TestStoreOfThePageKeepsTheRules(t *testing.T) {
	if pageStorage() == nil {
		if _, _, err := NewBrowserStore().Load(t.Context(), testKey); !errors.Is(err, ErrUnsupported) {
			t.Errorf("got %v", err)
		}
		return
	}
	for _, tt := range testStoreRules {
		t.Run(tt.rule, func(t *testing.T) {
			js.Global().Get("localStorage").Call("clear")
			tt.test(t, NewBrowserStore())
		})
	}
}

func TestStoreReportsWhatLocalStorageThrows(t *testing.T) {
	full := js.Global().Get("Object").New()
	full.Set("getItem", js.Global().Get("Function").New("return null"))
	full.Set("setItem", js.Global().Get("Function").New("throw new Error('quota exceeded')"))
	s := &BrowserStore{area: localStorage(full)}
	_, _, err := s.Swap(t.Context(), "a", []byte("a"), 0)
	testFails(t, err, err)
	if want := `localStorage item "fapi:a": JavaScript error: quota exceeded`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestStoreOfFilesIsUnsupportedHere(t *testing.T) {
	s, err := NewFileStore(t.TempDir())
	if testFails(t, err, ErrUnsupported); s != nil {
		t.Errorf("got %v", s)
	}
}
