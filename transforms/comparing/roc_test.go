package comparing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestROC compares the area and its standard error with all pairs, over errors with many ties,
// and the corners with the rates at every threshold.
func TestROC(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct{ n, values int }{{2, 1}, {3, 2}, {40, 3}, {300, 20}, {500, 100_000}} {
		errors, anomaly := make([]float32, c.n), make([]bool, c.n)
		for i := range errors {
			errors[i], anomaly[i] = float32(rng.IntN(c.values))/7, i == 0 || i > 1 && rng.IntN(3) == 0
		}
		r := newROC(errors, anomaly)
		var sides [2][]float64
		for i, v := range errors {
			side := 0
			if anomaly[i] {
				side = 1
			}
			sides[side] = append(sides[side], float64(v))
		}
		psi := func(a, b float64) float64 {
			if a == b {
				return 0.5
			} else if a > b {
				return 1
			}
			return 0
		}
		area := 0.0
		var places [2][]float64 // of the others, and of the anomalies
		for _, a := range sides[1] {
			mean := 0.0
			for _, b := range sides[0] {
				mean += psi(a, b) / float64(len(sides[0]))
			}
			area += mean / float64(len(sides[1]))
			places[1] = append(places[1], mean)
		}
		for _, b := range sides[0] {
			mean := 0.0
			for _, a := range sides[1] {
				mean += psi(a, b) / float64(len(sides[1]))
			}
			places[0] = append(places[0], mean)
		}
		se := 0.0
		for _, list := range places {
			variance := 0.0
			for _, v := range list {
				variance += (v - area) * (v - area) / float64(len(list)-1)
			}
			se += variance / float64(len(list))
		}
		if se = math.Sqrt(se); !(math.Abs(r.auc-area) < 1e-12) || !(math.Abs(r.se-se) < 1e-9 || r.se != r.se && se != se) {
			t.Errorf("%+v: area %v ± %v, want %v ± %v", c, r.auc, r.se, area, se)
		}
		checkCorners(t, r, sides)
	}
	// One anomaly has no variance.
	if r := newROC([]float32{1, 2, 3}, []bool{false, true, false}); r.auc != 0.5 || r.se == r.se {
		t.Errorf("one anomaly: %v ± %v", r.auc, r.se)
	}
}

// checkCorners: the curve through the corners has every point, and none of them is in line with
// its neighbors.
func checkCorners(t *testing.T, r *roc, sides [2][]float64) {
	t.Helper()
	at := func(threshold float64) (x, y float64) {
		for _, v := range sides[0] {
			if v >= threshold {
				x++
			}
		}
		for _, v := range sides[1] {
			if v >= threshold {
				y++
			}
		}
		return x, y
	}
	for i, c := range r.corners {
		if x, y := at(c.threshold); x != float64(c.falses) || y != float64(c.all) {
			t.Errorf("corner %+v, want %v and %v", c, x, y)
		}
		if i > 0 && i < len(r.corners)-1 {
			a, b := r.corners[i-1], r.corners[i+1]
			if math.Atan2(float64(c.all-a.all), float64(c.falses-a.falses)) == math.Atan2(float64(b.all-c.all), float64(b.falses-c.falses)) {
				t.Errorf("corner %+v is none", c)
			}
		}
	}
	for _, v := range slices.Concat(sides[0], sides[1]) {
		x, y := at(v)
		on := false
		for i := range r.corners[1:] {
			a, b := r.corners[i], r.corners[i+1]
			dx, dy := float64(b.falses-a.falses), float64(b.all-a.all)
			on = on || x >= float64(a.falses) && x <= float64(b.falses) && y >= float64(a.all) && y <= float64(b.all) && (x-float64(a.falses))*dy == (y-float64(a.all))*dx
		}
		if !on {
			t.Errorf("the point %v, %v is not on the curve", x, y)
		}
	}
}
