package selecting

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"weak"

	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
)

// Ranks are what an image is placed by in its groups, of which each assignments file needs
// all: a ranks, and the picks.
type Ranks struct {
	Distances spill.Value // writeLists
	Picks     spill.Value // []weighing.Set, gob
	Tied      bool        // images of a group are at one distance; see tiesFn
}

// ranks are the distances of all images, by target, ascending: 8 bytes for each image of a
// group, center and metric.
type ranks struct{ targets [][]float64 }

// count returns how many images of a target are nearer than a distance, and whether more
// than one is there.
func (r *ranks) count(target int, distance float64) (nearer int, tied, found bool) {
	list := r.targets[target]
	nearer, found = slices.BinarySearch(list, distance)
	return nearer, nearer+1 < len(list) && list[nearer+1] == distance, found
}

// writeLists writes lists of distances, by target.
func writeLists(lists [][]float64) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, list := range lists {
			if err := spill.Write(w, list); err != nil {
				return err
			}
		}
		return nil
	}
}

// readLists reads what writeLists wrote, and appends it to lists of the same targets.
func readLists(ctx context.Context, from spill.Value, into [][]float64) error {
	return from.Read(ctx, func(r io.Reader) error {
		for t := range into {
			list, err := spill.Read[float64](r)
			if err != nil {
				return err
			}
			into[t] = append(into[t], list...)
		}
		return nil
	})
}

// sortLists sorts each list.
func sortLists(lists [][]float64) {
	parallel.All(len(lists), func(i int) { slices.Sort(lists[i]) })
}

// ranksFn puts the distances of all files together.
type ranksFn struct{ Options Options }

// ProcessElement makes the Ranks.
func (f *ranksFn) ProcessElement(ctx context.Context, centers centering.Encoded, chosen Chosen, parts []Candidates) (Ranks, error) {
	r, err := f.find(ctx, centers, chosen, parts)
	return r, beamrun.Fail(err)
}

func (f *ranksFn) find(ctx context.Context, centers centering.Encoded, chosen Chosen, parts []Candidates) (found Ranks, err error) {
	o := &f.Options
	s, err := centers.State(ctx)
	if err != nil {
		return found, err
	}
	found.Picks = chosen.Vectors
	lists := make([][]float64, o.target(s.Len(), 0, 0))
	for g, size := range s.Sizes {
		for t := range o.target(1, 0, 0) {
			lists[o.target(g, 0, 0)+t] = make([]float64, 0, size)
		}
	}
	for _, part := range parts {
		if err := readLists(ctx, part.Distances, lists); err != nil {
			return found, err
		}
	}
	for g, size := range s.Sizes {
		if n := int64(len(lists[o.target(g, 0, 0)])); n != size {
			return found, fmt.Errorf("%d images of a group were measured, it has %d: run the same command again", n, size)
		}
	}
	sortLists(lists)
	found.Tied = slices.ContainsFunc(lists, func(list []float64) bool {
		for i := 1; i < len(list); i++ {
			if list[i] == list[i-1] {
				return true
			}
		}
		return false
	})
	found.Distances, err = spill.Put(ctx, o.state(), "ranks", writeLists(lists))
	return found, err
}

// lastRanks keeps the ranks that bundles of this process read, as long as one needs them.
var lastRanks struct {
	sync.Mutex
	from spill.Value
	last weak.Pointer[ranks]
}

// read returns the ranks of so many targets.
func (r Ranks) read(ctx context.Context, targets int) (*ranks, error) {
	lastRanks.Lock()
	defer lastRanks.Unlock()
	if last := lastRanks.last.Value(); last != nil && lastRanks.from.Equal(r.Distances) && len(last.targets) == targets {
		return last, nil
	}
	last := &ranks{targets: make([][]float64, targets)}
	if err := readLists(ctx, r.Distances, last.targets); err != nil {
		return nil, err
	}
	lastRanks.from, lastRanks.last = r.Distances, weak.Make(last)
	return last, nil
}
