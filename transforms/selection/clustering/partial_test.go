package clustering

import (
	"context"
	"math"
	"math/big"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
)

// TestSumsAreExact checks the promised error of means and squares against
// arithmetic of 600 bits, and that no order of folding changes a bit.
func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 50).Draw(t, "n"), rapid.IntRange(1, 4).Draw(t, "d")
		exponent := rapid.IntRange(-100, 100).Draw(t, "exponent")
		x := make([]float32, n*d)
		maxAbs := 0.0
		for i := range x {
			x[i] = float32(math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "x"), exponent))
			maxAbs = max(maxAbs, math.Abs(float64(x[i])))
		}
		scale := kmeans.NewScale(maxAbs, int64(n), d)
		zero := make([]float64, d)
		one := kmeans.NewSums(1, d, scale, 3)
		var parts []Partial
		split := rapid.IntRange(0, n-1).Draw(t, "split")
		a, b := kmeans.NewSums(1, d, scale, 3), kmeans.NewSums(1, d, scale, 3)
		for i := range n {
			row := x[i*d : (i+1)*d]
			one.Add(0, row, nearest.SquaredDistance(row, zero))
			into := a
			if i >= split {
				into = b
			}
			into.Add(0, row, nearest.SquaredDistance(row, zero))
		}
		put := func(s *kmeans.Sums) Partial {
			p, err := putSums(context.Background(), "", s)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		parts = append(parts, put(b), put(a))
		joined, err := joinSums(context.Background(), parts, 1, d, scale, 3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(put(one), put(joined)); diff != "" {
			t.Fatalf("sums depend on the order:\n%s", diff)
		}

		square, tolerance := new(big.Float).SetPrec(600), maxAbs*float64(n)*math.Ldexp(1, -61)
		for j, got := range one.Means() {
			sum := new(big.Float).SetPrec(600)
			for i := range n {
				sum.Add(sum, big.NewFloat(float64(x[i*d+j])))
			}
			want, _ := sum.Quo(sum, big.NewFloat(float64(n))).Float64()
			if !(math.Abs(got-want) <= tolerance+math.Abs(want)*0x1p-51) {
				t.Fatalf("mean %d is %g, want %g", j, got, want)
			}
		}
		for i := range n {
			square.Add(square, big.NewFloat(nearest.SquaredDistance(x[i*d:(i+1)*d], zero)))
		}
		want, _ := square.Float64()
		if got := one.Squares.Value(scale); !(math.Abs(got-want) <= want*0x1p-50) {
			t.Fatalf("sum of squares is %g, want %g", got, want)
		}
	})
}

func TestSampleKeepsOrderOfIDs(t *testing.T) {
	var a, b blockBuilder
	a.add("c", 2, []float32{5, 6})
	a.add("a", 3, []float32{1, 2})
	b.add("b", 1, []float32{3, 4})
	got := joinSample([]SampleBlock{a.block, b.block}, 2)
	want := kmeans.Sample{D: 2, X: []float32{1, 2, 3, 4, 5, 6}, Weights: []float64{3, 1, 2}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
