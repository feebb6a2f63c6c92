package clustering

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
)

// TestMeansHoldWhatDiffers: rows far from 0 are refused before the error of their
// means is a hundredth of what they differ by, and not while it is a millionth.
func TestMeansHoldWhatDiffers(t *testing.T) {
	const n = 3000
	for _, offset := range []float64{0, 1, 1e6, 1e9, 1e12, 1e14, 1e16, 1e19, 1e30} {
		rng := rand.New(rand.NewPCG(1, 2))
		whole, other := Counts{}, Counts{}
		rows, mean := make([][]float32, n), 0.0
		for i := range rows {
			rows[i] = []float32{float32(offset), float32(rng.NormFloat64())}
			mean += float64(rows[i][1]) / n
			into := []*Counts{&whole, &other}[i%2]
			into.Eligible++
			into.MaxAbs = max(into.MaxAbs, offset, math.Abs(float64(rows[i][1])))
			into.bounds.add(rows[i])
		}
		whole.fold(&other)
		scale := kmeans.NewScale(whole.MaxAbs, n, 2)
		sum, got := make([]int64, 2), make([]float64, 2)
		for _, row := range rows {
			nearest.Accumulate(sum, row, scale.Factor())
		}
		scale.Mean(got, sum, n)
		part := math.Abs(got[1]-mean) / whole.Extent
		err := resolves("in", scale, whole)
		if err == nil && part > 1e-2 || err != nil && part < 1e-6 {
			t.Errorf("offset %g: the mean is off by %g of the extent %g: %v", offset, part, whole.Extent, err)
		}
		data, _ := json.Marshal(whole)
		_, failed := (&statsFn{Need: Requirements{Dimension: 2}}).ProcessElement(nil, []Scanned{{data}})
		if (failed != nil) != (err != nil) || failed != nil && !strings.Contains(failed.Error(), "subtract a constant") {
			t.Errorf("offset %g: %v, and as a step %v", offset, err, failed)
		}
	}
}

// TestEqualRowsAreNotRefused: where nothing differs there is nothing to be lost.
func TestEqualRowsAreNotRefused(t *testing.T) {
	c := Counts{MaxAbs: 1e30, Eligible: 2}
	c.bounds.add([]float32{1e30, 1})
	c.bounds.add([]float32{1e30, 1})
	c.Extent = c.bounds.extent()
	if err := resolves("in", kmeans.NewScale(c.MaxAbs, 2, 2), c); err != nil {
		t.Error(err)
	}
}

// TestOneLargeRowIsRefused: beside an image of far larger numbers the means of all others are
// 0, and it is named; beside one that is only large they are not.
func TestOneLargeRowIsRefused(t *testing.T) {
	for _, c := range []struct {
		factor float64
		want   bool
	}{{1e3, false}, {1e12, false}, {1e16, true}, {1e30, true}} {
		whole, other := Counts{}, Counts{}
		for i := range 300 {
			into := []*Counts{&whole, &other}[i%2]
			v := 1 + float64(i%7)
			if i == 5 || i == 12 {
				v *= c.factor
			}
			into.Eligible++
			into.largest(v, fmt.Sprintf("im%d", i))
			_, exponent := math.Frexp(v)
			into.magnitude(exponent, 1)
			into.bounds.add([]float32{float32(v)})
		}
		whole.fold(&other)
		if whole.Largest != "im12" || whole.MaxAbs != 6*c.factor || whole.ordinary() != 8 {
			t.Errorf("factor %g: the largest is %g of %s, an ordinary one %g", c.factor, whole.MaxAbs, whole.Largest, whole.ordinary())
		}
		err := resolves("in", kmeans.NewScale(whole.MaxAbs, 300, 1), whole)
		if (err != nil) != c.want || err != nil && !strings.HasPrefix(err.Error(), `in: the latent of "im12"`) {
			t.Errorf("factor %g: %v", c.factor, err)
		}
	}
}
