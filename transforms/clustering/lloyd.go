package clustering

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"exemplar/model/nearest"
	"exemplar/transforms/parallel"
)

// Limits of the iterations on the sample. A restart only has to show which basin
// is good; the best one is then followed to its end.
const (
	restartIterations = 30
	restartTolerance  = 1e-4 // relative improvement of the inertia below which a restart stops
	polishIterations  = 300
)

// Fit clusters a weighted sample into at most k centres: k-means++ seeding and
// Lloyd iterations from restarts different seedings, of which the one with the
// smallest inertia wins (the first one in a tie). The centres are sorted. The
// result depends on the arguments alone, not on the number of processors.
func Fit(s Sample, k int, seed uint64, restarts int) (centers []float64, inertia float64) {
	results := make([][]float64, restarts)
	inertias := make([]float64, restarts)
	var wg sync.WaitGroup
	for i := range restarts {
		wg.Go(func() {
			parallel.Compute(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(i)))
				seeds := sortRows(plusPlus(s, k, rng), s.D)
				results[i], inertias[i] = lloyd(s, seeds, k, restartIterations, restartTolerance, 1)
			})
		})
	}
	wg.Wait()
	best := 0
	for i, v := range inertias {
		if v < inertias[best] {
			best = i
		}
	}
	return lloyd(s, results[best], k, polishIterations, 0, runtime.GOMAXPROCS(0))
}

// lloyd iterates from the given centres until they no longer change, until the
// inertia falls by less than the tolerance, or for the given number of
// iterations. It returns sorted centres and the inertia of the assignment that
// they are the means of.
func lloyd(s Sample, centers []float64, k, iterations int, tolerance float64, workers int) ([]float64, float64) {
	labels, d2 := make([]int32, s.Len()), make([]float64, s.Len())
	before := math.Inf(1)
	for range iterations {
		assign(s, nearest.New(centers, s.D), labels, d2, workers)
		inertia := 0.0
		for i, w := range s.Weights {
			inertia += float64(w * d2[i])
		}
		next := s.means(labels, d2, len(centers)/s.D, k)
		if slices.Equal(next, centers) || before-inertia <= tolerance*before && len(next) == len(centers) && tolerance > 0 {
			return next, inertia
		}
		centers, before = next, inertia
	}
	return centers, before
}

// assign finds the nearest centre of every row, on several goroutines.
func assign(s Sample, c *nearest.Index, labels []int32, d2 []float64, workers int) {
	n := s.Len()
	step := max(1, (n+workers-1)/workers)
	var wg sync.WaitGroup
	for i := 0; i < n; i += step {
		end := min(i+step, n)
		wg.Go(func() { c.Find(labels[i:end], d2[i:end], s.X[i*s.D:end*s.D]) })
	}
	wg.Wait()
}

// means returns the sorted weighted means of the rows of each of groups labels.
// Missing centres, up to k, are replaced by the rows farthest from their centre.
func (s Sample) means(labels []int32, d2 []float64, groups, k int) (centers []float64) {
	sums, weights := make([]float64, groups*s.D), make([]float64, groups)
	var far farthest
	far.keep = k
	spare := s.vacant(labels, groups) + k - groups
	for i, label := range labels {
		w := s.Weights[i]
		weights[label] += w
		sum := sums[int(label)*s.D : int(label+1)*s.D]
		for j, v := range s.Row(i) {
			sum[j] += float64(w * float64(v))
		}
		if spare > 0 {
			far.offer(s.Row(i), d2[i])
		}
	}
	for g, w := range weights {
		if w == 0 {
			continue
		}
		for j := range s.D {
			sums[g*s.D+j] /= w
		}
		centers = append(centers, sums[g*s.D:(g+1)*s.D]...)
	}
	return sortRows(append(centers, far.rows(spare)...), s.D)
}

// vacant counts the labels that no row has.
func (s Sample) vacant(labels []int32, groups int) int {
	seen := make([]bool, groups)
	n := groups
	for _, label := range labels {
		if !seen[label] {
			seen[label] = true
			n--
		}
	}
	return n
}
