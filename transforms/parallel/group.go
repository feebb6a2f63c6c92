package parallel

import (
	"runtime/debug"
	"sync"
)

// Group are goroutines that are waited for together. Where one of them panics, Wait
// does, with a *Panic, on the goroutine that waits: there it can be caught, while on
// another it would end the program with a page of stacks. The zero value is ready.
type Group struct {
	wg    sync.WaitGroup
	mu    sync.Mutex
	first *Panic
}

// Go calls f on a goroutine of its own.
func (g *Group) Go(f func()) {
	g.wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				g.mu.Lock()
				defer g.mu.Unlock()
				if g.first == nil {
					g.first = caught(r)
				}
			}
		}()
		f()
	})
}

// Wait returns when all have ended.
func (g *Group) Wait() {
	g.wg.Wait()
	if p := g.first; p != nil {
		g.first = nil
		panic(p)
	}
}

// caught returns what was recovered, and where it was thrown first.
func caught(r any) *Panic {
	if p, ok := r.(*Panic); ok {
		return p
	}
	return &Panic{r, debug.Stack()}
}
