package grading

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestMixture looks for populations in clouds of which their number is known.
func TestMixture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, tc := range []struct {
		n, d, clouds int
		apart        float64
		tail         bool
		want         int
	}{
		{n: 500, d: 2, clouds: 1, want: 1},
		{n: 500, d: 64, clouds: 1, want: 1},
		{n: 3000, d: 16, clouds: 1, tail: true, want: 1},
		{n: 800, d: 16, clouds: 2, apart: 2, want: 1}, // one peak
		{n: 800, d: 16, clouds: 2, apart: 8, want: 2},
		{n: 800, d: 64, clouds: 2, apart: 8, want: 2},
		{n: 3000, d: 16, clouds: 5, apart: 8, want: 5},
		{n: 4000, d: 32, clouds: 10, apart: 8, want: 10},
	} {
		x := normal(rng, tc.n, tc.d)
		for i := range tc.n {
			row := x[i*tc.d : (i+1)*tc.d]
			if tc.tail {
				stretch := float32(math.Exp(rng.NormFloat64()))
				for j := range row {
					row[j] *= stretch
				}
			}
			// Corners of a simplex, that far apart.
			if tc.clouds > 1 {
				row[rng.IntN(tc.clouds)] += float32(tc.apart / math.Sqrt2)
			}
		}
		m := mixtureOf(x, tc.d, 1)
		large, sum := 0, 0.0
		for _, p := range m.Populations {
			sum += p
			if p > 0.05 {
				large++
			}
		}
		if large != tc.want || m.Mixed != (tc.want > 1) || (m.Between < mixtureDensity) != (len(m.Populations) > 1) || !(math.Abs(sum-1) < 1e-9) {
			t.Errorf("%+v: %+v", tc, m)
		}
		if again := mixtureOf(x, tc.d, 1); !reflect.DeepEqual(again, m) {
			t.Errorf("%+v: %+v, and then %+v", tc, m, again)
		}
	}
	equal := slices.Repeat([]float32{1, 2, 3}, 500)
	if m := mixtureOf(equal, 3, 1); m.Mixed {
		t.Errorf("500 equal images: %+v", m)
	}
}

// TestMixturesOfGroups: the label that holds two clouds is named, the others are
// not, and medoids are no averages.
func TestMixturesOfGroups(t *testing.T) {
	w := newWorld(3000, 8, 3, 12, 7)
	in := w.input(w.all(), w.pick(9, []int{0, 1, 2}, cmp.Compare[float64]))
	for i := range in.Sample.Images {
		im := &in.Sample.Images[i]
		im.Label = map[bool]string{true: "one", false: "two"}[im.Cluster == 0]
	}
	for _, center := range []string{"mean", "median", "medoid"} {
		in.Sets = append(in.Sets, Set{Scope: "label", Center: center, Metric: "euclidean", Picks: in.Sets[0].Picks, Groups: slices.Repeat([]string{"one"}, in.Sets[0].Picks.Len())})
		for _, label := range []string{"one", "two", "rare"} {
			in.Centers = append(in.Centers, schemas.Center{Scope: "label", GroupID: label, Center: center, Embedding: make([]float64, 8)})
		}
	}
	g := grade(t, in).Grade
	var found []string
	for _, f := range g.Findings {
		if f.Kind == schemas.FindingMixed {
			found = append(found, f.Group+": "+f.Text)
		}
	}
	if len(found) != 1 || !strings.HasPrefix(found[0], "two: the mean and median of label two lie between 2 separate populations (73 % and 27 % of its images), where images are at most 0 % as dense as on both sides") {
		t.Errorf("findings %q of %+v", found, g.Mixtures)
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
	// The ranks of the same images against the centers of other collections.
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
	// Other centers differ from this one by √2 times what its bootstrap does, so
	// that less than 95 % is to be expected.
	if share := float64(inside) / trials / picks; !(share > 0.7 && share <= 1) {
		t.Errorf("%.3g of the ranks with other centers are in the intervals", share)
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

// TestRecenter compares weighted centers with those of repeated rows.
func TestRecenter(t *testing.T) {
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
		got := newRecenter(kind, x, d).center(count)
		want := newRecenter(kind, repeated, d).base
		for j := range d {
			closeTo(t, kind, got[j], want[j], 1e-9)
		}
	}
	// The geometric median has no pull left: the sum of unit vectors is 0.
	at := newRecenter("geometric_median", normal(rng, 200, d), d)
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
