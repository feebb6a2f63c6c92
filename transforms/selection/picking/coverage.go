package picking

import (
	"math/rand/v2"
	"slices"
)

// coverage is the mean squared distance of a sample to the nearest pick, as a share of
// what as many random images of the sample have on average.
type coverage struct {
	square       []float32 // squared distances, rows x rows
	rows         int
	picks        []int     // rows, by place
	near, second []int32   // places of the nearest picks of each row
	d1, d2       []float64 // squared distances to them
	loss         []float64 // by place: what the sum of d1 grows by without that pick
	random       float64   // sum for random picks; 0 where all rows are the same
	farthest     float64   // no two rows are farther apart
}

// randomDraws is the number of random selections whose mean is taken.
const randomDraws = 50

func newCoverage(square []float32, rows int, picks []int) *coverage {
	c := &coverage{square: square, rows: rows, picks: picks,
		near: make([]int32, rows), second: make([]int32, rows), d1: make([]float64, rows), d2: make([]float64, rows), loss: make([]float64, len(picks))}
	c.farthest = float64(slices.Max(square))
	rng := rand.New(rand.NewPCG(uint64(rows), uint64(len(picks))))
	for range randomDraws {
		c.random += c.sumOf(rng.Perm(rows)[:len(picks)]) / randomDraws
	}
	for i := range rows {
		c.find(i)
	}
	c.lose()
	return c
}

// row returns the squared distances of all rows to row i.
func (c *coverage) row(i int) []float32 { return c.square[i*c.rows : (i+1)*c.rows] }

// sumOf returns the sum of the squared distances to the nearest of some rows.
func (c *coverage) sumOf(picks []int) (sum float64) {
	least := slices.Clone(c.row(picks[0]))
	for _, p := range picks[1:] {
		for i, d := range c.row(p) {
			least[i] = min(least[i], d)
		}
	}
	for _, d := range least {
		sum += float64(d)
	}
	return sum
}

// find looks for the two nearest picks of a row. Where there is one pick, the second
// is as far away as any row.
func (c *coverage) find(i int) {
	c.near[i], c.second[i] = -1, -1
	for place, p := range c.picks {
		c.insert(i, place, float64(c.square[p*c.rows+i]))
	}
}

// insert makes a pick the nearest one of a row or the second, if it is.
func (c *coverage) insert(i, place int, d float64) {
	switch {
	case c.near[i] < 0:
		c.near[i], c.d1[i], c.d2[i] = int32(place), d, c.farthest
	case d < c.d1[i]:
		c.second[i], c.d2[i] = c.near[i], c.d1[i]
		c.near[i], c.d1[i] = int32(place), d
	case d < c.d2[i]:
		c.second[i], c.d2[i] = int32(place), d
	}
}

// lose sums up what each pick is worth.
func (c *coverage) lose() {
	clear(c.loss)
	for i, place := range c.near {
		c.loss[place] += c.d2[i] - c.d1[i]
	}
}

// gains writes for every place what the share falls by, below 0, or grows, where its
// pick is exchanged for a row: of all of them in one look at the sample, as in FasterPAM
// (Schubert and Rousseeuw, "Fast and eager k-medoids clustering", Information Systems
// 101, 2021).
func (c *coverage) gains(to []float64, row int) {
	if c.random == 0 {
		clear(to)
		return
	}
	copy(to, c.loss)
	shared := 0.0
	for i, v := range c.row(row) {
		d := float64(v)
		if d >= c.d2[i] {
			continue
		}
		if d < c.d1[i] {
			shared += d - c.d1[i]
			to[c.near[i]] += c.d1[i] - c.d2[i]
		} else {
			to[c.near[i]] += d - c.d2[i]
		}
	}
	for place := range to {
		to[place] = (to[place] + shared) / c.random
	}
}

// exchange puts another row into a place.
func (c *coverage) exchange(place, row int) {
	c.picks[place] = row
	for i, v := range c.row(row) {
		if c.near[i] == int32(place) || c.second[i] == int32(place) {
			c.find(i)
		} else {
			c.insert(i, place, float64(v))
		}
	}
	c.lose()
}

// share returns the error as a share of that of random picks.
func (c *coverage) share() float64 {
	sum := 0.0
	for _, d := range c.d1 {
		sum += d
	}
	if c.random == 0 {
		return 0
	}
	return sum / c.random
}
