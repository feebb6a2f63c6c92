package variance

import (
	"encoding/binary"
	"math"
)

// rows are the sums of rows of a table, by Welford's formulas.
type rows struct {
	mean   []float64 // of each column
	square []float64 // of each column, the sum of squared differences to its mean
}

// add adds the n-th row.
func (r *rows) add(row []byte, n float64) {
	for i := range r.mean {
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:])))
		d := v - r.mean[i]
		r.mean[i] += d / n
		r.square[i] += float64(d * (v - r.mean[i]))
	}
}

// within is Sums.Within.
func (r *rows) within() (sum float64) {
	for _, v := range r.square {
		sum += v
	}
	return sum / float64(len(r.square))
}

// overall is Sums.Mean.
func (r *rows) overall() (sum float64) {
	for _, v := range r.mean {
		sum += v
	}
	return sum / float64(len(r.mean))
}

// spread is Sums.spread.
func (r *rows) spread(other *Sums, gray float64) (sum float64) {
	for i, v := range r.mean {
		to := gray
		if other != nil {
			to = other.rows.mean[i]
		}
		sum += float64((v - to) * (v - to))
	}
	return sum / float64(len(r.mean))
}
