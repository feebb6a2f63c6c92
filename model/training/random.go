package training

import "math/rand/v2"

// Purposes of random numbers: each has a sequence of its own.
const (
	purposeWeights = iota + 1
	purposeNoise
	purposeSample
	purposeDropout // and one for each layer
)

// random returns the generator of the random numbers for a purpose and an image
// of the step at hand. It depends on nothing else, so a run that is resumed after
// any step goes on with the same numbers.
func (r *run) random(purpose, image int) *rand.Rand {
	return generator(r.seed, uint64(purpose), r.step, uint64(image))
}

// generator returns the generator of a key, PCG-DXSM seeded by a hash of it.
func generator(key ...uint64) *rand.Rand {
	var a, b uint64
	for _, k := range key {
		a = splitmix(a ^ k)
		b = splitmix(b + a)
	}
	return rand.New(rand.NewPCG(a, b))
}

// splitmix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
