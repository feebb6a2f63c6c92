package verifying

import (
	"fmt"
	"math"
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
		gate := gating.Derive(p, &survey)
		if got := tally.gate(p, false, nil); !reflect.DeepEqual(got, gate) {
			t.Fatalf("seed %d: %+v, the gate is %+v", seed, got, gate)
		}
		grounds[gate.Ground]++
		for k := range b.N {
			want := gating.Excludes(&gate, 0, b.Quality[k], b.MSE[k], true)
			e, out := exclusionOf(b, k, &gate)
			if e.ImageID = ""; out != (want.Reason != "") || e != want {
				t.Fatalf("seed %d: %v %+v, the gate says %+v", seed, out, e, want)
			}
		}
	}
	if grounds[""] < 50 || grounds[schemas.GroundBright] < 50 {
		t.Errorf("grounds %v", grounds)
	}
}

// TestGateOfChannelsIsRecomputed: of images with channels, too: markers, empty and constant channels,
// bright grounds, bounds of the user, and surveys that were taken in parts.
func TestGateOfChannelsIsRecomputed(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		names := []string{"DNA", "ER", "marker"}[:2+r.IntN(2)]
		b := &latents.Batch{N: 200}
		width, border, empty, odd := r.Float64()*r.Float64(), r.Float64(), 0.1*r.Float64()*r.Float64(), 0.08*r.Float64()
		around := func(v float64) float32 { return float32(v * math.Exp(width*r.NormFloat64())) }
		for k := range b.N {
			b.ImageID = append(b.ImageID, fmt.Sprint(k))
			b.Quality = append(b.Quality, schemas.Quality{Mean: around(0.3), Max: 1, Foreground: 1})
			mse := around(0.01)
			if r.IntN(50) == 0 {
				mse *= 1000
			}
			b.MSE, b.HasMSE, b.QCFlags = append(b.MSE, mse), append(b.HasMSE, true), append(b.QCFlags, 0)
			for c := range names {
				q := schemas.Quality{Mean: around(0.2), Max: 0.9, Foreground: min(1, around(0.6)), Sharpness: around(0.01), Border: min(1, around(border)), Object: 0.3}
				if r.IntN(20) == 0 {
					q.Saturated = q.Foreground * float32(r.Float64())
				}
				if r.Float64() < odd {
					q.Sharpness *= float32(math.Exp(12 * (r.Float64() - 0.5)))
				}
				if r.Float64() < empty*float64(1+2*c) {
					b.QCFlags[k] |= schemas.QCEmptyChannel(c)
					q.Border, q.Object, q.Sharpness, q.Foreground = 0, float32(r.IntN(2)), 0, float32(r.IntN(2))
					if q.Saturated = 0; q.Object == 0 && q.Foreground == 1 && r.IntN(2) == 0 {
						q.Saturated = 1
					}
				}
				b.Channels = append(b.Channels, q)
			}
		}
		p := schemas.GateParameters{Mode: schemas.GateAuto}
		if seed%5 == 1 {
			p.MaxBorder = schemas.GateBound{Given: true, Value: 0.7}
			p.MinSharpness = schemas.GateBound{Off: true}
		}
		if seed%5 == 2 {
			p.MinForeground = schemas.GateBound{Given: true, Value: 0.3}
		}
		var survey, other gating.Survey
		var tally, more gateTally
		for k := range b.N {
			if k%2 == 0 {
				survey.Add(b.QCFlags[k], b.Quality[k], b.MSE[k], true, b.ChannelsOf(k)...)
				tally.add(b, k)
			} else {
				other.Add(b.QCFlags[k], b.Quality[k], b.MSE[k], true, b.ChannelsOf(k)...)
				more.add(b, k)
			}
		}
		survey.Merge(&other)
		tally.fold(&more)
		gate := gating.Derive(p, &survey, names...)
		if err := gate.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := tally.gate(p, false, names); !reflect.DeepEqual(got, gate) {
			t.Fatalf("seed %d:\n%+v, the gate is\n%+v", seed, got, gate)
		}
		for _, c := range gate.Channels {
			seen["ground "+c.Ground]++
		}
		for i, l := range gate.Limits {
			if i == 0 || l.Reason != gate.Limits[i-1].Reason {
				seen["limits of "+l.Reason]++
			}
		}
		for k := range b.N {
			want := gating.Excludes(&gate, b.QCFlags[k], b.Quality[k], b.MSE[k], true, b.ChannelsOf(k)...)
			e, out := exclusionOf(b, k, &gate)
			if e.ImageID = ""; out != (want.Reason != "") || e != want {
				t.Fatalf("seed %d, image %d: %v %+v, the gate says %+v", seed, k, out, e, want)
			}
			seen[want.Reason]++
		}
	}
	for _, want := range []string{"ground ", "ground bright", "", "constant", "foreground", "saturated", "border", "sharpness", "noise", "mse", "limits of sharpness"} {
		if seen[want] < 5 {
			t.Errorf("%q: %d in %v", want, seen[want], seen)
		}
	}
}
