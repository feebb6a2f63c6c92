package selecting

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/weighing"
)

// Chosen are the picks, for all that follows: choosing them may take a while.
type Chosen struct {
	Choice  spill.Value // choice, gob
	Vectors spill.Value // []weighing.Set, gob, by Options.set
}

// choice is the content of a Chosen.
type choice struct {
	Picks   []schemas.Pick
	Sets    []schemas.PickSet
	Inertia float64 // of the clusters
}

// chooseFn picks.
type chooseFn struct{ Options Options }

// ProcessElement picks from the candidates of all files.
func (f *chooseFn) ProcessElement(ctx context.Context, centers centering.Encoded, limits Middles, parts []Candidates) (Chosen, error) {
	c, err := f.choose(ctx, centers, limits, parts)
	return c, beamrun.Fail(err)
}

func (f *chooseFn) choose(ctx context.Context, centers centering.Encoded, limits Middles, parts []Candidates) (c Chosen, err error) {
	o := &f.Options
	middles, err := limits.read(ctx)
	if err != nil {
		return c, err
	}
	s, err := centers.State(ctx)
	if err != nil {
		return c, err
	}
	candidates, err := joinPools(ctx, o, s, parts)
	if err != nil {
		return c, err
	}
	found := choice{Inertia: candidates.Squares.Value(s.Scale)}
	groups := listGroups(s)
	found.Picks, found.Sets, err = picking.Select(&o.Parameters, picking.BalancedColumns, groupings(groups), func(group, center, metric int) *picking.Listed {
		target := o.target(groups[group].number, center, metric)
		l := &candidates.Targets[target]
		if middles.Spreads != nil {
			l.Spread = &middles.Spreads[target]
		}
		return l
	})
	picking.TellMiddles(&o.Parameters, found.Sets, middles.Found)
	if err == nil && len(found.Picks) == 0 {
		err = o.nothingPicked(s.Eligible)
	}
	if err == nil {
		c.Choice, err = o.put(ctx, "choice", &found)
	}
	if err == nil {
		c.Vectors, err = o.put(ctx, "picks", o.pickSets(groups, found.Picks, candidates))
	}
	return c, err
}

// put encodes a value for the stages that follow.
func (o *Options) put(ctx context.Context, kind string, v any) (spill.Value, error) {
	return spill.Put(ctx, o.state(), kind, func(w io.Writer) error { return gob.NewEncoder(w).Encode(v) })
}

func groupings(groups []group) []picking.Grouping {
	list := make([]picking.Grouping, len(groups))
	for i, g := range groups {
		list[i] = picking.Grouping{Scope: g.scope, ID: g.id, Size: g.size}
	}
	return list
}

// set returns the number of a set of picks.
func (o *Options) set(scope, center, metric int) int {
	return (scope*len(o.Parameters.Centers)+center)*len(o.Parameters.Metrics) + metric
}

// setOf returns the number of the set that a pick is in.
func (o *Options) setOf(p *schemas.Pick) int {
	q := &o.Parameters
	return o.set(slices.Index(q.Scopes, p.Scope), slices.Index(q.Centers, p.Center), slices.Index(q.Metrics, p.Metric))
}

// pickSets returns the picks with their vectors, by Options.set.
func (o *Options) pickSets(groups []group, picks []schemas.Pick, candidates *pool) []weighing.Set {
	p := &o.Parameters
	sets := make([]weighing.Set, o.set(len(p.Scopes), 0, 0))
	for i := range sets {
		sets[i].Scope = p.Scopes[i/o.set(1, 0, 0)]
	}
	numbers := map[[2]string]int{}
	for _, g := range groups {
		numbers[[2]string{g.scope, g.id}] = g.number
	}
	picks = slices.Clone(picks)
	slices.SortFunc(picks, func(a, b schemas.Pick) int { return strings.Compare(a.ImageID, b.ImageID) })
	for _, pick := range picks {
		s := &sets[o.setOf(&pick)]
		center, metric := slices.Index(p.Centers, pick.Center), slices.Index(p.Metrics, pick.Metric)
		s.IDs = append(s.IDs, pick.ImageID)
		s.X = append(s.X, candidates.vector(o.target(numbers[[2]string{pick.Scope, pick.GroupID}], center, metric), pick.ImageID)...)
	}
	return sets
}

// vector returns the vector of a candidate.
func (c *pool) vector(target int, id string) []float32 {
	l := &c.Targets[target]
	for _, list := range l.Entries() {
		for i := range list {
			if list[i].ImageID == id {
				return list[i].X
			}
		}
	}
	panic(fmt.Sprintf("pick %q is no candidate", id))
}
