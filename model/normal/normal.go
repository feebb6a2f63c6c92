// Package normal draws from the standard normal distribution, with the same numbers on
// every processor.
//
// What never enters: Beam, files, flags, printing, Gorgonia; what the numbers are for.
package normal

import (
	"math"
	"math/rand/v2"

	"exemplar/model/internal/kernel"
)

// strips of a normal distribution's density, right half, by which Draw draws:
// all of the same area, the last with the tail.
const (
	strips    = 128
	tail      = 3.442619855899      // where the tail begins
	stripArea = 9.91256303526217e-3 // below e^(-x²/2)
)

// ziggurat are the tables of Draw for a strip: which numbers of 31 bits are
// below the density for certain, what one of them is worth, the density.
var ziggurat = func() (t struct {
	sure           [strips]uint32
	scale, density [strips]float32
}) {
	const one = 1 << 31
	f := func(x float64) float64 { return kernel.Exp(-0.5 * float64(x*x)) }
	x := tail
	base := stripArea / f(x)
	t.sure[0], t.scale[0], t.density[0] = uint32(float64(x/base*one)), float32(base/one), 1
	t.scale[strips-1], t.density[strips-1] = float32(x/one), float32(f(x))
	for i := strips - 2; i > 0; i-- {
		inner := math.Sqrt(-2 * kernel.Log(stripArea/x+f(x)))
		t.sure[i+1] = uint32(float64(inner / x * one))
		x = inner
		t.scale[i], t.density[i] = float32(x/one), float32(f(x))
	}
	return t
}()

// Draw draws from the standard normal distribution: the method (Marsaglia and
// Tsang, The Ziggurat Method for Generating Random Variables, 2000) and the
// numbers of rand.NormFloat64, which is not used because the standard library's
// exponential function and logarithm differ between processors.
func Draw(rng *rand.Rand) float64 {
	t := &ziggurat
	for {
		u := rng.Uint64()
		j, i := int32(u), u>>32%strips
		x := float64(float64(j) * float64(t.scale[i]))
		size := uint32(j)
		if j < 0 {
			size = -size
		}
		if size < t.sure[i] {
			return x
		}
		if i == 0 {
			x = beyondTail(rng)
			if j > 0 {
				return x
			}
			return -x
		}
		if t.density[i]+float32(float32(rng.Float64())*(t.density[i-1]-t.density[i])) < float32(kernel.Exp(-0.5*float64(x*x))) {
			return x
		}
	}
}

// beyondTail draws from the part beyond tail (Marsaglia, 1964).
func beyondTail(rng *rand.Rand) float64 {
	for {
		x := float64(-kernel.Log(rng.Float64()) * (1 / tail))
		y := -kernel.Log(rng.Float64())
		if y+y >= float64(x*x) {
			return tail + x
		}
	}
}
