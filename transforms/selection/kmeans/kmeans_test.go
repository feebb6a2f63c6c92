package kmeans

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/draw"
)

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// mixture draws n rows of d dimensions around k far centers.
func mixture(seed uint64, n, d, k int) Sample {
	rng := rand.New(rand.NewPCG(seed, 7))
	centers := normals(rng, k*d)
	s := Sample{D: d, X: normals(rng, n*d), Weights: make([]float64, n)}
	for i := range n {
		c := rng.IntN(k)
		s.Weights[i] = 1
		for j := range d {
			s.X[i*d+j] += float32(8 * centers[c*d+j])
		}
	}
	return s
}

// TestFitFindsMixture: on well separated mixtures every cluster is found, so
// the inertia is that of the true partition's means; that is also what a
// reference of 200 restarts of plain k-means++ finds, up to rounding.
func TestFitFindsMixture(t *testing.T) {
	for seed := range uint64(5) {
		s := mixture(seed, 400, 5, 8)
		centers, got := Fit(s, 8, seed, 10)
		if len(centers) != 8*5 {
			t.Fatalf("%d coordinates, want 40", len(centers))
		}
		best := math.Inf(1)
		for i := range uint64(200) {
			rng := rand.New(rand.NewPCG(99, i))
			_, v := newFit(s, 8).lloyd(referenceSeeds(s, 8, rng), 300, 1)
			best = min(best, v)
		}
		if !(got <= best*(1+1e-9)) {
			t.Errorf("mixture %d: inertia %g, the reference finds %g", seed, got, best)
		}
	}
}

// TestFitOverlapping: where clusters overlap there is no right answer to find, but
// the inertia is as good as the best of as many full runs from plain k-means++.
func TestFitOverlapping(t *testing.T) {
	for seed := range uint64(3) {
		s := mixture(seed, 2000, 8, 50)
		rng := rand.New(rand.NewPCG(98, seed))
		for i := range s.X {
			s.X[i] += float32(4 * rng.NormFloat64())
		}
		centers, got := Fit(s, 20, seed, 10)
		best := math.Inf(1)
		for i := range uint64(10) {
			_, v := newFit(s, 20).lloyd(referenceSeeds(s, 20, rand.New(rand.NewPCG(97, i))), 300, 1)
			best = min(best, v)
		}
		if !(got <= best*1.005) || len(centers) != 20*8 {
			t.Errorf("mixture %d: inertia %g of %d centers, the reference finds %g", seed, got, len(centers)/8, best)
		}
	}
}

// TestImprove: from seeds that lie all in one of many far clusters, Lloyd iterations
// leave most clusters together, and moving centers finds them all.
func TestImprove(t *testing.T) {
	const k, d = 30, 6
	s := mixture(4, 3000, d, k)
	want, least := Fit(s, k, 1, 20)
	f := newFit(s, k)
	near := numbered(s.Len()) // by distance to the first row
	first := nearest.Widen(s.Row(0))
	slices.SortFunc(near, func(a, b int) int {
		return cmp.Compare(nearest.SquaredDistance(s.Row(a), first), nearest.SquaredDistance(s.Row(b), first))
	})
	var bad []float64
	for _, i := range near[:k] {
		bad = append(bad, nearest.Widen(s.Row(i))...)
	}
	centers, before := f.lloyd(SortRows(bad, d), polishIterations, 1)
	got, after := f.lloyd(f.improve(centers, 1), polishIterations, 1)
	if !(before > 2*least && after <= least*(1+1e-9)) || len(got) != len(want) {
		t.Errorf("the inertia is %g, then %g, and should be %g", before, after, least)
	}
}

// referenceSeeds is k-means++ as published, one candidate a seed.
func referenceSeeds(s Sample, k int, rng *rand.Rand) []float64 {
	seeds := nearest.Widen(s.Row(rng.IntN(s.Len())))
	for len(seeds) < k*s.D {
		c := nearest.New(seeds, s.D)
		labels, d2 := make([]int32, s.Len()), make([]float64, s.Len())
		c.Find(labels, d2, s.X)
		total := 0.0
		for _, v := range d2 {
			total += v
		}
		u, i := rng.Float64()*total, 0
		for ; i < len(d2)-1 && u >= d2[i]; i++ {
			u -= d2[i]
		}
		seeds = append(seeds, nearest.Widen(s.Row(i))...)
	}
	return SortRows(seeds, s.D)
}

func TestFitIgnoresProcessors(t *testing.T) {
	s := mixture(3, 1000, 20, 30)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, _ := Fit(s, 30, 5, 4)
	runtime.GOMAXPROCS(4)
	four, _ := Fit(s, 30, 5, 4)
	if diff := gocmp.Diff(one, four); diff != "" {
		t.Errorf("(-1 processor +4)\n%s", diff)
	}
}

func TestFitDegenerate(t *testing.T) {
	same := Sample{D: 2, X: slices.Repeat([]float32{3, 4}, 10), Weights: slices.Repeat([]float64{1}, 10)}
	if got, inertia := Fit(same, 4, 1, 3); !slices.Equal(got, []float64{3, 4}) || inertia != 0 {
		t.Errorf("identical rows: centers %v, inertia %g", got, inertia)
	}
	s := mixture(2, 12, 3, 12)
	got, inertia := Fit(s, 12, 1, 3)
	if diff := gocmp.Diff(SortRows(nearest.Widen(s.X), 3), got); diff != "" || inertia != 0 {
		t.Errorf("a cluster a row: inertia %g, (-want +got)\n%s", inertia, diff)
	}
}

func TestInclusion(t *testing.T) {
	m := Moments{N: 1000, Spread: 500}
	total := 0.0
	for i := range 1000 {
		total += m.Inclusion(float64(i%2), 100) // Σd² = 500
	}
	if !(math.Abs(total-100) <= 1e-9) {
		t.Errorf("expected size of the sample is %g, want 100", total)
	}
	if got := m.Inclusion(1, 1000); got != 1 {
		t.Errorf("a sample of all rows takes a row with probability %g", got)
	}
	// 10,000 draws of probability 1/2: 5 standard deviations are 250.
	n := 0
	for i := range 10000 {
		if draw.Uniform(7, fmt.Sprint("image", i)) < 0.5 {
			n++
		}
	}
	if n < 4750 || n > 5250 {
		t.Errorf("%d of 10,000 numbers are below 1/2", n)
	}
}

func TestCosine(t *testing.T) {
	for _, c := range []struct {
		x    []float32
		c    []float64
		want float64
	}{
		{[]float32{1, 0}, []float64{2, 0}, 0},
		{[]float32{1, 0}, []float64{0, 3}, 1},
		{[]float32{1, 0}, []float64{-4, 0}, 2},
		{[]float32{0, 0}, []float64{1, 0}, 1},
		{[]float32{1, 1}, []float64{0, 0}, 1},
	} {
		if got := Distance(schemas.MetricCosine, c.x, c.c); got != c.want {
			t.Errorf("Distance(cosine, %v, %v) = %g, want %g", c.x, c.c, got, c.want)
		}
	}
}
