package picking

import "exemplar/transforms/run/parallel"

// energy is the energy distance between the picks and a sample (Székely and Rizzo,
// "Energy statistics: A class of statistics based on distances", Journal of Statistical
// Planning and Inference 143, 2013) as a share of what as many random images of the
// sample have on average:
//
//	2·mean|x-p| - mean|p-p'| - mean|x-x'|    x, x' of the sample, p, p' picks
//
// It is 0 where the picks are distributed as the sample is. What an exchange changes
// follows from the sums that are kept, without another look at the sample.
type energy struct {
	distance func(i, j int) float64
	mean     []float64 // of the distances of a row to the sample
	all      float64   // mean of these
	sum      []float64 // of the distances of a row to the picks
	picks    float64   // how many there are
	random   float64   // energy distance of random picks; 0 where all rows are the same
}

// newEnergy returns the distance of no picks yet, of which there will be n.
func newEnergy(rows, n int, distance func(i, j int) float64) *energy {
	e := &energy{distance: distance, mean: make([]float64, rows), sum: make([]float64, rows), picks: float64(n)}
	parallel.All(rows, func(i int) {
		for j := range rows {
			e.mean[i] += distance(i, j)
		}
		e.mean[i] /= float64(rows)
	})
	for _, v := range e.mean {
		e.all += v / float64(rows)
	}
	if rows > 1 { // drawn without replacement
		e.random = e.all * float64(rows-n) / (float64(n) * float64(rows-1))
	}
	return e
}

// add makes a row a pick.
func (e *energy) add(row int) {
	for i := range e.sum {
		e.sum[i] += e.distance(i, row)
	}
}

// gain is what the share falls by, below 0, or grows, where pick p is exchanged for row c.
func (e *energy) gain(c, p int) float64 {
	if e.random == 0 {
		return 0
	}
	far := (e.mean[c] - e.mean[p]) / e.picks
	among := (e.sum[c] - e.distance(c, p) - e.sum[p]) / (e.picks * e.picks)
	return 2 * (far - among) / e.random
}

// exchange makes row c a pick instead of row p.
func (e *energy) exchange(c, p int) {
	for i := range e.sum {
		e.sum[i] += e.distance(i, c) - e.distance(i, p)
	}
}

// share returns the distance as a share of that of random picks, at least 0: rounding may leave
// less where the picks are distributed as the sample is.
func (e *energy) share(picks []int) float64 {
	if e.random == 0 {
		return 0
	}
	far, among := 0.0, 0.0
	for _, p := range picks {
		far += e.mean[p]
		among += e.sum[p]
	}
	return max(0, (2*far/e.picks-among/(e.picks*e.picks)-e.all)/e.random)
}
