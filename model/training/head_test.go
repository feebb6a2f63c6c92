package training

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
)

// referenceSoftmax is the softmax by its definition.
func referenceSoftmax(x []float64) []float64 {
	p, sum := make([]float64, len(x)), 0.0
	for i, v := range x {
		p[i] = math.Exp(v)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// headConfig is a small network with a head of three classes.
func headConfig(family string) Config {
	in := model.Input{Height: 8, Width: 8, Channels: 1, Bits: 8, Scale: model.ScaleUnit}
	a := model.Arch{Family: family, Input: in, Latent: 5,
		Activations: model.Activations{Hidden: model.ActTanh, Latent: model.ActLinear, Expand: model.ActTanh, Output: model.ActSigmoid}}
	if family == model.FamilyDense {
		a.Widths = []int{12}
	} else {
		a.Filters, a.ConvsPerStage = []int{3}, 1
	}
	return Config{Arch: a, Loss: LossCrossEntropy, Classes: 3, Batch: 7, Seed: 4}
}

// stripes draws images of a class each: a bright band at the top, in the middle or below.
func stripes(n int) (pixels [][]byte, classes []int) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		p := make([]byte, 64)
		for k := range p {
			p[k] = byte(rng.IntN(120))
			if k/24 == i%3 {
				p[k] += 90
			}
		}
		pixels, classes = append(pixels, p), append(classes, i%3)
	}
	return pixels, classes
}

func newHead(t *testing.T, c Config) *Trainer {
	t.Helper()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// TestHeadGradients: the gradients of all weights, the encoder's too, are those of the loss by
// differences; and of a head on a frozen encoder nothing but the head changes.
func TestHeadGradients(t *testing.T) {
	pixels, classes := stripes(5)
	for _, family := range []string{model.FamilyDense, model.FamilyConv} {
		tr := newHead(t, headConfig(family))
		label := func() {
			if err := tr.Classify(classes); err != nil {
				t.Fatal(err)
			}
		}
		label()
		if _, err := tr.Step(0, pixels); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		loss := func() float64 {
			label()
			l, err := tr.Evaluate(pixels)
			if err != nil {
				t.Fatal(err)
			}
			return l.Loss
		}
		for _, w := range tr.weights {
			kernel, bias := w.unpack(w.w)
			gradient, _ := w.unpack(w.gradient)
			var off, size float64
			for range 12 {
				const h = 4e-3
				i := rng.IntN(len(kernel))
				was := kernel[i]
				at := func(v float32) float64 {
					kernel[i] = v
					w.pack(w.w, kernel, bias)
					return loss()
				}
				want := (at(was+h) - at(was-h)) / (2 * h)
				at(was)
				off += (float64(gradient[i]) - want) * (float64(gradient[i]) - want)
				size += want * want
			}
			if !(math.Sqrt(off) <= 1e-2*math.Sqrt(size)) || size == 0 {
				t.Errorf("%s, %s: relative error %.3g of the gradient", family, w.name, math.Sqrt(off/size))
			}
		}
	}
	c := headConfig(model.FamilyDense)
	c.Frozen = true
	tr := newHead(t, c)
	before := tr.Model()
	for range 3 {
		if err := tr.Classify(classes); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Step(0.01, pixels); err != nil {
			t.Fatal(err)
		}
	}
	after := tr.Model()
	for i, w := range before.Encoder {
		if !slices.Equal(w.Data, after.Encoder[i].Data) {
			t.Errorf("%s changed, of a frozen encoder", w.Name)
		}
	}
	for i, w := range before.Head.Weights {
		if slices.Equal(w.Data, after.Head.Weights[i].Data) {
			t.Errorf("%s of the head did not change", w.Name)
		}
	}
}

// TestHeadLearns: a head finds the classes, its numbers are those of the model that it gives,
// and the same at any number of workers and after it was resumed.
func TestHeadLearns(t *testing.T) {
	pixels, classes := stripes(60)
	var states []string
	for _, workers := range []int{1, 2, 3} {
		c := headConfig(model.FamilyConv)
		c.Workers, c.Batch, c.DropoutInput, c.Noise = workers, 16, 0.1, 0.1
		tr := newHead(t, c)
		for step := range 120 {
			if step == 60 {
				var state bytes.Buffer
				if err := tr.WriteState(&state); err != nil {
					t.Fatal(err)
				}
				tr = newHead(t, c)
				if err := tr.UnmarshalState(state.Bytes()); err != nil {
					t.Fatal(err)
				}
			}
			from := step * 16 % 60
			to := min(60, from+16)
			if err := tr.Classify(classes[from:to]); err != nil {
				t.Fatal(err)
			}
			if _, err := tr.Step(0.01, pixels[from:to]); err != nil {
				t.Fatal(err)
			}
		}
		if err := tr.Classify(classes); err != nil {
			t.Fatal(err)
		}
		l, err := tr.Evaluate(pixels)
		if err != nil {
			t.Fatal(err)
		}
		if !l.Classified || !(l.Right > 0.95) || l.MSE != 0 {
			t.Errorf("%+v", l)
		}
		m := tr.Model()
		m.Head.Classes = []string{"a", "b", "c"}
		plan, err := model.Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		z := make([]float32, 60*5)
		plan.NewRunner(60).Encode(z, pixels)
		right := 0
		for i, class := range classes {
			if m.Head.Class(z[5*i:5*i+5]) == class {
				right++
			}
		}
		if got := float64(right) / 60; math.Abs(got-l.Right) > 1e-9 {
			t.Errorf("the model finds %g of the classes, its trainer %g", got, l.Right)
		}
		var state bytes.Buffer
		if err := tr.WriteState(&state); err != nil {
			t.Fatal(err)
		}
		states = append(states, state.String())
	}
	for i, s := range states {
		if s != states[0] {
			t.Errorf("%d workers give other weights, on %d processors", i+1, runtime.GOMAXPROCS(0))
		}
	}
}

// TestHeadRefuses: what does not go together.
func TestHeadRefuses(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"the loss of a head is":   func(c *Config) { c.Loss = LossMSE },
		"1 classes":               func(c *Config) { c.Classes = 1 },
		"0 classes":               func(c *Config) { c.Classes = 0 },
		"takes the code as it is": func(c *Config) { c.Variational = true },
		"frozen is for a head":    func(c *Config) { c.Classes, c.Loss, c.Frozen = 0, LossMSE, true },
		"dropout 2":               func(c *Config) { c.Dropout = 2 },
	} {
		c := headConfig(model.FamilyDense)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	tr := newHead(t, headConfig(model.FamilyDense))
	pixels, _ := stripes(2)
	for what, f := range map[string]func() error{
		"no classes":    func() error { _, err := tr.Step(1, pixels); return err },
		"a fourth one":  func() error { return tr.Classify([]int{3, 0}) },
		"below zero":    func() error { return tr.Classify([]int{-1, 0}) },
		"of one of two": func() error { _ = tr.Classify([]int{1}); _, err := tr.Evaluate(pixels); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := fmt.Sprint(newHead(t, func() Config { c := headConfig(model.FamilyDense); c.Classes, c.Loss = 0, LossMSE; return c }()).Classify(nil)); !strings.Contains(err, "no head") {
		t.Error(err)
	}
}
