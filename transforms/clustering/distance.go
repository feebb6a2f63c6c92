package clustering

import "math"

// SquaredDistance returns the squared Euclidean distance of a latent to a
// centre: a float64 sum of squared differences in the order of the dimensions.
func SquaredDistance(x []float32, center []float64) float64 {
	sum := 0.0
	for j, c := range center[:len(x)] {
		t := float64(x[j]) - c
		sum += float64(t * t)
	}
	return sum
}

// Euclidean returns the Euclidean distance of a latent to a centre.
func Euclidean(x []float32, center []float64) float64 {
	return math.Sqrt(SquaredDistance(x, center))
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

// squared is SquaredDistance for a latent that is widened already. Both give
// the same bits.
func squared(x, center []float64) float64 {
	sum := 0.0
	for j, c := range center[:len(x)] {
		t := x[j] - c
		sum += float64(t * t)
	}
	return sum
}
