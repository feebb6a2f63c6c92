// Package unique makes sure that no two images of a collection have the same id: rows of
// a folder of latents, or records of shards of another program.
//
// What lives here: the search. What never enters: Beam, flags, printing; which of the
// two is meant, since nothing says that.
package unique

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Place is where an id is.
type Place struct {
	ID     string
	File   string
	Number int64 // of the row or record
}

// IDs returns an error where an id is there more than once. It ranges over all a second
// time only where hashes agree, and holds a 64-bit hash of every id, and the ids of the
// few hashes that occur twice. where says what has a Number, and advice what to do.
func IDs(all iter.Seq2[Place, error], where, advice string) error {
	var hashes []uint64
	for p, err := range all {
		if err != nil {
			return err
		}
		hashes = append(hashes, xxh3.HashString(p.ID))
	}
	slices.Sort(hashes)
	twice := map[uint64]map[string]Place{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = map[string]Place{}
		}
	}
	if len(twice) == 0 {
		return nil
	}
	for p, err := range all {
		if err != nil {
			return err
		}
		seen := twice[xxh3.HashString(p.ID)]
		if seen == nil {
			continue
		}
		if first, ok := seen[p.ID]; ok {
			return fmt.Errorf("the id %q is there more than once, in %s %d of %s and %s %d of %s: %s",
				p.ID, where, first.Number, first.File, where, p.Number, p.File, advice)
		}
		seen[strings.Clone(p.ID)] = p
	}
	return nil
}

// Check is IDs of the rows of the latents in dir, by the file and row that each came from.
func Check(ctx context.Context, dir string, m *schemas.LatentsManifest, where, advice string) error {
	return IDs(seq.From(func(yield func(Place, error) bool) error {
		for _, info := range m.Files {
			for b, err := range latents.Read(ctx, store.Join(dir, info.File), latents.IDs|latents.Location) {
				if err != nil {
					return err
				}
				for i, id := range b.ImageID {
					if !yield(Place{id, info.Shard, b.Record[i]}, nil) {
						return nil
					}
				}
			}
		}
		return nil
	}), where, advice)
}
