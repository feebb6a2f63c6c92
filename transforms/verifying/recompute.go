package verifying

import (
	"cmp"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/latents"
)

// tally is what one latents file adds to the recomputation.
type tally struct {
	groups     []groupTally
	exclusions []schemas.Exclusion
	gate       gateTally
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
	t.gate.add(b, k)
	if e, excluded := exclusionOf(b, k, &s.m.Gate); excluded {
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
	tg.insert(p, s.kept())
}

// kept is the number of images kept of a group: one more than are picked, for
// the margin of the last.
func (s *selection) kept() int {
	return int(min(int64(s.m.Parameters.PerGroup), s.latents.manifest.Rows)) + 1
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
	s.gate.fold(&t.gate)
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
			into.insert(p, s.kept())
		}
	}
}
