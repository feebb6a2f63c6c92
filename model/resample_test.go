package model

import (
	"math"
	"testing"
)

// TestResampling: the matrices give what the compiled layers give. A result is
// a mean of numbers in [0,1] with at most 37·21 terms: float32 rounding of the
// two weights and the result is far below 1e-6.
func TestResampling(t *testing.T) {
	for _, upsample := range []string{UpsampleBilinear, UpsampleNearest} {
		for _, work := range []Size{{5, 8}, {1, 1}, {37, 21}, {36, 3}} {
			a := Arch{
				Family: FamilyLinear, Latent: work.Height * work.Width * 3, Working: work, Upsample: upsample,
				Input: Input{Height: 37, Width: 21, Channels: 3, Bits: 8, Scale: ScaleUnit},
			}.withDefaults()
			p, err := Compile(identity(a))
			if err != nil {
				t.Fatal(err)
			}
			r := p.NewRunner(1)
			pixels := make([]byte, a.Input.Bytes())
			unit := make([]float32, len(pixels))
			for i := range pixels {
				pixels[i] = byte(i*i*31 + i*7)
				unit[i] = float32(pixels[i]) / 255
			}
			z, image := make([]float32, a.Latent), make([]float32, len(pixels))
			r.Encode(z, [][]byte{pixels})
			r.Decode(image, z)
			for _, c := range []struct {
				layer     Layer
				in, wants []float32
			}{{a.EncoderLayers()[0], unit, z}, {a.DecoderLayers()[2], z, image}} {
				got := resample(c.layer, c.in)
				for i, want := range c.wants {
					if d := math.Abs(got[i] - float64(want)); !(d <= 1e-6) {
						t.Fatalf("%s %v to %v (%s), value %d: %v, want %v", c.layer.Kind, c.layer.In, c.layer.Out, upsample, i, got[i], want)
					}
				}
			}
		}
	}
}

// identity returns a linear autoencoder whose latents are the pooled image.
func identity(a Arch) *Model {
	square := make([]float32, a.Latent*a.Latent)
	for i := range a.Latent {
		square[i*a.Latent+i] = 1
	}
	w := Weights{
		{Name: "dense.kernel", Shape: []int{a.Latent, a.Latent}, Data: square},
		{Name: "dense.bias", Shape: []int{a.Latent}, Data: make([]float32, a.Latent)},
	}
	return &Model{Arch: a, Encoder: w, Decoder: w}
}

// resample applies the layer's matrices in float64.
func resample(l Layer, x []float32) []float64 {
	rows, columns := l.Resampling()
	out := make([]float64, l.Out.Size())
	for i := range out {
		c, ox, oy := i%l.Out.Channels, i/l.Out.Channels%l.Out.Width, i/l.Out.Channels/l.Out.Width
		for y := range l.In.Height {
			for x0 := range l.In.Width {
				w := float64(rows[oy*l.In.Height+y]) * float64(columns[ox*l.In.Width+x0])
				out[i] += w * float64(x[(y*l.In.Width+x0)*l.In.Channels+c])
			}
		}
	}
	return out
}
