package kmeans

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"exemplar/model/nearest"
	"exemplar/transforms/run/parallel"
)

// Limits of the iterations on the sample.
const (
	polishIterations = 300

	// Of every restart that is left, before the better ones go on: the more, the
	// cheaper they are.
	minRound, maxRound = 5, 50
	roundTerms         = 2e9  // products of coordinates
	tolerance          = 1e-5 // relative improvement of the inertia below which they end

	// maxContenders bounds the bytes of the centers of all restarts that iterate.
	maxContenders = 64 << 20
)

// Fit clusters a weighted sample into at most k centers. It draws restarts
// different seedings by k-means++, runs a few Lloyd iterations from each, some
// more from the best third, and so on until one is left, which is followed to its
// end and improved by moving centers. Ties are won by the first. The centers are sorted. Where the centers of all
// restarts take more than maxContenders bytes, the seedings of the smallest
// inertia go on alone. The result depends on the arguments alone, not on the
// number of processors.
func Fit(s Sample, k int, seed uint64, restarts int) (centers []float64, inertia float64) {
	f := newFit(s, k)
	list := make([]contender, restarts)
	rows := nearest.NewRows(s.X, s.D)
	parallel.All(restarts, func(i int) {
		list[i].seeds, list[i].inertia = plusPlus(s, rows, k, rand.New(rand.NewPCG(seed, uint64(i))))
	})
	list = bestOf(list, maxContenders/(8*k*s.D))
	for i, c := range list {
		for _, row := range c.seeds {
			list[i].centers = append(list[i].centers, nearest.Widen(s.Row(int(row)))...)
		}
		list[i].centers = SortRows(list[i].centers, s.D)
	}
	iterations := int(min(max(roundTerms/(float64(len(s.X))*float64(k)), minRound), maxRound))
	for len(list) > 1 {
		parallel.All(len(list), func(i int) { list[i].centers, list[i].inertia = f.lloyd(list[i].centers, iterations, 1) })
		list = bestOf(list, len(list)/3)
	}
	workers := runtime.GOMAXPROCS(0)
	centers, _ = f.lloyd(list[0].centers, polishIterations, workers)
	return f.lloyd(f.improve(centers, workers), polishIterations, workers)
}

// contender is a restart.
type contender struct {
	seeds   []int32
	centers []float64
	inertia float64 // at first that of the seeds, in other units
}

// bestOf returns the n contenders of the smallest inertia, at least one.
func bestOf(list []contender, n int) []contender {
	slices.SortStableFunc(list, func(a, b contender) int { return cmp.Compare(a.inertia, b.inertia) })
	return list[:min(max(n, 1), len(list))]
}

// fit is the clustering of a sample into k clusters.
type fit struct {
	Sample
	k     int
	scale Scale // of weighted sums
}

func newFit(s Sample, k int) fit {
	largest, weight := 0.0, 0.0
	for _, v := range s.X {
		largest = max(largest, math.Abs(float64(v)))
	}
	for _, w := range s.Weights {
		weight += w
	}
	return fit{s, k, NewScale(largest, int64(weight)+int64(s.Len()), s.D)}
}

// lloyd iterates from the given centers until they no longer change, until the
// inertia falls by less than the tolerance, or for the given number of
// iterations. It returns sorted centers and the inertia of the assignment that
// they are the means of.
func (f fit) lloyd(centers []float64, iterations, workers int) ([]float64, float64) {
	labels, d2 := make([]int32, f.Len()), make([]float64, f.Len())
	before := math.Inf(1)
	for range iterations {
		index := nearest.New(centers, f.D)
		split(f.Len(), workers, func(i, end int) { index.Find(labels[i:end], d2[i:end], f.X[i*f.D:end*f.D]) })
		inertia := 0.0
		for i, w := range f.Weights {
			inertia += float64(w * d2[i])
		}
		next := f.means(labels, d2, index.Len(), workers)
		if slices.Equal(next, centers) || inertia >= (1-tolerance)*before && len(next) == len(centers) {
			return next, inertia
		}
		centers, before = next, inertia
	}
	return centers, before
}

// split calls f for parts of n things, on several goroutines.
func split(n, workers int, f func(i, end int)) {
	step := max(1, (n+workers-1)/workers)
	var wg parallel.Group
	for i := 0; i < n; i += step {
		wg.Go(func() { f(i, min(i+step, n)) })
	}
	wg.Wait()
}

// means returns the sorted weighted means of the rows of each of groups labels.
// Missing centers, up to k, are replaced by the rows farthest from their center.
func (f fit) means(labels []int32, d2 []float64, groups, workers int) []float64 {
	members := membersOf(labels, groups)
	centers := make([]float64, groups*f.D)
	split(groups, workers, func(g, end int) {
		sum := make([]int64, f.D)
		for ; g < end; g++ {
			f.mean(centers[g*f.D:(g+1)*f.D], members[g], sum)
		}
	})
	kept := 0
	for g := range groups {
		if len(members[g]) > 0 {
			kept += copy(centers[kept:], centers[g*f.D:(g+1)*f.D])
		}
	}
	centers = centers[:kept]
	if spare := f.k - kept/f.D; spare > 0 {
		far := Farthest{Keep: f.k}
		for i := range labels {
			far.Offer(f.Row(i), d2[i])
		}
		centers = append(centers, far.Rows(spare)...)
	}
	return SortRows(centers, f.D)
}

// mean writes the weighted mean of some rows to dst.
func (f fit) mean(dst []float64, rows []int32, sum []int64) {
	clear(sum)
	weight := 0.0
	for _, i := range rows {
		w := f.Weights[i]
		weight += w
		nearest.Accumulate(sum, f.Row(int(i)), float64(w*f.scale.Factor()))
	}
	for j, v := range sum {
		dst[j] = math.Ldexp(float64(v)/weight, -f.scale.Shift)
	}
}
