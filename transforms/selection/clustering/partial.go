package clustering

import (
	"context"
	"io"
	"sync"

	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/kmeans"
)

// Partial is the sum over the rows of some files. Sums are exact, so partials may
// be added in any order.
type Partial struct{ Sums spill.Value }

// writeSums encodes sums.
func writeSums(w io.Writer, s *kmeans.Sums) error {
	d2, rows := s.Far.Flat()
	for _, err := range []error{
		spill.Write(w, s.Counts),
		spill.Write(w, s.Totals),
		spill.Write(w, []uint64{s.Squares.Hi, s.Squares.Lo}),
		spill.Write(w, d2),
		spill.Write(w, rows),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// readSums adds encoded sums to s, which are never in memory as a whole.
func readSums(r io.Reader, s *kmeans.Sums) error {
	if err := spill.Add(r, s.Counts); err != nil {
		return err
	}
	if err := spill.Add(r, s.Totals); err != nil {
		return err
	}
	squares, err := spill.Read[uint64](r)
	if err != nil {
		return err
	}
	s.Squares.Merge(kmeans.WideSum{Hi: squares[0], Lo: squares[1]})
	d2, err := spill.Read[float64](r)
	if err != nil {
		return err
	}
	rows, err := spill.Read[float32](r)
	if err != nil {
		return err
	}
	for i, v := range d2 {
		s.Far.Offer(rows[i*s.D:(i+1)*s.D], v)
	}
	return nil
}

// putSums turns sums into a partial, whose file is in the folder dir.
func putSums(ctx context.Context, dir string, s *kmeans.Sums) (Partial, error) {
	v, err := spill.Put(ctx, dir, "sums", func(w io.Writer) error { return writeSums(w, s) })
	return Partial{v}, err
}

// joinSums adds up partials, one after the other.
func joinSums(ctx context.Context, partials []Partial, groups, d int, scale kmeans.Scale, keepFar int) (*kmeans.Sums, error) {
	total := kmeans.NewSums(groups, d, scale, keepFar)
	for _, p := range partials {
		if err := p.Sums.Read(ctx, func(r io.Reader) error { return readSums(r, total) }); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// spares are sums that have been folded, for the next files of the same pass: they are as
// large as the centers.
type spares struct {
	mu   sync.Mutex
	list []*kmeans.Sums
}

// take returns empty sums.
func (s *spares) take(groups, d int, scale kmeans.Scale, keepFar int) *kmeans.Sums {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return kmeans.NewSums(groups, d, scale, keepFar)
	}
	t := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	t.Clear()
	return t
}

// fold adds from to into, and keeps from.
func (s *spares) fold(into, from *kmeans.Sums) {
	into.Fold(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, from)
}
