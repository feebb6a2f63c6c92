package kmeans

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
	return CosineOf(Dot(x, center), Norm(x), Norm(center))
}

// CosineOf returns the cosine distance of two vectors from their dot product and
// their norms.
func CosineOf(dot, a, b float64) float64 {
	if a == 0 || b == 0 {
		return 1
	}
	return min(2, max(0, 1-dot/(a*b)))
}

// Norm returns the Euclidean norm of a vector.
func Norm[T float32 | float64](a []T) float64 { return math.Sqrt(Dot(a, a)) }

// Dot returns the dot product of two vectors of equal length: a float64 sum in 4
// lanes, of which lane l adds the products of the dimensions l, l+4 and so on, and
// then the lanes l and l+2, and the last two. Every operation is rounded by itself.
func Dot[A, B float32 | float64](a []A, b []B) float64 {
	var lanes [4]float64
	b = b[:len(a)]
	n := len(a) &^ 3
	for j := 0; j < n; j += 4 {
		x, y := a[j:j+4:j+4], b[j:j+4:j+4]
		lanes[0] += float64(float64(x[0]) * float64(y[0]))
		lanes[1] += float64(float64(x[1]) * float64(y[1]))
		lanes[2] += float64(float64(x[2]) * float64(y[2]))
		lanes[3] += float64(float64(x[3]) * float64(y[3]))
	}
	for j := n; j < len(a); j++ {
		lanes[j-n] += float64(float64(a[j]) * float64(b[j]))
	}
	return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}
