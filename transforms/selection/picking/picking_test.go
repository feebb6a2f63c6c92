package picking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pool returns n candidates around a point at distance apart from others.
func pool(rng *rand.Rand, prefix string, n, d int, at float32) (list []Candidate) {
	for i := range n {
		c := Candidate{ID: fmt.Sprintf("%s%03d", prefix, i), X: make([]float32, d), SHA256: fmt.Sprintf("%s%d", prefix, i)}
		for j := range c.X {
			c.X[j] = at + float32(rng.NormFloat64())
			c.Distance += float64(c.X[j]-at) * float64(c.X[j]-at)
		}
		c.Distance = math.Sqrt(c.Distance)
		list = append(list, c)
	}
	return list
}

func ids(r *Result) [][]string {
	list := make([][]string, len(r.Picks))
	for g, picks := range r.Picks {
		for _, p := range picks {
			list[g] = append(list[g], p.ID)
		}
	}
	return list
}

// TestQuotas: divisions worked out by hand.
func TestQuotas(t *testing.T) {
	for _, tc := range []struct {
		c     Config
		sizes []int64
		fixed []int
		want  []int
	}{
		{Config{Top: 3}, []int64{5, 2, 9}, []int{0, 0, 0}, []int{3, 2, 3}},
		{Config{Top: 3}, []int64{5, 2, 9}, []int{4, 0, 1}, []int{4, 2, 3}},
		{Config{Budget: 9, Quota: Equal}, []int64{100, 2, 100}, []int{0, 0, 0}, []int{4, 2, 3}},
		{Config{Budget: 2, Quota: Equal}, []int64{7, 8, 9}, []int{0, 0, 0}, []int{0, 1, 1}},
		// 100/9.5 comes before 36/3.5.
		{Config{Budget: 14, Quota: Proportional}, []int64{100, 36, 4}, []int{0, 0, 0}, []int{10, 3, 1}},
		// Roots 10:6:2 share 9 as 5:3:1.
		{Config{Budget: 9, Quota: Sqrt}, []int64{100, 36, 4}, []int{0, 0, 0}, []int{5, 3, 1}},
		{Config{Budget: 100, Quota: Sqrt}, []int64{3, 1, 2}, []int{0, 0, 0}, []int{3, 1, 2}},
	} {
		if diff := cmp.Diff(tc.want, Quotas(tc.c, tc.sizes, tc.fixed)); diff != "" {
			t.Errorf("%+v of %v: %s", tc.c, tc.sizes, diff)
		}
	}
}

// TestNearestIsTheDefinition compares the plain strategy with sorting, and with
// the candidates in other orders.
func TestNearestIsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := pool(rng, "a", 50, 6, 0)
	p[7].Distance, p[9].Distance = 0.5, 0.5 // a tie, which the id decides
	c := Config{Strategy: Nearest, Top: 8, Duplicates: true}
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Candidate) int {
		if a.Distance < b.Distance {
			return -1
		}
		return 1
	})
	for range 5 {
		rng.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		r := Choose(c, []Group{{Size: 50, Pool: p}})
		for i, pick := range r.Picks[0] {
			if pick.ID != sorted[i].ID || pick.Next == nil || pick.Next.ID != sorted[i+1].ID {
				t.Fatalf("rank %d is %s, next %v; want %s and %s", i+1, pick.ID, pick.Next, sorted[i].ID, sorted[i+1].ID)
			}
		}
		if len(r.Picks[0]) != 8 || r.Picks[0][0].ID != "a007" {
			t.Fatalf("picks %v", ids(r))
		}
	}
}

// TestDuplicates plants copies: of pixels in another group, and of vectors with a
// little noise. None is picked beside its original, and nothing else is passed over.
func TestDuplicates(t *testing.T) {
	for _, d := range []int{2, 8, 64} {
		rng := rand.New(rand.NewPCG(2, uint64(d)))
		a, b := pool(rng, "a", 60, d, 0), pool(rng, "b", 60, d, 30)
		same := Candidate{ID: "copy", Distance: 0.01, X: b[40].X, SHA256: "a3"}
		near := Candidate{ID: "near", Distance: a[5].Distance + 1e-6, X: slices.Clone(a[5].X), SHA256: "near"}
		for j := range near.X {
			near.X[j] += 1e-4 * float32(rng.NormFloat64())
		}
		groups := []Group{{Size: 61, Pool: append(a, near)}, {Size: 61, Pool: append(b, same)}}
		c := Config{Strategy: Nearest, Top: 61}
		r := Choose(c, groups)
		reasons := map[string]string{}
		for _, o := range r.Duplicates {
			reasons[o.ID] = o.Reason
		}
		delete(reasons, "b040") // has the vector of copy
		if reasons["near"] != Near || len(reasons) > 2 || r.TooNear != 0 {
			t.Errorf("%d dimensions: passed over %+v, threshold %g", d, r.Duplicates, r.Threshold)
		}
		picked := map[string]bool{}
		for _, list := range ids(r) {
			for _, id := range list {
				picked[id] = true
			}
		}
		if picked["copy"] == picked["a003"] || picked["near"] || len(picked) < 119 {
			t.Errorf("%d dimensions: copy %v, original %v, near %v of %d picks", d, picked["copy"], picked["a003"], picked["near"], len(picked))
		}
		c.Equal = true
		if r := Choose(c, groups); len(r.Picks[0])+len(r.Picks[1]) != 120 || len(r.Duplicates) != 2 || r.Threshold != 0 {
			t.Errorf("%d dimensions: only equal ones passed over, %d and %d picks, without %+v", d, len(r.Picks[0]), len(r.Picks[1]), r.Duplicates)
		}
		c.Duplicates, c.Equal = true, false
		if r := Choose(c, groups); len(r.Picks[0])+len(r.Picks[1]) != 122 || len(r.Duplicates) != 0 {
			t.Errorf("%d dimensions: duplicates allowed, %d and %d picks", d, len(r.Picks[0]), len(r.Picks[1]))
		}
	}
}

// TestThresholdSparesOrdinaryImages: on even, clumped and heavy-tailed data at most
// one image in a hundred is a near duplicate by chance.
func TestThresholdSparesOrdinaryImages(t *testing.T) {
	for _, d := range []int{1, 2, 5, 20, 128} {
		rng := rand.New(rand.NewPCG(3, uint64(d)))
		p := pool(rng, "a", 500, d, 0)
		for i := range p {
			for j := range p[i].X {
				p[i].X[j] *= float32(1 + i%7)
			}
		}
		r := Choose(Config{Strategy: Nearest, Top: 500}, []Group{{Size: 500, Pool: p}})
		if len(r.Duplicates) > 5 || !(r.Threshold > 0) || r.Threshold > r.Neighbor/2 {
			t.Errorf("%d dimensions: %d passed over, threshold %g of neighbors at %g", d, len(r.Duplicates), r.Threshold, r.Neighbor)
		}
	}
}

// TestMinDistance: no two picks of the set are nearer, and every candidate passed
// over has a pick nearer than that.
func TestMinDistance(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	groups := []Group{{Size: 80, Pool: pool(rng, "a", 80, 3, 0)}, {Size: 80, Pool: pool(rng, "b", 80, 3, 1)}}
	for _, strategy := range []string{Nearest, Facility} {
		r := Choose(Config{Strategy: strategy, Top: 80, MinDistance: 1.5, Duplicates: true}, groups)
		picks := slices.Concat(r.Picks...)
		distance := func(a, b Candidate) float64 { return math.Sqrt(addSquares(0, a.X, b.X)) }
		for i, a := range picks {
			for _, b := range picks[:i] {
				if !(distance(a.Candidate, b.Candidate) >= 1.5) {
					t.Errorf("%s: %s and %s are %g apart", strategy, a.ID, b.ID, distance(a.Candidate, b.Candidate))
				}
			}
		}
		if len(picks) < 5 || r.TooNear != 160-len(picks) {
			t.Errorf("%s: %d picks, %d passed over of 160", strategy, len(picks), r.TooNear)
		}
		for _, c := range slices.Concat(groups[0].Pool, groups[1].Pool) {
			if !slices.ContainsFunc(picks, func(p Pick) bool { return distance(c, p.Candidate) < 1.5 }) {
				t.Errorf("%s: %s was left out without a reason", strategy, c.ID)
			}
		}
	}
}

// TestBudgetIsSpent: what a group without candidates cannot take goes to others.
func TestBudgetIsSpent(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	same := pool(rng, "a", 30, 4, 0)
	for i := range same {
		same[i].SHA256 = "one"
	}
	groups := []Group{{Size: 30, Pool: same}, {Size: 30, Pool: pool(rng, "b", 30, 4, 9)}, {Size: 30, Pool: pool(rng, "c", 30, 4, 18)}}
	r := Choose(Config{Strategy: Nearest, Budget: 21, Quota: Equal}, groups)
	if len(r.Picks[0]) != 1 || len(r.Picks[1]) != 10 || len(r.Picks[2]) != 10 {
		t.Errorf("picks %v", ids(r))
	}
}

// TestFixed: an earlier selection keeps its ranks, and the rest follows as it
// would have.
func TestFixed(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	groups := []Group{{Size: 40, Pool: pool(rng, "a", 40, 4, 0)}, {Size: 40, Pool: pool(rng, "b", 40, 4, 5)}}
	for _, strategy := range []string{Nearest, Facility} {
		c := Config{Strategy: strategy, Top: 9}
		whole := ids(Choose(c, groups))
		c.Top = 4
		fixed := slices.Clone(groups)
		for g, picks := range Choose(c, groups).Picks {
			for _, p := range picks {
				fixed[g].Fixed = append(fixed[g].Fixed, p.Candidate)
			}
		}
		c.Top = 9
		if diff := cmp.Diff(whole, ids(Choose(c, fixed))); diff != "" {
			t.Errorf("%s: extended in two steps (+) and at once (-):\n%s", strategy, diff)
		}
		foreign := []Group{{Size: 40, Pool: groups[0].Pool, Fixed: groups[0].Pool[30:33]}, groups[1]}
		c.Top = 2
		r := Choose(c, foreign)
		if got := ids(r); !slices.Equal(got[0], []string{"a030", "a031", "a032"}) || len(got[1]) != 2 || !r.Picks[0][2].Fixed || r.Picks[1][0].Fixed {
			t.Errorf("%s: picks %v with three fixed ones", strategy, got)
		}
	}
}

// TestFacilityIsGreedy compares the heap with computing every gain in every step,
// with and without directions, and with the guarantee on a small exhaustive search.
func TestFacilityIsGreedy(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, cosine := range []bool{false, true} {
		p := append(pool(rng, "a", 12, 3, 0), pool(rng, "b", 6, 3, 8)...)
		f := newFacility(&Group{Pool: p}, cosine)
		cost := func(set []int) (sum float64) {
			for i := range f.pool {
				least := math.Inf(1)
				for _, j := range set {
					least = min(least, float64(f.square[i*len(p)+j]))
				}
				sum += least
			}
			return sum
		}
		r := Choose(Config{Strategy: Facility, Cosine: cosine, Top: 5, Duplicates: true}, []Group{{Size: int64(len(p)), Pool: p}})
		var set []int
		for step, pick := range r.Picks[0] {
			best := -1
			for j := range f.pool {
				if !slices.Contains(set, j) && (best < 0 || cost(append(slices.Clone(set), j)) < cost(append(slices.Clone(set), best))*(1-1e-12)) {
					best = j
				}
			}
			if f.pool[best].ID != pick.ID {
				t.Errorf("cosine %v, step %d: %s, want %s", cosine, step, pick.ID, f.pool[best].ID)
			}
			set = append(set, best)
		}
		// Gains are over the largest distance; the cost of two picks bounds them.
		largest := float64(slices.Max(f.square)) * float64(len(p))
		best := math.Inf(1)
		for i := range p {
			for j := range i {
				best = min(best, cost([]int{i, j}))
			}
		}
		if two := cost(set[:2]); !(largest-two >= (1-1/math.E)*(largest-best)) {
			t.Errorf("cosine %v: two picks gain %g, the best two %g", cosine, largest-two, largest-best)
		}
	}
}
