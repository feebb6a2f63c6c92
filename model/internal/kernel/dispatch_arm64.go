//go:build !noasm

package kernel

// accelerated returns the assembly implementation: every arm64 processor has NEON.
func accelerated() []*Set {
	neon := *generic
	neon.name = "neon"
	neon.gemm1 = gemm1xNEON
	neon.tgemm1 = tgemm1xNEON
	neon.f4 = transforms{inputF4NEON, outputF4NEON, poolF4NEON}
	neon.f2 = transforms{inputF2NEON, outputF2NEON, poolF2NEON}
	neon.up = transforms{inputUpNEON, outputUpNEON, nil}
	neon.gradient, neon.masked = gradientNEON, maskedNEON
	neon.average, neon.unpool, neon.mask = averageNEON, unpoolNEON, maskNEON
	neon.adam, neon.energy, neon.sigmoid, neon.scale = adamNEON, energyNEON, sigmoidNEON, scaleNEON
	return []*Set{&neon}
}
