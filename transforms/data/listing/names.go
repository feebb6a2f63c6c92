package listing

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Names yields the names of the images of shard i in a folder: those of its name list
// or, where that is gone with the state folder or damaged, those of entries, which are
// the shard's own, up to where the shard is damaged.
func Names(ctx context.Context, folder outdir.Folder, i int, entries iter.Seq2[records.Entry, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, whole, err := listedNames(ctx, folder.List(i))
		if err != nil {
			yield("", err)
			return
		}
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
		if whole {
			return
		}
		for e, err := range entries {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, tfrecord.ErrCorrupt) {
				return
			}
			if !yield(e.Name, err) || err != nil {
				return
			}
		}
	}
}

// listedNames returns the names of a list; none where it is not whole.
func listedNames(ctx context.Context, list string) (names []string, whole bool, err error) {
	in, err := store.Open(ctx, list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer in.Close() // only read
	for e, err := range ReadList(in) {
		if err != nil {
			return nil, false, nil
		}
		names = append(names, e.Name)
	}
	return names, true, nil
}
