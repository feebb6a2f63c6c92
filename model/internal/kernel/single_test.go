package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestConvolveSingle compares with products of the definition, bit for bit, for
// every tail of pixels and blocks of channels, and checks that nothing else is
// written.
func TestConvolveSingle(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, n := range []int{1, 16, 33} {
			width := Up16(n)
			m, bias := Pack(numbers(rng, 9*n), 9, n, 9), numbers(rng, width)
			for pixels := 1; pixels < 40; pixels++ {
				pitch, stride := pixels+2+rng.IntN(3), width+16*rng.IntN(2)
				src := Plane{numbers(rng, 3*pitch), pitch}
				got, want := filled(pixels*stride+5), filled(pixels*stride+5)
				lo := []float32{0, Unbounded}[pixels%2]
				s.ConvolveSingle(m, got, stride, src, pixels, bias, lo)
				generic.Mul(m, want, stride, Rows{src.Data, pixels, 1, 3, pitch}, bias, lo)
				sameBits(t, fmt.Sprintf("%d pixels to %d channels", pixels, n), got, want)
			}
		}
	})
}

func BenchmarkConvolveSingle(b *testing.B) {
	rng := rand.New(rand.NewPCG(15, 16))
	const pixels = 256
	normals := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	m, bias := Pack(normals(9*16), 9, 16, 9), normals(16)
	src := Plane{normals(3 * (pixels + 2)), pixels + 2}
	dst := make([]float32, 16*pixels)
	for _, s := range All() {
		b.Run(s.Name(), func(b *testing.B) {
			for b.Loop() {
				s.ConvolveSingle(m, dst, 16, src, pixels, bias, 0)
			}
		})
	}
}
