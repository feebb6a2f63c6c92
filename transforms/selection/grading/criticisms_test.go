package grading

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"exemplar/schemas"
)

// cloud returns n rows of d numbers around a center.
func cloud(rng *rand.Rand, n, d int, center float64) (x []float32) {
	for range n * d {
		x = append(x, float32(center+rng.NormFloat64()))
	}
	return x
}

func squareOf(x []float32, d, i int, y []float32, j int) (sum float64) {
	for c := range d {
		v := float64(x[i*d+c]) - float64(y[j*d+c])
		sum += v * v
	}
	return sum
}

// TestWitness compares with the definition.
func TestWitness(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, d, k = 120, 3, 7
	x := append(cloud(rng, n/2, d, 0), cloud(rng, n/2, d, 2)...)
	p := newPanel(d, x, cloud(rng, 40, d, 0), [][]int32{shuffle(rng, 40)}, 50)
	picks, self := slices.Clone(x[:2*d]), []int32{0, 1}
	for picks = append(picks, cloud(rng, k-2, d, 1)...); len(self) < k; {
		self = append(self, -1)
	}
	got := p.witness(picks, self)
	for i := range n {
		images, others, own := 0.0, 0.0, 0.0
		for j := range 50 {
			if j != i {
				images, others = images+math.Exp(-p.gamma*squareOf(x, d, i, x, j)), others+1
			}
		}
		for j := range k {
			own += math.Exp(-p.gamma * squareOf(x, d, i, picks, j))
		}
		want := images/others - own/k
		if i < 2 {
			want = 0 // a pick
		}
		if !(math.Abs(got[i]-want) < 1e-6) {
			t.Errorf("image %d: witness %v, by definition %v", i, got[i], want)
		}
	}
}

func shuffle(rng *rand.Rand, n int) (order []int32) {
	for _, i := range rng.Perm(n) {
		order = append(order, int32(i))
	}
	return order
}

// TestUnlike compares with the determinants of every choice that adds one row.
func TestUnlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, d, gamma = 40, 2, 0.4
	x, w, ids := cloud(rng, n, d, 0), make([]float64, n), make([]string, n)
	for i := range w {
		w[i], ids[i] = rng.NormFloat64(), fmt.Sprintf("%02d", i)
	}
	w[5] = 0
	copy(x[7*d:8*d], x[6*d:7*d]) // the same image twice
	w[6], w[7] = 9, -9
	got := unlike(x, d, w, ids, gamma)
	if len(got) != criticisms || slices.Contains(got, 5) || slices.Contains(got, 7) || got[0] != 6 {
		t.Fatalf("chosen %v: the first of two alike is 6, and 7 adds nothing", got)
	}
	determinant := func(rows []int) float64 {
		m := mat.NewDense(len(rows), len(rows), nil)
		for a, i := range rows {
			for b, j := range rows {
				m.Set(a, b, w[i]*w[j]*math.Exp(-gamma*squareOf(x, d, i, x, j)))
			}
		}
		return mat.Det(m)
	}
	for k := range got {
		best := determinant(got[:k+1])
		for i := range n {
			if !slices.Contains(got[:k+1], i) && determinant(append(slices.Clone(got[:k]), i)) > best*(1+1e-6) {
				t.Errorf("criticism %d is %d, and %d makes a larger determinant", k, got[k], i)
			}
		}
	}
	if got := unlike(x[:2*d], d, []float64{0, 0}, ids[:2], gamma); got != nil {
		t.Errorf("chosen where all is represented: %v", got)
	}
}

// TestCriticisms: picks of one cloud alone are criticized by the images of the other, which
// has too few, and by where they crowd.
func TestCriticisms(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	const n, d = 400, 4
	in := Input{Seed: 5, Images: n, Sample: Rows{D: d, X: append(cloud(rng, n/2, d, 0), cloud(rng, n/2, d, 6)...)}}
	for i := range n {
		in.Sample.Images = append(in.Sample.Images, Image{ID: fmt.Sprintf("image-%03d", i), Place: Place{Shard: int32(i % 3), Record: int64(i), Offset: int64(100 * i)}})
	}
	rows := []int32{0, 1, 2, 3, 4, 5, 6, 7}
	in.Sets = []Set{{Scope: schemas.ScopeGlobal, Center: "mean", Metric: "euclidean", Picks: in.Sample.some(rows), Groups: slices.Repeat([]string{schemas.GroupAll}, len(rows))}}
	r, err := Grade(in)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Grade.Sets[0].Criticisms
	if len(got) != criticisms || r.Grade.Sets[0].Spaces == nil {
		t.Fatalf("%d criticisms", len(got))
	}
	seen := map[string]bool{}
	for _, c := range got {
		if int(c.Record) < len(rows) || seen[c.ImageID] || c.ImageID != fmt.Sprintf("image-%03d", c.Record) || c.Offset != 100*c.Record || c.Shard != int32(c.Record%3) {
			t.Errorf("a pick, twice, or elsewhere: %+v", c)
		}
		seen[c.ImageID] = true
		if other := c.Record >= n/2; other != (c.Witness > 0) {
			t.Errorf("%+v: in the other cloud: %v", c, other)
		}
	}
	few := slices.ContainsFunc(got, func(c schemas.Criticism) bool { return c.Witness > 0.1 })
	many := slices.ContainsFunc(got, func(c schemas.Criticism) bool { return c.Witness < -0.1 })
	if !few || !many {
		t.Errorf("too few picks somewhere: %v, too many: %v", few, many)
	}
}
