package grading

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
)

// Limits of the tables of counts.
const (
	maxValues     = 1000 // of a column that says something about groups of images
	smallExpected = 5    // expected count below which the χ² distribution is not used
	maxDraws      = 9999 // Monte-Carlo draws
	minDraws      = 999
	drawnPicks    = 2_000_000 // picks and counts of all draws, above minDraws
)

// column is a column of values of images.
type column struct {
	name  string
	value func(*Image) string
}

// columns returns those that are looked at: clusters, labels, then metadata.
func (g *grader) columns() (list []column) {
	if len(g.Clusters) > 0 {
		list = append(list, column{schemas.ScopeCluster, func(im *Image) string { return g.Clusters[im.Cluster] }})
	}
	if slices.ContainsFunc(g.Sample.Images, func(im Image) bool { return im.HasLabel }) {
		list = append(list, column{schemas.ScopeLabel, func(im *Image) string { return im.Label }})
	}
	for c, name := range g.Metadata {
		list = append(list, column{name, func(im *Image) string { return im.Metadata[c] }})
	}
	return list
}

// table counts the values of a column, over all images of the sample that have
// a group in the set's scope.
type table struct {
	values []string // sorted
	index  map[string]int
	share  []float64 // among images
	count  []float64 // among picks
	picks  float64
}

func (g *grader) table(set int, c column) *table {
	scope, picks := g.Sets[set].Scope, g.picks[set].Images
	images, known := map[string]int{}, make(map[string]bool, g.Sample.Len())
	total := 0
	for i := range g.Sample.Images {
		im := &g.Sample.Images[i]
		if _, ok := g.group(scope, im); ok {
			images[c.value(im)]++
			known[im.ID] = true
			total++
		}
	}
	for i := range picks {
		if !known[picks[i].ID] { // so that every picked value is that of an image
			images[c.value(&picks[i])]++
			total++
		}
	}
	t := &table{values: slices.Sorted(maps.Keys(images)), index: map[string]int{}, picks: float64(len(picks))}
	for v, value := range t.values {
		t.index[value] = v
		t.share = append(t.share, float64(images[value])/float64(total))
	}
	t.count = make([]float64, len(t.values))
	for i := range picks {
		t.count[t.index[c.value(&picks[i])]]++
	}
	return t
}

// counted counts the values of n images, each for its weight, or as one without weights.
func (t *table) counted(c column, n int, image func(int) *Image, weights []float64) []float64 {
	count := make([]float64, len(t.values))
	for i := range n {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		count[t.index[c.value(image(i))]] += w
	}
	return count
}

// variation returns the total variation distance of counts from the shares.
func (t *table) variation(count []float64) float64 {
	total, sum := 0.0, 0.0
	for _, c := range count {
		total += c
	}
	for v, share := range t.share {
		sum += math.Abs(count[v]/total - share)
	}
	return sum / 2
}

// balances compares shares among the picks of a set with those among images, for
// every column.
func (g *grader) balances(set int) (list []schemas.Balance) {
	sc := g.scopeOf(g.Sets[set].Scope)
	n := g.picks[set].Len()
	if sc.refuses(n) != "" {
		return nil
	}
	for _, c := range g.columns() {
		t := g.table(set, c)
		b := schemas.Balance{Column: c.name, Values: len(t.values)}
		if b.Reason = t.refuses(); b.Reason == "" {
			random, weighted := make([]float64, len(sc.draws)), make([]float64, len(sc.draws))
			weights := g.weights[set]
			var drawn [][]float64
			if weights != nil {
				drawn = g.drawWeights(sc, n)
			}
			for r, draw := range sc.draws {
				image := func(i int) *Image { return &g.Sample.Images[sc.row(draw[i])] }
				random[r] = t.variation(t.counted(c, n, image, nil))
				if weights != nil {
					weighted[r] = t.variation(t.counted(c, n, image, drawn[r]))
				}
			}
			b.Variation = scoreDraws(t.variation(t.count), random)
			if weights != nil {
				own := t.counted(c, n, func(i int) *Image { return &g.picks[set].Images[i] }, weights)
				score := scoreDraws(t.variation(own), weighted)
				b.Weighted = &score
			}
		}
		list = append(list, b)
	}
	return list
}

// refuses says why a column is not looked at, or "".
func (t *table) refuses() string {
	switch {
	case len(t.values) < 2:
		return "all images have the same value"
	case len(t.values) > maxValues:
		return fmt.Sprintf("%d different values do not tell batches of images apart", len(t.values))
	}
	return ""
}

// batches tests every metadata column.
func (g *grader) batches(set int) (list []schemas.BatchTest) {
	if g.picks[set].Len() == 0 {
		return nil
	}
	for _, c := range g.columns() {
		if c.name == schemas.ScopeCluster || c.name == schemas.ScopeLabel {
			continue
		}
		t := g.table(set, c)
		b := schemas.BatchTest{Column: c.name, Values: len(t.values)}
		if b.Reason = t.refuses(); b.Reason == "" {
			t.test(&b, rand.New(rand.NewPCG(g.Seed^batchSalt, xxh3.HashString(c.name))))
		}
		list = append(list, b)
	}
	return list
}

// test compares the counts of the picks with those that the shares let expect.
func (t *table) test(b *schemas.BatchTest, rng *rand.Rand) {
	b.ChiSquare, b.Freedom, b.Method = t.chiSquare(t.count), len(t.values)-1, "chi-square"
	if t.picks*slices.Min(t.share) >= smallExpected {
		b.P = chiSquareP(b.ChiSquare, b.Freedom)
	} else {
		b.Method, b.P = "monte-carlo", t.monteCarlo(b.ChiSquare, rng)
	}
	for v, value := range t.values {
		if expected := t.picks * t.share[v]; t.count[v] > expected {
			b.Over = append(b.Over, schemas.BatchShare{Value: value, Picks: int(t.count[v]), Expected: expected})
		}
	}
	excess := func(s schemas.BatchShare) float64 { return (float64(s.Picks) - s.Expected) / math.Sqrt(s.Expected) }
	slices.SortStableFunc(b.Over, func(a, b schemas.BatchShare) int { return cmp.Compare(excess(b), excess(a)) })
	b.Over = b.Over[:min(3, len(b.Over))]
}

func (t *table) chiSquare(count []float64) (sum float64) {
	for v, share := range t.share {
		expected := t.picks * share
		difference := count[v] - expected
		sum += float64(difference * difference / expected)
	}
	return sum
}

// monteCarlo returns the share of random draws whose χ² is at least x, the
// observed one counted among them.
func (t *table) monteCarlo(x float64, rng *rand.Rand) float64 {
	limit := make([]float64, len(t.share))
	sum := 0.0
	for v, share := range t.share {
		sum += share
		limit[v] = sum
	}
	draws := min(maxDraws, max(minDraws, drawnPicks/(int(t.picks)+len(t.share))))
	count := make([]float64, len(t.share))
	more := 1
	for range draws {
		clear(count)
		for range int(t.picks) {
			u := rng.Float64()
			count[min(sort.SearchFloat64s(limit, u), len(limit)-1)]++
		}
		if t.chiSquare(count) >= x*(1-1e-12) {
			more++
		}
	}
	return float64(more) / float64(draws+1)
}
