package querying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/store"
)

// stepEncode is the step whose record names model and shards.
const stepEncode = "encode"

// input is the latents.
type input struct {
	dir      string
	manifest schemas.LatentsManifest
	sha      string // of the manifest
	files    []rows.File
}

// openInput reads the manifest of the latents and makes sure that the files are there.
func openInput(ctx context.Context, dir string) (*input, error) {
	if err := outdir.AnyFolder.Is(ctx, dir); err != nil {
		return nil, err
	}
	m, data, err := outdir.ReadFinished[schemas.LatentsManifest](ctx, dir, schemas.LatentsFile,
		"name a folder that encode has finished; where select was given another program's vectors, it is "+schemas.VectorsDir+"/ in the selection")
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", store.Join(dir, schemas.LatentsFile), err)
	}
	if m.Rows == 0 {
		return nil, fmt.Errorf("%s holds no image: there is nothing to compare", dir)
	}
	in := &input{dir: dir, manifest: m, sha: outdir.SHA256(data)}
	for _, f := range m.Files {
		in.files = append(in.files, rows.File{Path: store.Join(dir, f.File), Rows: f.Rows, Dimension: m.Spec.Dimension, ModelSHA256: m.Spec.ModelSHA256, SHA256: f.SHA256})
	}
	return in, outdir.LatentsThere(ctx, dir, &m)
}

// foreign reports whether the vectors are another program's, without pixels and a model, or
// those of rows of a table, whose model makes no images.
func (in *input) foreign() bool { return in.manifest.Spec.Source != "" }

// shards are the image shards that the latents were encoded from; a nil one is not at hand.
type shards struct {
	dir      string
	manifest schemas.ShardsManifest
}

// readShards reads the manifest of the shards. Those that nobody named count only if they
// are the ones, and are nil where they are not found.
func (c Config) readShards(ctx context.Context, in *input) (*shards, error) {
	if in.foreign() {
		if c.Shards != "" {
			return nil, fmt.Errorf("Config.Shards=%s: the vectors in %s are %s, which have no image shards; leave it out", c.Shards, c.Input, in.manifest.Spec.Whose())
		}
		return nil, nil
	}
	for _, p := range c.beside(c.Shards, "shards", outdir.Recorded(ctx, c.Input, schemas.LatentsRunFile, stepEncode, "input")) {
		m, data, err := outdir.ReadFinished[schemas.ShardsManifest](ctx, p.Dir, schemas.ShardsFile, "name the folder of the shards that were encoded")
		switch {
		case err == nil && outdir.SHA256(data) != in.manifest.Shards:
			err = fmt.Errorf("%s is not the one that %s was encoded from: name the folder of those shards, or encode again", store.Join(p.Dir, schemas.ShardsFile), c.Input)
		case err == nil:
			if err = m.Validate(); err == nil {
				return &shards{p.Dir, m}, nil
			}
			err = fmt.Errorf("%s: %w", store.Join(p.Dir, schemas.ShardsFile), err)
		}
		if c.Shards != "" {
			return nil, err
		}
	}
	return nil, nil
}

// readModel reads the model that made the latents. One that nobody named counts only if it
// is the one.
func (c Config) readModel(ctx context.Context, in *input, what string, decodes bool) (*model.Plan, error) {
	want := in.manifest.Spec.ModelSHA256
	for _, p := range c.beside(c.Model, "model", outdir.Recorded(ctx, c.Input, schemas.LatentsRunFile, stepEncode, "model")) {
		m, err := readModelIn(ctx, p.Dir, c.Input, want, decodes, c.Model != "")
		switch {
		case err == nil:
			return compile(m, in, p.Dir, decodes)
		case c.Model != "":
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s needs the model that %s was encoded with (%.12s), which is neither beside it nor where encode was told that it is: name its folder with Config.Model", what, c.Input, want)
}

// readModelIn reads the model of a folder, which must be the one that made the latents.
func readModelIn(ctx context.Context, dir, latents, want string, decodes, given bool) (*model.Model, error) {
	if _, err := store.Stat(ctx, store.Join(dir, schemas.ModelFile)); err != nil && (!given || !errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	m, sum, err := modeldir.Read(ctx, dir, decodes)
	if err != nil {
		return nil, err
	}
	if sum != want {
		return nil, fmt.Errorf("model %s (%.12s) is not the one that %s was encoded with (%.12s): name that model with Config.Model, or encode again", dir, sum, latents, want)
	}
	return m, nil
}

// compile makes the model ready, which must compute as the one that made the latents did.
func compile(m *model.Model, in *input, dir string, decodes bool) (*model.Plan, error) {
	if decodes && len(m.Decoder) == 0 {
		return nil, fmt.Errorf("model %s has no decoder: leave Config.Shards out, which asks for reconstructions on the contact sheet", dir)
	}
	plan, err := model.Compile(m)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	if was := in.manifest.Spec.Kernel; plan.Kernel() != was {
		return nil, fmt.Errorf("%s was encoded by an earlier version (%s), and this one (%s) computes in another order: encode again, so that vectors compare to the last bit", in.dir, was, plan.Kernel())
	}
	return plan, nil
}

// checkModel makes sure that a model which is given is the one of the latents, also where
// it is not needed.
func (c Config) checkModel(ctx context.Context, in *input) error {
	switch {
	case c.Model == "":
		return nil
	case in.foreign():
		return fmt.Errorf("Config.Model=%s: the vectors in %s are %s; leave it out", c.Model, c.Input, in.manifest.Spec.Whose())
	}
	_, err := readModelIn(ctx, c.Model, c.Input, in.manifest.Spec.ModelSHA256, false, true)
	return err
}
