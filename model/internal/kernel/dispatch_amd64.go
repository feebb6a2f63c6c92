//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// accelerated returns the assembly implementations, best first.
func accelerated() (sets []*Set) {
	near := neighbors{nearestAVX2, mergeAVX2, normsAVX2, quantizeAVX2, squaresAVX2, accumulateAVX2}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX2 {
		wide := near
		if cpu.X86.HasAVX512VNNI {
			wide = neighbors{nearestAVX512, mergeAVX2, normsAVX512, quantizeAVX512, squaresAVX512, accumulateAVX512}
		}
		sets = append(sets, &Set{
			name:    "avx512",
			gemm1:   gemm1xAVX512,
			gemm2:   gemm2xAVX512,
			f4:      transforms{inputF4AVX512, outputF4AVX512, poolF4AVX512},
			f2:      transforms{inputF2AVX512, outputF2AVX512, poolF2AVX512},
			up:      transforms{inputUpAVX512, outputUpAVX512, nil},
			narrow:  narrowAVX512,
			single:  singleAVX512,
			group:   14,
			sigmoid: sigmoidAVX512,
			scale:   scaleAVX512,
			average: averageAVX512,

			neighbors: wide,
			gradients: gradients{tgemm1xAVX512, tgemm2xAVX512, gradientAVX512, maskedAVX512, unpoolAVX512,
				energyAVX512, adamAVX512, maskAVX512},
		})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, &Set{
			name:    "avx2",
			gemm1:   gemm1xAVX2,
			f4:      transforms{inputF4AVX2, outputF4AVX2, poolF4AVX2},
			f2:      transforms{inputF2AVX2, outputF2AVX2, poolF2AVX2},
			up:      transforms{inputUpAVX2, outputUpAVX2, nil},
			narrow:  narrowAVX2,
			single:  singleAVX2,
			group:   4,
			sigmoid: sigmoidAVX2,
			scale:   scaleAVX2,
			average: averageAVX2,

			neighbors: near,
			gradients: gradients{tgemm1xAVX2, nil, gradientAVX2, maskedAVX2, unpoolAVX2,
				energyAVX2, adamAVX2, maskAVX2},
		})
	}
	return sets
}
