package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// denseChunk is the number of terms that a dense layer sums from zero.
const denseChunk = 256

// denseLayer is a dense layer of vectors. Its weights are the kernel (in, out),
// rows padded to whole blocks of 16, then the bias, padded too.
type denseLayer struct {
	*run
	model.Layer
	units, lanes int            // out, and padded
	byUnit       *kernel.Matrix // the gradient of the results, units x images
	byImage      *kernel.Matrix // its transpose
	zeros        []float32
}

func newDense(r *run, l model.Layer) *denseLayer {
	d := &denseLayer{run: r, Layer: l, units: l.Out.Channels, lanes: kernel.Up16(l.Out.Channels)}
	d.byUnit = kernel.NewMatrix(d.units, r.lead, denseChunk)
	d.byImage = kernel.NewMatrix(r.lead, d.units, r.lead)
	d.zeros = make([]float32, r.lead)
	return d
}

func (d *denseLayer) in() layout  { return d.vectors(d.In.Size()) }
func (d *denseLayer) out() layout { return d.vectors(d.units) }
func (d *denseLayer) size() int   { return (d.In.Size() + 1) * d.lanes }

// denseUnits is the number of units that a goroutine computes at once.
const denseUnits = 24

func (d *denseLayer) forward(y, x, w []float32) {
	k, lead := d.In.Size(), d.lead
	bias := w[k*d.lanes:]
	d.blocks(d.units, denseUnits, func(_, from, to int) {
		out := y[from*lead : to*lead]
		for o := from; o < to; o++ {
			fill(y[o*lead:(o+1)*lead], bias[o])
		}
		for p := 0; p < k; p += denseChunk {
			a := kernel.Columns{Data: w[p*d.lanes+from:], Lead: d.lanes}
			d.set.AddTransposed(out, lead, to-from, lead, a, kernel.Columns{Data: x[p*lead:], Lead: lead}, 1, min(denseChunk, k-p))
		}
		if d.Activation == model.ActReLU {
			for i, v := range out {
				out[i] = max(v, 0)
			}
		}
		activate(d.set, out, d.Activation)
	})
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// denseRows is the number of rows of weights that a goroutine takes at once.
const denseRows = 24

// backwardInput takes the gradient that backwardWeights has packed.
func (d *denseLayer) backwardInput(dx, _, w, mask []float32) {
	d.blocks(d.In.Size(), denseRows, func(_, from, to int) {
		a := kernel.Rows{Data: w[from*d.lanes:], N: to - from, Lead: d.lanes, Segments: 1}
		d.set.Mul(d.byUnit, dx[from*d.lead:], d.lead, a, d.zeros, kernel.Unbounded)
		if mask != nil {
			d.set.Mask(dx[from*d.lead:to*d.lead], mask[from*d.lead:to*d.lead])
		}
	})
}

// densePacked is the number of units whose gradients a goroutine packs at once, whole blocks
// of 16.
const densePacked = 64

func (d *denseLayer) backwardWeights(dw, x, g []float32) {
	bias := dw[d.In.Size()*d.lanes:]
	d.blocks(d.units, densePacked, func(_, from, to int) {
		d.byImage.FillColumns(g, d.lead, from, to)
		d.byUnit.FillRows(g, d.lead, from, to)
		for o := from; o < to; o++ {
			bias[o] = sum(g[o*d.lead:][:d.images])
		}
	})
	d.blocks(d.In.Size(), denseRows, func(_, from, to int) {
		a := kernel.Rows{Data: x[from*d.lead:], N: to - from, Lead: d.lead, Segments: 1}
		d.set.Mul(d.byImage, dw[from*d.lanes:], d.lanes, a, nil, 0)
	})
}

// sum adds numbers in order.
func sum(x []float32) (total float32) {
	for _, v := range x {
		total += v
	}
	return total
}
