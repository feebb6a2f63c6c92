package training

import (
	"context"
	"errors"
	"io/fs"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/store"
	"exemplar/transforms/training/fit"
)

// Stands reports whether the output holds the finished model that Run would make. Where Run
// would refuse it, for it was trained for more epochs or came to nothing, it returns that error.
func Stands(ctx context.Context, c Config) (bool, error) {
	if err := c.Validate(); err != nil || c.Overwrite {
		return false, err
	}
	d, _, err := c.draft(ctx)
	if err != nil {
		return false, err
	}
	return d.finished(ctx, nil)
}

// BySteps reports whether a folder holds a training by gradient steps, and whether that is
// whole: a model, or else a checkpoint.
func BySteps(ctx context.Context, dir string) (there, whole bool, err error) {
	m, ok, err := modeldir.ReadHead(ctx, dir)
	if err != nil || ok {
		there = ok && m.Architecture.Family != model.FamilyLinear
		return there, there, err
	}
	_, err = store.Stat(ctx, store.Join(dir, schemas.StateDir, fit.CheckpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	return err == nil, false, err
}
