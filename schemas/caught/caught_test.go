package caught

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

// panics calls f and returns what it panicked with.
func panics(f func()) (p *Panic) {
	defer func() { p, _ = recover().(*Panic) }()
	f()
	return nil
}

func TestGroupPanics(t *testing.T) {
	var ended atomic.Int32
	p := panics(func() {
		var outer Group
		outer.Go(func() {
			var g Group
			for i := range 9 {
				g.Go(func() {
					if i == 3 {
						panic("broken")
					}
					ended.Add(1)
				})
			}
			g.Wait()
		})
		outer.Wait()
	})
	if p == nil || p.Value != "broken" || !strings.Contains(string(p.Stack), "caught_test.go") || ended.Load() != 8 {
		t.Errorf("caught %v, %d of 8 have ended", p, ended.Load())
	}
}

func TestTasks(t *testing.T) {
	broken := errors.New("broken")
	tasks, ctx := NewTasks(t.Context(), 2)
	var running, most atomic.Int32
	for i := range 20 {
		tasks.Go(func() error {
			defer running.Add(-1)
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			if i == 5 {
				return broken
			}
			return nil
		})
	}
	if err := tasks.Wait(); err != broken || most.Load() > 2 || context.Cause(ctx) != broken {
		t.Errorf("%v, %d at once, context ended by %v", err, most.Load(), context.Cause(ctx))
	}
	var zero Tasks
	zero.Go(func() error { return nil })
	if err := zero.Wait(); err != nil {
		t.Error(err)
	}
}

// TestTasksPanic: what waits for the context ends, and who waits panics.
func TestTasksPanic(t *testing.T) {
	p := panics(func() {
		tasks, ctx := NewTasks(t.Context(), 4)
		tasks.Go(func() error { <-ctx.Done(); return ctx.Err() })
		tasks.Go(func() error { var none []int; none[3]++; return nil })
		err := tasks.Wait()
		t.Error("Wait returned", err)
	})
	if p == nil || Damage(p.Value) != "its parts do not fit together" || !strings.Contains(string(p.Stack), "caught_test.go") {
		t.Errorf("caught %v", p)
	}
}

func TestRethrow(t *testing.T) {
	Rethrow(nil)
	Rethrow(errors.New("an error"))
	err := Error(func() error { panic("broken") })
	if p := panics(func() { Rethrow(err) }); p == nil || p.Value != "broken" {
		t.Errorf("caught %v", p)
	}
}
