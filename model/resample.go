package model

// Resampling returns a layer of kind KindArea or KindUpsample as two matrices in
// C order, rows of shape (Out.Height, In.Height) and columns of shape
// (Out.Width, In.Width): each channel of the result is rows · plane · columnsᵀ.
// Programs without such a layer compute it so. It panics for other kinds.
func (l Layer) Resampling() (rows, columns []float32) {
	switch l.Kind {
	case KindArea:
		return areaMatrix(l.In.Height, l.Out.Height), areaMatrix(l.In.Width, l.Out.Width)
	case KindUpsample:
		return blendMatrix(l.In.Height, l.Out.Height, l.Interpolation), blendMatrix(l.In.Width, l.Out.Width, l.Interpolation)
	}
	panic("model: layer kind " + l.Kind + " does not resample")
}

// areaMatrix averages the cells of a side, see Pool.
func areaMatrix(in, out int) []float32 {
	m := make([]float32, out*in)
	for i := range out {
		from, to := cell(i, out, in)
		for j := from; j < to; j++ {
			m[i*in+j] = 1 / float32(to-from)
		}
	}
	return m
}

// blendMatrix interpolates along a side, see blends.
func blendMatrix(in, out int, interpolation string) []float32 {
	m := make([]float32, out*in)
	for i, b := range blends(in, out, interpolation) {
		m[i*in+b.lo] = 1 - b.t
		m[i*in+b.hi] += b.t
	}
	return m
}
