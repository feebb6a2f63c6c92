package grading

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
)

// halves are a group's images, row-major of d dimensions: its parts are found in
// one half, and how these lie is seen in the other. In many dimensions every cloud
// seems to fall apart along a line that was found in it.
type halves struct {
	d           int
	fitted, see []float32
}

// halve takes the images by turns.
func halve(x []float32, d int) halves {
	h := halves{d: d}
	for i := range len(x) / d {
		half := &h.fitted
		if i%2 == 1 {
			half = &h.see
		}
		*half = append(*half, x[i*d:(i+1)*d]...)
	}
	return h
}

// population is a part of a group.
type population struct {
	fitted float64   // images of the half that the parts are found in
	mean   []float64 // of these
	seen   []int32   // images of the other half
}

// cut divides the images into k clusters, and returns the number of that of each
// image of the first half, too.
func (h halves) cut(k int, seed uint64) ([]population, []int32) {
	n := len(h.fitted) / h.d
	sample := kmeans.Sample{D: h.d, X: h.fitted, Weights: slices.Repeat([]float64{1}, n)}
	centers, _ := kmeans.Fit(sample, k, seed^fitSalt, mixtureTries)
	index := nearest.New(centers, h.d)
	parts := make([]population, index.Len())
	for i := range parts {
		parts[i].mean = make([]float64, h.d)
	}
	labels := assign(index, h.fitted)
	for i, at := range labels {
		parts[at].fitted++
		for j, v := range h.fitted[i*h.d : (i+1)*h.d] {
			parts[at].mean[j] += float64(v)
		}
	}
	for _, p := range parts {
		for j := range p.mean {
			p.mean[j] /= max(p.fitted, 1)
		}
	}
	for i, at := range assign(index, h.see) {
		parts[at].seen = append(parts[at].seen, int32(i))
	}
	return parts, labels
}

// ridge is added to the variances within clusters, as a share of their mean, so
// that directions in which images hardly differ are not blown up.
const ridge = 0.5

// sharpened returns the images in coordinates in which the covariance within the
// clusters, with a ridge, is 1: a difference of means is then the direction of
// Fisher's linear discriminant.
func (h halves) sharpened(parts []population, labels []int32) halves {
	d, n := h.d, len(labels)
	rest := mat.NewDense(n, d, nil)
	for i, at := range labels {
		for j, m := range parts[at].mean {
			rest.Set(i, j, float64(h.fitted[i*d+j])-m)
		}
	}
	var within mat.SymDense
	within.SymOuterK(1/float64(n), rest.T())
	level := ridge * mat.Trace(&within) / float64(d)
	for j := range d {
		within.SetSym(j, j, within.At(j, j)+level)
	}
	var root mat.Cholesky
	var lower, inverse mat.TriDense
	if !root.Factorize(&within) { // every cluster is one point
		return h
	}
	root.LTo(&lower)
	if inverse.InverseTri(&lower) != nil {
		return h
	}
	apply := func(x []float32) []float32 {
		var y mat.Dense
		y.Mul(mat.NewDense(len(x)/d, d, nearest.Widen(x)), inverse.T())
		return nearest.Narrow(y.RawMatrix().Data)
	}
	return halves{d, apply(h.fitted), apply(h.see)}
}

// merge puts together, pair by pair, the parts between which images are densest,
// until all that are left lie apart. It returns these, and the density between the
// two that were compared last.
func (h halves) merge(parts []population, apart float64) (left []population, between float64) {
	density := make([][]float64, len(parts))
	compare := func(i, j int) {
		density[i][j] = h.density(parts[i], parts[j])
		density[j][i] = density[i][j]
	}
	for i := range parts {
		density[i] = make([]float64, len(parts))
		for j := range i {
			density[j] = slices.Grow(density[j], len(parts))
			compare(j, i)
		}
	}
	between = 1
	for len(parts) > 1 {
		a, b := 0, 1
		for i := range parts {
			for j := range i {
				if density[j][i] > density[a][b] {
					a, b = j, i
				}
			}
		}
		if between = density[a][b]; between < apart {
			break
		}
		parts[a] = parts[a].with(parts[b])
		parts = slices.Delete(parts, b, b+1)
		density = slices.Delete(density, b, b+1)
		for i := range density {
			density[i] = slices.Delete(density[i], b, b+1)
		}
		for i := range parts {
			if i != a {
				compare(i, a)
			}
		}
	}
	return parts, between
}

// with returns two parts as one.
func (p population) with(q population) population {
	sum := population{fitted: p.fitted + q.fitted, mean: make([]float64, len(p.mean)), seen: slices.Concat(p.seen, q.seen)}
	for j := range sum.mean {
		sum.mean[j] = (float64(p.fitted*p.mean[j]) + float64(q.fitted*q.mean[j])) / max(sum.fitted, 1)
	}
	return sum
}

// density projects the images of two parts on the line through their means, and
// says how dense they are between them; see valley.
func (h halves) density(a, b population) float64 {
	u := make([]float64, h.d)
	for j := range u {
		u[j] = b.mean[j] - a.mean[j]
	}
	var at []float64
	for _, rows := range [][]int32{a.seen, b.seen} {
		for _, i := range rows {
			at = append(at, kmeans.Dot(h.see[int(i)*h.d:(int(i)+1)*h.d], u))
		}
	}
	slices.Sort(at)
	return valley(at, kmeans.Dot(u, a.mean), kmeans.Dot(u, b.mean))
}

// halfWindow is half the width of a window, in standard deviations.
const halfWindow = 0.25

// valley returns how dense numbers are where they are least dense from one place
// to another, as a share of the density that is reached on both sides of there: 1
// at least where the density has one peak. Counts are raised by half their
// standard deviation, so that few numbers show no valley by chance.
func valley(sorted []float64, from, to float64) float64 {
	n := len(sorted)
	if n < 2 {
		return 1
	}
	m, squares := mean(sorted), 0.0
	for _, v := range sorted {
		squares += float64((v - m) * (v - m))
	}
	half := halfWindow * math.Sqrt(squares/float64(n))
	if !(half > 0) {
		return 1
	}
	// Half windows from the first number to the last: no more than 8 for each
	// number, as none is more than √n standard deviations from the mean.
	steps := int((sorted[n-1]-sorted[0])/(half/2)) + 1
	places, counts := make([]float64, steps), make([]float64, steps)
	for i := range steps {
		places[i] = sorted[0] + float64(i)*half/2
		low, _ := slices.BinarySearch(sorted, places[i]-half)
		high, _ := slices.BinarySearch(sorted, places[i]+half)
		counts[i] = float64(high - low)
	}
	right := slices.Clone(counts)
	for i := steps - 2; i >= 0; i-- {
		right[i] = max(right[i], right[i+1])
	}
	least, left := 1.0, 0.0
	for i, c := range counts {
		left = max(left, c)
		if side := min(left, right[i]); from <= places[i] && places[i] <= to {
			least = min(least, (c+0.5*math.Sqrt(c))/(side+0.5))
		}
	}
	return least
}
