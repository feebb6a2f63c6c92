package grading

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
)

// gapOf measures the gap of the mean of some rows.
func gapOf(x []float32, d int) schemas.CenterGap {
	r := newRecentre("mean", x, d)
	return gapsOf(x, d, []schemas.Center{{Center: "mean", Embedding: r.base}})[0]
}

func TestGap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, d := range []int{2, 16, 128} {
		for _, n := range []int{100, 1000} {
			x := normal(rng, n, d)
			if g := gapOf(x, d); g.Mixed {
				t.Errorf("one cloud of %d images in %d dimensions is mixed: %+v", n, d, g)
			}
			at := normal(rng, 10, d)
			for i := range x {
				x[i] += 5 * at[(i/d%10)*d+i%d]
			}
			if g := gapOf(x, d); !g.Mixed && d > 2 { // in two dimensions ten clouds overlap
				t.Errorf("ten clouds of %d images in %d dimensions: %+v", n, d, g)
			}
		}
	}
	ring := make([]float32, 0, 1000)
	for range 500 {
		s, c := math.Sincos(2 * math.Pi * rng.Float64())
		ring = append(ring, float32(c), float32(s))
	}
	if g := gapOf(ring, 2); !g.Mixed {
		t.Errorf("the centre of a ring: %+v", g)
	}
}

// TestRankIntervals compares with what other collections of the same kind give.
func TestRankIntervals(t *testing.T) {
	const d, n, picks, trials = 5, 400, 10, 200
	collection := func(trial int) *world {
		w := newWorld(n, d, 1, 3, 7)
		w.rows.X = normal(rand.New(rand.NewPCG(11, uint64(trial))), n, d)
		w.centers = w.means()
		return w
	}
	w := collection(0)
	set := w.pick(picks, []int{0}, cmp.Compare[float64])
	got := grade(t, w.input(w.all(), set)).Ranks[0]
	// The ranks of the same images against the centres of other collections.
	inside, width := 0, 0.0
	for trial := 1; trial <= trials; trial++ {
		center := collection(trial).centers
		var all []float64
		for i := range n {
			all = append(all, squared(w.rows.row(i), center))
		}
		slices.Sort(all)
		for i, r := range got {
			rank, _ := slices.BinarySearch(all, squared(set.Picks.row(i), center))
			if int64(rank+1) >= r.Low && int64(rank+1) <= r.High {
				inside++
			}
		}
	}
	for i, r := range got {
		if int64(i+1) < r.Low || int64(i+1) > r.High {
			t.Errorf("pick %d: ranks %+v do not contain its own", i+1, r)
		}
		width += float64(r.High-r.Low) / picks
	}
	// Other centres differ from this one by √2 times what its bootstrap does, so
	// that less than 95 % is to be expected.
	if share := float64(inside) / trials / picks; !(share > 0.7 && share <= 1) {
		t.Errorf("%.3g of the ranks with other centres are in the intervals", share)
	}
	if !(width > 2 && width < n/4) {
		t.Errorf("the intervals are %g ranks wide", width)
	}
	t.Log(got)
}

func squared(x []float32, c []float64) (sum float64) {
	for j, v := range x {
		sum += (float64(v) - c[j]) * (float64(v) - c[j])
	}
	return sum
}

// TestRecentre compares weighted centres with those of repeated rows.
func TestRecentre(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const d = 3
	x := normal(rng, 9, d)
	count := []float64{2, 0, 1, 1, 3, 0, 0, 1, 1}
	var repeated []float32
	for i, c := range count {
		for range int(c) {
			repeated = append(repeated, x[i*d:(i+1)*d]...)
		}
	}
	for _, kind := range []string{"mean", "median", "geometric_median"} {
		got := newRecentre(kind, x, d).center(count)
		want := newRecentre(kind, repeated, d).base
		for j := range d {
			closeTo(t, kind, got[j], want[j], 1e-9)
		}
	}
	// The geometric median has no pull left: the sum of unit vectors is 0.
	at := newRecentre("geometric_median", normal(rng, 200, d), d)
	sum := make([]float64, d)
	for i := range 200 {
		row := at.x[i*d : (i+1)*d]
		for j, v := range row {
			sum[j] += (float64(v) - at.base[j]) / math.Sqrt(squared(row, at.base))
		}
	}
	for _, s := range sum {
		if !(math.Abs(s) < 1e-3) {
			t.Errorf("unit vectors add up to %v", sum)
		}
	}
}
