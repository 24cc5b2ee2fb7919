package fapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// flights lets concurrent callers that want the same share one run. A caller who gives up leaves the others alone; when
// the last one does, the run is cancelled.
type flights[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]*flight[V]
}

type flight[V any] struct {
	done    chan struct{} // closed after what follows is set
	cancel  context.CancelFunc
	waiters int
	value   V
	err     error
	panic   *panicked // of run, for all who wait
}

// panicked is what a function panicked with on a goroutine of ours, to be raised again on the goroutine of a caller, who can
// recover it.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string  { return panicText(p.value) }
func (p *panicked) String() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// errUnfinished is the error of work whose goroutine was ended by runtime.Goexit in a function from outside.
var errUnfinished = errors.New("a hook, store, logger or clock has ended the goroutine")

// guarded calls f and returns what it panicked with, nil when it did not.
func guarded(f func()) (p *panicked) {
	defer func() {
		if value := recover(); value != nil {
			p = &panicked{value, debug.Stack()}
			if inner, ok := value.(*panicked); ok {
				p = inner
			}
		}
	}()
	f()
	return nil
}

// contain ends a panic on a goroutine that nobody waits for, and logs it. It is to be deferred.
func (c *Clerk) contain(work string) {
	if p := recover(); p != nil {
		stack := debug.Stack()
		if inner, ok := p.(*panicked); ok {
			p, stack = inner.value, inner.stack
		}
		c.logPanic("while "+work, &panicked{p, stack})
	}
}

// logPanic logs a panic that no caller gets. The logger may be what panics.
func (c *Clerk) logPanic(where string, p *panicked) {
	_ = guarded(func() {
		c.core.logger.Error("fapi: a panic "+where, slog.String("panic", panicText(p.value)), slog.String("stack", string(p.stack)))
	})
}

// do returns what run returns, be it another caller's run. The error is ctx's when the caller gave up, ErrClosed after
// Close. A panic of run is every caller's. The context of run has the values of the first caller's, but not its end.
func (g *flights[K, V]) do(ctx context.Context, c *Clerk, key K, run func(context.Context) (V, error)) (V, error) {
	f, err := g.join(ctx, c, key, run)
	if err != nil {
		var zero V
		return zero, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		if !g.leave(key, f) {
			var zero V
			return zero, ctx.Err()
		}
	}
	if f.panic != nil {
		panic(f.panic)
	}
	if f.err != nil && c.isClosed() {
		return f.value, ErrClosed // it was Close that ended the run
	}
	return f.value, f.err
}

func (g *flights[K, V]) join(ctx context.Context, c *Clerk, key K, run func(context.Context) (V, error)) (*flight[V], error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.m[key]; f != nil {
		f.waiters++
		return f, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	flying, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[V]{done: make(chan struct{}), cancel: cancel, waiters: 1}
	started := c.spawn(func() {
		unhook := context.AfterFunc(c.lifetime, cancel)
		defer cancel()
		defer unhook()
		f.err = errUnfinished // in case run does not return
		defer g.land(c, key, f)
		f.panic = guarded(func() { f.value, f.err = run(flying) })
	})
	if !started {
		cancel()
		return nil, ErrClosed
	}
	if g.m == nil {
		g.m = map[K]*flight[V]{}
	}
	g.m[key] = f
	return f, nil
}

// land ends f. Its callers tell the listeners; where none is left, it has to be done here, after Close stopped counting
// this goroutine: a listener may call Close.
func (g *flights[K, V]) land(c *Clerk, key K, f *flight[V]) {
	g.mu.Lock()
	if g.m[key] == f {
		delete(g.m, key)
	}
	abandoned := f.waiters == 0
	close(f.done)
	g.mu.Unlock()
	c.work.Done()
	if abandoned {
		if f.panic != nil {
			c.logPanic("of work that nobody waits for", f.panic)
		}
		c.deliver()
	}
}

// leave counts a caller out, unless f is done already.
func (g *flights[K, V]) leave(key K, f *flight[V]) (done bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-f.done:
		return true
	default:
	}
	if f.waiters--; f.waiters == 0 {
		f.cancel()
		if g.m[key] == f {
			delete(g.m, key) // nobody is to join what is being cancelled
		}
	}
	return false
}
