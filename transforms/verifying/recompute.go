package verifying

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/latents"
)

// tally is what one latents file adds to the recomputation.
type tally struct {
	groups     []groupTally
	exclusions []schemas.Exclusion
	rows       int64
	unlabelled int64
	largest    float64
}

// groupTally is what the rows of one group add up to.
type groupTally struct {
	size    int64
	sum     []float64      // of the latents
	squares float64        // of the distances to the centre
	nearest []schemas.Pick // the nearest ones, in order: one more than are picked
}

// tallyRow takes one image: gate, group, sums, and its place among the nearest.
func (s *selection) tallyRow(t *tally, b *latents.Batch, k int) {
	t.rows++
	if e, excluded := exclusionOf(b, k, s.m.Parameters.MinForeground); excluded {
		t.exclusions = append(t.exclusions, e)
		return
	}
	d := len(b.Embedding) / b.N
	x := b.Embedding[k*d : (k+1)*d]
	g, ok := s.groupOf(x, b, k)
	if !ok {
		t.unlabelled++
		return
	}
	tg := &t.groups[g]
	tg.size++
	if tg.sum == nil {
		tg.sum = make([]float64, d)
	}
	for j, v := range x {
		tg.sum[j] += float64(v)
		t.largest = max(t.largest, math.Abs(float64(v)))
	}
	center := s.centers[g].Embedding
	tg.squares += squaredDistance(x, center)
	p := schemas.Pick{ImageID: b.ImageID[k], Distance: distance(s.m.Parameters.Metric, x, center),
		Shard: b.Shard[k], Record: b.Record[k], Offset: b.Offset[k], SHA256: b.SHA256[k],
		Label: b.Label[k], HasLabel: b.HasLabel[k]}
	for _, column := range b.Metadata {
		p.Metadata = append(p.Metadata, column[k])
	}
	tg.insert(p, s.m.Parameters.PerGroup+1)
}

// exclusionOf applies the quality gate: a constant image, or one whose
// foreground is too small, is never picked.
func exclusionOf(b *latents.Batch, k int, minForeground float64) (schemas.Exclusion, bool) {
	foreground := float64(b.Quality[k].Foreground)
	switch {
	case b.QCFlags[k]&schemas.QCConstant != 0:
		return schemas.Exclusion{ImageID: b.ImageID[k], Reason: "constant", Value: float64(b.Quality[k].Mean)}, true
	case foreground < minForeground:
		return schemas.Exclusion{ImageID: b.ImageID[k], Reason: "foreground", Value: foreground}, true
	}
	return schemas.Exclusion{}, false
}

// groupOf returns the group of an eligible image; false where it has no label
// to belong by.
func (s *selection) groupOf(x []float32, b *latents.Batch, k int) (int, bool) {
	switch s.m.Parameters.Scope {
	case "label":
		g, ok := s.group[b.Label[k]]
		return g, ok && b.HasLabel[k]
	case "cluster":
		return s.nearestCenter(x), true
	default:
		return 0, len(s.centers) == 1
	}
}

// nearestCenter returns the nearest centre by squared Euclidean distance, the
// one with the smaller coordinates where two are as near.
func (s *selection) nearestCenter(x []float32) int {
	best, least := 0, math.Inf(1)
	for g := range s.centers {
		q := squaredDistance(x, s.centers[g].Embedding)
		if q < least || q == least && slices.Compare(s.centers[g].Embedding, s.centers[best].Embedding) < 0 {
			best, least = g, q
		}
	}
	return best
}

func squaredDistance(x []float32, center []float64) float64 {
	sum := 0.0
	for j, c := range center {
		t := float64(x[j]) - c
		sum += float64(t * t)
	}
	return sum
}

// distance is the Euclidean distance, or 1 minus the cosine (1 for a zero vector).
func distance(metric string, x []float32, center []float64) float64 {
	if metric == "euclidean" {
		return math.Sqrt(squaredDistance(x, center))
	}
	var dot, xx, cc float64
	for j, c := range center {
		v := float64(x[j])
		dot += float64(v * c)
		xx += float64(v * v)
		cc += float64(c * c)
	}
	if xx == 0 || cc == 0 {
		return 1
	}
	return min(2, max(0, 1-dot/(math.Sqrt(xx)*math.Sqrt(cc))))
}

// insert keeps the nearest limit images in order of distance, then id.
func (g *groupTally) insert(p schemas.Pick, limit int) {
	at, _ := slices.BinarySearchFunc(g.nearest, p, byDistance)
	if at == limit {
		return
	}
	g.nearest = slices.Insert(g.nearest, at, p)
	g.nearest = g.nearest[:min(len(g.nearest), limit)]
}

func byDistance(a, b schemas.Pick) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ImageID, b.ImageID))
}

// fold adds the tally of one more file.
func (s *selection) fold(t *tally) {
	s.rows += t.rows
	s.unlabelled += t.unlabelled
	s.largest = max(s.largest, t.largest)
	s.exclusions = append(s.exclusions, t.exclusions...)
	for i := range t.groups {
		from, into := &t.groups[i], &s.groups[i]
		into.size += from.size
		into.squares += from.squares
		if into.sum == nil {
			into.sum = from.sum
		} else {
			for j, v := range from.sum {
				into.sum[j] += v
			}
		}
		for _, p := range from.nearest {
			into.insert(p, s.m.Parameters.PerGroup+1)
		}
	}
}

// compare holds the claims of the selection against what the latents gave.
func (s *selection) compare(r *Report) {
	m := s.m
	claim := func(name string, says, is any) {
		if says != is {
			r.problemf("%s: %s is %v, the latents give %v", schemas.SelectionFile, name, says, is)
		}
	}
	claim("rows", m.Rows, s.rows)
	claim("excluded", m.Excluded, int64(len(s.exclusions)))
	claim("unlabelled", m.Unlabelled, s.unlabelled)
	claim("groups", m.Groups, len(s.centers))
	claim("picks", m.Picks, int64(len(s.picks)))
	for i := range min(len(m.Exclusions), len(s.exclusions)) {
		if m.Exclusions[i] != s.exclusions[i] {
			r.problemf("%s: exclusion %d is %+v, the latents give %+v", schemas.SelectionFile, i, m.Exclusions[i], s.exclusions[i])
		}
	}
	if c := m.Clustering; c != nil {
		inertia := 0.0
		for i := range s.groups {
			inertia += s.groups[i].squares
		}
		if !close(c.Inertia, inertia, 0) {
			r.problemf("%s: inertia is %v, the latents give %v", schemas.SelectionFile, c.Inertia, inertia)
		}
	}
	var want []schemas.Pick
	for g := range s.centers {
		s.compareCenter(g, r)
		want = append(want, s.picksOf(g)...)
	}
	s.comparePicks(want, r)
}

// compareCenter checks a group's size and mean. The centres of a k-means run
// that did not converge are not the means of the groups nearest to them.
func (s *selection) compareCenter(g int, r *Report) {
	c, t := s.centers[g], &s.groups[g]
	if c.GroupSize != t.size {
		r.problemf("%s: group %s has size %d, the latents give %d", schemas.CentersParquet, c.GroupID, c.GroupSize, t.size)
	}
	if t.size == 0 || s.m.Clustering != nil && !s.m.Clustering.Converged {
		return
	}
	for j, v := range c.Embedding {
		if mean := t.sum[j] / float64(t.size); !close(v, mean, s.largest) {
			r.problemf("%s: group %s: coordinate %d of its mean is %v, the latents give %v", schemas.CentersParquet, c.GroupID, j, v, mean)
			return
		}
	}
}

// picksOf returns the picks that the latents give for a group.
func (s *selection) picksOf(g int) []schemas.Pick {
	c, t := s.centers[g], &s.groups[g]
	var picks []schemas.Pick
	for i, p := range t.nearest[:min(len(t.nearest), s.m.Parameters.PerGroup)] {
		p.Rank, p.Scope, p.GroupID, p.GroupSize = int32(i+1), c.Scope, c.GroupID, t.size
		p.Center, p.Metric = c.Center, s.m.Parameters.Metric
		p.Percentile = 100 * float64(i+1) / float64(t.size)
		p.Margin = math.NaN()
		if i+1 < len(t.nearest) {
			p.Margin = t.nearest[i+1].Distance - p.Distance
		}
		picks = append(picks, p)
	}
	return picks
}

// comparePicks names the first difference of every pick.
func (s *selection) comparePicks(want []schemas.Pick, r *Report) {
	if len(want) != len(s.picks) {
		r.problemf("%s: %d picks, the latents give %d", schemas.SelectionParquet, len(s.picks), len(want))
	}
	for i := range min(len(want), len(s.picks)) {
		if what := difference(s.picks[i], want[i]); what != "" {
			r.problemf("%s: row %d, group %s rank %d: %s", schemas.SelectionParquet, i, want[i].GroupID, want[i].Rank, what)
		}
	}
}

// difference says how a pick differs from the recomputed one, "" where it does not.
func difference(got, want schemas.Pick) string {
	scale := math.Abs(want.Distance)
	switch {
	case got.GroupID != want.GroupID || got.Rank != want.Rank || got.Scope != want.Scope:
		return fmt.Sprintf("the row is rank %d of group %s in scope %s", got.Rank, got.GroupID, got.Scope)
	case got.ImageID != want.ImageID:
		return fmt.Sprintf("image is %q, the latents give %q at distance %v", got.ImageID, want.ImageID, want.Distance)
	case got.Center != want.Center || got.Metric != want.Metric:
		return fmt.Sprintf("centre and metric are %s and %s, want %s and %s", got.Center, got.Metric, want.Center, want.Metric)
	case !close(got.Distance, want.Distance, 0):
		return fmt.Sprintf("distance is %v, the latents give %v", got.Distance, want.Distance)
	case got.GroupSize != want.GroupSize || !close(got.Percentile, want.Percentile, 0):
		return fmt.Sprintf("percentile is %v of %d, want %v of %d", got.Percentile, got.GroupSize, want.Percentile, want.GroupSize)
	case !close(got.Margin, want.Margin, scale):
		return fmt.Sprintf("margin is %v, the latents give %v", got.Margin, want.Margin)
	case got.Shard != want.Shard || got.Record != want.Record || got.Offset != want.Offset || got.SHA256 != want.SHA256:
		return "shard, record, offset or sha256 differ from the image's row in the latents"
	case got.Label != want.Label || got.HasLabel != want.HasLabel || !slices.Equal(got.Metadata, want.Metadata):
		return "label or metadata differ from the image's row in the latents"
	}
	return ""
}
