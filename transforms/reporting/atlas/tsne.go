package atlas

import (
	"math"
	"math/rand/v2"

	"exemplar/model/nearest"
)

// TSNEConfig says how TSNE embeds.
type TSNEConfig struct {
	Seed       uint64
	Perplexity float64 // number of neighbors, about; 0: 30, or a third of the other rows where that is less
	Early      int     // iterations with exaggeration; 0: 250
	Iterations int     // after them; 0: 500

	Did func() // is called after each iteration; may be nil
}

func (c TSNEConfig) withDefaults(n int) TSNEConfig {
	if c.Perplexity == 0 {
		c.Perplexity = 30
	}
	c.Perplexity = min(c.Perplexity, float64(n-1)/3)
	if c.Early == 0 {
		c.Early = 250
	}
	if c.Iterations == 0 {
		c.Iterations = 500
	}
	if c.Did == nil {
		c.Did = func() {}
	}
	return c
}

// TSNESteps returns the number of iterations that TSNE makes by default.
func TSNESteps() int64 {
	c := TSNEConfig{}.withDefaults(0)
	return int64(c.Early + c.Iterations)
}

// TSNE embeds rows of d numbers in the plane so that neighbors stay neighbors, and
// returns x and y of every row. Distances between far groups mean little.
//
// It is exact: every row acts on every other one, in time and memory of the square of
// their number, 4 bytes a pair. Fewer than three rows are at the origin.
func TSNE(x []float32, d int, c TSNEConfig) []float32 {
	n := len(x) / d
	if n < 3 {
		return make([]float32, 2*n)
	}
	c = c.withDefaults(n)
	e := newEmbedding(n, affinities(x, d, c.Perplexity))
	e.start(x, d, c.Seed)
	for i := range c.Early + c.Iterations {
		if i < c.Early {
			e.step(exaggeration, 0.5)
		} else {
			e.step(1, 0.8)
		}
		c.Did()
	}
	xy := make([]float32, 2*n)
	for i, v := range e.at {
		xy[i] = float32(v)
	}
	return xy
}

// affinities returns the probabilities that two rows are neighbors, of n x n, which add
// up to 1: of each row those of a normal distribution around it with the perplexity, and
// of two rows the mean of both ways.
func affinities(x []float32, d int, perplexity float64) []float32 {
	n := len(x) / d
	p := make([]float32, n*n)
	const block = 16
	parallel((n+block-1)/block, func(b int) {
		squares := make([]float64, n)
		for i := b * block; i < min(n, (b+1)*block); i++ {
			nearest.SquaredDistances(squares, x, nearest.Widen(x[i*d:(i+1)*d]))
			conditional(p[i*n:(i+1)*n], squares, i, math.Log(perplexity))
		}
	})
	parallel((n+block-1)/block, func(b int) {
		for i := b * block; i < min(n, (b+1)*block); i++ {
			for j := range i {
				v := (p[i*n+j] + p[j*n+i]) / float32(2*n)
				p[i*n+j], p[j*n+i] = v, v
			}
		}
	})
	return p
}

// conditional computes the probabilities of the neighbors of row q by their squared
// distances, exp(-beta square) over their sum, with beta such that their entropy is the
// one given. Where many rows are in the place of the nearest, none may give it: then
// beta is as large as it gets.
func conditional(p []float32, squares []float64, q int, entropy float64) {
	least, most := math.Inf(1), 0.0
	for j, v := range squares {
		if j != q {
			least, most = min(least, v), max(most, v)
		}
	}
	weights := make([]float64, len(squares))
	low, high, beta := 0.0, math.Inf(1), 1.0
	if wide := most - least; wide > 0 && !(wide > 1e-9 && wide < 1e9) {
		beta = 1 / wide // else the search would end before it is there
	}
	var sum float64
	for range 100 {
		moment := 0.0
		sum = 0
		for j, v := range squares {
			if j == q {
				continue
			}
			over := v - least
			w := math.Exp(-beta * over)
			weights[j] = w
			sum += w
			moment += w * over
		}
		is := math.Log(sum) + beta*moment/sum
		if math.Abs(is-entropy) < tolerance {
			break
		}
		if is > entropy {
			low = beta
			if beta = (low + high) / 2; math.IsInf(high, 1) {
				beta = 2 * low
			}
		} else {
			high = beta
			beta = (low + high) / 2
		}
	}
	for j, w := range weights {
		p[j] = float32(w / sum)
	}
}

const (
	exaggeration = 12   // of the affinities in the early iterations
	startSize    = 1e-4 // standard deviation of the first axis at the start
	startJitter  = 0.01 // share of it by which rows are moved at random
	leastRate    = 200
	longest      = 5 // of a row's move in one iteration
)

// embedding is rows in the plane that move; x and y of each, one after the other.
type embedding struct {
	n                  int
	p                  []float32 // affinities
	at, velocity, gain []float64
	pull, push         []float64 // of the attraction, and of the repulsion but for its norm
	norms              []float64 // a row's part of it
	rate               float64
}

func newEmbedding(n int, p []float32) *embedding {
	e := &embedding{n: n, p: p, norms: make([]float64, n), rate: max(leastRate, float64(n)/exaggeration)}
	for _, v := range []*[]float64{&e.at, &e.velocity, &e.gain, &e.pull, &e.push} {
		*v = make([]float64, 2*n)
	}
	for i := range e.gain {
		e.gain[i] = 1
	}
	return e
}

// start places rows by their principal components, made small, and a little apart.
func (e *embedding) start(x []float32, d int, seed uint64) {
	xy, _ := PCA(x, d)
	square := 0.0
	for i := range e.n {
		square += float64(xy[2*i]) * float64(xy[2*i])
	}
	scale := 0.0
	if square > 0 {
		scale = startSize / math.Sqrt(square/float64(e.n))
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for i, v := range xy {
		e.at[i] = float64(v)*scale + startSize*startJitter*random.NormFloat64()
	}
}

// step moves all rows along the gradient of the Kullback-Leibler divergence, less its
// factor of 4, which the rate is chosen for.
func (e *embedding) step(exaggeration, momentum float64) {
	const block = 16
	parallel((e.n+block-1)/block, func(b int) {
		for i := b * block; i < min(e.n, (b+1)*block); i++ {
			e.forces(i)
		}
	})
	norm := 0.0
	for _, v := range e.norms {
		norm += v
	}
	for i := range e.at {
		gradient := float64(exaggeration*e.pull[i]) - e.push[i]/norm
		if (gradient > 0) != (e.velocity[i] > 0) {
			e.gain[i] += 0.2
		} else {
			e.gain[i] = max(0.01, e.gain[i]*0.8)
		}
		e.velocity[i] = float64(momentum*e.velocity[i]) - float64(e.rate*e.gain[i]*gradient)
	}
	var mean [2]float64
	for i := range e.n {
		v := e.velocity[2*i : 2*i+2]
		if length := math.Hypot(v[0], v[1]); length > longest {
			v[0], v[1] = v[0]*longest/length, v[1]*longest/length
		}
		for a := range mean {
			e.at[2*i+a] += v[a]
			mean[a] += e.at[2*i+a]
		}
	}
	for i := range e.at {
		e.at[i] -= mean[i%2] / float64(e.n)
	}
}

// forces sums up what acts on row i: two partial sums, over rows in their order.
func (e *embedding) forces(i int) {
	x, y := e.at[2*i], e.at[2*i+1]
	p, at := e.p[i*e.n:(i+1)*e.n], e.at[:2*e.n]
	var pullX, pullY, pushX, pushY, norm float64
	for j, affinity := range p {
		dx, dy := x-at[2*j], y-at[2*j+1]
		w := 1 / (1 + float64(dx*dx) + float64(dy*dy))
		a, r := float64(float64(affinity)*w), float64(w*w)
		norm += w
		pullX += float64(a * dx)
		pullY += float64(a * dy)
		pushX += float64(r * dx)
		pushY += float64(r * dy)
	}
	e.pull[2*i], e.pull[2*i+1] = pullX, pullY
	e.push[2*i], e.push[2*i+1] = pushX, pushY
	e.norms[i] = norm - 1 // not of the row itself
}
