package comparing

import "math"

// moments are the variances and correlations of the dimensions of a code.
type moments struct {
	mean, variance []float64
	r              [][]float64 // of dimensions i and j > i, at i and j-i-1; NaN where one is constant
	constant       int         // dimensions that are the same for all images
	largest        float64     // |r|; NaN where there is none
	i, j           int         // whose it is
	average        float64     // |r|; NaN likewise
}

// newMoments returns those of a model of n images.
func newMoments(c codes, sums []float64, n int) *moments {
	d := len(c.sums)
	m := &moments{largest: math.NaN(), average: math.NaN()}
	fixed := make([]bool, d)
	variances, at := make([]float64, d), 0
	for i := range d {
		m.mean = append(m.mean, c.sums[i]/float64(n))
		variances[i] = sums[at]
		if fixed[i] = c.ranges[i].Low == c.ranges[i].High; fixed[i] {
			m.mean[i], variances[i] = c.ranges[i].Low, 0 // but for rounding
			m.constant++
		}
		m.variance = append(m.variance, variances[i]/float64(n))
		at += d - i
	}
	at = 0
	var sum, pairs float64
	for i := range d {
		row := make([]float64, d-i-1)
		for k := range row {
			j := i + 1 + k
			if row[k] = math.NaN(); fixed[i] || fixed[j] {
				continue
			}
			r := sums[at+1+k] / math.Sqrt(variances[i]) / math.Sqrt(variances[j])
			if r-r != 0 {
				continue // of numbers next to the smallest that there are
			}
			row[k] = max(-1, min(1, r))
			r = math.Abs(row[k])
			if sum, pairs = sum+r, pairs+1; !(r <= m.largest) {
				m.largest, m.i, m.j = r, i, j
			}
		}
		m.r = append(m.r, row)
		at += d - i
	}
	if pairs > 0 {
		m.average = sum / pairs
	}
	return m
}
