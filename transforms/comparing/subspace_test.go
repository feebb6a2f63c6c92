package comparing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/model"
)

// TestAngles: planes that were turned by known angles, spaces of several dimensions, and columns
// that are 0 or say the same twice.
func TestAngles(t *testing.T) {
	// The columns of a decoder, in the plane of pixels 2i and 2i+1 by an angle.
	turned := func(latent int, degrees ...float64) *model.Model {
		m := newModel(denseArch(latent, model.ActLinear), nil)
		k := m.Decoder.Get("dense0.kernel").Data
		clear(k)
		for i, v := range degrees {
			k[i*high*wide+2*i], k[i*high*wide+2*i+1] = float32(3*math.Cos(v*math.Pi/180)), float32(3*math.Sin(v*math.Pi/180))
		}
		return m
	}
	for _, c := range []struct {
		a, b *model.Model
		want []float64
	}{
		{turned(3, 0, 0, 0), turned(3, 30, 1e-4, 90), []float64{1e-4, 30, 90}},
		{turned(3, 10, 20, 30), turned(3, 10, 20, 30), []float64{0, 0, 0}},
		{turned(2, 0, 0), turned(4, 50, 0.5, 7, 8), []float64{0.5, 50}},
		{turned(4, 0, 0), turned(3, 5, 60), []float64{5, 60}}, // two columns are 0
	} {
		got := angles(spanOf(c.a), spanOf(c.b))
		if !slices.EqualFunc(got, c.want, func(g, w float64) bool { return math.Abs(g-w) < 1e-5 }) {
			t.Errorf("angles %v, want %v", got, c.want)
		}
		if back := angles(spanOf(c.b), spanOf(c.a)); !slices.EqualFunc(got, back, func(g, w float64) bool { return math.Abs(g-w) < 1e-6 }) {
			t.Errorf("the other way %v, not %v", back, got)
		}
	}
	if s := spanOf(turned(3)); s.basis != nil || s.cosine == s.cosine || angles(s, spanOf(turned(1, 0))) != nil {
		t.Errorf("a decoder of nothing: %+v", s)
	}
	double := turned(2, 40, 0)
	k := double.Decoder.Get("dense0.kernel").Data
	copy(k[high*wide:], k[:high*wide])
	if s := spanOf(double); s.rank != 1 || math.Abs(s.cosine-1) > 1e-12 {
		t.Errorf("the same column twice: rank %d, cosine %v", s.rank, s.cosine)
	}
	if s := spanOf(newModel(denseArch(3, model.ActSigmoid), nil)); s != nil {
		t.Error("a decoder with a sigmoid is affine")
	}
	if s := spanOf(newModel(denseArch(3, model.ActLinear, 5), nil)); s != nil {
		t.Error("a decoder of two layers is taken for one")
	}
}

// TestColumns: the columns of a decoder that enlarges are what the runner adds to an image.
func TestColumns(t *testing.T) {
	for _, upsample := range []string{model.UpsampleBilinear, model.UpsampleNearest} {
		a := linearArch(3)
		a.Input.Channels, a.Working, a.Upsample = 3, model.Size{Height: 4, Width: 6}, upsample
		m := newModel(a, nil)
		plan, err := model.Compile(m)
		check(t, err)
		w := decoderColumns(m)
		decode := func(z ...float32) []float32 {
			x := make([]float32, a.Input.Values())
			plan.NewRunner(1).Decode(x, z)
			return x
		}
		zero := decode(0, 0, 0)
		rng := rand.New(rand.NewPCG(7, 8))
		z := []float32{rng.Float32(), rng.Float32(), rng.Float32()}
		for i, v := range decode(z...) {
			want := float64(zero[i])
			for d, f := range z {
				want += float64(f) * w.At(i, d)
			}
			if !(math.Abs(float64(v)-want) < 1e-5) {
				t.Fatalf("%s: pixel %d is %v, the columns give %v", upsample, i, v, want)
			}
		}
	}
}
