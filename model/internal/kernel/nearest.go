package kernel

import (
	"math"
	"unsafe"
)

// TileRows is the number of rows that Nearest takes at a time.
const TileRows = 12

// Lanes is the state of one row in the search for its nearest center. Lane l
// has seen the centers in column l of the blocks: their smallest score, the next
// one, and the number of the first center with the smallest.
type Lanes struct {
	Best, Second [16]float32
	Number       [16]int32
}

// Reset makes ready for a new row.
func (s *Lanes) Reset() { *s = noCenter }

var noCenter = func() (s Lanes) {
	for l := range s.Best {
		s.Best[l], s.Second[l] = float32(math.Inf(1)), float32(math.Inf(1))
	}
	return s
}()

type (
	nearestFunc  func(state *float32, q *int16, ldq int, factors *float32, panels *int32, pairs, blocks int)
	mergeFunc    func(best, second *float32, number *int32, state *float32, rows int)
	normsFunc    func(norms *float32, x *float32, ldx int, mean *float32, d, rows int)
	quantizeFunc func(q *int16, ldq int, x *float32, ldx int, mean *float32, scales *float32, d, rows int)
	squaresFunc  func(d2 *float64, x *float32, ldx int, centers *float64, numbers *int32, d, rows int)
)

// neighbors are the kernels of the search for nearest centers: see
// nearestGeneric, mergeGeneric and so on.
type neighbors struct {
	nearest  nearestFunc
	merge    mergeFunc
	norms    normsFunc
	quantize quantizeFunc
	squares  squaresFunc

	accumulate func(sums *int64, x *float32, factor float64, n int)
}

// Centers holds centers in the form that Nearest reads. It is only read:
// goroutines may share it.
type Centers struct {
	k, pairs int
	blocks   []int32 // of 16 columns: rows of offsets, numbers, units and gaps, then of pairs of coordinates
}

// Center is one center: its coordinates as integers, and what its scores are
// computed with.
type Center struct {
	Coordinates       []int16
	Offset, Unit, Gap float32
}

// headRows is the number of rows of a block before the coordinates.
const headRows = 4

// PackCenters packs centers of d coordinates. Columns are padded with the offset
// +Inf, which nothing is near to.
func PackCenters(centers []Center, d int) *Centers {
	k := len(centers)
	c := &Centers{k: k, pairs: Pairs(d)}
	c.blocks = make([]int32, Up16(k)*(c.pairs+headRows))
	for j := range Up16(k) {
		column := c.blocks[j/16*16*(c.pairs+headRows)+j%16:]
		head := Center{Offset: float32(math.Inf(1))}
		if j < k {
			if head = centers[j]; len(head.Coordinates) != d {
				panic("kernel: PackCenters: sizes do not agree")
			}
		}
		column[0], column[16] = int32(math.Float32bits(head.Offset)), int32(j)
		column[32], column[48] = int32(math.Float32bits(head.Unit)), int32(math.Float32bits(head.Gap))
		for p, v := range head.Coordinates {
			column[16*(p/2+headRows)] |= int32(uint16(v)) << (p % 2 * 16)
		}
	}
	return c
}

// Pairs returns the number of pairs of int16 that hold d coordinates.
func Pairs(d int) int { return (d + 1) / 2 }

// groupBytes bounds the centers that are offered to all rows before the next
// ones, so that they stay in the second level cache.
const groupBytes = 1 << 19

// Nearest offers all centers to rows of 2·Pairs(d) integers, of which an odd d
// leaves the last one 0. There is one state and one factor a row, and their number
// is a multiple of TileRows. The score of center c is
//
//	offset - factor·(unit·float32(q·c) + gap)
//
// where q·c is exact: the caller sees to it that no part of its sum exceeds an
// int32. NaN is never the smallest.
func (s *Set) Nearest(c *Centers, states []Lanes, q []int16, factors []float32) {
	if len(states) == 0 {
		return
	}
	ldq := 2 * c.pairs
	if len(states)%TileRows != 0 || len(factors) < len(states) || len(q) < len(states)*ldq {
		panic("kernel: Nearest: sizes do not agree")
	}
	block := 16 * (c.pairs + headRows)
	group := max(1, groupBytes/(4*block)/2*2)
	for at, total := 0, Up16(c.k)/16; at < total; at += group {
		for i := 0; i < len(states); i += TileRows {
			s.nearest(&states[i].Best[0], &q[i*ldq], ldq, &factors[i], &c.blocks[at*block], c.pairs, min(group, total-at))
		}
	}
}

// Norms computes the squared norms of rows of x less the mean, in float32, with
// an error of a few units in the last place and d/16 more.
func (s *Set) Norms(norms, x, mean []float32) {
	inCalls(len(norms), len(mean), func(i, n int) {
		_ = x[(i+n)*len(mean)-1]
		s.norms(&norms[i], &x[i*len(mean)], len(mean), &mean[0], len(mean), n)
	})
}

// Quantize rounds rows of x less the mean, times their scales, to integers,
// row i to q[i*2*Pairs(d)]. No result may exceed an int16.
func (s *Set) Quantize(q []int16, x, mean, scales []float32) {
	d := len(mean)
	inCalls(len(scales), d, func(i, n int) {
		_, _ = x[(i+n)*d-1], q[(i+n-1)*2*Pairs(d)+d-1]
		s.quantize(&q[i*2*Pairs(d)], 2*Pairs(d), &x[i*d], d, &mean[0], &scales[i], d, n)
	})
}

// inCalls calls f for n rows of d dimensions, so many at a time as a call may take.
func inCalls(n, d int, f func(i, n int)) {
	step := max(1, callTerms/d)
	for i := 0; i < n; i += step {
		f(i, min(step, n-i))
	}
}

// Merge writes of every row the smallest score of all lanes, the smallest score
// of any other center, and the number of the first center with the smallest.
func (s *Set) Merge(best, second []float32, number []int32, states []Lanes) {
	if n := len(states); n > 0 {
		s.merge(&best[:n][0], &second[:n][0], &number[:n][0], &states[0].Best[0], n)
	}
}

// Squares computes the squared distance of rows of x, ldx numbers apart, to
// centers of d coordinates, row i to center numbers[i]. In lane l the squared
// differences of the dimensions l, l+16, l+32 and so on are summed in order, in
// float64; then lanes 8 apart are added, 4, 2 and 1 apart.
func (s *Set) Squares(d2 []float64, x []float32, ldx int, centers []float64, d int, numbers []int32) {
	n := len(numbers)
	if n == 0 {
		return
	}
	_, _ = d2[n-1], x[(n-1)*ldx+d-1]
	for _, v := range numbers {
		_ = centers[int(v)*d : int(v)*d+d]
	}
	inCalls(n, d, func(i, n int) {
		s.squares(&d2[i], &x[i*ldx], ldx, &centers[0], &numbers[i], d, n)
	})
}

// nearestGeneric offers blocks of 16 centers to 12 rows of q.
func nearestGeneric(state *float32, q *int16, ldq int, factors *float32, panels *int32, pairs, blocks int) {
	states := unsafe.Slice((*Lanes)(unsafe.Pointer(state)), TileRows)
	scale := unsafe.Slice(factors, TileRows)
	rows := unsafe.Slice((*[16]int32)(unsafe.Pointer(panels)), blocks*(pairs+headRows))
	for i := range states {
		x := unsafe.Slice((*[2]int16)(unsafe.Add(unsafe.Pointer(q), 2*i*ldq)), pairs)
		for b := range blocks {
			block := rows[b*(pairs+headRows) : (b+1)*(pairs+headRows)]
			for l := 0; l < 16; l += 4 { // a processor has registers for four sums
				for j, sum := range products(x, block[headRows:], l) {
					head := func(row int) float32 { return math.Float32frombits(uint32(block[row][l+j])) }
					product := (float32(float32(sum)*head(2)) + head(3)) * scale[i]
					states[i].offer(l+j, head(0)-float32(product), block[1][l+j])
				}
			}
		}
	}
}

// products multiplies a row with four columns of a block, the first one l.
func products(x [][2]int16, rows [][16]int32, l int) [4]int32 {
	var s0, s1, s2, s3 int32
	for p, v := range x {
		x0, x1 := int32(v[0]), int32(v[1])
		c := (*[4]int32)(rows[p][l:])
		s0 += x0*int32(int16(c[0])) + x1*(c[0]>>16)
		s1 += x0*int32(int16(c[1])) + x1*(c[1]>>16)
		s2 += x0*int32(int16(c[2])) + x1*(c[2]>>16)
		s3 += x0*int32(int16(c[3])) + x1*(c[3]>>16)
	}
	return [4]int32{s0, s1, s2, s3}
}

// normsGeneric computes squared norms: 16 lanes, folded in halves, then the rest.
func normsGeneric(norms *float32, x *float32, ldx int, mean *float32, d, rows int) {
	m := unsafe.Slice(mean, d)
	for i := range unsafe.Slice(norms, rows) {
		var sums [16]float32
		var rest float32
		for p, v := range unsafe.Slice(add(x, i*ldx), d) {
			t := v - m[p]
			if p < d&^15 {
				sums[p%16] += float32(t * t)
			} else {
				rest += float32(t * t)
			}
		}
		for n := 8; n > 0; n /= 2 {
			for l := range n {
				sums[l] += sums[l+n]
			}
		}
		*add(norms, i) = sums[0] + rest
	}
}

// quantizeGeneric rounds rows less a mean, times their scales, to integers.
func quantizeGeneric(q *int16, ldq int, x *float32, ldx int, mean *float32, scales *float32, d, rows int) {
	m := unsafe.Slice(mean, d)
	for i, scale := range unsafe.Slice(scales, rows) {
		out := unsafe.Slice((*int16)(unsafe.Add(unsafe.Pointer(q), 2*i*ldq)), d)
		for p, v := range unsafe.Slice(add(x, i*ldx), d) {
			out[p] = int16(math.RoundToEven(float64(float32((v - m[p]) * scale))))
		}
	}
}

// offer offers a center to lane l.
func (s *Lanes) offer(l int, score float32, number int32) {
	loser := s.Best[l]
	if score > loser {
		loser = score
	}
	if score < s.Best[l] {
		s.Best[l], s.Number[l] = score, number
	}
	if loser < s.Second[l] {
		s.Second[l] = loser
	}
}

// mergeGeneric merges the lanes of each row.
func mergeGeneric(best, second *float32, number *int32, state *float32, rows int) {
	bests, seconds, numbers := unsafe.Slice(best, rows), unsafe.Slice(second, rows), unsafe.Slice(number, rows)
	for i, s := range unsafe.Slice((*Lanes)(unsafe.Pointer(state)), rows) {
		first := 0
		for l, v := range s.Best {
			if v < s.Best[first] || v == s.Best[first] && s.Number[l] < s.Number[first] {
				first = l
			}
		}
		bests[i], numbers[i], seconds[i] = s.Best[first], s.Number[first], s.Second[first]
		for l, v := range s.Best {
			if l != first && v < seconds[i] {
				seconds[i] = v
			}
		}
	}
}

// squaresGeneric computes the squared distances of rows to the centers of given numbers.
func squaresGeneric(d2 *float64, x *float32, ldx int, centers *float64, numbers *int32, d, rows int) {
	out := unsafe.Slice(d2, rows)
	for i, number := range unsafe.Slice(numbers, rows) {
		c := unsafe.Slice((*float64)(unsafe.Add(unsafe.Pointer(centers), 8*d*int(number))), d)
		out[i] = square(unsafe.Slice(add(x, i*ldx), d), c)
	}
}

// square sums four lanes at a time, for which a processor has registers enough.
func square(x []float32, c []float64) float64 {
	var sums [16]float64
	whole := len(x) &^ 15
	for l := 0; l < 16; l += 4 {
		var s0, s1, s2, s3 float64
		for j := l; j < whole; j += 16 {
			p, q := (*[4]float32)(x[j:]), (*[4]float64)(c[j:])
			t0, t1, t2, t3 := float64(p[0])-q[0], float64(p[1])-q[1], float64(p[2])-q[2], float64(p[3])-q[3]
			s0 += float64(t0 * t0)
			s1 += float64(t1 * t1)
			s2 += float64(t2 * t2)
			s3 += float64(t3 * t3)
		}
		sums[l], sums[l+1], sums[l+2], sums[l+3] = s0, s1, s2, s3
	}
	for l, v := range x[whole:] {
		t := float64(v) - c[whole+l]
		sums[l] += float64(t * t)
	}
	for n := 8; n > 0; n /= 2 {
		for l := range n {
			sums[l] += sums[l+n]
		}
	}
	return sums[0]
}
