package model

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"exemplar/model/internal/kernel"
)

// drawArch draws small architectures of every family, odd sizes included.
func drawArch(t *rapid.T) Arch {
	a := Arch{
		Family: rapid.SampledFrom([]string{FamilyConv, FamilyDense, FamilyLinear}).Draw(t, "family"),
		Latent: rapid.IntRange(1, 9).Draw(t, "latent"),
		Input: Input{
			Height:   rapid.IntRange(4, 19).Draw(t, "height"),
			Width:    rapid.IntRange(4, 19).Draw(t, "width"),
			Channels: rapid.IntRange(1, 16).Draw(t, "channels"),
			Bits:     rapid.SampledFrom([]int{8, 16}).Draw(t, "bits"),
			Scale:    rapid.SampledFrom([]string{ScaleUnit, ScaleSymmetric, ScaleByte}).Draw(t, "scale"),
		},
	}
	acts := rapid.SampledFrom([]string{ActLinear, ActReLU, ActSigmoid, ActTanh})
	outputs := acts
	switch a.Input.Scale {
	case ScaleSymmetric:
		outputs = rapid.SampledFrom([]string{ActLinear, ActTanh})
	case ScaleByte:
		outputs = rapid.SampledFrom([]string{ActLinear, ActReLU})
	}
	a.Activations = Activations{acts.Draw(t, "hidden"), acts.Draw(t, "latent"), acts.Draw(t, "expand"), outputs.Draw(t, "output")}
	switch a.Family {
	case FamilyConv:
		a.Filters = rapid.SliceOfN(rapid.IntRange(1, 7), 1, 2).Draw(t, "filters")
		a.ConvsPerStage = rapid.IntRange(1, 2).Draw(t, "convs")
	case FamilyDense:
		a.Widths = rapid.SliceOfN(rapid.IntRange(1, 20), 0, 3).Draw(t, "widths")
	case FamilyLinear:
		a.Working = Size{rapid.IntRange(1, a.Input.Height).Draw(t, "wh"), rapid.IntRange(1, a.Input.Width).Draw(t, "ww")}
		a.Upsample = rapid.SampledFrom([]string{UpsampleBilinear, UpsampleNearest}).Draw(t, "upsample")
	}
	return a
}

// TestConformance compares whole encoders and decoders, so every kind of layer
// in every place, with the reference.
func TestConformance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArch(t)
		if err := conforms(a, rapid.Uint64().Draw(t, "seed")); err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
	})
}

// TestConformancePresets does the same at full size for the presets with small
// inputs: their dense layers have several chunks.
func TestConformancePresets(t *testing.T) {
	for _, name := range Presets() {
		if name == "ae1m" && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			a, err := Preset(name)
			if err != nil {
				t.Fatal(err)
			}
			if name == "ae1m" { // the same depth on an eighth of the side
				a.Input.Height, a.Input.Width = 48, 33
			}
			if err := conforms(a, 7); err != nil {
				t.Error(err)
			}
		})
	}
}

// conforms encodes, decodes and scores two random images.
func conforms(a Arch, seed uint64) error {
	m := randomModel(a, seed)
	p, err := Compile(m)
	if err != nil {
		return err
	}
	r := p.NewRunner(2)
	pixels := randomImages(a.Input, 2, seed)
	z := make([]float32, 2*a.Latent)
	r.Encode(z, pixels)
	x := make([]float32, 2*a.Input.Values())
	r.Decode(x, z)
	mse := make([]float64, 2)
	r.MSE(mse, z, pixels)
	for i := range pixels {
		zi, xi := z[i*a.Latent:(i+1)*a.Latent], x[i*a.Input.Values():(i+1)*a.Input.Values()]
		in := referencePixels(a.Input, pixels[i])
		if err := checkBounded("z", zi, referenceRun(a.EncoderLayers(), in, m.Encoder)); err != nil {
			return err
		}
		latent := newVolume(Shape{1, 1, a.Latent})
		for j, v := range zi {
			latent.data[j] = bounded{v: float64(v)}
		}
		image := referenceRun(a.DecoderLayers(), latent, m.Decoder)
		for j, b := range image {
			switch a.Input.Scale {
			case ScaleSymmetric:
				image[j] = bounded{(b.v + 1) / 2, b.err/2 + eps*(max(b.v, -b.v)+1)}
			case ScaleByte:
				image[j] = bounded{b.v / 255, (b.err + eps*max(b.v, -b.v)) / 255}
			}
		}
		if err := checkBounded("x", xi, image); err != nil {
			return err
		}
		// Errors are of pixels in [0,1] with every scale.
		unit := a.Input
		unit.Scale = ScaleUnit
		in = referencePixels(unit, pixels[i])
		var want, bound float64
		for j, b := range in.data {
			d := float64(xi[j]) - b.v
			want += d * d
			bound += 2*(b.err)*(max(d, -d)+b.err) + 4e-16*d*d*float64(len(xi))
		}
		want, bound = want/float64(len(xi)), bound/float64(len(xi))
		if d := mse[i] - want; !(d <= bound && -d <= bound) {
			return fmt.Errorf("mse = %v, want %v: the bound is %.3g", mse[i], want, bound)
		}
	}
	return nil
}

// TestBatchIndependence: an image's bits do not depend on the batch it is in,
// its place there, the runner's size or its history.
func TestBatchIndependence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArch(t)
		p, err := Compile(randomModel(a, 3))
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 11).Draw(t, "images")
		pixels := randomImages(a.Input, n, 5)
		z, x, mse := runAll(p.NewRunner(rapid.IntRange(1, 12).Draw(t, "batch")), pixels)
		one := p.NewRunner(1)
		for _, i := range rapid.Permutation(indices(n)).Draw(t, "order") {
			zi, xi, msei := runAll(one, pixels[i:i+1])
			if !slices.Equal(zi, z[i*a.Latent:(i+1)*a.Latent]) || !slices.Equal(xi, x[i*len(xi):(i+1)*len(xi)]) || msei[0] != mse[i] {
				t.Fatalf("image %d of %d alone differs from itself in the batch", i, n)
			}
		}
	})
}

func runAll(r *Runner, pixels [][]byte) (z, x []float32, mse []float64) {
	z = make([]float32, len(pixels)*r.plan.Latent())
	x = make([]float32, len(pixels)*r.plan.Input().Values())
	mse = make([]float64, len(pixels))
	r.Encode(z, pixels)
	r.Decode(x, z)
	r.MSE(mse, z, pixels)
	return z, x, mse
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestPlanShared runs one plan from many goroutines.
func TestPlanShared(t *testing.T) {
	a, err := Preset("mnist-conv")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(randomModel(a, 11))
	if err != nil {
		t.Fatal(err)
	}
	pixels := randomImages(a.Input, 5, 12)
	want, _, wantMSE := runAll(p.NewRunner(5), pixels)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			z, _, mse := runAll(p.NewRunner(1+g), pixels)
			if !slices.Equal(z, want) || !slices.Equal(mse, wantMSE) {
				t.Errorf("goroutine %d got other bits", g)
			}
		})
	}
	wg.Wait()
}

// BenchmarkEncodeAE1M reports images per second on one core, for each
// implementation of the kernels.
func BenchmarkEncodeAE1M(b *testing.B) {
	benchmarkAE1M(b, func(r *Runner, z []float32, pixels [][]byte, _ []float64) { r.Encode(z, pixels) })
}

// BenchmarkMSEAE1M does the same for decoding and the reconstruction error.
func BenchmarkMSEAE1M(b *testing.B) {
	benchmarkAE1M(b, func(r *Runner, z []float32, pixels [][]byte, mse []float64) { r.MSE(mse, z, pixels) })
}

func benchmarkAE1M(b *testing.B, f func(r *Runner, z []float32, pixels [][]byte, mse []float64)) {
	a, err := Preset("ae1m")
	if err != nil {
		b.Fatal(err)
	}
	m := randomModel(a, 1)
	for _, set := range kernel.All() {
		b.Run(set.Name(), func(b *testing.B) {
			p, err := compile(m, set)
			if err != nil {
				b.Fatal(err)
			}
			batch := 32
			if set.Portable() {
				batch = 1 // a hundred times slower
			}
			r := p.NewRunner(batch)
			pixels := randomImages(a.Input, batch, 1)
			z, mse := make([]float32, batch*a.Latent), make([]float64, batch)
			for b.Loop() {
				f(r, z, pixels, mse)
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
