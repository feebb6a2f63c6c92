package grading

import (
	"math"

	"exemplar/schemas"
)

// ownTerm is what the MMD² has of the collection with itself, by the reference images: the same for the
// picks and all random selections. With the kernel k and r(x) its mean over all images, Hoeffding's
// decomposition of the mean over pairs of n of N images has the variance
//
//	4·Var r(x)·(1 - n/N)/n + 2·Var(k(x, y) - r(x) - r(y))·(1 - n/N)²/(n·(n-1))
//
// (Hoeffding, "A class of statistics with asymptotically normal distribution", 1948; n of N without
// replacement leave out what 1 - n/N says). Both variances are estimated from the sample, the first less what
// the second one adds to the means over few images.
func (p *panel) ownTerm(images float64) *schemas.OwnTerm {
	own := &schemas.OwnTerm{Images: p.rows(), Value: p.within}
	n := float64(p.rows())
	if n < 4 {
		return own
	}
	pairs, squares := make([]float64, len(p.kernel)), 0.0 // without the pair of an image with itself, whose kernel is 1
	for i, k := range p.kernel {
		pairs[i] = (k.sum - 1) / (n - 1)
		squares += k.squares - 1
	}
	u := mean(pairs)
	means := 0.0
	for _, r := range pairs {
		means += float64((r - u) * (r - u))
	}
	means /= n - 1
	all := squares/(n*(n-1)) - float64(u*u) // variance of the kernel of two images
	ofMeans := max(0, (means-all/(n-1))/((n-2)*(n-2)/((n-1)*(n-1))-2/(n-1)))
	rest := max(0, all-2*ofMeans)
	left := max(0, 1-n/images)
	own.Error = (n - 1) / n * math.Sqrt(4*ofMeans*left/n+2*rest*left*left/(n*(n-1)))
	return own
}

// kernelRow sums the kernel of one image with all.
type kernelRow struct{ sum, squares float64 }

func kernelRowOf(squares []float64, gamma float64) (row kernelRow) {
	for _, s := range squares {
		k := math.Exp(-float64(gamma * s))
		row.sum += k
		row.squares += float64(k * k)
	}
	return row
}
