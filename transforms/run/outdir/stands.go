package outdir

import (
	"context"
	"sync"

	"exemplar/schemas"
	"exemplar/schemas/caught"
)

// Listed is what a manifest says of one of its files.
type Listed struct {
	File  string
	Bytes int64
}

// standsAtOnce is the number of files that are looked at at the same time.
const standsAtOnce = 16

// Stands reports whether the files of a manifest stand: each is there with its size,
// and where its part is there, that says the same of it: agrees compares them. A
// part that says something else was written by another run, and so may the file
// have been: its number is in disputed. Without a part, as where the state folder
// was removed or only what is published was copied, the size decides.
func Stands[T any](ctx context.Context, folder Folder, files []Listed, agrees func(i int, part T) bool) (stand bool, disputed map[int]bool, err error) {
	var mu sync.Mutex
	stand, disputed = true, map[int]bool{}
	group, ctx := caught.NewTasks(ctx, standsAtOnce)
	for i, f := range files {
		group.Go(func() error {
			there, err := HasSize(ctx, folder.File(f.File), f.Bytes)
			if err != nil {
				return err
			}
			part, ok, err := ReadManifest[T](ctx, folder.Part(i))
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

// LatentsStand does so of a folder of latents.
func LatentsStand(ctx context.Context, folder Folder, m *schemas.LatentsManifest) (stand bool, disputed map[int]bool, err error) {
	var files []Listed
	for _, f := range m.Files {
		files = append(files, Listed{f.File, f.Bytes})
	}
	return Stands(ctx, folder, files, func(i int, part schemas.LatentsPart) bool { return part.Info == m.Files[i] })
}
