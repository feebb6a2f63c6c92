package atlas

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// UMAPConfig says how UMAP embeds.
type UMAPConfig struct {
	Seed      uint64
	Neighbors int     // of a row, itself among them; 0: 15
	Epochs    int     // 0: 500 up to 10,000 rows, else 200
	MinDist   float64 // between embedded rows, about; 0: 0.1
}

func (c UMAPConfig) withDefaults(n int) UMAPConfig {
	if c.Neighbors == 0 {
		c.Neighbors = 15
	}
	c.Neighbors = max(2, min(c.Neighbors, n))
	if c.Epochs == 0 {
		c.Epochs = 200
		if n <= 10_000 {
			c.Epochs = 500
		}
	}
	if c.MinDist == 0 {
		c.MinDist = 0.1
	}
	return c
}

// UMAP embeds rows of d numbers in the plane so that neighbors stay neighbors,
// and returns x and y of every row. Distances between far groups mean little.
//
// It is the reference implementation's method and its constants, with exact
// neighbors. Fewer than three rows are at the origin.
func UMAP(x []float32, d int, c UMAPConfig) []float32 {
	n := len(x) / d
	if n < 3 {
		return make([]float32, 2*n)
	}
	c = c.withDefaults(n)
	graph := fuzzyGraph(neighbors(x, d, c.Neighbors-1), c.Neighbors)
	xy, _ := PCA(x, d)
	random := rand.New(rand.NewPCG(c.Seed, 0))
	spread(xy, random)
	descend(xy, graph, newForces(c.MinDist), c.Epochs, random.Uint64())
	return xy
}

// edge joins two rows with a strength of 0 to 1.
type edge struct {
	from, to int32
	weight   float32
}

// fuzzyGraph returns the edges between rows and their neighbors in both
// directions, by row: the union of fuzzy sets, a + b - ab.
func fuzzyGraph(found [][]neighbor, k int) []edge {
	edges := make([]edge, 0, 2*len(found)*k)
	mean := 0.0
	for _, list := range found {
		for _, to := range list {
			mean += math.Sqrt(to.square)
		}
	}
	mean /= float64(len(found) * k)
	for i, list := range found {
		for j, weight := range memberships(list, k, mean) {
			if weight > 0 {
				edges = append(edges, edge{int32(i), list[j].row, weight}, edge{list[j].row, int32(i), weight})
			}
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	united := edges[:0]
	for _, e := range edges {
		if last := len(united) - 1; last >= 0 && united[last].from == e.from && united[last].to == e.to {
			// Sums are of products of which both directions have the same two.
			united[last].weight = united[last].weight + e.weight - float32(united[last].weight*e.weight)
			continue
		}
		united = append(united, e)
	}
	return united
}

// tolerance of the sum of memberships, and least share of the mean distance that
// a scale may be, as in the reference implementation.
const (
	tolerance = 1e-5
	leastPart = 1e-3
)

// memberships returns how strongly a row is joined to its neighbors:
// exp(-(distance - rho)/sigma), with rho the distance to the nearest one that is
// elsewhere, and sigma such that they add up to the logarithm of k to base 2.
func memberships(list []neighbor, k int, mean float64) []float32 {
	distances, rho, own := make([]float64, len(list)), 0.0, 0.0
	for j, to := range list {
		distances[j] = math.Sqrt(to.square)
		if rho == 0 {
			rho = distances[j]
		}
		own += distances[j] / float64(k)
	}
	target := math.Log2(float64(k))
	low, high, sigma := 0.0, math.Inf(1), 1.0
	for range 64 {
		sum := 0.0
		for _, distance := range distances {
			sum += math.Exp(-max(0, distance-rho) / sigma)
		}
		if math.Abs(sum-target) < tolerance {
			break
		}
		if sum > target {
			high = sigma
			sigma = (low + high) / 2
		} else if low = sigma; math.IsInf(high, 1) {
			sigma *= 2
		} else {
			sigma = (low + high) / 2
		}
	}
	if rho > 0 {
		sigma = max(sigma, leastPart*own)
	} else {
		sigma = max(sigma, leastPart*mean)
	}
	weights := make([]float32, len(list))
	for j, distance := range distances {
		if over := distance - rho; over <= 0 || sigma == 0 {
			weights[j] = 1
		} else {
			weights[j] = float32(math.Exp(-over / sigma))
		}
	}
	return weights
}

// side is the width of the embedding at the start.
const side = 10

// spread scales a projection to the side along both axes, and moves rows a little
// so that none are in one place.
func spread(xy []float32, random *rand.Rand) {
	for axis := range 2 {
		low, high := float32(math.Inf(1)), float32(math.Inf(-1))
		for i := axis; i < len(xy); i += 2 {
			low, high = min(low, xy[i]), max(high, xy[i])
		}
		scale := float32(0)
		if high > low {
			scale = side / (high - low)
		}
		for i := axis; i < len(xy); i += 2 {
			xy[i] = float32((xy[i]-low)*scale) + float32(1e-4*random.NormFloat64())
		}
	}
}
