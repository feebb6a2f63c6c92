package kernel

import "math"

// Unbounded is the lower bound that leaves all numbers as they are.
var Unbounded = float32(math.Inf(-1))

// Set is one implementation of all kernels. The fields have the specification
// of the stubs that the generator writes, see generic for them in Go.
type Set struct {
	name       string
	gemm1      gemmFunc // 16 columns
	gemm2      gemmFunc // 32 columns; nil where gemm1 is as fast
	f4, f2, up transforms
	narrow     narrowFunc
	single     singleFunc
	group      int // of pixels, that single takes

	sigmoid func(x *float32, n int)              // n is a multiple of 16
	scale   func(dst *float32, src *byte, n int) // n is a multiple of 16
	average func(dst, src *float32, pitch, channels, pixels int)

	neighbors
	gradients
}

// gradients are the kernels that only training needs.
type gradients struct {
	tgemm1   tgemmFunc // 16 columns
	tgemm2   tgemmFunc // 32 columns; nil where tgemm1 is as fast
	gradient inputFunc
	masked   func(dst *float32, pitch int, m *float32, plane int, mask *float32, channels, tiles int)
	unpool   func(a, b, src, ya, yb *float32, channels, pixels int)
	energy   func(sums *float64, x *float32, n int)
	adam     func(w, m, v, grad *float32, n int, scale, c1, c2, rate, epsilon float32)
	mask     func(grad, y *float32, n int)
}

// transforms are those of one of Winograd's forms: F(4x4,3x3), F(2x2,3x3), or
// that of transposed convolutions, for which there is no pooling.
type transforms struct {
	input        inputFunc
	output, pool outputFunc
}

type (
	singleFunc func(dst *float32, stride int, src *float32, pitch, pixels int, w, bias *float32, lo float32)
	gemmFunc   func(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32)
	tgemmFunc  func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, rows, k, segs, aseg, bseg int)
	inputFunc  func(v *float32, plane int, src *float32, pitch, channels, tiles int)
	outputFunc func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32)
	narrowFunc func(dst *float32, stride int, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32)
)

// Name returns "avx512", "avx2", "neon" or "portable".
func (s *Set) Name() string { return s.name }

// Portable reports whether the kernels are those in Go, a hundred times slower.
func (s *Set) Portable() bool { return s == generic }

var generic = &Set{
	name:  "portable",
	gemm1: gemmGeneric,
	f4: transforms{
		transform(inputF4).input(6, 6, 4),
		transform(outputF4).output(6, 4, false),
		transform(outputF4).output(6, 4, true),
	},
	f2: transforms{
		transform(inputF2).input(4, 4, 2),
		transform(outputF2).output(4, 2, false),
		transform(outputF2).output(4, 2, true),
	},
	up:      transforms{transform(inputUp).input(5, 5, 4), outputUpGeneric, nil},
	narrow:  narrowGeneric,
	single:  singleGeneric,
	group:   1,
	sigmoid: sigmoidGeneric,
	scale:   scaleGeneric,
	average: averageGeneric,

	neighbors: neighbors{nearestGeneric, mergeGeneric, normsGeneric, quantizeGeneric, squaresGeneric, accumulateGeneric},
	gradients: gradients{tgemmGeneric, nil, transform(gradientF4).input(4, 6, 4), maskedGeneric, unpoolGeneric, energyGeneric, adamGeneric, maskGeneric},
}

// All returns the implementations that this processor can run, best first.
func All() []*Set { return append(accelerated(), generic) }

// Up16 rounds up to whole blocks of 16 columns or channels.
func Up16(n int) int { return (n + 15) &^ 15 }
