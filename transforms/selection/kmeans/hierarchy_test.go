package kmeans

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// crowd draws n rows of d dimensions: nine tenths from one population, the others
// from as many as rare says, whose centers lie spread deviations apart.
func crowd(seed uint64, n, d, rare int, spread float32) (s Sample, populations []int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	centers := normals(rng, (rare+1)*d)
	s = Sample{D: d, X: normals(rng, n*d), Weights: slices.Repeat([]float64{1}, n)}
	populations = make([]int, n)
	for i := range n {
		if i%10 == 9 {
			populations[i] = 1 + i/10%rare
		}
		for j := range d {
			s.X[i*d+j] += spread * centers[populations[i]*d+j]
		}
	}
	return s, populations
}

// covering counts the clusters in which each population is the most common one.
func covering(s Sample, populations []int, centers []float64) (clusters map[int]int) {
	labels, d2 := make([]int32, s.Len()), make([]float64, s.Len())
	nearest.New(centers, s.D).Find(labels, d2, s.X)
	clusters = map[int]int{}
	for _, members := range membersOf(labels, len(centers)/s.D) {
		count, most := map[int]int{}, 0
		for _, i := range members {
			count[populations[i]]++
		}
		for p, n := range count {
			if n > count[most] || n == count[most] && p < most {
				most = p
			}
		}
		clusters[most]++
	}
	return clusters
}

// balance is the entropy of the clusters over populations: 1 where each has as many.
func balance(clusters map[int]int, populations int) (h float64) {
	total := 0
	for _, n := range clusters {
		total += n
	}
	for _, n := range clusters {
		p := float64(n) / float64(total)
		h -= p * math.Log(p)
	}
	return h / math.Log(float64(populations))
}

// TestHierarchyCoversRarePopulations: k-means leaves most of 60 centers in the one
// population of 9,000 rows, and covers about half of 60 others of 16 or 17 rows each;
// hierarchical k-means covers more of them, in few and in many dimensions, also where
// they overlap.
func TestHierarchyCoversRarePopulations(t *testing.T) {
	const rare, k = 60, 60
	for _, c := range []struct {
		d      int
		spread float32
		gain   float64 // rare populations covered, times those of k-means, at least
	}{{2, 3, 1.2}, {8, 1.5, 1.5}, {8, 3, 1.3}, {32, 1.5, 1.2}} {
		s, populations := crowd(1, 10000, c.d, rare, c.spread)
		plain, _ := Fit(s, k, 1, 10)
		centers, levels := Hierarchy{Clusters: k, Fine: DefaultFine(k, c.d, 10000), Steps: 10, Seed: 1, Restarts: 10}.Fit(s)
		before, after := covering(s, populations, plain), covering(s, populations, centers)
		t.Logf("%d dimensions, spread %g: k-means has %d of %d centers in the dense population, %d rare ones covered, balance %.3f; hierarchical %d, %d, %.3f",
			c.d, c.spread, before[0], k, len(before)-1, balance(before, rare+1), after[0], len(after)-1, balance(after, rare+1))
		if len(centers) != k*c.d || !(float64(len(after)-1) >= c.gain*float64(len(before)-1)) ||
			!(2*after[0] <= before[0]) || !(balance(after, rare+1) > balance(before, rare+1)) {
			t.Errorf("%d dimensions, spread %g: %d centers, %v; k-means %v", c.d, c.spread, len(centers)/c.d, after, before)
		}
		want := []schemas.ClusterLevel{{Rows: 10000, Clusters: 300}, {Rows: 300, Clusters: 60, Steps: 10, Kept: 3}}
		if diff := gocmp.Diff(want, levels); diff != "" {
			t.Error(diff)
		}
	}
}

func TestHierarchyIgnoresProcessors(t *testing.T) {
	s := mixture(3, 1000, 20, 30)
	h := Hierarchy{Clusters: 12, Fine: 60, Steps: 4, Seed: 5, Restarts: 3}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, _ := h.Fit(s)
	runtime.GOMAXPROCS(4)
	four, _ := h.Fit(s)
	if diff := gocmp.Diff(one, four); diff != "" {
		t.Errorf("(-1 processor +4)\n%s", diff)
	}
	h.Seed++
	if other, _ := h.Fit(s); slices.Equal(one, other) {
		t.Error("the seed changes nothing")
	}
}

// TestHierarchyDegenerate: fewer different rows than clusters or fine clusters give a
// cluster for each row, and no center is without rows.
func TestHierarchyDegenerate(t *testing.T) {
	same := Sample{D: 2, X: slices.Repeat([]float32{3, 4}, 10), Weights: slices.Repeat([]float64{1}, 10)}
	if got, levels := (Hierarchy{Clusters: 4, Fine: 8, Steps: 3, Seed: 1, Restarts: 2}).Fit(same); !slices.Equal(got, []float64{3, 4}) || levels[1].Clusters != 1 {
		t.Errorf("identical rows: centers %v, levels %+v", got, levels)
	}
	s := mixture(2, 12, 3, 12)
	for _, fine := range []int{12, 40} {
		got, _ := Hierarchy{Clusters: 12, Fine: fine, Steps: 3, Seed: 1, Restarts: 2}.Fit(s)
		if diff := gocmp.Diff(SortRows(nearest.Widen(s.X), 3), got); diff != "" {
			t.Errorf("a cluster a row out of %d fine ones: (-want +got)\n%s", fine, diff)
		}
	}
	for seed := range uint64(20) {
		s := mixture(seed, 60, 2, 5)
		got, _ := Hierarchy{Clusters: 20, Fine: 40, Steps: 5, Seed: seed, Restarts: 1}.Fit(s)
		labels, d2 := make([]int32, s.Len()), make([]float64, s.Len())
		nearest.New(got, 2).Find(labels, d2, s.X)
		if slices.Sort(labels); len(got) != 20*2 || len(slices.Compact(labels)) != 20 {
			t.Errorf("seed %d: %d centers, %d with rows", seed, len(got)/2, len(slices.Compact(labels)))
		}
	}
}

// TestOccupied: two centers are the nearest to no row, and move to 20 and 9; that
// leaves 4 without rows, which moves to 0, the first of the farthest rows.
func TestOccupied(t *testing.T) {
	s := Sample{D: 1, X: []float32{0, 1, 2, 9, 20}, Weights: slices.Repeat([]float64{1}, 5)}
	got := newFit(s, 4).occupied([]float64{-50, 1, 4, 90}, 1)
	if want := []float64{0, 1, 9, 20}; !slices.Equal(got, want) {
		t.Errorf("centers %v, want %v", got, want)
	}
}

// TestNearestRows keeps the first of several at the same distance, and no weights.
func TestNearestRows(t *testing.T) {
	s := Sample{D: 1, X: []float32{2, 0, 1, 7, 1, 9}, Weights: []float64{5, 1, 2, 3, 4, 1}}
	got := s.nearestRows([]float64{1, 8}, 3)
	if want := (Sample{D: 1, X: []float32{2, 1, 7, 1, 9}, Weights: []float64{1, 1, 1, 1, 1}}); !gocmp.Equal(want, got) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDefaultFine(t *testing.T) {
	for _, c := range []struct {
		k, d int
		rows int64
		want int
	}{
		{100, 512, 1e6, 500}, {100, 64, 3416, 500}, {100, 64, 1000, 250}, {100, 64, 300, 150}, {100, 64, 100, 100},
		{1000, 512, 1e6, 5000}, {3000, 512, 1e6, 8192}, {10000, 512, 1e6, 20000},
	} {
		if got := DefaultFine(c.k, c.d, c.rows); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
