package kernel

import (
	"math"
	"testing"
)

// TestFunctions compares with the standard library's functions, which are off by
// less than 1 unit in the last place, as these are: 2 in all.
func TestFunctions(t *testing.T) {
	compare := func(name string, x, got, want float64) {
		t.Helper()
		ulp := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
		if !(math.Abs(got-want) <= 2*ulp) && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s(%v) = %v, want %v", name, x, got, want)
		}
	}
	for i := -400_000; i <= 400_000; i++ {
		x := float64(i) / 16_384 // -24.4 to 24.4, through zero
		compare("Exp", x, Exp(x), math.Exp(x))
		x = math.Exp(x * 20) // 1e-212 to 1e212
		compare("Log", x, Log(x), math.Log(x))
		x = math.Abs(float64(i)) / 262_144 // about 1, where the logarithm is small
		compare("Log", x, Log(x), math.Log(x))
	}
	for _, x := range []float64{-1e300, -745, -700, -1e-300, 1e-20, 88.7, 700, 709, 1e300, math.Inf(1), math.Inf(-1)} {
		compare("Exp", x, Exp(x), math.Exp(x))
	}
	for _, x := range []float64{0, 3e-308, math.MaxFloat64, math.Inf(1)} {
		compare("Log", x, Log(x), math.Log(x))
	}
	// Where some processors' routines of the standard library are wrong.
	compare("Exp", 709.6, Exp(709.6), 1.4974914744969295e308)
	compare("Log", 5e-324, Log(5e-324), -1074*math.Ln2)
	for _, y := range []float64{Exp(math.NaN()), Log(math.NaN()), Log(-1), Log(math.Inf(-1))} {
		if y == y {
			t.Errorf("%v, want NaN", y)
		}
	}
}

// TestTanh: one rounding to float32 is half a unit in the last place, and 0.51
// leaves the float64 errors a place.
func TestTanh(t *testing.T) {
	for i := -400_000; i <= 400_000; i++ {
		x := float32(i) / 16_384
		want := math.Tanh(float64(x))
		f := float32(math.Abs(want))
		if ulp := float64(math.Nextafter32(f, 2)) - float64(f); !(math.Abs(float64(Tanh(x))-want) <= 0.51*ulp) {
			t.Fatalf("Tanh(%v) = %v, want %v", x, Tanh(x), want)
		}
	}
	if y := Tanh(float32(math.Inf(1))); y != 1 {
		t.Errorf("Tanh(+Inf) = %v", y)
	}
	if y := Tanh(float32(math.NaN())); y == y {
		t.Errorf("Tanh(NaN) = %v", y)
	}
}
