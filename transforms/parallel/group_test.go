package parallel

import (
	"strings"
	"sync/atomic"
	"testing"
)

// TestGroupPanics: what one goroutine panics with reaches the one that waits, after
// all have ended, with the place, also through another group.
func TestGroupPanics(t *testing.T) {
	var ended atomic.Int32
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Value != "broken" || !strings.Contains(string(p.Stack), "group_test.go") {
			t.Errorf("caught %v", p)
		}
		if ended.Load() != 8 {
			t.Errorf("%d of 8 have ended", ended.Load())
		}
	}()
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
	t.Error("the panic is lost")
}
