package atlas

import "math"

// negatives is the number of rows drawn for every attraction, which repel.
const negatives = 5

// descend moves rows by stochastic gradient descent on the cross-entropy of the
// graph's edges: each edge attracts its ends in a share of the epochs that is its
// weight over the largest, and every time the first end is repelled by rows drawn
// at random. One goroutine, edges in their order.
func descend(xy []float32, graph []edge, f *forces, epochs int, seed uint64) {
	strongest := float32(0)
	for _, e := range graph {
		strongest = max(strongest, e.weight)
	}
	// Edges that would never be drawn are left out.
	var edges []edge
	var period, due []float32
	for _, e := range graph {
		if e.weight >= strongest/float32(epochs) {
			edges = append(edges, e)
			period = append(period, strongest/e.weight)
			due = append(due, strongest/e.weight)
		}
	}
	random := source(seed)
	n := uint64(len(xy) / 2)
	for epoch := range epochs {
		now, rate := float32(epoch), float32(1-float64(epoch)/float64(epochs))
		for i := range edges {
			if due[i] > now {
				continue
			}
			due[i] += period[i]
			from, to := 2*edges[i].from, 2*edges[i].to
			x, y := xy[from], xy[from+1]
			dx, dy := x-xy[to], y-xy[to+1]
			force := f.attraction.at(float32(dx*dx) + float32(dy*dy))
			dx, dy = rate*clip(force*dx), rate*clip(force*dy)
			xy[to] -= dx
			xy[to+1] -= dy
			x, y = x+dx, y+dy
			for range negatives {
				other := 2 * random.below(n)
				dx, dy := x-xy[other], y-xy[other+1]
				if int32(other) == from {
					continue
				}
				force := f.repulsion.at(float32(dx*dx) + float32(dy*dy))
				x += float32(rate * clip(force*dx))
				y += float32(rate * clip(force*dy))
			}
			xy[from], xy[from+1] = x, y
		}
	}
}

// clip limits one step of one coordinate.
func clip(v float32) float32 { return max(-4, min(4, v)) }

// source is a generator of random numbers, SplitMix64 (Steele, Lea & Flood 2014).
type source uint64

// below returns a number below n, which is at most 2^32.
func (s *source) below(n uint64) uint64 {
	*s += 0x9E3779B97F4A7C15
	v := uint64(*s)
	v = (v ^ v>>30) * 0xBF58476D1CE4E5B9
	v = (v ^ v>>27) * 0x94D049BB133111EB
	return (v >> 32) * n >> 32
}

// forces are the factors of the difference of two rows that their squared distance
// gives: derivatives of the logarithm of 1/(1 + a r^2b), and of its complement.
type forces struct{ attraction, repulsion curve }

func newForces(minDist float64) *forces {
	a, b := fitCurve(minDist)
	return &forces{
		attraction: newCurve(func(square float64) float64 {
			return -2 * a * b * math.Pow(square, b-1) / (1 + a*math.Pow(square, b))
		}),
		repulsion: newCurve(func(square float64) float64 {
			return 2 * b / ((1e-3 + square) * (1 + a*math.Pow(square, b)))
		}),
	}
}

// fitCurve returns a and b of the curve 1/(1 + a r^2b) that is nearest, by least
// squares at 300 distances up to 3, to one that is 1 up to minDist and then
// decays as exp(minDist - r): the Gauss-Newton method, damped.
func fitCurve(minDist float64) (a, b float64) {
	const points = 300
	loss := func(a, b float64) (sum float64, gradient [2]float64, hessian [3]float64) {
		for i := range points {
			r := 3 * float64(i) / (points - 1)
			want := 1.0
			if r >= minDist {
				want = math.Exp(minDist - r)
			}
			if r == 0 {
				continue // the curve is 1 there for any a and b
			}
			power := math.Pow(r, 2*b)
			v := 1 / (1 + a*power)
			residual := v - want
			da, db := -v*v*power, -v*v*a*power*2*math.Log(r)
			sum += residual * residual
			gradient[0] += residual * da
			gradient[1] += residual * db
			hessian[0] += da * da
			hessian[1] += da * db
			hessian[2] += db * db
		}
		return sum, gradient, hessian
	}
	a, b = 1, 1
	damping := 1e-3
	sum, g, h := loss(a, b)
	for range 200 {
		h0, h2 := h[0]*(1+damping), h[2]*(1+damping)
		determinant := h0*h2 - h[1]*h[1]
		da, db := (h2*g[0]-h[1]*g[1])/determinant, (h0*g[1]-h[1]*g[0])/determinant
		if next, ng, nh := loss(a-da, b-db); next < sum {
			a, b, sum, g, h = a-da, b-db, next, ng, nh
			damping /= 10
		} else {
			damping *= 10
		}
	}
	return a, b
}

// curve is a function of a squared distance from 2^lowest to 2^highest, linear
// between knots, of which there are 2^knots for every factor of two.
type curve []float32

const (
	lowest, highest = -40, 40
	knots           = 6
)

func newCurve(f func(float64) float64) curve {
	var c curve
	for e := lowest; e <= highest; e++ {
		for i := range 1 << knots {
			c = append(c, float32(f(math.Ldexp(1+float64(i)/(1<<knots), e))))
		}
	}
	return c
}

// at returns the value at v, which is not negative; beyond the ends the value there.
func (c curve) at(v float32) float32 {
	v = max(0x1p-40, min(0x1p40, v))
	bits := math.Float32bits(v) - (127+lowest)<<23
	const fraction = 23 - knots
	i := bits >> fraction
	t := float32(bits&(1<<fraction-1)) * (1.0 / (1 << fraction))
	return c[i] + float32(t*(c[i+1]-c[i]))
}
