package comparing

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"exemplar/model"
)

// span is the column space of an affine decoder.
type span struct {
	basis  *mat.Dense // orthonormal, pixels x rank; nil where all columns are 0
	rank   int
	cosine float64 // largest magnitude between two columns; NaN where there are no two
}

// spanOf returns that of a model; nil of a decoder that is not affine.
func spanOf(m *model.Model) *span {
	if !affineDecoder(m.Arch) {
		return nil
	}
	w := decoderColumns(m)
	s := &span{cosine: largestCosine(w)}
	pixels, d := w.Dims()
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDThinU) {
		return s // of finite numbers it always does
	}
	values := svd.Values(nil)
	// As scipy.linalg.orth.
	for _, v := range values {
		if v > values[0]*float64(max(pixels, d))*0x1p-52 {
			s.rank++
		}
	}
	if s.rank > 0 {
		var u mat.Dense
		svd.UTo(&u)
		s.basis = mat.DenseCopyOf(u.Slice(0, pixels, 0, s.rank))
	}
	return s
}

// decoderColumns returns what a decoder adds to an image for each dimension of a code, pixels x
// dimensions, up to the span of Input.Scale.
func decoderColumns(m *model.Model) *mat.Dense {
	var dense, enlarge model.Layer
	for _, l := range m.Arch.DecoderLayers() {
		switch l.Kind {
		case model.KindDense:
			dense = l
		case model.KindUpsample:
			enlarge = l
		}
	}
	kernel := m.Decoder.Get(dense.Name + ".kernel")
	d, size := kernel.Shape[0], kernel.Shape[1]
	in := m.Arch.Input
	w := mat.NewDense(in.Values(), d, nil)
	for j := range d {
		column := make([]float64, size)
		for i, v := range kernel.Data[j*size : (j+1)*size] {
			column[i] = float64(v)
		}
		if enlarge.Kind != "" && enlarge.In != enlarge.Out {
			column = enlarged(enlarge, column)
		}
		w.SetCol(j, column)
	}
	return w
}

// enlarged takes a picture through a layer that enlarges.
func enlarged(l model.Layer, picture []float64) []float64 {
	rows, columns := l.Resampling()
	r, c := mat.NewDense(l.Out.Height, l.In.Height, widened(rows)), mat.NewDense(l.Out.Width, l.In.Width, widened(columns))
	out := make([]float64, l.Out.Size())
	for channel := range l.In.Channels {
		plane := mat.NewDense(l.In.Height, l.In.Width, nil)
		for i := range l.In.Height * l.In.Width {
			plane.Set(i/l.In.Width, i%l.In.Width, picture[i*l.In.Channels+channel])
		}
		var part, whole mat.Dense
		part.Mul(r, plane)
		whole.Mul(&part, c.T())
		for i := range l.Out.Height * l.Out.Width {
			out[i*l.Out.Channels+channel] = whole.At(i/l.Out.Width, i%l.Out.Width)
		}
	}
	return out
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// largestCosine returns the largest magnitude of the cosine between two columns that are not 0.
func largestCosine(w *mat.Dense) float64 {
	var gram mat.Dense
	gram.Mul(w.T(), w)
	d, _ := gram.Dims()
	largest := math.NaN()
	for i := range d {
		for j := range i {
			if norm := math.Sqrt(gram.At(i, i)) * math.Sqrt(gram.At(j, j)); norm > 0 {
				if c := min(1, math.Abs(gram.At(i, j))/norm); !(c <= largest) {
					largest = c
				}
			}
		}
	}
	return largest
}

// angles returns the principal angles between two spaces in degrees, the smallest first: as
// many as the smaller one has dimensions. Small ones are those of their sines, large ones of
// their cosines (Knyazev & Argentati 2002), so that all are exact.
func angles(a, b *span) []float64 {
	if a.basis == nil || b.basis == nil {
		return nil
	}
	x, y := a.basis, b.basis
	if a.rank < b.rank {
		x, y = y, x
	}
	var cosines, projected, rest mat.Dense
	cosines.Mul(x.T(), y)
	projected.Mul(x, &cosines)
	rest.Sub(y, &projected)
	var c, s mat.SVD
	if !c.Factorize(&cosines, mat.SVDNone) || !s.Factorize(&rest, mat.SVDNone) {
		return nil // of finite numbers they always are
	}
	cos, sin := c.Values(nil), s.Values(nil)
	slices.Reverse(sin) // the smallest angle first, as the cosines
	list := make([]float64, min(a.rank, b.rank))
	for i := range list {
		angle := math.Acos(min(1, cos[i]))
		if cos[i]*cos[i] >= 0.5 {
			angle = math.Asin(min(1, sin[i]))
		}
		list[i] = angle * 180 / math.Pi
	}
	return list
}
