package training

import (
	"context"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Move makes a folder hold the finished model of another, with the log and the pictures of
// its training and what it remembers of its collection, as if it had been trained there; a
// model that is there goes. Checkpoints stay behind. As in a training, model.json is last,
// and the model is gone from its folder when it is whole in the other.
func Move(ctx context.Context, from, to string) error {
	locked := func(ctx context.Context, dir string, do func(context.Context) error) error {
		_, err := outdir.Locked(ctx, dir, "train", func(ctx context.Context) (any, error) { return nil, do(ctx) })
		return err
	}
	return locked(ctx, from, func(ctx context.Context) error {
		return locked(ctx, to, func(ctx context.Context) error {
			if err := Claim(ctx, Config{Output: to}); err != nil {
				return err
			}
			return move(ctx, from, to)
		})
	})
}

func move(ctx context.Context, from, to string) error {
	if err := removeModel(ctx, to); err != nil {
		return err
	}
	names, err := besideModel(ctx, from)
	if err != nil {
		return err
	}
	for _, name := range append(names, schemas.ModelFile) {
		data, err := store.ReadFile(ctx, store.Join(from, name))
		if err == nil {
			err = store.WriteFile(ctx, store.Join(to, name), data)
		}
		if err != nil {
			return err
		}
	}
	return removeModel(ctx, from)
}

// removeModel removes a model, model.json first: from there on it is none.
func removeModel(ctx context.Context, dir string) error {
	names, err := besideModel(ctx, dir)
	if err != nil {
		return err
	}
	for _, name := range append([]string{schemas.ModelFile}, names...) {
		if err := store.Remove(ctx, store.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// besideModel lists what belongs to a model in its folder, but model.json.
func besideModel(ctx context.Context, dir string) (names []string, err error) {
	own := Config{Output: dir}.output().Owns
	for object, err := range store.ListThere(ctx, dir, true) {
		if err != nil {
			return nil, err
		}
		name, _ := store.Rel(dir, object.Name)
		switch name {
		case schemas.ModelFile:
		case schemas.StateDir + "/" + collectionFile:
			names = append(names, name)
		default:
			if own(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}
