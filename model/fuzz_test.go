package model

import (
	"bytes"
	"testing"

	"exemplar/schemas"
)

// FuzzManifest: any bytes in the place of model.json give an error, or a model
// that is written as files again and computes.
func FuzzManifest(f *testing.F) {
	var sample Files
	for _, arch := range fuzzArchs() {
		m := &Model{Arch: arch, Encoder: constants(arch.EncoderWeights()), Decoder: constants(arch.DecoderWeights()),
			Provenance: Provenance{Tool: "train", Version: "1", Notes: []string{"a note"}},
			Training:   &Training{Method: "adam", Images: 3, Parameters: map[string]any{"lr": 1e-3}, Metrics: map[string]float64{"mse": .5}}}
		files, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		if sample == nil {
			sample = files // whose weights all inputs are read with
		}
		f.Add(files[schemas.ModelFile])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files := Files{schemas.ModelFile: data, schemas.EncoderFile: sample[schemas.EncoderFile], schemas.DecoderFile: sample[schemas.DecoderFile]}
		m, err := Unmarshal(files)
		if err != nil {
			return
		}
		again, err := m.Marshal()
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		if !bytes.Equal(again[schemas.EncoderFile], sample[schemas.EncoderFile]) {
			t.Fatal("the weights are others")
		}
		if _, err := Compile(m); err != nil {
			t.Fatalf("does not compile: %v", err)
		}
	})
}

// fuzzArchs are small architectures of each family.
func fuzzArchs() []Arch {
	in := Input{Height: 4, Width: 6, Channels: 1, Bits: 8, Scale: ScaleUnit}
	act := Activations{Hidden: ActReLU, Latent: ActLinear, Expand: ActLinear, Output: ActSigmoid}
	return []Arch{
		{Family: FamilyConv, Input: in, Latent: 2, Filters: []int{2}, ConvsPerStage: 1, Activations: act},
		{Family: FamilyDense, Input: in, Latent: 2, Widths: []int{3}, Activations: act},
		{Family: FamilyLinear, Input: in, Latent: 2, Working: Size{2, 3}, Upsample: UpsampleBilinear,
			Activations: Activations{Hidden: ActLinear, Latent: ActLinear, Expand: ActLinear, Output: ActLinear}},
	}
}

// constants returns arrays of a half.
func constants(specs []TensorSpec) (w Weights) {
	for i, s := range specs {
		data := make([]float32, sizeOf(s.Shape))
		for k := range data {
			data[k] = float32(i + 1)
		}
		w = append(w, Tensor{Name: s.Name, Shape: s.Shape, Data: data})
	}
	return w
}
