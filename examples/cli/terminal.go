package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

var errNoInput = errors.New("standard input ended where an answer was wanted")

// terminal asks the user. When standard input is not a terminal, it reads the answers line by line and prints no prompts.
type terminal struct {
	in          *os.File
	lines       *bufio.Reader // of in
	err         io.Writer     // for prompts and remarks
	interactive bool
}

func newTerminal(in *os.File, err io.Writer) *terminal {
	return &terminal{in: in, lines: bufio.NewReader(in), err: err, interactive: term.IsTerminal(int(in.Fd()))}
}

func (t *terminal) note(text string) { fmt.Fprintln(t.err, text) }

// ask returns what is typed, without the white space around it.
func (t *terminal) ask(ctx context.Context, prompt string) (string, error) {
	answer, err := t.read(ctx, prompt, t.line)
	return strings.TrimSpace(answer), err
}

// askHidden is ask for secrets: a terminal does not show what is typed, and white space counts.
func (t *terminal) askHidden(ctx context.Context, prompt string) (string, error) {
	if !t.interactive {
		return t.read(ctx, prompt, t.line)
	}
	return t.read(ctx, prompt, func() (string, error) {
		secret, err := term.ReadPassword(int(t.in.Fd()))
		fmt.Fprintln(t.err) // for the one that was not shown
		return string(secret), err
	})
}

func (t *terminal) line() (string, error) {
	line, err := t.lines.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// read waits for an answer or for the end of ctx. Reading cannot be interrupted, so that it goes on in the background then,
// and the terminal is put back as it was.
func (t *terminal) read(ctx context.Context, prompt string, read func() (string, error)) (string, error) {
	if t.interactive {
		fmt.Fprint(t.err, prompt)
		if before, err := term.GetState(int(t.in.Fd())); err == nil {
			defer func() { _ = term.Restore(int(t.in.Fd()), before) }()
		}
	}
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		if a.err == io.EOF {
			a.err = errNoInput
		}
		return a.text, a.err
	case <-ctx.Done():
		if t.interactive {
			fmt.Fprintln(t.err)
		}
		return "", ctx.Err()
	}
}
