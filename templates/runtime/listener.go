package fapi

import (
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

type listener struct {
	call func(State)
	gone atomic.Bool
}

// emission is one state and who is to hear of it.
type emission struct {
	state State
	to    []*listener
}

// AddListener calls f with the state, at once if c is loaded, and again after each change, in order. f is never called
// twice for one state: an answer that changes nothing is not one. Until c is loaded, changes are kept and not told.
//
// f runs outside of all locks, one call at a time, and may call anything on c. It hears of a change before the call that
// caused it returns, unless some listener is being called already: then after that. A panic of f is contained and logged.
// After remove has returned, no new call of f starts; remove may be called more than once, and by f itself.
func (c *Clerk) AddListener(f func(State)) (remove func()) {
	if f == nil {
		return func() {}
	}
	l := &listener{call: f}
	c.mu.Lock()
	if !c.closed {
		c.listeners = append(c.listeners, l)
		if s := c.snapshot.Load(); s.Loaded {
			c.queue = append(c.queue, emission{*s, []*listener{l}})
		}
	}
	c.mu.Unlock()
	c.deliver()
	return func() {
		l.gone.Store(true)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.listeners = slices.DeleteFunc(c.listeners, func(other *listener) bool { return other == l })
	}
}

// deliver calls the listeners with what is queued, unless somebody is at it. It must not be called by who holds anything
// that a listener could wait for.
func (c *Clerk) deliver() {
	for c.deliverNext() {
	}
}

func (c *Clerk) deliverNext() bool {
	c.mu.Lock()
	if c.delivering || len(c.queue) == 0 {
		c.mu.Unlock()
		return false
	}
	next := c.queue[0]
	c.queue[0] = emission{}
	c.queue = c.queue[1:]
	c.delivering = true
	c.mu.Unlock()
	defer func() { // also when a listener ends its goroutine
		c.mu.Lock()
		c.delivering = false
		c.mu.Unlock()
	}()
	for _, l := range next.to {
		if c.isClosed() {
			break
		}
		c.tell(l, next.state)
	}
	return true
}

func (c *Clerk) tell(l *listener, s State) {
	defer func() {
		if p := recover(); p != nil {
			c.core.logger.Error("fapi: a listener panicked", slog.String("panic", panicText(p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	if !l.gone.Load() {
		l.call(s)
	}
}
