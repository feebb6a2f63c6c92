package kmeans

import (
	"cmp"
	"slices"
)

// Moments describe all eligible rows, for drawing the seeding sample.
type Moments struct {
	N      int64
	Mean   []float64
	Spread float64 // sum of squared distances to the mean
}

// Inclusion returns the probability with which a row is drawn into a sample of
// about size rows, where d2 is its squared distance to the mean.
//
// The sample is a lightweight coreset (Bachem, Lucic and Krause, "Scalable
// k-means clustering via lightweight coresets", KDD 2018): q = 1/2·1/n +
// 1/2·d²/Σd². Rows are drawn independently with probability min(1, size·q), so that
// a row's fate does not depend on the others, and count 1/probability times.
func (m Moments) Inclusion(d2 float64, size int) float64 {
	n := float64(m.N)
	if int64(size) >= m.N {
		return 1
	}
	q := 1 / n
	if m.Spread > 0 {
		q = 0.5/n + 0.5*d2/m.Spread
	}
	return min(1, float64(size)*q)
}

// Sample is a weighted sample of rows.
type Sample struct {
	D       int
	X       []float32 // len(Weights) x D
	Weights []float64
}

// Len returns the number of rows.
func (s Sample) Len() int { return len(s.Weights) }

// Row returns row i.
func (s Sample) Row(i int) []float32 { return s.X[i*s.D : (i+1)*s.D] }

// Drawn is a row of a sample before all of it is together.
type Drawn struct {
	ID     string // of the image
	Weight float64
	X      []float32
}

// Join returns the sample of drawn rows of d numbers, in the order of their ids, so that
// it does not depend on the order in which they were found.
func Join(rows []Drawn, d int) Sample {
	slices.SortFunc(rows, func(a, b Drawn) int { return cmp.Compare(a.ID, b.ID) })
	s := Sample{D: d, X: make([]float32, 0, len(rows)*d), Weights: make([]float64, 0, len(rows))}
	for _, r := range rows {
		s.X, s.Weights = append(s.X, r.X...), append(s.Weights, r.Weight)
	}
	return s
}

// DefaultSampleSize returns the rows of the seeding sample for k clusters of d
// dimensions: 20 a cluster, 10,000 at least, but at most 64 MiB of embeddings
// and never fewer than 4 a cluster.
func DefaultSampleSize(k, d int) int {
	return max(4*k, min(max(20*k, 10000), (64<<20)/(4*d)))
}
