// Package unique makes sure that no two rows of a folder of latents have the same id.
//
// What lives here: the search. What never enters: which of the two is meant, since
// nothing says that.
package unique

import (
	"context"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/latents"
	"exemplar/transforms/store"
)

// Check makes sure that no two rows of the files in dir have the same id. It holds a
// 64-bit hash of every id, and the ids of the few hashes that occur twice. where says
// what holds the rows that the files were made of, and advice what to do.
func Check(ctx context.Context, dir string, m *schemas.LatentsManifest, where, advice string) error {
	hashes := make([]uint64, 0, m.Rows)
	err := eachID(ctx, dir, m, func(id string, _ string, _ int64) error {
		hashes = append(hashes, xxh3.HashString(id))
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(hashes)
	type place struct {
		file string
		row  int64
	}
	twice := map[uint64]map[string]place{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = map[string]place{}
		}
	}
	if len(twice) == 0 {
		return nil
	}
	return eachID(ctx, dir, m, func(id, file string, row int64) error {
		seen := twice[xxh3.HashString(id)]
		if seen == nil {
			return nil
		}
		if first, ok := seen[id]; ok {
			return fmt.Errorf("the id %q is there more than once, in %s %d of %s and %s %d of %s: %s",
				id, where, first.row, first.file, where, row, file, advice)
		}
		seen[id] = place{file, row}
		return nil
	})
}

// eachID calls f with every id of the latents, and the file and row it came from.
func eachID(ctx context.Context, dir string, m *schemas.LatentsManifest, f func(id, file string, row int64) error) error {
	for _, info := range m.Files {
		if err := eachIDOf(ctx, store.Join(dir, info.File), func(id string, row int64) error { return f(id, info.Shard, row) }); err != nil {
			return err
		}
	}
	return nil
}

func eachIDOf(ctx context.Context, name string, f func(id string, row int64) error) error {
	in, err := store.OpenAt(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := latents.Open(in, in.Size(), name)
	if err != nil {
		return err
	}
	for b, err := range file.Batches(latents.IDs | latents.Location) {
		if err != nil {
			return err
		}
		for i, id := range b.ImageID {
			if err := f(id, b.Record[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
