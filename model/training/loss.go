package training

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// Losses of Config.
const (
	LossMSE = "mse" // mean squared error
	LossMAE = "mae" // mean absolute error
	LossBCE = "bce" // binary cross-entropy

	LossCrossEntropy = "cross-entropy" // of a head's classes
)

// reconstruction is the loss of the decoder's output against the scaled pixels,
// its mean over all pixels of the batch: the squared error, the absolute error, or the
// binary cross-entropy of the sigmoid of the output.
type reconstruction struct {
	*run
	kind   string
	from   layout
	shape  model.Shape // of the image; the output may be larger, its top left counts
	target []float32   // images after each other
	sums   [][2]float64
	value  *gorgonia.F32
}

func newReconstruction(r *run, kind string, in layout, shape model.Shape) *reconstruction {
	l := &reconstruction{run: r, kind: kind, from: in, shape: shape, target: make([]float32, r.batch*shape.Size()),
		sums: make([][2]float64, r.batch), value: gorgonia.NewF32(0)}
	r.reserve(2*shape.Size(), 0)
	return l
}

func (l *reconstruction) on(y signal) (*gorgonia.Node, error) {
	name := fmt.Sprintf("%s %v, batch %d", l.kind, l.from, l.batch)
	return l.apply(y, l.from, name, l.value, false, l.forward,
		func(dy, y []float32, g gorgonia.Value, _ bool) { l.backward(dy, y, scalar(g)) })
}

// mean returns the mean loss and mean squared error of the batch at hand, summed
// in the order of images.
func (l *reconstruction) mean() (loss, mse float64) {
	for _, s := range l.sums[:l.images] {
		loss += s[0]
		mse += s[1]
	}
	n := float64(l.images * l.shape.Size())
	return loss / n, mse / n
}

func (l *reconstruction) forward(y []float32) {
	n := l.shape.Size()
	l.each(l.images, func(w, i int) {
		out, t := l.scratch[w][:n], l.target[i*n:(i+1)*n]
		l.from.gather(out, y, i, l.shape)
		var loss float64
		if l.kind == LossBCE {
			loss = crossEntropy(out, t)
			l.set.Sigmoid(out)
		}
		mse := squaredError(out, t)
		switch l.kind {
		case LossMSE:
			loss = mse
		case LossMAE:
			loss = absoluteError(out, t)
		}
		l.sums[i] = [2]float64{loss, mse}
	})
	loss, _ := l.mean()
	*l.value = gorgonia.F32(loss)
}

func squaredError(x, t []float32) (sum float64) {
	for i, v := range x {
		d := float64(v) - float64(t[i])
		sum += float64(d * d)
	}
	return sum
}

func absoluteError(x, t []float32) (sum float64) {
	for i, v := range x {
		sum += math.Abs(float64(v) - float64(t[i]))
	}
	return sum
}

// crossEntropy returns the sum of -t·log s(x) - (1-t)·log(1-s(x)), s the sigmoid,
// in the form that no x overflows: max(x,0) - x·t + log(1+e^-|x|). Logarithms of
// many numbers are one of their product.
func crossEntropy(x, t []float32) (sum float64) {
	product := 1.0
	for i, v := range x {
		x := float64(v)
		sum += max(x, 0) - float64(x*float64(t[i]))
		if product *= 1 + kernel.Exp(-math.Abs(x)); product > 1e300 {
			sum += kernel.Log(product)
			product = 1
		}
	}
	return sum + kernel.Log(product)
}

func (l *reconstruction) backward(dy, y []float32, g float32) {
	n := l.shape.Size()
	if l.from.lead > 0 {
		clear(dy) // of images that are not at hand
	}
	l.each(l.images, func(w, i int) {
		out, t := l.scratch[w][:n], l.target[i*n:(i+1)*n]
		l.from.gather(out, y, i, l.shape)
		scale := 2 * g / float32(l.images*n)
		if l.kind == LossBCE {
			l.set.Sigmoid(out)
			scale /= 2
		}
		if l.kind == LossMAE {
			signs(out, t, scale/2)
		} else {
			for j, v := range out {
				out[j] = (v - t[j]) * scale
			}
		}
		l.from.scatter(dy, out, i, l.shape)
	})
}

// signs turns numbers into the gradient of their absolute error, 0 where there is none.
func signs(x, t []float32, scale float32) {
	for i, v := range x {
		switch {
		case v > t[i]:
			x[i] = scale
		case v < t[i]:
			x[i] = -scale
		default:
			x[i] = v - t[i] // 0, or NaN
		}
	}
}
