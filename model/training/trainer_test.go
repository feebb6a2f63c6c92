package training

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// images returns random images: sums of two waves, so that there is something to
// learn.
func images(in model.Input, n int, seed uint64) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, in.Bytes())
		a, b := rng.Float64(), rng.Float64()
		for j := range list[i] {
			list[i][j] = byte(128 + 60*a*float64(j%7-3)/3 + 60*b*float64(j%5-2)/2 + float64(4*rng.Float64()))
		}
	}
	return list
}

// TestLearns: the loss falls.
func TestLearns(t *testing.T) {
	for _, name := range []string{"conv", "rgb", "dense"} {
		cfg := configs(t)[name]
		cfg.Batch, cfg.Seed = 7, 5
		tr, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		pixels := images(cfg.Arch.Input, 7, 1)
		var first, last Losses
		for i := range 200 {
			if last, err = tr.Step(2e-3, pixels); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = last
			}
		}
		t.Logf("%s: %+v → %+v", name, first, last)
		if !(last.Loss < first.Loss) {
			t.Errorf("%s: the loss is %g after 200 steps, %g before", name, last.Loss, first.Loss)
		}
	}
}

// trained returns a trainer after some steps, of which the last batch is smaller.
func trained(t *testing.T, cfg Config, set *kernel.Set, steps int) *Trainer {
	t.Helper()
	tr, err := newTrainer(cfg, set)
	if err != nil {
		t.Fatal(err)
	}
	more(t, tr, 0, steps)
	return tr
}

// more does the steps from a number to another.
func more(t *testing.T, tr *Trainer, from, to int) {
	t.Helper()
	pixels := images(tr.cfg.Arch.Input, 30, 3)
	for i := from; i < to; i++ {
		at := i * 7 % 20
		if _, err := tr.Step(1e-3, pixels[at:at+tr.batch-i%3]); err != nil {
			t.Fatal(err)
		}
	}
}

func state(t *testing.T, tr *Trainer) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := tr.WriteState(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestSameBits: neither the number of goroutines nor the implementation of the
// kernels changes a bit of the state, and another seed changes it.
func TestSameBits(t *testing.T) {
	for name, cfg := range configs(t) {
		t.Run(name, func(t *testing.T) {
			cfg.Batch, cfg.Seed, cfg.Workers = 10, 3, 1
			want := state(t, trained(t, cfg, kernel.All()[0], 4))
			for _, set := range kernel.All() {
				cfg.Workers = 3
				if !bytes.Equal(state(t, trained(t, cfg, set, 4)), want) {
					t.Errorf("3 goroutines and %s kernels: other bits", set.Name())
				}
			}
			cfg.Workers = 0
			for _, n := range []int{1, 2, 7, 16} { // from 6 on they share slices of images
				before := runtime.GOMAXPROCS(n)
				got := state(t, trained(t, cfg, kernel.All()[0], 4))
				runtime.GOMAXPROCS(before)
				if !bytes.Equal(got, want) {
					t.Errorf("GOMAXPROCS %d: other bits", n)
				}
			}
			cfg.Seed++
			if bytes.Equal(state(t, trained(t, cfg, kernel.All()[0], 4)), want) {
				t.Error("another seed: the same bits")
			}
		})
	}
}

// TestResume: a run that is resumed goes on bit for bit.
func TestResume(t *testing.T) {
	for name, cfg := range configs(t) {
		t.Run(name, func(t *testing.T) {
			cfg.Batch, cfg.Seed = 10, 3
			set := kernel.Best()
			want := trained(t, cfg, set, 6)
			half := state(t, trained(t, cfg, set, 3))
			tr := trained(t, cfg, set, 1)
			if _, err := tr.Evaluate(images(cfg.Arch.Input, 23, 4)); err != nil { // leaves its images behind
				t.Fatal(err)
			}
			if err := tr.UnmarshalState(half); err != nil {
				t.Fatal(err)
			}
			more(t, tr, 3, 6)
			if !bytes.Equal(state(t, tr), state(t, want)) {
				t.Error("other bits than the undisturbed run")
			}
			if a, b := tr.Model().SHA256(), want.Model().SHA256(); a != b || a == "" {
				t.Errorf("models %q and %q", a, b)
			}
		})
	}
}

// TestModel: the model gives the reconstruction error that Evaluate gives, at
// any batch size.
func TestModel(t *testing.T) {
	for name, cfg := range configs(t) {
		t.Run(name, func(t *testing.T) {
			cfg.Batch, cfg.Seed = 10, 3
			tr := trained(t, cfg, kernel.Best(), 5)
			pixels := images(cfg.Arch.Input, 23, 4)
			got, err := tr.Evaluate(pixels)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := model.Compile(tr.Model())
			if err != nil {
				t.Fatal(err)
			}
			z, mse := make([]float32, len(pixels)*cfg.Arch.Latent), make([]float64, len(pixels))
			r := plan.NewRunner(8)
			r.Encode(z, pixels)
			r.MSE(mse, z, pixels)
			var want float64
			for _, v := range mse {
				want += v / float64(len(mse))
			}
			if got.N != len(pixels) || !(math.Abs(got.MSE-want) <= 1e-5*want) {
				t.Errorf("%d images with error %v, the model's is %v", got.N, got.MSE, want)
			}
		})
	}
}

// TestBadState: a state of another configuration, or a damaged one, is refused
// and changes nothing.
func TestBadState(t *testing.T) {
	list := configs(t)
	a, b := list["dense"], list["bare"]
	a.Batch, b.Batch = 10, 10
	tr := trained(t, a, kernel.Best(), 2)
	good := state(t, tr)
	other := state(t, trained(t, b, kernel.Best(), 2))
	step := bytes.Clone(good)
	copy(step[8+binary.LittleEndian.Uint64(good):], []byte{0, 0, 0xc0, 0x7f}) // NaN
	for what, bad := range map[string][]byte{"other": other, "empty": nil, "short": good[:len(good)-1], "NaN steps": step} {
		if err := tr.UnmarshalState(bad); err == nil {
			t.Errorf("%s: no error", what)
		} else {
			t.Log(err)
		}
		if !bytes.Equal(state(t, tr), good) {
			t.Errorf("%s: the state has changed", what)
		}
	}
}

// TestNotFinite: a step whose gradient is not finite changes nothing.
func TestNotFinite(t *testing.T) {
	cfg := configs(t)["dense"]
	cfg.Batch = 10
	tr := trained(t, cfg, kernel.Best(), 2)
	tr.weights[0].w[0] = float32(math.Inf(1))
	before := state(t, tr)
	if _, err := tr.Step(1e-3, images(cfg.Arch.Input, 10, 1)); !errors.Is(err, ErrNotFinite) {
		t.Errorf("error %v", err)
	}
	if !bytes.Equal(state(t, tr), before) {
		t.Error("the state has changed")
	}
}

// TestBadInput: what cannot be is one line.
func TestBadInput(t *testing.T) {
	good := configs(t)["dense"]
	good.Batch = 10
	tr := trained(t, good, kernel.Best(), 0)
	for _, pixels := range [][][]byte{nil, images(good.Arch.Input, 11, 1), {{1, 2}}} {
		if _, err := tr.Step(1e-3, pixels); err == nil {
			t.Errorf("%d images: no error", len(pixels))
		}
	}
	if _, err := tr.Step(math.NaN(), images(good.Arch.Input, 2, 1)); err == nil {
		t.Error("learning rate NaN: no error")
	}
	for want, change := range map[string]func(*Config){
		"loss":         func(c *Config) { c.Loss = "huber" },
		"noise":        func(c *Config) { c.Noise = math.NaN() },
		"l1":           func(c *Config) { c.L1 = -1 },
		"dropo":        func(c *Config) { c.Dropout = 1 },
		"beta":         func(c *Config) { c.Beta = 1 },
		"batch":        func(c *Config) { c.Batch = 0 },
		"optim":        func(c *Config) { c.Optimizer = "lion" },
		"momentum 1":   func(c *Config) { c.Optimizer, c.Momentum = OptimizerSGD, 1 },
		"momentum N":   func(c *Config) { c.Optimizer, c.Momentum = OptimizerSGD, math.NaN() },
		"momentum h":   func(c *Config) { c.Momentum = 0.5 },
		"first":        func(c *Config) { c.InitNormal = -1 },
		"of the input": func(c *Config) { c.DropoutInput = 1 },
		"[0,255]":      func(c *Config) { c.Arch = c.Arch.WithScale(model.ScaleByte) },
		"clip":         func(c *Config) { c.ClipNorm = -1 },
		"output":       func(c *Config) { c.Arch.Activations.Output = model.ActReLU },
		"latent":       func(c *Config) { c.Arch.Activations.Latent, c.Variational = model.ActReLU, true },
		"family": func(c *Config) {
			c.Arch = parse(t, model.Arch{Family: model.FamilyLinear, Input: c.Arch.Input, Latent: 2, Working: model.Size{Height: 2, Width: 2}})
		},
	} {
		bad := good
		change(&bad)
		if _, err := New(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}
