package gating

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestQuantilesAreWithinTheirError: each quantile is at most 2^-10 below the exact
// one, over many scales, and zeros are exact.
func TestQuantilesAreWithinTheirError(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 1000, 20001} {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		values := make([]float32, n)
		var s Sketch
		for i := range values {
			values[i] = float32(math.Exp(20 * r.NormFloat64()))
			if i%9 == 5 {
				values[i] = 0
			}
			s.Add(values[i])
		}
		s.Add(float32(math.NaN()))
		s.Add(float32(math.Inf(1)))
		if s.N != int64(n) {
			t.Fatalf("%d values, want %d", s.N, n)
		}
		slices.Sort(values)
		for _, q := range [][2]int64{{1, 4}, {1, 2}, {3, 4}, {1, 1}} {
			at := (int64(n)*q[0]+q[1]-1)/q[1] - 1
			want, got := float64(values[at]), s.Quantile(q[0], q[1])
			if !(got <= want && want-got <= want/1024) {
				t.Errorf("quantile %d/%d of %d values is %v, want %v", q[0], q[1], n, got, want)
			}
		}
	}
	if got := (&Sketch{}).Quantile(1, 2); got != 0 {
		t.Errorf("median of nothing is %v", got)
	}
}

// image returns the quality of a masked cell: figures of a clean collection
// scatter log-normally.
func image(r *rand.Rand) (schemas.Quality, float32) {
	around := func(v, width float64) float64 { return v * math.Exp(width*r.NormFloat64()) }
	foreground, brightness := min(0.9, around(0.15, 0.4)), around(0.1, 0.8)
	mean := foreground * brightness
	unit := mean * mean / foreground
	q := schemas.Quality{Mean: float32(mean), Max: 0.5, Foreground: float32(foreground), Sharpness: float32(around(0.05, 0.5) * unit)}
	return q, float32(around(0.02, 0.6) * unit)
}

// collection surveys n clean images and share·n of each artifact, and returns
// how many clean images and artifacts its gate excludes, by reason.
func collection(seed uint64, n int, share float64) (g schemas.Gate, clean, bad map[string]int) {
	r := rand.New(rand.NewPCG(seed, 2))
	type row struct {
		q      schemas.Quality
		mse    float32
		flags  int32
		broken bool
	}
	var rows []row
	for range n {
		q, mse := image(r)
		rows = append(rows, row{q: q, mse: mse})
	}
	for i := range int(share * float64(n)) {
		for kind := range 6 {
			q, mse := image(r)
			b := row{q: q, mse: mse, broken: true}
			switch kind {
			case 0:
				b.q, b.flags = schemas.Quality{Mean: float32(i%2) / 2, Foreground: float32(i % 2)}, schemas.QCConstant
			case 1:
				b.q.Foreground = 0.001
			case 2:
				b.q.Saturated = 0.3 * q.Foreground
			case 3:
				b.q.Border = 0.1
			case 4:
				b.q.Sharpness /= 500
			case 5:
				b.q.Sharpness *= 2000
			}
			rows = append(rows, b)
		}
	}
	var s Survey
	for _, w := range rows {
		s.Add(w.flags, w.q, w.mse, true)
	}
	g = Derive(schemas.GateParameters{Mode: schemas.GateAuto}, &s)
	clean, bad = map[string]int{}, map[string]int{}
	for _, w := range rows {
		if e := Excludes(&g, w.flags, w.q, w.mse, true); w.broken {
			bad[e.Reason]++
		} else {
			clean[e.Reason]++
		}
	}
	return g, clean, bad
}

// TestGateFindsArtifactsAndSparesTheRest: a clean collection loses next to
// nothing, not a fixed share; with 2 % of each of six artifacts the gate is as
// good as with none.
func TestGateFindsArtifactsAndSparesTheRest(t *testing.T) {
	const n = 20000
	for _, share := range []float64{0, 0.005, 0.02} {
		g, clean, bad := collection(7, n, share)
		if lost := n - clean[""]; lost > 2 {
			t.Errorf("%v of each artifact: %d of %d clean images excluded: %v", share, lost, n, clean)
		}
		each := int(share * n)
		if missed := bad[""]; missed > each*6/100 {
			t.Errorf("%v of each artifact: %d of %d missed: %v by %+v", share, missed, 6*each, bad, g.Limits)
		}
		if bad[schemas.ReasonConstant] != each {
			t.Errorf("%d constant images excluded as such, want %d", bad[schemas.ReasonConstant], each)
		}
	}
}

func TestSurveysMergeInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var parts [3]Survey
	var whole Survey
	for i := range 999 {
		q, mse := image(r)
		parts[i%3].Add(0, q, mse, i%2 == 0)
		whole.Add(0, q, mse, i%2 == 0)
	}
	for _, order := range [][3]int{{0, 1, 2}, {2, 1, 0}} {
		var total Survey
		for _, i := range order {
			total.Merge(&parts[i])
		}
		if !reflect.DeepEqual(total, whole) {
			t.Errorf("order %v: not the survey of all images", order)
		}
	}
	if whole.Sketches[5].N != 500 {
		t.Errorf("%d images with an error of the reconstruction, want 500", whole.Sketches[5].N)
	}
}

// TestPropertiesOfACollectionAreNoArtifacts: what holds for a quarter of the
// images and more does not exclude them.
func TestPropertiesOfACollectionAreNoArtifacts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var s Survey
	var all []schemas.Quality
	for i := range 1000 {
		q, _ := image(r)
		q.Foreground, q.Border = 1, 0.4+0.2*r.Float32() // tight crops, unmasked
		if i%3 == 0 {
			q.Saturated = 0.3 // binary pictures
		}
		all = append(all, q)
		s.Add(0, q, 0, false)
	}
	g := Derive(schemas.GateParameters{Mode: schemas.GateAuto}, &s)
	for _, q := range all {
		if e := Excludes(&g, 0, q, 0, false); e.Reason != "" {
			t.Fatalf("excluded for %+v", e)
		}
	}
	if len(g.Limits) != 5 {
		t.Errorf("limits %+v: there is no mse", g.Limits)
	}
}

func TestBoundsOfTheUser(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var s Survey
	for range 100 {
		q, mse := image(r)
		s.Add(0, q, mse, true)
	}
	p := schemas.GateParameters{Mode: schemas.GateAuto, MinForeground: schemas.GateBound{Given: true, Value: 0.5},
		MaxBorder: schemas.GateBound{Off: true}}
	g := Derive(p, &s)
	if err := g.Validate(); err != nil {
		t.Error(err)
	}
	if l := g.Limits[0]; l.Reason != schemas.ReasonForeground || l.Threshold != 0.5 || !l.Given || len(g.Limits) != 5 {
		t.Errorf("limits are %+v", g.Limits)
	}
	q := schemas.Quality{Mean: 0.1, Foreground: 0.4, Border: 1}
	if e := Excludes(&g, 0, q, 0, false); e.Reason != schemas.ReasonForeground || e.Value != float64(q.Foreground) || e.Threshold != 0.5 {
		t.Errorf("excluded for %+v", e)
	}
	q.Foreground, q.Sharpness = 0.6, 0.05*q.Mean*q.Mean/0.6
	if e := Excludes(&g, 0, q, 0, false); e.Reason != "" {
		t.Errorf("excluded for %s although that limit is off", e.Reason)
	}
	off := Derive(schemas.GateParameters{Mode: schemas.GateOff}, &s)
	for _, gate := range []schemas.Gate{off, {}} {
		if e := Excludes(&gate, schemas.QCConstant, schemas.Quality{}, 9, true); e.Reason != "" {
			t.Errorf("the gate %+v excludes for %s", gate, e.Reason)
		}
	}
}

// TestVectorsWithoutPixelsPass: rows without quality columns are not judged, and
// do not move the thresholds of the others.
func TestVectorsWithoutPixelsPass(t *testing.T) {
	var bare Survey
	for range 50 {
		bare.Add(0, schemas.Quality{}, 0, false)
	}
	g := Derive(schemas.GateParameters{Mode: schemas.GateAuto, MinForeground: schemas.GateBound{Given: true, Value: 0.5}}, &bare)
	if g.Judged != 0 || len(g.Limits) != 0 {
		t.Errorf("gate of vectors without pixels: %+v", g)
	}
	all, _, _ := collection(1, 100, 0)
	if e := Excludes(&all, 0, schemas.Quality{}, 0, false); e.Reason != "" {
		t.Errorf("a vector without pixels is excluded for %s", e.Reason)
	}
}
