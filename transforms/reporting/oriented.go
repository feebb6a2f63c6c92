package reporting

import (
	"math"

	"exemplar/transforms/data/aligning"
)

// oriented is a sample of latents with the angles of the objects. An axis has the same angle after half a
// turn, so that latents are regressed on cosines and sines of twice the angle and its multiples; images
// weigh as much as their axis is clear. Every product is rounded before it is added to, so that all
// processors agree.
type oriented struct {
	ids     []string
	angles  []int64 // millidegrees, 0 to 179,999
	weights []float64
	x       []float32
	d       int
}

var allHarmonics = []int{1, 2, 3, 4}

var harmonicNames = []string{"", "2θ", "4θ", "6θ", "8θ"}

// effective is the number of images of equal weight that say as much as these.
func (o *oriented) effective() float64 {
	var sum, squares float64
	for _, w := range o.weights {
		sum, squares = sum+w, squares+float64(w*w)
	}
	if squares == 0 {
		return 0
	}
	return float64(sum*sum) / squares
}

// share returns the share of the variance of the latents, over all dimensions, that the harmonics of the
// angles explain, adjusted for their number: 0 is what angles explain that have nothing to do with the
// latents, on average. The latents are taken in the order given, nil stands for theirs.
func (o *oriented) share(angles []int64, harmonics, order []int) float64 {
	basis := o.basis(angles, harmonics)
	column := make([]float64, len(angles))
	var total, explained float64
	for j := range o.d {
		var sum, weight float64
		for i, w := range o.weights {
			column[i] = o.at(i, j, order)
			sum, weight = sum+float64(w*column[i]), weight+w
		}
		mean := sum / weight
		for i, w := range o.weights {
			column[i] = float64(math.Sqrt(w) * (column[i] - mean))
			total += float64(column[i] * column[i])
		}
		for _, b := range basis {
			dot := inner(b, column)
			explained += float64(dot * dot)
		}
	}
	free := o.effective() - 1 - float64(len(basis))
	if total == 0 || free <= 0 {
		return 0
	}
	return 1 - float64((1-explained/total)*((o.effective()-1)/free))
}

func (o *oriented) at(i, j int, order []int) float64 {
	if order != nil {
		i = order[i]
	}
	return float64(o.x[i*o.d+j])
}

// basis returns orthonormal columns that span the harmonics beside a constant, weighted; those that
// others span already are left out.
func (o *oriented) basis(angles []int64, harmonics []int) (basis [][]float64) {
	constant := make([]float64, len(angles))
	for i, w := range o.weights {
		constant[i] = math.Sqrt(w)
	}
	columns := [][]float64{constant}
	for _, k := range harmonics {
		cos, sin := make([]float64, len(angles)), make([]float64, len(angles))
		for i, a := range angles {
			c, s := aligning.Direction(2 * int64(k) * a)
			cos[i], sin[i] = float64(constant[i]*c), float64(constant[i]*s)
		}
		columns = append(columns, cos, sin)
	}
	for _, c := range columns {
		before := inner(c, c)
		for range 2 { // twice, for what rounding leaves
			for _, b := range basis {
				dot := inner(b, c)
				for i := range c {
					c[i] -= float64(dot * b[i])
				}
			}
		}
		if norm := inner(c, c); norm > 1e-9*before {
			norm = math.Sqrt(norm)
			for i := range c {
				c[i] /= norm
			}
			basis = append(basis, c)
		}
	}
	return basis[1:] // without the constant
}

func inner(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}
