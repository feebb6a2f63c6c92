package outdir

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Made are the fingerprints of a way to make the files of a folder of latents: of all
// together, for the manifest, and of each.
type Made struct {
	Fingerprint string
	Parts       []string
}

// MadeBefore returns which of the ways of earlier versions made files that stay in a folder, whose
// others are then made the same way; -1 where none did. It goes by the manifest or, with
// resume, by the parts.
func MadeBefore(ctx context.Context, folder Folder, ways []Made, resume bool) (int, error) {
	m, ok, err := ReadManifest[schemas.LatentsManifest](ctx, folder.File(schemas.LatentsFile))
	if err != nil {
		return -1, err
	}
	for i, way := range ways {
		if ok && m.Fingerprint == way.Fingerprint {
			return i, nil
		}
	}
	if !resume {
		return -1, nil
	}
	if begun, err := anyFile(ctx, store.Join(folder.Dir, schemas.StateDir)); !begun || err != nil {
		return -1, err
	}
	wayOf := func(ctx context.Context, shard int) (int, error) {
		part, ok, err := ReadManifest[schemas.LatentsPart](ctx, folder.Part(shard))
		if err != nil || !ok || part.Failure != "" {
			return -1, err
		}
		for i, way := range ways {
			if way.Parts[shard] == part.Fingerprint {
				return i, nil
			}
		}
		return -1, nil
	}
	for way, err := range parallel.Map(ctx, seq.Up(folder.Parts), partsAtOnce, wayOf) {
		if way >= 0 || err != nil {
			return way, err
		}
	}
	return -1, nil
}

// partsAtOnce is the number of parts that are read at the same time.
const partsAtOnce = 16

// anyFile reports whether a folder holds a file.
func anyFile(ctx context.Context, dir string) (bool, error) {
	for _, err := range store.ListThere(ctx, dir, true) {
		return err == nil, err
	}
	return false, nil
}
