package training

import (
	"math"
	"testing"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// plainDense is the network of one dense layer each way without activations, in float64, and
// what trains it: written down anew, for comparison.
type plainDense struct {
	in, code int
	w, v     [4][]float64 // encoder's kernel and bias, decoder's; velocities
}

// gradients returns those of the mean absolute error, or of the squared one, of images.
func (p *plainDense) gradients(kind string, images [][]float64) (g [4][]float64, loss float64) {
	for i := range g {
		g[i] = make([]float64, len(p.w[i]))
	}
	n := float64(len(images) * p.in)
	for _, x := range images {
		z := referenceDense(x, p.w[0], p.w[1])
		y := referenceDense(z, p.w[2], p.w[3])
		dz := make([]float64, p.code)
		for j := range y {
			d := y[j] - x[j]
			slope := 2 * d / n
			loss += d * d / n
			if kind == LossMAE {
				slope = math.Copysign(1, d) / n
				loss += (math.Abs(d) - d*d) / n
			}
			g[3][j] += slope
			for k := range z {
				g[2][k*p.in+j] += slope * z[k]
				dz[k] += slope * p.w[2][k*p.in+j]
			}
		}
		for k := range dz {
			g[1][k] += dz[k]
			for j := range x {
				g[0][j*p.code+k] += dz[k] * x[j]
			}
		}
	}
	return g, loss
}

// TestDescent compares 40 steps of gradient descent with their plain computation, with
// momentum and without, of both losses.
func TestDescent(t *testing.T) {
	arch := parse(t, model.Arch{Family: model.FamilyDense, Input: model.Input{Height: 4, Width: 5}, Latent: 3,
		Activations: model.Activations{Latent: model.ActLinear, Output: model.ActLinear}})
	pixels := images(arch.Input, 7, 1)
	var x [][]float64
	for _, p := range pixels {
		var one []float64
		for _, v := range p {
			one = append(one, float64(v)/255)
		}
		x = append(x, one)
	}
	for _, c := range []struct {
		loss     string
		momentum float64
		rate     float64
	}{{LossMSE, 0, 0.5}, {LossMSE, 0.9, 0.2}, {LossMAE, 0.9, 0.01}, {LossMAE, 0.5, 0.03}} {
		tr, err := newTrainer(Config{Arch: arch, Loss: c.loss, Optimizer: OptimizerSGD, Momentum: c.momentum, Batch: 7, Seed: 2}, kernel.Best())
		if err != nil {
			t.Fatal(err)
		}
		p := plainDense{in: 20, code: 3}
		for i, w := range tr.weights {
			k, b := w.unpack(w.w)
			p.w[2*i], p.w[2*i+1] = wide(k), wide(b)
		}
		for i := range p.v {
			p.v[i] = make([]float64, len(p.w[i]))
		}
		var first float64
		for step := range 40 {
			g, want := p.gradients(c.loss, x)
			for i := range g {
				for j := range g[i] {
					p.v[i][j] = c.momentum*p.v[i][j] - c.rate*g[i][j]
					p.w[i][j] += p.v[i][j]
				}
			}
			got, err := tr.Step(c.rate, pixels)
			if err != nil {
				t.Fatal(err)
			}
			if step == 0 {
				first = want
			}
			if !(math.Abs(got.Loss-want) <= 2e-5*want) {
				t.Fatalf("%+v, step %d: loss %v, want %v", c, step, got.Loss, want)
			}
		}
		if _, last := p.gradients(c.loss, x); !(last < 0.8*first) {
			t.Errorf("%+v: nothing is learned: %v, then %v", c, first, last)
		}
		for i, w := range tr.weights {
			k, b := w.unpack(w.w)
			for j, list := range [][]float32{k, b} {
				for n, v := range list {
					if want := p.w[2*i+j][n]; !(math.Abs(float64(v)-want) <= 1e-4) {
						t.Fatalf("%+v: %s, number %d is %v, want %v", c, w.name, n, v, want)
					}
				}
			}
		}
	}
}

// TestInitNormal: first weights and biases have the distribution that was asked for, each
// layer numbers of its own, and padding stays zero.
func TestInitNormal(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(Config{Arch: arch, Loss: LossMSE, InitNormal: 0.05, Batch: 4, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float32]bool{}
	for _, w := range tr.weights {
		kernel, bias := w.unpack(w.w)
		for what, list := range map[string][]float32{"kernel": kernel, "bias": bias} {
			var sum, squares, fourth float64
			for _, v := range list {
				sum, squares = sum+float64(v), squares+float64(v)*float64(v)
				fourth += math.Pow(float64(v)/0.05, 4)
			}
			n := float64(len(list))
			// Five standard errors of the mean, of the deviation, of the fourth moment.
			if s := math.Sqrt(squares / n); !(math.Abs(sum/n) <= 5*0.05/math.Sqrt(n)) || !(math.Abs(s-0.05) <= 5*0.05/math.Sqrt(2*n)) ||
				!(math.Abs(fourth/n-3) <= 5*math.Sqrt(96/n)) {
				t.Errorf("%s %s: mean %g, deviation %g, fourth moment %g", w.name, what, sum/n, s, fourth/n)
			}
		}
		if seen[kernel[0]] {
			t.Errorf("%s begins as another layer does", w.name)
		}
		seen[kernel[0]] = true
		again := make([]float32, len(w.w))
		w.pack(again, kernel, bias)
		for i, v := range again {
			if v != w.w[i] {
				t.Fatalf("%s: padding holds %v", w.name, w.w[i])
			}
		}
	}
}

// TestDropoutInput: about the share of the numbers is zero, the others are divided by that
// of staying, another choice for every image and step, none without training.
func TestDropoutInput(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(Config{Arch: arch.WithScale(model.ScaleByte), Loss: LossMSE, DropoutInput: 0.25, Batch: 2, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	white := make([]byte, 784)
	for i := range white {
		white[i] = 240
	}
	load := func(training bool) (list [2][]float32) {
		tr.images, tr.training = 2, training
		if err := tr.net.load([][]byte{white, white}); err != nil {
			t.Fatal(err)
		}
		for i := range list {
			list[i] = make([]float32, 784)
			tr.net.input.gather(list[i], tr.net.x, i, tr.net.loss.shape)
		}
		return list
	}
	differ := func(a, b []float32) (n int) {
		for i := range a {
			if a[i] != b[i] {
				n++
			}
		}
		return n
	}
	first := load(true)
	zeros := 0
	for _, v := range first[0] {
		switch v {
		case 0:
			zeros++
		case 320:
		default:
			t.Fatalf("a number is %v, want 0 or 320", v)
		}
	}
	if !(math.Abs(float64(zeros)-196) <= 5*math.Sqrt(784*0.25*0.75)) {
		t.Errorf("%d of 784 numbers are zero", zeros)
	}
	tr.step++
	if second := load(true); differ(first[0], first[1]) < 100 || differ(first[0], second[0]) < 100 {
		t.Error("two images or two steps have the same choice")
	}
	for i, v := range load(false)[1] {
		if v != 240 || tr.net.loss.target[i] != 240 {
			t.Fatalf("evaluated as %v, for a target of %v", v, tr.net.loss.target[i])
		}
	}
}
