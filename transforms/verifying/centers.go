package verifying

import (
	"cmp"
	"context"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// middle counts the values of one coordinate around a claimed median.
type middle struct {
	below, equal, above int64
	lower, upper        float32 // the largest value below and the smallest above, where there are any
}

// accumulator is what the rows of a group add up to at a claimed geometric median.
type accumulator struct {
	at    int64     // rows that are there
	units []float64 // sum of the unit vectors to the others
}

// nearRow is a candidate for the medoid.
type nearRow struct {
	id    string
	x     []float32
	d2    float64 // to the geometric median
	total float64 // of the distances to all rows of the group
}

// tallyCenters takes one row of a group for all claims but the mean.
func (s *selection) tallyCenters(t *groupTally, c *claim, x []float32, id string) {
	if center, ok := c.centers[schemas.CenterMedian]; ok {
		if t.median == nil {
			t.median = make([]middle, len(x))
		}
		for j, v := range x {
			t.median[j].add(v, center[j])
		}
	}
	center, ok := c.centers[schemas.CenterGeometricMedian]
	if !ok {
		return
	}
	if t.geometric == nil {
		t.geometric = &accumulator{units: make([]float64, len(x))}
	}
	d2 := squaredDistance(x, center)
	t.geometric.add(x, center, math.Sqrt(d2), s.sameDistance())
	if _, ok := c.centers[schemas.CenterMedoid]; ok {
		if at := t.insertNear(nearRow{id: id, x: x, d2: d2}, s.m.Centering.MedoidCandidates); at >= 0 {
			t.near[at].x = slices.Clone(x)
		}
	}
}

func (s *selection) foldCenters(into, from *groupTally) {
	for j, m := range from.median {
		into.median[j].merge(m)
	}
	if from.geometric != nil {
		into.geometric.at += from.geometric.at
		for j, v := range from.geometric.units {
			into.geometric.units[j] += v
		}
	}
	for _, r := range from.near {
		into.insertNear(r, s.m.Centering.MedoidCandidates)
	}
}

func (m *middle) add(v float32, claimed float64) {
	switch wide := float64(v); {
	case wide == claimed:
		m.merge(middle{equal: 1})
	case wide < claimed:
		m.merge(middle{below: 1, lower: v})
	default:
		m.merge(middle{above: 1, upper: v})
	}
}

func (m *middle) merge(o middle) {
	if o.below > 0 && (m.below == 0 || o.lower > m.lower) {
		m.lower = o.lower
	}
	if o.above > 0 && (m.above == 0 || o.upper < m.upper) {
		m.upper = o.upper
	}
	m.below, m.equal, m.above = m.below+o.below, m.equal+o.equal, m.above+o.above
}

// holds reports whether the claimed value is the median: no more than half of the
// values are below or above it, and where exactly half are, and none is equal, it
// is half the sum of the two in the middle.
func (m *middle) holds(claimed float64) bool {
	n := m.below + m.equal + m.above
	if m.below*2 == n && m.above*2 == n {
		return claimed == (float64(m.lower)+float64(m.upper))/2
	}
	return m.below*2 < n && m.above*2 < n
}

func (p *accumulator) add(x []float32, center []float64, distance, same float64) {
	if distance < same {
		p.at++
		return
	}
	for j, v := range x {
		p.units[j] += (float64(v) - center[j]) / distance
	}
}

// sameDistance is the distance below which a row is at a geometric median.
func (s *selection) sameDistance() float64 {
	if g := s.m.Centering.GeometricMedian; g != nil {
		return g.SameDistance
	}
	return 0
}

// insertNear keeps the rows nearest to the geometric median. It returns the place of the
// row, -1 for none.
func (t *groupTally) insertNear(r nearRow, limit int) (at int) {
	t.near, at = nearest.Keep(t.near, r, limit, func(a, b nearRow) int {
		return cmp.Or(cmp.Compare(a.d2, b.d2), cmp.Compare(a.id, b.id))
	})
	return at
}

// totalCandidates adds up, in a second pass, the distances of every candidate for
// a medoid to all rows of its group.
func (s *selection) totalCandidates(ctx context.Context, r *Report) error {
	if !slices.Contains(s.m.Parameters.Centers, schemas.CenterMedoid) {
		return nil
	}
	_, err := eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) ([][]float64, error) {
		totals := make([][]float64, len(s.groups)) // of each candidate
		for g := range totals {
			totals[g] = make([]float64, len(s.groups[g].near))
		}
		cols := latents.Embedding | latents.IDs | latents.Quality | latents.MSE | latents.Labels | latents.Metadata
		return totals, s.eachBatch(ctx, info, cols, func(b *latents.Batch) {
			for k := range b.N {
				s.totalRow(totals, b, k)
			}
		})
	}, func(totals [][]float64) {
		for g, list := range totals {
			for i, v := range list {
				s.groups[g].near[i].total += v
			}
		}
	})
	return err
}

func (s *selection) totalRow(totals [][]float64, b *latents.Batch, k int) {
	if !s.mayBePicked(b, k) {
		return
	}
	d := len(b.Embedding) / b.N
	x := nearest.Widen(b.Embedding[k*d : (k+1)*d])
	for i := range s.picked() {
		if g, _, ok := s.groupOf(&s.scopes[i], b.Embedding[k*d:(k+1)*d], b, k); ok {
			for j := range totals[g] { // not the candidates' own totals: other files are added to them
				totals[g][j] += math.Sqrt(squaredDistance(s.groups[g].near[j].x, x))
			}
		}
	}
}

// compareCenters checks the size and all centers of a group.
func (s *selection) compareCenters(c *claim, t *groupTally, r *Report) {
	problem := func(format string, args ...any) {
		r.problemf(schemas.CentersParquet, "group %s of scope %s: "+format, append([]any{c.id, c.scope}, args...)...)
	}
	if c.size != t.size {
		problem("its size is %d, the latents give %d", c.size, t.size)
	}
	if t.size == 0 {
		return
	}
	for name, center := range c.centers {
		switch name {
		case schemas.CenterKMeans, schemas.CenterMean:
			if name == schemas.CenterKMeans && (s.m.Clustering == nil || !s.m.Clustering.Converged) {
				continue // it is where the last pass began, and not the mean of what it found; or hierarchical, see remakeClusters
			}
			for j, v := range center {
				if mean := t.sum[j] / float64(t.size); !close(v, mean, s.largest) {
					problem("coordinate %d of %s is %v, the latents give the mean %v", j, name, v, mean)
					break
				}
			}
		case schemas.CenterMedian:
			for j, v := range center {
				if m := &t.median[j]; !m.holds(v) {
					problem("coordinate %d of median is %v, with %d values below, %d equal and %d above", j, v, m.below, m.equal, m.above)
					break
				}
			}
		case schemas.CenterGeometricMedian:
			if residual := t.residual(); residual > s.residualLimit() {
				problem("geometric_median has a residual of %.3g, at most %.3g is claimed", residual, s.residualLimit())
			}
		case schemas.CenterMedoid:
			s.compareMedoid(center, t, problem)
		}
	}
}

// sought returns the number of groups whose centers were looked for: of clusters that are crossed
// also those that no image is in.
func (s *selection) sought() (groups int) {
	for i := range s.picked() {
		groups += s.scopes[i].len + len(s.empty(i))
	}
	return groups
}

// residual is how far the claimed geometric median is from fulfilling the
// condition that only a geometric median does: the unit vectors to the rows add up
// to nothing, or, where rows are at it, to no more than their number.
func (t *groupTally) residual() float64 {
	square := 0.0
	for _, v := range t.geometric.units {
		square += float64(v * v)
	}
	return max(0, math.Sqrt(square)-float64(t.geometric.at)) / float64(t.size)
}

// residualLimit is the residual that a geometric median may have by the manifest,
// with what another order of the sums may add to it.
func (s *selection) residualLimit() float64 {
	if s.m.Centering.GeometricMedian == nil {
		return 1e-11 // which compareCentering reports
	}
	return s.m.Centering.GeometricMedian.LargestResidual + 1e-11
}

// compareMedoid checks that the medoid is a row, with the smallest sum of
// distances among the candidates.
func (s *selection) compareMedoid(center []float64, t *groupTally, problem func(string, ...any)) {
	least, claimed := math.Inf(1), math.NaN()
	for _, r := range t.near {
		least = min(least, r.total)
		if squaredDistance(r.x, center) == 0 {
			claimed = r.total
		}
	}
	if math.IsNaN(claimed) {
		problem("medoid is none of the %d images nearest to the geometric median", len(t.near))
	} else if claimed > least && !close(claimed, least, 0) {
		problem("medoid's distances add up to %v, those of another image to %v", claimed, least)
	}
}

// compareCentering checks what is said about how the centers were found.
func (s *selection) compareCentering(r *Report) {
	c := s.m.Centering
	wanted := map[bool]string{true: "given", false: "missing"}
	medoid := slices.Contains(s.m.Parameters.Centers, schemas.CenterMedoid)
	geometric := medoid || slices.Contains(s.m.Parameters.Centers, schemas.CenterGeometricMedian)
	if (c.GeometricMedian != nil) != geometric || (c.MedoidCandidates > 0) != medoid {
		r.problemf(schemas.SelectionFile, "centering: geometric_median is %s, medoid_candidates is %d, with centers %v",
			wanted[c.GeometricMedian != nil], c.MedoidCandidates, s.m.Parameters.Centers)
		return
	}
	g := c.GeometricMedian
	if g == nil {
		return
	}
	unfinished, nearly, largest := 0, 0, 0.0
	for i := range s.groups {
		if t := &s.groups[i]; t.geometric != nil {
			largest = max(largest, t.residual())
			if t.residual() > g.Tolerance+1e-11 {
				unfinished++
			}
			if t.residual() > g.Tolerance-1e-11 {
				nearly++
			}
		}
	}
	if unfinished > g.Unfinished || g.Unfinished > nearly || largest > s.residualLimit() || g.LargestResidual > largest+1e-10+1e-6*largest {
		r.problemf(schemas.SelectionFile, "centering: %d geometric medians above the tolerance and a residual of %.3g, the latents give %d and %.3g",
			g.Unfinished, g.LargestResidual, unfinished, largest)
	}
	if g.Tolerance > 1e-9 || g.SameDistance > 1e-12*s.largest || !(g.SameDistance > 0) {
		r.problemf(schemas.SelectionFile, "centering: tolerance %g and same_distance %g are not what this program uses", g.Tolerance, g.SameDistance)
	}
	if want := schemas.MedoidCandidates(s.sought(), s.m.Space.Dimension); medoid && c.MedoidCandidates != want {
		r.problemf(schemas.SelectionFile, "centering: medoid_candidates is %d, this program looks at %d", c.MedoidCandidates, want)
	}
	if g.Unfinished > 0 {
		r.uncheckedf("that %d of the geometric medians are exact: passes ran out at a residual of %.3g", g.Unfinished, g.LargestResidual)
	}
}
