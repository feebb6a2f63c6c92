package affine

import (
	"math"
	"math/rand/v2"
	"testing"

	"exemplar/model/internal/kernel"
)

// random returns n numbers.
func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func TestApply(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ n, in, out int }{{1, 1, 1}, {3, 5, 2}, {63, 17, 16}, {65, 64, 33}, {200, 512, 64}, {0, 3, 3}} {
		mean, weights, x := random(rng, c.in), random(rng, c.in*c.out), random(rng, c.n*c.in)
		got := make([]float32, c.n*c.out)
		New(mean, weights, c.out).Apply(got, x)
		for i := range c.n {
			for o := range c.out {
				sum, size := 0.0, 0.0
				for j := range c.in {
					v := (float64(x[i*c.in+j]) - float64(mean[j])) * float64(weights[j*c.out+o])
					sum, size = sum+v, size+math.Abs(v)
				}
				if !(math.Abs(float64(got[i*c.out+o])-sum) <= 1e-6*size) {
					t.Fatalf("%+v: row %d, dimension %d: %v, want %v", c, i, o, got[i*c.out+o], sum)
				}
			}
		}
	}
}

func TestScale(t *testing.T) {
	got := make([]float32, 4)
	Scale([]float32{1, 2}, []float32{10, 0.5}).Apply(got, []float32{1, 4, 3, 0})
	for i, want := range []float32{0, 1, 20, -1} {
		if got[i] != want {
			t.Errorf("number %d is %v, want %v", i, got[i], want)
		}
	}
}

// TestSameBits holds all paths to the bits of the generic one, and every vector
// to those that it has alone.
func TestSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, in, out = 130, 100, 40
	mean, weights, x := random(rng, in), random(rng, in*out), random(rng, n*in)
	defer func(best *kernel.Set) { kernels = best }(kernels)
	var want []float32
	for _, set := range kernel.All() {
		kernels = set
		got := make([]float32, n*out)
		m := New(mean, weights, out)
		m.Apply(got, x)
		if want == nil {
			want = got
		}
		alone := make([]float32, out)
		m.Apply(alone, x[77*in:78*in])
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%s: number %d differs", set.Name(), i)
			}
		}
		for i, v := range alone {
			if math.Float32bits(v) != math.Float32bits(got[77*out+i]) {
				t.Fatalf("%s: alone, number %d differs", set.Name(), i)
			}
		}
	}
}

func BenchmarkApply(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, in, out = 8192, 512, 64
	m := New(random(rng, in), random(rng, in*out), out)
	x, dst := random(rng, n*in), make([]float32, n*out)
	for b.Loop() {
		m.Apply(dst, x)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
