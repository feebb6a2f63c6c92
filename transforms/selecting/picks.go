package selecting

import (
	"context"
	"encoding/gob"
	"io"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/picking"
)

// Chosen are the picks, for all that follows: choosing them may take a while. See choice.
type Chosen struct{ Choice spill.Value }

// choice is the content of a Chosen.
type choice struct {
	Picks   []schemas.Pick
	Sets    []schemas.PickSet
	Inertia float64 // of the clusters
}

// chooseFn picks.
type chooseFn struct{ Options Options }

// ProcessElement picks from the candidates of all files.
func (f *chooseFn) ProcessElement(ctx context.Context, centers centering.Encoded, parts []Candidates) (Chosen, error) {
	c, err := f.choose(ctx, centers, parts)
	return c, beamrun.Fail(err)
}

func (f *chooseFn) choose(ctx context.Context, centers centering.Encoded, parts []Candidates) (c Chosen, err error) {
	o := &f.Options
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
	found.Picks, found.Sets, err = picking.Select(&o.Parameters, groupings(groups), func(group, center, metric int) *picking.Listed {
		return &candidates.Targets[o.target(groups[group].number, center, metric)]
	})
	if err == nil && len(found.Picks) == 0 {
		err = o.nothingPicked(s.Eligible)
	}
	if err == nil {
		c.Choice, err = spill.Put(ctx, o.state(), "choice", func(w io.Writer) error { return gob.NewEncoder(w).Encode(&found) })
	}
	return c, err
}

func groupings(groups []group) []picking.Grouping {
	list := make([]picking.Grouping, len(groups))
	for i, g := range groups {
		list[i] = picking.Grouping{Scope: g.scope, ID: g.id, Size: g.size}
	}
	return list
}
