package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"exemplar/model/internal/kernel"
)

// results are what a plan computes of images.
type results struct {
	z, x []float32
	mse  []float64
}

func (r results) equal(o results) bool {
	return sameBits(r.z, o.z) && sameBits(r.x, o.x) && slices.Equal(r.mse, o.mse)
}

// sameBits compares bit patterns: 0 is not -0.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// compute returns the results of a model with an implementation of the kernels.
func compute(t interface{ Fatal(...any) }, m *Model, set *kernel.Set, batch int, pixels [][]byte) (r results) {
	p, err := compile(m, set)
	if err != nil {
		t.Fatal(err)
	}
	r.z, r.x, r.mse = runAll(p.NewRunner(batch), pixels)
	return r
}

// TestForced: a path that the environment forces is there; what else would be tested is
// not what was asked for.
func TestForced(t *testing.T) {
	if err := CheckKernels(); err != nil {
		t.Fatal(err)
	}
	// Asked for again, so that Go's cache of results knows of it.
	if name := os.Getenv(kernel.Variable); name != "" && kernel.Best().Name() != name {
		t.Fatalf("%s computes, not %s", kernel.Best().Name(), name)
	}
}

// TestKernelsAgree: every implementation of the kernels gives the same bits for
// any architecture.
func TestKernelsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArch(t)
		if a.Family == FamilyConv {
			a.Filters[0] = rapid.IntRange(1, 35).Draw(t, "wide")
		}
		m := randomModel(a, rapid.Uint64().Draw(t, "seed"))
		pixels := randomImages(a.Input, 2, 5)
		sets := kernel.All()
		want := compute(t, m, sets[0], 2, pixels)
		for _, s := range sets[1:] {
			if !compute(t, m, s, 2, pixels).equal(want) {
				t.Fatalf("%+v: %s and %s differ", a, s.Name(), sets[0].Name())
			}
		}
	})
}

// TestKernelsAgreePresets does the same for the named architectures.
func TestKernelsAgreePresets(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			a := mustPreset(t, name)
			if name == "ae1m" { // the same depth on less of the side
				a.Input.Height, a.Input.Width = 52, 37
			}
			m, pixels := randomModel(a, 8), randomImages(a.Input, 2, 9)
			sets := kernel.All()
			want := compute(t, m, sets[0], 2, pixels)
			for _, s := range sets[1:] {
				if !compute(t, m, s, 2, pixels).equal(want) {
					t.Errorf("%s and %s differ", s.Name(), sets[0].Name())
				}
			}
		})
	}
}

// TestBatchSizes: with every implementation, latents and scores of images are
// the same bits in batches of 1 to 33, in any order.
func TestBatchSizes(t *testing.T) {
	const images = 33
	archs := map[string]Arch{"mnist-conv": mustPreset(t, "mnist-conv"), "dense": mustPreset(t, "dense-784-128-64-12-2")}
	for _, channels := range []int{2, 5, 6, 16} {
		a := archs["mnist-conv"]
		a.Name, a.Input = "", Input{Height: 15, Width: 18, Channels: channels, Bits: 8, Scale: ScaleUnit}
		archs[fmt.Sprint(channels, " channels")] = a
	}
	for name, a := range archs {
		m, pixels := randomModel(a, 21), randomImages(a.Input, images, 22)
		want := compute(t, m, kernel.Best(), images, pixels)
		for _, set := range kernel.All() {
			sizes := []int{1, 5, 12, 13, 33}
			if !set.Portable() {
				sizes = indices(images + 1)[1:]
			} else if testing.Short() {
				sizes = []int{7}
			}
			p, err := compile(m, set)
			if err != nil {
				t.Fatal(err)
			}
			for _, batch := range sizes {
				order := rand.New(rand.NewPCG(uint64(batch), 23)).Perm(images)
				r := p.NewRunner(batch)
				for len(order) > 0 {
					n := min(batch, len(order))
					some := make([][]byte, n)
					for i, at := range order[:n] {
						some[i] = pixels[at]
					}
					z, mse := make([]float32, n*a.Latent), make([]float64, n)
					r.Encode(z, some)
					r.MSE(mse, z, some)
					for i, at := range order[:n] {
						if !sameBits(z[i*a.Latent:(i+1)*a.Latent], want.z[at*a.Latent:(at+1)*a.Latent]) || mse[i] != want.mse[at] {
							t.Fatalf("%s, %s: image %d differs in a batch of %d", name, set.Name(), at, n)
						}
					}
					order = order[n:]
				}
			}
		}
	}
}

// TestLatentError: against the float64 reference, the error of latents and of
// decoded pixels is at most 1e-5 of the largest.
func TestLatentError(t *testing.T) {
	for _, name := range []string{"ae1m", "mnist-conv", "dense-784-128-64-12-2"} {
		a := mustPreset(t, name)
		if name == "ae1m" { // the same depth on less of the side
			a.Input.Height, a.Input.Width = 64, 48
		}
		a.Activations.Output = ActLinear // the sigmoid would hide errors
		m, pixels := randomModel(a, 31), randomImages(a.Input, 1, 32)
		got := compute(t, m, kernel.Best(), 1, pixels)
		latent := newVolume(Shape{1, 1, a.Latent})
		for i, v := range got.z {
			latent.data[i] = bounded{v: float64(v)}
		}
		for _, half := range []struct {
			what string
			got  []float32
			want []bounded
		}{
			{"latents", got.z, referenceRun(a.EncoderLayers(), referencePixels(a.Input, pixels[0]), m.Encoder)},
			{"pixels", got.x, referenceRun(a.DecoderLayers(), latent, m.Decoder)},
		} {
			var worst, largest float64
			for i, w := range half.want {
				worst, largest = max(worst, math.Abs(float64(half.got[i])-w.v)), max(largest, math.Abs(w.v))
			}
			if !(worst <= 1e-5*largest) {
				t.Errorf("%s, %s: error %.3g of the largest", name, half.what, worst/largest)
			}
			t.Logf("%s, %s: error %.3g of the largest", name, half.what, worst/largest)
		}
	}
}
