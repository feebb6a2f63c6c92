package grading

import (
	"cmp"
	"math"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// Limits of the images that the picks represent worst.
const (
	criticisms    = 10   // of a set
	criticismRows = 4096 // images of the evaluation sample that are looked at
	leastVariance = 1e-9 // of an image's kernel, below which others say the same
)

// criticisms returns the images of the evaluation sample that the picks of a set represent
// worst. self is the place of each pick among them, as of measure.
func (g *grader) criticisms(p *panel, sc *scope, picks []float32, self []int32) (list []schemas.Criticism) {
	witness := p.witness(picks, self)
	rows := p.evaluated[:len(witness)*p.d]
	image := func(i int) *Image { return &g.Sample.Images[sc.evaluatedRow(i)] }
	ids := make([]string, len(witness))
	for i := range ids {
		ids[i] = image(i).ID
	}
	for _, i := range unlike(rows, p.d, witness, ids, p.gamma) {
		at := image(i).Place
		list = append(list, schemas.Criticism{ImageID: ids[i], Shard: at.Shard, Record: at.Record, Offset: at.Offset, Witness: witness[i]})
	}
	return list
}

// witness returns the witness function of the MMD at the first evaluated images: the mean
// of the kernel with the reference less that with the first picks. No image is compared
// with itself; it is 0 at the picks.
func (p *panel) witness(picks []float32, self []int32) []float64 {
	n, k := p.rows(), min(len(picks)/p.d, maxKernel)
	out := make([]float64, min(len(p.evaluated)/p.d, criticismRows))
	picked := map[int]bool{}
	for _, at := range self {
		picked[int(at)] = true
	}
	parallel.All(len(out), func(i int) {
		if picked[i] {
			return
		}
		row := nearest.Widen(p.evaluated[i*p.d : (i+1)*p.d])
		square, others := make([]float64, max(n, k)), n
		nearest.SquaredDistances(square[:n], p.reference, row)
		if i < n {
			square[i] = math.Inf(1) // its kernel is 0
			others--
		}
		images := kernelSum(square[:n], p.gamma) / float64(max(others, 1))
		nearest.SquaredDistances(square[:k], picks[:k*p.d], row)
		out[i] = images - kernelSum(square[:k], p.gamma)/float64(k)
	})
	return out
}

// unlike returns the rows of which w is large, and which are unlike each other: one after
// the other that for which w² times the variance is largest that the rows before it leave
// to a Gaussian process of this kernel. So the determinant of the kernel, each row and
// column multiplied by its w, is made large.
func unlike(rows []float32, d int, w []float64, ids []string, gamma float64) (chosen []int) {
	n := len(w)
	variance, factors := make([]float64, n), make([][]float64, n)
	for i := range variance {
		variance[i] = 1
	}
	square := make([]float64, n)
	for len(chosen) < min(criticisms, n) {
		best := -1
		for i := range w {
			if variance[i] < leastVariance || w[i] == 0 {
				continue
			}
			if best < 0 || cmp.Or(cmp.Compare(w[i]*w[i]*variance[i], w[best]*w[best]*variance[best]), strings.Compare(ids[best], ids[i])) > 0 {
				best = i
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, best)
		nearest.SquaredDistances(square, rows, nearest.Widen(rows[best*d:(best+1)*d]))
		of, deviation := factors[best], math.Sqrt(variance[best])
		for i := range w {
			e := math.Exp(-gamma * square[i])
			for j, f := range of {
				e -= float64(f * factors[i][j])
			}
			e /= deviation
			factors[i] = append(factors[i], e)
			variance[i] -= float64(e * e)
		}
		variance[best] = 0
	}
	return chosen
}
