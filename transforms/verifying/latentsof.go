package verifying

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// latentsOf returns the folder of the latents with a hash that a step made something from: the
// one that the user named, or latents/ beside it. Where that holds others, it is the one that
// the step was told of, if it still holds those; "" where there is none.
func latentsOf(ctx context.Context, c Config, step, hash string) (string, error) {
	dir, err := neighbor(ctx, c.Latents, c.Input, "latents", schemas.LatentsFile)
	if err != nil || dir == "" || c.Latents != "" || hashOfLatents(ctx, dir) == hash {
		return dir, err
	}
	for _, told := range outdir.Recorded(ctx, c.Input, schemas.RunFile, step, "input") {
		if hashOfLatents(ctx, told.Dir) == hash {
			return told.Dir, nil
		}
	}
	return dir, nil
}

// hashOfLatents returns the sha256 of a folder's list of latents, "" where there is none.
func hashOfLatents(ctx context.Context, dir string) string {
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil {
		return ""
	}
	return outdir.SHA256(data)
}
