package kernel

import "unsafe"

// Average writes a row of averages of 2x2 pixels, from the row of pixels at
// which src starts and the next one. Only whole blocks of 16 channels are fast.
func (s *Set) Average(dst []float32, src Plane, channels, pixels int) {
	_ = dst[pixels*channels-1]
	_ = src.Data[src.Pitch+2*pixels*channels-1]
	average := s.average
	if channels%16 != 0 {
		average = averageGeneric
	}
	step := max(1, callTerms/8/channels)
	for x := 0; x < pixels; x += step {
		average(&dst[x*channels], &src.Data[2*x*channels], src.Pitch, channels, min(step, pixels-x))
	}
}

// averageGeneric is the definition: see Average.
func averageGeneric(dst, src *float32, pitch, channels, pixels int) {
	out, in := unsafe.Slice(dst, pixels*channels), unsafe.Slice(src, pitch+2*pixels*channels)
	for x := range pixels {
		a, b := in[2*x*channels:][:2*channels], in[pitch+2*x*channels:][:2*channels]
		for c := range channels {
			out[x*channels+c] = ((a[c] + a[channels+c]) + (b[c] + b[channels+c])) * 0.25
		}
	}
}
