package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// transposedLayer is a transposed convolution 3x3 of stride 2, "same":
// out[2i+k] += in[i]·W[k], the first 2n kept. Its weights are the kernel
// (3, 3, out, in), then the bias.
//
// Even outputs 2i take in[i-1]·W[2] and in[i]·W[0], odd ones 2i+1 take
// in[i]·W[1]; so each of the four parities of (row, column) is a convolution by
// itself. The gradient of the input is a convolution of stride 2.
type transposedLayer struct {
	*run
	model.Layer
	from, to layout
	phases   [2][2]phase
	back     *kernel.Matrix // (3·3·out) x in
	rows     []float32      // its numbers before they are packed
	bias     []float32
}

// phase is the kernel of one parity, (taps·in) x out.
type phase struct {
	matrix *kernel.Matrix
	rows   []float32
}

func newTransposed(r *run, l model.Layer, in layout) layer {
	out := planes(l.Out, kernel.Up16(l.Out.Channels))
	t := &transposedLayer{run: r, Layer: l, from: in, to: out, bias: make([]float32, out.stride)}
	for py, rows := range kernel.PhaseTaps {
		for px, cols := range kernel.PhaseTaps {
			k := len(rows) * len(cols) * in.stride
			t.phases[py][px] = phase{kernel.NewMatrix(k, l.Out.Channels, k), make([]float32, k*l.Out.Channels)}
		}
	}
	k := 9 * out.stride
	t.back, t.rows = kernel.NewMatrix(k, l.In.Channels, k), make([]float32, k*l.In.Channels)
	r.reserve(out.shape.Width*out.shape.Channels, (9*in.stride+1)*out.stride)
	return t
}

func (t *transposedLayer) in() layout  { return t.from }
func (t *transposedLayer) out() layout { return t.to }
func (t *transposedLayer) size() int   { return 9*t.In.Channels*t.Out.Channels + t.Out.Channels }

// tap returns the kernel of a position, out x in.
func (t *transposedLayer) tap(w []float32, y, x int) []float32 {
	n := t.In.Channels * t.Out.Channels
	return w[(3*y+x)*n:][:n]
}

func (t *transposedLayer) forward(y, x, w []float32) {
	t.each(4, func(_, i int) { t.pack(w, i/2, i%2) })
	copy(t.bias, w[9*t.In.Channels*t.Out.Channels:])
	t.each(t.images, func(worker, i int) {
		src, dst := t.from.plane(x, i), t.to.plane(y, i)
		for row := range t.Out.Height {
			out, rows := t.to.row(dst, row), kernel.PhaseTaps[row%2]
			for px, cols := range kernel.PhaseTaps {
				a := kernel.Rows{
					Data: src[(row/2+1+rows[0].Offset)*t.from.pitch+(1+cols[0].Offset)*t.from.stride:],
					N:    t.In.Width, Lead: t.from.stride, Segments: len(rows), Stride: t.from.pitch,
				}
				t.set.Mul(t.phases[row%2][px].matrix, out[px*t.to.stride:], 2*t.to.stride, a, t.bias, bound(t.Activation))
			}
		}
		t.to.seal(dst)
		t.to.activatePlane(t.set, dst, t.Activation, t.scratch[worker])
	})
}

// pack packs the kernel of one parity.
func (t *transposedLayer) pack(w []float32, py, px int) {
	p, cout := t.phases[py][px], t.Out.Channels
	p.matrix.Fill(kernel.PhaseRows(p.rows, w, t.In.Channels, cout, t.from.stride, py, px), cout)
}

func (t *transposedLayer) backwardInput(dx, g, w, mask []float32) {
	cin, cout := t.In.Channels, t.Out.Channels
	t.each(9, func(_, k int) {
		first := k * t.to.stride
		copy(t.rows[first*cin:], t.tap(w, k/3, k%3)[:cout*cin])
		t.back.FillRows(t.rows, cin, first, first+cout)
	})
	t.masked(dx, t.from, t.back, mask, func(i, y int) kernel.Rows {
		return kernel.Rows{Data: t.to.plane(g, i)[t.to.first()+2*y*t.to.pitch:], N: t.In.Width, Lead: 2 * t.to.stride, Segments: 3, Stride: t.to.pitch}
	})
}

func (t *transposedLayer) backwardWeights(dw, x, g []float32) {
	k, c := 3*t.to.stride, t.from.stride
	sums := t.slices(sumLayout{3*k*c + t.to.stride, k * c, 3}, func(_, from, to, first, end int, sums []float32) {
		for i := from; i < to; i++ {
			src, grad := t.from.plane(x, i), t.to.plane(g, i)
			rowGroups(t.In, func(y, rows int) {
				b := kernel.Columns{Data: src[t.from.first()+y*t.from.pitch:], Lead: c, Stride: t.from.pitch}
				for ky := first; ky < end; ky++ {
					a := kernel.Columns{Data: grad[t.to.first()+(2*y+ky)*t.to.pitch:], Lead: 2 * t.to.stride, Stride: 2 * t.to.pitch}
					t.set.AddTransposed(sums[ky*k*c:], c, k, c, a, b, rows, t.In.Width)
				}
			})
			if end < 3 {
				continue
			}
			rowGroups(t.Out, func(y, rows int) {
				b := kernel.Columns{Data: grad[t.to.first()+y*t.to.pitch:], Lead: t.to.stride, Stride: t.to.pitch}
				t.set.AddTransposed(sums[3*k*c:], t.to.stride, 1, t.to.stride, kernel.Columns{Data: one[:]}, b, rows, t.Out.Width)
			})
		}
	})
	cin, cout := t.In.Channels, t.Out.Channels
	t.each(9, func(_, k int) {
		to := t.tap(dw, k/3, k%3)
		for o := range cout {
			copy(to[o*cin:(o+1)*cin], sums[(k*t.to.stride+o)*c:])
		}
	})
	copy(dw[9*cin*cout:], sums[3*k*c:])
}
