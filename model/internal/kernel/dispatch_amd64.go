//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// accelerated returns the assembly implementations, best first.
func accelerated() (sets []*Set) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		sets = append(sets, &Set{"avx512", gemm1xAVX512, gemm2xAVX512, inputAVX512, outputAVX512, poolAVX512, narrowAVX512, sigmoidAVX512})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, &Set{"avx2", gemm1xAVX2, nil, inputAVX2, outputAVX2, poolAVX2, narrowAVX2, sigmoidAVX2})
	}
	return sets
}
