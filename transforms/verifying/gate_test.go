package verifying

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/gating"
)

// TestGateIsRecomputed: the thresholds that are recomputed are those that the gate has,
// on dark ground and on bright, and so are the images that it excludes.
func TestGateIsRecomputed(t *testing.T) {
	grounds := map[string]int{}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		near := func(v, width float64) float32 { return float32(min(1, max(0, v+width*(r.Float64()-0.5)))) }
		b := &latents.Batch{N: 40}
		border, saturated, width := r.Float64(), r.Float64()*r.Float64(), r.Float64()*r.Float64()*r.Float64()
		for range b.N {
			b.ImageID = append(b.ImageID, "x")
			b.QCFlags = append(b.QCFlags, 0)
			b.Quality = append(b.Quality, schemas.Quality{Mean: 0.3, Max: 1, Foreground: 1, Saturated: near(saturated, width), Border: near(border, width), Sharpness: near(0.1, 0.1)})
			b.MSE, b.HasMSE = append(b.MSE, near(0.01, 0.01)), append(b.HasMSE, true)
		}
		var survey gating.Survey
		var tally gateTally
		for k := range b.N {
			survey.Add(0, b.Quality[k], b.MSE[k], true)
			tally.add(b, k)
		}
		p := schemas.GateParameters{Mode: schemas.GateAuto}
		want := gating.Derive(p, &survey)
		if got := tally.gate(p, false); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %+v, the gate is %+v", seed, got, want)
		}
		grounds[want.Ground]++
		for k := range b.N {
			reason, v, limit := gating.Excludes(&want, 0, b.Quality[k], b.MSE[k], true)
			e, out := exclusionOf(b, k, &want)
			if out != (reason != "") || out && (e.Reason != reason || e.Value != v || e.Threshold != limit) {
				t.Fatalf("seed %d: %v %+v, the gate says %q %v %v", seed, out, e, reason, v, limit)
			}
		}
	}
	if grounds[""] < 50 || grounds[schemas.GroundBright] < 50 {
		t.Errorf("grounds %v", grounds)
	}
}
