package kernel

// ConvolveImage convolves one row of pixels of any number of channels, 3x3, by a
// matrix whose rows are those of the kernel in (row, column, channel) order. Src starts
// at the pixel above and left of the first, and its pixels have no gaps; those of dst
// are stride numbers apart, whole blocks of 16. Results are at least lo. The bits are
// those of Mul, which is as fast for a multiplication of 2 channels and more as
// ConvolveSingle for those of one.
func (s *Set) ConvolveImage(m *Matrix, dst []float32, stride int, src Plane, channels, pixels int, bias []float32, lo float32) {
	if channels == 1 {
		s.ConvolveSingle(m, dst, stride, src, pixels, bias, lo)
		return
	}
	s.Mul(m, dst, stride, Rows{src.Data, pixels, channels, 3, src.Pitch}, bias, lo)
}

// ConvolveSingle convolves one row of pixels of one channel, 3x3, by a matrix
// of nine rows: those of the kernel in (row, column) order. Src starts at the
// pixel above and left of the first; pixels of dst are stride numbers apart,
// whole blocks of 16. Results are at least lo. The bits are those of Mul.
func (s *Set) ConvolveSingle(m *Matrix, dst []float32, stride int, src Plane, pixels int, bias []float32, lo float32) {
	if pixels < s.group {
		s.Mul(m, dst, stride, Rows{src.Data, pixels, 1, 3, src.Pitch}, bias, lo)
		return
	}
	width := Up16(m.n)
	if m.k != 9 || m.chunk != 9 || len(bias) < width {
		panic("kernel: ConvolveSingle: not a kernel 3x3 of one channel")
	}
	_ = src.Data[2*src.Pitch+pixels+1]
	_ = dst[(pixels-1)*stride+width-1]
	most := callTerms / (9 * 16) / s.group * s.group // pixels per call
	for c := 0; c < width; c += 16 {
		run := func(x, n int) {
			s.single(&dst[x*stride+c], stride, &src.Data[x], src.Pitch, n, &m.panels[9*c], &bias[c], lo)
		}
		for x := 0; x+s.group <= pixels; x += most {
			run(x, min(most, (pixels-x)/s.group*s.group))
		}
		if pixels%s.group != 0 { // the last ones, with some that are done already
			run(pixels-s.group, s.group)
		}
	}
}

// singleGeneric is the definition: see ConvolveSingle; one block of channels.
func singleGeneric(dst *float32, stride int, src *float32, pitch, pixels int, w, bias *float32, lo float32) {
	gemmGeneric(dst, stride, src, 1, w, pixels, 3, 3, pitch, bias, 0, lo)
}
