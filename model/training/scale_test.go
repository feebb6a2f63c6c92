package training

import (
	"math"
	"slices"
	"testing"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// scaled returns the same configuration for pixels of both scales.
func scaled(t *testing.T) (unit, symmetric Config) {
	t.Helper()
	unit = configs(t)["conv"]
	unit.Noise, unit.Batch, unit.Seed = 0.3, 6, 4
	symmetric = unit
	symmetric.Arch = unit.Arch.WithScale(model.ScaleSymmetric)
	return unit, symmetric
}

// TestScaledInput: images, targets and noise in [-1,1] and in [0,255] are those in [0,1],
// mapped; targets in [0,255] are the pixels as they are.
func TestScaledInput(t *testing.T) {
	unit, symmetric := scaled(t)
	pixels := images(unit.Arch.Input, 6, 2)
	inputs := func(cfg Config) (x, target []float32) {
		tr, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		tr.images, tr.training = len(pixels), true
		if err := tr.net.load(pixels); err != nil {
			t.Fatal(err)
		}
		for i := range pixels {
			one := make([]float32, cfg.Arch.Input.Values())
			tr.net.input.gather(one, tr.net.x, i, tr.net.loss.shape)
			x = append(x, one...)
		}
		return x, tr.net.loss.target
	}
	x, target := inputs(unit)
	got, gotTarget := inputs(symmetric)
	x8, target8 := slices.Clone(x), slices.Clone(target)
	kernel.ToSymmetric(x)
	kernel.ToSymmetric(target)
	if !slices.Equal(got, x) || !slices.Equal(gotTarget, target) || slices.Equal(x, target) {
		t.Error("images or targets are not the mapped ones")
	}
	if low := slices.Min(got); low != -1 {
		t.Errorf("the least number is %v, want -1 by noise", low)
	}
	unit.Arch = unit.Arch.WithScale(model.ScaleByte)
	got, gotTarget = inputs(unit)
	kernel.ToByte(x8)
	if !slices.Equal(got, x8) {
		t.Error("images in [0,255] are not the mapped ones")
	}
	for i, v := range gotTarget {
		if n := len(pixels[0]); v != float32(pixels[i/n][i%n]) {
			t.Fatalf("target %d is %v, the pixel %d (%v in [0,1])", i, v, pixels[i/n][i%n], target8[i])
		}
	}
}

// TestScaledErrors: the squared error is that of pixels in [0,1], which the
// compiled model has; the loss is that of pixels in [-1,1] or [0,255].
func TestScaledErrors(t *testing.T) {
	_, cfg := scaled(t)
	scaledErrors(t, cfg, 4)
	cfg.Arch = cfg.Arch.WithScale(model.ScaleByte)
	scaledErrors(t, cfg, 65025)
}

func scaledErrors(t *testing.T, cfg Config, factor float64) {
	t.Helper()
	tr := trained(t, cfg, kernel.Best(), 5)
	pixels := images(cfg.Arch.Input, 11, 8)
	l, err := tr.Evaluate(pixels)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Compile(tr.Model())
	if err != nil {
		t.Fatal(err)
	}
	r := plan.NewRunner(4)
	z, mse := make([]float32, len(pixels)*plan.Latent()), make([]float64, len(pixels))
	r.Encode(z, pixels)
	r.MSE(mse, z, pixels)
	var want float64
	for _, v := range mse {
		want += v / float64(len(mse))
	}
	// Weights and activations agree to about 1e-5.
	if !(math.Abs(l.MSE-want) <= 1e-4*want) || !(math.Abs(l.Loss-factor*l.MSE) <= 1e-12*l.Loss) {
		t.Errorf("loss %v, mse %v, the model has mse %v", l.Loss, l.MSE, want)
	}
}

// TestScaledDigits: real digits are learned in [-1,1] about as well as in [0,1].
func TestScaledDigits(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for two short epochs")
	}
	all := digits(t, "t10k-images-idx3-ubyte.gz")
	train, held := all[:8000], all[8000:]
	var mse []float64
	for _, scale := range []string{model.ScaleUnit, model.ScaleSymmetric} {
		arch, err := model.Preset("mnist-conv")
		if err != nil {
			t.Fatal(err)
		}
		tr, err := New(Config{Arch: arch.WithScale(scale), Loss: LossMSE, Batch: 16, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(train); at += 16 {
			if _, err := tr.Step(2e-3, train[at:at+16]); err != nil {
				t.Fatal(err)
			}
		}
		l, err := tr.Evaluate(held)
		if err != nil {
			t.Fatal(err)
		}
		mse = append(mse, l.MSE)
	}
	t.Logf("validation error %.6f in [0,1], %.6f in [-1,1]", mse[0], mse[1])
	if !(mse[1] <= 1.25*mse[0]) {
		t.Errorf("validation error %.6f in [-1,1], %.6f in [0,1]", mse[1], mse[0])
	}
}
