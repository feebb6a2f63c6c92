package images

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"exemplar/schemas"
)

// Quality returns the quality columns of an image, as schemas defines them, and
// its QC bits: QCConstant where all samples are equal. pixels holds s.Bytes()
// bytes as in a record.
//
// All sums are exact integers over all samples of all channels, and every figure
// is the float32 nearest to their quotient, so that it depends on nothing but
// the pixels. The Laplacian 4p - up - down - left - right is taken per channel, at
// the pixels that have all four neighbours; where there are none sharpness is 0.
func Quality(pixels []byte, s schemas.ImageShape) (schemas.Quality, int32) {
	var st stats
	full := uint64(1)<<s.Bits - 1
	if s.Bits == 8 {
		st = stats8(pixels)
	} else {
		st = stats16(pixels)
	}
	var lap moments
	if rows := s.Height - 2; rows > 0 && s.Width > 2 {
		row := s.Width * s.Channels * s.Bits / 8
		for y := range rows {
			up, mid, down := pixels[y*row:(y+1)*row], pixels[(y+1)*row:(y+2)*row], pixels[(y+2)*row:(y+3)*row]
			if s.Bits == 8 {
				lap.add(laplacian8(up, mid, down, s.Channels))
			} else {
				lap.add(laplacian16(up, mid, down, s.Channels))
			}
		}
	}
	n := uint64(s.Height) * uint64(s.Width) * uint64(s.Channels)
	inner := uint64(max(s.Height-2, 0)) * uint64(max(s.Width-2, 0)) * uint64(s.Channels)
	var flags int32
	if st.min == st.max {
		flags |= schemas.QCConstant
	}
	return schemas.Quality{
		Mean:       quotient(st.sum, n*full),
		Max:        quotient(st.max, full),
		Saturated:  quotient(st.full, n),
		Foreground: quotient(n-st.zero, n),
		Sharpness:  lap.variance(inner, full),
	}, flags
}

// quotient returns a/b to float32; both are below 2^53 for any image that fits
// in memory.
func quotient(a, b uint64) float32 { return float32(float64(a) / float64(b)) }

// stats are the sums over single samples.
type stats struct {
	sum, min, max uint64
	zero, full    uint64 // samples at zero and at full scale
}

// stats8 takes the figures of 8-bit samples from their histogram. Four
// histograms keep runs of one value from waiting for each other, and eight
// zeros in a row, the background of a masked cell, are one step.
func stats8(p []byte) stats {
	var h [4][256]uint32
	var zeros uint64
	var s stats
	for ; len(p) >= 8; p = p[8:] {
		w := binary.LittleEndian.Uint64(p)
		if w == 0 {
			zeros += 8
			continue
		}
		h[0][byte(w)]++
		h[1][byte(w>>8)]++
		h[2][byte(w>>16)]++
		h[3][byte(w>>24)]++
		h[0][byte(w>>32)]++
		h[1][byte(w>>40)]++
		h[2][byte(w>>48)]++
		h[3][byte(w>>56)]++
	}
	for _, v := range p {
		h[0][v]++
	}
	s.min = 255
	for v := range uint64(256) {
		n := uint64(h[0][v]) + uint64(h[1][v]) + uint64(h[2][v]) + uint64(h[3][v])
		if v == 0 {
			n += zeros
			s.zero = n
		}
		if n > 0 {
			s.sum, s.min, s.max, s.full = s.sum+n*v, min(s.min, v), v, n
		}
	}
	if s.max != 255 {
		s.full = 0
	}
	return s
}

// stats16 takes the figures of little-endian 16-bit samples.
func stats16(p []byte) stats {
	s := stats{min: 65535}
	for ; len(p) >= 2; p = p[2:] {
		v := uint64(binary.LittleEndian.Uint16(p))
		s.sum, s.min, s.max = s.sum+v, min(s.min, v), max(s.max, v)
		s.zero += (v - 1) >> 63
		s.full += (v + 1) >> 16
	}
	return s
}

// moments are the exact sum and sum of squares of integers.
type moments struct {
	sum    int64
	lo, hi uint64 // sum of squares, 128 bits
}

// add adds the sum and the sum of squares of one row.
func (m *moments) add(sum int64, squares uint64) {
	m.sum += sum
	var carry uint64
	m.lo, carry = bits.Add64(m.lo, squares, 0)
	m.hi += carry
}

// variance returns the variance of the n integers divided by full: (n*squares -
// sum^2) / (n*full)^2, rounded once.
func (m *moments) variance(n, full uint64) float32 {
	if n == 0 {
		return 0
	}
	squares := new(big.Int).SetUint64(m.hi)
	squares.Add(squares.Lsh(squares, 64), new(big.Int).SetUint64(m.lo))
	count, sum := new(big.Int).SetUint64(n), big.NewInt(m.sum)
	num := squares.Mul(squares, count)
	num.Sub(num, sum.Mul(sum, sum))
	den := count.Mul(count, new(big.Int).SetUint64(full))
	v, _ := new(big.Rat).SetFrac(num, den.Mul(den, den)).Float32()
	return v
}

// laplacian8 returns the sum and the sum of squares of the Laplacian over the
// inner samples of a row of 8-bit samples, given the rows above and below. A
// stretch of zeros as wide as a word, and its neighbours, adds nothing.
func laplacian8(up, mid, down []byte, channels int) (sum int64, squares uint64) {
	n := len(mid) - 2*channels
	left, right := mid[:n], mid[2*channels:][:n]
	up, mid, down = up[channels:][:n], mid[channels:][:n], down[channels:][:n]
	i := 0
	for i < n {
		for i+8 <= n && binary.LittleEndian.Uint64(mid[i:])|binary.LittleEndian.Uint64(up[i:])|
			binary.LittleEndian.Uint64(down[i:])|binary.LittleEndian.Uint64(left[i:])|
			binary.LittleEndian.Uint64(right[i:]) == 0 {
			i += 8
		}
		end := min(i+8, n)
		u, m, d, l, r := up[i:end], mid[i:end], down[i:end], left[i:end], right[i:end]
		for k := range m {
			v := 4*int64(m[k]) - int64(u[k]) - int64(d[k]) - int64(l[k]) - int64(r[k])
			sum += v
			squares += uint64(v * v)
		}
		i = end
	}
	return sum, squares
}

// laplacian16 is laplacian8 for little-endian 16-bit samples.
func laplacian16(up, mid, down []byte, channels int) (sum int64, squares uint64) {
	n := len(mid) - 4*channels
	left, right := mid[:n], mid[4*channels:][:n]
	up, mid, down = up[2*channels:][:n], mid[2*channels:][:n], down[2*channels:][:n]
	at := func(p []byte, i int) int64 { return int64(binary.LittleEndian.Uint16(p[i:])) }
	for i := 0; i+2 <= n; i += 2 {
		v := 4*at(mid, i) - at(up, i) - at(down, i) - at(left, i) - at(right, i)
		sum += v
		squares += uint64(v * v)
	}
	return sum, squares
}
