// Package kernel holds the inner loops of the model's plan: matrix products, the
// transforms of Winograd's convolutions, and convolutions from and to few channels; and
// those of the search for nearest centers. All for AVX-512, AVX2, NEON and, in Go,
// for everything else.
//
// What lives here: routines on arrays of float32, the packed form of weights that they
// read, and the choice of implementation (All, Best). What never enters: files, flags;
// layers and images.
//
// # Numerics
//
// All implementations give the same bits.
//
//   - A product is summed by itself, over k in rising order with fused
//     multiply-add, in chunks (see Pack) that start from zero and are added up in
//     order. So neither the width of vectors nor the other rows change it.
//   - A convolution to few channels (see Narrow) sums 16 lanes, each by itself
//     like a product, and then the lanes in pairs, always the same.
//   - The transforms use additions in a fixed order and multiplications by powers
//     of two, which are exact, fused or not, below the overflow of float32.
//   - The search for nearest centers multiplies integers exactly; what it does in
//     floating point is rounded operation by operation, and sums have fixed lanes.
//   - max(lo, x) is lo where lo > x, and x otherwise: NaN and -0 pass.
//
// Which NaN comes out where several go in is not defined.
//
// The assembly is generated, see _generate. No call of it takes longer than
// about 0.1 ms, because the scheduler cannot interrupt it.
package kernel

//go:generate go run -C _generate . -out ../kernels_amd64.s -stubs ../stubs_amd64.go -pkg kernel
//go:generate go run -C _generate ./arm64 -out ../kernels_arm64.s -stubs ../stubs_arm64.go
