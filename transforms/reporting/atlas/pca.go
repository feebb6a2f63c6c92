package atlas

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// PCA projects rows of d numbers on their first two principal components. It
// returns x and y of every row, and the share of the variance that each has.
//
// Components are those of the covariance of all rows, or of evenly spaced ones
// where it would take too long (see most); shares are those of all rows. Of each
// component the first largest coefficient is positive. Where rows do not differ,
// or have one dimension, what is missing is 0.
func PCA(x []float32, d int) (xy []float32, share [2]float64) {
	n := len(x) / d
	xy = make([]float32, 2*n)
	mean, total := moments(x, d)
	if !(total > 0) {
		return xy, share
	}
	axes := components(x, d, mean)
	const block = 1024
	parallel((n+block-1)/block, func(b int) {
		for i := b * block; i < min(n, (b+1)*block); i++ {
			for c, axis := range axes {
				xy[2*i+c] = float32(project(x[i*d:(i+1)*d], mean, axis))
			}
		}
	})
	for c := range axes {
		square := 0.0
		for i := range n {
			v := float64(xy[2*i+c])
			square += v * v
		}
		share[c] = square / total
	}
	return xy, share
}

// moments returns the mean of rows, and the sum of their squared distances to it.
func moments(x []float32, d int) (mean []float64, total float64) {
	n := len(x) / d
	mean = make([]float64, d)
	for i := range n {
		for p, v := range x[i*d : (i+1)*d] {
			mean[p] += float64(v)
		}
	}
	for p := range mean {
		mean[p] /= float64(n)
	}
	for i := range n {
		for p, v := range x[i*d : (i+1)*d] {
			c := float64(v) - mean[p]
			total += c * c
		}
	}
	return mean, total
}

// project returns the inner product of a row less the mean with an axis.
func project(row []float32, mean, axis []float64) float64 {
	mean, axis = mean[:len(row)], axis[:len(row)]
	sum := 0.0
	for p, v := range row {
		sum += (float64(v) - mean[p]) * axis[p]
	}
	return sum
}

// components returns the eigenvectors of the covariance with the largest
// eigenvalues: two, or one in one dimension.
func components(x []float32, d int, mean []float64) [][]float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(d, covariance(x, d, mean)), true) {
		return nil
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	var axes [][]float64
	for c := range min(2, d) {
		axis := mat.Col(nil, d-1-c, &vectors)
		orient(axis)
		axes = append(axes, axis)
	}
	return axes
}

// orient turns an axis so that its first largest number is positive: an
// eigenvector has no sign of its own.
func orient(axis []float64) {
	at := 0
	for p, v := range axis {
		if math.Abs(v) > math.Abs(axis[at]) {
			at = p
		}
	}
	if axis[at] < 0 {
		for p := range axis {
			axis[p] = -axis[p]
		}
	}
}

// most is the number of multiplications that a covariance may take: 100,000 rows
// of 512.
const most = 100_000 * 512 * 512

// covariance returns the sums of products of rows less the mean, of d x d; only
// those on and above the diagonal.
func covariance(x []float32, d int, mean []float64) []float64 {
	n := len(x) / d
	rows := min(n, max(2*d, most/d/d))
	const block = 256 // rows at a time
	panels := (d + 3) / 4
	packed := make([][]float64, panels) // four columns each, row by row
	for j := range packed {
		packed[j] = make([]float64, block*4)
	}
	sums := make([]float64, d*d)
	for from := 0; from < rows; from += block {
		m := min(block, rows-from)
		parallel(panels, func(j int) {
			for i := range m {
				row := x[(from+i)*n/rows*d:]
				for c := range min(4, d-4*j) {
					packed[j][4*i+c] = float64(row[4*j+c]) - mean[4*j+c]
				}
			}
		})
		parallel(panels, func(i int) {
			for j := i; j < panels; j++ {
				tile := products(packed[i][:4*m], packed[j][:4*m])
				for a := range min(4, d-4*i) {
					for b := range min(4, d-4*j) {
						sums[(4*i+a)*d+4*j+b] += tile[4*a+b]
					}
				}
			}
		})
	}
	return sums
}

// products returns the sums over rows of the products of four columns with four.
func products(x, y []float64) (sum [16]float64) {
	var s00, s01, s02, s03, s10, s11, s12, s13 float64
	for half := range 2 { // eight sums at a time stay in registers
		s00, s01, s02, s03, s10, s11, s12, s13 = 0, 0, 0, 0, 0, 0, 0, 0
		for p := 0; p+3 < len(x) && p+3 < len(y); p += 4 {
			x0, x1 := x[p+2*half], x[p+2*half+1]
			y0, y1, y2, y3 := y[p], y[p+1], y[p+2], y[p+3]
			s00 += x0 * y0
			s01 += x0 * y1
			s02 += x0 * y2
			s03 += x0 * y3
			s10 += x1 * y0
			s11 += x1 * y1
			s12 += x1 * y2
			s13 += x1 * y3
		}
		copy(sum[8*half:], []float64{s00, s01, s02, s03, s10, s11, s12, s13})
	}
	return sum
}
