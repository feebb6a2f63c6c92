package model

import (
	"math"
	"testing"

	"exemplar/model/internal/kernel"
)

// TestActivationAccuracy compares with the standard library's float64 functions
// over the range where float32 results vary: one rounding to float32 is half a
// unit in the last place, and 0.51 leaves the float64 errors a place.
func TestActivationAccuracy(t *testing.T) {
	ulp := func(x float64) float64 {
		f := float32(math.Abs(x))
		return float64(math.Nextafter32(f, 2)) - float64(f)
	}
	for i := -400_000; i <= 400_000; i++ {
		x := float32(i) / 16_384 // -24.4 to 24.4, through zero
		v := float64(x)
		if want := math.Tanh(v); !(math.Abs(float64(tanh(x))-want) <= 0.51*ulp(want)) {
			t.Fatalf("tanh(%v) = %v, want %v", x, tanh(x), want)
		}
	}
	for _, x := range []float64{-745, -700, -1, -1e-300, 0, 1e-20, 0.5, 1, 88.7, 700, 709.6} {
		if got, want := exp(x), math.Exp(x); !(math.Abs(got-want) <= 4e-16*want) && want > 1e-300 {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	if s := tanh(float32(math.Inf(1))); s != 1 {
		t.Errorf("tanh(+Inf) = %v", s)
	}
	if s := tanh(float32(math.NaN())); s == s {
		t.Errorf("tanh(NaN) = %v", s)
	}
}

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
