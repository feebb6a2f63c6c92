package kmeans

import (
	"math"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// Distance returns the distance of a latent to a center by a metric of
// schemas.Metrics.
func Distance(metric string, x []float32, center []float64) float64 {
	if metric == schemas.MetricCosine {
		return DistanceOf(metric, x, center, Norm(x), Norm(center))
	}
	return DistanceOf(metric, x, center, 0, 0)
}

// DistanceOf is Distance where the norms of both are known already. Only the cosine
// distance reads them: 1 - cos, in [0, 2], and 1 for a zero vector, which has no direction.
func DistanceOf(metric string, x []float32, center []float64, xNorm, centerNorm float64) float64 {
	if metric != schemas.MetricCosine {
		return math.Sqrt(nearest.SquaredDistance(x, center))
	}
	if xNorm == 0 || centerNorm == 0 {
		return 1
	}
	return min(2, max(0, 1-Dot(x, center)/(xNorm*centerNorm)))
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
