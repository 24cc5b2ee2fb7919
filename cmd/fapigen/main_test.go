package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnInterruptEndsWhatGoesOn(t *testing.T) {
	type steps = func(interrupt, ended func())
	for name, c := range map[string]struct {
		do   steps
		quit bool
	}{
		"no interrupt": {func(_, _ func()) {}, false},
		"ended, then its context ends as in every run": {func(interrupt, ended func()) { ended(); interrupt() }, false},
		"interrupted and going on":                     {func(interrupt, _ func()) { interrupt() }, true},
		"interrupted, ended in time": {func(interrupt, ended func()) {
			interrupt()
			time.Sleep(interruptGrace / 2)
			ended()
		}, false},
		"interrupted, ended too late": {func(interrupt, ended func()) {
			interrupt()
			time.Sleep(2 * interruptGrace)
			ended()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer func() {
					interrupt()
					time.Sleep(10 * interruptGrace) // whatever still waits ends with the test
				}()
				quit := 0
				ended := quitWhenInterrupted(ctx, func() { quit++ })
				c.do(interrupt, ended)
				time.Sleep(10 * interruptGrace) // exiting may take its time
				synctest.Wait()
				if (quit == 1) != c.quit || quit > 1 {
					t.Errorf("quit %d times, want %t", quit, c.quit)
				}
			})
		})
	}
}
