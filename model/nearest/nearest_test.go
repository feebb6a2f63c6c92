package nearest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/model/internal/kernel"
)

// distance is SquaredDistance as its documentation has it.
func distance(x []float32, c []float64) float64 {
	var lanes [16]float64
	for j, v := range x {
		t := float64(v) - c[j]
		lanes[j%16] += float64(t * t)
	}
	for n := 8; n > 0; n /= 2 {
		for l := range n {
			lanes[l] += lanes[l+n]
		}
	}
	return lanes[0]
}

// assigned is Find by its definition.
func assigned(rows []float64, x []float32, d int) (labels []int32, d2 []float64) {
	for ; len(x) > 0; x = x[d:] {
		label, best := int32(0), math.Inf(1)
		for j := range len(rows) / d {
			if v := distance(x[:d], rows[j*d:(j+1)*d]); v < best {
				label, best = int32(j), v
			}
		}
		labels, d2 = append(labels, label), append(d2, best)
	}
	return labels, d2
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// check compares Find with its definition, on all implementations, and returns
// the number of rows in which one compared candidates.
func check(t fataler, rows []float64, x []float32, d int) (compared int) {
	t.Helper()
	want, wantD2 := assigned(rows, x, d)
	n := len(want)
	for i, s := range kernel.All() {
		index := newIndex(s, rows, d)
		got, d2 := make([]int32, n), make([]float64, n)
		f := newFinder(index, n)
		for at := 0; at < n; at += len(f.states) {
			end := min(at+len(f.states), n)
			f.find(got[at:end], d2[at:end], x[at*d:end*d])
		}
		if compared = f.compared; i == 0 {
			New(rows, d).Find(got, d2, x)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s, %d centers, %d dimensions: labels (-want +got)\n%s", s.Name(), index.k, d, diff)
		}
		if diff := cmp.Diff(wantD2, d2); diff != "" {
			t.Fatalf("%s, %d centers, %d dimensions: distances (-want +got)\n%s", s.Name(), index.k, d, diff)
		}
	}
	return compared
}

func normals(rng *rand.Rand, n int, shift, scale float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(shift + scale*rng.NormFloat64())
	}
	return x
}

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// TestFind compares with the definition around the widths of lanes, blocks and tiles.
func TestFind(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for k := 1; k <= 40; k++ {
		for n := 1; n <= 30; n += 1 + rng.IntN(5) {
			d := 1 + rng.IntN(70)
			rows, x := normals(rng, k*d, 0, 1), normals(rng, n*d, 0, 1)
			copy(x, rows[:d]) // a row that is a center
			check(t, wide(rows), x, d)
		}
	}
}

// TestFindScores: on ordinary data scores decide nearly all rows, wherever the
// data lie and whatever their unit, and as many rows as there are are compared where
// scores prove nothing.
func TestFindScores(t *testing.T) {
	const n, k, d = 200, 50, 64
	for _, c := range []struct {
		name         string
		shift, scale float64
		least, most  int // rows that are compared
	}{
		{"usual", 0, 1, 0, n / 20},
		{"far from zero", 1000, 1, 0, n / 20},
		{"large", 0, 1e16, 0, n / 20},
		{"small", 0, 1e-11, 0, n / 20},
		{"too small", 0, 1e-14, n, n},
		{"subnormal", 0, 1e-40, n, n},
		{"too large", 0, 1e19, n, n},
		{"nearly overflow", 0, 5e37, n, n},
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		rows, x := normals(rng, k*d, c.shift, c.scale), normals(rng, n*d, c.shift, c.scale)
		compared := check(t, wide(rows), x, d)
		if compared < c.least || compared > c.most {
			t.Errorf("%s: candidates of %d rows were compared, want %d to %d", c.name, compared, c.least, c.most)
		}
	}
}

// TestFindDimensions: the bound knows the number of dimensions, and gives up
// beyond its limit.
func TestFindDimensions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, d := range []int{4096, maxDimension, maxDimension + 1} {
		check(t, wide(normals(rng, 5*d, 0, 1)), normals(rng, 13*d, 0, 1), d)
	}
}

// TestFindTies: among centers that are equal, or differ by one unit in the last
// place of float64, the definition decides, and the first one wins ties.
func TestFindTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		k, d := 2+rng.IntN(60), 1+rng.IntN(40)
		rows, x := wide(normals(rng, k*d, 3, 1)), normals(rng, 30*d, 3, 1)
		for j := 1; j < k; j++ {
			switch rng.IntN(3) {
			case 0: // equal to one before
				copy(rows[j*d:(j+1)*d], rows[rng.IntN(j)*d:])
			case 1: // nearly so
				copy(rows[j*d:(j+1)*d], rows[rng.IntN(j)*d:])
				p := j*d + rng.IntN(d)
				rows[p] = math.Nextafter(rows[p], float64(rng.IntN(2)*10-5))
			}
		}
		check(t, rows, x, d)
	}
	labels, d2 := make([]int32, 3), make([]float64, 3)
	New([]float64{-1, 1, 1, 3, 3, 3}, 1).Find(labels, d2, []float32{0, 2, 9})
	if diff := cmp.Diff([]int32{0, 1, 3}, labels); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestFindIsTheDefinition draws rows and centers on a grid, where distances tie,
// off it by little, and far from zero.
func TestFindIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, d, n := rapid.IntRange(1, 50).Draw(t, "k"), rapid.IntRange(1, 20).Draw(t, "d"), rapid.IntRange(1, 40).Draw(t, "n")
		unit := math.Ldexp(1, rapid.IntRange(-80, 60).Draw(t, "unit"))
		shift := rapid.SampledFrom([]float64{0, 1, 1000, 1e6}).Draw(t, "shift")
		noise := rapid.SampledFrom([]float64{0, 0x1p-60, 0x1p-30, 0x1p-20, 0.1}).Draw(t, "noise")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		grid := func() float64 {
			return unit * (shift + float64(rng.IntN(4)) + noise*rng.NormFloat64())
		}
		rows, x := make([]float64, k*d), make([]float32, n*d)
		for i := range rows {
			rows[i] = grid()
		}
		for i := range x {
			x[i] = float32(grid())
		}
		check(t, rows, x, d)
	})
}

// TestFindIgnoresOthers: neither the order of rows nor how many there are matters.
func TestFindIgnoresOthers(t *testing.T) {
	const n, k, d = 2*maxChunk + 31, 70, 24
	rng := rand.New(rand.NewPCG(9, 10))
	index, x := New(wide(normals(rng, k*d, 0, 1)), d), normals(rng, n*d, 0, 1)
	labels, d2 := make([]int32, n), make([]float64, n)
	index.Find(labels, d2, x)
	for range 20 {
		order := rng.Perm(n)[:1+rng.IntN(n)]
		var some []float32
		for _, i := range order {
			some = append(some, x[i*d:(i+1)*d]...)
		}
		got, got2 := make([]int32, len(order)), make([]float64, len(order))
		index.Find(got, got2, some)
		for i, from := range order {
			if got[i] != labels[from] || got2[i] != d2[from] {
				t.Fatalf("row %d is %d at %v among %d, but %d at %v among all", from, got[i], got2[i], len(order), labels[from], d2[from])
			}
		}
	}
}

// TestMargin checks the promise of the bounds: scores are not above the true ones,
// and by no more than the margin below.
func TestMargin(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	worst := 0.0
	for range 300 {
		k, d := 16, 1+rng.IntN(300)
		shift := []float64{0, 1, 100}[rng.IntN(3)]
		rows, x := wide(normals(rng, k*d, shift, 1)), normals(rng, kernel.TileRows*d, shift, 1)
		for p := range d {
			rows[p] *= 1000 // an outlier
		}
		index := newIndex(kernel.Best(), rows, d)
		f := newFinder(index, kernel.TileRows)
		f.score(kernel.TileRows, x)
		for i := range kernel.TileRows {
			for j, got := range f.states[i].Best { // a center a lane
				s, size := 0.0, 0.0
				for p, v := range index.Row(j) {
					y, c := float64(x[i*d+p])-float64(index.mean[p]), v-float64(index.mean[p])
					s += c * (c/2 - y)
					size += math.Abs(c * (c/2 - y))
				}
				tolerance := size * float64(d+8) * 0x1p-53 // of s
				margin := index.bounds[j].margin(d, float64(f.norms[i]), 0)
				low := s - float64(got)
				if !(low >= -tolerance && low <= margin+tolerance) {
					t.Fatalf("d=%d, center %d: the score is %g below %g, allowed are %g", d, j, low, s, margin)
				}
				worst = max(worst, math.Abs(low-margin/2)/(margin/2))
			}
		}
	}
	t.Logf("the largest error was %.2g of what is allowed", worst)
}

// TestFindTwo: the nearest center is that of Find, and the distance to the next one
// what the definition says, but for the rounding of scores.
func TestFindTwo(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for _, scale := range []float64{1, 1e-30} { // by scores, and by the definition
		for _, k := range []int{1, 2, 17, 60} {
			const n, d = 300, 48
			rows, x := wide(normals(rng, k*d, 0, scale)), normals(rng, n*d, 0, scale)
			if k > 2 {
				copy(rows[d:2*d], rows[2*d:]) // twins
			}
			labels, d2, next := make([]int32, n), make([]float64, n), make([]float64, n)
			New(rows, d).FindTwo(labels, d2, next, x)
			want, wantD2 := assigned(rows, x, d)
			if diff := cmp.Diff(want, labels) + cmp.Diff(wantD2, d2); diff != "" {
				t.Fatal(diff)
			}
			for i, label := range labels {
				gap := math.Inf(1)
				for j := range k {
					if j != int(label) {
						gap = min(gap, distance(x[i*d:(i+1)*d], rows[j*d:(j+1)*d])-d2[i])
					}
				}
				if !(next[i] == gap || math.Abs(next[i]-gap) <= 1e-3*float64(2*d)*scale*scale && next[i] >= 0) {
					t.Fatalf("%d centers: the second of row %d is farther by %g, want %g", k, i, next[i], gap)
				}
			}
		}
	}
}

func TestSquaredDistances(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for n := range 200 {
		d := 1 + rng.IntN(40)
		c, x, got := wide(normals(rng, d, 0, 1)), normals(rng, n*d, 0, 1), make([]float64, n)
		SquaredDistances(got, x, c)
		for i, v := range got {
			row := x[i*d : (i+1)*d]
			if want := distance(row, c); v != want || SquaredDistance(row, c) != want {
				t.Fatalf("row %d of %d: %v and %v, want %v", i, n, v, SquaredDistance(row, c), want)
			}
		}
	}
}

// BenchmarkFind assigns rows to centers that are spread as the rows are, to the
// means of clusters that overlap, to centers of which one lies far out, to centers of
// which each has a twin very near, and to centers so close to each other, but for
// one, that scores tell nothing.
func BenchmarkFind(b *testing.B) {
	const n, d = 4000, 512
	for _, c := range []struct {
		name   string
		k      int
		adjust func(rng *rand.Rand, centers []float32)
	}{
		{"spread", 100, func(*rand.Rand, []float32) {}},
		{"spread", 1000, func(*rand.Rand, []float32) {}},
		{"spread", 10000, func(*rand.Rand, []float32) {}},
		{"overlapping", 100, func(_ *rand.Rand, centers []float32) {
			for i := range centers {
				centers[i] *= 0.05 // means of 400 rows
			}
		}},
		{"outlier", 100, func(_ *rand.Rand, centers []float32) {
			for i := range centers[:d] {
				centers[i] *= 100
			}
		}},
		{"twins", 100, func(rng *rand.Rand, centers []float32) {
			for i := range 50 * d {
				centers[i+50*d] = centers[i] + 1e-4*float32(rng.NormFloat64())
			}
		}},
		{"close", 100, func(_ *rand.Rand, centers []float32) {
			for i := range centers[d:] {
				centers[i+d] *= 1e-5
			}
		}},
	} {
		if testing.Short() && c.k > 1000 { // takes seconds before it begins
			continue
		}
		b.Run(fmt.Sprintf("%s,k=%d", c.name, c.k), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(15, 16))
			centers, x := normals(rng, c.k*d, 0, 1), normals(rng, n*d, 0, 1)
			c.adjust(rng, centers)
			index := New(wide(centers), d)
			labels, d2 := make([]int32, n), make([]float64, n)
			f := newFinder(index, n)
			for i := 0; i < n; i += len(f.states) {
				end := min(i+len(f.states), n)
				f.find(labels[i:end], d2[i:end], x[i*d:end*d])
			}
			for b.Loop() {
				index.Find(labels, d2, x)
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/n*1e9, "ns/row")
			b.ReportMetric(float64(b.N)*n*float64(c.k*d)/b.Elapsed().Seconds()/1e9, "Gterm/s")
			b.ReportMetric(100*float64(f.compared)/n, "%compared")
		})
	}
}
