package selecting

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"weak"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/picking"
)

// Ranks are what an image is placed by in its groups, of which each assignments file needs
// all: a ranks, and the picks.
type Ranks struct {
	Distances spill.Value // writeLists
	Picks     spill.Value // []pickSet, gob
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

// ranksFn puts the distances of all files together, and the picks.
type ranksFn struct{ Options Options }

// ProcessElement makes the Ranks.
func (f *ranksFn) ProcessElement(ctx context.Context, centers centering.Encoded, chosen Chosen, parts []Candidates) (Ranks, error) {
	r, err := f.find(ctx, centers, chosen, parts)
	return r, beamrun.Fail(err)
}

func (f *ranksFn) find(ctx context.Context, centers centering.Encoded, chosen Chosen, parts []Candidates) (found Ranks, err error) {
	o := &f.Options
	r, err := newResult(ctx, o, centers, chosen)
	if err != nil {
		return found, err
	}
	candidates, err := joinPools(ctx, o, r.state, parts)
	if err != nil {
		return found, err
	}
	sets := r.pickSets(o, candidates)
	found.Picks, err = spill.Put(ctx, o.state(), "picks", func(w io.Writer) error { return gob.NewEncoder(w).Encode(sets) })
	if err != nil {
		return found, err
	}
	lists := make([][]float64, len(candidates.Targets))
	for g, size := range r.state.Sizes {
		for t := range o.target(1, 0, 0) {
			lists[o.target(g, 0, 0)+t] = make([]float64, 0, size)
		}
	}
	for _, part := range parts {
		if err := readLists(ctx, part.Distances, lists); err != nil {
			return found, err
		}
	}
	for g, size := range r.state.Sizes {
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

// pickSet is the picks of one scope, center and metric, by id.
type pickSet struct {
	IDs []string
	X   []float32 // their vectors, in the space of the selection
}

// set returns the number of a set of picks.
func (o *Options) set(scope, center, metric int) int {
	return (scope*len(o.Parameters.Centers)+center)*len(o.Parameters.Metrics) + metric
}

// pickSets returns the picks with their vectors, by Options.set.
func (r *result) pickSets(o *Options, candidates *pool) []pickSet {
	p := &o.Parameters
	sets := make([]pickSet, o.set(len(p.Scopes), 0, 0))
	numbers := map[[2]string]int{}
	for _, g := range r.groups {
		numbers[[2]string{g.scope, g.id}] = g.number
	}
	picks := slices.Clone(r.Picks)
	slices.SortFunc(picks, func(a, b schemas.Pick) int { return strings.Compare(a.ImageID, b.ImageID) })
	for _, pick := range picks {
		center, metric := slices.Index(p.Centers, pick.Center), slices.Index(p.Metrics, pick.Metric)
		s := &sets[o.set(slices.Index(p.Scopes, pick.Scope), center, metric)]
		s.IDs = append(s.IDs, pick.ImageID)
		s.X = append(s.X, candidates.vector(o.target(numbers[[2]string{pick.Scope, pick.GroupID}], center, metric), pick.ImageID)...)
	}
	return sets
}

// vector returns the vector of a candidate.
func (c *pool) vector(target int, id string) []float32 {
	l := &c.Targets[target]
	for _, list := range [][]picking.Entry{l.Pool, l.Fixed} {
		for i := range list {
			if list[i].ImageID == id {
				return list[i].X
			}
		}
	}
	panic(fmt.Sprintf("pick %q is no candidate", id))
}
