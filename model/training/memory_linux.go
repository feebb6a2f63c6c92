package training

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of the pages that are asked for, in bytes.
const hugePage = 2 << 20

// allocate returns zeros. It asks for huge pages, without which the reading of
// planes, whose rows are far apart, waits for page tables.
func allocate(n int) []float32 {
	x := make([]float32, n)
	if 4*n < 2*hugePage {
		return x
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	skip := int((hugePage - start%hugePage) % hugePage)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*n)[skip:]
	_ = unix.Madvise(bytes[:len(bytes)&^(hugePage-1)], unix.MADV_HUGEPAGE) // without them it only is slower
	return x
}
