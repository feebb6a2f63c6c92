package model

import "exemplar/model/internal/kernel"

// A convolution can be computed in several ways, see package kernel. Which one
// depends on the layer's shape alone, never on the processor, so that bits are
// the same everywhere.
//
// The measure is rows of products with one matrix of weights. F(4x4,3x3) has 36
// such matrices and a row for each tile of 4x4 pixels, F(2x2,3x3) 16 and one for
// each 2x2 pixels, direct convolution 9 and one for each pixel; a transposed
// convolution by Winograd's method 81 and one for each 4x4 pixels, direct 9 and
// one for each pixel of its input. A matrix takes its time to be read, however
// few the rows: fewRows. Direct convolution multiplies one row of pixels at a
// time.
//
// By this, F(4x4,3x3) has all planes but the small, F(2x2,3x3) those up to about
// 6x6, direct convolution single pixels and rows, and transposed convolutions
// below 8x8. Where measured times say otherwise, they differ little, or differ
// between processors. Microseconds, AVX-512 and (AVX2), least of 25 runs:
//
//	channels     plane   F(4x4,3x3)   F(2x2,3x3)       direct
//	 16 to  16     1x1   1.4  (1.3)   0.6  (0.6)   0.2  (0.2)
//	 16 to  16     4x4   1.4  (1.3)   0.7  (0.9)   0.8  (2.1)
//	 16 to  16     6x6   1.8  (2.3)   1.2  (1.4)   2.6  (1.5)
//	 16 to  16     8x8   1.8  (2.3)   1.6  (2.2)   2.8  (4.0)
//	 16 to  16   28x28    12   (15)    18   (22)    24   (40)
//	128 to 128     1x1    51   (56)     9   (16)     5    (9)
//	128 to 128     4x4    51   (59)    14   (57)    29  (151)
//	128 to 128     6x6    67  (161)    40   (72)   106   (87)
//	128 to 128     8x8    69  (159)    50  (118)   114  (268)
//	128 to 128   28x28   494  (703)   627 (1016)  1211 (2705)
//
//	transposed    plane     Winograd       direct
//	 32 to  16     4x4   2.0  (2.8)   1.6  (3.9)
//	 32 to  16     8x8   3.5  (7.4)   5.4  (8.0)
//	 32 to  16   32x32    42   (66)    66   (90)
//	128 to 128   16x16   371  (688)   405 (1061)
const fewRows = 7

// narrowChannels is the most channels that a narrowOp makes, of which it takes
// its time for each, where F(4x4,3x3) takes that of 16. From 16 channels to 3 it takes
// 8.8 µs (AVX-512; 11.7 with AVX2) at 28x28 where F(4x4,3x3) takes 11.4 (14.8). A
// decoder's last convolution leaves no gaps for the sigmoid and the image: to 5 channels
// it takes 19 µs (21) there with both, where F(4x4,3x3) takes 16 (18), and at 256x16
// 73 (81) to 83 (88); to 6 at 28x28 it would take a third more than F(4x4,3x3).
const (
	narrowChannels = 3
	lastChannels   = 5 // of a decoder's last convolution
)

// narrows reports whether a narrowOp makes a layer from whole blocks of channels.
func narrows(l Layer) bool {
	return l.Out.Channels <= narrowChannels || l.Name == outputLayer && l.Out.Channels <= lastChannels
}

// products is the measure for a number of matrices that have so many rows.
func products(matrices, rows int) int { return matrices * max(rows, fewRows) }

// tiles returns the tiles of a plane.
func tiles(s Shape, side int) int {
	return ((s.Height + side - 1) / side) * ((s.Width + side - 1) / side)
}

// convolution returns the step of a convolution over planes whose pixels are
// stride numbers.
func (c compiler) convolution(l Layer, stride int) planeOp {
	if stride%16 != 0 {
		return c.direct(l, stride)
	}
	if narrows(l) {
		return c.narrow(l)
	}
	f4, f2 := products(36, tiles(l.In, 4)), products(16, tiles(l.In, 2))
	w, bias := c.tensors(l)
	switch direct := l.In.Height * products(9, l.In.Width); {
	case direct < min(f4, f2):
		return c.direct(l, stride)
	case f2 < f4:
		return c.winograd(l, kernel.NewWinograd(w, bias, l.In.Channels, 2))
	}
	return c.winograd(l, kernel.NewWinograd(w, bias, l.In.Channels, 4))
}

// transposedConvolution does the same for a transposed convolution.
func (c compiler) transposedConvolution(l Layer, stride int) planeOp {
	if stride%16 != 0 || l.In.Height*products(9, l.In.Width) < products(81, tiles(l.In, 4)) {
		return c.transposed(l, stride)
	}
	w, bias := c.tensors(l)
	return c.winograd(l, kernel.NewTransposed(w, bias, l.In.Channels))
}
