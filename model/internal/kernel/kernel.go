package kernel

import "math"

// Unbounded is the lower bound that leaves all numbers as they are.
var Unbounded = float32(math.Inf(-1))

// Set is one implementation of all kernels. The fields have the specification
// of the stubs that the generator writes, see gemmGeneric, inputGeneric,
// outputGeneric, poolGeneric and narrowGeneric for them in Go.
type Set struct {
	name   string
	gemm1  gemmFunc // 16 columns
	gemm2  gemmFunc // 32 columns; nil where gemm1 is as fast
	input  inputFunc
	output outputFunc
	pool   outputFunc
	narrow narrowFunc

	sigmoid func(x *float32, n int) // n is a multiple of 8
}

type (
	gemmFunc   func(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32)
	inputFunc  func(v *float32, plane int, src *float32, pitch, channels, tiles int)
	outputFunc func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32)
	narrowFunc func(dst, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32)
)

// Name returns "avx512", "avx2" or "generic".
func (s *Set) Name() string { return s.name }

var generic = &Set{name: "generic", gemm1: gemmGeneric, input: inputGeneric, output: outputGeneric, pool: poolGeneric, narrow: narrowGeneric, sigmoid: sigmoidGeneric}

// All returns the implementations that this processor can run, best first.
func All() []*Set { return append(accelerated(), generic) }

// Best returns the fastest implementation.
func Best() *Set { return All()[0] }

// Up16 rounds up to whole blocks of 16 columns or channels.
func Up16(n int) int { return (n + 15) &^ 15 }
