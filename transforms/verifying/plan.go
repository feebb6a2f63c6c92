package verifying

import (
	"context"
	"fmt"
	"runtime"

	"exemplar/schemas"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Plan says what Run would read. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	if err := c.there(ctx); err != nil {
		return nil, err
	}
	folders := []string{c.Input}
	kinds, err := c.kinds(ctx)
	if err != nil {
		return nil, err
	}
	found := kinds[len(kinds)-1].manifest
	for _, beside := range []struct{ manifest, given, name, holds string }{
		{schemas.LatentsFile, c.Shards, "shards", schemas.ShardsFile},
		{schemas.SelectionFile, c.Latents, "latents", schemas.LatentsFile},
		{schemas.QueryFile, c.Latents, "latents", schemas.LatentsFile},
		{schemas.DecodedFile, c.Latents, "latents", schemas.LatentsFile},
		{schemas.CompareFile, c.Shards, "shards", schemas.ShardsFile},
	} {
		if found != beside.manifest {
			continue
		}
		dir, err := neighbor(ctx, beside.given, c.Input, beside.name, beside.holds)
		if err != nil {
			return nil, err
		}
		if dir != "" {
			folders = append(folders, dir)
		}
	}
	return describe(ctx, folders, found == schemas.SelectionFile)
}

// unfinished is the error of a folder without a manifest.
func unfinished(dir string) error {
	return fmt.Errorf("%s holds no %s, %s, %s, %s, %s, %s or %s: it is no finished output folder (a run that was interrupted writes its manifest last)",
		dir, schemas.ShardsFile, schemas.ModelFile, schemas.LatentsFile, schemas.SelectionFile, schemas.DecodedFile, schemas.QueryFile, schemas.CompareFile)
}

// describe adds up the files.
func describe(ctx context.Context, folders []string, selection bool) (*preflight.Plan, error) {
	p := &preflight.Plan{}
	for _, dir := range folders {
		var files, size int64
		for obj, err := range store.List(ctx, dir, true) {
			if err != nil {
				return nil, err
			}
			files++
			size += obj.Size
		}
		p.Reading("%s files, %s, in %s", progress.Count(files), progress.Bytes(size), dir)
	}
	p.Writing("nothing")
	p.Memory = runlog.PeakMemory() + checkBytes*int64(runtime.GOMAXPROCS(0))
	if selection {
		p.Note("a selection is also recomputed, which takes about as long as select took to pick and grade")
	}
	return p, nil
}

// checkBytes is about what the check of one file holds.
const checkBytes = 20 << 20
