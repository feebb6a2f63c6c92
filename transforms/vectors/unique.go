package vectors

import (
	"context"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/latents"
	"exemplar/transforms/store"
)

// checkUnique makes sure that no two rows have the same id. It holds a 64-bit
// hash of every id, and the ids of the few hashes that occur twice.
func checkUnique(ctx context.Context, dir string, m *schemas.LatentsManifest) error {
	hashes := make([]uint64, 0, m.Rows)
	err := eachID(ctx, dir, m, func(id string) error {
		hashes = append(hashes, xxh3.HashString(id))
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(hashes)
	twice := map[uint64]map[string]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = map[string]bool{}
		}
	}
	if len(twice) == 0 {
		return nil
	}
	return eachID(ctx, dir, m, func(id string) error {
		seen := twice[xxh3.HashString(id)]
		switch {
		case seen[id]:
			return fmt.Errorf("the id %q is there more than once: every row needs an id of its own (--id_column)", id)
		case seen != nil:
			seen[id] = true
		}
		return nil
	})
}

// eachID calls f with every id of the latents.
func eachID(ctx context.Context, dir string, m *schemas.LatentsManifest, f func(id string) error) error {
	for _, info := range m.Files {
		if err := eachIDOf(ctx, store.Join(dir, info.File), f); err != nil {
			return err
		}
	}
	return nil
}

func eachIDOf(ctx context.Context, name string, f func(id string) error) error {
	in, err := store.OpenAt(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := latents.Open(in, in.Size(), name)
	if err != nil {
		return err
	}
	for b, err := range file.Batches(latents.IDs) {
		if err != nil {
			return err
		}
		for _, id := range b.ImageID {
			if err := f(id); err != nil {
				return err
			}
		}
	}
	return nil
}
