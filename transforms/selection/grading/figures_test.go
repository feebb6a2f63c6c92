package grading

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// formula returns n rows of d numbers that every language computes alike.
func formula(n, d, salt int) []float32 {
	x := make([]float32, 0, n*d)
	for i := range n {
		for j := range d {
			v := (i*7919 + j*104729 + i*i*31*(j+1) + salt) % 1009
			x = append(x, float32(float64(v)/1009*float64(1+j)))
		}
	}
	return x
}

func closeTo(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*max(math.Abs(want), 1e-3)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// TestFigures compares with numpy 2, scipy and scikit-learn (float64 throughout).
func TestFigures(t *testing.T) {
	x, picks := formula(300, 6, 0), formula(20, 6, 17)
	p := newPanel(6, x, formula(50, 6, 5), [][]int32{{3, 4, 5}}, 300)
	for k, want := range map[int]float64{1: 0.08666666666666667, 3: 0.19666666666666666, 10: 0.4666666666666667} {
		closeTo(t, "coverage", p.measure(picks, nil, nil, p.neighbors(k)).coverage, want, 1e-12)
	}
	m := p.measure(picks, nil, nil, p.neighbors(1))
	closeTo(t, "quantisation", m.quantization, 2.862956154113377, 1e-12)
	closeTo(t, "median radius", m.p50, 1.4587822728864217, 1e-12)
	closeTo(t, "99th percentile", m.p99, 3.3139657338747077, 1e-12)
	closeTo(t, "largest radius", m.max, 3.6722375774222256, 1e-12)
	closeTo(t, "bandwidth", math.Sqrt(1/(2*p.gamma)), 3.648729073568648, 1e-12)
	closeTo(t, "MMD²", m.mmd2, 0.060075297866179156, 1e-11)
	if m.redundant != 0 || m.outliers != 0 {
		t.Errorf("%g redundant and %g outliers, want none", m.redundant, m.outliers)
	}
	copy(picks[6:12], picks[:6])
	picks[6] += 0.25
	for j := range 6 {
		picks[12+j] += 9
	}
	m = p.measure(picks, nil, nil, p.neighbors(1))
	if m.redundant != 0.1 || m.outliers != 0.05 {
		t.Errorf("%g redundant and %g outliers, want 0.1 and 0.05", m.redundant, m.outliers)
	}
}

// TestPicksAmongTheEvaluated: an image that is a pick is compared with the other
// picks, and not with itself.
func TestPicksAmongTheEvaluated(t *testing.T) {
	const d, n = 4, 40
	x := normal(rand.New(rand.NewPCG(8, 8)), n, d)
	p := newPanel(d, x, x[:d], nil, 30)
	self := []int32{35, 7, -1, 12}
	picks := normal(rand.New(rand.NewPCG(9, 9)), 4, d)
	for i, at := range self {
		if at >= 0 {
			copy(picks[i*d:(i+1)*d], x[at*d:(at+1)*d])
		}
	}
	m := p.measure(picks, self, nil, p.neighbors(2))
	sum, kernel, own, covered, outliers := 0.0, 0.0, 0.0, 0, 0
	distance := func(a, b []float32) float64 { return nearest.SquaredDistance(a, nearest.Widen(b)) }
	for i := range n {
		least := math.Inf(1)
		for j, at := range self {
			if int(at) != i {
				least = min(least, distance(x[i*d:(i+1)*d], picks[j*d:(j+1)*d]))
			}
		}
		sum += least / n
		if i < 30 && least <= p.neighbors(2)[i] {
			covered++
		}
	}
	for j, at := range self {
		pick := picks[j*d : (j+1)*d]
		least := math.Inf(1)
		for i := range 30 {
			if int(at) != i {
				least = min(least, distance(x[i*d:(i+1)*d], pick))
				kernel += math.Exp(-p.gamma * distance(x[i*d:(i+1)*d], pick))
			}
		}
		if least > p.far {
			outliers++
		}
		for k := range self {
			own += math.Exp(-p.gamma * distance(picks[k*d:(k+1)*d], pick))
		}
	}
	closeTo(t, "quantisation", m.quantization, sum, 1e-12)
	closeTo(t, "coverage", m.coverage, float64(covered)/30, 1e-12)
	closeTo(t, "outliers", m.outliers, float64(outliers)/4, 1e-12)
	closeTo(t, "MMD²", m.mmd2, p.within+own/16-2*kernel/(4*30-2), 1e-11)

	m = p.measure(picks[:d], self[:1], nil, p.neighbors(2)) // the only pick has no other
	sum = 0
	for i := range n {
		sum += distance(x[i*d:(i+1)*d], picks[:d]) / (n - 1)
	}
	closeTo(t, "quantization of one pick", m.quantization, sum, 1e-12)
	if math.IsInf(m.max, 0) {
		t.Error("the largest radius is infinite")
	}
}

func TestChiSquareP(t *testing.T) {
	for _, c := range []struct {
		x       float64
		freedom int
		p       float64 // scipy.stats.chi2.sf
	}{{3.2, 1, 0.07363827012030258}, {18.3, 10, 0.050109061411462506}, {250.5, 200, 0.008849533573900602}, {1e-3, 3, 0.9999915920809419}} {
		closeTo(t, "p", chiSquareP(c.x, c.freedom), c.p, 1e-9)
	}
}

func TestAdjustedRand(t *testing.T) {
	var a, b []int32
	for i := range 200 {
		a = append(a, int32((i*i*7+3)%5))
		if i%3 != 0 {
			b = append(b, int32((i*13+i/9)%4))
		} else {
			b = append(b, a[i])
		}
	}
	closeTo(t, "index", adjustedRand(a, b), 0.10601892818424213, 1e-12) // sklearn.metrics.adjusted_rand_score
	closeTo(t, "index", adjustedRand([]int32{0, 0, 1, 1}, []int32{0, 0, 1, 2}), 4.0/7, 1e-12)
	closeTo(t, "of renamed groups", adjustedRand([]int32{0, 0, 1, 1}, []int32{7, 7, 3, 3}), 1, 0)
	closeTo(t, "of one group", adjustedRand([]int32{0, 0}, []int32{0, 0}), 1, 0)
}

// TestCoverageK checks the expected coverage by drawing: rows and picks of one
// distribution.
func TestCoverageK(t *testing.T) {
	const rows, picks, trials = 200, 40, 100
	k := coverageK(rows, picks)
	want := 1.0
	for j := range k {
		want *= float64(rows-1-j) / float64(rows-1+picks-j)
	}
	want = 1 - want
	if !(want >= 0.5 && want < 0.6) {
		t.Errorf("k = %d is expected to cover %g", k, want)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	sum := 0.0
	for range trials {
		x, y := normal(rng, rows, 3), normal(rng, picks, 3)
		p := newPanel(3, x, y, nil, rows)
		sum += p.measure(y, nil, nil, p.neighbors(k)).coverage
	}
	// One trial deviates by about 0.06, the mean of 100 by 0.006.
	closeTo(t, "coverage", sum/trials, want, 0.04)
	for _, c := range [][3]int{{2000, 2000, 1}, {2000, 100000, 1}, {2, 1, 1}, {100, 1, 50}} {
		if k := coverageK(c[0], c[1]); k != c[2] {
			t.Errorf("k of %d images and %d picks is %d, want %d", c[0], c[1], k, c[2])
		}
	}
}

func normal(rng *rand.Rand, n, d int) []float32 {
	x := make([]float32, n*d)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// TestEquivalent compares the curves with selections that are measured one by one.
func TestEquivalent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x, pool := normal(rng, 150, 4), normal(rng, 70, 4)
	draws := [][]int32{}
	for range 3 {
		var draw []int32
		for _, j := range rng.Perm(70)[:60] {
			draw = append(draw, int32(j))
		}
		draws = append(draws, draw)
	}
	p := newPanel(4, x, pool, draws, 130)
	for r, draw := range draws {
		for m := 1; m <= 60; m++ {
			square := p.nearest(p.reference, nearest.New(nearest.Widen(gathered(pool, 4, draw[:m])), 4))
			closeTo(t, "quantisation", p.curves[r][m-1], mean(square), 1e-12)
		}
		if !slices.IsSortedFunc(p.curves[r], func(a, b float64) int { return cmp.Compare(b, a) }) {
			t.Error("a larger selection is worse")
		}
	}
	// The quantization of 20 images of the second draw needs 20 of that draw.
	e := p.equivalent(p.curves[1][19])
	if e.Low > 20 || e.High < 20 || e.Beyond != 0 {
		t.Errorf("20 images are as good as %+v", e)
	}
	if e := p.equivalent(0); e != (schemas.Equivalent{Random: 60, Low: 60, High: 60, Beyond: 3}) {
		t.Errorf("perfect picks are as good as %+v", e)
	}
	if e := p.equivalent(math.Inf(1)); e != (schemas.Equivalent{Random: 1, Low: 1, High: 1}) {
		t.Errorf("the worst picks are as good as %+v", e)
	}
}

// TestMonteCarlo compares with the exact distribution: 4 picks of 2 values.
func TestMonteCarlo(t *testing.T) {
	table := &table{share: []float64{0.25, 0.75}, count: []float64{3, 1}, picks: 4}
	x := table.chiSquare(table.count)
	closeTo(t, "χ²", x, 4/1.0+4/3.0, 1e-12) // (3-1)²/1 + (1-3)²/3
	// As unlikely: 3 or 4 of the rarer value.
	exact := 4*math.Pow(0.25, 3)*0.75 + math.Pow(0.25, 4)
	got := table.monteCarlo(x, rand.New(rand.NewPCG(1, 1)))
	closeTo(t, "p", got, exact, 4*math.Sqrt((1-exact)/exact/maxDraws)) // 4 standard deviations
	closeTo(t, "variation", table.variation(table.count), 0.5, 1e-12)
}

// TestNeighbors: the k-th nearest of the other reference images, some of which are equal.
func TestNeighbors(t *testing.T) {
	const d, n = 3, 40
	x := normal(rand.New(rand.NewPCG(5, 6)), n, d)
	copy(x[7*d:8*d], x[:d])
	p := newPanel(d, x, x[:d], nil, n)
	for _, k := range []int{1, 2, 20, n - 1, n + 5} {
		for i, got := range p.neighbors(k) {
			var others []float64
			for j := range n {
				if j != i {
					others = append(others, nearest.SquaredDistance(x[j*d:(j+1)*d], nearest.Widen(x[i*d:(i+1)*d])))
				}
			}
			slices.Sort(others)
			if want := others[min(k, n-1)-1]; got != want {
				t.Errorf("neighbor %d of image %d at %g, want %g", k, i, got, want)
			}
		}
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 1: 8, 0.9: 6.8} {
		closeTo(t, "quantile", quantile(v, q), want, 1e-12)
	}
}
