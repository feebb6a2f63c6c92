package images

import (
	"encoding/binary"
	"math/bits"

	"exemplar/schemas"
)

// border returns the share of the samples on the image's outermost ring, one
// pixel wide, that lie on the bright side of Otsu's threshold: above zero it is
// where an object meets the edge of the crop, whether the crop is masked to zero
// outside the object or shows its background. t is the threshold.
//
// Samples of 16 bits are taken without their lowest bits, shift of them, so that the
// largest has 12, for the threshold and for the comparison.
func border(pixels []byte, s schemas.ImageShape, t, shift int) float32 {
	row := s.Width * s.Channels
	at := func(i int) int {
		if s.Bits == 8 {
			return int(pixels[i])
		}
		return int(binary.LittleEndian.Uint16(pixels[2*i:])) >> shift
	}
	var n, above uint64
	count := func(from, to int) {
		for i := from; i < to; i++ {
			n++
			if at(i) > t {
				above++
			}
		}
	}
	side := min(s.Channels, row) // samples of one pixel
	for y := range s.Height {
		first := y * row
		switch {
		case y == 0 || y == s.Height-1:
			count(first, first+row)
		case s.Width == 1:
			count(first, first+side)
		default:
			count(first, first+side)
			count(first+row-side, first+row)
		}
	}
	return quotient(above, n)
}

// object returns the share of the samples of a histogram that lie on the bright side of
// Otsu's threshold t: the size of the object in the crop, whether the crop is masked to
// zero outside the object or shows its background.
func object(hist []uint64, t int) float32 {
	var n, above uint64
	for v, c := range hist {
		n += c
		if v > t {
			above += c
		}
	}
	return quotient(above, n)
}

// Otsu returns the threshold t that splits the histogram into values up to t
// and above with the largest variance between the two; the smallest such t
// (Otsu, "A threshold selection method from gray-level histograms", 1979). Every
// product is rounded before it is added to, so that all platforms agree.
func Otsu(hist []uint64) int {
	var n, sum, below, belowSum float64
	for v, c := range hist {
		n += float64(c)
		sum += float64(uint64(v) * c)
	}
	best, at := -1.0, 0
	for v, c := range hist {
		if c == 0 {
			continue
		}
		below += float64(c)
		belowSum += float64(uint64(v) * c)
		if below == n {
			break
		}
		d := float64(belowSum*n) - float64(sum*below)
		if variance := float64(d*d) / float64(below*(n-below)); variance > best {
			best, at = variance, v
		}
	}
	return at
}

// histogram16 returns the histogram of little-endian 16-bit samples without
// their lowest bits, whose number is shift: most keeps 12 bits.
func histogram16(p []byte, most uint64) (hist []uint64, shift int) {
	shift = max(0, bits.Len64(most)-12)
	hist = make([]uint64, most>>shift+1)
	for ; len(p) >= 8; p = p[8:] {
		w := binary.LittleEndian.Uint64(p)
		if w == 0 {
			hist[0] += 4
			continue
		}
		hist[w&0xffff>>shift]++
		hist[w>>16&0xffff>>shift]++
		hist[w>>32&0xffff>>shift]++
		hist[w>>48>>shift]++
	}
	for ; len(p) >= 2; p = p[2:] {
		hist[int(binary.LittleEndian.Uint16(p))>>shift]++
	}
	return hist, shift
}
