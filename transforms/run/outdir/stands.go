package outdir

import (
	"context"
	"sync"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/store"
)

// Listed is what a manifest says of one of its files, and the name in StateDir of
// the part that tells of it as well.
type Listed struct {
	File  string
	Bytes int64
	Part  string
}

// ListedLatents returns the files of a folder of latents; step begins the names of
// their parts.
func ListedLatents(m *schemas.LatentsManifest, step string) (files []Listed) {
	for i, f := range m.Files {
		files = append(files, Listed{f.File, f.Bytes, schemas.PartName(step, i, len(m.Files))})
	}
	return files
}

// standsAtOnce is the number of files that are looked at at the same time.
const standsAtOnce = 16

// Stands tells whether the files of a manifest stand: each is there with its size,
// and where its part is there, that says the same of it: agrees compares them. A
// part that says something else was written by another run, and so may the file
// have been: its number is in disputed. Without a part, as where the state folder
// was removed or only what is published was copied, the size decides.
func Stands[T any](ctx context.Context, dir string, files []Listed, agrees func(i int, part T) bool) (stand bool, disputed map[int]bool, err error) {
	var mu sync.Mutex
	stand, disputed = true, map[int]bool{}
	group, ctx := caught.NewTasks(ctx, standsAtOnce)
	for i, f := range files {
		group.Go(func() error {
			there, err := HasSize(ctx, store.Join(dir, f.File), f.Bytes)
			if err != nil {
				return err
			}
			part, ok, err := ReadManifest[T](ctx, store.Join(dir, schemas.StateDir, f.Part))
			if err != nil {
				return err
			}
			other := ok && !agrees(i, part)
			mu.Lock()
			defer mu.Unlock()
			if stand = stand && there && !other; other {
				disputed[i] = true
			}
			return nil
		})
	}
	err = group.Wait()
	return stand && err == nil, disputed, err
}
