package clustering

import (
	"math"

	"exemplar/model/nearest"
)

// Euclidean returns the Euclidean distance of a latent to a centre.
func Euclidean(x []float32, center []float64) float64 {
	return math.Sqrt(nearest.SquaredDistance(x, center))
}

// Cosine returns the cosine distance of a latent to a centre, 1 - cos, in [0, 2].
// A zero vector has no direction: its distance to anything is 1.
func Cosine(x []float32, center []float64) float64 {
	var dot, xx, cc float64
	for j, c := range center[:len(x)] {
		v := float64(x[j])
		dot += float64(v * c)
		xx += float64(v * v)
		cc += float64(c * c)
	}
	if xx == 0 || cc == 0 {
		return 1
	}
	return min(2, max(0, 1-dot/(math.Sqrt(xx)*math.Sqrt(cc))))
}
