package model

import (
	"fmt"
	"slices"

	"exemplar/schemas"
)

// Tensor is one named array of float32 numbers in C order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Weights are the arrays of an encoder or a decoder, in the order of
// Arch.EncoderWeights or Arch.DecoderWeights.
type Weights []Tensor

// Get returns the array of a name, or nil.
func (w Weights) Get(name string) *Tensor {
	for i := range w {
		if w[i].Name == name {
			return &w[i]
		}
	}
	return nil
}

// Source is a file that weights were taken from.
type Source struct {
	File   string `json:"file"`   // base name
	SHA256 string `json:"sha256"` // hex, of its bytes
}

// Provenance says where a model comes from. It holds no times and no paths, so
// the same inputs give the same model.
type Provenance struct {
	Tool    string   `json:"tool"`    // "import", "train"
	Version string   `json:"version"` // schemas.CodeVersion of the tool
	Sources []Source `json:"sources,omitempty"`
	Notes   []string `json:"notes,omitempty"` // what was converted, one line each
}

// Training is the summary of a training run. Parameters and Metrics marshal in
// the order of their keys.
type Training struct {
	Method     string             `json:"method"` // e.g. "pca", "adam"
	Images     int64              `json:"images,omitempty"`
	Data       string             `json:"data,omitempty"` // sha256 of the shards.json trained on
	Seed       uint64             `json:"seed,omitempty"`
	Parameters map[string]any     `json:"parameters,omitempty"`
	Metrics    map[string]float64 `json:"metrics,omitempty"`
}

// Model is an architecture with its weights. A Decoder without arrays means
// that there is none.
type Model struct {
	Arch       Arch
	Channels   []schemas.Channel // what the channels of its images are, in their order; nil of gray and RGB
	Encoder    Weights
	Decoder    Weights
	Provenance Provenance
	Parent     string // SHA256 of the model that this one was trained from, or empty
	Training   *Training
	Table      *Table // of models of rows of a table, but while they are trained; nil of others
	Head       *Head  // nil: there is none
}

// Validate checks the architecture, the table, and that the weights are exactly its arrays:
// every name and shape, nothing missing or left over, every number finite.
func (m *Model) Validate() error {
	if err := m.Arch.Validate(); err != nil {
		return err
	}
	if err := checkChannels(m.Channels, m.Arch.Input); err != nil {
		return err
	}
	if m.Table != nil {
		if err := m.Table.validate(m.Arch.Input); err != nil {
			return err
		}
	}
	if err := CheckWeights(m.Encoder, m.Arch.EncoderWeights()); err != nil {
		return fmt.Errorf("encoder: %w", err)
	}
	if m.Head != nil {
		if err := m.Head.validate(m.Arch.Latent); err != nil {
			return fmt.Errorf("head: %w", err)
		}
	}
	if len(m.Decoder) == 0 {
		return nil
	}
	if err := CheckWeights(m.Decoder, m.Arch.DecoderWeights()); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	return nil
}

// CheckWeights reports the first array that is missing, left over, of the wrong
// shape, out of order, or not finite.
func CheckWeights(w Weights, want []TensorSpec) error {
	known := map[string]bool{}
	for _, s := range want {
		known[s.Name] = true
		t := w.Get(s.Name)
		if t == nil {
			return fmt.Errorf("array %s of shape %v is missing", s.Name, s.Shape)
		}
		if !slices.Equal(t.Shape, s.Shape) {
			return fmt.Errorf("array %s has shape %v, the architecture wants %v", s.Name, t.Shape, s.Shape)
		}
		if n := sizeOf(t.Shape); len(t.Data) != n {
			return fmt.Errorf("array %s of shape %v has %d numbers, want %d", s.Name, t.Shape, len(t.Data), n)
		}
		if i := notFinite(t.Data); i >= 0 {
			return fmt.Errorf("array %s has the value %v at position %d", s.Name, t.Data[i], i)
		}
	}
	for i := range w {
		if !known[w[i].Name] {
			return fmt.Errorf("array %s of shape %v is left over: the architecture has none of that name", w[i].Name, w[i].Shape)
		}
	}
	if len(w) != len(want) {
		return fmt.Errorf("%d arrays, the architecture wants %d: a name occurs twice", len(w), len(want))
	}
	for i, s := range want {
		if w[i].Name != s.Name {
			return fmt.Errorf("array %s is at position %d, where %s belongs", w[i].Name, i, s.Name)
		}
	}
	return nil
}

// notFinite returns the position of the first NaN or infinity, or -1. v-v is
// zero, and NaN where v is not finite, so that a block needs no branch.
func notFinite(x []float32) int {
	const block = 4096
	for from := 0; from < len(x); from += block {
		b := x[from:min(from+block, len(x))]
		var s0, s1, s2, s3 float32
		rest := b
		for ; len(rest) >= 4; rest = rest[4:] {
			s0 += rest[0] - rest[0]
			s1 += rest[1] - rest[1]
			s2 += rest[2] - rest[2]
			s3 += rest[3] - rest[3]
		}
		for _, v := range rest {
			s0 += v - v
		}
		if s0+s1+s2+s3 == 0 {
			continue
		}
		for i, v := range b {
			if v-v != 0 {
				return from + i
			}
		}
	}
	return -1
}
