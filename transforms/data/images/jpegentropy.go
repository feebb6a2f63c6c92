package images

import "math/bits"

// image/jpeg, like others, takes what it needs of the entropy-coded data and passes
// over the rest: where a bit has flipped, blocks take more or fewer bits than were
// written, all that follows is another picture, and nothing is said. But then the data
// end elsewhere, too. So every scan is walked here without computing pixels: behind
// its last block, and before each restart marker, fewer than 8 bits must be left
// (ITU T.81, F.1.2.3 and G.1).

// jpegComponent is one color of the frame.
type jpegComponent struct {
	h, v    int      // sampling factors
	columns int      // blocks in a row of whole MCUs
	nonzero []uint64 // of each block, of a progressive file: bit k is coefficient k
	dc, ac  int      // Huffman tables of the scan
}

// huffman decodes codes of up to 16 bits: short holds length<<8 | value of codes of
// up to 8 bits by what they begin.
type huffman struct {
	short        [256]uint16
	first, count [17]int // of a length: the first code, the number of codes
	offset       [17]int // of a length: where its values start
	values       []byte
}

// tables reads a segment of Huffman tables (B.2.4.2).
func (s *jpegScan) tables(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 || b[0]&15 > 3 || b[0]>>4 > 1 {
			return corrupt("a JPEG Huffman table is damaged")
		}
		h := new(huffman)
		code, total := 0, 0
		for length := 1; length <= 16; length++ {
			h.first[length], h.count[length], h.offset[length] = code, int(b[length]), total
			total += int(b[length])
			code = (code + int(b[length])) << 1
			if code > 1<<(length+1) {
				return corrupt("a JPEG Huffman table is damaged")
			}
		}
		if total > 256 || len(b) < 17+total {
			return corrupt("a JPEG Huffman table is damaged")
		}
		h.values = b[17 : 17+total]
		for length := 1; length <= 8; length++ {
			for i := range h.count[length] {
				at := (h.first[length] + i) << (8 - length)
				for j := range 1 << (8 - length) {
					h.short[at+j] = uint16(length)<<8 | uint16(h.values[h.offset[length]+i])
				}
			}
		}
		s.huffman[b[0]>>4][b[0]&15] = h
		b = b[17+total:]
	}
	return nil
}

// entropy reads the bits of a scan.
type entropy struct {
	data []byte // from the next byte on
	acc  uint32 // the last n bits that were read and not yet used
	n    int
	run  int // blocks that end here, of a progressive scan (EOBRUN)
	bad  bool
}

// fill reads up to 16 bits, as far as the next marker.
func (e *entropy) fill() {
	for e.n <= 16 && len(e.data) > 0 {
		c := e.data[0]
		if c == 0xff {
			if len(e.data) < 2 || e.data[1] != 0 {
				return
			}
			e.data = e.data[1:]
		}
		e.data = e.data[1:]
		e.acc, e.n = e.acc<<8|uint32(c), e.n+8
	}
}

// take returns the next k bits, at most 16; bad is set where there are fewer.
func (e *entropy) take(k int) int {
	if e.n < k {
		if e.fill(); e.n < k {
			e.bad = true
			return 0
		}
	}
	e.n -= k
	return int(e.acc>>e.n) & (1<<k - 1)
}

// symbol decodes one value.
func (e *entropy) symbol(h *huffman) int {
	if e.n < 16 {
		e.fill()
	}
	if e.n >= 8 {
		if s := h.short[uint8(e.acc>>(e.n-8))]; s != 0 {
			e.n -= int(s >> 8)
			return int(s & 255)
		}
	}
	code := 0
	for length := 1; length <= 16; length++ {
		code = code<<1 | e.take(1)
		if e.bad {
			return 0
		}
		if i := code - h.first[length]; i >= 0 && i < h.count[length] {
			return int(h.values[h.offset[length]+i])
		}
	}
	e.bad = true
	return 0
}

// aligned reports whether all bytes up to the next marker have been used, and moves
// to it.
func (e *entropy) aligned() bool {
	if e.bad || e.n >= 8 || e.run > 0 {
		return false
	}
	e.acc, e.n = 0, 0
	for len(e.data) > 2 && e.data[0] == 0xff && e.data[1] == 0xff { // fill bytes
		e.data = e.data[1:]
	}
	return len(e.data) >= 2 && e.data[0] == 0xff && e.data[1] != 0
}

// restart passes over restart marker i.
func (e *entropy) restart(i int) bool {
	if !e.aligned() || e.data[1] != 0xd0+byte(i&7) {
		return false
	}
	e.data = e.data[2:]
	return true
}

// walk passes over the entropy-coded data of a scan of the given components and
// returns what follows: a marker.
func (s *jpegScan) walk(data []byte, scanned []jpegComponent, band jpegBand) ([]byte, error) {
	e := entropy{data: data}
	columns, rows := s.columns, s.rows // MCUs
	if len(scanned) == 1 {             // blocks, without those that only fill MCUs
		c := scanned[0]
		columns = (s.im.Width*c.h + 8*s.h - 1) / (8 * s.h)
		rows = (s.im.Height*c.v + 8*s.v - 1) / (8 * s.v)
	}
	for i := range columns * rows {
		if s.interval > 0 && i > 0 && i%s.interval == 0 && !e.restart(i/s.interval-1) {
			return nil, wrongLength()
		}
		x, y := i%columns, i/columns
		for _, c := range scanned {
			if len(scanned) == 1 {
				s.block(&e, c, y*c.columns+x, band)
				continue
			}
			for j := range c.h * c.v {
				s.block(&e, c, (y*c.v+j/c.h)*c.columns+x*c.h+j%c.h, band)
			}
		}
		if e.bad {
			return nil, wrongLength()
		}
	}
	if !e.aligned() || e.data[1] >= 0xd0 && e.data[1] <= 0xd7 {
		return nil, wrongLength()
	}
	return e.data, nil
}

func wrongLength() error {
	return corrupt("the JPEG data are damaged: they hold more or less than the blocks of the picture")
}

// jpegBand says which coefficients a scan brings, and whether for the first time.
type jpegBand struct {
	first, last int
	refine      bool
}

// block passes over one block.
func (s *jpegScan) block(e *entropy, c jpegComponent, at int, band jpegBand) {
	switch k := band.first; {
	case k > 0 && band.refine:
		e.refineAC(s.huffman[1][c.ac], &c.nonzero[at], band)
	case k == 0 && band.refine:
		e.take(1)
	default:
		if k == 0 {
			n := e.symbol(s.huffman[0][c.dc])
			if e.bad = e.bad || n > 11; !e.bad {
				e.take(n)
			}
			k = 1
		}
		if k > band.last {
			return
		}
		var mask uint64
		e.firstAC(s.huffman[1][c.ac], &mask, k, band.last, s.progressive)
		if s.progressive {
			c.nonzero[at] |= mask
		}
	}
}

// firstAC passes over coefficients k to last.
func (e *entropy) firstAC(h *huffman, mask *uint64, k, last int, progressive bool) {
	if e.run > 0 {
		e.run--
		return
	}
	for k <= last && !e.bad {
		symbol := e.symbol(h)
		zeros, n := symbol>>4, symbol&15
		if n == 0 && zeros < 15 {
			if progressive {
				e.run = 1<<zeros - 1 + e.take(zeros)
			} else if zeros > 0 {
				e.bad = true
			}
			return
		}
		k += zeros
		if k > last {
			e.bad = true
			return
		}
		if n > 0 {
			e.take(n)
			*mask |= 1 << k
		}
		k++
	}
}

// refineAC passes over one more bit of the coefficients of the band.
func (e *entropy) refineAC(h *huffman, mask *uint64, band jpegBand) {
	k := band.first
	for e.run == 0 && k <= band.last && !e.bad {
		symbol := e.symbol(h)
		zeros, n := symbol>>4, symbol&15
		if n == 0 && zeros < 15 {
			e.run = 1<<zeros + e.take(zeros)
			break
		}
		if n > 1 {
			e.bad = true
			return
		}
		e.take(n) // the sign
		if k = e.nonzeros(*mask, k, band.last, zeros); k > band.last {
			e.bad = true
			return
		}
		if n == 1 {
			*mask |= 1 << k
		}
		k++
	}
	if e.run > 0 {
		e.run--
		if left := *mask >> k; k <= band.last {
			for range bits.OnesCount64(left << (63 - band.last + k)) {
				e.take(1)
			}
		}
	}
}

// nonzeros takes a bit of each coefficient that is not zero, up to the zero after
// the given number of zeros, and returns where that is.
func (e *entropy) nonzeros(mask uint64, k, last, zeros int) int {
	for ; k <= last; k++ {
		switch {
		case mask>>k&1 == 1:
			e.take(1)
		case zeros == 0:
			return k
		default:
			zeros--
		}
	}
	return k
}
