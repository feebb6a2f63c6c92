//go:build !noasm

package kernel

// accelerated returns the assembly implementation: every arm64 processor has NEON.
func accelerated() []*Set {
	return []*Set{{
		name:    "neon",
		gemm1:   gemm1xNEON,
		f4:      transforms{inputF4NEON, outputF4NEON, poolF4NEON},
		f2:      transforms{inputF2NEON, outputF2NEON, poolF2NEON},
		up:      transforms{inputUpNEON, outputUpNEON, nil},
		narrow:  narrowNEON,
		single:  singleNEON,
		group:   16,
		sigmoid: sigmoidNEON,
		scale:   scaleNEON,
		average: averageNEON,

		neighbors: neighbors{nearestNEON, mergeNEON, normsNEON, quantizeNEON, squaresNEON, accumulateNEON},
		gradients: gradients{tgemm1xNEON, nil, gradientNEON, maskedNEON, unpoolNEON,
			energyNEON, adamNEON, maskNEON},
	}}
}
