package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/store"
)

// There returns an error where files of a folder that its manifest lists are missing:
// work that would meet them after minutes is not begun. again says what makes them.
func There(ctx context.Context, dir, manifest string, files []string, again string) error {
	missing := make([]bool, len(files))
	group, ctx := caught.NewTasks(ctx, standsAtOnce)
	for i, file := range files {
		group.Go(func() error {
			_, err := store.Stat(ctx, store.Join(dir, file))
			if missing[i] = errors.Is(err, fs.ErrNotExist); missing[i] {
				err = nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	first, n := "", 0
	for i, gone := range missing {
		if gone {
			if n++; n == 1 {
				first = files[i]
			}
		}
	}
	switch {
	case n == 0:
		return nil
	case n == 1:
		return fmt.Errorf("%s is missing, and %s lists it: %s", store.Join(dir, first), manifest, again)
	}
	return fmt.Errorf("%d of the %d files that %s lists are missing, the first is %s: %s", n, len(files), store.Join(dir, manifest), store.Join(dir, first), again)
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
