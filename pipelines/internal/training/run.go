package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/transforms/dataset"
	"exemplar/transforms/engine"
	"exemplar/transforms/progress"
	"exemplar/transforms/store"
)

// parameterFingerprint is the training parameter of model.json that tells
// whether the model stands for its inputs and parameters.
const parameterFingerprint = "fingerprint"

// sampleImages is the number of images that the reconstruction error is measured
// on.
const sampleImages = 256

// Run trains the model and writes its directory, model.json last. Where the
// output holds the model of the same shards and parameters already, it does
// nothing.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	folder, err := dataset.Open(ctx, c.Shards)
	if err != nil {
		return nil, err
	}
	src := newShards(folder, c.Limit)
	cfg := linear.Config{
		Input:   src.input,
		Working: model.Size{Height: min(c.Working, src.input.Height), Width: min(c.Working, src.input.Width)},
		Latent:  c.Latent, Seed: c.Seed,
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("--latent=%d, --working_size=%d and the images of %s: %w", c.Latent, c.Working, c.Shards, err)
	}
	fingerprint, err := engine.Fingerprint(schemas.ModelFormat, schemas.CodeVersion, folder.SHA256, c.Arch, cfg, c.Limit)
	if err != nil {
		return nil, err
	}
	out := engine.Output{
		Dir: c.Output, Manifest: schemas.ModelFile,
		Owns: func(name string) bool { return slices.Contains(model.FileNames(), name) },
	}
	if err := out.Claim(ctx); err != nil {
		return nil, err
	}
	if r, err := finished(ctx, c.Output, fingerprint); r != nil || err != nil {
		return r, err
	}

	r, m, err := train(ctx, cfg, src)
	if err != nil {
		return nil, err
	}
	m.Training.Data = folder.SHA256
	m.Training.Parameters[parameterFingerprint] = fingerprint
	if c.Limit > 0 {
		m.Training.Parameters["limit"] = float64(c.Limit)
	}
	r.SHA256, err = write(ctx, c.Output, m)
	return r, err
}

// finished returns the result of an earlier run whose model is in dir, if it has
// the fingerprint and is whole. A model that was not trained here is refused: it
// is never overwritten.
func finished(ctx context.Context, dir, fingerprint string) (*Result, error) {
	name := store.Join(dir, schemas.ModelFile)
	files := model.Files{}
	for _, file := range model.FileNames() {
		data, err := store.ReadFile(ctx, store.Join(dir, file))
		switch {
		case err == nil:
			files[file] = data
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case file == schemas.ModelFile:
			return nil, nil
		}
	}
	var head struct {
		Provenance model.Provenance `json:"provenance"`
	}
	if json.Unmarshal(files[schemas.ModelFile], &head) != nil || head.Provenance.Tool != "train" {
		return nil, fmt.Errorf("%s is no model that this step trained: choose another --output, or move it away", name)
	}
	m, err := model.Unmarshal(files)
	if err != nil || m.Training == nil || m.Training.Parameters[parameterFingerprint] != fingerprint {
		return nil, nil // damaged, or of other parameters: trained again
	}
	return &Result{SHA256: files.SHA256()}, nil
}

// train computes the model and measures it.
func train(ctx context.Context, cfg linear.Config, src *shards) (*Result, *model.Model, error) {
	meter := progress.Start(Step, src.folder.Records(src.quota), "images")
	m, summary, err := linear.Train(ctx, cfg, src)
	meter.Stop()
	if err != nil {
		return nil, nil, err
	}
	r := &Result{Made: true, Summary: summary, Skipped: src.skips()}
	if r.MSE, r.Sample, err = reconstruction(ctx, m, src); err != nil {
		return nil, nil, err
	}
	m.Training.Metrics["reconstruction_mse"] = r.MSE
	m.Training.Metrics["reconstruction_images"] = float64(r.Sample)
	return r, m, nil
}

// reconstruction returns the mean squared error of the compiled model over some
// images of every shard, and their number.
func reconstruction(ctx context.Context, m *model.Model, src *shards) (float64, int, error) {
	plan, err := model.Compile(m)
	if err != nil {
		return 0, 0, err
	}
	runner := plan.NewRunner(1)
	z, mse := make([]float32, plan.Latent()), make([]float64, 1)
	each := max(1, sampleImages/src.Shards())
	sum, n := 0.0, 0
	for shard := range src.Shards() {
		left := each
		for pixels, err := range src.Images(ctx, shard) {
			if err != nil {
				return 0, 0, err
			}
			batch := [][]byte{pixels}
			runner.Encode(z, batch)
			runner.MSE(mse, z, batch)
			sum, n = sum+mse[0], n+1
			if left--; left == 0 {
				break
			}
		}
		if n >= sampleImages {
			break
		}
	}
	return sum / float64(n), n, nil
}

// write writes the files of the model. The manifest goes first when it is an old
// one and comes last: a folder with one is complete.
func write(ctx context.Context, dir string, m *model.Model) (string, error) {
	files, err := m.Marshal()
	if err != nil {
		return "", err
	}
	if err := store.Remove(ctx, store.Join(dir, schemas.ModelFile)); err != nil {
		return "", err
	}
	for _, name := range slices.Backward(model.FileNames()) {
		if data, ok := files[name]; ok {
			if err := store.WriteFile(ctx, store.Join(dir, name), data); err != nil {
				return "", err
			}
		}
	}
	return files.SHA256(), nil
}
