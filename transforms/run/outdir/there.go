package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// There returns an error where files of a folder that its manifest lists are missing:
// work that would meet them after minutes is not begun. again says what makes them.
func There(ctx context.Context, dir, manifest string, files []string, again string) error {
	look := func(ctx context.Context, file string) (missing string, err error) {
		name := store.Join(dir, file)
		if _, err = store.Stat(ctx, name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		return "", err
	}
	var missing []string
	for name, err := range parallel.Map(ctx, seq.Of(files), standsAtOnce, look) {
		if err != nil {
			return err
		}
		if name != "" {
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s is missing, and %s lists it: %s", missing[0], manifest, again)
	}
	return fmt.Errorf("%d of the %d files that %s lists are missing, the first is %s: %s", len(missing), len(files), store.Join(dir, manifest), missing[0], again)
}

// ShardsAgain says what makes shards that are missing.
const ShardsAgain = "put it back, or run exemplar shard again, which makes only what is missing"

// ShardsThere returns an error where shards are missing that the manifest in their
// folder lists. Without a manifest there are none to miss.
func ShardsThere(ctx context.Context, dir string) error {
	if dir == "" {
		return nil
	}
	m, _, err := ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var files []string
	for _, s := range m.Shards {
		files = append(files, s.File)
	}
	return There(ctx, dir, schemas.ShardsFile, files, ShardsAgain)
}

// LatentsThere does the same of latents.
func LatentsThere(ctx context.Context, dir string, m *schemas.LatentsManifest) error {
	var files []string
	for _, f := range m.Files {
		files = append(files, f.File)
	}
	return There(ctx, dir, schemas.LatentsFile, files, "put it back, or run exemplar encode again, which makes only what is missing")
}
