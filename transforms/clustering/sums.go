package clustering

import (
	"encoding/binary"
	"sync"
)

// Partial is the sum over the rows of some files, encoded. Sums are exact, so
// partials may be added in any order.
type Partial struct {
	Counts  []byte // int64 of each group
	Sums    []byte // int64 fixed point, group by group
	Squares []byte // two uint64: see sums.squares
	FarD2   []byte // float64
	FarRows []byte // float32
}

// sums accumulates rows of some files by group.
type sums struct {
	d       int
	scale   Scale
	factor  float64
	counts  []int64
	totals  []int64 // groups x d
	squares WideSum // of squared distances to the group's centre, or of squared norms
	far     farthest
}

func newSums(groups, d int, scale Scale, keepFar int) *sums {
	return &sums{d: d, scale: scale, factor: scale.Factor(), counts: make([]int64, groups),
		totals: make([]int64, groups*d), far: farthest{keep: keepFar}}
}

// add adds one row to its group.
func (s *sums) add(group int32, x []float32, square float64) {
	g := int(group)
	s.counts[g]++
	AddRow(s.totals[g*s.d:(g+1)*s.d], x, s.factor)
	s.squares.Add(square, s.scale)
	if s.far.keep > 0 {
		s.far.offer(x, square)
	}
}

// fold adds the sums of other rows.
func (s *sums) fold(o *sums) {
	for i, n := range o.counts {
		s.counts[i] += n
	}
	for i, v := range o.totals {
		s.totals[i] += v
	}
	s.squares.Merge(o.squares)
	for _, r := range o.far.list {
		s.far.offer(r.x, r.d2)
	}
}

// means appends the mean of every group that has rows to dst.
func (s *sums) means(dst []float64) []float64 {
	row := make([]float64, s.d)
	for g, n := range s.counts {
		if n > 0 {
			s.scale.Mean(row, s.totals[g*s.d:(g+1)*s.d], n)
			dst = append(dst, row...)
		}
	}
	return dst
}

func (s *sums) encode() Partial {
	p := Partial{Counts: pack(s.counts), Sums: pack(s.totals)}
	p.Squares = binary.LittleEndian.AppendUint64(p.Squares, s.squares.Hi)
	p.Squares = binary.LittleEndian.AppendUint64(p.Squares, s.squares.Lo)
	for _, r := range s.far.list {
		p.FarD2 = append(p.FarD2, pack([]float64{r.d2})...)
		p.FarRows = append(p.FarRows, pack(r.x)...)
	}
	return p
}

// joinSums adds up partials.
func joinSums(partials []Partial, groups, d int, scale Scale, keepFar int) *sums {
	total := newSums(groups, d, scale, keepFar)
	for _, p := range partials {
		o := &sums{counts: unpack[int64](p.Counts), totals: unpack[int64](p.Sums)}
		o.squares.Hi = binary.LittleEndian.Uint64(p.Squares)
		o.squares.Lo = binary.LittleEndian.Uint64(p.Squares[8:])
		rows := unpack[float32](p.FarRows)
		for i, d2 := range unpack[float64](p.FarD2) {
			o.far.list = append(o.far.list, farRow{d2, rows[i*d : (i+1)*d]})
		}
		total.fold(o)
	}
	return total
}

// spares are sums that have been folded, for the next files of the same pass: they are as
// large as the centres.
type spares struct {
	mu   sync.Mutex
	list []*sums
}

// take returns empty sums.
func (s *spares) take(groups, d int, scale Scale, keepFar int) *sums {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return newSums(groups, d, scale, keepFar)
	}
	t := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	clear(t.counts)
	clear(t.totals)
	t.squares, t.far.list = WideSum{}, nil
	return t
}

// fold adds from to into, and keeps from.
func (s *spares) fold(into, from *sums) {
	into.fold(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, from)
}
