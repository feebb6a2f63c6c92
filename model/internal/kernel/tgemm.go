package kernel

import "unsafe"

// Columns is a factor of a product that is summed over its rows: row p of
// piece t starts at Data[t*Stride+p*Lead].
type Columns struct {
	Data         []float32
	Lead, Stride int
}

// AddTransposed adds the product of a transposed factor to c:
//
//	c[i*ldc+j] += Σ a[t*a.Stride+p*a.Lead+i] · b[t*b.Stride+p*b.Lead+j]   over t < segs, p < k in order
//
// for i < rows and j < cols, a multiple of 16. The sum starts from zero and is
// added once, so a caller that splits a long one into several calls decides its
// bits. Segs·k·rows should be below some 10^5·rows, see callTerms.
func (s *Set) AddTransposed(c []float32, ldc, rows, cols int, a, b Columns, segs, k int) {
	if rows == 0 || cols == 0 || segs == 0 || k == 0 {
		return
	}
	if cols%16 != 0 {
		panic("kernel: AddTransposed: columns are not whole blocks")
	}
	_ = c[(rows-1)*ldc+cols-1]
	_ = a.Data[(segs-1)*a.Stride+(k-1)*a.Lead+rows-1]
	_ = b.Data[(segs-1)*b.Stride+(k-1)*b.Lead+cols-1]
	step := max(24, callTerms/(segs*k)/24*24)
	for i := 0; i < rows; i += step {
		for j := 0; j < cols; {
			product, blocks := s.tgemm1, 1
			if s.tgemm2 != nil && j+32 <= cols {
				product, blocks = s.tgemm2, 2
			}
			product(&c[i*ldc+j], ldc, &a.Data[i], a.Lead, &b.Data[j], b.Lead, min(step, rows-i), k, segs, a.Stride, b.Stride)
			j += 16 * blocks
		}
	}
}

// tgemmGeneric is AddTransposed for 16 columns.
func tgemmGeneric(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, rows, k, segs, aseg, bseg int) {
	for i := range rows {
		var sums [16]float64 // float32 numbers
		for t := range segs {
			for p := range k {
				w := (*[16]float32)(unsafe.Pointer(add(b, t*bseg+p*ldb)))
				multiply(&sums, w, float64(*add(a, t*aseg+p*lda+i)))
			}
		}
		for j, s := range sums {
			*add(c, i*ldc+j) += float32(s)
		}
	}
}
