package sample

import "math"

// rng is splitmix64 (Steele, Lea & Flood 2014): 64 bits of state, the same
// stream everywhere.
type rng struct{ state uint64 }

// newRNG returns the generator of one purpose: stream numbers that differ give
// streams that do not overlap in practice.
func newRNG(seed, stream uint64) *rng {
	r := &rng{state: seed}
	r.state = r.next() ^ (stream+1)*0x9E3779B97F4A7C15
	r.next()
	return r
}

func (r *rng) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// unit returns a uniform value in [0, 1).
func (r *rng) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

// between returns a uniform value in [lo, hi).
func (r *rng) between(lo, hi float64) float64 { return lo + float64((hi-lo)*r.unit()) }

// intn returns a uniform whole number in [0, n); the bias of the remainder is
// below 2^-50 for the n used here.
func (r *rng) intn(n int) int { return int(r.next() % uint64(n)) }

// chance is true with probability p.
func (r *rng) chance(p float64) bool { return r.unit() < p }

// sign returns -1 or 1.
func (r *rng) sign() float64 { return float64(int(r.next()>>63)*2 - 1) }

// norm returns a value of mean 0 and variance 1 that is nearly normal and never
// beyond ±3.47: the sum of four 16-bit uniforms.
func (r *rng) norm() float64 {
	u := r.next()
	sum := int(u&0xFFFF) + int(u>>16&0xFFFF) + int(u>>32&0xFFFF) + int(u>>48)
	return float64(sum-2*65535) * (math.Sqrt(3) / 65535)
}

// shuffle permutes n elements (Fisher & Yates).
func (r *rng) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.intn(i+1))
	}
}
