package images

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"exemplar/schemas"
)

// Quality returns the quality columns of an image, as schemas defines them, and
// its QC bits: QCConstant where all samples are equal. pixels holds s.Bytes()
// bytes as in a record; full is what counts as full scale, see schemas.FullScale: samples above it
// are saturated, too.
//
// All sums are exact integers over all samples of all channels, and every figure
// is the float32 nearest to their quotient, so that it depends on nothing but
// the pixels. The Laplacian 4p - up - down - left - right is taken per channel, at
// the pixels that have all four neighbors; where there are none sharpness is 0.
// See border for the share of the outermost ring, and object for that of all; a constant
// image has none.
func Quality(pixels []byte, s schemas.ImageShape, full int) (schemas.Quality, int32) {
	t := sumsOf(pixels, s, uint64(schemas.FullScale(full, s.Bits)))
	q := t.quality(pixels, s)
	if t.constant {
		return q, schemas.QCConstant
	}
	return q, 0
}

// sums are what the quality of an image follows from: exact integers.
type sums struct {
	stats
	fullScale uint64
	n, inner  uint64 // samples, and those with a Laplacian
	lap       moments
	hist      []uint64 // of the samples without their lowest bits
	shift     int      // whose number is this
}

// sumsOf takes the sums of all samples.
func sumsOf(pixels []byte, s schemas.ImageShape, full uint64) *sums {
	t := &sums{
		fullScale: full,
		n:         uint64(s.Height) * uint64(s.Width) * uint64(s.Channels),
		inner:     uint64(max(s.Height-2, 0)) * uint64(max(s.Width-2, 0)) * uint64(s.Channels),
	}
	if s.Bits == 8 {
		var h [256]uint64
		t.stats = stats8(pixels, &h, full)
		t.hist = h[:]
	} else {
		t.stats = stats16(pixels, full)
		t.hist, t.shift = histogram16(pixels, t.max)
	}
	if rows := s.Height - 2; rows > 0 && s.Width > 2 {
		row := s.Width * s.Channels * s.Bits / 8
		for y := range rows {
			up, mid, down := pixels[y*row:(y+1)*row], pixels[(y+1)*row:(y+2)*row], pixels[(y+2)*row:(y+3)*row]
			if s.Bits == 8 {
				t.lap.add(laplacian8(up, mid, down, s.Channels))
			} else {
				t.lap.add(laplacian16(up, mid, down, s.Channels))
			}
		}
	}
	return t
}

// quality returns the figures of the image that the sums are of.
func (t *sums) quality(pixels []byte, s schemas.ImageShape) schemas.Quality {
	var ring, size float32
	if !t.constant {
		at := Otsu(t.hist)
		ring, size = border(pixels, s, at, t.shift), object(t.hist, at)
	}
	return schemas.Quality{
		Mean:       quotient(t.sum, t.n*t.fullScale),
		Max:        quotient(t.max, t.fullScale),
		Saturated:  quotient(t.full, t.n),
		Foreground: quotient(t.n-t.zero, t.n),
		Sharpness:  t.lap.variance(t.inner, t.fullScale),
		Border:     ring,
		Object:     size,
	}
}

// quotient returns a/b to float32; both are below 2^53 for any image that fits
// in memory.
func quotient(a, b uint64) float32 { return float32(float64(a) / float64(b)) }

// stats are the sums over single samples.
type stats struct {
	sum, max   uint64
	zero, full uint64 // samples at zero, and at full scale or above
	constant   bool   // all samples are equal
}

// stats8 takes the figures of 8-bit samples from their histogram, total. Four
// histograms keep runs of one value from waiting for each other, and eight
// zeros in a row, the background of a masked cell, are one step.
func stats8(p []byte, total *[256]uint64, full uint64) stats {
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
	least := uint64(255)
	for v := range uint64(256) {
		n := uint64(h[0][v]) + uint64(h[1][v]) + uint64(h[2][v]) + uint64(h[3][v])
		if v == 0 {
			n += zeros
			s.zero = n
		}
		total[v] = n
		if n > 0 {
			s.sum, least, s.max = s.sum+n*v, min(least, v), v
		}
		if v >= full {
			s.full += n
		}
	}
	s.constant = least == s.max
	return s
}

// Words of 16-bit samples are worked on as two of two 32-bit lanes, the samples
// at even places and those at odd ones; words of 8-bit samples as two of four
// 16-bit lanes.
const (
	ones8, ones16   = 0x0001_0001_0001_0001, 0x0000_0001_0000_0001 // one in each lane
	evens8, evens16 = 0xff * ones8, 0xffff * ones16                // the even samples
	tops16          = 0x8000 * ones8                               // the top bit of each 16-bit sample
	tops32          = 1 << 31 * ones16                             // and of each 32-bit lane
)

// word returns the eight bytes of p at i.
func word(p []byte, i int) uint64 { return binary.LittleEndian.Uint64(p[i : i+8 : i+8]) }

// nonzeros16 returns how many of the four samples of a word are not zero.
func nonzeros16(w uint64) uint64 {
	return uint64(bits.OnesCount64((w&^tops16 + ^uint64(tops16) | w) & tops16))
}

// stats16 takes the figures of little-endian 16-bit samples.
func stats16(p []byte, full uint64) stats {
	n := uint64(len(p) / 2)
	first := uint64(binary.LittleEndian.Uint16(p)) * ones8
	below := (1<<31 - full) * ones16 // what a lane at full scale has its top bit set by
	var s stats
	var nonzero, different uint64
	add := func(w uint64) {
		even, odd := w&evens16, w>>16&evens16
		s.sum += (even + odd) * ones16 >> 32
		nonzero += nonzeros16(w)
		if above := (1<<31 - 1 - s.max) * ones16; (even+above|(odd+above))&tops32 != 0 { // a sample above max
			s.max = max(s.max, w&0xffff, w>>16&0xffff, w>>32&0xffff, w>>48)
		}
		if s.max >= full {
			s.full += uint64(bits.OnesCount64((even+below)&tops32>>1 | (odd+below)&tops32))
		}
	}
	for ; len(p) >= 8; p = p[8:] {
		w := binary.LittleEndian.Uint64(p)
		different |= w ^ first
		add(w)
	}
	for ; len(p) >= 2; p = p[2:] {
		v := uint64(binary.LittleEndian.Uint16(p))
		different |= v ^ first&0xffff
		add(v)
	}
	s.zero, s.constant = n-nonzero, different == 0
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

// join adds the sums of o.
func (m *moments) join(o *moments) {
	m.sum += o.sum
	var carry uint64
	m.lo, carry = bits.Add64(m.lo, o.lo, 0)
	m.hi += o.hi + carry
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

// A Laplacian is worked on as x = laplacian + bias, which is not negative. From
// the sums over n of them follow the sum and the sum of squares without bias.
func unbias(n, sum, squares, bias uint64) (int64, uint64) {
	sum -= n * bias
	return int64(sum), squares - 2*bias*sum - n*bias*bias
}

// laplacian8 returns the sum and the sum of squares of the Laplacian over the
// inner samples of a row of 8-bit samples, given the rows above and below. A
// word of zeros among zeros adds nothing.
//
// A lane holds less than 1<<11, so that the product of two lanes in the halves
// of a word and the same swapped has the sum of their squares in its upper half.
func laplacian8(up, mid, down []byte, channels int) (sum int64, squares uint64) {
	const bias, pair = 1024, 0xffff * ones16
	square := func(w uint64) uint64 { return w * bits.RotateLeft64(w, 32) }
	n := len(mid) - 2*channels
	left, right := mid[:n], mid[2*channels:][:n]
	up, mid, down = up[channels:][:n], mid[channels:][:n], down[channels:][:n]
	var words, sumX, squaresX uint64
	i := 0
	for ; i <= n-8; i += 8 {
		u, m, d, l, r := word(up, i), word(mid, i), word(down, i), word(left, i), word(right, i)
		if u|m|d|l|r == 0 {
			continue
		}
		even := (m&evens8)<<2 + bias*ones8 - (u&evens8 + d&evens8 + l&evens8 + r&evens8)
		odd := (m>>8&evens8)<<2 + bias*ones8 - (u>>8&evens8 + d>>8&evens8 + l>>8&evens8 + r>>8&evens8)
		sumX += (even + odd) * ones8 >> 48
		squaresX += (square(even&pair) + square(even>>16&pair) + square(odd&pair) + square(odd>>16&pair)) >> 32
		words++
	}
	sum, squares = unbias(8*words, sumX, squaresX, bias)
	for ; i < n; i++ {
		v := 4*int64(mid[i]) - int64(up[i]) - int64(down[i]) - int64(left[i]) - int64(right[i])
		sum += v
		squares += uint64(v * v)
	}
	return sum, squares
}

// laplacian16 is laplacian8 for little-endian 16-bit samples. A lane holds less
// than 1<<19.
func laplacian16(up, mid, down []byte, channels int) (sum int64, squares uint64) {
	const bias = 1 << 18
	square := func(w uint64) uint64 { return (w&(1<<32-1))*(w&(1<<32-1)) + (w>>32)*(w>>32) }
	n := len(mid) - 4*channels
	left, right := mid[:n], mid[4*channels:][:n]
	up, mid, down = up[2*channels:][:n], mid[2*channels:][:n], down[2*channels:][:n]
	var words, sumX, squaresX uint64
	i := 0
	for ; i <= n-8; i += 8 {
		u, m, d, l, r := word(up, i), word(mid, i), word(down, i), word(left, i), word(right, i)
		if u|m|d|l|r == 0 {
			continue
		}
		even := (m&evens16)<<2 + bias*ones16 - (u&evens16 + d&evens16 + l&evens16 + r&evens16)
		odd := (m>>16&evens16)<<2 + bias*ones16 - (u>>16&evens16 + d>>16&evens16 + l>>16&evens16 + r>>16&evens16)
		sumX += (even + odd) * ones16 >> 32
		squaresX += square(even) + square(odd)
		words++
	}
	sum, squares = unbias(4*words, sumX, squaresX, bias)
	at := func(p []byte) int64 { return int64(binary.LittleEndian.Uint16(p[i:])) }
	for ; i <= n-2; i += 2 {
		v := 4*at(mid) - at(up) - at(down) - at(left) - at(right)
		sum += v
		squares += uint64(v * v)
	}
	return sum, squares
}
