package training

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"exemplar/model/internal/kernel"
	"exemplar/model/normal"
)

// penalty is a term of the loss that depends on vectors: factor times the mean
// over the batch of a sum over units.
type penalty struct {
	*run
	name   string
	factor float64
	from   layout
	// sum returns the sum of an image, and slope its gradient.
	sum   func(x []float32, image int) float64
	slope func(dx, x []float32, image int, factor float32)
	mean  float64
	value *gorgonia.F32
}

func (p *penalty) on(x signal) (*gorgonia.Node, error) {
	name := fmt.Sprintf("%s %v times %g, batch %d", p.name, p.from, p.factor, p.batch)
	return p.apply(x, p.from, name, p.value, false, func(x []float32) {
		p.mean = 0
		for i := range p.images {
			p.mean += p.sum(x, i)
		}
		p.mean /= float64(p.images)
		*p.value = gorgonia.F32(p.factor * p.mean)
	}, func(dx, x []float32, g gorgonia.Value, _ bool) {
		clear(dx)
		for i := range p.images {
			p.slope(dx, x, i, float32(p.factor)*scalar(g)/float32(p.images))
		}
	})
}

// newL1 returns the penalty of the sum of absolute numbers of the code.
func newL1(r *run, factor float64, in layout) *penalty {
	return &penalty{run: r, name: "l1", factor: factor, from: in, value: gorgonia.NewF32(0),
		sum: func(x []float32, image int) (sum float64) {
			for i := image; i < len(x); i += in.lead {
				sum += math.Abs(float64(x[i]))
			}
			return sum
		},
		slope: func(dx, x []float32, image int, factor float32) {
			for i := image; i < len(x); i += in.lead {
				switch {
				case x[i] > 0:
					dx[i] = factor
				case x[i] < 0:
					dx[i] = -factor
				}
			}
		}}
}

// newKL returns the penalty of the Kullback-Leibler divergence from the normal
// distributions that the first half of units, means, and the second, logarithms
// of variances, give to the standard normal distribution (Kingma and Welling,
// Auto-Encoding Variational Bayes, 2014).
func newKL(r *run, factor float64, in layout) *penalty {
	return &penalty{run: r, name: "kl", factor: factor, from: in, value: gorgonia.NewF32(0),
		sum: func(x []float32, image int) (sum float64) {
			half := len(x) / 2
			for i := image; i < half; i += in.lead {
				mean, logVar := float64(x[i]), float64(x[half+i])
				sum += (float64(mean*mean) + kernel.Exp(logVar) - 1 - logVar) / 2
			}
			return sum
		},
		slope: func(dx, x []float32, image int, factor float32) {
			half := len(x) / 2
			for i := image; i < half; i += in.lead {
				dx[i] = x[i] * factor
				dx[half+i] = float32((kernel.Exp(float64(x[half+i])) - 1) / 2 * float64(factor))
			}
		}}
}

// sampling draws the code from the distributions that newKL describes, in
// training, by z = mean + e^(logVar/2)·n with n standard normal; otherwise it is
// the mean.
type sampling struct {
	unary
	noise []float32
}

func newSampling(r *run, in layout) *sampling {
	out := r.vectors(in.shape.Channels / 2)
	s := &sampling{newUnary(r, in, out), make([]float32, out.size(r.batch))}
	s.name, s.do, s.back = fmt.Sprintf("sample %v", in), s.forward, s.backward
	return s
}

func (s *sampling) forward(y, x []float32) {
	half := len(x) / 2
	copy(y, x[:half])
	if !s.training {
		return
	}
	for i := range s.images {
		rng := s.random(purposeSample, i)
		for j := i; j < half; j += s.lead {
			s.noise[j] = float32(normal.Draw(rng))
			y[j] += float32(deviation(x[half+j]) * s.noise[j])
		}
	}
}

func (s *sampling) backward(dx, x, g []float32, _ bool) {
	half := len(x) / 2
	copy(dx, g)
	for j, v := range g {
		dx[half+j] = v * s.noise[j] * deviation(x[half+j]) / 2
	}
}

// deviation returns the standard deviation of the logarithm of a variance.
func deviation(logVar float32) float32 { return float32(kernel.Exp(float64(logVar) / 2)) }

// dropout zeroes numbers of vectors with a probability in training, and divides
// the others by that of staying.
type dropout struct {
	unary
	purpose int
	rate    float64
	factors []float32
}

func newDropout(r *run, index int, rate float64, in layout) *dropout {
	d := &dropout{newUnary(r, in, in), purposeDropout + index, rate, make([]float32, in.size(r.batch))}
	d.name, d.do = fmt.Sprintf("dropout %d %v rate %g", d.purpose, in, rate), d.forward
	d.back = func(dx, _, g []float32, _ bool) { multiply(dx, g, d.factors) }
	return d
}

func (d *dropout) forward(y, x []float32) {
	if !d.training {
		copy(y, x)
		return
	}
	stay := float32(1 / (1 - d.rate))
	threshold := uint32(d.rate * (1 << 32))
	d.each(d.images, func(_, i int) {
		rng := d.random(d.purpose, i)
		for j := i; j < len(x); j += d.lead {
			d.factors[j] = 0
			if rng.Uint32() >= threshold {
				d.factors[j] = stay
			}
		}
	})
	multiply(y, x, d.factors)
}

func multiply(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}
