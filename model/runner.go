package model

import (
	"fmt"
	"slices"

	"exemplar/model/internal/kernel"
)

// Runner is one goroutine's scratch for a plan. It allocates nothing after it
// is made.
type Runner struct {
	plan    *Plan
	batch   int
	a, b    plane     // before and after a stage
	windows []plane   // within one
	x, y    []float32 // batch of vectors, between dense steps
	lead    int       // distance of vectors in x and y
	scratch []float32
	image   []float32 // one decoded image
	pixels  []float32 // one scaled image
}

// vectorSkew is added to the distance of vectors, so that those of a size that
// is a power of two do not share a cache set.
const vectorSkew = 16

// wholeBatch is the most images that are worth taking through the dense layers
// at once: more of them leave the cache before they are multiplied.
const wholeBatch = 48

// NewRunner returns a runner that takes up to maxBatch images through the dense
// layers at once, and never more than 48; Encode, Decode and MSE accept any
// number. For speed 8 or more, and 32 is as good as any.
func (p *Plan) NewRunner(maxBatch int) *Runner {
	if maxBatch < 1 {
		panic(fmt.Sprintf("model: NewRunner: batch of %d", maxBatch))
	}
	maxBatch = min(maxBatch, wholeBatch)
	in := p.arch.Input
	planes, scratch := planeSize(Shape{in.Height, in.Width, in.Channels}, in.Channels), 0
	vector := p.arch.Latent
	var windows []int // numbers of each
	for _, n := range []network{p.encoder, p.decoder} {
		planes = max(planes, planeSize(n.reshape, n.stride))
		for _, s := range slices.Concat(n.before, n.after) {
			planes = max(planes, s.last().size())
			for i, rows := range s.rows {
				if i == len(windows) {
					windows = append(windows, 0)
				}
				windows[i] = max(windows[i], rows*s.steps[i].pitch())
			}
			for _, step := range s.steps {
				scratch = max(scratch, step.op.scratch())
			}
		}
		for _, d := range n.dense {
			vector = max(vector, d.matrix.K(), d.matrix.N())
		}
	}
	r := &Runner{plan: p, batch: maxBatch, scratch: make([]float32, scratch)}
	r.a.data, r.b.data = make([]float32, planes), make([]float32, planes)
	for _, n := range windows {
		r.windows = append(r.windows, plane{data: make([]float32, n)})
	}
	r.lead = kernel.Up16(vector) + vectorSkew
	r.x, r.y = make([]float32, maxBatch*r.lead), make([]float32, maxBatch*r.lead)
	if p.hasDec {
		r.image, r.pixels = make([]float32, in.Values()), make([]float32, in.Values())
	}
	return r
}

// Encode writes the latent vectors of images into z, of len(pixels)·Latent
// numbers. Pixels are raw, as in the image shards: Input.Bytes() each, C order.
// An image's vector is the same bits whatever the other images are. Slices of
// other lengths are a mistake of the caller and panic.
func (r *Runner) Encode(z []float32, pixels [][]byte) {
	d := r.plan.arch.Latent
	if len(z) != len(pixels)*d {
		panic(fmt.Sprintf("model: Encode: %d numbers for %d images of %d", len(z), len(pixels), d))
	}
	for len(pixels) > 0 {
		n := min(len(pixels), r.batch)
		r.encode(z[:n*d], pixels[:n])
		z, pixels = z[n*d:], pixels[n:]
	}
}

func (r *Runner) encode(z []float32, pixels [][]byte) {
	in, net := r.plan.arch.Input, &r.plan.encoder
	size := net.dense[0].matrix.K()
	for i, p := range pixels {
		if len(p) != in.Bytes() {
			panic(fmt.Sprintf("model: Encode: image of %d bytes, want %d", len(p), in.Bytes()))
		}
		x := r.x[i*r.lead:][:size]
		if len(net.before) == 0 {
			in.load(r.plan.set, x, p)
			continue
		}
		r.a.loadPixels(r.plan.set, in, p)
		r.planes(net.before).store(x)
	}
	last := r.dense(net.dense, len(pixels))
	d := r.plan.arch.Latent
	for i := range pixels {
		copy(z[i*d:(i+1)*d], last[i*r.lead:])
	}
}

// planes takes the image in r.a through stages and returns where it ended.
func (r *Runner) planes(stages []stage) *plane {
	src, dst := &r.a, &r.b
	for _, s := range stages {
		flow{s, src, dst, r.windows, r.scratch}.run()
		src, dst = dst, src
	}
	return src
}

// dense takes the n vectors in r.x through steps and returns the results, r.lead
// apart, which the next call overwrites.
func (r *Runner) dense(steps []denseOp, n int) []float32 {
	src, dst := r.x, r.y
	for _, s := range steps {
		s.run(dst, src, n, r.lead)
		src, dst = dst, src
	}
	return src
}

// Decode writes the images that latent vectors stand for into x: n·Height·
// Width·Channels pixels for n vectors, C order, black is 0 and white is 1 with
// every Input.Scale; beyond [0,1] only where the output activation goes beyond
// the scale's range. It panics where the plan has no decoder.
func (r *Runner) Decode(x []float32, z []float32) {
	d, size := r.plan.arch.Latent, r.plan.arch.Input.Values()
	n := len(z) / d
	if len(z) != n*d || len(x) != n*size {
		panic(fmt.Sprintf("model: Decode: %d numbers for %d of vectors of %d", len(x), len(z), d))
	}
	for len(z) > 0 {
		n := min(len(z)/d, r.batch)
		wide := r.expand(z[:n*d])
		for i := range n {
			r.decode(x[i*size:(i+1)*size], wide[i*r.lead:])
		}
		x, z = x[n*size:], z[n*d:]
	}
}

// expand takes latent vectors through the decoder's dense steps, see dense.
func (r *Runner) expand(z []float32) []float32 {
	if !r.plan.hasDec {
		panic("model: the plan has no decoder")
	}
	d := r.plan.arch.Latent
	for i := range len(z) / d {
		copy(r.x[i*r.lead:], z[i*d:(i+1)*d])
	}
	return r.dense(r.plan.decoder.dense, len(z)/d)
}

// decode takes one image from the decoder's last dense step to pixels in [0,1].
func (r *Runner) decode(x, wide []float32) {
	net := &r.plan.decoder
	if len(net.after) == 0 {
		copy(x, wide)
	} else {
		r.a.load(net.reshape, net.stride, wide)
		r.planes(net.after).store(x)
		activate(r.plan.set, x, len(x), len(x), net.act)
	}
	switch r.plan.arch.Input.Scale {
	case ScaleSymmetric:
		kernel.FromSymmetric(x)
	case ScaleByte:
		kernel.FromByte(x)
	}
}

// MSE writes the mean squared reconstruction error of each image into mse,
// given the images' latent vectors: pixels in [0,1] with every Input.Scale, so
// that models compare, squares summed in float64 in C order. It panics where the plan has no decoder.
func (r *Runner) MSE(mse []float64, z []float32, pixels [][]byte) {
	d, in := r.plan.arch.Latent, r.plan.arch.Input
	if len(mse) != len(pixels) || len(z) != len(pixels)*d {
		panic(fmt.Sprintf("model: MSE: %d results and %d numbers for %d images of %d", len(mse), len(z), len(pixels), d))
	}
	for len(pixels) > 0 {
		n := min(len(pixels), r.batch)
		wide := r.expand(z[:n*d])
		for i, p := range pixels[:n] {
			r.decode(r.image, wide[i*r.lead:])
			mse[i] = r.squaredError(in, p)
		}
		mse, z, pixels = mse[n:], z[n*d:], pixels[n:]
	}
}

// squaredError returns the mean squared difference of r.image and raw pixels.
func (r *Runner) squaredError(in Input, pixels []byte) float64 {
	if len(pixels) != in.Bytes() {
		panic(fmt.Sprintf("model: MSE: image of %d bytes, want %d", len(pixels), in.Bytes()))
	}
	if in.Rows() {
		LoadRow(r.pixels, pixels)
	} else {
		r.plan.set.ScalePixels(r.pixels, pixels, in.Bits, in.Full())
	}
	var sum float64
	for i, want := range r.pixels {
		d := float64(r.image[i]) - float64(want)
		sum += float64(d * d)
	}
	return sum / float64(len(r.pixels))
}
