// Package caught hands on what a goroutine panics with to the one that waits for it.
//
// Go ends a program whose goroutine panics, with a page of stacks, whoever waits for
// it. A program of this project writes one line, with the place, and notes it in its
// log; so whatever starts goroutines does it through this package.
//
// What lives here: panics that change the goroutine, and the one line that is said of
// one. What never enters: flags; how many goroutines there are, and what other errors
// say.
package caught

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Panic is what a goroutine panicked with, and where.
type Panic struct {
	Value any
	Stack []byte
}

// Error returns the value with the stack, which the runner turns into one line.
func (p *Panic) Error() string { return fmt.Sprintf("%v %s", p.Value, p.Stack) }

// New returns the Panic of a recovered value, which may be that of a goroutine
// before.
func New(r any) *Panic {
	if p, ok := r.(*Panic); ok {
		return p
	}
	return &Panic{r, debug.Stack()}
}

// Error returns the error of f, and a *Panic where f panics: to be handed to the
// goroutine that waits, which calls Rethrow.
func Error(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = New(r)
		}
	}()
	return f()
}

// Rethrow panics with the *Panic in err, if there is one.
func Rethrow(err error) {
	if p := (*Panic)(nil); errors.As(err, &p) {
		panic(p)
	}
}

// Damage says in a few words what a library panicked with over a damaged file. What
// Go itself says of indexes and types is of no use to whoever has the file.
func Damage(r any) string {
	if _, ok := r.(runtime.Error); ok {
		return "its parts do not fit together"
	}
	return fmt.Sprint(r)
}

// Damaged, deferred by a function that calls a library, makes an error of what that
// panics with over a damaged file: say returns it, given what Damage says.
func Damaged(err *error, say func(what string) error) {
	if r := recover(); r != nil {
		*err = say(Damage(r))
	}
}

// Group waits for goroutines. The zero value is ready to use.
type Group struct {
	wg    sync.WaitGroup
	mu    sync.Mutex
	first *Panic
}

// Go calls f in a goroutine of its own.
func (g *Group) Go(f func()) {
	g.wg.Go(func() {
		g.keep(Error(func() error { f(); return nil }))
	})
}

// keep remembers the first panic.
func (g *Group) keep(err error) {
	if p := (*Panic)(nil); errors.As(err, &p) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.first == nil {
			g.first = p
		}
	}
}

// Wait waits for all goroutines, and panics with a *Panic where one of them has.
func (g *Group) Wait() {
	g.wg.Wait()
	if p := g.first; p != nil {
		g.first = nil
		panic(p)
	}
}

// Tasks are goroutines whose functions may fail. The zero value is ready to use.
type Tasks struct {
	group  Group
	limit  chan struct{}
	once   sync.Once
	err    error
	cancel context.CancelCauseFunc
}

// NewTasks returns Tasks, at most limit at a time, and a context that ends when one
// of them fails or Wait returns.
func NewTasks(ctx context.Context, limit int) (*Tasks, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Tasks{limit: make(chan struct{}, limit), cancel: cancel}, ctx
}

// Go calls f in a goroutine of its own, when one of the limit is free.
func (t *Tasks) Go(f func() error) {
	if t.limit != nil {
		t.limit <- struct{}{}
	}
	t.group.Go(func() {
		if t.limit != nil {
			defer func() { <-t.limit }()
		}
		err := Error(f)
		t.group.keep(err)
		if err != nil {
			t.fail(err)
		}
	})
}

// fail keeps the first error.
func (t *Tasks) fail(err error) {
	t.once.Do(func() {
		t.err = err
		if t.cancel != nil {
			t.cancel(err)
		}
	})
}

// Wait waits for all goroutines and returns the first error. It panics with a *Panic
// where one of them has.
func (t *Tasks) Wait() error {
	if t.cancel != nil {
		defer func() { t.cancel(t.err) }()
	}
	t.group.Wait()
	return t.err
}
