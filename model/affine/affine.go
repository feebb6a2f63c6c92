// Package affine takes many vectors through one affine map, fast and with the
// same bits on every processor: the change of space before vectors are compared.
//
// What lives here: the map over package kernel's matrix product. What never enters:
// files, flags; how a map is found.
package affine

import (
	"fmt"

	"exemplar/model/internal/kernel"
)

// Map takes a vector x of In numbers to (x - mean)·weights, Out numbers. It is
// read only: goroutines may share it.
type Map struct {
	mean    []float32
	scale   []float32      // of each dimension, instead of a matrix
	weights *kernel.Matrix // In x Out
	in, out int
}

// New returns the map of a matrix, row-major len(mean) x out. It panics where
// weights have another length.
func New(mean, weights []float32, out int) *Map {
	in := len(mean)
	if len(weights) != in*out {
		panic(fmt.Sprintf("affine: %d weights for %d x %d", len(weights), in, out))
	}
	return &Map{mean: mean, weights: kernel.Pack(weights, in, out, in), in: in, out: out}
}

// Scale returns the map that divides no dimension by another: dimension j of the
// result is (x[j] - mean[j])·scale[j].
func Scale(mean, scale []float32) *Map {
	if len(scale) != len(mean) {
		panic(fmt.Sprintf("affine: %d scales for %d dimensions", len(scale), len(mean)))
	}
	return &Map{mean: mean, scale: scale, in: len(mean), out: len(mean)}
}

// In returns the dimensions of a vector.
func (m *Map) In() int { return m.in }

// Out returns the dimensions of a mapped vector.
func (m *Map) Out() int { return m.out }

// block is the number of vectors that are mapped at a time.
const block = 64

// Apply writes the mapped vectors of x, which are consecutive, to dst. The
// differences are rounded to float32, products and sums are float32 in a fixed
// order. Dst must have room for as many vectors of Out numbers.
func (m *Map) Apply(dst, x []float32) {
	n := len(x) / m.in
	if m.weights == nil {
		for i := range n {
			to := dst[i*m.out : (i+1)*m.out]
			for j, v := range x[i*m.in : (i+1)*m.in] {
				to[j] = float32(v-m.mean[j]) * m.scale[j]
			}
		}
		return
	}
	lead := kernel.Up16(m.out)
	centered, product := make([]float32, block*m.in), make([]float32, block*lead)
	for from := 0; from < n; from += block {
		rows := min(block, n-from)
		for i := range rows {
			to := centered[i*m.in : (i+1)*m.in]
			for j, v := range x[(from+i)*m.in : (from+i+1)*m.in] {
				to[j] = v - m.mean[j]
			}
		}
		a := kernel.Rows{Data: centered[:rows*m.in], N: rows, Lead: m.in, Segments: 1}
		kernels.Mul(m.weights, product, lead, a, nil, 0)
		for i := range rows {
			copy(dst[(from+i)*m.out:(from+i+1)*m.out], product[i*lead:])
		}
	}
}

var kernels = kernel.Best()
