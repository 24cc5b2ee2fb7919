package main

import (
	"io"
	"os"
	"sync"
	"unicode/utf8"

	"github.com/fapigen/fapigen/generator"
)

// terminal is where the command prints. Everything passes through generator.Terminal: names, sentences, recordings and
// status lines of servers are foreign, and may hold what moves the cursor or hides text. JSON and YAML keep their meaning.
type terminal struct {
	w    io.Writer
	mu   sync.Mutex // the fake API prints from several goroutines
	part []byte     // the beginning of a character whose rest is yet to be written
}

// Write prints the whole characters of p.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	data := append(t.part, p...)
	end := len(data)
	for i := end - 1; i >= 0 && i >= end-utf8.UTFMax; i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) {
				end = i
			}
			break
		}
	}
	t.part = append([]byte(nil), data[end:]...)
	if _, err := io.WriteString(t.w, generator.Terminal(string(data[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush prints what was begun and never ended.
func (t *terminal) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.part) > 0 {
		io.WriteString(t.w, generator.Terminal(string(t.part)))
		t.part = nil
	}
}

// isTerminal reports whether a person reads along.
func (t *terminal) isTerminal() bool {
	f, ok := t.w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
