package grading

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/kmeans"
)

// How often clusters are made again, and from what.
const (
	refits       = 3 // other seeds
	refitTries   = 3 // seedings of each
	refitRows    = 10000
	refitFewest  = 5000
	refitCluster = 20 // images per cluster, where there are that many
	leastCluster = 4  // images per cluster below which nothing is said
	comparedRows = 5000
)

// stability makes the clusters again with other seeds, and from halves of the
// sample.
func (g *grader) stability() *schemas.Stability {
	k := len(g.Clusters)
	if k < 2 {
		return nil
	}
	n := g.Sample.Len()
	rows := min(n, max(refitCluster*k, refitFewest), max(refitRows, leastCluster*k))
	half := min(n/2, rows)
	s := &schemas.Stability{Rows: rows}
	if half < leastCluster*k {
		s.Reason = fmt.Sprintf("half the sample has fewer than %d images per cluster", leastCluster)
		return s
	}
	jobs := []struct{ from, to int }{{0, half}, {n - half, n}}
	for range refits {
		jobs = append(jobs, struct{ from, to int }{0, rows})
	}
	order := g.interleaved()
	fits := make([]*nearest.Index, len(jobs))
	for i, j := range jobs {
		d := g.Sample.D
		sample := kmeans.Sample{D: d, X: gathered(g.Sample.X, d, order[j.from:j.to]), Weights: slices.Repeat([]float64{1}, j.to-j.from)}
		fits[i] = nearest.New(g.refit(sample, k, g.Seed^(fitSalt+uint64(i))), d)
	}
	compared := min(comparedRows, n)
	at := g.Sample.X[:compared*g.Sample.D]
	s.Halves = interval([]float64{adjustedRand(assign(fits[0], at), assign(fits[1], at))})
	own := make([]int32, compared)
	for i := range own {
		own[i] = g.Sample.Images[i].Cluster
	}
	again := make([]float64, refits)
	for i, f := range fits[2:] {
		again[i] = adjustedRand(own, assign(f, at))
	}
	s.Reseeded = interval(again)
	for i, set := range g.Sets {
		if set.Scope != schemas.ScopeCluster || set.Center != schemas.CenterMean || set.Picks.Len() == 0 {
			continue
		}
		kept := make([]float64, refits)
		parallel.All(refits, func(r int) { kept[r] = g.kept(i, fits[2+r]) })
		s.PicksKept = append(s.PicksKept, schemas.SetStability{Center: set.Center, Metric: set.Metric, Kept: interval(kept)})
	}
	return s
}

// refit makes k clusters of a sample as those of the selection were made. A sample
// of few rows has fewer fine clusters.
func (g *grader) refit(s kmeans.Sample, k int, seed uint64) (centers []float64) {
	if h := g.Hierarchy; h.Fine > 0 {
		h.Clusters, h.Fine, h.Seed, h.Restarts = k, min(h.Fine, kmeans.DefaultFine(k, s.D, int64(s.Len()))), seed, refitTries
		centers, _ = h.Fit(s)
		return centers
	}
	centers, _ = kmeans.Fit(s, k, seed, refitTries)
	return centers
}

// interleaved returns the rows of the sample in the order 0, 2, 4 … 1, 3, 5 …:
// neither of its halves is that of the evaluated images.
func (g *grader) interleaved() []int32 {
	n := g.Sample.Len()
	order := make([]int32, 0, n)
	for first := range 2 {
		for i := first; i < n; i += 2 {
			order = append(order, int32(i))
		}
	}
	return order
}

// assign returns for each row the number of the nearest center.
func assign(centers *nearest.Index, x []float32) []int32 {
	d := len(centers.Row(0))
	n := len(x) / d
	labels, square := make([]int32, n), make([]float64, n)
	const block = 512
	parallel.All((n+block-1)/block, func(b int) {
		from, to := b*block, min(n, (b+1)*block)
		centers.Find(labels[from:to], square[from:to], x[from*d:to*d])
	})
	return labels
}

// near is an image and its distance to the center of its cluster.
type near struct {
	distance float64
	id       string
}

func (a near) compare(b near) int {
	return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.id, b.id))
}

// kept returns the share of a set's picks that are nearest to the new centers,
// too, among the sample and the picks.
func (g *grader) kept(set int, centers *nearest.Index) float64 {
	most := map[string]int{}
	want := 0
	for _, group := range g.groups[set] {
		most[group]++
		want = max(want, most[group])
	}
	metric := g.Sets[set].Metric
	lists := make([][]near, centers.Len())
	picked := map[string]bool{}
	for _, r := range []*Rows{&g.picks[set], &g.Sample} {
		labels, square := make([]int32, r.Len()), make([]float64, r.Len())
		centers.Find(labels, square, r.X)
		for i, label := range labels {
			if r == &g.Sample && picked[r.Images[i].ID] {
				continue
			}
			lists[label] = append(lists[label], near{kmeans.Distance(metric, r.row(i), centers.Row(int(label))), r.Images[i].ID})
			picked[r.Images[i].ID] = r != &g.Sample
		}
	}
	kept := 0
	for _, list := range lists {
		slices.SortFunc(list, near.compare)
		for _, image := range list[:min(want, len(list))] {
			if picked[image.id] {
				kept++
			}
		}
	}
	return float64(kept) / float64(g.picks[set].Len())
}
