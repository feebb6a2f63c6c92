package kernel

import (
	"math"
	"testing"
)

// TestSigmoid compares with the standard library's float64 functions over the
// range where float32 results vary.
func TestSigmoid(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		inf := float32(math.Inf(1))
		x := []float32{-inf, inf, float32(math.NaN()), math.Float32frombits(0x7f800001), float32(math.Copysign(0, -1)), 1e-40, -1e-40, math.MaxFloat32, -math.MaxFloat32}
		for i := -400_000; i <= 400_000; i++ {
			x = append(x, float32(i)/4096) // -97 to 97, through zero
		}
		got := append([]float32{}, x...)
		s.Sigmoid(got)
		for i, v := range x {
			want := 1 / (1 + math.Exp(-float64(v)))
			f := float32(want)
			ulp := float64(math.Nextafter32(f, 2)) - float64(f)
			if math.IsNaN(want) {
				if got[i] == got[i] {
					t.Errorf("sigmoid(NaN) = %v", got[i])
				}
			} else if !(math.Abs(float64(got[i])-want) <= max(3*ulp, 2e-38)) {
				t.Fatalf("sigmoid(%v) = %v, want %v", v, got[i], want)
			}
		}
		want := append([]float32{}, x...)
		generic.Sigmoid(want)
		sameBits(t, "sigmoid", got, want)
		for n := range 40 { // every tail, and nothing past the end
			got := append([]float32{}, x[1000:1050]...)
			want := append([]float32{}, got...)
			s.Sigmoid(got[:n])
			generic.Sigmoid(want[:n])
			sameBits(t, "tail", got, want)
			if n > 0 && got[0] == x[1000] {
				t.Errorf("%d numbers: the first is left as it was", n)
			}
		}
	})
}
