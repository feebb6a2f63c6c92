package outdir

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
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
	type seen struct {
		part         int
		there, other bool
	}
	look := func(ctx context.Context, i int) (s seen, err error) {
		s.part = i
		if s.there, err = HasSize(ctx, folder.File(files[i].File), files[i].Bytes); err != nil {
			return s, err
		}
		part, ok, err := ReadManifest[T](ctx, folder.Part(i))
		s.other = ok && !agrees(i, part)
		return s, err
	}
	stand, disputed = true, map[int]bool{}
	for s, err := range parallel.Map(ctx, seq.Up(len(files)), standsAtOnce, look) {
		if err != nil {
			return false, disputed, err
		}
		if stand = stand && s.there && !s.other; s.other {
			disputed[s.part] = true
		}
	}
	return stand, disputed, nil
}

// LatentsStand does so of a folder of latents.
func LatentsStand(ctx context.Context, folder Folder, m *schemas.LatentsManifest) (stand bool, disputed map[int]bool, err error) {
	var files []Listed
	for _, f := range m.Files {
		files = append(files, Listed{f.File, f.Bytes})
	}
	return Stands(ctx, folder, files, func(i int, part schemas.LatentsPart) bool { return part.Info == m.Files[i] })
}
