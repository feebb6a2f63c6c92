package model

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// The reference: every layer by its definition, in float64, without any of the
// plan's tricks. It returns, beside each value, a bound on the error that a
// float32 computation may make (see bounded).

// bounded is a value and the largest error of a float32 computation of it.
type bounded struct{ v, err float64 }

// eps is the rounding unit of float32.
const eps = 1.0 / (1 << 24)

// winogradError is what convolutions promise: the error of any result, relative
// to the layer's largest.
const winogradError = 1e-5

type volume struct {
	shape Shape
	data  []bounded
}

func newVolume(s Shape) volume { return volume{s, make([]bounded, s.Size())} }

// at returns a cell, or zero outside.
func (v volume) at(y, x, c int) bounded {
	if y < 0 || x < 0 || y >= v.shape.Height || x >= v.shape.Width {
		return bounded{}
	}
	return v.data[(y*v.shape.Width+x)*v.shape.Channels+c]
}

func (v volume) set(y, x, c int, b bounded) {
	v.data[(y*v.shape.Width+x)*v.shape.Channels+c] = b
}

// sum accumulates a sum of n products: its float32 error is at most
// (n+2)·eps·Σ|a·b| (Higham, Accuracy and Stability, 3.1), plus what the inputs
// bring with them.
type sum struct {
	v, abs, carried float64
	n               int
}

func (s *sum) add(x bounded, w float64) {
	s.v += x.v * w
	s.abs += math.Abs(x.v*w) + x.err*math.Abs(w)
	s.carried += x.err * math.Abs(w)
	s.n++
}

func (s *sum) done(scale float64) bounded {
	return bounded{s.v * scale, (s.carried + float64(s.n+2)*eps*s.abs) * scale}
}

// act applies an activation. All four have slopes of at most one; the result is
// rounded once or twice, and that of the sigmoid has three units in the last
// place, each at most 2·eps of it.
func act(b bounded, name string) bounded {
	switch name {
	case ActReLU:
		b.v = math.Max(b.v, 0)
	case ActSigmoid:
		b.v = 1 / (1 + math.Exp(-b.v))
		b.err += 4 * eps * b.v
	case ActTanh:
		b.v = math.Tanh(b.v)
	}
	b.err += 2 * eps * math.Abs(b.v)
	return b
}

// activateConvolution applies the activation to a convolution's sums. Winograd's
// error is one of the layer, not of the number.
func activateConvolution(sums []bounded, name string) {
	var largest float64
	for _, b := range sums {
		largest = max(largest, math.Abs(b.v))
	}
	for i, b := range sums {
		b.err += winogradError * largest
		sums[i] = act(b, name)
	}
}

func referenceLayer(l Layer, in volume, w Weights) volume {
	out := newVolume(l.Out)
	var kernel, bias []float32
	if l.Name != "" {
		kernel, bias = w.Get(l.Name+".kernel").Data, w.Get(l.Name+".bias").Data
	}
	each := func(f func(y, x, c int) bounded) {
		for y := range l.Out.Height {
			for x := range l.Out.Width {
				for c := range l.Out.Channels {
					out.set(y, x, c, f(y, x, c))
				}
			}
		}
	}
	ci, co := l.In.Channels, l.Out.Channels
	switch l.Kind {
	case KindConv:
		each(func(y, x, c int) bounded {
			var s sum
			for ky := range 3 {
				for kx := range 3 {
					for i := range ci {
						s.add(in.at(y+ky-1, x+kx-1, i), float64(kernel[((ky*3+kx)*ci+i)*co+c]))
					}
				}
			}
			s.add(bounded{v: 1}, float64(bias[c]))
			return s.done(1)
		})
		activateConvolution(out.data, l.Activation)
	case KindConvT:
		sums := make([]sum, l.Out.Size())
		for y := range l.In.Height {
			for x := range l.In.Width {
				for ky := range 3 {
					for kx := range 3 {
						oy, ox := 2*y+ky, 2*x+kx
						if oy >= l.Out.Height || ox >= l.Out.Width {
							continue
						}
						for o := range co {
							for i := range ci {
								sums[(oy*l.Out.Width+ox)*co+o].add(in.at(y, x, i), float64(kernel[((ky*3+kx)*co+o)*ci+i]))
							}
						}
					}
				}
			}
		}
		each(func(y, x, c int) bounded {
			s := &sums[(y*l.Out.Width+x)*co+c]
			s.add(bounded{v: 1}, float64(bias[c]))
			return s.done(1)
		})
		activateConvolution(out.data, l.Activation)
	case KindDense:
		for j := range out.data {
			var s sum
			for i, x := range in.data {
				s.add(x, float64(kernel[i*len(out.data)+j]))
			}
			s.add(bounded{v: 1}, float64(bias[j]))
			out.data[j] = act(s.done(1), l.Activation)
		}
	case KindPool:
		each(func(y, x, c int) bounded {
			var s sum
			for _, d := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
				s.add(in.at(2*y+d[0], 2*x+d[1], c), 1)
			}
			return s.done(0.25)
		})
	case KindArea:
		each(func(y, x, c int) bounded {
			var s sum
			for sy := y * l.In.Height / l.Out.Height; float64(sy) < float64(y+1)*float64(l.In.Height)/float64(l.Out.Height); sy++ {
				for sx := x * l.In.Width / l.Out.Width; float64(sx) < float64(x+1)*float64(l.In.Width)/float64(l.Out.Width); sx++ {
					s.add(in.at(sy, sx, c), 1)
				}
			}
			return s.done(1 / float64(s.n))
		})
	case KindReshape:
		copy(out.data, in.data)
	case KindCrop:
		each(in.at)
	case KindUpsample:
		each(func(y, x, c int) bounded { return referenceUpsample(l, in, y, x, c) })
	default:
		panic(l.Kind)
	}
	return out
}

// referenceUpsample interpolates with triangle weights over all source cells
// (bilinear) or takes the cell under the center (nearest).
func referenceUpsample(l Layer, in volume, y, x, c int) bounded {
	clamp := func(v float64, n int) float64 { return math.Min(math.Max(v, 0), float64(n-1)) }
	cy := (float64(y)+0.5)*float64(l.In.Height)/float64(l.Out.Height) - 0.5
	cx := (float64(x)+0.5)*float64(l.In.Width)/float64(l.Out.Width) - 0.5
	if l.Interpolation == UpsampleNearest {
		return in.at(int(cy+0.5), int(cx+0.5), c)
	}
	cy, cx = clamp(cy, l.In.Height), clamp(cx, l.In.Width)
	var s sum
	var corners float64
	for sy := range l.In.Height {
		for sx := range l.In.Width {
			wy, wx := 1-math.Abs(cy-float64(sy)), 1-math.Abs(cx-float64(sx))
			if wy > 0 && wx > 0 {
				s.add(in.at(sy, sx, c), wy*wx)
				corners += math.Abs(in.at(sy, sx, c).v)
			}
		}
	}
	b := s.done(1)
	// Differences, products and sums of three blends: a corner of small weight
	// leaves the rounding of its difference from the next.
	b.err += 8 * eps * corners
	return b
}

func referenceRun(layers []Layer, in volume, w Weights) []bounded {
	for _, l := range layers {
		in = referenceLayer(l, volume{l.In, in.data}, w)
	}
	return in.data
}

func referencePixels(in Input, pixels []byte) volume {
	v := newVolume(Shape{in.Height, in.Width, in.Channels})
	for i := range v.data {
		x := 0.0
		if in.Bits == 8 {
			x = float64(pixels[i]) / 255
		} else {
			x = float64(binary.LittleEndian.Uint16(pixels[2*i:])) / 65535
		}
		v.data[i] = bounded{x, eps * x}
		switch in.Scale {
		case ScaleSymmetric:
			v.data[i] = bounded{2*x - 1, 2*eps*x + eps}
		case ScaleByte:
			v.data[i] = bounded{255 * x, 255 * eps * x}
			if in.Bits == 8 {
				v.data[i] = bounded{v: float64(pixels[i])}
			}
		}
	}
	return v
}

// randomModel fills an architecture with weights of a size that keeps
// activations near one.
func randomModel(a Arch, seed uint64) *Model {
	rng := rand.New(rand.NewPCG(seed, 1))
	return filledModel(a, func(fan float64) float64 { return rng.NormFloat64() * math.Sqrt(1.5/fan) })
}

// filledModel draws every weight, given the inputs of its unit; biases count as
// one of a hundred.
func filledModel(a Arch, draw func(fan float64) float64) *Model {
	fill := func(specs []TensorSpec) (w Weights) {
		for _, s := range specs {
			data := make([]float32, sizeOf(s.Shape))
			fan := float64(len(data)) / float64(s.Shape[len(s.Shape)-1])
			if len(s.Shape) == 1 {
				fan = 100
			}
			for i := range data {
				data[i] = float32(draw(fan))
			}
			w = append(w, Tensor{s.Name, s.Shape, data})
		}
		return w
	}
	return &Model{Arch: a, Encoder: fill(a.EncoderWeights()), Decoder: fill(a.DecoderWeights()),
		Provenance: Provenance{Tool: "test", Version: "0"}}
}

func randomImages(in Input, n int, seed uint64) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	images := make([][]byte, n)
	for i := range images {
		images[i] = make([]byte, in.Bytes())
		for j := range images[i] {
			images[i][j] = byte(rng.Uint32())
		}
	}
	return images
}

// checkBounded compares float32 results with the reference.
func checkBounded(what string, got []float32, want []bounded) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - w.v); !(d <= w.err) {
			return fmt.Errorf("%s[%d] = %v, want %v: off by %.3g, the bound is %.3g", what, i, got[i], w.v, d, w.err)
		}
	}
	return nil
}
