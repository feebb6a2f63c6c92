package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"exemplar/model"
)

// layers is layers.json: what the other programs build the same network from.
type layers struct {
	Encoder []model.Layer
	Decoder []model.Layer
}

// create writes the directory of a model with the preset's architecture and
// random weights: for training those that it starts from.
func create(r request) error {
	a, err := model.Preset(r.Preset)
	if err != nil {
		return err
	}
	if r.Mode == "train" {
		return createFirst(a, r)
	}
	rng := rand.New(rand.NewPCG(r.Seed, 0))
	return write(&model.Model{Arch: a, Encoder: random(rng, a.EncoderLayers()), Decoder: random(rng, a.DecoderLayers())}, r.Model)
}

// write writes the directory of a model, and layers.json into it.
func write(m *model.Model, dir string) error {
	m.Provenance.Tool = "bench"
	files, err := m.Marshal()
	if err != nil {
		return err
	}
	a := m.Arch
	if files["layers.json"], err = json.Marshal(layers{a.EncoderLayers(), a.DecoderLayers()}); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// random returns weights that keep activations in range (He et al. 2015), with
// biases, so that a forgotten one shows.
func random(r *rand.Rand, steps []model.Layer) (w model.Weights) {
	for _, l := range steps {
		shape := l.KernelShape()
		if shape == nil {
			continue
		}
		fan := 1.0
		switch l.Kind {
		case model.KindConv:
			fan = 9 * float64(l.In.Channels)
		case model.KindConvT:
			fan = 9 * float64(l.In.Channels) / 4 // the taps that an output gets on average
		case model.KindDense:
			fan = float64(l.In.Size())
		}
		gain := 1.0
		if l.Activation == model.ActReLU {
			gain = 2
		}
		w = append(w,
			normal(r, l.Name+".kernel", shape, math.Sqrt(gain/fan)),
			normal(r, l.Name+".bias", []int{l.Out.Channels}, 0.05))
	}
	return w
}

// normal returns an array of normally distributed numbers.
func normal(r *rand.Rand, name string, shape []int, deviation float64) model.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := model.Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64() * deviation)
	}
	return t
}
