package clustering

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Centers is a set of centres, laid out for finding the nearest one. It is
// immutable and may be shared by goroutines.
type Centers struct {
	k, d int
	rows []float64 // k x d

	// panels holds the centres in groups of panelWidth: of each group coordinate 0 of
	// all its centres, then coordinate 1 and so on. The last group is filled up
	// with infinities, which are near to nothing.
	panels []float64
}

const (
	panelWidth = 4
	panelStep  = 16 // dimensions between two looks at whether a panel can still win
)

// NewCenters lays out centres, row by row of d coordinates.
func NewCenters(rows []float64, d int) *Centers {
	c := &Centers{k: len(rows) / d, d: d, rows: rows}
	groups := (c.k + panelWidth - 1) / panelWidth
	c.panels = make([]float64, groups*panelWidth*d)
	for i := range c.panels {
		c.panels[i] = math.Inf(1)
	}
	for i := range c.k {
		panel := c.panels[i/panelWidth*panelWidth*d:]
		for j, v := range c.Row(i) {
			panel[j*panelWidth+i%panelWidth] = v
		}
	}
	return c
}

// Len returns the number of centres.
func (c *Centers) Len() int { return c.k }

// Row returns centre i.
func (c *Centers) Row(i int) []float64 { return c.rows[i*c.d : (i+1)*c.d : (i+1)*c.d] }

// Nearest finds for each row of x (n x d) the nearest centre by squared
// Euclidean distance, the first of several equally near ones, and writes its
// number and that distance. A label that holds the number of a centre on entry
// is tried first, which saves work when it is a good guess; -1 is no guess. The
// result does not depend on the guess.
//
// All assignment of rows to centres goes through this function.
func (c *Centers) Nearest(labels []int32, d2 []float64, x []float64) {
	for i := range labels {
		labels[i], d2[i] = c.nearest(x[i*c.d:(i+1)*c.d], labels[i])
	}
}

func (c *Centers) nearest(x []float64, guess int32) (int32, float64) {
	index, best := int32(math.MaxInt32), math.Inf(1)
	if guess >= 0 && int(guess) < c.k {
		index, best = guess, squared(x, c.Row(int(guess)))
	}
	for p := 0; p < c.k; p += panelWidth {
		a, ok := panelDistances(x, c.panels[p*c.d:(p+panelWidth)*c.d], best)
		if !ok {
			continue
		}
		for i, v := range a {
			if j := int32(p + i); v < best || v == best && j < index {
				index, best = j, v
			}
		}
	}
	return index, best
}

// panelDistances returns the squared distances of x to the centres of a panel.
// It gives up, ok = false, once all of them exceed limit: a sum of squares never
// falls again.
func panelDistances(x, panel []float64, limit float64) (a [panelWidth]float64, ok bool) {
	var a0, a1, a2, a3 float64
	for len(x) > 0 {
		n := min(panelStep, len(x))
		part := panel[:n*panelWidth]
		for i, v := range x[:n] {
			w := (*[panelWidth]float64)(part[i*panelWidth:])
			t0, t1, t2, t3 := v-w[0], v-w[1], v-w[2], v-w[3]
			a0 += float64(t0 * t0)
			a1 += float64(t1 * t1)
			a2 += float64(t2 * t2)
			a3 += float64(t3 * t3)
		}
		if a0 > limit && a1 > limit && a2 > limit && a3 > limit {
			return a, false
		}
		x, panel = x[n:], panel[n*panelWidth:]
	}
	return [panelWidth]float64{a0, a1, a2, a3}, true
}

// sortRows orders rows of d coordinates lexicographically and removes
// duplicates, so that a set of centres has one form.
func sortRows(rows []float64, d int) []float64 {
	list := make([][]float64, 0, len(rows)/d)
	for ; len(rows) > 0; rows = rows[d:] {
		list = append(list, rows[:d])
	}
	slices.SortFunc(list, slices.Compare)
	list = slices.CompactFunc(list, slices.Equal)
	return slices.Concat(list...)
}

// pack turns bulk numbers into the little-endian bytes that cross stages.
func pack[T float32 | float64 | int64](v []T) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic(err) // a slice of fixed-size numbers into memory
	}
	return b.Bytes()
}

// unpack reverses pack.
func unpack[T float32 | float64 | int64](b []byte) []T {
	var zero T
	v := make([]T, len(b)/binary.Size(zero))
	if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, v); err != nil {
		panic(err) // the length was taken from b
	}
	return v
}
