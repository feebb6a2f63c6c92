package training

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"exemplar/model"
	"exemplar/model/normal"
	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/records"
)

// noiseSalt is the seed of the noise that a model is shown after its training.
const noiseSalt = 0x6e6f697365

// noisy returns the pixels of an image with the noise of the training on them, as they
// would be in a file: held in their range and rounded; of a row neither. It depends on the image's id alone.
func noisy(in model.Input, im records.Image, noise float64) []byte {
	key := draw.Hash(noiseSalt, im.Filename)
	rng := rand.New(rand.NewPCG(key, noiseSalt))
	full, most := float64(in.Full()), float64(int(1)<<in.Bits-1)
	if in.Rows() {
		x := make([]float32, in.Values())
		model.LoadRow(x, im.Pixels)
		for k := range x {
			x[k] += float32(noise * normal.Draw(rng))
		}
		return model.AppendRow(nil, x)
	}
	out := make([]byte, len(im.Pixels))
	with := func(v float64) float64 {
		return math.Round(min(max(v+float64(full*noise*normal.Draw(rng)), 0), most))
	}
	for k := range in.Values() {
		if in.Bits == 16 {
			binary.LittleEndian.PutUint16(out[2*k:], uint16(with(float64(binary.LittleEndian.Uint16(im.Pixels[2*k:])))))
		} else {
			out[k] = uint8(with(float64(im.Pixels[k])))
		}
	}
	return out
}

// noisyAll returns the noisy versions of images; none without noise.
func (c Config) noisyAll(in model.Input, images []records.Image) (all [][]byte) {
	if c.Learner.Noise == 0 {
		return nil
	}
	for _, im := range images {
		all = append(all, noisy(in, im, c.Learner.Noise))
	}
	return all
}

// denoising sums up the errors of noisy images and of what a model makes of them.
type denoising struct {
	in  model.Input
	sum schemas.Denoised
}

// add counts images, whose noisy versions are given, with these encoded in z by the runner.
func (d *denoising) add(runner *model.Runner, z []float32, images, noisy [][]byte) {
	mse := make([]float64, len(noisy))
	runner.MSE(mse, z, images[:len(noisy)])
	for i, with := range noisy {
		d.sum.Noisy += meanSquare(d.in, with, images[i])
		d.sum.Restored += mse[i]
		d.sum.Images++
	}
}

// meanSquare returns the mean squared difference between raw pixels, in [0,1].
func meanSquare(in model.Input, a, b []byte) (sum float64) {
	value := func(p []byte, k int) float64 {
		if in.Bits == 16 {
			return float64(binary.LittleEndian.Uint16(p[2*k:]))
		}
		return float64(p[k])
	}
	most := float64(in.Full())
	if in.Rows() {
		x, y := make([]float32, in.Values()), make([]float32, in.Values())
		model.LoadRow(x, a)
		model.LoadRow(y, b)
		for k, v := range x {
			d := float64(v) - float64(y[k])
			sum += float64(d * d)
		}
		return sum / float64(in.Values())
	}
	for k := range in.Values() {
		d := (value(a, k) - value(b, k)) / most
		sum += float64(d * d)
	}
	return sum / float64(in.Values())
}

// result returns the mean errors; nil where no image was counted.
func (d *denoising) result(noise float64) *schemas.Denoised {
	if d.sum.Images == 0 {
		return nil
	}
	n := float64(d.sum.Images)
	return &schemas.Denoised{Images: d.sum.Images, Noise: noise, Noisy: d.sum.Noisy / n, Restored: d.sum.Restored / n, Rows: d.in.Rows()}
}
