package tabular

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

const columns, hidden, latent = 5, 7, 3

// network is a model with random weights, and its table.
func network(t *testing.T, dir string) *model.Model {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	m := &model.Model{Table: &model.Table{Scale: model.TableZScore, IDColumn: "id"}, Provenance: model.Provenance{Tool: "train"},
		Arch: model.Arch{Family: model.FamilyDense, Input: model.RowInput(columns, model.TableZScore), Widths: []int{hidden}, Latent: latent,
			Activations: model.Activations{Hidden: model.ActReLU, Latent: model.ActLinear, Expand: model.ActLinear, Output: model.ActLinear}}}
	for j := range columns {
		m.Table.Columns = append(m.Table.Columns, model.TableColumn{Name: fmt.Sprintf("c%d", j), Mean: float64(j), Deviation: 0.5 + float64(j), Least: -5, Largest: 50})
	}
	fill := func(specs []model.TensorSpec) (w model.Weights) {
		for _, s := range specs {
			n := 1
			for _, d := range s.Shape {
				n *= d
			}
			data := make([]float32, n)
			for i := range data {
				data[i] = float32(rng.NormFloat64())
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: data})
		}
		return w
	}
	m.Encoder, m.Decoder = fill(m.Arch.EncoderWeights()), fill(m.Arch.DecoderWeights())
	files, err := m.Marshal()
	if err == nil {
		err = modeldir.WriteWeights(t.Context(), modeldir.In(dir), files)
	}
	if err := errors.Join(err, store.WriteFile(t.Context(), store.Join(dir, schemas.ModelFile), files[schemas.ModelFile])); err != nil {
		t.Fatal(err)
	}
	return m
}

// forward is a half of the network in float64.
func forward(x []float64, w model.Weights) []float64 {
	for k := 0; k < len(w); k += 2 {
		kernel, bias := w[k], w[k+1]
		y := make([]float64, len(bias.Data))
		for j := range y {
			y[j] = float64(bias.Data[j])
			for i, v := range x {
				y[j] += v * float64(kernel.Data[i*len(y)+j])
			}
			if k+2 < len(w) {
				y[j] = max(y[j], 0)
			}
		}
		x = y
	}
	return x
}

// TestRun: latents and errors are those of the network in float64 on scaled rows, of rows in
// several parts of a table whose columns stand in another order; the same again is nothing to do.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	m := network(t, filepath.Join(dir, "model"))
	rng := rand.New(rand.NewPCG(3, 4))
	const n = partRows + 100
	rows := make([][]float64, n)
	var b strings.Builder
	b.WriteString("more,id,c4,c3,c2,c1,c0,kind\n")
	for i := range rows {
		row := make([]float64, columns)
		for j := range row {
			row[j] = math.Round(1e4*(float64(j)+rng.NormFloat64())) / 1e4
		}
		rows[i] = row
		fmt.Fprintf(&b, "7,r%06d,%v,%v,%v,%v,%v,k%d\n", i, row[4], row[3], row[2], row[1], row[0], i%3)
	}
	table := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(table, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Input, c.Model, c.Output, c.Reconstruct = table, filepath.Join(dir, "model"), filepath.Join(dir, "latents"), true
	c.Read.LabelColumn = "kind"
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Made != 2 || r.Manifest.Rows != n || r.Outside != 0 || len(r.Manifest.Files) != 2 {
		t.Errorf("%+v", r)
	}
	at, sum := 0, 0.0
	for _, f := range r.Manifest.Files {
		for got, err := range latents.Read(t.Context(), store.Join(c.Output, f.File), latents.All) {
			if err != nil {
				t.Fatal(err)
			}
			for k := range got.N {
				x := make([]float64, columns)
				for j, v := range rows[at] {
					x[j] = (v - m.Table.Columns[j].Mean) / m.Table.Columns[j].Deviation
				}
				z := forward(x, m.Encoder)
				mse := 0.0
				for j, v := range forward(z, m.Decoder) {
					mse += (v - x[j]) * (v - x[j]) / columns
				}
				sum += mse / n
				if got.ImageID[k] != fmt.Sprintf("r%06d", at) || got.Label[k] != fmt.Sprintf("k%d", at%3) || got.Record[k] != int64(at) ||
					!got.HasMSE[k] || !(math.Abs(float64(got.MSE[k])-mse) <= 1e-5*(1+mse)) {
					t.Fatalf("row %d: %q, label %q, record %d, mse %v, want %v", at, got.ImageID[k], got.Label[k], got.Record[k], got.MSE[k], mse)
				}
				for j, v := range z {
					if is := got.Embedding[k*latent+j]; !(math.Abs(float64(is)-v) <= 1e-5*(1+math.Abs(v))) {
						t.Fatalf("row %d, dimension %d: %v, want %v", at, j, is, v)
					}
				}
				at++
			}
		}
	}
	if of := r.Manifest.Reconstructed; at != n || of == nil || !(math.Abs(of.MSE-sum) <= 1e-5*sum) {
		t.Errorf("%d rows, %v, want the error %v", at, of, sum)
	}
	if r, err := Run(t.Context(), c); err != nil || r.Made != 0 {
		t.Errorf("again: %+v, %v", r, err)
	}
	// A part that is gone is made again, to the same bytes.
	first := r.Manifest.Files[1]
	for _, name := range []string{first.File, schemas.LatentsFile} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := Run(t.Context(), c); err != nil || r.Made != 1 || r.Manifest.Files[1] != first {
		t.Errorf("a part again: %+v, %v", r, err)
	}
	completesEarlier(t, c, r.Manifest)
	c.Layout = "wide"
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "Config.Layout is wide here and was list there") {
		t.Errorf("another layout: %v", err)
	}
}

// completesEarlier: a folder of format 2 is finished, and completed in it to the same bytes.
func completesEarlier(t *testing.T, c Config, now *schemas.LatentsManifest) {
	t.Helper()
	c.Output = filepath.Join(t.TempDir(), "earlier")
	_, m, _, err := step.Run(t.Context(), c.output(), Step, func(ctx context.Context) (*plan, *work, error) {
		p, _, err := makePlan(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		p.spec.Format = ""
		if err := p.cut(); err != nil {
			return nil, nil, err
		}
		return p, p.work(), nil
	})
	if err != nil || m.Format != schemas.LatentsFormat || now.Format != schemas.LatentsFormat3 {
		t.Fatalf("%v: formats %s and %s", err, m.Format, now.Format)
	}
	if r, err := Run(t.Context(), c); err != nil || r.Made != 0 {
		t.Errorf("finished in format 2: %+v, %v", r, err)
	}
	for _, name := range []string{m.Files[0].File, schemas.LatentsFile} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := Run(t.Context(), c); err != nil || r.Made != 1 || r.Manifest.Files[0] != m.Files[0] || r.Manifest.Fingerprint != m.Fingerprint {
		t.Errorf("half of a folder of format 2: %+v, %v", r, err)
	}
}

// TestRefused: every mistake is a line.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	network(t, filepath.Join(dir, "model"))
	ctx := context.Background()
	for text, want := range map[string]string{
		"id,c0,c1,c2,c3\na,1,2,3,4\n":                   "1 of the 5 columns that the model takes is missing: c4",
		"id,x\na,1\n":                                   "has none of the columns of numbers that the model takes, c0, c1, c2, c3, c4; there are id, x",
		"bin,c0,c1,c2,c3,c4\na,1,2,3,4,5\n":             `no column "id": name one of bin, c0, c1, c2, c3, c4 with Config.IDColumn`,
		"id,c0,c1,c2,c3,c4\na,1,2,3,4,\n":               "none of 1 row in ",
		"id,c0,c1,c2,c3,c4\n":                           "holds no vectors",
		"id,c0,c1,c2,c3,c4\na,1,2,3,4,5\na,1,2,3,4,5\n": `the id "a" is there more than once`,
		"id,c0,c1,c2,c3,c4\na,3e38,2,3,4,5\n":           "none of the 1 row in ",
	} {
		c := DefaultConfig()
		c.Input, c.Model, c.Output = filepath.Join(dir, "t.csv"), filepath.Join(dir, "model"), filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(c.Input, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Run(ctx, c)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if errors.Is(err, outdir.ErrInterrupted) {
			t.Error("interrupted")
		}
	}
}
