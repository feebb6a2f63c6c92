package verifying

import (
	"maps"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// tally is what latents files add to the recomputation.
type tally struct {
	groups     []groupTally // of the claims
	exclusions []schemas.Exclusion
	gate       gateTally
	rows       int64
	ungrouped  []int64           // of each scope: eligible images in no group
	missing    []string          // of each scope: a group that should be in centers.parquet, or ""
	values     []map[string]bool // of each scope that crosses clusters: of its column
	largest    float64           // largest |coordinate| of an eligible image
}

// groupTally is what the rows of one group add up to.
type groupTally struct {
	size    int64
	sum     []float64        // of the latents
	squares float64          // of the distances to the k-means center
	listed  []picking.Listed // by center and metric: what picks are chosen from

	distances [][]float64 // of all rows, by center and metric, where there are assignments

	median    []middle     // of every coordinate, where medians are claimed
	geometric *accumulator // where geometric medians are
	near      []nearRow    // where medoids are: the rows nearest to the geometric median
}

func (s *selection) newTally() *tally {
	return &tally{groups: make([]groupTally, len(s.claims)), ungrouped: make([]int64, len(s.scopes)), missing: make([]string, len(s.scopes)),
		values: make([]map[string]bool, len(s.scopes))}
}

// tallyRow takes one image: condition, gate, groups, sums, and its place among the nearest.
func (s *selection) tallyRow(t *tally, b *latents.Batch, k int) {
	t.rows++
	if s.outside(b, k) {
		return
	}
	t.gate.add(b, k)
	if e, excluded := exclusionOf(b, k, &s.m.Gate); excluded {
		t.exclusions = append(t.exclusions, e)
		return
	}
	d := len(b.Embedding) / b.N
	x := b.Embedding[k*d : (k+1)*d]
	for _, v := range x {
		t.largest = max(t.largest, math.Abs(float64(v)))
	}
	for i := range s.scopes {
		t.addValue(&s.scopes[i], i, b, k)
		g, value, ok := s.groupOf(&s.scopes[i], x, b, k)
		if ok {
			s.tallyMember(&t.groups[g], &s.claims[g], x, b, k)
			continue
		}
		t.ungrouped[i]++
		if value != "" && (t.missing[i] == "" || value < t.missing[i]) {
			t.missing[i] = value
		}
	}
}

// addValue notes the value of an image in the column of a scope that crosses clusters.
func (t *tally) addValue(scope *scopeIndex, at int, b *latents.Batch, k int) {
	if !schemas.CrossesClusters(scope.name) {
		return
	}
	value, ok := scope.value(b, k)
	if !ok || t.values[at][value] {
		return
	}
	if t.values[at] == nil {
		t.values[at] = map[string]bool{}
	}
	t.values[at][strings.Clone(value)] = true
}

// empty returns the groups of a scope that crosses clusters that no image is in.
func (s *selection) empty(at int) (ids []string) {
	scope := &s.scopes[at]
	if len(s.values[at]) == 0 {
		return nil
	}
	clusters := s.clusters()
	for c := range clusters.len {
		for value := range s.values[at] {
			id := schemas.CrossedGroup(scope.name, s.claims[clusters.first+c].id, value)
			if g, ok := scope.byID[id]; !ok || s.groups[g].size == 0 {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// tallyMember takes one image of a group.
func (s *selection) tallyMember(t *groupTally, c *claim, x []float32, b *latents.Batch, k int) {
	p := &s.m.Parameters
	t.size++
	if t.sum == nil {
		t.sum = make([]float64, len(x))
		t.listed = make([]picking.Listed, len(p.Centers)*len(p.Metrics))
		if s.m.Assignments != nil {
			t.distances = make([][]float64, len(t.listed))
		}
	}
	for j, v := range x {
		t.sum[j] += float64(v)
	}
	if center, ok := c.centers[schemas.CenterKMeans]; ok {
		t.squares += squaredDistance(x, center)
	}
	if c.crossed {
		return
	}
	s.tallyCenters(t, c, x, b.ImageID[k])
	s.tallyCandidate(t, c, x, b, k)
}

// pickOf returns what a selection says of an image.
func (s *selection) pickOf(b *latents.Batch, k int, distance float64) schemas.Pick {
	p := schemas.Pick{ImageID: b.ImageID[k], Distance: distance,
		Shard: b.Shard[k], Record: b.Record[k], Offset: b.Offset[k], SHA256: b.SHA256[k],
		Label: b.Label[k], HasLabel: b.HasLabel[k]}
	for _, column := range b.Metadata {
		p.Metadata = append(p.Metadata, column[k])
	}
	return p
}

// squaredDistance is a sum in 16 lanes, as a selection defines it: lane l takes
// the dimensions l, l+16 and so on.
func squaredDistance(x []float32, center []float64) float64 {
	var lanes [16]float64
	for j, c := range center {
		t := float64(x[j]) - c
		lanes[j&15] += float64(t * t)
	}
	return halve(lanes[:])
}

// dot is a sum in 4 lanes.
func dot[A, B float32 | float64](a []A, b []B) float64 {
	var lanes [4]float64
	for j, v := range a {
		lanes[j&3] += float64(float64(v) * float64(b[j]))
	}
	return halve(lanes[:])
}

// halve adds the upper half of the lanes to the lower one until one is left.
func halve(lanes []float64) float64 {
	for n := len(lanes) / 2; n > 0; n /= 2 {
		for l := range n {
			lanes[l] += lanes[l+n]
		}
	}
	return lanes[0]
}

// distance is the Euclidean distance, or 1 minus the cosine (1 for a zero vector).
func distance(metric string, x []float32, center []float64) float64 {
	if metric == schemas.MetricEuclidean {
		return math.Sqrt(squaredDistance(x, center))
	}
	xx, cc := math.Sqrt(dot(x, x)), math.Sqrt(dot(center, center))
	if xx == 0 || cc == 0 {
		return 1
	}
	return min(2, max(0, 1-dot(x, center)/(xx*cc)))
}

// fold adds the tally of one more file.
func (s *selection) fold(t *tally) {
	s.rows += t.rows
	s.largest = max(s.largest, t.largest)
	s.exclusions = append(s.exclusions, t.exclusions...)
	s.gate.fold(&t.gate)
	for i, n := range t.ungrouped {
		s.ungrouped[i] += n
		if value := t.missing[i]; value != "" && (s.missing[i] == "" || value < s.missing[i]) {
			s.missing[i] = value
		}
		if s.values[i] == nil {
			s.values[i] = t.values[i]
		} else {
			maps.Copy(s.values[i], t.values[i])
		}
	}
	for i := range t.groups {
		from, into := &t.groups[i], &s.groups[i]
		switch {
		case from.size == 0:
		case into.size == 0:
			*into = *from
		default:
			into.size += from.size
			into.squares += from.squares
			for j, v := range from.sum {
				into.sum[j] += v
			}
			foldListed(into.listed, from.listed, s.claims[i].keep, s.m.Parameters.Picking.Middle())
			for j, list := range from.distances {
				into.distances[j] = append(into.distances[j], list...)
			}
			s.foldCenters(into, from)
		}
	}
}
