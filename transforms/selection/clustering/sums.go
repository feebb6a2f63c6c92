package clustering

import (
	"context"
	"io"
	"sync"

	"exemplar/transforms/run/spill"
)

// Partial is the sum over the rows of some files. Sums are exact, so partials may
// be added in any order.
type Partial struct{ Sums spill.Value }

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

// means returns the mean of every group that has rows.
func (s *sums) means() []float64 {
	row, dst := make([]float64, s.d), make([]float64, 0, len(s.totals))
	for g, n := range s.counts {
		if n > 0 {
			s.scale.Mean(row, s.totals[g*s.d:(g+1)*s.d], n)
			dst = append(dst, row...)
		}
	}
	return dst
}

// write encodes the sums.
func (s *sums) write(w io.Writer) error {
	var d2 []float64
	var rows []float32
	for _, r := range s.far.list {
		d2, rows = append(d2, r.d2), append(rows, r.x...)
	}
	for _, err := range []error{
		spill.Write(w, s.counts),
		spill.Write(w, s.totals),
		spill.Write(w, []uint64{s.squares.Hi, s.squares.Lo}),
		spill.Write(w, d2),
		spill.Write(w, rows),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// read adds encoded sums, which are never in memory as a whole.
func (s *sums) read(r io.Reader) error {
	if err := spill.Add(r, s.counts); err != nil {
		return err
	}
	if err := spill.Add(r, s.totals); err != nil {
		return err
	}
	squares, err := spill.Read[uint64](r)
	if err != nil {
		return err
	}
	s.squares.Merge(WideSum{squares[0], squares[1]})
	d2, err := spill.Read[float64](r)
	if err != nil {
		return err
	}
	rows, err := spill.Read[float32](r)
	if err != nil {
		return err
	}
	for i, v := range d2 {
		s.far.offer(rows[i*s.d:(i+1)*s.d], v)
	}
	return nil
}

// put turns sums into a partial, whose file is in the folder dir.
func (s *sums) put(ctx context.Context, dir string) (Partial, error) {
	v, err := spill.Put(ctx, dir, "sums", s.write)
	return Partial{v}, err
}

// joinSums adds up partials, one after the other.
func joinSums(ctx context.Context, partials []Partial, groups, d int, scale Scale, keepFar int) (*sums, error) {
	total := newSums(groups, d, scale, keepFar)
	for _, p := range partials {
		if err := p.Sums.Read(ctx, total.read); err != nil {
			return nil, err
		}
	}
	return total, nil
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
