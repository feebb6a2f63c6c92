package verifying

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// limitCandidates says for every claimed group how many candidates picks are chosen
// from.
func (s *selection) limitCandidates() {
	below := picking.Below(&s.m.Parameters, s.groupings())
	for i, keep := range picking.Keep(&s.m.Parameters, s.groupings(), max(1, s.m.Space.Dimension)) {
		s.claims[i].keep, s.claims[i].below = keep, below[i]
	}
}

// groupings are the claimed groups that images are picked of. No size that is claimed is believed if there
// are not as many images.
func (s *selection) groupings() []picking.Grouping {
	claims := s.pickedClaims()
	list := make([]picking.Grouping, len(claims))
	for i, c := range claims {
		list[i] = picking.Grouping{Scope: c.scope, ID: c.id, Size: min(c.size, s.latents.manifest.Rows)}
	}
	return list
}

// tallyCandidate takes one image of a group as a candidate by all its centers and
// metrics.
func (s *selection) tallyCandidate(t *groupTally, c *claim, x []float32, b *latents.Batch, k int) {
	p, id := &s.m.Parameters, b.ImageID[k]
	_, excluded := slices.BinarySearch(p.Picking.Exclude, id)
	var values []string
	if len(p.Picking.Balance) > 0 {
		values = s.valuesOf(b, k)
		t.listed[0].Values = picking.Count(t.listed[0].Values, values)
	}
	middle := c.middle == nil || c.middle.Has(picking.QualityOf(b.Quality[k], b.HasObject[k], b.MSE[k], b.HasMSE[k]))
	uniform := 0.0
	if p.Picking.Sampled() {
		uniform = draw.Uniform(p.Seed, id)
	}
	for i, center := range p.Centers {
		for m, metric := range p.Metrics {
			list := &t.listed[i*len(p.Metrics)+m]
			distance := distance(metric, x, c.centers[center])
			if t.distances != nil {
				k := i*len(p.Metrics) + m
				t.distances[k] = append(t.distances[k], distance)
			}
			if excluded || !middle {
				list.Excluded = append(list.Excluded, distance)
			}
			if excluded {
				continue
			}
			key := picking.KeyOf(p, distance, uniform)
			wanted := middle && key < c.below && (len(list.Pool) < c.keep || c.keep > 0 && key <= list.Pool[c.keep-1].Key)
			if c.spreads != nil {
				wanted = list.WantsAt(&c.spreads[i*len(p.Metrics)+m], distance, id, c.keep)
			}
			if !wanted && !s.fixed[id] {
				continue
			}
			e := picking.Entry{Pick: s.pickOf(b, k, distance), Key: key, X: slices.Clone(x), Values: values}
			if p.Picking.Strategy == schemas.StrategyRepresentative {
				e.Quality = picking.QualityOf(b.Quality[k], b.HasObject[k], b.MSE[k], b.HasMSE[k], b.ChannelsOf(k)...)
			}
			switch {
			case wanted && c.spreads != nil:
				list.OfferAt(&c.spreads[i*len(p.Metrics)+m], e, c.keep)
			case wanted:
				list.Pool = insert(list.Pool, e, c.keep)
			}
			if s.fixed[id] {
				list.Fixed = append(list.Fixed, e)
			}
		}
	}
}

// insert keeps the candidates with the smallest keys, in their order, then by id.
func insert(list []picking.Entry, e picking.Entry, limit int) []picking.Entry {
	list, _ = nearest.Keep(list, e, limit, func(a, b picking.Entry) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ImageID, b.ImageID))
	})
	return list
}

// foldListed adds the candidates of one more file.
func foldListed(into, from []picking.Listed, limit int, trim bool) {
	for i, list := range from {
		for _, e := range list.Pool {
			into[i].Pool = insert(into[i].Pool, e, limit)
		}
		into[i].FoldAt(&list, limit)
		into[i].Fixed = append(into[i].Fixed, list.Fixed...)
		into[i].Excluded = append(into[i].Excluded, list.Excluded...)
		into[i].Values = picking.Merge(into[i].Values, list.Values)
		if trim {
			into[i].Trim(limit)
		}
	}
}

// comparePicking picks from the candidates, and compares what was picked, and what
// is said about it.
func (s *selection) comparePicking(r *Report) {
	p := &s.m.Parameters
	for i := range s.groups {
		if s.groups[i].listed == nil { // no image is in this group
			s.groups[i].listed = make([]picking.Listed, len(p.Centers)*len(p.Metrics))
		}
	}
	want, sets, err := picking.Select(p, s.balanced(), s.groupings(), func(group, center, metric int) *picking.Listed {
		l := &s.groups[group].listed[center*len(p.Metrics)+metric]
		if spreads := s.claims[group].spreads; spreads != nil {
			l.Spread = &spreads[center*len(p.Metrics)+metric]
		}
		return l
	})
	if err != nil {
		r.problemf(schemas.SelectionFile, "%v", err)
		return
	}
	picking.TellMiddles(p, sets, s.middles)
	s.want = want
	s.comparePicks(want, r)
	s.compareRanks(r)
	s.compareBalance(r)
	if len(sets) != len(s.m.Sets) {
		r.problemf(schemas.SelectionFile, "%d sets of picks, the latents give %d", len(s.m.Sets), len(sets))
	}
	for i := range min(len(sets), len(s.m.Sets)) {
		if what := setDifference(s.m.Sets[i], sets[i]); what != "" {
			r.problemf(schemas.SelectionFile, "picks of scope %s by %s and %s: %s", sets[i].Scope, sets[i].Center, sets[i].Metric, what)
			break // the first of what may be one cause
		}
	}
}

// balanced returns the columns whose distribution the picks share: size is object_fraction,
// unless the manifest says that it was foreground_fraction, as it was in earlier versions.
func (s *selection) balanced() []string {
	for i := range s.m.Sets {
		if o := s.m.Sets[i].Objective; o != nil && slices.Contains(o.Columns, schemas.ColForeground) {
			return picking.EarlierColumns
		}
	}
	return picking.BalancedColumns
}

// setDifference says how what a manifest says of a set differs from the
// recomputed one, "" where it does not.
func setDifference(got, want schemas.PickSet) string {
	counts := func(s schemas.PickSet) string {
		return fmt.Sprintf("%s %s %s: %d picks, %d fixed, %d groups short, %d candidates, %d too near, %d duplicates, %d empty",
			s.Scope, s.Center, s.Metric, s.Picks, s.Fixed, s.Short, s.Candidates, s.TooNear, len(s.Duplicates), s.Empty)
	}
	switch {
	case counts(got) != counts(want):
		return fmt.Sprintf("%s says %s; the latents give %s", schemas.SelectionFile, counts(got), counts(want))
	case !slices.Equal(got.Replaced, want.Replaced):
		return fmt.Sprintf("%s replaced are %+v, the latents give %+v", words.Plural(len(got.Replaced), "pick", "picks"), got.Replaced, want.Replaced)
	case !slices.EqualFunc(got.Balance, want.Balance, sameBalance):
		return fmt.Sprintf("the balance is %+v, the latents give %+v", got.Balance, want.Balance)
	case spreadDifference(got.Spreads, want.Spreads) != "":
		return spreadDifference(got.Spreads, want.Spreads)
	case !reflect.DeepEqual(got.Middle, want.Middle):
		return fmt.Sprintf("the middle of the groups is %s, the latents give %s", middleText(got.Middle), middleText(want.Middle))
	case !sameObjective(got.Objective, want.Objective):
		return fmt.Sprintf("the objective is %s, the latents give %s", objectiveText(got.Objective), objectiveText(want.Objective))
	case !close(got.NeighborDistance, want.NeighborDistance, 0) || !close(got.DuplicateDistance, want.DuplicateDistance, 0):
		return fmt.Sprintf("neighbors at %v and duplicates within %v, the latents give %v and %v",
			got.NeighborDistance, got.DuplicateDistance, want.NeighborDistance, want.DuplicateDistance)
	}
	for i, w := range want.Duplicates {
		g := got.Duplicates[i]
		same := close(g.Distance, w.Distance, 0)
		if g.Distance = w.Distance; g != w || !same {
			return fmt.Sprintf("duplicate %d is %+v, the latents give %+v", i, got.Duplicates[i], w)
		}
	}
	return ""
}

// sameObjective reports whether two figures of a search are the same but for rounding, which
// is that of differences: 1 is what random picks have.
func sameObjective(got, want *schemas.Objective) bool {
	if got == nil || want == nil {
		return got == want
	}
	free := func(o *schemas.Objective) *schemas.Objective {
		if o.Free == nil {
			return nil
		}
		return &schemas.Objective{Error: o.Free.Error, Energy: o.Free.Energy, Whitened: o.Free.Whitened, Quality: o.Free.Quality}
	}
	return got.Rows == want.Rows && sameObjective(free(got), free(want)) && slices.Equal(got.Columns, want.Columns) &&
		close(got.Error, want.Error, 1) && close(got.Energy, want.Energy, 1) && close(got.Whitened, want.Whitened, 1) && close(got.Quality, want.Quality, 1)
}

func sameBalance(got, want schemas.ColumnBalance) bool {
	return got.Balanced == want.Balanced && got.Values == want.Values && got.Off == want.Off && slices.Equal(got.Counts, want.Counts)
}

func middleText(m *schemas.Middle) string {
	if m == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *m)
}

func objectiveText(o *schemas.Objective) string {
	if o == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *o)
}
