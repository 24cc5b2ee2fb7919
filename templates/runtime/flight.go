package fapi

import (
	"context"
	"sync"
)

// flights lets concurrent callers that want the same share one run. A caller who gives up leaves the others alone; when
// the last one does, the run is cancelled.
type flights[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]*flight[V]
}

type flight[V any] struct {
	done    chan struct{} // closed after value and err are set
	cancel  context.CancelFunc
	waiters int
	value   V
	err     error
}

// do returns what run returns, be it another caller's run. The error is ctx's when the caller gave up, ErrClosed after
// Close. The context of run has the values of the first caller's, but not its end.
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
		f.err = ErrClosed // in case run does not return
		defer g.land(c, key, f)
		f.value, f.err = run(flying)
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
