package training

import (
	"encoding/json"
	"math"
	"testing"

	"exemplar/model"
)

// parse completes an architecture, of any number of channels.
func parse(t *testing.T, a model.Arch) model.Arch {
	t.Helper()
	channels := max(1, a.Input.Channels)
	a.Input.Channels = 1
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = model.ParseArch(data); err != nil {
		t.Fatal(err)
	}
	a.Input.Channels = channels
	return a
}

// reference computes what a step makes of one image in float64, by the
// definition. Vectors and planes are in (row, column, channel) order.
func reference(s step, x, kernel, bias []float64, image int) []float64 {
	switch s := s.(type) {
	case *weighted:
		var y []float64
		switch s.Kind {
		case model.KindConv:
			y = referenceConv(s.In, s.Out, x, kernel, bias)
		case model.KindConvT:
			y = referenceTransposed(s.In, s.Out, x, kernel, bias)
		case model.KindDense:
			y = referenceDense(x, kernel, bias)
		}
		for i, v := range y {
			y[i] = referenceActivation(v, s.Activation)
		}
		return y
	case *pooling:
		return referencePool(s.from.shape, s.to.shape, x)
	case *reshaping:
		return x
	case *sampling:
		y := make([]float64, len(x)/2)
		for i := range y {
			y[i] = x[i] + math.Exp(x[len(y)+i]/2)*float64(s.noise[i*s.lead+image])
		}
		return y
	case *dropout:
		y := make([]float64, len(x))
		for i := range y {
			y[i] = x[i] * float64(s.factors[i*s.lead+image])
		}
		return y
	}
	panic("no reference")
}

func referenceActivation(x float64, act string) float64 {
	switch act {
	case model.ActReLU:
		return max(x, 0)
	case model.ActSigmoid:
		return 1 / (1 + math.Exp(-x))
	case model.ActTanh:
		return math.Tanh(x)
	}
	return x
}

func referenceConv(in, out model.Shape, x, kernel, bias []float64) []float64 {
	y := make([]float64, out.Size())
	for n := range y {
		row, col, o := n/(out.Width*out.Channels), n/out.Channels%out.Width, n%out.Channels
		y[n] = bias[o]
		for tap := range 9 {
			r, c := row+tap/3-1, col+tap%3-1
			if r < 0 || c < 0 || r >= in.Height || c >= in.Width {
				continue
			}
			for i := range in.Channels {
				y[n] += x[(r*in.Width+c)*in.Channels+i] * kernel[(tap*in.Channels+i)*out.Channels+o]
			}
		}
	}
	return y
}

func referenceTransposed(in, out model.Shape, x, kernel, bias []float64) []float64 {
	y := make([]float64, out.Size())
	for n := range y {
		y[n] = bias[n%out.Channels]
	}
	for p := range in.Height * in.Width {
		for tap := range 9 {
			r, c := 2*(p/in.Width)+tap/3, 2*(p%in.Width)+tap%3
			if r >= out.Height || c >= out.Width {
				continue
			}
			for o := range out.Channels {
				for i := range in.Channels {
					y[(r*out.Width+c)*out.Channels+o] += x[p*in.Channels+i] * kernel[(tap*out.Channels+o)*in.Channels+i]
				}
			}
		}
	}
	return y
}

func referenceDense(x, kernel, bias []float64) []float64 {
	y := append([]float64{}, bias...)
	for i, v := range x {
		for o := range y {
			y[o] += v * kernel[i*len(y)+o]
		}
	}
	return y
}

func referencePool(in, out model.Shape, x []float64) []float64 {
	y := make([]float64, out.Size())
	for n := range y {
		row, col, c := n/(out.Width*out.Channels), n/out.Channels%out.Width, n%out.Channels
		for k := range 4 {
			y[n] += x[((2*row+k/2)*in.Width+2*col+k%2)*in.Channels+c] / 4
		}
	}
	return y
}

// referenceLoss returns the reconstruction loss of one image, summed over
// pixels; y has the shape from, of which the top left counts.
func referenceLoss(kind string, from, shape model.Shape, y []float64, target []float32) (sum float64) {
	for n, t := range target {
		row, rest := n/(shape.Width*shape.Channels), n%(shape.Width*shape.Channels)
		v, t := y[row*from.Width*from.Channels+rest], float64(t)
		switch kind {
		case LossMAE:
			sum += math.Abs(v - t)
		case LossBCE:
			p := 1 / (1 + math.Exp(-v))
			sum -= t*math.Log(p) + (1-t)*math.Log(1-p)
		default:
			sum += (v - t) * (v - t)
		}
	}
	return sum
}

// referenceKL returns the divergence of one image.
func referenceKL(x []float64) (sum float64) {
	half := len(x) / 2
	for i, mean := range x[:half] {
		logVar := x[half+i]
		sum -= 0.5 * (1 + logVar - mean*mean - math.Exp(logVar))
	}
	return sum
}

func referenceL1(x []float64) (sum float64) {
	for _, v := range x {
		sum += math.Abs(v)
	}
	return sum
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
