package kmeans

import (
	"math"
	"slices"
	"testing"
)

// TestChooseK: of far clusters it finds their number, or the nearest one that is
// tried, whatever the number of dimensions.
func TestChooseK(t *testing.T) {
	for _, c := range []struct{ d, k int }{{2, 3}, {8, 6}, {64, 12}, {64, 19}} {
		s := mixture(uint64(c.k), 2000, c.d, c.k)
		got, curve := ChooseK(s, 1)
		if got != c.k {
			t.Errorf("%d clusters in %d dimensions: chose %d, %+v", c.k, c.d, got, curve)
		}
		for _, v := range curve {
			if v.Clusters == c.k && !(v.Stability > 0.98 && v.Silhouette > 0.5) {
				t.Errorf("%d clusters in %d dimensions: %+v", c.k, c.d, v)
			}
		}
		if again, other := ChooseK(s, 1); again != got || !slices.Equal(other, curve) {
			t.Error("the second time it chose otherwise")
		}
	}
}

// TestChooseKOfFew: a sample too small for two clusters is one.
func TestChooseKOfFew(t *testing.T) {
	if k, curve := ChooseK(mixture(1, 39, 3, 2), 1); k != 1 || curve != nil {
		t.Errorf("of 39 rows it chose %d, %v", k, curve)
	}
	if k, _ := ChooseK(mixture(1, 40, 3, 2), 1); k != 2 {
		t.Errorf("of 40 rows it chose %d", k)
	}
	same := Sample{D: 2, X: make([]float32, 200), Weights: slices.Repeat([]float64{1}, 100)}
	if k, curve := ChooseK(same, 1); k != 2 || len(curve) != 4 { // 2, 3, 4, 5: none is better
		t.Errorf("of equal rows it chose %d, %v", k, curve)
	}
}

// TestSilhouette and the adjusted Rand index by hand.
func TestSilhouette(t *testing.T) {
	a := assignment{d2: []float64{1, 4, 0}, next: []float64{3, 0, 9}}
	if got := a.silhouette([]float64{2, 1, 1}); got != (2*0.5+0+1)/4 {
		t.Errorf("silhouette %g", got)
	}
	ones := slices.Repeat([]float64{1}, 6)
	for _, c := range []struct {
		a, b []int32
		want float64
	}{
		{[]int32{0, 0, 0, 1, 1, 1}, []int32{1, 1, 1, 0, 0, 0}, 1},
		{[]int32{0, 0, 0, 1, 1, 1}, []int32{0, 0, 0, 0, 0, 0}, 0},
		{[]int32{0, 0, 0, 0, 0, 0}, []int32{1, 1, 1, 1, 1, 1}, 1},
		{[]int32{0, 0, 0, 1, 1, 1}, []int32{0, 0, 1, 0, 1, 1}, (10.0 - 9) / (18 - 9)},
	} {
		if got := randIndex(ones, c.a, c.b, 2); !(math.Abs(got-c.want) <= 1e-15) {
			t.Errorf("%v and %v: %g, want %g", c.a, c.b, got, c.want)
		}
	}
}
