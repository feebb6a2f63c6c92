package centering

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/kmeans"
)

// collection is rows of d coordinates, each in a group.
type collection struct {
	d     int
	x     [][]float32
	group []int32
}

var everything = Config{Scopes: []string{"label"}, Centers: schemas.Centers}

// find runs all passes over a collection, its rows spread over parts in the
// order given. Everything that crosses a stage is encoded on its way.
func find(t testing.TB, c collection, groups int, order []int, parts int) *State {
	t.Helper()
	largest := 0.0
	for _, x := range c.x {
		for _, v := range x {
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	scale := kmeans.NewScale(largest, int64(len(c.x)), c.d)
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprintf("%03d", i)
	}
	config := everything
	config.Dimension = c.d
	s, err := start(config, clustering.Stats{Eligible: int64(len(c.x)), Columns: []string{"label"},
		Values: []clustering.Values{{Names: names}}, Shift: scale.Shift, Bound: scale.Bound}, clustering.Solution{})
	if err != nil {
		t.Fatal(err)
	}
	for range config.Passes() {
		if s.Done() {
			break
		}
		recode(t, &s)
		total := s.open()
		for part := range parts {
			tally := s.open()
			for i, row := range order {
				if i%parts == part {
					tally.add(c.group[row], c.x[row], fmt.Sprintf("image %05d", row))
				}
			}
			recode(t, &tally)
			total.fold(tally)
		}
		s.take(total)
	}
	if !s.Done() {
		t.Fatal("not done after all passes")
	}
	return s
}

func recode[T any](t testing.TB, v **T) {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(*v); err != nil {
		t.Fatal(err)
	}
	again := new(T)
	if err := gob.NewDecoder(&b).Decode(again); err != nil {
		t.Fatal(err)
	}
	*v = again
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// draw returns n skewed rows in some groups, with outliers, duplicates and zeros.
func draw(seed uint64, n, d, groups int) collection {
	rng := rand.New(rand.NewPCG(seed, 1))
	c := collection{d: d}
	for i := range n {
		g := int32(rng.IntN(groups))
		x := make([]float32, d)
		for j := range x {
			x[j] = float32(rng.NormFloat64()*math.Exp(rng.NormFloat64())) * float32(1+j%3)
			x[j] = max(x[j]+float32(g), 0)
		}
		if i%17 == 3 {
			for j := range x {
				x[j] *= 50
			}
		}
		if i%5 == 4 {
			x, g = slices.Clone(c.x[i-1]), c.group[i-1]
		}
		c.x, c.group = append(c.x, x), append(c.group, g)
	}
	return c
}

func (c collection) rows(group int) (rows [][]float32) {
	for i, g := range c.group {
		if int(g) == group {
			rows = append(rows, c.x[i])
		}
	}
	return rows
}

// cost is the sum of the distances of a point to rows.
func cost(rows [][]float32, y []float64) (sum float64) {
	for _, x := range rows {
		sum += math.Sqrt(nearest.SquaredDistance(x, y))
	}
	return sum
}

// reference is the plain iteration of Weiszfeld, from a point that is no row.
func reference(rows [][]float32, d int) []float64 {
	y := make([]float64, d)
	for j := range y {
		y[j] = 0.1 + 0.01*float64(j)
	}
	for range 100000 {
		next, weight := make([]float64, d), 0.0
		for _, x := range rows {
			w := 1 / (math.Sqrt(nearest.SquaredDistance(x, y)) + 1e-300)
			weight += w
			for j, v := range x {
				next[j] += w * float64(v)
			}
		}
		moved := 0.0
		for j := range next {
			next[j] /= weight
			moved = max(moved, math.Abs(next[j]-y[j]))
		}
		y = next
		if moved < 1e-14 {
			break
		}
	}
	return y
}

func TestCentersEqualReferences(t *testing.T) {
	for seed := range uint64(20) {
		d, groups := 1+int(seed%7), 3
		c := draw(seed, 40+int(seed)*13, d, groups)
		s := find(t, c, groups, numbers(len(c.x)), 3)
		for g := range groups {
			rows := c.rows(g)
			if int64(len(rows)) != s.Sizes[g] {
				t.Fatalf("group %d has %d rows, want %d", g, s.Sizes[g], len(rows))
			}
			for j := range d {
				var column []float64
				sum := 0.0
				for _, x := range rows {
					column = append(column, float64(x[j]))
					sum += float64(x[j])
				}
				slices.Sort(column)
				n := len(column)
				if got, want := s.Center("median", g)[j], (column[(n-1)/2]+column[n/2])/2; got != want {
					t.Errorf("seed %d, group %d: median %d is %v, want %v", seed, g, j, got, want)
				}
				if got, want := s.Center("mean", g)[j], sum/float64(n); !(math.Abs(got-want) <= 1e-11*max(1, math.Abs(want))) {
					t.Errorf("seed %d, group %d: mean %d is %v, want %v", seed, g, j, got, want)
				}
			}
			y := s.Center("geometric_median", g)
			got, want := cost(rows, y), cost(rows, reference(rows, d))
			if !(got <= want*(1+1e-14)) || s.Geometric.Paths[g].Residual > Tolerance {
				t.Errorf("seed %d, group %d: the distances to the geometric median add up to %v, the reference has %v; residual %g",
					seed, g, got, want, s.Geometric.Paths[g].Residual)
			}
			checkMedoid(t, s, g, rows, y)
		}
	}
}

// checkMedoid: the medoid's sum is the smallest of the rows nearest to the
// geometric median, and of all where there are no more than are considered.
func checkMedoid(t *testing.T, s *State, g int, rows [][]float32, y []float64) {
	t.Helper()
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b []float32) int {
		return cmpFloat(nearest.SquaredDistance(a, y), nearest.SquaredDistance(b, y))
	})
	best := math.Inf(1)
	for _, x := range sorted[:min(len(sorted), s.Medoid.K)] {
		best = min(best, cost(rows, nearest.Widen(x)))
	}
	if got := cost(rows, s.Center("medoid", g)); !(got <= best*(1+1e-14)) {
		t.Errorf("group %d: the distances to the medoid add up to %v, those to another row to %v", g, got, best)
	}
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestSameCenters: no order and no spreading of the rows changes a bit.
func TestSameCenters(t *testing.T) {
	c := draw(5, 500, 9, 4)
	want := find(t, c, 4, numbers(len(c.x)), 1)
	for seed := range uint64(3) {
		order := numbers(len(c.x))
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		got := find(t, c, 4, order, 1+5*int(seed))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(State{})); diff != "" {
			t.Fatalf("another order of the rows:\n%s", diff)
		}
	}
}

// TestGeometricMedianIsARow: the iteration ends, exactly, at a row that is the
// geometric median, also where it starts at another row that is not.
func TestGeometricMedianIsARow(t *testing.T) {
	for name, tc := range map[string]struct {
		rows [][]float32
		want []float64
	}{
		"one row":            {[][]float32{{3, 4}}, []float64{3, 4}},
		"equal rows":         {[][]float32{{0.1, 0.7}, {0.1, 0.7}, {0.1, 0.7}}, []float64{float64(float32(0.1)), float64(float32(0.7))}},
		"most rows equal":    {[][]float32{{1, 1}, {1, 1}, {1, 1}, {90, 5}, {7, -30}}, []float64{1, 1}},
		"the mean is a row":  {[][]float32{{0, 0}, {-5, -2}, {1, 1}, {1, 1}, {1, 1}, {2, -1}}, []float64{1, 1}},
		"on a line":          {[][]float32{{0, 0}, {1, 1}, {2, 2}, {50, 50}, {51, 51}}, []float64{2, 2}},
		"an obtuse triangle": {[][]float32{{-10, 0}, {10, 0}, {0, 1}}, []float64{0, 1}},
		"zeros":              {[][]float32{{0, 0}, {0, 0}}, []float64{0, 0}},
		"tiny":               {[][]float32{{1e-30, 0}, {1e-30, 0}, {3e-30, 0}}, []float64{float64(float32(1e-30)), 0}},
		"huge":               {[][]float32{{1e30, 0}, {1e30, 0}, {3e30, 0}}, []float64{float64(float32(1e30)), 0}},
	} {
		c := collection{d: 2, x: tc.rows, group: make([]int32, len(tc.rows))}
		s := find(t, c, 1, numbers(len(tc.rows)), 2)
		if got := s.Center("geometric_median", 0); !slices.Equal(got, tc.want) {
			t.Errorf("%s: geometric median %v, want %v, after %d steps", name, got, tc.want, s.Geometric.Paths[0].Steps)
		}
		if got := s.Center("medoid", 0); !slices.Equal(got, tc.want) {
			t.Errorf("%s: medoid %v, want %v", name, got, tc.want)
		}
	}
}

// TestGeometricMedianOfFew: of groups that are hardly any, which crossed scopes have, a point with
// the smallest sum of distances is found: of two rows the middle, of an even number on a line one
// between the middle two, else the row in the middle.
func TestGeometricMedianOfFew(t *testing.T) {
	for name, tc := range map[string]struct {
		at        []float32 // on a line
		low, high float64   // where geometric medians are
	}{
		"one": {[]float32{3}, 3, 3}, "two": {[]float32{1, 4}, 2.5, 2.5}, "equal": {[]float32{2, 2}, 2, 2},
		"three": {[]float32{0, 1, 9}, 1, 1}, "four": {[]float32{0, 1, 2, 40}, 1, 2}, "four, two equal": {[]float32{0, 5, 5, 6}, 5, 5},
		"two and two": {[]float32{1, 1, 7, 7}, 1, 7}, "three in one place": {[]float32{1, 1, 1, 100, 100}, 1, 1},
	} {
		c := collection{d: 3}
		for _, v := range tc.at {
			c.x, c.group = append(c.x, []float32{v, -v, 2 * v}), append(c.group, 0)
		}
		s := find(t, c, 1, numbers(len(c.x)), 2)
		y, path := s.Center("geometric_median", 0), s.Geometric.Paths[0]
		if v := y[0]; !(v >= tc.low-1e-9 && v <= tc.high+1e-9) || !(math.Abs(y[1]+v) <= 1e-9) || !(math.Abs(y[2]-2*v) <= 1e-9) || path.Residual > Tolerance || path.Steps > 12 {
			t.Errorf("%s: %v after %d steps with a residual of %g, want from %g to %g", name, y, path.Steps, path.Residual, tc.low, tc.high)
		}
	}
}

// TestStepsAreFew: extrapolation keeps the passes few where plain steps would
// need hundreds: on a long thin cloud.
func TestStepsAreFew(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	c := collection{d: 5, group: make([]int32, 1000)}
	for range c.group {
		x := make([]float32, c.d)
		for j := range x {
			x[j] = float32(math.Abs(rng.NormFloat64()) * []float64{30, 3, 1, 1, 1}[j])
		}
		c.x = append(c.x, x)
	}
	p := find(t, c, 1, numbers(1000), 4).Geometric.Paths[0]
	t.Logf("%d steps, residual %g", p.Steps, p.Residual)
	if p.Residual > Tolerance || p.Steps > 40 {
		t.Errorf("residual %g after %d steps", p.Residual, p.Steps)
	}
}

// TestMediansOfAnyBits: medians are exact for any values, however few bits a
// pass may count.
func TestMediansOfAnyBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, digit := rapid.IntRange(1, 9).Draw(t, "n"), rapid.IntRange(minDigit, maxDigit).Draw(t, "digit")
		values := rapid.SliceOfN(rapid.Float32().Filter(func(v float32) bool { return v == v }), n, n).Draw(t, "values")
		m := newMedian(1, 1)
		m.Digit = digit
		for !m.done() {
			b := m.open(1)
			for _, v := range values {
				b.add(0, []float32{v})
			}
			m.take([]int64{int64(n)}, b)
		}
		slices.Sort(values)
		want := (float64(values[(n-1)/2]) + float64(values[n/2])) / 2
		if got := m.Values[0]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("median of %v is %v, want %v", values, got, want)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	for _, groups := range []int{1, 20, 1000, 10000} {
		m := newMedian(groups, 512)
		counters := (groups * 512) << m.Digit * 4
		if limit := max(binBytes, groups*512*16); counters > limit {
			t.Errorf("%d groups: %d bytes of counters, want at most %d", groups, counters, limit)
		}
		if passes := (31 + m.Digit) / m.Digit; passes > maxMedianPasses {
			t.Errorf("%d groups: %d passes", groups, passes)
		}
	}
}

// TestCrossedGroupsAreBounded: also where the number of clusters is found from the data.
func TestCrossedGroupsAreBounded(t *testing.T) {
	config := Config{Scopes: []string{"cluster*label"}, Centers: []string{schemas.CenterMean}, Dimension: 2}
	stats := clustering.Stats{Eligible: 1 << 20, Columns: []string{"label"}, Values: []clustering.Values{{Names: make([]string, 100)}}}
	s, err := start(config, stats, clustering.Solution{Groups: 100})
	if err != nil || s.Len() != 100*100 || s.crossed() != 100 {
		t.Errorf("100 clusters of 100 values: %v", err)
	}
	if _, err := start(config, stats, clustering.Solution{Groups: 101}); err == nil || !strings.Contains(err.Error(), "101 clusters of 100 values are more than 10000 groups") {
		t.Errorf("101 clusters of 100 values: %v", err)
	}
}
