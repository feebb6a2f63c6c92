package kmeans

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// fineClusters is the number of fine clusters for each cluster by default, that of
// the two levels that the authors of the method publish.
const fineClusters = 5

// DefaultFine returns the number of fine clusters that k clusters of d dimensions
// are made from: 5 for each, at most a quarter of the rows and of what a sample of
// 64 MiB holds, but 2 for each where there are so many rows.
func DefaultFine(k, d int, rows int64) int {
	held := (64 << 20) / (4 * d)
	most := int(min(rows, int64(held))) / 4
	return max(k, min(fineClusters*k, max(most, int(min(rows/2, int64(2*k))))))
}

// Hierarchy is a run of hierarchical k-means with resampling: balanced clusters, not
// those of the least inertia.
type Hierarchy struct {
	Clusters, Fine int
	Steps          int // of resampling
	Seed           uint64
	Restarts       int // seedings that are tried at the last step; one before
}

// HierarchyOf returns what the parameters of a selection ask for: no fine clusters
// where it is not hierarchical k-means.
func HierarchyOf(p schemas.SelectionParameters) Hierarchy {
	if !p.Hierarchical() {
		return Hierarchy{}
	}
	return Hierarchy{p.Clusters, p.FineClusters, p.ResamplingSteps, p.Seed, p.Restarts}
}

// Fit clusters a weighted sample in two levels (Vo et al., "Automatic data curation
// for self-supervised learning: a clustering-based approach", 2024, algorithm 1).
//
// The first level is k-means of the rows into fine clusters, the second k-means of
// their centers, each of which counts once, however many rows it stands for. Then
// come the resampling steps: of each cluster the members nearest to its center are
// kept, half as many as a cluster has on average, 2 at least; k-means of these alone,
// from new seeds, gives the next centers; and all members go to the nearest of them.
// Crowded regions lose the most members, so that centers spread over where rows are,
// and depend less on how many are there. As in the authors' largest run the first
// level is not resampled.
//
// A center that is nearest to no row moves to the row farthest from its center. The
// centers are sorted, and fewer than asked for where fewer rows are different. The
// result depends on the arguments alone, not on the number of processors.
func (h Hierarchy) Fit(s Sample) (centers []float64, levels []schemas.ClusterLevel) {
	rng := rand.New(rand.NewPCG(h.Seed, 0))
	centers, _ = Fit(s, h.Fine, rng.Uint64(), 1)
	fine := Sample{D: s.D, X: nearest.Narrow(centers), Weights: slices.Repeat([]float64{1}, len(centers)/s.D)}
	upper := schemas.ClusterLevel{Rows: int64(fine.Len()), Kept: max(2, (fine.Len()+2*h.Clusters-1)/(2*h.Clusters))}
	restarts := func() int {
		if upper.Steps == h.Steps {
			return h.Restarts
		}
		return 1
	}
	centers, _ = Fit(fine, h.Clusters, rng.Uint64(), restarts())
	for upper.Steps < h.Steps {
		upper.Steps++
		centers, _ = Fit(fine.nearestRows(centers, upper.Kept), h.Clusters, rng.Uint64(), restarts())
	}
	upper.Clusters = len(centers) / s.D
	centers = newFit(s, h.Clusters).occupied(centers, runtime.GOMAXPROCS(0))
	return centers, []schemas.ClusterLevel{{Rows: int64(s.Len()), Clusters: fine.Len()}, upper}
}

// nearestRows returns those n rows of each cluster, or all where it has fewer, that
// are nearest to its center, the first ones of several, without weights.
func (s Sample) nearestRows(centers []float64, n int) Sample {
	index := nearest.New(centers, s.D)
	labels, d2 := make([]int32, s.Len()), make([]float64, s.Len())
	split(s.Len(), runtime.GOMAXPROCS(0), func(i, end int) { index.Find(labels[i:end], d2[i:end], s.X[i*s.D:end*s.D]) })
	var rows []int32
	for _, members := range membersOf(labels, index.Len()) {
		slices.SortStableFunc(members, func(a, b int32) int { return cmp.Compare(d2[a], d2[b]) })
		rows = append(rows, members[:min(n, len(members))]...)
	}
	slices.Sort(rows)
	kept := Sample{D: s.D, X: make([]float32, 0, len(rows)*s.D), Weights: slices.Repeat([]float64{1}, len(rows))}
	for _, i := range rows {
		kept.X = append(kept.X, s.Row(int(i))...)
	}
	return kept
}

// occupied returns centers of which each is the nearest to some row: the others, and
// those that are missing of k, move to the rows farthest from their centers.
func (f fit) occupied(centers []float64, workers int) []float64 {
	labels, d2 := make([]int32, f.Len()), make([]float64, f.Len())
	for range polishIterations { // a move may leave another center without rows; each lowers the inertia
		index := nearest.New(centers, f.D)
		split(f.Len(), workers, func(i, end int) { index.Find(labels[i:end], d2[i:end], f.X[i*f.D:end*f.D]) })
		var next []float64
		for g, members := range membersOf(labels, index.Len()) {
			if len(members) > 0 {
				next = append(next, index.Row(g)...)
			}
		}
		if missing := f.k - len(next)/f.D; missing > 0 {
			far := Farthest{Keep: missing}
			for i := range labels {
				far.Offer(f.Row(i), d2[i])
			}
			next = SortRows(append(next, far.Rows(missing)...), f.D)
		}
		if slices.Equal(next, centers) {
			break
		}
		centers = next
	}
	return centers
}
