package training

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// tape runs a graph. Gorgonia's machine does so once: which operations follow one
// another, and on what memory, stays as it is, so that from then on they are simply
// called in that order. The machine hands every run to another thread and takes it
// back, and no core works meanwhile, for as long as a layer of a small network takes.
type tape struct {
	vm    gorgonia.VM
	fixed bool // all memory is this package's; what Gorgonia computes itself it puts elsewhere each time
	whole bool // calls are all of a run
	calls []call
}

// call is an operation and what it takes.
type call struct {
	op *op
	in []gorgonia.Value
}

func newTape(g *gorgonia.ExprGraph) *tape {
	t := &tape{fixed: true}
	for _, n := range g.AllNodes() {
		if o, ok := n.Op().(*op); ok {
			o.tape = t
		} else if n.Value() == nil { // neither an input nor a constant
			t.fixed = false
		}
	}
	t.vm = gorgonia.NewTapeMachine(g)
	return t
}

// note takes down an operation of the machine's.
func (t *tape) note(o *op, in []gorgonia.Value) {
	if t != nil && t.fixed {
		t.calls = append(t.calls, call{o, in})
	}
}

func (t *tape) run() error {
	if t.whole {
		for _, c := range t.calls {
			c.op.do(c.in)
		}
		return nil
	}
	t.calls = nil
	defer t.vm.Reset()
	if err := t.vm.RunAll(); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	t.whole = t.fixed
	return nil
}
