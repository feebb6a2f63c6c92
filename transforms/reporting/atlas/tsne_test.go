package atlas

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/model/nearest"
)

// byDefinition returns the joint probabilities of van der Maaten & Hinton (2008), with the
// precision of each row by bisection of its logarithm.
func byDefinition(x []float32, d int, perplexity float64) []float64 {
	n := len(x) / d
	one := func(i int, beta float64) (p []float64, entropy float64) {
		p = make([]float64, n)
		sum := 0.0
		for j := range n {
			square := 0.0
			for a := range d {
				v := float64(x[i*d+a]) - float64(x[j*d+a])
				square += v * v
			}
			if j != i {
				p[j] = math.Exp(-beta * square)
				sum += p[j]
			}
		}
		for j := range p {
			if p[j] /= sum; p[j] > 0 {
				entropy -= p[j] * math.Log2(p[j])
			}
		}
		return p, entropy
	}
	joint := make([]float64, n*n)
	for i := range n {
		low, high := -20.0, 20.0
		for range 200 {
			if _, entropy := one(i, math.Exp((low+high)/2)); entropy > math.Log2(perplexity) {
				low = (low + high) / 2
			} else {
				high = (low + high) / 2
			}
		}
		p, _ := one(i, math.Exp(low))
		for j, v := range p {
			joint[i*n+j] += v / float64(2*n)
			joint[j*n+i] += v / float64(2*n)
		}
	}
	return joint
}

// TestAffinitiesOfAnyScale: how large the numbers are does not matter.
func TestAffinitiesOfAnyScale(t *testing.T) {
	const n, d = 60, 3
	x, _ := clusters(n, d, 3, 2)
	want := affinities(x, d, 11)
	for _, scale := range []int{-60, -20, 20, 80} {
		scaled := slices.Clone(x)
		for i, v := range x {
			scaled[i] = float32(math.Ldexp(float64(v), scale))
		}
		for i, v := range affinities(scaled, d, 11) {
			if !(math.Abs(float64(v-want[i])) <= 1e-3*float64(want[i])+1e-7) {
				t.Fatalf("scaled by 2^%d, pair %d has %g, want %g", scale, i, v, want[i])
			}
		}
	}
}

func TestAffinities(t *testing.T) {
	const n, d = 120, 6
	x, _ := clusters(n, d, 4, 2)
	got, want := affinities(x, d, 11), byDefinition(x, d, 11)
	sum := 0.0
	for i, v := range got {
		sum += float64(v)
		if !(math.Abs(float64(v)-want[i]) < 1e-4*want[i]+1e-12) {
			t.Fatalf("rows %d and %d: %g, want %g", i/n, i%n, v, want[i])
		}
	}
	if !(math.Abs(sum-1) < 1e-5) {
		t.Errorf("they add up to %g", sum)
	}
}

// TestTSNEGradient: the forces are a quarter of the derivative of the divergence.
func TestTSNEGradient(t *testing.T) {
	const n, d = 40, 5
	x, _ := clusters(n, d, 3, 2)
	p := affinities(x, d, 8)
	e := newEmbedding(n, p)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range e.at {
		e.at[i] = random.NormFloat64()
	}
	divergence := func() (kl float64) {
		q, norm := make([]float64, n*n), 0.0
		for i := range n {
			for j := range n {
				if i != j {
					dx, dy := e.at[2*i]-e.at[2*j], e.at[2*i+1]-e.at[2*j+1]
					q[i*n+j] = 1 / (1 + dx*dx + dy*dy)
					norm += q[i*n+j]
				}
			}
		}
		for i, v := range p {
			if v > 0 {
				kl += float64(v) * math.Log(float64(v)*norm/q[i])
			}
		}
		return kl
	}
	norm := 0.0
	for i := range n {
		e.forces(i)
		norm += e.norms[i]
	}
	for i := range e.at {
		const h = 1e-5
		was := e.at[i]
		e.at[i] = was + h
		up := divergence()
		e.at[i] = was - h
		down := divergence()
		e.at[i] = was
		want := (up - down) / (2 * h)
		if got := 4 * (e.pull[i] - e.push[i]/norm); !(math.Abs(got-want) < 1e-6) {
			t.Errorf("number %d: %g, numerically %g", i, got, want)
		}
	}
}

func TestTSNEKeepsClustersApart(t *testing.T) {
	const n, d, k = 500, 32, 5
	x, of := clusters(n, d, k, 4)
	did := int64(0)
	xy := TSNE(x, d, TSNEConfig{Seed: 1, Did: func() { did++ }})
	centers := make([]float64, 2*k)
	for i, c := range of {
		centers[2*c] += float64(xy[2*i]) * k / n
		centers[2*c+1] += float64(xy[2*i+1]) * k / n
	}
	labels, d2 := make([]int32, n), make([]float64, n)
	nearest.New(centers, 2).Find(labels, d2, xy)
	for i, c := range of {
		if int(labels[i]) != c {
			t.Fatalf("row %d of cluster %d lies in cluster %d", i, c, labels[i])
		}
	}
	if did != TSNESteps() {
		t.Errorf("%d iterations were told of, %d announced", did, TSNESteps())
	}
}

// TestTSNEOfLittle: few rows, and rows that are all alike, have finite places.
func TestTSNEOfLittle(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 20, 100} {
		for _, x := range [][]float32{make([]float32, 3*n), grid(3 * n)} {
			xy := TSNE(x, 3, TSNEConfig{Seed: 1})
			if len(xy) != 2*n {
				t.Errorf("%d rows: %d numbers", n, len(xy))
			}
			for _, v := range xy {
				if !(math.Abs(float64(v)) < 1e4) {
					t.Fatalf("%d rows: %v", n, xy)
				}
			}
		}
	}
	line := TSNE(grid(60), 1, TSNEConfig{Seed: 1})
	if got := Trustworthiness(grid(60), 1, line, 5); !(got > 0.9) {
		t.Errorf("60 numbers: trustworthiness %.3f", got)
	}
	if slices.Equal(line, TSNE(grid(60), 1, TSNEConfig{Seed: 2})) {
		t.Error("another seed gives the same embedding")
	}
}

// TestTSNEReference embeds the latents of the first 2,000 MNIST test digits by the
// study's encoder, and compares the trustworthiness, of 15 neighbors, with that of
// openTSNE 1.0.4, random_state=1.
func TestTSNEReference(t *testing.T) {
	const n, d, reference = 2000, 64, 0.9667
	x := digits(t, n)
	got := Trustworthiness(x, d, TSNE(x, d, TSNEConfig{Seed: 1}), 15)
	t.Logf("trustworthiness %.4f, openTSNE %.4f", got, reference)
	if !(got >= reference-0.01) {
		t.Errorf("trustworthiness %.4f, openTSNE has %.4f", got, reference)
	}
}

func BenchmarkTSNE(b *testing.B) {
	x, _ := clusters(2_000, 64, 30, 1)
	for b.Loop() {
		TSNE(x, 64, TSNEConfig{Seed: 1})
	}
}
