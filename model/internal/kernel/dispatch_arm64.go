//go:build !noasm

package kernel

// accelerated returns the assembly implementation: every arm64 processor has NEON.
func accelerated() []*Set {
	neon := *generic
	neon.name = "neon"
	neon.gemm1 = gemm1xNEON
	neon.tgemm1 = tgemm1xNEON
	neon.narrow = narrowNEON
	neon.single, neon.group = singleNEON, 16
	neon.neighbors = neighbors{nearestNEON, mergeNEON, normsNEON, quantizeNEON, squaresNEON, accumulateNEON}
	return []*Set{&neon}
}
