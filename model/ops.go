package model

import "exemplar/model/internal/kernel"

// denseChunk returns the number of terms that a dense layer sums from zero.
// Summed in one go, the 32768 terms of ae1m's would lose a digit.
func denseChunk(terms int) int {
	if terms <= 1024 {
		return terms
	}
	return 256
}

// planeOp is a step that works on bands of one image's plane.
type planeOp interface {
	// run computes the rows of dst from from, a multiple of grain(), to to,
	// another one or the last. It may write the rest of the grain, and past the
	// ends of rows; the caller seals them. Scratch is at least scratch() long.
	run(dst, src *plane, from, to int, scratch []float32)
	// reads returns the rows of src that run uses, which may lie past its edges.
	reads(from, to int) (lo, hi int)
	grain() int
	scratch() int
}

// rowOp is what most steps have in common: they work on any row, without scratch.
type rowOp struct{}

func (rowOp) scratch() int { return 0 }
func (rowOp) grain() int   { return 1 }

// compiler makes the steps of a plan.
type compiler struct {
	set     *kernel.Set
	weights Weights
	chain   chaining
}

// tensors returns a layer's weights.
func (c compiler) tensors(l Layer) (weights, bias []float32) {
	return c.weights.Get(l.Name + ".kernel").Data, c.weights.Get(l.Name + ".bias").Data
}

// network returns the steps of layers.
func (c compiler) network(layers []Layer) network {
	var n network
	var before, after []planeStep
	stride := layers[0].In.Channels
	for i := 0; i < len(layers); i++ {
		l := layers[i]
		switch l.Kind {
		case KindDense:
			n.dense = append(n.dense, c.dense(l))
		case KindReshape:
			stride = l.Out.Channels
			if k := layers[i+1:]; len(k) > 0 && (k[0].Kind == KindConv || k[0].Kind == KindConvT) {
				stride = kernel.Up16(stride)
			}
			n.reshape, n.stride = l.Out, stride
		default:
			if leavesActivation(layers, i) {
				n.act, l.Activation = l.Activation, ActLinear
			}
			op := c.planeOp(l, stride)
			switch op := op.(type) {
			case *narrowOp:
				stride = l.Out.Channels
			case *directOp, *transposedOp:
				stride = kernel.Up16(l.Out.Channels)
			case *winogradOp:
				stride = kernel.Up16(l.Out.Channels)
				if i+1 < len(layers) && op.fuse(layers[i+1]) {
					i++
				}
			}
			step := planeStep{op, layers[i].Out, stride}
			if len(n.dense) == 0 {
				before = append(before, step)
			} else {
				after = append(after, step)
			}
		}
	}
	n.before, n.after = c.chain.stages(before), c.chain.stages(after)
	return n
}

// leavesActivation reports whether sigmoid or tanh of layer i, the last convolution,
// are better applied when its plane is stored: where pixels have gaps.
func leavesActivation(layers []Layer, i int) bool {
	l, rest := layers[i], layers[i+1:]
	last := len(rest) == 0 || len(rest) == 1 && rest[0].Kind == KindCrop
	return last && l.Kind == KindConv && (l.Activation == ActSigmoid || l.Activation == ActTanh) &&
		!narrows(l) && l.Out.Channels%16 != 0
}

// planeOp returns the step of a layer that is not dense, for planes whose
// pixels are stride numbers.
func (c compiler) planeOp(l Layer, stride int) planeOp {
	switch l.Kind {
	case KindConv:
		return c.convolution(l, stride)
	case KindConvT:
		return c.transposedConvolution(l, stride)
	case KindPool:
		return poolOp{set: c.set}
	case KindArea:
		return areaOp{in: l.In.Height, out: l.Out.Height}
	case KindCrop:
		return cropOp{}
	case KindUpsample:
		return newUpsampleOp(l)
	}
	panic("model: no step for layer kind " + l.Kind)
}

// denseOp is a dense layer over a batch of vectors.
type denseOp struct {
	set    *kernel.Set
	matrix *kernel.Matrix
	bias   []float32
	act    string
}

func (c compiler) dense(l Layer) denseOp {
	w, bias := c.tensors(l)
	return denseOp{c.set, kernel.Pack(w, l.In.Size(), l.Out.Size(), denseChunk(l.In.Size())), padded(bias), l.Activation}
}

// run takes n vectors that are lead apart in both src and dst.
func (o denseOp) run(dst, src []float32, n, lead int) {
	o.set.Mul(o.matrix, dst, lead, kernel.Rows{Data: src, N: n, Lead: lead, Segments: 1}, o.bias, bound(o.act))
	activate(o.set, dst[:(n-1)*lead+o.matrix.N()], o.matrix.N(), lead, o.act)
}

// padded returns a bias for whole blocks of channels.
func padded(bias []float32) []float32 {
	return append(make([]float32, 0, kernel.Up16(len(bias))), bias...)[:kernel.Up16(len(bias))]
}
