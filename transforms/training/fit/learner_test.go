package fit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exemplar/model"
	"exemplar/tfrecord"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
)

const side, values = 3, 9

// mean is a Learner that learns one image for all: that with the least mean
// squared error is the mean of the images it saw. It adds noise to its steps, so
// that its random state counts.
type mean struct {
	Image  [values]float64
	Moment [values]float64
	Draws  uint64

	steps int                       // of this process
	fault func(step int) error      // may be nil
	alter func(step int, l *Losses) // may be nil
}

func arch() model.Arch {
	return model.Arch{
		Family: model.FamilyDense, Latent: 1,
		Input: model.Input{Height: side, Width: side, Channels: 1, Bits: 8, Scale: model.ScaleUnit},
		Activations: model.Activations{
			Hidden: model.ActLinear, Latent: model.ActLinear, Expand: model.ActLinear, Output: model.ActLinear,
		},
	}
}

func (m *mean) Evaluate(pixels [][]byte) (Losses, error) {
	l := Losses{N: len(pixels)}
	for _, p := range pixels {
		for i, v := range p {
			d := m.Image[i] - float64(v)/255
			l.MSE += d * d / values / float64(len(pixels))
		}
	}
	l.Loss = l.MSE
	return l, nil
}

func (m *mean) Step(lr float64, pixels [][]byte) (Losses, error) {
	m.steps++
	if m.fault != nil {
		if err := m.fault(m.steps); err != nil {
			return Losses{}, err
		}
	}
	l, _ := m.Evaluate(pixels)
	rng := rand.New(rand.NewPCG(7, m.Draws))
	m.Draws++
	for i := range m.Image {
		g := 1e-4 * rng.NormFloat64()
		for _, p := range pixels {
			g += (m.Image[i] - float64(p[i])/255) / float64(len(pixels))
		}
		m.Moment[i] = 0.5*m.Moment[i] + 0.5*g
		m.Image[i] -= lr * m.Moment[i]
		l.GradNorm += g * g
	}
	if m.alter != nil {
		m.alter(m.steps, &l)
	}
	return l, nil
}

func (m *mean) Model() *model.Model {
	a := arch()
	fill := func(specs []model.TensorSpec, bias []float32) (w model.Weights) {
		for _, s := range specs {
			data := make([]float32, values)
			if len(s.Shape) == 1 {
				data = bias
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: data})
		}
		return w
	}
	bias := make([]float32, values)
	for i, v := range m.Image {
		bias[i] = float32(v)
	}
	return &model.Model{
		Arch: a, Encoder: fill(a.EncoderWeights(), make([]float32, 1)), Decoder: fill(a.DecoderWeights(), bias),
		Provenance: model.Provenance{Tool: "test"},
	}
}

func (m *mean) WriteState(w io.Writer) error     { return json.NewEncoder(w).Encode(m) }
func (m *mean) UnmarshalState(data []byte) error { return json.Unmarshal(data, m) }

// collection writes n images as two shards and scans them.
func collection(t testing.TB, n int, fraction float64) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	for shard := range 2 {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
		for i := shard; i < n; i += 2 {
			pixels := make([]byte, values)
			for k := range pixels {
				pixels[k] = byte(20*k + rng.IntN(60))
			}
			if _, err := w.Write(records.Append(nil, &records.Image{
				Filename: fmt.Sprintf("%04d", i), Pixels: pixels, Height: side, Width: side, Channels: 1, Bits: 8,
			})); err != nil {
				t.Fatal(err)
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.tfrecords", shard))
		if err := errors.Join(w.Close(), os.WriteFile(name, buf.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	f, err := dataset.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dataset.Scan(ctx, dataset.Config{Train: f, Fraction: fraction, Seed: 1, Buffer: 20 * values})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exact returns the mean of the images for training and the mean squared error
// of an image on those for validation.
func exact(t testing.TB, s *dataset.Set) (best [values]float64, heldMSE func(image [values]float64) float64) {
	t.Helper()
	ctx := context.Background()
	for im, err := range s.Epoch(ctx, 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range im.Pixels {
			best[i] += float64(v) / 255 / float64(s.Training)
		}
	}
	return best, func(image [values]float64) (mse float64) {
		for im, err := range s.Validation(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range im.Pixels {
				mse += math.Pow(image[i]-float64(v)/255, 2) / values / float64(s.Held)
			}
		}
		return mse
	}
}
