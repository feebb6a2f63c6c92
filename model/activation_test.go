package model

import (
	"testing"

	"exemplar/model/internal/kernel"
)

// TestActivateGaps: vectors with few numbers and wide gaps are gathered; the
// gaps stay as they are.
func TestActivateGaps(t *testing.T) {
	for _, set := range kernel.All() {
		for _, act := range []string{ActSigmoid, ActTanh, ActReLU} {
			for _, c := range []struct{ width, stride, n int }{{1, 16, 600}, {2, 16, 300}, {3, 16, 70}, {5, 5, 9}, {1, 1, 1}} {
				x := make([]float32, c.n*c.stride)
				for i := range x {
					x[i] = float32(i%97)/10 - 4
				}
				want := append([]float32{}, x...)
				for i := range want {
					if i%c.stride < c.width && act != ActReLU {
						activateVector(set, want[i:i+1], act)
					}
				}
				activate(set, x, c.width, c.stride, act)
				if !sameBits(x, want) {
					t.Errorf("%s, %s: wrong for %+v", set.Name(), act, c)
				}
			}
		}
	}
}
