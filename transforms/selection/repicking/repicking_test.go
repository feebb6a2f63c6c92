package repicking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
)

// mean is the center of rows.
func mean(x []float32, d int) []float64 {
	out := make([]float64, d)
	for i, v := range x {
		out[i%d] += float64(v) / float64(len(x)/d)
	}
	return out
}

// world is images around three places, 10 apart, with labels and one quality.
func world(n int) []Row {
	rng := rand.New(rand.NewPCG(3, 3))
	rows := make([]Row, n)
	for i := range rows {
		place := i % 3
		rows[i] = Row{ID: fmt.Sprintf("%05d", i), Group: []string{"a", "b", "c"}[place],
			X: []float32{float32(10*place) + float32(rng.NormFloat64()), float32(rng.NormFloat64())}}
	}
	return rows
}

// TestPick: the images nearest to the mean of each group are picked, whether a column or
// k-means makes the groups.
func TestPick(t *testing.T) {
	rows := world(300)
	var want []int
	for place := range 3 {
		var x []float32
		var at []int
		for i := place; i < len(rows); i += 3 {
			x, at = append(x, rows[i].X...), append(at, i)
		}
		center := mean(x, 2)
		slices.SortFunc(at, func(a, b int) int {
			d := kmeans.Distance("euclidean", rows[a].X, center) - kmeans.Distance("euclidean", rows[b].X, center)
			return int(math.Copysign(1, d))
		})
		want = append(want, at[:2]...)
	}
	slices.Sort(want)
	p := &schemas.SelectionParameters{Top: 2, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesAllow}}
	for _, scope := range []string{schemas.ScopeLabel, schemas.ScopeCluster} {
		r := Rule{Parameters: p, Scope: scope, Metric: schemas.MetricEuclidean, Clusters: 3, Center: mean}
		if got := r.Pick(rows, 1); !slices.Equal(got, want) {
			t.Errorf("scope %s: %v, want %v", scope, got, want)
		}
	}
}

// TestCrossedClusters: where clusters are crossed, they are made again of all rows, and each is
// divided by the values of the rows.
func TestCrossedClusters(t *testing.T) {
	rows := world(300)
	for i := range rows {
		rows[i].Group = []string{"x", "y"}[i/3%2]
	}
	p := &schemas.SelectionParameters{Top: 2, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesAllow}}
	r := Rule{Parameters: p, Scope: "cluster*Metadata_a", Metric: schemas.MetricEuclidean, Clusters: 3, Center: mean}
	of := map[string]int{}
	for _, i := range r.Pick(rows, 1) {
		of[fmt.Sprint(i%3, rows[i].Group)]++
	}
	for _, n := range of {
		if n != 2 || len(of) != 6 {
			t.Errorf("picks of places and values: %v", of)
		}
	}
	if r.Refuses(11) == "" || r.Refuses(12) != "" {
		t.Errorf("3 clusters of 11 images: %q, of 12: %q", r.Refuses(11), r.Refuses(12))
	}
}

// TestMiddle: of each group the nearest of the images in its middle half are picked, and not the
// nearest of all.
func TestMiddle(t *testing.T) {
	rows := world(300)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range rows {
		rows[i].Quality = []float32{float32(math.NaN()), rng.Float32(), 1, 1}
	}
	p := &schemas.SelectionParameters{Top: 5, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesAllow}}
	rule := Rule{Parameters: p, Scope: schemas.ScopeLabel, Metric: schemas.MetricEuclidean, Center: mean}
	all := rule.Pick(rows, 1)
	p.Picking.Candidates = schemas.CandidatesMiddle
	got := rule.Pick(rows, 1)
	if len(got) != 15 || slices.Equal(got, all) {
		t.Errorf("%v, of all candidates %v", got, all)
	}
	for _, i := range got {
		below := 0
		for j := range rows {
			if rows[j].Group == rows[i].Group && rows[j].Quality[1] < rows[i].Quality[1] {
				below++
			}
		}
		if below < 25 || below > 74 {
			t.Errorf("pick %d has %d of 100 images of its group below it", i, below)
		}
	}
}

// TestRepresentative: as many as the budget, of all groups, whatever these are.
func TestRepresentative(t *testing.T) {
	p := &schemas.SelectionParameters{Picking: schemas.PickParameters{Strategy: schemas.StrategyRepresentative, Budget: 12, Duplicates: schemas.DuplicatesSkip}}
	rows := world(300)
	got := Rule{Parameters: p, Scope: schemas.ScopeCluster, Metric: schemas.MetricEuclidean, Clusters: 3, Center: mean}.Pick(rows, 1)
	of := map[string]int{}
	for _, i := range got {
		of[rows[i].Group]++
	}
	if len(got) != 12 || of["a"] < 3 || of["b"] < 3 || of["c"] < 3 {
		t.Errorf("%d picks, %v of the groups", len(got), of)
	}
}

// TestBalance: picks that are made again keep the shares of columns.
func TestBalance(t *testing.T) {
	p := &schemas.SelectionParameters{Picking: schemas.PickParameters{Strategy: schemas.StrategyRepresentative, Budget: 12, Duplicates: schemas.DuplicatesSkip,
		Balance: schemas.Balancing{{Column: "Metadata_run", Shares: schemas.QuotaEqual}}}}
	rows := world(300)
	for i := range rows {
		rows[i].Values = []string{[]string{"x", "y"}[min(1, i%5)]}
	}
	x := 0
	for _, i := range (Rule{Parameters: p, Scope: schemas.ScopeCluster, Metric: schemas.MetricEuclidean, Clusters: 3, Center: mean}).Pick(rows, 1) {
		if rows[i].Values[0] == "x" {
			x++
		}
	}
	if x != 6 {
		t.Errorf("%d of 12 picks have the value of a fifth of the images", x)
	}
}

// TestRefuses: what cannot be made again is said.
func TestRefuses(t *testing.T) {
	p := schemas.SelectionParameters{Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest}}
	r := Rule{Parameters: &p, Scope: schemas.ScopeCluster, Clusters: 10}
	if r.Refuses(39) == "" || r.Refuses(40) != "" {
		t.Errorf("10 clusters of 39 images: %q, of 40: %q", r.Refuses(39), r.Refuses(40))
	}
	p.Picking.Include = []string{"x"}
	if r.Refuses(4000) == "" {
		t.Error("a pick that was asked for is made again")
	}
}
